# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Disk images that boot by BIOS (syslinux) and by UEFI (systemd-boot; syslinux.efi finds no kernel there).
# Made without mounts or loop devices. Three partitions: where guest.c counts; where the guest keeps its
# files, here its host key; what boots, FAT.

BOOT_PROGRAMS=(/usr/lib/syslinux/mbr/mbr.bin /usr/lib/systemd/boot/efi/systemd-bootx64.efi)

# boot_disk FILE KERNEL INITRD OPTIONS MEBIBYTES: with that many for the second partition.
boot_disk() {
	local disk=$1 kernel=$2 initrd=$3 options=$4 keep=$5 boot=$((2 + $5)) size fat
	size=$(($(cat "$kernel" "$initrd" | wc -c) / 1048576 + 3))
	truncate -s $((boot + size))M "$disk"
	dd if="${BOOT_PROGRAMS[0]}" of="$disk" conv=notrunc status=none
	sfdisk -q "$disk" <<-EOF
		label: dos
		start=1MiB, size=1MiB, type=da
		start=2MiB, size=${keep}MiB, type=83
		start=${boot}MiB, type=ef, bootable
	EOF
	mkfs.vfat -F 16 -n BOOT --offset $((boot * 2048)) -h $((boot * 2048)) "$disk" $((size * 1024))
	fat=$disk@@${boot}M
	mmd -i "$fat" ::EFI ::EFI/BOOT ::loader ::loader/entries
	mcopy -i "$fat" "$kernel" ::vmlinuz
	mcopy -i "$fat" "$initrd" ::initrd
	mcopy -i "$fat" "${BOOT_PROGRAMS[1]}" ::EFI/BOOT/BOOTX64.EFI
	mcopy -i "$fat" - ::loader/loader.conf <<<'timeout 0'
	printf '%s\n' 'title lab' 'linux /vmlinuz' 'initrd /initrd' "options $options" |
		mcopy -i "$fat" - ::loader/entries/lab.conf
	printf '%s\n' 'default lab' 'label lab' 'kernel /vmlinuz' 'initrd /initrd' "append $options" |
		mcopy -i "$fat" - ::syslinux.cfg
	syslinux --install --offset $((boot * 1048576)) "$disk"
}

# build_disk IMAGEDIR: disk.
build_disk() { boot_disk disk "$1/vmlinuz" "$1/initrd" "$KERNEL_OPTIONS" 1; }

need_boot_programs() {
	local program
	for program in syslinux mcopy mkfs.vfat sfdisk "$@" "${BOOT_PROGRAMS[@]}"; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || [ -r "$program" ] ||
			die "a disk image needs '$program' (see tests/packages)"
	done
}

# disk_image [agent]: the folder of disk, a raw image.
disk_image() {
	local image
	need_boot_programs dropbear busybox
	image=$(guest_image "$@" seed) &&
		cached "disk-${image##*/image-}-$(key_of "$LAB_HERE/disk-image.sh")" build_disk "$image"
}

# disk-image FORMAT FILE [agent]: a copy of it in one of qemu-img's formats.
cmd_disk_image() {
	local format=${1:?format} file=${2:?file} dir
	dir=$(disk_image "${@:3}") && qemu-img convert -f raw -O "$format" "$dir/disk" "$file"
}
