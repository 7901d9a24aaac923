#!/bin/bash
# vm-rm leaves a disk that a VM of another host has, by way of a pool that both see
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/provision.sh"
need xorriso qemu-img

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
done_testing
