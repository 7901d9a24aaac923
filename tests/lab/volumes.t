#!/bin/sh
# lib/volume: an image comes to a pool once, whole and sparse, whoever asks and whoever dies
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/images.sh"

lab_up h1 h2

start_vol() {
	volume_verb=$1 volume_host=$2
	shift 2
	"$top/tests/lab/lab" adm volume-helper "$volume_verb" "$(lab uri "$volume_host" tcp)" "$volume_host" "$@" \
		>>started.out 2>>started.err </dev/null &
}
volumes() {
	on "$1" pool-refresh "$2" >/dev/null
	on "$1" vol-list "$2" | awk 'NF { print $1 }' | sort | paste -sd ' '
}
intents() {
	lab adm store-helper list "$LAB/state" | sed 1d
}

disk raw 64M
dd if=/dev/urandom of=raw bs=64k seek=16 count=48 conv=notrunc 2>/dev/null
qemu-img convert -O qcow2 raw qcow2
lab adm imglib add raw "$PWD/raw" >/dev/null
lab adm imglib add web "$PWD/qcow2" >/dev/null
base=vmm-$(sha256sum <qcow2 | head -c 16).qcow2
rawbase=vmm-$(sha256sum <raw | head -c 16).raw
before=$(volumes h1 local)

is "$(vol image h1 local web)" "$base" 'an image comes to a pool'
ok 'as it is' lab exec h1 cmp "$PWD/qcow2" "$LAB/local/$base"
is "$(volumes h1 local)" "$(echo "$base $base.ok" "$before" | xargs)" 'with its mark'
is "$(volumes h2 local)" "$before" 'and to no other host'
is "$(vol image h1 local raw)" "$rawbase" 'a raw one too'
ok 'as it is' lab exec h1 cmp "$PWD/raw" "$LAB/local/$rawbase"
ok 'with its holes' test "$(lab exec h1 du -k "$LAB/local/$rawbase" | cut -f 1)" -lt 6000
inode=$(lab exec h1 stat -c %i:%Y "$LAB/local/$base")
ok 'once more' vol image h1 local web
is "$(lab exec h1 stat -c %i:%Y "$LAB/local/$base")" "$inode" 'is no second copy'
is "$(intents)" '' 'nothing is left in the journal'

ok 'a linked clone' vol clone h1 local web a.qcow2 134217728
lab exec h1 qemu-img info -U --output=json "$LAB/local/a.qcow2" >info
is "$(jq -c '[."virtual-size", ."backing-filename", ."backing-filename-format"]' info)" \
	"[134217728,\"$LAB/local/$base\",\"qcow2\"]" 'states its backing file, the format and its size'
ok 'on a raw one' vol clone h1 local raw b.qcow2 67108864
is "$(lab exec h1 qemu-img info -U --output=json "$LAB/local/b.qcow2" | jq -r '."backing-filename-format"')" raw 'as raw'
ok 'has the same disk' lab exec h1 qemu-img compare -q "$LAB/local/b.qcow2" "$PWD/raw"
ok 'a full copy' vol full h1 local web c.qcow2 134217728
is "$(lab exec h1 qemu-img info -U --output=json "$LAB/local/c.qcow2" | jq -c '[."virtual-size", ."backing-filename", .format]')" \
	'[134217728,null,"qcow2"]' 'stands by itself'
lab exec h1 qemu-img convert -O raw "$LAB/local/c.qcow2" "$PWD/c.raw"
ok 'with the same content' cmp -n 67108864 c.raw raw

# While something is being made in a pool, libvirt takes what comes for raw.
lab exec h2 dd if=/dev/zero of="$LAB/local/big" bs=1M count=2000 status=none
on h2 pool-refresh local >/dev/null
echo '<volume><name>busy</name><capacity>2097152000</capacity><target><format type="qcow2"/></target></volume>' >busy.xml
make_busy() {
	on h2 vol-create-from local busy.xml big --inputpool local >/dev/null &
	until lab exec h2 test -e "$LAB/local/busy"; do :; done
}
make_busy
on h2 vol-create-as local "$base" "$(stat -c %s qcow2)" >/dev/null
on h2 vol-upload --pool local "$base" "$PWD/qcow2" >/dev/null
on h2 vol-create-as local "$base.ok" 1 >/dev/null
wait
on h2 vol-delete --pool local busy >/dev/null
make_busy
ok 'a full copy in a busy pool' vol full h2 local web e.qcow2 67108864
wait
lab exec h2 qemu-img convert -O raw "$LAB/local/e.qcow2" "$PWD/e.raw"
ok 'has the content of the disk too' cmp e.raw raw
for volume in busy big e.qcow2 "$base.ok" "$base"; do on h2 vol-delete --pool local "$volume" >/dev/null; done

exits 4 'a name that is taken' vol clone h1 local web a.qcow2 134217728
exits 4 'less than the image has' vol clone h1 local web d.qcow2 1048576
exits 4 'no such pool' vol image h1 nowhere web

# Many at once: on one host, and on two that share the pool.
for i in 1 2 3 4 5 6; do start_vol image h2 local web; done
for i in 1 2 3 4; do
	start_vol clone h1 shared web "one$i.qcow2" 67108864
	start_vol clone h2 shared web "two$i.qcow2" 67108864
done
wait
is "$(cat started.err)" '' 'fourteen at once'
is "$(sort -u started.out)" "$base" 'have one volume'
ok 'whole on h2' lab exec h2 cmp "$PWD/qcow2" "$LAB/local/$base"
ok 'whole on the shared pool' cmp qcow2 "$LAB/shared/pool/$base"
like "$(cut -f 3,4,5 "$LAB/state/journal.tsv")" "^end	image-copy	h[12]/shared/$base$" 'the journal tells of it'
is "$(intents)" '' 'and nothing is left in the journal'

# Who waits for another's copy waits for as long as that gets on.
disk slow 64M
dd if=/dev/urandom of=slow bs=1M count=24 conv=notrunc 2>/dev/null
lab adm imglib add slow "$PWD/slow" -f raw >/dev/null
slow=vmm-$(sha256sum <slow | head -c 16).raw
lab rate h1 64mbit
: >started.err
start_vol image h1 shared slow
until test -e "$LAB/shared/pool/$slow"; do :; done
lab rate h2 64mbit
exits 0 'a wait that is shorter than the copy takes' lab adm env VOLUME_WAIT_MS=1000 volume-helper image "$(lab uri h1 tcp)" h1 shared slow
exits 0 'from another host' lab adm env VOLUME_WAIT_MS=1000 volume-helper image "$(lab uri h2 tcp)" h2 shared slow
wait
is "$(cat started.err)" '' 'both have it'
lab rate h1 off
lab rate h2 off
ok 'whole' cmp slow "$LAB/shared/pool/$slow"

# Killed half-way: what is there is nobody's, and thrown away by the next one, on whichever host.
head -c 96M /dev/urandom >large
lab adm imglib add large "$PWD/large" -f raw >/dev/null
large=vmm-$(sha256sum <large | head -c 16).raw
killed=0
for ms in 05 10 15 20 30; do
	rm -f pid
	lab adm sh -c 'volume-helper image "$1" h1 shared large & echo $! >"$2"; wait' - "$(lab uri h1 tcp)" "$tmp/pid" >/dev/null 2>&1 &
	until test -s pid; do :; done
	sleep 0.$ms
	kill -KILL "$(cat pid)" 2>/dev/null
	wait
	test -e "$LAB/shared/pool/$large" && ! test -e "$LAB/shared/pool/$large.ok" && killed=$((killed + 1))
	exits 0 "after a kill at 0.$ms s" vol image h2 shared large
	ok 'it comes whole' cmp large "$LAB/shared/pool/$large"
	vol rm h2 shared "$large.ok" && vol rm h2 shared "$large"
	on h1 pool-refresh shared >/dev/null
done
ok 'some were half-way' test $killed -gt 0
vol image h1 shared large >/dev/null
is "$(intents)" '' 'nothing is left in the journal'

# Killed, and nobody wants it again: vmm-fsck.
declare_hosts tcp h1 h2
vol rm h1 shared "$large.ok" && vol rm h1 shared "$large"
rm -f pid
lab adm sh -c 'volume-helper image "$1" h1 shared large & echo $! >"$2"; wait' - "$(lab uri h1 tcp)" "$tmp/pid" >/dev/null 2>&1 &
until test -e "$LAB/shared/pool/$large"; do :; done
kill -KILL "$(cat pid)"
wait
is "$(fsck --offline -n)" "copy	h1/shared/$large	a copy was cut short	no" 'vmm-fsck finds half a copy'
is "$(fsck --repair -n)" "copy	h1/shared/$large	removed half a copy	yes" 'and removes it'
ok 'it is gone' test ! -e "$LAB/shared/pool/$large"
is "$(fsck -n)$(intents)" '' 'and then all is well'
vol image h1 shared large >/dev/null

# An image that is damaged here goes nowhere.
vol rm h1 shared "$large.ok" && vol rm h1 shared "$large"
path=$(lab adm imglib list -n -o path large)
chmod 600 "$path" && printf 'x' | dd of="$path" bs=1 seek=5000000 conv=notrunc 2>/dev/null
exits 1 'a damaged image' vol image h1 shared large
like "$(cat "$err")" "cannot bring 'large:1' to pool 'shared' of 'h1': the content of 'large:1' is damaged" 'is refused'
ok 'and leaves nothing' test ! -e "$LAB/shared/pool/$large"
done_testing
