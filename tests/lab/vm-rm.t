#!/bin/bash
# vm-rm leaves a disk that a VM of another host has, by way of a pool that both see, and a VM
# that is started just when it would be removed
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/provision.sh"
need xorriso qemu-img strace

lab_up h1 h2
declare_hosts tcp h1 h2
fit_out
sed 's/pool = local/pool = shared/' "$VMM_CONF/templates/bare.conf" >"$VMM_CONF/templates/roaming.conf"
apply --host h1 roaming one
is "$(cell result "$rows")" 'done' 'a VM on h1'
disk=$(find "$LAB/shared/pool" -name 'one-*')

on h1 dumpxml --inactive one |
	sed 's|<name>.*</name>|<name>other</name>|; s|<uuid>.*</uuid>||; /<mac /d; /<metadata>/,/<\/metadata>/d' >"$tmp/other.xml"
on h2 define "$tmp/other.xml" >/dev/null
inlab host-scan -n h2 >/dev/null
remove one
is "$status $(cell result "$rows")" '4 refused' 'is not removed with a disk that one on h2 has'
like "$(cell error "$rows")" "its disk '.*/one-.*' is needed by 'other' of 'h2'" 'which is named'
ok 'the disk is there' test -f "$disk"
is "$(on h1 list --all --name | xargs)" one 'the definition too'
is "$(ippool show -n front | wc -l)" 1 'and the address'

on h2 undefine other >/dev/null
inlab host-scan -n >/dev/null
remove one
is "$status $(cell result "$rows")$(cell error "$rows")" '0 done' 'it goes when the other has gone'
ok 'with the disk' test ! -e "$disk"

# Each record of the journal takes a second. What comes between two of them has time to happen.
apply --host h1 roaming two
uuid=$(on h1 domuuid two | head -n 1)
start_inlab strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:delay_enter=2000000 vm-rm --format tsv two
within 5 grep -q "	remove	$uuid" "$VMM_STATE/journal.tsv"
within 5 sh -c 'grep "	remove	$1" "$2" | grep -q "begun.*yes"' - "$uuid" "$VMM_STATE/journal.tsv"
on h1 start two >/dev/null
wait $client
is "$? $(cell result "$rows")" '4 refused' 'a VM that was started just now is not removed'
like "$(cell error "$rows")" 'it is running; --stop switches it off first' 'it says why'
is "$(on h1 domstate two)" running 'it runs on'
is "$(on h1 list --all --persistent --name | xargs)" two 'its definition is there'
is "$(find "$LAB/shared/pool" -name 'two-*' | wc -l)" 1 'and its disk'
is "$(fsck -n)" '' 'nothing is left to mend'
done_testing
