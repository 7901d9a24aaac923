#!/bin/sh
# Each page tells of the options and columns that --help lists, and of no others.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/commands.sh"
cd "$top/man" || exit

# The options that a page explains itself, then those for which it sends the reader to vmm(7).
told() {
	sed -nE 's/^\.It .*Fl Fl ([a-z0-9-]+).*/\1/p' "$1"
	sed -nE '/^The same for all/,/^\.[SP]/ { s/^\.Fl (Fl )?([A-Za-z0-9-]+).*/\2/p; }' "$1" | long
}

# Long names for short ones.
long() {
	sed 's/^o$/columns/; s/^n$/no-header/; s/^H$/human/; s/^0$/null/; s/^h$/help/; s/^V$/version/'
}

# Of a command that is several, those of all.
listed() {
	each "$1" | while read -r command; do $command --list-options; done | grep -v '^long' | cut -f 1 | sort -u
}

in_help() {
	each "$1" | while read -r command; do $command --help; done |
		sed -nE 's/^  [* ] ([a-z_]+) .*/\1/p' | sort -u
}

# In its own lists of columns, or in those of the pages it names for them.
columns() {
	others=$(sed -nE '/^\.Ss Columns/,/^\.S[sh] [^C]/ s/^\.Xr ((host|vm)-list) 1.*/\1.1/p' "$1")
	# shellcheck disable=SC2086	# a list of files
	for page in "$1" $others; do
		sed -nE '/^\.Ss Columns/,/^\.Sh/ { s/^\.(It )?Li ([a-z_]+)$/\2/p; s/^\.Li ([a-z_]+) \.$/\1/p; }' "$page"
	done
}

shared=$(sed -nE '/^\.Sh COMMON/,/^\.Sh/ s/^\.It .*Fl Fl ([a-z-]+).*/\1/p' vmm.7)
for source in "$top"/cmd/*.c; do
	name=$(basename "$source" .c)
	page=$name.1
	test -e "$page" || page=$name.8
	test -e "$page" || continue
	is "$(told "$page" | sort -u)" "$(listed "$name")" "$name: options"
	strange=$(sed -nE '/^The same for all/,/^\.[SP]/ { s/^\.Fl (Fl )?([A-Za-z0-9-]+).*/\2/p; }' "$page" | long |
		while read -r option; do
			echo "$shared" | grep -Fqx -e "$option" || echo "$option"
		done)
	is "$strange" '' "$name: what vmm(7) is to explain, it explains"
	columns "$page" | sort -u >"$tmp/told"
	is "$(in_help "$name" | comm -23 - "$tmp/told")" '' "$name: columns"
done
done_testing
