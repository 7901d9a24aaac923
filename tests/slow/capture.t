#!/bin/sh
# a Debian is captured, with libguestfs itself: its identity is gone from the image, to the last byte, what was
# set up on it is there, and a VM made of it is another machine
# time limit: 1800
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
need xorriso qemu-img mmdebstrap debugfs virt-sysprep virt-inspector virt-sparsify ssh-keygen

lab_up h1
declare_hosts tcp h1
export VMM_STATE="$LAB/state" VMM_CONF="$LAB/conf"
pool=$LAB/shared/pool
scratch=$LAB/tmp/scratch
mkdir "$scratch"
elapsed() {
	diag "$1: $(($(date +%s) - started)) s"
	started=$(date +%s)
}
started=$(date +%s)
exits 0 'the image' lab debian-image raw disk
test "$status" = 0 || exit
exits 0 'what libguestfs needs' lab guestfs-env
test "$status" = 0 || exit
while read -r word; do export "${word?}"; done <"$out"
inlab() {
	lab adm env TMPDIR="$scratch" VMM_CONF="$VMM_CONF" "$@"
}
elapsed images

# What a machine has gathered when it has run, and what was set up on it.
old=5e1f0c7d9a3b48628d17c4e0b95a6f23
inside() {
	debugfs "$@" 2>/dev/null
}
ssh-keygen -q -t ed25519 -N '' -C here-is-the-old-key -f key
ssh-keygen -q -t rsa -N '' -C here-is-the-old-key -f rsa
echo $old >id
echo old-name >name
echo 'network: {version: 2, ethernets: {eth0: {addresses: [192.0.2.77/24]}}}' >netplan
echo 'kept' >kept
head -c 64M /dev/urandom >big
seq 1000 | sed 's/^/a line of a log of the old machine /' >log
inside -w -f - 'disk?offset=2097152' >/dev/null <<-EOF
	rm /etc/machine-id
	write id /etc/machine-id
	write id /var/lib/dbus/machine-id
	write key /etc/ssh/ssh_host_ed25519_key
	write key.pub /etc/ssh/ssh_host_ed25519_key.pub
	write rsa /etc/ssh/ssh_host_rsa_key
	write rsa.pub /etc/ssh/ssh_host_rsa_key.pub
	write name /etc/hostname
	mkdir /var/lib/cloud/instances
	mkdir /var/lib/cloud/instances/old
	write id /var/lib/cloud/instances/old/boot-finished
	symlink /var/lib/cloud/instance /var/lib/cloud/instances/old
	write netplan /etc/netplan/50-cloud-init.yaml
	write log /var/log/syslog
	write big /var/log/big.log
	write log /root/.bash_history
	write kept /opt/kept
EOF
inside -R 'ls /etc/ssh' 'disk?offset=2097152' >listed
like "$(cat listed)" 'ssh_host_ed25519_key' 'a machine that has run'
# A private key in a line of its own can be looked for.
secret=$(sed -n 3p key)
rsa_secret=$(sed -n 10p rsa)
ok 'its key is on the disk' grep -aqF "$secret" disk

# A linked clone of an image, as usual.
qemu-img convert -f raw -O qcow2 disk "$pool/base.qcow2"
qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 "$pool/old.qcow2"
lab guest-xml h1 old disk=shared >old.xml
on h1 define old.xml
sha256sum "$pool/base.qcow2" "$pool/old.qcow2" >before
started=$(date +%s)
exits 0 'captured' inlab tmpl-capture -n -o image,os,result,error,seconds old debian
elapsed capture
diag "$(cat "$out" "$err")"
like "$(cat "$out")" "^debian:1	debian[0-9]*	done		" 'its row'
test "$status" = 0 || exit
is "$(ls -A "$scratch")$(fsck -n)" '' 'nothing is left'
sha256sum "$pool/base.qcow2" "$pool/old.qcow2" >after
is "$(diff before after)" '' 'the VM is as it was'
ok 'it is compact' test "$(imglib list -n -o size debian)" -lt $(($(stat -c %s "$pool/base.qcow2") - 60000000))
diag "$(imglib list -n -o size debian) bytes, of $(stat -c %s "$pool/base.qcow2")"

imglib export -f raw debian new
now() {
	inside -R "cat $1" 'new?offset=2097152'
}
listed() {
	inside -R "ls -p $1" 'new?offset=2097152' | cut -d / -f 6 | grep -v '^\.*$' | paste -sd ' '
}
is "$(now /opt/kept)" kept 'what was set up is there'
is "$(now /etc/machine-id)" '' 'no machine-id'
unlike "$(listed /etc/ssh)" 'ssh_host' 'no host key'
is "$(listed /var/lib/cloud)" '' 'nothing of cloud-init'
is "$(now /var/lib/dbus/machine-id)$(now /etc/hostname)$(now /etc/netplan/50-cloud-init.yaml)$(now /root/.bash_history)" '' \
	'no name, no address, no history'
for text in "$secret" "$rsa_secret" "$old" 'a line of a log of the old machine'; do
	ok "nor is it in a block that no file has: $(echo "$text" | cut -c 1-20)" sh -c '! grep -aqF "$1" new' - "$text"
done

# ---- another machine ----

mkdir -p "$VMM_CONF/templates" "$VMM_CONF/hardware" "$VMM_CONF/guests"
printf 'memory = 512M\nvcpus = 1\n' >"$VMM_CONF/hardware/small.conf"
printf 'kind = cloud-init\nuser = maria\nssh-keys =\n    %s lab\n' "$(cut -d ' ' -f 1,2 "$LAB/ssh/id.pub")" >"$VMM_CONF/guests/debian.conf"
printf '%s\n' 'image = debian' 'hardware = small' 'guest = debian' '[nic]' 'network = lab' 'ip4 = front' \
	'[disk]' 'pool = shared' >"$VMM_CONF/templates/debian.conf"
ippool create front --range 10.77.210.1-10.77.210.4 --prefix 16 --gateway 10.77.0.254 >/dev/null
started=$(date +%s)
exits 0 'a VM of it' inlab tmpl-apply --wait ssh --timeout $((600 * ${VMM_LAB_PATIENCE:-1})) -n -o name,addresses,result,error debian new1
elapsed 'made, and answers'
diag "$(cat "$out")"
guest() {
	guest_ssh maria@10.77.210.1 "$@" 2>/dev/null
}
ok 'lets its user in' within $((300 * ${VMM_LAB_PATIENCE:-1})) guest true
test "$status" = 0 || exit
is "$(guest hostname)" new1 'has its own name'
is "$(guest cat /opt/kept)" kept 'and what was set up'
id=$(guest cat /etc/machine-id)
like "$id" '^[0-9a-f]{32}$' 'a machine-id'
test "$id" != $old && pass 'another one' || fail 'another one'
lab adm ssh-keyscan 10.77.210.1 2>/dev/null | cut -d ' ' -f 3 >keys
ok 'host keys' test -s keys
is "$(grep -cFf "$(cut -d ' ' -f 2 key.pub rsa.pub >old-keys; echo old-keys)" keys)" 0 'none of the old ones'
unlike "$(guest ip -o addr)" '192\.0\.2\.77' 'no address of the old one'
inlab vm-rm --stop new1 >/dev/null
done_testing
