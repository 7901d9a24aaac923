# shellcheck shell=bash disable=SC2154
# The one-liners of vmm(7), for tests that source this after tap.sh.
#
#	text_of N		number N as a reader sees it
#	one_liner N [SED]	runs it in bash, after the change that SED makes to it
#	tabs TEXT		TEXT with a tab for each blank; a "-" alone is an empty cell

text_of() {
	sed -n "/^\.\\\\\" one-liner $1\$/,/^\.Ed/ { /^\./d; s/\\\\e/\\\\/g; s/^\\\\&//; p; }" "$top/man/vmm.7"
}

one_liner() {
	text_of "$1" | sed "${2-}" >one-liner
	test -s one-liner || diag "vmm(7) has no one-liner $1"
	bash one-liner
}

tabs() {
	printf '%s\n' "$1" | sed 's/ /\t/g; :again; s/\t-\(\t\|$\)/\t\1/; t again'
}
