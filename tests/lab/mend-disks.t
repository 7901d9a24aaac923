#!/bin/sh
# vmm-fsck --repair and the disks that a migration may have left on its target
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2
declare_hosts tcp h1 h2
lab guest h1 db disk=local size=16M start
lab wait db
lab adm host-scan >/dev/null
disk=$LAB/local/db.qcow2
gone=00000000-0000-4000-8000-0000000000ff

host_uuid() {
	lab adm host-list -n -o name,uuid | awk -F '\t' -v h="$1" '$1 == h { print $2 }'
}

# unfinished UUID COLUMN: a migration from h1 to h2 whose client is dead; COLUMN, making or made, names the disk.
unfinished() {
	lab adm sh -c 'exec store-helper begin "$VMM_STATE" migrate "$@"' - "$1" \
		"{\"vm\":\"db\",\"from\":\"h1\",\"to\":\"h2\",\"from_uuid\":\"$(host_uuid h1)\",\"to_uuid\":\"$(host_uuid h2)\",\"method\":\"move\",\"$2\":\"vda:$disk\"}" \
		</dev/null >/dev/null
}

on_target() {
	lab exec h2 "$@" >/dev/null
}

# removed WHAT, kept WHAT: what becomes of what lies there now, and of the work.
removed() {
	exits 0 "$1: mended" fsck --repair
	ok 'it is gone' on_target test ! -e "$disk"
	clean
}

kept() {
	exits 1 "$1: not mended" fsck --repair
	like "$(cell finding)" "the VM is on 'h1' \\(running\\), '$disk' on 'h2' may be a remnant or somebody else's" 'but told'
	ok 'it is still there' on_target test -e "$disk"
	on_target rm "$disk"
	removed "$1, removed by hand"
}

unfinished "$(lab uuid db)" making
removed 'announced, and never made'
unfinished "$(lab uuid db)" making
on h2 vol-create-as local db.qcow2 16M --allocation 0 --format qcow2 >/dev/null
exits 1 'announced, and there: without --repair' fsck
ok 'nothing is removed' on_target test -e "$disk"
removed 'announced, and empty'
unfinished "$(lab uuid db)" making
on_target truncate -s 16M "$disk"
removed 'announced, and a raw one without anything in it'

unfinished "$(lab uuid db)" making
on_target qemu-img create -q -f qcow2 "$disk" 16M
on_target qemu-io -f qcow2 -c 'write 0 4k' "$disk"
kept 'announced, but with data'
unfinished "$(lab uuid db)" making
on_target sh -c "truncate -s 16M $disk && printf x >>$disk"
kept 'announced, but a raw one with data'

unfinished "$(lab uuid db)" made
on_target sh -c "printf x >$disk"
ok 'its pool is off' on h2 pool-destroy local
exits 1 'then nobody can tell' fsck --repair
like "$(cell finding)" "host 'h2': cannot look for '$disk': no active storage pool" 'and it says so'
ok 'its pool is on again' on h2 pool-start local
removed 'made'

unfinished $gone made
on_target sh -c "printf x >$disk"
on h2 pool-refresh local >/dev/null
exits 1 'a VM that is nowhere' fsck
like "$(cell finding)" "neither on 'h1' nor on 'h2', '$disk' is left on 'h2'" 'its disk is told'
exits 0 'the matter is closed' fsck --repair
like "$(cell finding)" "'$disk' is left on 'h2'" 'and told again'
ok 'the disk is left' on_target rm "$disk"
whole db h1
clean
done_testing
