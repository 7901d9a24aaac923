#!/bin/sh
# What a library exports is its map, is what its headers declare, is what it defines as vmm_*.
. "${0%/*}/../tap.sh"
need nm

folders() {
	sed -n "s|^$1 = ||p" "$top/Makefile" | tr ' ' '\n' | sed "s|^|$top/lib/|"
}

in_map() {
	sed -n 's/^\t\(vmm_.*\);$/\1/p' "$1" | sort
}

defined() {
	nm --defined-only --extern-only "$@" | sed -n 's/^[0-9a-f]* [A-Z] //p' | sed 's/@.*//' | sort -u
}

check() {
	lib=$1 map=$top/lib/$1.map
	# shellcheck disable=SC2046	# a list of folders
	is "$("$top/lib/mkmap" $(folders "$2"))" "$(cat "$map")" "$lib: its headers and its map (make map)"
	is "$(defined -D "$VMM_BUILD/lib/$lib.so" | grep -v '^VMM_')" "$(in_map "$map")" \
		"$lib: its map and what it exports"
	defined "$VMM_BUILD/$lib.a" | grep -Ev '^(__asan|__odr_asan|__tsan)' >names
	is "$(grep '^vmm_[^_]' names)" "$(in_map "$map")" "$lib: its map and what it defines"
	is "$(grep -v '^vmm_' names)" '' "$lib: every name starts with vmm_"
	cat names >>all
}

check libvmm-base BASE_DIRS
check libvmm VMM_DIRS
check libvmm-metal METAL_DIRS
# Unit tests are linked with all of them.
is "$(sort all | uniq -d)" '' 'no name is defined by two libraries, also none that is hidden'
done_testing
