# What can stand for a value or an operand, whatever the shell.
#
# Names come from whoever owns the guest: the shells take them as lines, and never as something to expand.
# Left out are those that would be an option, and those that TSV writes with an escape.

BEGIN {
	sane = " 2>/dev/null | grep -Ev '^-|^$|[\\\\]'"
	prints["HOST"] = "host-list -n -o name" sane
	prints["GROUP"] = "host-list -n -o group" sane " | sort -u"
	prints["VM"] = "vm-list -n -o name" sane
	read_operands()
}

# operations: the words of the first operand, if it is one of some; operand: what the others are.
function read_operands(	n, word) {
	n = split(operands, word, " ")
	if (word[1] ~ /\|/) {
		operations = word[1]
		gsub(/\|/, " ", operations)
	}
	operand = word[n]
	gsub(/[].[]/, "", operand)
}

function is_list(arg) {
	return arg ~ /,\.\.\.$/
}

# HOST of "HOST,...".
function kind(arg) {
	sub(/,\.\.\.$/, "", arg)
	return arg
}

# The words of an option's value: those it says, or those that stand in its arg.
function words(arg, values) {
	if (values == "" && arg ~ /\|/) {
		values = arg
		gsub(/\|/, " ", values)
	}
	return values
}
