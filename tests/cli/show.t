#!/bin/sh
# host-show and vm-show: all that is recorded of one, and what a wrong name says
. "${0%/*}/../tap.sh"
need jq

mkdir -m 700 "$VMM_STATE"
printf 'name\turi\tgroup\tstate\tmem_total\tcaps\tlabels\n' >"$VMM_STATE/hosts.tsv"
printf 'h1\tqemu+tcp://h1/system\tweb\tnormal\t68719476736\tlive,cold\tnote=a\\\\,b,rack=7\n' >>"$VMM_STATE/hosts.tsv"
printf 'uuid\thost\tname\tstate\tmem\tautostart\tdisks\n' >"$VMM_STATE/vms.tsv"
printf '00000000-0000-4000-8000-00000000000%s\th1\t%s\tnormal\t1073741824\tyes\tvda:/srv/x\n' \
	1 web 2 'a\tb' >>"$VMM_STATE/vms.tsv"

ok 'host-show' host-show h1
is "$(head -n 3 "$out")" "$(printf 'field\tvalue\nname\th1\nuri\tqemu+tcp://h1/system')" 'a line for each field'
is "$(host-show -n -o name,mem_total -H h1)" "$(printf 'name\th1\nmem_total\t64G')" 'those that -o chooses'
is "$(host-show --json h1 | jq -c '[.caps, .labels, .mem_total, .maint, .group]')" \
	'[["live","cold"],["note=a,b","rack=7"],68719476736,null,"web"]' 'as JSON, with types'
exits 4 'a host that is not declared' host-show h9
is "$(cat "$err")" "host-show: no host 'h9' is declared" 'is named'
is "$(cat "$out")" '' 'and nothing else is printed'
exits 2 'one at a time' host-show h1 h1

ok 'vm-show' vm-show web
is "$(vm-show -n -o host,group,autostart h1/web)" "$(printf 'host\th1\ngroup\tweb\nautostart\tyes')" \
	'by host and name; the group is that of its host'
is "$(vm-show --json 00000000-0000-4000-8000-000000000002 | jq -c '[.name, .disks, .autostart]')" \
	'["a\tb",["vda:/srv/x"],true]' 'by UUID, as JSON'
is "$(vm-show -n -o name 'a%09b')" "$(printf 'name\ta\\tb')" 'by the name as a terminal shows it'
exits 4 'a VM that nobody knows' vm-show nosuch
is "$(cat "$err")" "vm-show: no VM 'nosuch' is known" 'is named'
done_testing
