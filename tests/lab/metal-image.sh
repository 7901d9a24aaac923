# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2016,SC2034,SC2317
# What bare machines are given: a small Debian that boots by BIOS and by UEFI, and the same as a hypervisor.
# As distributions have it: GPT; GRUB for both, that of UEFI where firmware looks without being told; kernel and
# initramfs on the one file system, the last, so that it can grow. Made without mounts or loop devices.

METAL_PACKAGES=linux-image-cloud-amd64,initramfs-tools,zstd,systemd-sysv,udev,dbus,kmod,iproute2,openssh-server
METAL_KVM_PACKAGES=libvirt-daemon-system,libvirt-clients,qemu-system-x86,qemu-utils,dnsmasq-base
METAL_MODULES='virtio_pci virtio_blk virtio_scsi virtio_net nvme sd_mod ext4'
METAL_EFI_MEBIBYTES=8
GRUB_MODULES=(part_gpt ext2 normal linux configfile echo serial terminal)

# build_metal SIZE PACKAGES: disk, of so many MiB for the file system, and what it is made of (packages).
build_metal() {
	local root
	root=$(new_uuid)
	debian_tree "$2" --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
		--essential-hook='printf "MODULES=list\nCOMPRESS=zstd\n" >"$1/etc/initramfs-tools/conf.d/lab"' \
		--essential-hook="printf '%s\n' $METAL_MODULES >\"\$1/etc/initramfs-tools/modules\""
	without_identity tree
	mask_idle tree
	chroot tree systemctl -q enable systemd-networkd.service
	echo "UUID=$root / ext4 errors=remount-ro 0 1" >tree/etc/fstab
	mkdir tree/boot/grub
	printf '%s\n' 'set gfxpayload=text' "linux /boot/$(cd tree/boot && echo vmlinuz-*) root=UUID=$root ro $KERNEL_OPTIONS" \
		"initrd /boot/$(cd tree/boot && echo initrd.img-*)" boot >tree/boot/grub/grub.cfg
	chroot tree dpkg-query -W >packages
	mke2fs -q -t ext4 -U "$root" -L root -d tree -E "offset=$(((2 + METAL_EFI_MEBIBYTES) << 20))" disk "$1M"
	rm -r tree
	partition_metal "$1"
	install_grub
}

# The second table is behind the file system.
partition_metal() {
	truncate -s "+1M" disk
	sfdisk -q disk <<-EOF
		label: gpt
		start=1MiB, size=1MiB, type=21686148-6449-6E6F-744E-656564454649
		start=2MiB, size=${METAL_EFI_MEBIBYTES}MiB, type=uefi
		start=$((2 + METAL_EFI_MEBIBYTES))MiB, size=${1}MiB, type=linux
	EOF
}

# The file system with GRUB's files is found by its place on the disk that GRUB comes from.
install_grub() {
	local efi=disk@@2M package
	download grub-pc-bin
	download grub-efi-amd64-bin
	for package in grub-*.deb; do dpkg -x "$package" grub; done
	grub-mkimage -O i386-pc -d grub/usr/lib/grub/i386-pc -p '(,gpt3)/boot/grub' -o core "${GRUB_MODULES[@]}" biosdisk
	grub-mkimage -O x86_64-efi -d grub/usr/lib/grub/x86_64-efi -p '(,gpt3)/boot/grub' -o efi "${GRUB_MODULES[@]}"
	mkfs.vfat -F 12 -n EFI --offset 4096 -h 4096 disk $((METAL_EFI_MEBIBYTES << 10))
	mmd -i "$efi" ::EFI ::EFI/BOOT
	mcopy -i "$efi" efi ::EFI/BOOT/BOOTX64.EFI
	# The boot sector is told where the core is, and the core's first sector where the rest of it is.
	dd if=grub/usr/lib/grub/i386-pc/boot.img of=disk bs=440 count=1 conv=notrunc status=none
	dd if=core of=disk bs=1M seek=1 conv=notrunc status=none
	little_endian 2048 | dd of=disk bs=1 seek=$((0x5c)) conv=notrunc status=none
	little_endian 2049 | dd of=disk bs=1 seek=$((2048 * 512 + 0x1f4)) conv=notrunc status=none
	rm -r grub core efi ./*.deb
}

# Eight bytes.
little_endian() { perl -e 'print pack "Q<", shift' "$1"; }

# metal-image mini|kvm FORMAT FILE: a copy of it in one of qemu-img's formats.
cmd_metal_image() {
	local format=${2:?format} file=${3:?file} packages=$METAL_PACKAGES size=1000 dir
	need_boot_programs mmdebstrap mke2fs grub-mkimage perl
	case $1 in
	mini) ;;
	kvm) size=2000 packages+=,$METAL_KVM_PACKAGES ;;
	*) die "no image '$1'" ;;
	esac
	dir=$(cached "metal-$1-$(key_of "$LAB_HERE/metal-image.sh")" build_metal $size "$packages") &&
		qemu-img convert -f raw -O "$format" "$dir/disk" "$file"
}
