#!/bin/sh
# vm-migrate --cold and --move: stopped VMs, and disks that go along
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2
declare_hosts tcp h1 h2
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=16M start
lab guest h1 off disk=local size=32M
lab guest h1 def disk=shared
on h1 autostart off >/dev/null
on h1 autostart def >/dev/null
disk=$LAB/local/off.qcow2
lab exec h1 qemu-io -f qcow2 -c 'write -P 0x5a 1M 3M' -c 'write -P 0xa5 20M 512k' "$disk" >/dev/null
lab adm host-scan >/dev/null

same_content() {
	lab exec h2 qemu-io -r -f qcow2 -c 'read -P 0x5a 1M 3M' -c 'read -P 0xa5 20M 512k' -c 'read -P 0 8M 8M' "$disk" >"$tmp/io" &&
		! grep -i 'verification failed' "$tmp/io"
}

# Stopped
ok 'a stopped one on shared storage' migrate def --to h2
is "$(cell method) $(cell result) $(cell downtime_ms)" 'cold done ' 'goes cold'
is "$(where def)" 'h2:shut off' 'and is on the target alone'
is "$(on h2 dominfo def | sed -n 's/^Autostart: *//p')" enable 'with its autostart'
ok '--move of a stopped one' migrate off --to h2 --move
is "$(cell method) $(cell result)" 'move done' 'its row'
ok 'it counts the bytes' test "$(cell bytes)" -gt 3500000
is "$(where off)" 'h2:shut off' 'is on the target alone'
is "$(on h2 dominfo off | sed -n 's/^Autostart: *//p')" enable 'with its autostart'
ok 'its disk has the same content' same_content
ok 'and is not much bigger' test "$(lab exec h2 du -k "$disk" | cut -f 1)" -lt 8000
ok 'and is gone from the source' lab exec h1 test ! -e "$disk"
clean

# Running
lab wait web && lab wait db
ok '--cold of a running one' migrate web --to h2 --cold
is "$(cell method) $(cell result) $(cell downtime_ms)" 'cold done ' 'its row'
ok 'it was started again' lab wait web 30 2
whole web h2
lab watch db "$tmp/watch" >/dev/null
ok '--move of a running one' migrate db --to h2 --move
is "$(cell method) $(cell result)" 'move done' 'its row'
ok 'its pause is told' test "$(cell downtime_ms)" -gt 0
whole db h2
is "$(lab boots db)" 1 'it ran through'
is "$(lab watched "$tmp/watch" | cut -f 2,4 | sed 1d)" "$(printf '0\tyes')" 'its connection lost nothing and is open still'
ok 'its disk is gone from the source' lab exec h1 test ! -e "$LAB/local/db.qcow2"
ok '--move with nothing to copy' migrate web --to h1 --move
whole web h1
ok 'and back' migrate db --to h1 --move --bandwidth 30M
whole db h1
counted_on=$(grep -a LAB-UP "$(lab serial web)" | tail -n 1 | sed 's/.*disk=//')
ok 'what the guest had written is there' test "${counted_on%?}" -gt 0
exits 4 '--live of a stopped one' migrate off --to h1 --live
like "$(cell error)" 'it is stopped' 'says why'
exits 4 '--cold without shared storage' migrate db --to h2 --cold
like "$(cell error)" 'not on storage that .h2. shares' 'says why'
clean
done_testing
