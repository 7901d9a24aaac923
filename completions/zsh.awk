function option(long, short, arg, help, values,		equals, spec) {
	equals = arg == "" ? "" : "="
	spec = "[" escaped(help) "]" (arg == "" ? "" : argument(arg, is_list(arg), values))
	if (short == "")
		specs = specs "\t'--" long equals spec "' \\\n"
	else
		specs = specs "\t'(-" short " --" long ")'{-" short (arg == "" ? "" : "+") ",--" long equals "}'" spec "' \\\n"
}

function quoted(text) {
	gsub(/'/, "'\\''", text)
	return text
}

function escaped(text) {
	gsub(/\\|\[|\]|:/, "\\\\&", text)
	return quoted(text)
}

function argument(arg, list, values) {
	return ":" escaped(arg) ":" action(kind(arg), list, values)
}

function action(arg, list, values) {
	if (arg in prints) {
		helper(arg)
		return (list ? "_sequence " : "") "_vmm_" arg
	}
	if (values != "" && list)
		return "{compset -P \"+\"; _sequence compadd - " values "}"
	if (values != "")
		return "(" values ")"
	return arg == "FILE" ? "_files" : ""
}

function helper(arg) {
	if (!(arg in used))
		helpers = helpers "_vmm_" arg "() {\n\tlocal -a names\n\tnames=(${(f)\"$(" prints[arg] \
			  ")\"})\n\tcompadd \"$@\" -a names\n}\n"
	used[arg] = 1
}

function operand_specs(	i, values) {
	for (i = 1; i <= operands; i++) {
		values = words(operand[i], "")
		specs = specs "\t'" (i == operands && repeat ? "*" : i) \
			argument(values == "" ? operand[i] : "operation", 0, values) "' \\\n"
	}
}

function arguments(indent,	text) {
	text = indent "_arguments -s -S \\\n" substr(specs, 1, length(specs) - 3)
	gsub(/\n/, "\n" indent, text)
	return text
}

function command() {
	if (verb == "" && verbs > 0)
		specs = specs "\t'1:command:{_describe -t commands command commands}' \\\n"
	else
		operand_specs()
	if (verb != "") {
		functions = functions "_vmm_" name "_" verb "() {\n" arguments("\t") "\n}\n"
		summaries = summaries "\t'" verb ":" quoted(summary) "'\n"
		specs = ""
	}
}

function verb_lines() {
	print "if (( CURRENT > 2 )); then"
	print "\tcase $words[2] in"
	print "\t" alternatives() ")"
	print "\t\tshift words"
	print "\t\t(( CURRENT-- ))"
	print "\t\t_vmm_" name "_$words[1]"
	print "\t\treturn ;;"
	print "\tesac"
	print "fi"
	print "local -a commands=(\n" summaries ")"
}

END {
	print "#compdef " name
	print "# made from its --list-options"
	printf "%s%s", helpers, functions
	if (verbs > 0)
		verb_lines()
	print arguments("")
}
