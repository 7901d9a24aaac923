BEGIN {
	print "# " name "(1), made from its --list-options"
	helpers()
}

function option(long, short, arg, help, values,		both) {
	both = " --" long (short == "" ? "" : " -" short)
	all = all both
	if (arg == "")
		return
	taking = taking both
	cases = cases "\t--" long (short == "" ? "" : " | -" short) ")" \
		(arg == "FILE" ? "" : " " offer("_vmm_value", is_list(arg) ? "list" : "", kind(arg), values)) " ;;\n"
}

# Not compgen -W: it expands what it is given, and would run a VM's name.
function offer(what, list, arg, values) {
	if (arg in prints)
		return "_vmm_names < <(" prints[arg] "); " what " \"$cur\" '" list "' \"${names[@]}\""
	return what " \"$cur\" '" list "'" (values == "" ? "" : " ") values
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
	print "# FIRST OPTIONS: which operand the cursor is in, from word FIRST on, where these options take a value."
	print "_vmm_operand()\n{"
	print "\tlocal word before="
	print "\toperand=0"
	print "\tfor word in \"${COMP_WORDS[@]:$1:COMP_CWORD - $1 + 1}\"; do"
	print "\t\t# --to=h1 and web:2 are three words to readline."
	print "\t\tif [[ $word != -?* && $word != [=:] && $before != [=:] && $2 != *\" $before \"* ]]; then"
	print "\t\t\toperand=$((operand + 1))"
	print "\t\tfi"
	print "\t\tbefore=$word"
	print "\tdone"
	print "\tif [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then operand=option; fi\n}"
}

function offered(operand,	values) {
	values = words(operand, "")
	if (values != "")
		return offer("_vmm_value", "", "", values)
	return kind(operand) in prints ? offer("_vmm_offer", "", kind(operand), "") : ""
}

function operand_lines(	i) {
	print "\t\t_vmm_operand " (verb == "" ? 1 : 2) " '" taking " '"
	print "\t\tcase $operand in"
	print "\t\toption) _vmm_offer \"$cur\" ''" all " ;;"
	for (i = 1; i <= operands; i++)
		if (offered(operand[i]) != "")
			print "\t\t" (i == operands && repeat ? "*" : i) ") " offered(operand[i]) " ;;"
	print "\t\tesac ;;"
}

function called(word) {
	word = "_vmm_" name (word == "" ? "" : "_" word)
	gsub("-", "_", word)
	return word
}

function verb_lines(	i) {
	print "\tif ((COMP_CWORD > 1)); then"
	print "\t\tcase ${COMP_WORDS[1]} in"
	for (i = 1; i <= verbs; i++)
		print "\t\t" verb_list[i] ") " called(verb_list[i]) "; return ;;"
	print "\t\tesac"
	print "\tfi"
}

function command() {
	print called(verb) "()\n{"
	if (verb == "" && verbs > 0)
		verb_lines()
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} names operand"
	print "\tCOMPREPLY=()"
	print "\t# --to=h1 is three words to readline."
	print "\tif [[ $option == '=' ]]; then option=${COMP_WORDS[COMP_CWORD - 2]}; fi"
	print "\tif [[ $cur == '=' ]]; then cur=; fi"
	print "\tcase $option in"
	printf "%s", cases
	print "\t*)"
	operand_lines()
	print "\tesac\n}"
	all = taking = cases = ""
}

END {
	print "complete -o default -F " called("") " " name
}
