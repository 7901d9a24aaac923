#!/bin/sh
# the client killed at any moment of a migration: vmm-fsck --repair makes the VM whole
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=16M start
lab wait web && lab wait db
for way in tcp unix; do
	lab adm host-rm h1 h2 >/dev/null 2>&1
	declare_hosts $way h1 h2
	diag "live, $way"
	kills 20 web
	diag "with its disk, $way"
	kills 10 db --move
	diag "cold, $way"
	kills 6 web --cold
done
done_testing
