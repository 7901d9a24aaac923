#!/bin/sh
# agent-build: the files, what is in them, the same ones again; old ones stay when it fails
. "${0%/*}/../tap.sh"
PATH=$PATH:/sbin
need zstd cpio kmod depmod busybox sfdisk e2fsck ssh-keygen
umask 027

# A kernel without modules: those that are built in are not missing.
modules=$tmp/tree/lib/modules/1.2.3-test
mkdir -p "$modules" to
echo kernel >kernel
: >"$modules/modules.dep"
: >"$modules/modules.order"
printf 'kernel/fs/ext4/ext4.ko\nkernel/drivers/hid/hid-generic.ko\n' >"$modules/modules.builtin"
: >"$modules/modules.builtin.modinfo"

build() { agent-build --kernel kernel --modules "$modules" --output "$@"; }
inside() { zstd -dc to/initrd | cpio "$@" --quiet 2>/dev/null; }

exits 0 'builds' build to --json
is "$(jq -r '.kernel, .kernel_size' "$out" | paste -sd ' ')" '1.2.3-test 7' 'tells of the kernel'
is "$(jq .initrd_size "$out")" "$(stat -c %s to/initrd)" 'and of the initramfs'
is "$(jq -c '.missing | [index("nvme"), index("ext4"), index("hid_generic")] | map(. != null)' "$out")" '[true,false,false]' \
	'names drivers that are missing, but none that is built in'
is "$(ls -A to | paste -sd ' ')" 'initrd vmlinuz' 'nothing else is left'
is "$(stat -c %a to/vmlinuz to/initrd | paste -sd ' ')" '644 644' 'all may read them'
inside -t >list
for file in init vmm/dhcp bin usr/bin/vmm-both usr/bin/vmm-agent usr/bin/busybox usr/bin/sh usr/bin/sfdisk usr/bin/kmod \
	usr/bin/modprobe dev/console lib usr/lib/modules/1.2.3-test/modules.alias; do
	ok "it has $file" grep -qx "$file" list
done
mkdir root
(cd root && zstd -dc ../to/initrd | cpio -idu --quiet 2>/dev/null) # it may not make the device
is "$(test -L root/bin/busybox || test -x root/bin/busybox && echo program)" program 'busybox is no link to itself'
is "$(readlink root/bin/sh)" busybox 'its other names are links'
is "$(readlink root/bin/modprobe)" kmod 'but not to what knows less'
is "$(inside -tvn | awk '{ print $3, $4 }' | sort -u)" '0 0' 'all is of root'
is "$(find root -name 'ssh_host*' -o -name '*.pem' -o -name shadow)" '' 'there are no secrets'
ok 'the libraries are all there' eval '! LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu root/usr/lib64/ld-linux-x86-64.so.2 --list root/bin/vmm-agent | grep "not found"'

cksum to/initrd >before
sleep 1
exits 0 'once more' build to
is "$(cksum to/initrd)" "$(cat before)" 'the same to the byte'

# What is missing
rm "$modules/modules.dep"
exits 2 'modules without an index' build to
like "$(cat "$err")" "^agent-build: cannot open the modules' index" 'says so'
is "$(cksum to/initrd)" "$(cat before)" 'the old files stay'
is "$(ls -A to | paste -sd ' ')" 'initrd vmlinuz' 'nothing else is left'
mkdir apt
echo '#!/bin/sh' >apt/apt-cache
cat >apt/apt-get <<-'EOF'
	#!/bin/sh
	echo "W: something else" >&2
	echo "E: Unable to locate package with $*" >&2
	exit 100
EOF
chmod +x apt/*
exits 1 'a package that apt cannot get' env PATH="$PWD/apt:$PATH" agent-build --package linux-image-none --output to
like "$(cat "$err")" "'linux-image-none': apt-get: Unable to locate package with .*APT::Sandbox::User=root" 'is told of by its error'
exits 2 'a kernel that is not there' agent-build --kernel nope --modules "$modules" --output to
exits 1 'no such folder' build nope
exits 2 'a kernel alone' agent-build --kernel kernel --output to
exits 2 'a kernel and a package' agent-build --kernel kernel --modules "$modules" --package p --output to
exits 2 'an operand' agent-build something
done_testing
