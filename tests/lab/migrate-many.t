#!/bin/sh
# vm-migrate of many VMs: at once, within limits; Ctrl-C once and twice
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2
declare_hosts tcp h1 h2
for vm in a b c d; do lab guest h1 $vm mem=80 start & done
wait
for vm in a b c d; do lab wait $vm 60; done
lab adm host-scan >/dev/null

# The most that left a host at one moment.
overlap() {
	while grep -q '^State:.[^Z]' /proc/$client/status 2>/dev/null; do
		for vm in a b c d; do on "$1" domjobinfo $vm 2>/dev/null | grep -c Unbounded; done | awk '{ n += $1 } END { print n + 0 }'
	done | sort -n | tail -n 1
}

ok 'four at once' migrate a b c d --to h2 --jobs 4 --per-host 4 --bandwidth 20M
is "$(cell result | sort -u) $(cell vm | sort | paste -sd ' ')" 'done a b c d' 'all are moved'
for vm in a b c d; do whole $vm h2; done

start_migrate a b c d --to h1 --jobs 4 --per-host 2 --bandwidth 20M
most=$(overlap h2)
wait $client
is "$(cell result "$tmp/killed.out" | sort -u)" 'done' 'two by two'
is "$most" 2 'never more than --per-host from one host'

# The first Ctrl-C: what runs is finished, what waits is not begun.
start_migrate a b c d --to h2 --jobs 1 --bandwidth 20M
within 20 copying a h1 || diag 'a does not move'
kill -INT $client
wait $client
status=$?
is $status 3 'Ctrl-C: some moved'
is "$(cell result "$tmp/killed.out" | sort | paste -sd ' ')" 'done skipped skipped skipped' 'what ran is done, what waited is skipped'
like "$(cat "$tmp/killed.err")" 'starting nothing new' 'and it says so'
whole a h2
for vm in b c d; do whole $vm h1; done

# The second: what runs is aborted.
start_migrate b c d --to h2 --jobs 1 --bandwidth 8M
within 20 copying b h1 || diag 'b does not move'
kill -INT $client
within 5 grep -q 'starting nothing new' "$tmp/killed.err"
kill -INT $client
started=$(milliseconds)
wait $client
status=$?
is $status 1 'twice Ctrl-C: none moved'
ok 'it ends soon' test $(($(milliseconds) - started)) -lt 5000
is "$(cell result "$tmp/killed.out" | sort | paste -sd ' ')" 'aborted skipped skipped' 'what ran is aborted'
like "$(cell error "$tmp/killed.out")" "aborted on request; the VM is on 'h1' \\(running\\)" 'and says where it is'
for vm in b c d; do whole $vm h1; done

exits 3 'those that can, go' migrate a b --to h2
is "$(cell result | paste -sd ' ')" 'refused done' 'one is refused, the other done'
exits 1 '--fail-fast' migrate a c --to h2 --fail-fast
is "$(cell result | paste -sd ' ')" 'refused skipped' 'starts nothing after that'
whole c h1
clean
done_testing
