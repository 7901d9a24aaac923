#!/bin/sh
# libvirtd of either host dies in the middle of a migration
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=16M start
lab wait web && lab wait db

# struck VM HOST WANT ARG...: HOST's libvirtd dies while the VM is copied from h1 to h2.
struck() {
	strike_vm=$1 strike_host=$2 strike_want=$3
	shift 3
	start_migrate "$strike_vm" --to h2 --bandwidth 8M "$@"
	within 20 copying "$strike_vm" h1 || diag 'it does not move'
	strike_ticks=$(ticks "$strike_vm")
	lab kill-libvirtd "$strike_host"
	wait $client
	strike_status=$?
	like "$strike_status" '^(1|75)$' "$way, $strike_vm: libvirtd of $strike_host is killed: it fails"
	like "$(cell error "$tmp/killed.out")" "$strike_want" 'and says what it knows'
	ok 'the guest runs on' within 10 counted "$strike_vm" "$strike_ticks"
	lab start-libvirtd "$strike_host"
	fsck --repair >"$tmp/repair" 2>&1 || diag "$(cat "$tmp/repair")"
	diag "$(cell finding "$tmp/repair")"
	whole "$strike_vm" h1
	clean
}

for way in tcp unix; do
	declare_hosts $way h1 h2
	struck web h2 "; the VM is on 'h1' \(running\); vmm-fsck"
	struck web h1 "; where the VM is can't be told now: 'h1' out of reach, 'h2' [a-z ]*; vmm-fsck"
	struck db h2 "; the VM is on 'h1' \(running\); vmm-fsck" --move
	test $way = unix || struck db h1 "can't be told now.*; vmm-fsck" --move
	for host in h1 h2; do lab adm host-rm $host >/dev/null; done
done
done_testing
