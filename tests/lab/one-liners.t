#!/bin/bash
# The one-liners of vmm(7) that move VMs, as they stand there, between real hosts.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/one-liner.sh"

# Free at first: h2 about 950 MiB, h3 about 800, h1 the least; h1 has more to give when its guests are gone.
lab_up h1:mem=950M h2:mem=1000M h3:mem=850M
declare_hosts tcp h1 h2 h3
lab adm host-set -n 'h[1-3]' --group web >/dev/null
for vm in a b c; do
	lab guest h1 $vm disk=shared start
done
lab guest h1 off disk=shared
for vm in a b c; do
	lab wait $vm 60 || diag "$vm does not come up"
done

# in_lab N [SED]
in_lab() {
	text_of "$1" | sed "${2-}" >one-liner
	lab adm bash one-liner
}

ok 'the hosts are visited' lab adm host-scan

in_lab 1 >moved
is "$(cut -f 1-5 moved | sort)" "$(
	tabs 'a h1 h2 live done'
	tabs 'b h1 h2 live done'
	tabs 'c h1 h2 live done'
	tabs 'vm from to method result'
)" 'what runs on the fullest host of the group moves to the emptiest'
for vm in a b c; do
	whole $vm h2
done
is "$(where off)" 'h1:shut off' 'what is off stays'

in_lab 10 's/h1/h2/g' >moved
is "$(cut -f 1,2,4,5 moved | sort)" "$(
	tabs 'a h2 live done'
	tabs 'b h2 live done'
	tabs 'c h2 live done'
	tabs 'vm from method result'
)" 'a host is evacuated'
is "$(awk '$1 == "a" { print $3 }' moved)" h3 'the first goes to the emptiest'
is "$(awk '$2 == "h2" { print $3 }' moved | sort -u | paste -sd ' ')" 'h1 h3' \
	'the next ones to whichever is the emptiest then'
is "$(lab adm vm-list -n --live --host h2)" '' 'nothing is left on it'
is "$(fsck -n)" '' 'nor anything to mend'
done_testing
