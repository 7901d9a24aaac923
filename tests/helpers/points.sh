# shellcheck shell=sh
# Every system call of a program as a place where it may die or fail, for tests that source this
# after tap.sh.
#
#	points COMMAND...	prints a line for each call: its name, and that it is the Nth of the name
#	ruin LIST K ERROR	of a LIST of points: strace's options that make all calls fail from the Kth on
#
# strace counts the calls of each name by themselves, so `when=N` alone doesn't tell the place.
# What comes before the first mention of $VMM_STATE is the dynamic linker's and left out.

points() {
	strace -f -o "$tmp/calls" "$@" >/dev/null 2>&1
	awk -v state="$VMM_STATE" '
		$2 !~ /^[a-z_0-9]+\(/ { next }
		index($0, "\"" state) && $2 !~ /^execve/ { seen = 1 }
		{ sub(/\(.*/, "", $2); n[$2]++ }
		seen { print $2, n[$2] }' "$tmp/calls"
}

ruin() {
	awk -v k="$2" -v error="$3" '
		NR < k { last[$1] = $2 }
		NR >= k && !($1 in first) { first[$1] = $2 }
		END { for (c in first) printf "-e inject=%s:error=%s:when=%d+ ", c, error, first[c] }' "$1"
}
