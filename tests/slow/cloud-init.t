#!/bin/sh
# tmpl-apply makes a Debian whose cloud-init takes name, user, key, addresses and a second interface from its seed
# time limit: 1800
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

need xorriso qemu-img mmdebstrap
lab_up h1
lab adm ip addr add fd77::fe/64 dev br0 nodad
declare_hosts tcp h1
export VMM_STATE="$LAB/state" VMM_CONF="$LAB/conf"
inlab() { lab adm env VMM_CONF="$VMM_CONF" "$@"; }

mkdir -p "$VMM_CONF/templates" "$VMM_CONF/hardware" "$VMM_CONF/guests"
printf 'memory = 512M\ncpu = maximum\n' >"$VMM_CONF/hardware/small.conf"
cat >"$VMM_CONF/guests/debian.conf" <<-EOF
	user = maria
	ssh-keys =
	    $(cut -d ' ' -f 1,2 "$LAB/ssh/id.pub") lab
EOF
cat >"$VMM_CONF/templates/web.conf" <<-EOF
	image = debian
	hardware = small
	guest = debian
	domain = example.org
	[nic front]
	network = lab
	ip4 = front
	ip6 = front6
	[nic back]
	network = lab
	ip4 = back
	[disk root]
	pool = local
	size = 2G
EOF
exits 0 'the image' lab debian-image qcow2 "$LAB/tmp/debian.qcow2"
test "$status" = 0 || exit
exits 0 'into the library' imglib add debian:12 "$LAB/tmp/debian.qcow2"
exits 0 'a pool' ippool create front --range 10.77.200.1-10.77.200.9 --prefix 16 --gateway 10.77.0.254
exits 0 'one of IPv6' ippool create front6 --range fd77::200:1-fd77::200:9 --prefix 64 --gateway fd77::fe
exits 0 'another, with no way out' ippool create back --range 10.79.0.1-10.79.0.9 --prefix 24
exits 0 'the definitions are right' tmpl-check

started=$(date +%s)
exits 0 'it is made, and lets ssh in' inlab tmpl-apply --wait ssh --timeout $((600 * ${VMM_LAB_PATIENCE:-1})) \
	-n -o name,addresses,result,error web web1
is "$(cat "$out")" "$(printf 'web1\t10.77.200.1,fd77::200:1,10.79.0.1\tdone\t')" 'with its addresses'
diag "$(($(date +%s) - started)) s"
test "$status" = 0 || exit

inside() {
	guest_ssh maria@10.77.200.1 "$@" 2>/dev/null
}
settled() {
	inside cloud-init status | grep -Eq '^status: (done|error)'
}
ok 'cloud-init comes to an end' within $((300 * ${VMM_LAB_PATIENCE:-1})) settled
is "$(inside cloud-init status)" 'status: done' 'and says that all went well'
diag "$(($(date +%s) - started)) s; $(inside cloud-init status --long | paste -sd ' ')"
is "$(inside hostname)" web1 'its name'
is "$(inside hostname -f)" web1.example.org 'its full name'
is "$(inside id -un)" maria 'its user'
is "$(guest_ssh maria@fd77::200:1 hostname)" web1 'it answers by IPv6'
exits 255 'root does not get in' guest_ssh root@10.77.200.1 true
inside ip -o addr >addr
like "$(cat addr)" 'eth0 +inet 10.77.200.1/16' 'the address of the first interface'
like "$(cat addr)" 'eth0 +inet6 fd77::200:1/64' 'and its IPv6 one'
like "$(cat addr)" 'eth1 +inet 10.79.0.1/24' 'that of the second'
is "$(inside ip route | grep -c ^default)" 1 'one way out'
like "$(inside ip route)" '^default via 10.77.0.254 dev eth0' 'its gateway'
like "$(inside ip -6 route)" '^default via fd77::fe dev eth0' 'and that of IPv6'
is "$(inside cat /sys/block/vda/size)" 4194304 'its disk has grown'
exits 0 'its agent answers' on h1 qemu-agent-command web1 '{"execute": "guest-ping"}'
inlab host-scan -n h1 >/dev/null
is "$(vm-list -n -o name,guest,template,image)" "$(printf 'web1\tweb1\tweb\tdebian:12')" 'and tells its name'
exits 0 'it goes' inlab vm-rm --stop web1
is "$(lab exec h1 ls "$LAB/local" | grep -v '^vmm-')" '' 'with its disks'
done_testing
