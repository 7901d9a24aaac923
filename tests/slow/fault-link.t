#!/bin/sh
# the target is cut off, crashes or stops answering in the middle of a migration
# time limit: 1500
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=16M start
lab wait web && lab wait db

answers() {
	on "$1" uri >/dev/null 2>&1
}

# struck NAME VM SECONDS BREAK MEND ARG...: breaks while the VM is copied from h1 to h2; it ends within SECONDS.
struck() {
	strike_name=$1 strike_vm=$2 strike_limit=$3 strike_break=$4 strike_mend=$5
	shift 5
	start_migrate "$strike_vm" --to h2 --bandwidth 4M "$@"
	within 20 copying "$strike_vm" h1 || diag 'it does not move'
	strike_ticks=$(ticks "$strike_vm")
	lab $strike_break
	strike_start=$(milliseconds)
	wait $client
	strike_status=$?
	strike_ms=$(($(milliseconds) - strike_start))
	like "$strike_status" '^(1|75)$' "$way, $strike_vm: $strike_name: it fails"
	ok "within $strike_limit s" test $strike_ms -lt $((strike_limit * 1000))
	diag "$strike_ms ms: $(cell error "$tmp/killed.out")"
	like "$(cell error "$tmp/killed.out")" "; (the VM is on 'h1' \(running\)|where the VM is can't be told now: 'h1' (halfway|running), 'h2' out of reach); vmm-fsck|; vmm-fsck tells where the VM is" 'and says what it knows'
	fsck --repair >"$tmp/repair" 2>&1
	like "$(cell finding "$tmp/repair")" 'h1' 'vmm-fsck can not do more while it lasts'
	lab $strike_mend
	within 60 answers h2 || diag 'h2 does not come back'
	fsck --repair >"$tmp/repair" 2>&1 || diag "$(cat "$tmp/repair")"
	diag "$(cell finding "$tmp/repair")"
	ok 'the guest runs' within 10 counted "$strike_vm" "$strike_ticks"
	whole "$strike_vm" h1
	clean
}

for way in tcp unix; do
	declare_hosts $way h1 h2
	# Over their sockets hosts are still in reach when their cables are cut.
	if test $way = tcp; then
		struck 'the link is cut' web 120 'link h2 down' 'link h2 up'
	fi
	struck 'the target does not answer any more' web 150 'freeze h2' 'thaw h2'
	struck 'the target crashes' web 120 'crash h2' 'restart h2'
	# QEMU waits for a disk's last bytes as long as TCP does, and libvirt for QEMU: here our limit ends it.
	struck 'the target crashes' db 220 'crash h2' 'restart h2' --move --timeout 10s
	for host in h1 h2; do lab adm host-rm $host >/dev/null; done
done

# From the start
declare_hosts tcp h1 h2
lab adm host-scan >/dev/null
lab freeze h2
started=$(milliseconds)
exits 75 'a target that does not answer from the start: try again later' migrate web --to h2
error=$(cell error)
diag "$(($(milliseconds) - started)) ms"
ok 'within the limit of the check' test $(($(milliseconds) - started)) -lt 30000
like "$error" "^host 'h2' does not answer" 'says who'
lab thaw h2
whole web h1
clean
lab adm host-rm h1 >/dev/null
lab adm host-rm h2 >/dev/null

# At the end: what has arrived may have become a definition there, which must not stay.
nearly_there() {
	on h1 domjobinfo web 2>/dev/null | awk '/^Data processed/ && $4 == "MiB" && $3 > 50 { yes = 1 } END { exit !yes }'
}
declare_hosts ssh h1 h2
lab rate h1 200mbit
start_migrate web --to h2
within 20 nearly_there || diag 'it does not move'
lab freeze h2
wait $client
lab thaw h2
within 60 answers h2 || diag 'h2 does not come back'
fsck --repair >"$tmp/repair" 2>&1 || diag "$(cat "$tmp/repair")"
diag "$(where web); $(cell finding "$tmp/repair")"
whole web h1 'nearly there when the target fell silent: it is whole on h1 alone'
clean
done_testing
