#!/bin/bash
# vmm-fsck removes copies of images that have left the library, and none that anybody needs
# shellcheck disable=SC2154 # assigned by image()
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/images.sh"
need strace

lab_up h1 h2
declare_hosts tcp h1 h2

# image NAME: 8M of its own; its volume is $NAME
image() {
	head -c 8M /dev/urandom >"$1.raw"
	lab adm imglib add "$1" "$PWD/$1.raw" -f raw >/dev/null
	declare -g "$1=vmm-$(sha256sum <"$1.raw" | head -c 16).raw"
}
forget() { lab adm imglib rm "$1" >/dev/null; }
local_has() { lab exec "$1" test -e "$LAB/local/$2" && lab exec "$1" test -e "$LAB/local/$2.ok"; }
shared_has() { test -e "$LAB/shared/pool/$1" && test -e "$LAB/shared/pool/$1.ok"; }
gone='a copy of an image that is gone; nobody needs it'
removed='removed a copy of an image that is gone'

for name in kept plain both cloned named; do image $name; done
vol image h1 local kept >/dev/null
vol image h1 local plain >/dev/null
vol image h1 shared both >/dev/null
vol image h2 shared both >/dev/null
vol clone h1 shared cloned clone.qcow2 8388608 >/dev/null
vol image h2 local named >/dev/null
echo "<domain type='qemu'><name>foreign</name><memory unit='MiB'>32</memory><os><type>hvm</type></os><devices>
	<disk type='file'><driver name='qemu' type='raw'/><source file='$LAB/local/$named'/><target dev='vda'/></disk>
	</devices></domain>" >foreign.xml
on h2 define foreign.xml >/dev/null
head -c 1M /dev/zero >half
lab exec h1 cp "$PWD/half" "$LAB/local/vmm-0123456789abcdef.raw" # no mark
on h1 pool-refresh local >/dev/null
is "$(fsck -n)" '' 'while they are in the library nothing is found'

for name in plain both cloned named; do forget $name; done
is "$(fsck --offline -n)" '' 'offline nothing is found'
is "$(fsck -n | sort)" "$(printf "volume\t%s\t$gone\tno\n" "h1/local/$plain" "h1/shared/$both" "h2/shared/$both")" 'then those that nobody needs are'
ok 'they are there' local_has h1 "$plain"

lab freeze h2
is "$(fsck -n --repair --timeout 15 | sort)" "$(printf "volume\t%s\t$gone; it stays, for host 'h2' does not answer\tno\n" "h1/local/$plain" "h1/shared/$both")" 'with a silent host nothing is removed'
lab thaw h2
ok 'they are still there' local_has h1 "$plain"
ok 'also in the shared pool' shared_has "$both"

exits 0 'with --repair' fsck -n --repair -o object,finding,mended
is "$(sort "$out")" "$(printf "%s\t$removed\tyes\n" "h1/local/$plain" "h1/shared/$both")" 'they are removed, once'
is "$(lab exec h1 find "$LAB/local" -name "$plain*"; find "$LAB/shared/pool" -name "$both*")" '' 'with their marks'
ok 'one of an image that is there stays' local_has h1 "$kept"
ok 'one that a linked clone stands on' shared_has "$cloned"
ok 'one that a VM names' local_has h2 "$named"
ok 'one without a mark' lab exec h1 test -e "$LAB/local/vmm-0123456789abcdef.raw"
is "$(fsck -n)" '' 'nothing is left to mend'
on h1 vol-delete --pool shared clone.qcow2 >/dev/null
on h2 undefine foreign >/dev/null
is "$(fsck -n -o object | sort | paste -sd ' ')" "h1/shared/$cloned h2/local/$named h2/shared/$cloned" 'without them they are found'
exits 0 'and removed' fsck --repair
is "$(find "$LAB/shared/pool" -name "$cloned*")" '' 'and gone'

# Each record takes two seconds: its image comes back meanwhile, before the mark goes, and is wanted at once.
vol image h1 shared kept >/dev/null
forget kept
"$top/tests/lab/lab" adm strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:delay_exit=2000000 vmm-fsck --repair -n >back.out &
fsck=$!
within 10 grep -q "	begin	image-copy	h1/.*/$kept	.*removing" "$LAB/state/journal.tsv"
lab adm imglib add kept "$PWD/kept.raw" -f raw >/dev/null
ok 'an image that comes back' vol image h2 shared kept
wait $fsck
ok 'is there' shared_has "$kept"
ok 'as it is' cmp kept.raw "$LAB/shared/pool/$kept"
like "$(cat back.out)" 'it is needed since just now' 'it was seen'
is "$(fsck -n)" '' 'nothing is left to mend'

# Killed when the mark has gone: what stands on it by then keeps it.
ok 'a clone' vol clone h1 shared kept late.qcow2 8388608
vol rm h1 shared "$kept.ok"
exits 4 'a volume that lost its mark and is used' vol image h1 shared kept
like "$(cat "$err")" "is in use, but has no mark '$kept.ok'" 'is not thrown away'
ok 'it is there' cmp kept.raw "$LAB/shared/pool/$kept"
done_testing
