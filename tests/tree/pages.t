#!/bin/sh
# Each command has a manual page, with the SYNOPSIS that --help has, and a test.
. "${0%/*}/../tap.sh"
need mandoc
cd "$top" || exit

commands=$(for source in cmd/*.c; do basename "$source" .c; done)

page_of() {
	for page in "man/$1.1" "man/$1.8"; do
		test ! -e "$page" || { echo "$page"; return; }
	done
	return 1
}

without_page() {
	for name in $commands; do page_of "$name" >/dev/null || echo "$name"; done
}

without_test() {
	for name in $commands; do
		grep -rlwq -e "$name" --include='*.t' --exclude-dir=tree tests || echo "$name"
	done
}

# The words of a usage line, however it is spaced.
words() {
	sed 's/[][|]/ & /g; s/\.\.\./ ... /g' | xargs echo
}

# The usage lines of --help: one, or one for each of several.
usage() {
	sed -nE '1s/^usage: //p; 2,/^[^ ]/s/^       //p'
}

synopsis() {
	mandoc -T ascii -O width=1000 "$1" | sed "s/.$(printf '\b')//g" |
		sed -n '/^SYNOPSIS$/,/^[A-Z]/ { /^[A-Z]/! p; }'
}

is "$(without_page)" '' 'each command has a page'
is "$(without_test)" '' 'each command has a test'
for name in $commands; do
	page=$(page_of "$name") || continue
	is "$(synopsis "$page" | words)" "$("$name" --help | usage | words)" \
		"$name: SYNOPSIS is the usage line"
done
for page in man/*.[1-9]; do
	test -e "$page" || continue
	is "$(mandoc -T lint -W warning "$page")" '' "${page##*/}: mandoc finds nothing wrong"
done
done_testing
