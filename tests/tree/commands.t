#!/bin/sh
# Each command survives what people and scripts do to every command.
. "${0%/*}/../tap.sh"

one_line_of() {
	test "$(wc -l <"$err")" -eq 1 && grep -q "^$1: " "$err" && test ! -s "$out"
}

refuses_full_disk() {
	! "$@" >/dev/full
}

for source in "$top"/cmd/*.c; do
	name=$(basename "$source" .c)
	ok "$name -h" "$name" -h
	is "$(head -n 1 "$out" | cut -d' ' -f 1,2)" "usage: $name" "$name -h starts with the usage"
	exits 2 "$name --nope" "$name" --nope
	if one_line_of "$name"; then
		pass "$name --nope says so in one line"
	else
		fail "$name --nope says so in one line"
		diag "$(cat "$err" "$out")"
	fi
	ok "$name --help >/dev/full" refuses_full_disk "$name" --help
	like "$(cat "$err")" "^$name: " "$name says that the output is lost"
done
done_testing
