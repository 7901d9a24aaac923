#!/bin/sh
# a Debian with cloud-init takes name, user, key, addresses and a second interface from its seed
# time limit: 1800
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

need xorriso qemu-img mmdebstrap
lab_up h1
lab adm ip addr add fd77::fe/64 dev br0 nodad
pool=$LAB/shared/pool
exits 0 'the image' lab debian-image qcow2 "$pool/debian.qcow2"
test "$status" = 0 || exit
qemu-img create -q -f qcow2 -b debian.qcow2 -F qcow2 "$pool/web.qcow2"

mkdir seed
printf 'instance-id: web\nlocal-hostname: web\n' >seed/meta-data
cat >seed/user-data <<EOF
#cloud-config
users:
  - name: maria
    shell: /bin/bash
    ssh_authorized_keys:
      - $(cat "$LAB/ssh/id.pub")
EOF
cat >seed/network-config <<EOF
version: 2
ethernets:
  first:
    match:
      macaddress: "52:54:00:77:c8:01"
    addresses: [10.77.200.1/16, "fd77::200:1/64"]
    gateway4: 10.77.0.254
  second:
    match:
      macaddress: "52:54:00:78:01:01"
    addresses: [10.79.0.1/24]
EOF
xorriso -as mkisofs -quiet -V cidata -J -R -o "$pool/seed.iso" seed 2>/dev/null

type=$(lab guest-xml h1 x | sed -n "s/^<domain type='\(.*\)'>/\1/p")
cat >web.xml <<EOF
<domain type='$type'>
  <name>web</name><memory unit='MiB'>512</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/><apic/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='unsafe'/><source file='$pool/web.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='$pool/seed.iso'/><target dev='vdb' bus='virtio'/><readonly/>
    </disk>
    <interface type='network'><mac address='52:54:00:77:c8:01'/><source network='lab'/><model type='virtio'/></interface>
    <interface type='network'><mac address='52:54:00:78:01:01'/><source network='lab'/><model type='virtio'/></interface>
    <serial type='file'><source path='$LAB/shared/serial/web' append='on'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
EOF
exits 0 'it is defined' on h1 define --validate web.xml
started=$(date +%s)
exits 0 'it starts' on h1 start web

guest() {
	lab adm ssh -n -o ConnectTimeout=10 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "$@"
}
inside() {
	guest maria@10.77.200.1 "$@" 2>/dev/null
}
ok 'it lets its user in' within $((600 * ${VMM_LAB_PATIENCE:-1})) inside true
test "$status" = 0 || {
	diag "$(tail -n 20 "$LAB/shared/serial/web")"
	exit
}
diag "$(($(date +%s) - started)) s"
settled() {
	inside cloud-init status | grep -q '^status: done'
}
ok 'cloud-init says that all went well' within $((300 * ${VMM_LAB_PATIENCE:-1})) settled
diag "$(($(date +%s) - started)) s; $(inside cloud-init status --long | paste -sd ' ')"
is "$(inside hostname)" web 'its name'
is "$(inside id -un)" maria 'its user'
is "$(guest maria@fd77::200:1 hostname)" web 'it answers by IPv6'
exits 255 'root does not get in' guest root@10.77.200.1 true
inside ip -o addr >addr
like "$(cat addr)" 'inet 10.77.200.1/16' 'the address of the first interface'
like "$(cat addr)" 'inet6 fd77::200:1/64' 'and its IPv6 one'
like "$(cat addr)" 'inet 10.79.0.1/24' 'that of the second'
like "$(inside ip route)" '^default via 10.77.0.254' 'its gateway'
exits 0 'its agent answers' on h1 qemu-agent-command web '{"execute": "guest-ping"}'
on h1 destroy web
done_testing
