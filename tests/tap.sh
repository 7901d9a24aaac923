# shellcheck shell=sh
# What a test script starts with. A script is a file FOLDER/NAME.t of tests/, executable:
#
#	#!/bin/sh
#	# host-list: the columns, and what a bad operand says
#	. "${0%/*}/../tap.sh"
#
#	ok 'adds a host' host-add node1 qemu+ssh://node1/system
#	is "$(host-list -n -o name)" node1 'lists it'
#	exits 2 'refuses an option it does not know' host-list --nope
#	like "$(cat "$err")" '^host-list: ' 'and says so under its name'
#	done_testing
#
# It runs in a folder of its own ($tmp, removed at the end), with the built commands and the programs
# of tests/helpers first in PATH and with the state of no one ($VMM_STATE, $VMM_CONF below $tmp).
# $top is the source tree.
# Run one alone with `make check T=host-list` or, after `make`, as tests/cli/host-list.t.
#
#	ok NAME COMMAND...		the command succeeds
#	exits STATUS NAME COMMAND...	it ends with STATUS; its output is in the files $out and $err
#	is GOT WANT NAME		two texts are equal; shows the difference
#	like TEXT ERE NAME		a line of the text matches
#	unlike TEXT ERE NAME		none does
#	pass NAME, fail NAME		what the script found out by itself
#	skip COUNT WHY			COUNT points can't be tested here
#	skip_all WHY			nor can any; ends the script
#	need PROGRAM...			skip_all unless they are installed
#	need_root			skip_all unless root
#	diag TEXT			a line for whoever reads a failure
#	done_testing			the plan; the last line, so that a script that dies is noticed

top=$(cd "$(dirname "$0")/../.." && pwd)
: "${VMM_BUILD:=$top/build}"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/vmm-test.XXXXXX")
trap 'cd / && rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
out=$tmp/.out err=$tmp/.err
tap_count=0

PATH=$VMM_BUILD/bin:$VMM_BUILD/tests/helpers:$PATH
VMM_STATE=$tmp/state
VMM_CONF=$tmp/conf
LC_ALL=C.UTF-8
export PATH VMM_BUILD VMM_STATE VMM_CONF LC_ALL
cd "$tmp" || exit

# The leak checker of a sanitized build can't work in a traced process.
strace() {
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 command strace "$@"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

fail() {
	tap_count=$((tap_count + 1))
	echo "not ok $tap_count - $1"
}

exits() {
	tap_want=$1 tap_name=$2
	shift 2
	status=0
	"$@" >"$out" 2>"$err" </dev/null || status=$?
	if test "$status" -eq "$tap_want"; then
		pass "$tap_name"
	else
		fail "$tap_name"
		diag "$* ended with $status, not $tap_want"
		head -q -n 20 "$out" "$err" | sed "s|^|# |"
	fi
}

ok() {
	tap_name=$1
	shift
	exits 0 "$tap_name" "$@"
}

is() {
	if test "$1" = "$2"; then
		pass "$3"
	else
		fail "$3"
		printf '%s\n' "$1" >"$tmp/.got"
		printf '%s\n' "$2" | diff -u --label want --label got - "$tmp/.got" | sed 's/^/# /'
	fi
}

like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		pass "$3"
	else
		fail "$3"
		diag "no line matches $2 in:"
		diag "$1"
	fi
}

unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		fail "$3"
		diag "a line matches $2 in:"
		diag "$1"
	else
		pass "$3"
	fi
}

skip() {
	tap_left=$1
	while test "$tap_left" -gt 0; do
		tap_count=$((tap_count + 1)) tap_left=$((tap_left - 1))
		echo "ok $tap_count # SKIP $2"
	done
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

need() {
	for tap_program; do
		command -v "$tap_program" >/dev/null || skip_all "needs $tap_program"
	done
}

need_root() {
	test "$(id -u)" -eq 0 || skip_all 'needs root'
}

done_testing() {
	echo "1..$tap_count"
}
