{
	all = all " --" $1 ($2 == "" ? "" : " -" $2)
	if ($3 != "")
		cases = cases "\t--" $1 ($2 == "" ? "" : " | -" $2) ")" ($3 == "FILE" ? "" : " " value()) " ;;\n"
}

# Not compgen -W: it expands what it is given, and would run a VM's name.
function offer(what, list, arg, values) {
	if (arg in prints)
		return "_vmm_names < <(" prints[arg] "); " what " \"$cur\" '" list "' \"${names[@]}\""
	return what " \"$cur\" '" list "'" (values == "" ? "" : " ") values
}

function value() {
	return offer("_vmm_value", is_list($3) ? "list" : "", kind($3), words($3, $5))
}

function helpers() {
	print "_vmm_names()\n{"
	print "\tmapfile -t names\n}"
	print "# CUR LIST WORD...: the words that CUR may become, as they must be typed; in a list only its last one."
	print "_vmm_offer()\n{"
	print "\tlocal cur=$1 list=$2 head= word"
	print "\tshift 2"
	print "\tif [[ $list && $cur =~ ^(.*,|\\+) ]]; then head=${BASH_REMATCH[1]}; fi"
	print "\tfor word; do"
	print "\t\tprintf -v word %q \"$word\""
	print "\t\tif [[ $head$word == \"$cur\"* ]]; then COMPREPLY+=(\"$head$word\"); fi"
	print "\tdone"
	print "\tif [[ $list ]]; then compopt -o nospace 2>/dev/null; fi\n}"
	print "# And no files where there are none."
	print "_vmm_value()\n{"
	print "\tcompopt +o default 2>/dev/null"
	print "\t_vmm_offer \"$@\"\n}"
}

function operand_lines() {
	print "\t*)"
	print "\t\tif [[ $cur == -* ]]; then"
	print "\t\t\t_vmm_offer \"$cur\" ''" all
	if (operations != "") {
		print "\t\telif [[ ! \" ${COMP_WORDS[*]:1:COMP_CWORD - 1} \" =~ \\ (" alternatives(operations) ")\\  ]]; then"
		print "\t\t\t_vmm_value \"$cur\" '' " operations
	}
	if (operand in prints) {
		print "\t\telse"
		print "\t\t\t" offer("_vmm_offer", "", operand, "")
	}
	print "\t\tfi ;;"
}

function alternatives(text) {
	gsub(/ /, "|", text)
	return text
}

END {
	f = "_vmm_" name
	gsub("-", "_", f)
	print "# " name "(1), made from its --list-options"
	helpers()
	print f "()\n{"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} names"
	print "\tCOMPREPLY=()"
	print "\t# --to=h1 is three words to readline."
	print "\tif [[ $option == '=' ]]; then option=${COMP_WORDS[COMP_CWORD - 2]}; fi"
	print "\tif [[ $cur == '=' ]]; then cur=; fi"
	print "\tcase $option in"
	printf "%s", cases
	operand_lines()
	print "\tesac\n}"
	print "complete -o default -F " f " " name
}
