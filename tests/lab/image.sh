# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# What guests boot: Debian's cloud kernel and an initramfs of one program, guest.c. Built once and kept
# in the build folder; nothing is installed on the machine.

lab_cache() { echo "${VMM_LAB_CACHE:-${LAB_HERE%/tests/lab}/build/lab}"; }

# In the order of what the guest needs first; those they depend on come along. This kernel has no AHCI.
GUEST_MODULES=(virtio_pci virtio_blk virtio_net virtio_balloon virtio_console button evdev)
# What one from a disk image needs besides.
SEED_MODULES=(isofs virtio_rng virtio_scsi sr_mod)

# They spare an emulated processor a fifth of the boot.
KERNEL_OPTIONS='console=ttyS0 quiet mitigations=off tsc=reliable no_timer_check nokaslr random.trust_cpu=on cryptomgr.notests i8042.nokbd i8042.noaux'

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
	if (cd "$new" && "$LAB_SELF" _build "$@") >"$log" 2>&1 9>&- && mv -T "$new" "$dir"; then
		rm -f "$log"
	else
		warn "cannot build '$dir': $(tail -n 3 "$log")"
		rm -rf "$new"
		return 1
	fi
}

# In a shell of its own: one that asks how a function ended goes on after what fails in there.
cmd__build() {
	set -e
	"$@"
}

# The admin namespace has no way to the mirrors; the machine's first process has, where one may
# use its network.
outside() {
	if nsenter -t 1 -n true 2>/dev/null; then nsenter -t 1 -n "$@"
	else "$@"; fi
}

download() { outside apt-get -q download "$1"; }

build_kernel() {
	local package version
	package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
	[ -n "$package" ] || { echo "no package linux-image-cloud-amd64: apt-get update?"; return 1; }
	download "$package" || return 1
	dpkg -x ./*.deb tree
	version=$(ls tree/lib/modules)
	cp "tree/boot/vmlinuz-$version" vmlinuz
	depmod -b tree "$version"
	save_modules modules "$version" "${GUEST_MODULES[@]}"
	save_modules modules-seed "$version" "${GUEST_MODULES[@]}" "${SEED_MODULES[@]}"
	rm -r tree ./*.deb
}

# For libguestfs's machine, which is made of the programs here and wants all modules.
build_whole_kernel() {
	local package version
	package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
	[ -n "$package" ] || { echo "no package linux-image-cloud-amd64: apt-get update?"; return 1; }
	download "$package" || return 1
	dpkg -x ./*.deb tree
	version=$(ls tree/lib/modules)
	depmod -b tree "$version"
	mv "tree/boot/vmlinuz-$version" vmlinuz
	mv "tree/lib/modules/$version" .
	ln -s "$version" modules
	rm -r tree ./*.deb
}

# guestfs-env: variables by which libguestfs works here, as env(1) takes them.
cmd_guestfs_env() {
	local dir type
	dir=$(cached whole-kernel build_whole_kernel) && type=$(domain_type) || return 1
	mkdir -p /lib/modules # supermin looks there whatever it is told
	printf '%s\n' "LIBGUESTFS_CACHEDIR=$dir" "SUPERMIN_KERNEL=$dir/vmlinuz" \
		"SUPERMIN_MODULES=$(readlink -f "$dir/modules")"
	[ "$type" = kvm ] || echo LIBGUESTFS_BACKEND_SETTINGS=force_tcg
}

# save_modules FOLDER VERSION NAME...: with the list to load them by.
save_modules() {
	local folder=$1 version=$2 module file
	shift 2
	mkdir "$folder"
	for module; do
		modprobe -d "$PWD/tree" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" "$folder/"
		echo "/modules/${file##*/}" >>"$folder/list"
	done
}

build_program() {
	${CC:-cc} -std=gnu11 -O2 -static -s -o guest "$LAB_HERE"/guest{,-machine}.c
}

# build_image KERNELDIR PROGRAMDIR [agent] [seed]: vmlinuz and initrd.
build_image() {
	local modules=modules part
	case " $* " in *' seed '*) modules='modules-seed' ;; esac
	mkdir -p root/sbin root/bin
	cp -r "$1/$modules" root/modules
	cp "$2/guest" root/init
	ln -s /init root/sbin/shutdown
	for part in "${@:3}"; do "add_$part" root; done
	pack_initrd root initrd
	cp "$1/vmlinuz" .
	rm -r root
}

# pack_initrd ROOT FILE
pack_initrd() { (cd "$1" && find . | cpio -o -H newc --quiet -R 0:0) | gzip -1 >"$2"; }

# add_agent ROOT: Debian's qemu-guest-agent.
add_agent() {
	download qemu-guest-agent || return 1
	dpkg -x ./qemu-guest-agent*.deb agent
	add_program "$1" agent/usr/sbin/qemu-ga
	rm -r agent ./*.deb
}

# add_seed ROOT: a shell and an ssh daemon, and the script that sets a guest up from its seed.
add_seed() {
	local program
	mkdir -p "$1"/{etc/dropbear,root/.ssh}
	chmod 700 "$1/root" "$1/root/.ssh"
	cp "$LAB_HERE/guest-seed.sh" "$1/seed"
	chmod 755 "$1/seed"
	cp "$(command -v busybox)" "$1/bin/"
	# Its list has its own name too, and a link to itself is the end of it.
	for program in $(busybox --list); do
		[ "$program" = busybox ] || ln -s busybox "$1/bin/$program"
	done
	echo root::0:0:root:/root:/bin/sh >"$1/etc/passwd"
	echo root:x:0: >"$1/etc/group"
	add_program "$1" "$(PATH=$PATH:/usr/sbin command -v dropbear)"
	add_program "$1" "$(command -v dropbearkey)"
}

# add_program ROOT FILE: into /bin, and the libraries it is linked with.
add_program() {
	local library
	cp "$2" "$1/bin/"
	for library in $(ldd "$2" | grep -o '/[^ ]*'); do
		mkdir -p "$1${library%/*}"
		cp -L "$library" "$1$library"
	done
}

key_of() { cat "$@" | sha256sum | cut -c1-12; }
program_key() { key_of "$LAB_HERE"/guest{.h,.c,-machine.c}; }
kernel_key() { key_of <<<"${GUEST_MODULES[*]} ${SEED_MODULES[*]}"; }
seed_key() { key_of "$LAB_HERE"/guest-seed.sh; }

guest_program() { cached "program-$(program_key)" build_program; }

# guest_image [agent] [seed]: the folder of vmlinuz and initrd.
guest_image() {
	local kernel program key part
	key=$(program_key)
	case " $* " in *' seed '*) key+=-$(seed_key) ;; esac
	for part; do key+=-$part; done
	kernel=$(cached "kernel-$(kernel_key)" build_kernel) && program=$(guest_program) &&
		cached "image-$key" build_image "$kernel" "$program" "$@"
}

# prepare [agent] [disk]: builds what guests need now, rather than at the first one.
cmd_prepare() {
	local part
	guest_image >/dev/null && domain_type >/dev/null || return 1
	for part; do
		case $part in
		agent) guest_image agent ;;
		disk) disk_image ;;
		*) die "cannot prepare '$part'" ;;
		esac >/dev/null || return 1
	done
}

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

# boot-files FOLDER: the guests' kernel and initramfs, for machines that take them from the network.
cmd_boot_files() {
	local dir
	dir=$(guest_image) && mkdir -p "${1:?folder}" && cp "$dir"/{vmlinuz,initrd} "$1/"
}
