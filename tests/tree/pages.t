#!/bin/sh
# Each command has a manual page, with the SYNOPSIS that --help has, and a test.
. "${0%/*}/../tap.sh"
need mandoc

# The words of a usage line, however it is spaced.
words() {
	sed 's/[][|]/ & /g; s/\.\.\./ ... /g' | xargs echo
}

synopsis() {
	mandoc -T ascii -O width=1000 "$1" | sed "s/.$(printf '\b')//g" |
		sed -n '/^SYNOPSIS$/,/^[A-Z]/ { /^[A-Z]/! p; }'
}

for source in "$top"/cmd/*.c; do
	name=$(basename "$source" .c)
	page=$top/man/$name.1
	test -e "$page" || page=$top/man/$name.8
	ok "$name has a page" test -e "$page"
	if test -e "$page"; then
		is "$(synopsis "$page" | words)" \
			"$("$name" --help | sed -n '1s/^usage: //p' | words)" "$name's SYNOPSIS"
	fi
	ok "$name has a test" grep -rlwq -e "$name" --include='*.t' --exclude-dir=tree "$top/tests"
done

for page in "$top"/man/*.[1-9]; do
	test -e "$page" || continue
	is "$(mandoc -T lint -W warning "$page")" '' "mandoc finds nothing in ${page##*/}"
done
done_testing
