#!/bin/sh
# vm-migrate where the client drives the migration: hosts that don't reach each other's libvirtd
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2
declare_hosts unix h1 h2
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=32M start
lab guest h1 off disk=local size=16M
on h1 autostart web >/dev/null
lab wait web && lab wait db
lab adm host-scan >/dev/null

lab watch web "$tmp/watch" >/dev/null
ok 'live' migrate web --to h2
is "$(cell method) $(cell result)" 'live done' 'its row'
like "$(cell downtime_ms) $(cell bytes)" '^[0-9]+ [0-9]{8,9}$' 'with its cost'
whole web h2
is "$(lab watched "$tmp/watch" | cut -f 2,4 | sed 1d)" "$(printf '0\tyes')" 'its connection lost nothing and is open still'
is "$(on h2 dominfo web | sed -n 's/^Autostart: *//p')" enable 'autostart goes with it'
ok '--move, running' migrate db --to h2 --move
whole db h2
ok '--move, stopped' migrate off --to h2 --move
is "$(where off)" 'h2:shut off' 'is on the target alone'
ok 'cold' migrate web --to h1 --cold
ok 'is started again' lab wait web 30 2
whole web h1
clean

# Twice Ctrl-C while the disk is copied
lab exec h2 qemu-img info -U "$LAB/local/db.qcow2" >/dev/null
start_migrate db --to h1 --move --bandwidth 4M
within 20 copying db h2 || diag 'it does not move'
kill -INT $client
within 5 grep -q 'starting nothing new' "$tmp/killed.err"
kill -INT $client
wait $client
like "$(cell error "$tmp/killed.out")" "aborted on request; the VM is on 'h2' \(running\)" 'aborted: says where it is'
whole db h2
clean 'after the abort, nothing is left'

for host in h1 h2; do lab adm host-rm $host >/dev/null; done
declare_hosts ssh h1 h2
lab adm host-scan >/dev/null
ok 'over ssh' migrate web --to h2
whole web h2
ok 'over ssh, with disks' migrate off db --to h1 --move
is "$(cell result | sort -u)" 'done' 'both are done'
whole db h1
ok 'and --cold' migrate web --to h1 --cold
within 30 counted web "$(ticks web)"
whole web h1
clean
done_testing
