#!/bin/sh
# boot-serve with real firmware: a machine from power-on to the kernel, with its ticket
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"
need dnsmasq setpriv cpio jq
lab_up
lab machine m1 || skip_all 'no machine here'

chmod 711 "$tmp"
VMM_BOOT=$tmp/boot
export VMM_BOOT
install -d -o nobody -m 750 boot boot/agent boot/jobs
lab boot-files "$tmp/files" >/dev/null
cp files/vmlinuz files/initrd boot/agent
job=0123456789abcdef0123456789abcdef
mkdir boot/jobs/$job
jq -cn --arg uuid "$(machine uuid m1)" --arg mac "$(machine mac m1)" --arg serial "$(machine serial m1)" \
	'{mode: "inspect", $uuid, $serial, macs: [$mac]}' >boot/jobs/$job/job.json
echo $(($(date +%s) + 300)) >boot/jobs/$job/armed
chown -R nobody boot

lab adm ip -6 address add fd77::1/64 dev br0 nodad 2>/dev/null
lab adm "$VMM_BUILD/bin/boot-serve" -i br0 -u nobody --range 10.77.240.1-10.77.240.250 --ipxe /usr/lib/ipxe 2>serve.log &
server=$!
trap 'kill $server 2>/dev/null; lab down >/dev/null 2>&1; cd / && rm -rf "$tmp"' EXIT
within 8 grep -q event=start serve.log || skip_all "no server: $(cat serve.log)"
lab machine-power m1 on
given() { grep -q 'event=2.boot.done' serve.log; }
within 60 given
like "$(cat serve.log)" "event=2.boot.begin .*job=$job" 'the script'
like "$(cat serve.log)" "event=2.boot.done .*job=$job" 'the ticket'
within 40 said m1 'Linux version'
ok 'the kernel runs' said m1 'Linux version'
like "$(cat "$LAB/machines/m1/console")" 'Command line: .*initrd=ticket initrd=initrd vmm.mac=' 'with what it needs'
is "$(boot-list -n -o state)" given 'and the job says so'
done_testing
