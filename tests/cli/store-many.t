#!/bin/sh
# the store: 64 processes at once lose no change, and readers never see half of one
# Many commits: in memory, where a sync costs nothing.
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"

PATH=$VMM_BUILD/tests/helpers:$PATH

pids=
for i in 1 2 3; do
	store-helper watch "$VMM_STATE" 1280 >"seen$i" 2>&1 &
	watchers="${watchers-} $!"
done
for i in $(seq 64); do
	store-helper count "$VMM_STATE" 20 2>>complaints &
	pids="$pids $!"
done
bad=0
for p in $pids; do wait "$p" || bad=$((bad + 1)); done
is "$bad" 0 '64 processes make 20 changes each'
diag "$(cat complaints)"
is "$(store-helper get "$VMM_STATE")" '1280 1280' 'none is lost'
bad=0
for p in $watchers; do wait "$p" || bad=$((bad + 1)); done
is "$bad" 0 'readers meanwhile never see the two tables differ'
diag "$(cat seen1 seen2 seen3)"
is "$(store-helper check "$VMM_STATE")" '' 'nothing is left over'

# The same intent from many: one gets it, the others are told so.
mkfifo hold
for i in $(seq 16); do
	store-helper begin "$VMM_STATE" op same <hold >"got$i" 2>"no$i" &
done
exec 3>hold
for i in $(seq 100); do
	test "$(cat no* | wc -l)" -lt 15 || break
	sleep 0.1
done
is "$(cat got*)" 1 'one of 16 begins an intent'
is "$(cat no* | grep -c 'op of .same. is already under way (pid [0-9]*, since 20')" 15 \
	'the others are told whose it is'
like "$(store-helper list "$VMM_STATE")" '^1	op	same	begun	20.*	yes$' 'it is listed as alive'
exec 3>&-
wait
like "$(store-helper list "$VMM_STATE")" '^1	op	same	begun	20.*	no$' 'and as dead when its owner is'
exits 4 'nobody begins it again' store-helper begin "$VMM_STATE" op same
like "$(cat "$err")" 'an earlier op of .same. was cut short .*: run vmm-fsck' 'before it is mended'
ok 'the mender takes it over' store-helper take "$VMM_STATE" 1
ok 'then it can begin' store-helper work "$VMM_STATE" op same

# A writer that hangs is reported, not waited for for ever. Readers don't notice it.
store-helper hold "$VMM_STATE" <hold >holding &
pid=$!
exec 3>hold
until test -s holding; do sleep 0.02; done
VMM_LOCK_TIMEOUT=200ms exits 75 'a locked state' store-helper set "$VMM_STATE" 7
like "$(cat "$err")" "is locked by another process \(pid $pid\)\$" 'names who holds it'
is "$(store-helper get "$VMM_STATE")" '1280 1280' 'is still read'
exec 3>&-
wait
ok 'and changed when it is free' store-helper set "$VMM_STATE" 7
done_testing
