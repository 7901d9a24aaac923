#!/bin/sh
# tmpl-capture with disks of real hosts: what arrives is what the VM has, as a linked clone and raw, the VM
# stays as it is, and what a kill leaves goes. libguestfs is played here; a real one: tests/slow/capture.t.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/guestfs.sh"
need qemu-img qemu-io

lab_up h1
declare_hosts tcp h1
guestfs
export VMM_STATE="$LAB/state"
pool=$LAB/shared/pool
scratch=$LAB/tmp/scratch
mkdir "$scratch"
capture() {
	lab adm env TMPDIR="$scratch" PATH="$PATH" tmpl-capture -n -o result,error "$@"
}
# refused ERROR ARG...
refused() {
	refused_error=$1
	shift
	exits 4 "refused: $refused_error" capture "$@"
	like "$(cat "$out")" "^refused	.*$refused_error" 'and says so'
}
# content IMAGE: it is what the disk has
content() {
	qemu-img compare -f qcow2 -F "${2:-qcow2}" "$(imglib list -n -o path "$1")" "${3:-$disk}" >"$tmp/compared" 2>&1
}
nothing_left() {
	is "$(ls -A "$scratch")$(fsck -n 2>&1)$(lab exec h1 find "$LAB/local" "$pool" -name 'vmm-*')" '' "$1: nothing is left"
}

# A linked clone: some of it is the image's, some its own.
lab guest h1 web disk=shared size=256M
disk=$pool/web.qcow2
qemu-img create -q -f qcow2 "$pool/under.qcow2" 256M
qemu-io -f qcow2 -c 'write -P 1 1M 90M' "$pool/under.qcow2" >/dev/null
qemu-img create -q -f qcow2 -F qcow2 -b under.qcow2 "$disk"
qemu-io -f qcow2 -c 'write -P 2 50M 60M' -c 'write -z 10M 10M' "$disk" >/dev/null
sha256sum "$disk" "$pool/under.qcow2" >before
on h1 dumpxml web >>before

# ---- taken as it is ----

exits 0 'possible' capture --dry-run --keep-identity web asis
is "$(cat "$out")" 'possible	' 'says so'
nothing_left '--dry-run'
started=$(date +%s%N)
exits 0 'as it is' capture --keep-identity web asis
took=$((($(date +%s%N) - started) / 1000000))
diag "$took ms"
is "$(cat "$out")" 'done	' 'done'
ok 'it has what the disk has' content asis
is "$(imglib list -n -o image,format,virtual_size,labels asis)" 'asis:1	qcow2	268435456	captured-from=web' 'in the library'
ok 'whole' imglib verify asis
is "$(cat "$tmp/guestfs.calls" 2>/dev/null)" '' 'nothing looked at it'
nothing_left 'as it is'
refused "'asis:1' is there already" --keep-identity web asis
exits 0 'compressed' capture --keep-identity --compress web asis:2
ok 'the same' content asis:2
ok 'but smaller' test "$(imglib list -n -o size asis:2)" -lt $(($(imglib list -n -o size asis:1) / 10))
nothing_left 'compressed'

# ---- by what is on it ----

holds linux debian12
exits 0 'a Linux' lab adm env TMPDIR="$scratch" PATH="$PATH" tmpl-capture -n -o image,vm,host,os,result,format,virtual_size,error web linux
is "$(cat "$out")" 'linux:1	web	h1	debian12	done	qcow2	268435456	' 'its row'
is "$(imglib list -n -o labels linux)" 'captured-from=web,os=debian12' 'its labels'
is "$(cut -d ' ' -f 1 "$tmp/guestfs.calls" | paste -sd ' ')" 'virt-inspector virt-sysprep virt-sparsify' 'generalized'
like "$(cat "$tmp/guestfs.calls")" "^virt-sysprep .*machine-id.*ssh-hostkeys.* --format=raw -a $scratch/vmm-capture\..* --delete /var/lib/cloud/\*" 'with all that it takes'
for program in virt-inspector virt-sysprep virt-sparsify; do
	echo $program >"$tmp/guestfs.fail"
	exits 1 "$program fails" capture web broken
	like "$(cat "$out")" "^failed	.*$program.*: error: it does not work" 'is said'
	nothing_left "$program fails"
done
rm "$tmp/guestfs.fail" "$tmp/guestfs.calls"
holds windows win2k22
: >"$tmp/State.ini"
refused 'it is a Windows, and Sysprep was not the last' web broken
printf '[State]\r\nImageState=IMAGE_STATE_COMPLETE\r\n' >"$tmp/State.ini"
refused 'it is a Windows, and Sysprep was not the last' web broken
rm "$tmp/State.ini"
refused 'it is a Windows, and Sysprep was not the last' web broken
echo virt-cat >"$tmp/guestfs.fail"
exits 1 'virt-cat fails' capture web broken
rm "$tmp/guestfs.fail" "$tmp/guestfs.calls"
printf '[State]\r\nImageState=IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE\r\n' | iconv -t UTF-16 >"$tmp/State.ini"
exits 0 'a Windows after Sysprep' capture web windows
is "$(cut -d ' ' -f 1 "$tmp/guestfs.calls" | paste -sd ' ')" 'virt-inspector virt-cat' 'is only looked at'
is "$(imglib list -n -o labels windows)" 'captured-from=web,os=win2k22' 'and called so'
holds
refused 'no system was found on its disk; --keep-identity' web broken
holds linux debian12 windows win10
refused 'there are several systems on its disk' web broken
holds freebsd freebsd13
refused "a system of type 'freebsd'" web broken
echo nonsense >"$tmp/inspection"
exits 1 'nonsense' capture web broken
nothing_left 'refused'

# ---- which VM, which disk ----

holds linux debian12
on h1 start web
refused 'it is not stopped' web broken
on h1 suspend web
refused 'it is not stopped' web broken
on h1 resume web
on h1 managedsave web
refused 'it is suspended to disk' web broken
on h1 managedsave-remove web
refused "it has no disk 'vdb' that could be captured" --disk vdb web broken
qemu-img create -q -f raw "$pool/raw" 64M
qemu-io -f raw -c 'write -P 3 0 5M' -c 'write -P 4 40M 1M' "$pool/raw" >/dev/null
# A guest may write what it likes to a raw disk: the head of a qcow2 that names a file here.
qemu-img create -q -f qcow2 -F raw -b /etc/passwd trap.qcow2 64M
dd if=trap.qcow2 of="$pool/raw" conv=notrunc status=none
on h1 pool-refresh shared >/dev/null
lab guest-xml h1 raw disk=shared | sed -e "s|type='qcow2'|type='raw'|" -e "s|$pool/raw.qcow2|$pool/raw|" >raw.xml
on h1 define raw.xml
rm "$tmp/guestfs.calls"
exits 0 'a raw one' capture --disk vda raw raw
ok 'it has what the disk has' content raw raw "$pool/raw"
unlike "$(cat "$tmp/guestfs.calls")" 'qcow2' 'and is not taken for what it looks like'
sed -i "s|type='raw'|type='vmdk'|" raw.xml
on h1 define raw.xml
refused 'its disk vda is a vmdk' raw broken
rm "$pool/raw"
sed -i "s|type='vmdk'|type='raw'|" raw.xml
on h1 define raw.xml
exits 1 'one whose disk is gone' capture raw broken
like "$(cat "$out")" "^failed	its disk '.*raw' is not there" 'is said'
nothing_left 'refused'
sed -i "/<disk/,/<\\/disk/d" raw.xml
on h1 define raw.xml
refused 'it has no disk that could be captured' raw broken

# ---- killed ----

i=0 n=10
while test $i -lt $n; do
	i=$((i + 1))
	"$top/tests/lab/lab" adm env TMPDIR="$scratch" tmpl-capture --keep-identity web "killed:$i" >killed.out 2>&1 </dev/null &
	client=$!
	at=$((took * i / (n + 1)))
	sleep "$(printf '%d.%03d' $((at / 1000)) $((at % 1000)))"
	kill -KILL $client
	wait $client 2>/dev/null
	told=$(fsck -n -o object,finding)
	mended=$(fsck --repair -n -o object,mended)
	diag "$at ms: $told; $mended; $(imglib list -n -o image "killed:$i" 2>/dev/null)"
	left=$(fsck -n 2>&1; ls -A "$scratch"; lab exec h1 find "$LAB/local" "$pool" -name 'vmm-*'; on h1 vol-list shared | grep capture)
	is "$left" '' "killed after $at ms: nothing is left once it was mended"
done
echo virt-sysprep >"$tmp/guestfs.slow"
rm -f "$tmp/guestfs.calls"
"$top/tests/lab/lab" adm env TMPDIR="$scratch" PATH="$PATH" tmpl-capture web killed:s >killed.out 2>&1 </dev/null &
client=$!
ok 'generalizing' within 20 grep -q virt-sysprep "$tmp/guestfs.calls"
kill -KILL $client
wait $client 2>/dev/null
fsck --repair -n -o object,mended >/dev/null
nothing_left 'killed in a program'
ok 'what is there is whole' imglib verify
exits 0 'and it can be done still' capture --keep-identity web "killed:$n$n"
# libvirt leaves its mark in the definition of a VM that has run.
{ sha256sum "$disk" "$pool/under.qcow2"; on h1 dumpxml web; } >after
is "$(diff before after)" '' 'the VM is as it was'
done_testing
