#!/bin/sh
# the client killed in the middle of a migration: vmm-fsck --repair makes the VM whole (all moments: tests/slow)
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=16M start
lab wait web && lab wait db
declare_hosts unix h1 h2
diag 'live, driven by the client'
kills 8 web

# Killed while the guest is paused for the rest of the way
at=$(runs_on web)
start_migrate web --to "$(other "$at")" --bandwidth 4M --timeout 1s --on-stall suspend
is_paused() {
	on "$at" domstate web | grep -q paused
}
within 10 is_paused || diag 'it is not paused'
kill -KILL $client
wait $client
ok 'suspended and killed: mended' fsck --repair
# libvirtd may have let it run again by itself when its client was gone.
like "$(cell finding)" "the VM is on '$at' \\((running|(paused|halfway)\\), resumed)" 'it runs again'
whole web "$at"

diag 'with its disk'
kills 3 db --move
for host in h1 h2; do lab adm host-rm $host >/dev/null; done
declare_hosts tcp h1 h2
diag 'live, from host to host'
kills 4 web
diag 'cold'
kills 2 web --cold
done_testing
