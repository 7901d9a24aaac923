#!/bin/sh
# the lab's disk image, with no command of ours: clones of it take name, addresses and keys from their seeds
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

need xorriso qemu-img ssh-keyscan
lab_up h1 h2
lab adm ip addr add fd77::fe/64 dev br0 nodad
pool=$LAB/shared/pool
exits 0 'the image' lab disk-image qcow2 "$pool/base.qcow2"
diag "$(stat -c '%s bytes' "$pool/base.qcow2")"

# seed NAME NUMBER: a disk with what that VM is to be.
seed() {
	mkdir "$1"
	printf 'instance-id: %s\nlocal-hostname: %s\n' "$1" "$1" >"$1/meta-data"
	cat >"$1/user-data" <<-EOF
		#cloud-config
		write_files:
		  - path: /etc/motd
		    content: |
		      ssh_authorized_keys: none here
		ssh_authorized_keys:
		  - $(cat "$LAB/ssh/id.pub")
	EOF
	cat >"$1/network-config" <<-EOF
		version: 2
		ethernets:
		  second:
		    match: {macaddress: "52:54:00:78:01:0$2"}
		    addresses: [10.77.201.$2/16]
		    mtu: 1400
		  first:
		    match:
		      macaddress: "52:54:00:77:C8:0$2"   # either case
		    addresses:
		      - 10.77.200.$2/16
		      - "fd77::200:$2/64"
		    gateway4: 10.77.0.254
		    routes:
		    - to: fd78::/64
		      via: fd77::fe
		    nameservers:
		      addresses: [10.77.0.254, 'fd77::fe']
	EOF
	xorriso -as mkisofs -quiet -V cidata -J -R -o "$pool/$1.iso" "$1" 2>/dev/null
}

# vm NAME NUMBER MEMORY OS SEED-DISK...: a domain on the host of that number.
vm() {
	qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$pool/$1.qcow2"
	cat >"$1.xml" <<-EOF
		<domain type='$type'>
		  <name>$1</name><memory unit='MiB'>$3</memory><vcpu>1</vcpu>
		  $4
		  <features><acpi/><apic/></features>
		  <devices>
		    <disk type='file' device='disk'>
		      <driver name='qemu' type='qcow2'/><source file='$pool/$1.qcow2'/><target dev='vda' bus='virtio'/>
		    </disk>
		    $5
		    <interface type='network'><mac address='52:54:00:77:c8:0$2'/><source network='lab'/><model type='virtio'/></interface>
		    <interface type='network'><mac address='52:54:00:78:01:0$2'/><source network='lab'/><model type='virtio'/></interface>
		    <serial type='file'><source path='$LAB/shared/serial/$1' append='on'/></serial>
		  </devices>
		</domain>
	EOF
	exits 0 "$1: is defined" on "h$2" define --validate "$1.xml"
	starts "$1" "$2"
}

starts() {
	started=$(date +%s%N)
	exits 0 "$1: starts" on "h$2" start "$1"
}

# up NAME [BOOTS]
up() {
	ok "$1: is up" within $((60 * ${VMM_LAB_PATIENCE:-1})) booted "$1" "${2:-1}"
	test "$status" = 0 || exit
	diag "$1: $((($(date +%s%N) - started) / 1000000)) ms; $(grep -a ^LAB- "$LAB/shared/serial/$1" | tail -n 1)"
}
booted() {
	test "$(grep -sac '^LAB-UP' "$LAB/shared/serial/$1" || :)" -ge "$2" 2>/dev/null
}

key() {
	lab adm ssh-keyscan -T 10 -t ed25519 "$1" 2>/dev/null | cut -d ' ' -f 3
}

# is_itself NAME NUMBER
is_itself() {
	is "$(guest_ssh "10.77.200.$2" hostname)" "$1" "$1: its name, by ssh"
	is "$(guest_ssh "fd77::200:$2" hostname)" "$1" "$1: by IPv6 too"
	is "$(guest_ssh "10.77.201.$2" hostname)" "$1" "$1: by its second interface"
	guest_ssh "10.77.200.$2" 'ip -o addr; ip route; ip -6 route; cat /etc/resolv.conf /sys/class/net/eth*/mtu' >is
	like "$(cat is)" "eth0 +inet 10.77.200.$2/16" "$1: the address of the first"
	like "$(cat is)" "eth0 +inet6 fd77::200:$2/64" "$1: and its IPv6 one"
	like "$(cat is)" "eth1 +inet 10.77.201.$2/16" "$1: that of the second"
	like "$(cat is)" '^default via 10.77.0.254 dev eth0' "$1: its gateway"
	like "$(cat is)" '^fd78::/64 via fd77::fe dev eth0' "$1: its route"
	is "$(grep ^nameserver is | paste -sd' ')" 'nameserver 10.77.0.254 nameserver fd77::fe' "$1: whom it asks for names"
	is "$(tail -n 2 is | paste -sd ' ')" '1500 1400' "$1: what its interfaces take"
	exits 255 "$1: another key does not get in" guest_ssh -i stranger -o IdentitiesOnly=yes -F none "root@10.77.200.$2" true
	like "$(cat "$err")" 'Permission denied' "$1: for it is not in the seed"
}

type=$("$top/tests/lab/lab" guest-xml h1 x | sed -n "s/^<domain type='\(.*\)'>/\1/p")
ssh-keygen -q -t ed25519 -N '' -f stranger
bios="<os><type arch='x86_64' machine='q35'>hvm</type></os>"
uefi="<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type>
	<firmware><feature enabled='no' name='secure-boot'/></firmware></os>"
disk="<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$pool/one.iso'/>
	<target dev='vdb' bus='virtio'/><readonly/></disk>"
cdrom="<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='$pool/two.iso'/>
	<target dev='sda' bus='scsi'/></disk><controller type='scsi' model='virtio-scsi'/>"

seed one 1
vm one 1 96 "$bios" "$disk"
up one
seed two 2
vm two 2 192 "$uefi" "$cdrom"
up two
is_itself one 1
is_itself two 2
like "$(on h2 dumpxml two)" '<nvram[^>]*>/var/lib/libvirt/qemu/nvram/two_VARS.fd<' 'two: it has variables of its own'
guest_ssh 10.77.200.2 'test -d /sys/firmware/efi' && booted=UEFI || booted=BIOS
is "$booted" UEFI 'two: it was UEFI that booted it'
guest_ssh 10.77.200.1 'test -d /sys/firmware/efi' && booted=UEFI || booted=BIOS
is "$booted" BIOS 'one: and BIOS'

one=$(key 10.77.200.1) two=$(key 10.77.200.2)
like "$one" '^AAAA' 'a host key'
ok 'the other has another' test "$one" != "$two"
ok 'nor does the image have one' test "$(qemu-img map --output=json "$pool/base.qcow2" | jq '[.[] | select(.data and .start < 3145728 and .start >= 1048576)] | length')" = 0
on h1 destroy one
starts one 1
up one 2
is "$(key 10.77.200.1)" "$one" 'it is the same when the machine comes back'
unlike "$(cat "$LAB/shared/serial/"*)" 'LAB-SEED|cannot' 'no complaint on a console'

# Without a seed: one of the lab's guests like others
lab guest-xml h1 plain | sed '/<kernel>/d; /<initrd>/d; /<cmdline>/d' >plain.xml
qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$pool/plain.qcow2"
sed -i "s|<devices>|&<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='$pool/plain.qcow2'/>\
<target dev='vda' bus='virtio'/></disk>|; s|<source path='[^']*'|<source path='$LAB/shared/serial/plain'|" plain.xml
on h1 define --validate plain.xml
starts plain 1
up plain
mac=$(sed -n "s/.*<mac address='\(.*\)'.*/\1/p" plain.xml)
address=$(printf '10.77.%d.%d' "0x$(echo "$mac" | cut -d: -f5)" "0x$(echo "$mac" | cut -d: -f6)")
like "$(cat "$LAB/shared/serial/plain")" "^LAB-UP guest [0-9.]+ $address disk=0" 'without a seed it is one of many'
ok 'and answers there' lab adm ping -c 1 -W 5 "$address"

# The formats
for format in raw vmdk vpc; do
	exits 0 "$format" lab disk-image "$format" "$pool/x.$format"
	is "$(qemu-img info --output=json "$pool/x.$format" | jq -r .format)" "$format" "$format: it is one"
	ok "$format: with the same contents" qemu-img compare -q "$pool/base.qcow2" "$pool/x.$format"
done
on h1 destroy one
on h2 destroy two
on h1 destroy plain
done_testing
