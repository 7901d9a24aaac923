#!/bin/sh
# the store: whatever call fails, with whatever error, the change is made whole or not at all
# Many commits: in memory, where a sync costs nothing.
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/points.sh"
need strace

PATH=$VMM_BUILD/tests/helpers:$PATH
# Those that can fail; memory has no errno of its own here.
can_fail='^(openat|read|write|pwrite64|fsync|fdatasync|renameat|linkat|unlinkat|mkdirat|close|fcntl|ftruncate) '

restore() {
	rm -rf "$VMM_STATE"
	cp -a before "$VMM_STATE"
}

# Success means the new state, an error the old one. Then a check mends the rest, and the next
# change works.
outcome() {
	want='old old'
	test "$1" -ne 0 || want='new new'
	# All goes wrong from one call on, even taking back; then it says so.
	if grep -q 'was made but may not survive' said; then want='new new'; fi
	seen=$(store-helper get "$VMM_STATE")
	test "$seen" = "$want" || { diag "status $1, read '$seen': $(cat said)"; return 1; }
	store-helper check "$VMM_STATE" repair >/dev/null || return
	test -z "$(store-helper check "$VMM_STATE")" || { diag 'mending left something'; return 1; }
	test "$(store-helper get "$VMM_STATE")" = "$want" || { diag 'mending changed it'; return 1; }
	store-helper set "$VMM_STATE" next
}

# attempt OPTION...: the change, with these options of strace
attempt() {
	restore
	code=0
	strace -f -o /dev/null "$@" store-helper set "$VMM_STATE" new 2>said || code=$?
	outcome $code
}

store-helper set "$VMM_STATE" old
cp -a "$VMM_STATE" before
points store-helper set "$VMM_STATE" new | grep -E "$can_fail" >points
total=$(wc -l <points)
exits 0 "$total calls can fail" test "$total" -gt 40

bad=0 refused=0
while read -r call n; do
	attempt -e inject="$call:error=ENOSPC:when=$n" ||
		{ bad=$((bad + 1)); diag "ENOSPC from $call number $n"; }
	test $code -eq 0 || refused=$((refused + 1))
done <points
is "$bad bad" '0 bad' "ENOSPC from one call: $refused errors, else the change is made"

bad=0 k=1
while test $k -le "$total"; do
	# shellcheck disable=SC2046
	attempt $(ruin points $k EIO) || { bad=$((bad + 1)); diag "EIO from call $k on"; }
	k=$((k + 1))
done
is "$bad bad" '0 bad' 'EIO from all calls behind some point'

# The sync after the commit point is the last of them; it takes the change back.
last=$(grep fsync points | tail -n 1 | cut -d ' ' -f 2)
ok 'a commit point that may be lost' attempt -e inject=fsync:error=EIO:when="$last"
like "$(cat said)" 'the change was taken back: .*Input/output error' 'is taken back'
restore
strace -f -o /dev/null -e inject=fsync:error=EIO:when="$last" store-helper set "$VMM_STATE" new 2>said
like "$(store-helper check "$VMM_STATE")" '^\.a\..*left over' 'a check finds what was written aside'

# The journal.
restore
points store-helper work "$VMM_STATE" op x | grep -E '^(write|fdatasync|fsync) ' >points
bad=0
while read -r call n; do
	restore
	strace -f -o /dev/null -e inject="$call:error=ENOSPC:when=$n" \
		store-helper work "$VMM_STATE" op x 2>said && bad=$((bad + 1))
	grep -q 'No space left' said || bad=$((bad + 1))
	test -z "$(store-helper check "$VMM_STATE")" && store-helper list "$VMM_STATE" >/dev/null || bad=$((bad + 1))
done <points
is "$bad bad, $(wc -l <points)" '0 bad, 7' 'a record that cannot be written is an error and leaves none'
done_testing
