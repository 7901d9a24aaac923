BEGIN {
	print "# made from its --list-options"
	helpers()
}

function helpers() {
	print "# In a list, what stands before its last word stays."
	print "function __vmm_list"
	print "\tset -l head (commandline -ct | string replace -r '^--[^=]*=' '' | string match -r '^(?:.*,|\\+)')"
	print "\twhile read -l word"
	print "\t\techo \"$head$word\""
	print "\tend"
	print "end"
	print "# Whether that is the verb; without an argument, whether there is none yet."
	print "function __vmm_verb"
	print "\tset -l words (commandline -opc)"
	print "\ttest \"$words[2]\" = \"$argv\""
	print "end"
	print "# FIRST OPTION...: which operand the cursor is in, after FIRST words, where these options take a value."
	print "function __vmm_operand"
	print "\tset -l words (commandline -opc)"
	print "\tset -l before"
	print "\tset -l operand 1"
	print "\tset -e words[1..$argv[1]]"
	print "\tfor word in $words"
	print "\t\tif not string match -qr '^-.' -- $word; and not contains -- \"$before\" $argv[2..]"
	print "\t\t\tset operand (math $operand + 1)"
	print "\t\tend"
	print "\t\tset before $word"
	print "\tend"
	print "\techo $operand"
	print "end"
}

function option(long, short, arg, help, values) {
	options = options complete(own()) " -l " long (short == "" ? "" : " -s " short) \
		  (arg == "" ? "" : value(arg, values)) " -d " quoted(help) "\n"
	if (arg != "")
		taking = taking " --" long (short == "" ? "" : " -" short)
}

function quoted(text) {
	gsub(/\\|'/, "\\\\&", text)
	return "'" text "'"
}

function complete(when) {
	return "complete -c " name (when == "" ? "" : " -n " quoted(when))
}

# When a word is of the command at hand, where it is one of several.
function own() {
	if (verb == "" && verbs == 0)
		return ""
	return "__vmm_verb" (verb == "" ? "" : " " verb)
}

function value(arg, values,	from) {
	if (arg == "FILE")
		return " -r -F"
	from = values
	if (kind(arg) in prints)
		from = prints[kind(arg)]
	else if (from != "" && is_list(arg))
		from = "string split ' ' '" from "'"
	else if (from != "")
		return " -x -a '" from "'"
	return " -x" (from == "" ? "" : " -a " quoted("(" from (is_list(arg) ? " | __vmm_list" : "") ")"))
}

function offered(operand,	values) {
	values = words(operand, "")
	if (values != "")
		return quoted(values)
	return kind(operand) in prints ? quoted("(" prints[kind(operand)] ")") : ""
}

function operand_lines(	i, when) {
	for (i = 1; i <= operands; i++) {
		when = "test (__vmm_operand " (verb == "" ? 1 : 2) taking ") " \
		       (i == operands && repeat ? "-ge" : "-eq") " " i
		if (offered(operand[i]) != "")
			print complete((own() == "" ? "" : own() "; and ") when) " -f -a " offered(operand[i])
	}
}

function command() {
	if (verb != "")
		summaries = summaries complete("__vmm_verb") " -f -a " verb " -d " quoted(summary) "\n"
	if (verb == "" && verbs > 0)
		printf "%s", summaries
	else
		operand_lines()
	printf "%s", options
	options = taking = ""
}
