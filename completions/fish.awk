BEGIN {
	print "# made from its --list-options"
	print "# In a list, what stands before its last word stays."
	print "function __vmm_list"
	print "\tset -l head (commandline -ct | string replace -r '^--[^=]*=' '' | string match -r '^(?:.*,|\\+)')"
	print "\twhile read -l word"
	print "\t\techo \"$head$word\""
	print "\tend"
	print "end"
	given = "__fish_seen_subcommand_from " operations
	if (operations != "")
		print "complete -c " name " -f -n 'not " given "' -a '" operations "'"
	if (operand in prints)
		print "complete -c " name " -f" (operations == "" ? "" : " -n '" given "'") " -a " quoted("(" prints[operand] ")")
}

{
	print "complete -c " name " -l " $1 ($2 == "" ? "" : " -s " $2) value() " -d " quoted($4)
}

function quoted(text) {
	gsub(/\\|'/, "\\\\&", text)
	return "'" text "'"
}

function value(	from) {
	if ($3 == "")
		return ""
	if ($3 == "FILE")
		return " -r -F"
	from = words($3, $5)
	if (kind($3) in prints)
		from = prints[kind($3)]
	else if (from != "" && is_list($3))
		from = "string split ' ' '" from "'"
	else if (from != "")
		return " -x -a '" from "'"
	return " -x" (from == "" ? "" : " -a " quoted("(" from (is_list($3) ? " | __vmm_list" : "") ")"))
}
