#!/bin/sh
# the agent: an image onto a disk (here a file), from a real boot server; what it refuses, and what goes wrong on the way
. "${0%/*}/../tap.sh"
need curl cpio wipefs sfdisk jq perl busybox
mkdir bin
cp "$top/share/agent/both" bin/vmm-both
PATH=$VMM_BUILD/libexec:$PWD/bin:$PATH:/sbin
chmod +x bin/vmm-both

UUID=00000000-0000-4000-8000-0000000000ab MAC=52:54:00:b0:00:01
boot=$tmp/boot
free_port() {
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}
HTTP=$(free_port) TLS=$(free_port) CUT=$(free_port)
umask 022

start() {
	agent-boot serve "$boot" 127.0.0.1 "$HTTP" "$TLS" 2>>server.log &
	server=$!
	for _ in $(seq 50); do
		curl -s -o /dev/null "http://127.0.0.1:$HTTP/boot.ipxe" && return
		sleep 0.1
	done
	diag "$(cat server.log)"
}
cutter=
trap 'kill $server $cutter 2>/dev/null; cd / && rm -rf "$tmp"' EXIT

# disk NAME SECTORS SERIAL: what the kernel would say of one.
disk() {
	mkdir -p "sys/block/$1/queue" "sys/block/$1/device"
	echo "$2" >"sys/block/$1/size"
	echo "$3" >"sys/block/$1/serial"
	echo 0 >"sys/block/$1/queue/rotational"
	echo 0 >"sys/block/$1/queue/write_zeroes_max_bytes"
	echo 0 >"sys/block/$1/queue/discard_max_bytes"
	truncate -s $(($2 * 512)) "dev/$1"
}
mkdir -p dev work sys/class/dmi/id sys/class/net/eth0/device proc
echo "$UUID" >sys/class/dmi/id/product_uuid
echo SER-1 >sys/class/dmi/id/product_serial
printf 'A box \377 of mine\n' >sys/class/dmi/id/product_name
echo "$MAC" >sys/class/net/eth0/address
disk sda 131072 FIRST
disk sdb 131072 SECOND

# An image of 48 MiB with a partition table, data here and there, and zeros that were written.
truncate -s 48M image
echo '2048,,83,*' | sfdisk -q image
dd if=/dev/urandom of=image bs=64k seek=20 count=150 conv=notrunc status=none
dd if=/dev/urandom of=image bs=4k seek=9000 count=1 conv=notrunc status=none
dd if=/dev/urandom of=image bs=4k seek=9003 count=2 conv=notrunc status=none
dd if=/dev/zero of=image bs=64k seek=400 count=50 conv=notrunc status=none
dd if=/dev/urandom of=image bs=4k seek=12287 count=1 conv=notrunc status=none
image=$(agent-boot image "$boot" image)
data=$boot/images/$(echo "$image" | jq -r .sha256)/data
start

# job JQ-EXPRESSION: makes it and gets its ticket.
job() {
	jq -n --arg uuid "$UUID" --arg mac "$MAC" --argjson image "$image" \
		"{uuid: \$uuid, macs: [\$mac], serial: \"SER-1\", image: \$image, disk: {name: \"sda\"}, wipe: true, until: \"image\"} | $1" >job.json
	id=$(agent-boot job "$boot" job.json)
	rm -rf vmm
	for _ in $(seq 30); do
		curl -sf -d "uuid=$UUID&mac=$MAC&serial=SER-1" "http://127.0.0.1:$HTTP/ticket" | cpio -i --quiet -d 2>/dev/null
		test -e vmm/ticket && return
		sleep 0.2
	done
	diag "no ticket: $(tail -n 3 server.log)"
}
agent() {
	vmm-agent --ticket vmm/ticket --sys sys --proc proc --dev dev --root mnt --work work
	agent_status=$?
	test $agent_status = 10 || return $agent_status
}
done_with() { rm -rf "$boot/jobs/$id"; }
end() { agent-boot events "$boot" "$id" | awk -F '\t' '$4 == "end" { print $7 }'; }
dirty() { head -c 67108864 /dev/urandom >dev/sda; }
same() { cmp -n 50331648 image dev/sda; }

# A dirty disk
dirty
cp dev/sdb other
job .
is "$(stat -c %a vmm/ticket)" 600 'the ticket is for nobody else'
exits 0 'a dirty disk' agent
ok 'every byte is the image'"'"'s' same
is "$(tail -c 4194304 dev/sda | tr -d '\0' | wc -c)" 0 'no table is left at its end'
ok 'the other disk is as it was' cmp other dev/sdb
is "$(test -e vmm/ticket || echo none)" none 'the ticket is gone'
is "$(end)" 'done' 'the end is reported'
like "$(agent-boot events "$boot" "$id")" "6	image	done|	6	done" 'with its stages'
like "$(cat "$boot/jobs/$id/log")" 'written: [0-9]+ bytes' 'and a log'
is "$(jq -r '.disks[].serial' "$boot/jobs/$id/inspect.json" | paste -sd ' ')" 'FIRST SECOND' 'the hardware is reported'
is "$(ls work)" '' 'nothing is left over'
done_with

dirty
echo 1048576 >sys/block/sda/queue/write_zeroes_max_bytes
echo 1048576 >sys/block/sda/queue/discard_max_bytes
job '.disk = {serial: "FIRST"} | .verify = "all"'
exits 0 'a disk that zeroes by itself' agent
ok 'every byte is the image'"'"'s' same
is "$(tail -c +50331649 dev/sda | tr -d '\0' | wc -c)" 0 'and there is nothing behind it'
done_with
echo 0 >sys/block/sda/queue/write_zeroes_max_bytes
echo 0 >sys/block/sda/queue/discard_max_bytes

dirty
job '.zero = "trust"'
exits 0 'a disk that was said to be clean' agent
ok 'is looked at nevertheless' same
done_with

# Refused
sum=$(cksum dev/sda dev/sdb)
refused() { # JQ WHY NAME
	job "$1"
	exits 1 "$3" agent
	like "$(end)" "^refused: $2" 'and why'
	like "$(agent-boot events "$boot" "$id" | awk -F '\t' '$4 == "refused" { print $2, $7 }')" "^agent $2" 'in the stage that it was'
	is "$(cksum dev/sda dev/sdb)" "$sum" 'nothing was written'
	done_with
}
refused '.wipe = false' 'the disk sda .* carries data already: .*dos' 'a disk with a system'
refused '.disk = {}' "the profile's rule names 2 disks: sda .*, sdb" 'a rule that names two'
refused '.disk = {serial: "THIRD"}' "the profile's rule names no disk of this machine: sda .*, sdb" 'a rule that names none'
refused '.disk = {serial: "FIRST", only: "serial:GONE"}' "the profile's rule names the disk sda .*, but an earlier start has begun another one, serial:GONE" 'another disk than the one that was begun'
refused '.disk = {kind: "nvme"}' "the profile's rule names no disk" 'another kind'
refused '.disk = {name: "sda", min: 99999999999}' "the profile's rule names no disk" 'a disk that is too small for the rule'
refused '.image.size = 99999999999' 'the image has 99999999999 bytes' 'a disk that is too small for the image'

# A RAID set of before, which only the script brings to light, and blank disks of which it is made
truncate -s 0 dev/sda dev/sdb && truncate -s 64M dev/sda dev/sdb
printf '%s\n' '#!/bin/sh' "cp -r $PWD/sys/block/sda $PWD/sys/block/sdc" "mv $PWD/image-old $PWD/dev/sdc" >raid
raid=$(agent-boot file "$boot" raid)
cp image image-old
job ".wipe = false | .disk = {name: \"sdc\"} | .scripts = [{name: \"raid\", sha256: \"$raid\", when: \"raid\"}]"
exits 1 'a disk with a system that was hidden' agent
like "$(end)" '^refused: the disk sdc .* carries data already: dos' 'is refused too'
is "$(cksum <dev/sdc)" "$(cksum <image)" 'and untouched'
done_with
rm -r sys/block/sdc dev/sdc

# Programs that say what nobody understands
mkdir odd
printf '%s\n' '#!/bin/sh' 'echo "{\"found\": [1]}"' >odd/wipefs
chmod +x odd/wipefs
job '.wipe = false'
PATH=$PWD/odd:$PATH exits 1 'a wipefs that says something else' agent
like "$(end)" '^failed: cannot understand what wipefs says' 'is no blank disk'
done_with
dirty

# What the server has is not what it should be
failed() { # WHY NAME
	job .
	dirty
	exits 1 "$2" agent
	like "$(end)" "^failed: $1" 'and why'
	is "$(wipefs --noheadings dev/sda)" '' 'no partition table that looks whole'
	done_with
}
cp "$data" saved
printf '\001' | dd of="$data" bs=1 seek=5000000 conv=notrunc status=none
failed '.*the image is damaged: what came for byte [0-9]+ of the disk has another sha256' 'a flipped bit'
truncate -s -1M "$data"
failed "cannot get '/v1/data'" 'a truncated image'
echo '<html>502 Bad Gateway</html>' >"$data"
failed "cannot get '/v1/data'" 'an error page in its place'
cp saved "$data"
cp "${data%data}map" saved-map
echo '<html>502 Bad Gateway</html>' >"${data%data}map"
failed 'the block map that came' 'an error page in place of the map'
cp saved-map "${data%data}map"

job '.disk = "sda"'
exits 1 'a rule of another form' agent
like "$(end)" "^failed: the job's 'disk' is wrong" 'is not none'
done_with

# A stage that takes too long
disk sdd 67108864 LARGE
job '.disk = {serial: "LARGE"} | .zero = "all" | .stage_limits = {image: 1}'
exits 1 'a disk that takes long to clean' agent
like "$(end)" '^failed: it took longer than the 1 s that it may' 'has its limit'
done_with
rm -r sys/block/sdd dev/sdd

# Links that break, servers that go and come
by_way() {
	"$top/tests/helpers/cut.pl" "$CUT" "$TLS" "$@" &
	cutter=$!
	job .
	sed -i "s|^server=.*|server=https://127.0.0.1:$CUT|" vmm/ticket
}
dirty
by_way 3000000
exits 0 'a link that breaks every 3 MB' agent
ok 'every byte is the image'"'"'s' same
kill $cutter
done_with
CUT=$(free_port)
dirty
by_way 4000000 4
exits 0 'a link that is away for some time' agent
ok 'every byte is the image'"'"'s' same
kill $cutter
done_with
dirty
job .
kill $server
agent >agent.out 2>&1 &
agent=$!
sleep 1
start
ok 'a server that starts later' wait $agent
ok 'every byte is the image'"'"'s' same
done_with

# Not the server that was meant
job .
sed -i 's|^pin=.*|pin=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=|' vmm/ticket
exits 1 'a server with another key' agent
like "$(cat "$err")" 'another key than the ticket says' 'is not talked to'
done_with
job .
cp vmm/ticket replayed
exits 0 'a ticket' agent
mkdir -p vmm && cp replayed vmm/ticket
exits 1 'a ticket that was used' agent
like "$(cat "$err")" 'cannot use the ticket: the server says 403' 'is refused'
done_with
exits 1 'no ticket' agent
like "$(cat "$err")" "vmm-agent: cannot use the ticket|cannot open the ticket" 'says so'
exits 2 'an option that it does not know' vmm-agent --nope
done_testing
