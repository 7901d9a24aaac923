#!/bin/sh
# the target's disk fills up while a VM's disk is copied to it
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2:local=32M
declare_hosts tcp h1 h2
lab guest h1 db disk=local size=64M
lab guest h1 off disk=local size=64M
for vm in db off; do
	lab exec h1 qemu-io -f qcow2 -c 'write -P 7 8M 20M' "$LAB/local/$vm.qcow2" >/dev/null
done
on h1 start db >/dev/null
lab wait db
lab adm host-scan >/dev/null

start_migrate db --to h2 --move --bandwidth 4M
within 20 copying db h1 || diag 'it does not move'
lab exec h2 dd if=/dev/zero of="$LAB/local/other" bs=1M count=30 status=none 2>/dev/null
wait $client
status=$?
is $status 1 'running: the move fails'
diag "$(sed 1d "$tmp/killed.out")"
is "$(cell result "$tmp/killed.out")" failed 'says so'
like "$(cell error "$tmp/killed.out")" "([Nn]o space|[Ii]nput/output).*; the VM is on 'h1' \(running\)" 'says why, and where it is'
whole db h1
lab exec h2 rm "$LAB/local/other"
clean

# Stopped: the copy goes through the client, at the speed of the slowest link.
lab rate h2 16mbit
start_migrate off --to h2 --move
within 20 lab exec h2 test -s "$LAB/local/off.qcow2"
lab exec h2 dd if=/dev/zero of="$LAB/local/other" bs=1M count=30 status=none 2>/dev/null
wait $client
status=$?
is $status 1 'stopped: the move fails'
diag "$(sed 1d "$tmp/killed.out")"
like "$(cell error "$tmp/killed.out")" "[Nn]o space.*; the VM is on 'h1' \(stopped\)" 'says why, and where it is'
is "$(where off)" 'h1:shut off' 'it is there'
lab rate h2 off
lab exec h2 rm "$LAB/local/other"
clean
ok 'with space again both go' migrate db --to h2 --move
whole db h2
done_testing
