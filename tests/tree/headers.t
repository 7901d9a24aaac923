#!/bin/sh
# Each header compiles alone, twice over, with both compilers.
. "${0%/*}/../tap.sh"
need pkg-config

flags=$(pkg-config --cflags libvirt libxml-2.0 jansson popt smartcols)
cd "$top" || exit

compiles() {
	printf '#include "%s"\n#include "%s"\n' "$2" "$2" |
		"$1" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -Ilib -Icmd $flags -x c -
}

for cc in gcc clang; do
	if ! command -v $cc >/dev/null; then
		skip 1 "no $cc"
		continue
	fi
	for header in lib/*/*.h cmd/*/*.h; do
		ok "$cc $header" compiles $cc "${header#*/}"
	done
done
done_testing
