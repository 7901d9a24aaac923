#!/bin/bash
# What tmpl-apply makes boots: of images of all formats, in pools of one host and of all, as linked clones and
# copies, by BIOS and UEFI; it moves to another host, and goes away there whole.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
need xorriso qemu-img

lab_up h1 h2
declare_hosts tcp h1 h2
export VMM_STATE=$LAB/state VMM_CONF=$LAB/conf
inlab() { lab adm env VMM_CONF="$VMM_CONF" "$@"; }
mkdir -p "$VMM_CONF"/{templates,hardware,guests}
cat >"$VMM_CONF/hardware/tiny.conf" <<-EOF
	memory = 96M
	cpu = maximum
EOF
cat >"$VMM_CONF/guests/lab.conf" <<-EOF
	ssh-keys =
	    $(cut -d ' ' -f 1,2 "$LAB/ssh/id.pub") lab
EOF
cat >"$VMM_CONF/templates/web.conf" <<-EOF
	image = qcow2
	hardware = tiny
	guest = lab
	[nic]
	network = lab
	ip4 = front
	[disk root]
	pool = local
	[disk data]
	size = 1G
	pool = local
EOF
for format in raw qcow2 vmdk vpc vhdx; do
	lab disk-image $format "$LAB/tmp/$format.img" || exit
	exits 0 "into the library: $format" imglib add $format "$LAB/tmp/$format.img"
	like "$(cat "$out")" "	$format	" 'is known for what it is'
	rm "$LAB/tmp/$format.img"
done
ippool create front --range 10.77.210.1-10.77.210.20 --prefix 16 --gateway 10.77.0.254 >/dev/null

volumes() {
	for host in h1 h2; do lab exec $host ls "$LAB/local" | sed "s/^/$host:/"; done
	ls "$LAB/shared/pool"
}
defined() { for host in h1 h2; do on $host list --all --name | sed "s/^./$host:&/"; done | grep . | sort; }
address_of() { awk -F '\t' -v vm="$1" '$1 == vm { print $3 }' made; }

# ---- an address ----

known() { test -n "$(vm-list -n --name "$1")"; }
started=$(date +%s)
inlab tmpl-apply --wait address --timeout 60 --full --size 48M -n -o addresses,result web addr >addr 2>&1 &
applying=$!
ok 'a VM is known' within 60 known addr
exits 4 'its image in use' imglib rm qcow2
like "$(cat "$err")" "^imglib: .* in use by .*VM 'addr'" 'by it'
ok 'while it is waited for' kill -0 $applying
ok '--wait address' wait $applying
is "$(cut -f 2 addr)" 'done' 'comes to an end'
diag "$(($(date +%s) - started)) s"
address=$(cut -f 1 addr)
ok 'when it has one' lab adm ping -c 1 -W 5 "$address"
host=$(vm-list -n -o host --name addr)
is "$(on "$host" domblkinfo addr vda | sed -n 's/^Capacity: *//p')" 50331648 '--size grows its first disk'
like "$(on "$host" domblkinfo addr vdb)" '^Capacity: *1073741824$' 'and the second is as large as the template says'
exits 0 'it goes' inlab vm-rm --stop addr

# ---- what can't be ----

exits 4 'an image that libvirt has no word for' inlab tmpl-apply -n -o error --full --set image=vhdx web x1
like "$(cat "$out")" 'imglib export' 'is refused, with what to do'
sed '/data/,$s/local/none/' "$VMM_CONF/templates/web.conf" >"$VMM_CONF/templates/lost.conf"
exits 4 'a pool that the host has not' inlab tmpl-apply -n -o error lost x1
like "$(cat "$out")" "^cannot use pool 'none'" 'is named'
is "$(ippool show -n front)$(volumes | grep x1)$(fsck -n)" '' 'and what there was by then is taken back'

# ---- every way to a disk ----

# A dot: as the template says.
awk -v OFS='\t' '{ for (i = 1; i <= NF; i++) if ($i == ".") $i = ""; $1 = $1; print }' >rows <<-EOF
	name    image  pool    firmware  memory  full  format  size  host
	raw-l   raw    local   .         .       .     .       .     h1
	raw-s   raw    shared  uefi      192M    .     .       .     .
	copy-q  qcow2  local   .         .       yes   qcow2   64M   .
	copy-r  qcow2  shared  uefi      192M    yes   raw     .     .
	vmdk-s  vmdk   shared  .         .       .     .       .     .
	vhd-l   vpc    local   .         .       .     .       .     .
	copy-v  vpc    shared  .         .       yes   qcow2   .     .
EOF
started=$(date +%s)
inlab tmpl-apply --wait ssh --jobs 4 -o name,host,addresses,result,error web - <rows >made 2>"$err"
diag "$(($(date +%s) - started)) s; $(cat "$err")"
for vm in $(sed 1d rows | cut -f 1); do
	is "$(awk -F '\t' -v vm="$vm" '$1 == vm { print $4, $5 }' made)" 'done ' "$vm is made"
	guest_ssh "root@$(address_of "$vm")" 'hostname; cat /sys/block/vda/size /sys/block/vdb/size; test -e /sys/firmware/efi && echo uefi || echo bios' >said 2>&1
	case $vm in copy-q) size=131072 ;; *) size=$(sed -n 2p said) ;; esac
	case $vm in raw-s | copy-r) firmware=uefi ;; *) firmware=bios ;; esac
	is "$(paste -sd ' ' said)" "$vm $size 2097152 $firmware" "$vm: its name, its disks, its firmware"
done

# ---- where they come from ----

is "$(vm-list -n -o name,template,image | sort)" "$(printf '%s\tweb\t%s:1\n' copy-q qcow2 copy-r qcow2 copy-v vpc raw-l raw raw-s raw vhd-l vpc vmdk-s vmdk)" \
	'vm-list: what each was made of'
exits 4 'an image in use' imglib rm vmdk
like "$(cat "$err")" "in use by VM 'vmdk-s'" 'is not removed, and it is said by whom'
like "$(imglib show -n -o used_by vmdk)" "VM 'vmdk-s'" 'imglib show: used by'
exits 0 'its VM goes' inlab vm-rm --stop vmdk-s
exits 0 'and now the image does' imglib rm vmdk

# ---- to another host ----

exits 0 'all go but one' inlab vm-rm --stop raw-s copy-q copy-r vhd-l copy-v
address=$(address_of raw-l)
boot=$(guest_ssh "root@$address" 'cat /proc/sys/kernel/random/boot_id; echo kept >/tmp/note')
exits 0 'a linked clone of a local pool moves' inlab vm-migrate raw-l --to h2 --move -o vm,result,error
is "$(defined | grep raw-l)" h2:raw-l 'to the other host alone'
is "$(guest_ssh "root@$address" 'cat /proc/sys/kernel/random/boot_id /tmp/note')" "$boot
kept" 'and runs on'
exits 0 'from there it goes' inlab vm-rm --stop raw-l
is "$(volumes | grep raw-l)" '' 'with its volumes on either host'
is "$(defined)" '' 'no definition is left'
is "$(volumes | grep -Ev '(^|:)vmm-[0-9a-f]{16}\.[a-z0-9]+(\.ok)?$')" '' 'no volume but the images'
is "$(ippool show -n front)" '' 'no address'
for host in h1 h2; do lab exec $host find /var/lib/libvirt/qemu/nvram -type f; done >nvram 2>/dev/null
is "$(cat nvram)" '' 'no variables of UEFI'
is "$(fsck -n -o object | grep -Ev '^h[12]/shared/vmm-[0-9a-f]{16}\.vmdk$')" '' 'only copies of the image that is gone are found'
exits 0 'and taken away' fsck --repair
is "$(volumes | grep vmdk)" '' 'all of them'
is "$(fsck -n)" '' 'nothing to mend'
done_testing
