{
	arg = $3 == "" ? "" : "="
	spec = "[" escaped($4) "]" (arg == "" ? "" : ":" escaped($3) ":" action(kind($3), is_list($3), words($3, $5)))
	if ($2 == "")
		specs = specs "\t'--" $1 arg spec "' \\\n"
	else
		specs = specs "\t'(-" $2 " --" $1 ")'{-" $2 (arg == "" ? "" : "+") ",--" $1 arg "}'" spec "' \\\n"
}

function escaped(text) {
	gsub(/\\|\[|\]|:/, "\\\\&", text)
	gsub(/'/, "'\\''", text)
	return text
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

END {
	if (operations != "")
		specs = specs "\t'1:operation:(" operations ")' \\\n"
	if (operand != "")
		specs = specs "\t'*:" operand ":" action(operand, 0, "") "' \\\n"
	print "#compdef " name
	print "# made from its --list-options"
	printf "%s", helpers
	print "_arguments -s -S \\\n" substr(specs, 1, length(specs) - 3)
}
