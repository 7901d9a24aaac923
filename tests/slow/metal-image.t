#!/bin/sh
# the images for bare machines boot by BIOS and by UEFI, and have nothing that two machines may not share
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"

need mmdebstrap qemu-img grub-mkimage
lab_up
lab machine bios uefi:uefi >/dev/null || exit
for image in mini kvm; do
	started=$(date +%s)
	exits 0 "$image: an image" lab metal-image $image raw $image.raw
	test "$status" = 0 || exit
	diag "$(($(date +%s) - started)) s, $(du -m $image.raw | cut -f 1) MB used"
	exits 0 "$image: its partitions" sfdisk -q --verify $image.raw
	for machine in bios uefi; do
		qemu-img convert -n -O raw $image.raw "$(lab machine-disk $machine)"
		forget $machine
		lab machine-power $machine on
	done
	for machine in bios uefi; do
		exits 0 "$image: it boots by $machine" within $((120 * ${VMM_LAB_PATIENCE:-1})) said $machine 'localhost login:'
		lab machine-power $machine off
	done
	start=$(sfdisk -J $image.raw | jq '.partitiontable.partitions[-1].start')
	exits 0 "$image: its file system is whole" e2fsck -fn "$image.raw?offset=$((start * 512))"
	inside() { debugfs -R "$1" "$image.raw?offset=$((start * 512))" 2>/dev/null; }
	is "$(inside 'ls -p /etc/ssh' | grep -c ssh_host)" 0 "$image: no ssh host key"
	is "$(inside 'cat /etc/machine-id')" '' "$image: no machine id"
done
like "$(inside 'cat /var/lib/dpkg/status')" '^Package: libvirt-daemon-system$' 'a hypervisor'
done_testing
