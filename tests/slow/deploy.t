#!/bin/sh
# from servers that are off to hypervisors in a group, two at a time: found, inspected, deployed, reached and listed
# time limit: 900
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"
. "$top/tests/helpers/deploy.sh"

boot_lab m1:mem=1G:nics=2 m2:mem=1G
lab metal-image kvm raw kvm.raw || exit
lab adm imglib add kvm kvm.raw >/dev/null || exit
ippool create servers --range 10.77.200.1-10.77.200.9 --prefix 16 --gateway 10.77.0.254 >/dev/null
profile hypervisor 'image = kvm' 'role = kvm' 'group = rack' 'name = node[01-20]' 'domain = lab.example' \
	'[nic first] match = 1; ip4 = servers' '[vars] pool_path = /srv/vm'

# ---- what there is ----
# Each BMC has credentials of its own here.
discover() {
	for machine in m1 m2; do
		lab adm host-discover --bmc-auth "$(machine bmc_auth $machine)" "$@" "$(machine bmc $machine | sed 's|.*/||')" >found.$machine &
		eval "found_$machine=\$!"
	done
	# shellcheck disable=SC2154
	wait "$found_m1" && wait "$found_m2" || return
	cat found.m1
	sed 1d found.m2
}
exits 0 'two servers are found' discover
is "$(cell uuid | sort | paste -sd ' ') $(cell power | paste -sd ' ')" \
	"$(lab machine-list | cut -f 3 | sed 1d | sort | paste -sd ' ') off off" 'known by their BMCs, and off'
exits 0 'they report what they have' discover --inspect -o +nics
cp "$out" rows
is "$(cell macs | sort | paste -sd ' ')" '52:54:00:b0:fe:01,52:54:00:b1:fe:01 52:54:00:b0:fe:02' 'network cards'
like "$(cell nics)" '^[a-z0-9]+:52:54:00:b0:fe:01:up,' 'and their links'
is "$(cell disks | sort | paste -sd ' ')" 'vda:virtio:4294967296:m1-disk vda:virtio:4294967296:m2-disk' 'disks'
is "$(cell cpus | paste -sd ' ') $(cell firmware | paste -sd ' ')" '1 1 bios bios' 'processors and firmware'
like "$(cell memory)" '^(9[0-9]{8}|10[0-9]{8})$' 'memory'
exits 0 'and are off again' within 30 is_off m1
exits 0 'both' within 30 is_off m2
is "$(lab adm boot-list -n 2>/dev/null)" '' 'no job is left'

# ---- deployed ----
exits 0 'they are deployed' deploy rows hypervisor
is "$(cell result | paste -sd ' ') $(cell name | sort | paste -sd ' ')" 'done done node01 node02' 'both'
diag "$(cell seconds | paste -sd ' ') s"
cp "$out" deployed
stages=
for name in node01 node02; do
	stages="$stages $(story $name | sed -n 's/^[^ ]* \([1-9] [a-z]*\): .*/\1/p' | uniq | paste -sd ' ')"
done
nine='1 discover 2 boot 3 authorise 4 agent 5 scripts 6 image 7 drivers 8 customise 9 role'
is "$stages" " $nine $nine" 'nine steps are told of, in their order'
diag "$(story node01 | grep -E 'written|verified|cleaned' | paste -sd ';')"

# ---- what they are now ----
ssh() {
	lab adm timeout 60 ssh -i "$tmp/id" "$@" </dev/null
}
for name in node01 node02; do
	address=$(awk -F '\t' -v n=$name '$1 == n { print $3 }' deployed)
	exits 0 "$name: ssh with the host key that the agent told of" ssh "root@$address" 'hostname -f; cat /etc/machine-id; ip -4 -br addr'
	like "$(cat "$out")" "^$name.lab.example\$" 'its own name'
	like "$(cat "$out")" " $address/16" 'its own address'
	sed -n 2p "$out" >>ids
	ssh "root@$address" 'cat /etc/ssh/ssh_host_ed25519_key.pub' | cut -d ' ' -f 2 >>ids
done
is "$(sort -u ids | grep -c .)" 4 'machine id and host key are those of one only'
is "$(host-list -n -o name,group | sort | paste -sd ' ')" "$(printf 'node01\track node02\track')" 'both are in the group'
like "$(host-list -n -o uri)" '^qemu\+ssh://' 'reached by ssh'
exits 0 'vm-list asks them' lab adm vm-list --live --host @rack
exits 0 'host-scan too' lab adm host-scan @rack
is "$(host-list -n -o name,state | sort | paste -sd ' ')" "$(printf 'node01\tnormal node02\tnormal')" 'they are up'
is "$(fsck -n 2>&1)" '' 'nothing is left to mend'
exits 0 'once more' deploy rows hypervisor --resume
is "$(cell result | paste -sd ' ')" 'already already' 'there is nothing to do'
done_testing
