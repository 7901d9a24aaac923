#!/bin/sh
# the agent on a bare machine: from its firmware to the image's system
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"
PATH=$PATH:/sbin
need curl dnsmasq busybox qemu-img zstd cpio kmod jq sfdisk e2fsck ssh-keygen

lab_up
env=$(lab guestfs-env) || skip_all 'no kernel'
eval "$(echo "$env" | grep -E '^SUPERMIN_(KERNEL|MODULES)=')"
boot=$tmp/boot
mkdir -p www
exits 0 'agent-build' agent-build --kernel "$SUPERMIN_KERNEL" --modules "$SUPERMIN_MODULES" --output www
lab metal-image mini raw image || skip_all 'no image'
exits 0 'a machine' lab machine m1:serial=SER-1

# Old data all over, with its tables at both ends.
disk=$(lab machine-disk m1)
head -c 1300M /dev/urandom | dd of="$disk" bs=1M conv=notrunc iflag=fullblock status=none
printf 'label: gpt\nsize=100M\n' | sfdisk -q "$disk"

job() { # JQ
	jq -n --arg uuid "$(machine uuid m1)" --arg mac "$(machine mac m1)" --argjson image "$image" \
		"{uuid: \$uuid, macs: [\$mac], serial: \"SER-1\", image: \$image, disk: {}} | $1" >job.json
	id=$(agent-boot job "$boot" job.json)
	for _ in $(seq 30); do
		lab adm curl -sf -o www/ticket -d "uuid=$(machine uuid m1)&mac=$(machine mac m1)&serial=SER-1" \
			http://10.77.0.254:8081/ticket && break
		sleep 0.5
	done
}
ended() { agent-boot events "$boot" "$id" | grep -q "	end	"; }
end() { agent-boot events "$boot" "$id" | awk -F '\t' '$4 == "end" { print $7 }'; }

image=$(agent-boot image "$boot" image)
# Not every iPXE can ask for the ticket itself.
cat >www/boot.ipxe <<'EOF'
#!ipxe
kernel vmlinuz initrd=initrd initrd=ticket vmm.mac=${net0/mac} console=ttyS0 quiet mitigations=off no_timer_check
initrd initrd
initrd ticket
boot
EOF
lab adm agent-boot serve "$boot" 10.77.0.254 8081 8443 2>server.log &
net_boot
job '.wipe = false'
bmc m1 chassis bootdev pxe >/dev/null
bmc m1 power on >/dev/null
ok 'the machine boots the agent' within 90 ended
like "$(end)" '^refused: the disk vda .* carries data already: gpt' 'which refuses a disk that carries something'
bmc m1 power off >/dev/null
rm -r "$boot/jobs/$id"

job '.wipe = true | .verify = "all"'
bmc m1 chassis bootdev pxe >/dev/null
bmc m1 power on >/dev/null
ok 'it ends' within 240 ended
is "$(end)" 'done' 'well'
agent-boot events "$boot" "$id" >events
is "$(awk -F '\t' '$2 == "agent" && $4 == "done" { print $3 }' events | paste -sd ' ')" '4 5 6 7 8' 'stage by stage'
like "$(cut -f 7 events)" '^ssh-ed25519 ' 'with the host key'
ok 'the system starts' within 120 said m1 'login:|LAB-UP'
test -z "${VERBOSE-}" || { cat "$boot/jobs/$id/log"; cat events; }
done_testing
