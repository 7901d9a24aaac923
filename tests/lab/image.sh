# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# What guests boot: Debian's cloud kernel and an initramfs of one program, guest.c. Built once and kept
# in the build folder; nothing is installed on the machine.

lab_cache() { echo "${VMM_LAB_CACHE:-${LAB_HERE%/tests/lab}/build/lab}"; }

# In the order of what the guest needs first; those they depend on come along.
GUEST_MODULES='virtio_pci virtio_blk virtio_net virtio_balloon virtio_console button evdev'

# cached NAME BUILDER ARG...: the folder NAME of the cache. One process builds it, aside, and renames it;
# others wait for that one.
cached() {
	local dir
	dir=$(lab_cache)/$1
	shift
	if [ ! -d "$dir" ]; then
		mkdir -p "${dir%/*}"
		(
			exec 9>>"$dir.lock" # one each: trying KVM, under a lock of its own, comes here
			flock 9
			[ -d "$dir" ] || build_aside "$dir" "$@"
		) || return 1
	fi
	echo "$dir"
}

build_aside() {
	local dir=$1 new log=$1.log
	shift
	new=$(mktemp -d "$dir.XXXXXX") && chmod 755 "$new"
	if (set -e; cd "$new"; "$@") >"$log" 2>&1 9>&- && mv -T "$new" "$dir"; then
		rm -f "$log"
	else
		warn "cannot build '$dir': $(tail -n 3 "$log")"
		rm -rf "$new"
		return 1
	fi
}

# The admin namespace has no way to the mirrors; the machine's first process has, where one may
# use its network.
download() {
	if nsenter -t 1 -n true 2>/dev/null; then nsenter -t 1 -n apt-get -q download "$1"
	else apt-get -q download "$1"; fi
}

build_kernel() {
	local package version module file
	package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
	[ -n "$package" ] || { echo "no package linux-image-cloud-amd64: apt-get update?"; return 1; }
	download "$package" || return 1
	dpkg -x ./*.deb tree
	version=$(ls tree/lib/modules)
	cp "tree/boot/vmlinuz-$version" vmlinuz
	depmod -b tree "$version"
	mkdir modules
	for module in $GUEST_MODULES; do
		modprobe -d "$PWD/tree" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" modules/
		echo "/modules/${file##*/}" >>modules/list
	done
	rm -r tree ./*.deb
}

build_program() {
	${CC:-cc} -std=gnu11 -O2 -static -s -o guest "$LAB_HERE"/guest{,-machine}.c
}

# build_image KERNELDIR PROGRAMDIR [agent]: vmlinuz and initrd.
build_image() {
	mkdir -p root/sbin root/bin
	cp -r "$1/modules" root/
	cp "$2/guest" root/init
	ln -s /init root/sbin/shutdown
	[ "${3:-}" != agent ] || add_agent root
	(cd root && find . | cpio -o -H newc --quiet -R 0:0) | gzip -1 >initrd
	cp "$1/vmlinuz" .
	rm -r root
}

# add_agent ROOT: Debian's qemu-guest-agent and the libraries it is linked with.
add_agent() {
	local library
	download qemu-guest-agent || return 1
	dpkg -x ./qemu-guest-agent*.deb agent
	cp agent/usr/sbin/qemu-ga "$1/bin/"
	for library in $(ldd agent/usr/sbin/qemu-ga | grep -o '/[^ ]*'); do
		mkdir -p "$1${library%/*}"
		cp -L "$library" "$1$library"
	done
	rm -r agent ./*.deb
}

program_key() { cat "$LAB_HERE"/guest{.h,.c,-machine.c} | sha256sum | cut -c1-12; }

guest_program() { cached "program-$(program_key)" build_program; }

# guest_image [agent]: the folder of vmlinuz and initrd.
guest_image() {
	local kernel program
	kernel=$(cached kernel build_kernel) && program=$(guest_program) &&
		cached "image-$(program_key)${1:+-$1}" build_image "$kernel" "$program" "$@"
}

# prepare [agent]: builds what guests need now, rather than at the first one.
cmd_prepare() { guest_image "$@" >/dev/null && domain_type >/dev/null; }

# domain_type: kvm where a trial guest boots with it. A /dev/kvm that opens may still not work, or hang, so
# nothing less tells; asked once for each boot of the machine.
domain_type() {
	local verdict
	verdict=$(lab_cache)/accel-$(cat /proc/sys/kernel/random/boot_id)
	mkdir -p "$(lab_cache)"
	[ -e "$verdict" ] || (flock 9 && { [ -e "$verdict" ] || try_kvm "$verdict"; }) 9>>"$(lab_cache)/kvm.lock"
	cat "$verdict"
}

try_kvm() {
	local image log type=qemu
	rm -f "$(lab_cache)"/accel-*
	image=$(guest_image) || return 1
	log=$(mktemp)
	if [ -w /dev/kvm ]; then
		timeout -k 1 5 qemu-system-x86_64 -accel kvm -m 96 -nodefaults -no-user-config -display none \
			-no-reboot -kernel "$image/vmlinuz" -initrd "$image/initrd" -serial "file:$log" \
			-append 'console=ttyS0 quiet panic=-1 lab.try' </dev/null >/dev/null 2>&1 9>&-
		! grep -q LAB-UP "$log" || type=kvm
	fi
	rm -f "$log"
	echo $type >"$1.$BASHPID" && mv "$1.$BASHPID" "$1"
}
