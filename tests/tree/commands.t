#!/bin/sh
# Each command survives what people and scripts do to every command.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/commands.sh"

# refused NAME COMMAND...: wrong usage, and one line of NAME says so
refused() {
	name=$1
	shift
	exits 2 "$*" "$@"
	if test "$(wc -l <"$err")" -eq 1 && grep -q "^$name: " "$err" && test ! -s "$out"; then
		pass "$* says so in one line"
	else
		fail "$* says so in one line"
		diag "$(cat "$err" "$out")"
	fi
}

refuses_full_disk() {
	! "$@" >/dev/full
}

has_usage() {
	ok "$* -h" "$@" -h
	is "$(head -n 1 "$out" | cut -d' ' -f "1-$(($# + 1))")" "usage: $*" "$* -h starts with the usage"
}

for source in "$top"/cmd/*.c; do
	name=$(basename "$source" .c)
	has_usage "$name"
	refused "$name" "$name" --nope
	each "$name" >each
	while read -r _ verb; do
		test "$verb" || continue
		has_usage "$name" "$verb"
		refused "$name" "$name" "$verb" --nope
		refused "$name" "$name"
		refused "$name" "$name" nope
	done <each
	ok "$name --help >/dev/full" refuses_full_disk "$name" --help
	like "$(cat "$err")" "^$name: " "$name says that the output is lost"
done
done_testing
