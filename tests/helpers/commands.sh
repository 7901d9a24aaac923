# shellcheck shell=sh
# Commands that are several, for tests that source this after tap.sh.
#
#	each NAME	the command, or a line for each of those it is: "ippool create"

each() {
	each_verbs=$("$1" --list-commands | sed 1d | cut -f 1)
	if test "$each_verbs"; then
		printf '%s\n' "$each_verbs" | sed "s/^/$1 /"
	else
		echo "$1"
	fi
}
