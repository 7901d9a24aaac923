# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# A disk image with a small Debian that has cloud-init: what the lab's own guests play is proven with it.

DEBIAN_PACKAGES=linux-image-cloud-amd64,tiny-initramfs,systemd-sysv,dbus,udev,netplan.io,cloud-init,openssh-server,qemu-guest-agent
DEBIAN_MEBIBYTES=1024
# What finds its root file system, by way of init in build_finder.
FINDER_MODULES=(virtio_pci virtio_blk ext4 crc32c_generic)

# debian_tree PACKAGES OPTION...: tree. Of the release that this machine runs, if it is one of Debian.
debian_tree() {
	local release
	release=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME") || release=stable
	outside mmdebstrap --quiet --variant=minbase --include="$1" --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' "${@:2}" "$release" tree
}

# build_debian: disk.
build_debian() {
	local version
	debian_tree "$DEBIAN_PACKAGES"
	version=$(ls tree/lib/modules)
	without_identity tree
	spare_time tree
	build_finder "$version"
	# First, for it empties the file.
	mke2fs -q -t ext4 -d tree -E offset=2097152 disk "${DEBIAN_MEBIBYTES}M"
	boot_disk disk "tree/boot/vmlinuz-$version" finder "$KERNEL_OPTIONS root=/dev/vda2" "$DEBIAN_MEBIBYTES"
	rm -r tree finder
}

# What no two machines may have in common.
without_identity() {
	rm -f "$1"/etc/ssh/ssh_host_*_key* "$1/etc/hostname" "$1/etc/resolv.conf" "$1/var/lib/dbus/machine-id"
	: >"$1/etc/machine-id"
}

# An emulated processor has no time for what nobody here asks for.
spare_time() {
	local unit
	for unit in systemd-networkd.service systemd-networkd-wait-online.service; do chroot "$1" systemctl -q enable "$unit"; done
	mask_idle "$1"
	# There is no package of locales, and its absence would be an error.
	printf '%s\n' 'datasource_list: [ NoCloud, None ]' 'locale: false' >"$1/etc/cloud/cloud.cfg.d/90_lab.cfg"
	echo '/dev/vda2 / ext4 defaults 0 0' >"$1/etc/fstab"
}

mask_idle() {
	local unit
	for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
		fstrim.timer systemd-update-utmp.service; do
		chroot "$1" systemctl -q mask "$unit"
	done
}

# build_finder VERSION: an initramfs that does no more than to find the disk.
build_finder() {
	mkdir -p root/{bin,dev,new}
	save_modules root/modules "$1" "${FINDER_MODULES[@]}"
	cp "$(command -v busybox)" root/bin/
	cat >root/init <<-'EOF'
		#!/bin/busybox sh
		/bin/busybox mount -t devtmpfs dev /dev
		while read -r module; do /bin/busybox insmod "$module"; done </modules/list
		/bin/busybox mount -t ext4 -o ro /dev/vda2 /new
		/bin/busybox mount -o move /dev /new/dev
		exec /bin/busybox switch_root /new /sbin/init
	EOF
	chmod 755 root/init
	pack_initrd root finder
	rm -r root
}

# debian-image FORMAT FILE: a copy of it in one of qemu-img's formats.
cmd_debian_image() {
	local format=${1:?format} file=${2:?file} dir
	need_boot_programs mmdebstrap mke2fs busybox
	dir=$(cached "debian-$(key_of "$LAB_HERE"/{debian,disk}-image.sh)" build_debian) &&
		qemu-img convert -f raw -O "$format" "$dir/disk" "$file"
}
