# What can stand for a value or an operand, whatever the shell. The file of each shell has
#
#	option(long, short, arg, help, values)	called for each option,
#	command()	then for the command they are of, or for each verb of one that is several: `verb`, `summary` and
#			the operands are set. The last has no verb; its operand is one of the verbs, verb_list[1..verbs].
#
# Names come from whoever owns the guest: the shells take them as lines, and never as something to expand.
# Left out are those that would be an option, and those that TSV writes with an escape.

BEGIN {
	prints["HOST"] = names("host-list", "name")
	prints["GROUP"] = names("group-list", "group")
	prints["LOGICAL"] = names("group-list --logicals", "logical")
	prints["VM"] = names("vm-list", "name")
	prints["TEMPLATE"] = names("tmpl-list", "name")
	prints["IMAGE"] = names("imglib list", "name") " | sort -u"
	prints["POOL"] = names("ippool list", "pool")
	prints["NETWORK"] = names("vmnet list", "network") " | sort -u"
	# No command lists these, and fish does not know ${-}.
	prints["PROFILE"] = "sh -c 'ls \"${VMM_CONF:-/etc/vmm}/machines\"' 2>/dev/null | sed -n 's/^\\([A-Za-z0-9].*\\)[.]conf$/\\1/p'"
}

$1 == "command" {
	if (NR > 1)
		command()
	verb = $2
	summary = $3
	read_operands($4)
	if (verb != "")
		verb_list[++verbs] = verb
	else if (verbs > 0)
		read_operands(alternatives())
}

$1 == "option" {
	option($2, $3, $4, $5, words($4, $6))
}

END {
	command()
}

# Not every command need be installed, and some systems look for a package then.
function names(program, column,		file) {
	file = program
	sub(/ .*/, "", file)
	return "command -v " file " >/dev/null && " program " -n -o " column " 2>/dev/null | grep -Ev '^-|^$|[\\\\]'"
}

# operand[1..operands], as in usage but for the brackets; the last may `repeat`. What is in the library is called
# NAME[:VERSION] in usage, as much of it is no image; NAME alone is something new.
function read_operands(text) {
	repeat = text ~ /\.\.\./
	gsub(/NAME\[:VERSION\]/, "IMAGE", text)
	gsub(/\[:[A-Z]+\]|\.\.\.|[][]/, "", text)
	operands = split(text, operand, " ")
}

function alternatives(	i, text) {
	for (i = 1; i <= verbs; i++)
		text = text (i > 1 ? "|" : "") verb_list[i]
	return text
}

function is_list(arg) {
	return arg ~ /,\.\.\.$/
}

# HOST of "HOST,...", FILE of "FILE|-". A plan is a file.
function kind(arg) {
	sub(/,\.\.\.$/, "", arg)
	sub(/\|.*/, "", arg)
	sub(/^PLAN$/, "FILE", arg)
	return arg
}

# The words of a value: those that are said, or those that stand in its arg.
function words(arg, values) {
	if (values == "" && arg ~ /^[a-z-]+(\|[a-z-]+)+$/) {
		values = arg
		gsub(/\|/, " ", values)
	}
	return values
}
