#!/bin/sh
# the store on a full disk: a clear error, the old state, and on it goes when there is room
if test -z "${STORE_NAMESPACE-}" && unshare -m true 2>/dev/null; then
	STORE_NAMESPACE=1 exec unshare -m "$0"
fi
. "${0%/*}/../tap.sh"
need_root

PATH=$VMM_BUILD/tests/helpers:$PATH
s=$tmp/disk/state
mkdir disk
mount -t tmpfs -o size=64k tmpfs disk || skip_all 'needs to mount a tmpfs'
trap 'cd / && umount "$tmp/disk"; rm -rf "$tmp"' EXIT

ok 'a state on a small disk' store-helper set "$s" old
ok 'with a journal' store-helper work "$s" op x
exits 1 'a change that does not fit' store-helper set "$s" new 100000
like "$(cat "$err")" "cannot write '$s/\..*': No space left on device" 'says why'
is "$(store-helper get "$s")" 'old old' 'leaves the old state'
is "$(find "$s" -name '.?*')" '' 'and no litter'

head -c 100000 /dev/zero >disk/filler 2>/dev/null
exits 1 'no change on a full disk' store-helper set "$s" new
is "$(store-helper get "$s")" 'old old' 'it reads as before'
# What is left of the journal's last page may hold a few records more.
n=0
while store-helper work "$s" op x 2>said && test $n -lt 1000; do n=$((n + 1)); done
like "$(cat said)" 'No space left on device' 'no intent on a full disk'
exits 0 'the open ones are listed' store-helper list "$s"
rm disk/filler

id=$(store-helper list "$s" | sed 1d | cut -f 1)
test -z "$id" || store-helper take "$s" "$id"
ok 'a change when there is room again' store-helper set "$s" new
is "$(store-helper get "$s")" 'new new' 'is read'
ok 'an intent too' store-helper work "$s" op x
is "$(store-helper check "$s")" '' 'nothing is left to mend'
done_testing
