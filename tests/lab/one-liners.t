#!/bin/bash
# The one-liners of vmm(7) that move VMs, as they stand there, between real hosts.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/one-liner.sh"

lab_up h1 h2 h3
declare_hosts tcp h1 h2 h3
lab adm host-set -n 'h[1-3]' --group web >/dev/null
for vm in a b c; do
	lab guest h1 $vm disk=shared start
done
lab guest h1 off disk=shared
for vm in a b c; do
	lab wait $vm 60 || diag "$vm does not come up"
done

# free H1 H2 H3: so many MiB are free, as far as the state knows
free() {
	awk -F '\t' -v OFS='\t' -v free="$*" '
		BEGIN { split(free, mib, " ") }
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		NR > 1 { $at["mem_free"] = sprintf("%.0f", mib[NR - 1] * 2^20) }
		{ print }' "$LAB/state/hosts.tsv" >hosts.new
	mv hosts.new "$LAB/state/hosts.tsv"
}

# in_lab N [SED]
in_lab() {
	text_of "$1" | sed "${2-}" >one-liner
	lab adm bash one-liner
}

ok 'the hosts are visited' lab adm host-scan
free 100 800 700
in_lab 1 >moved
is "$(cut -f 1-5,9 moved | sort)" "$(
	tabs 'a h1 h2 live done -'
	tabs 'b h1 h2 live done -'
	tabs 'c h1 h2 live done -'
	tabs 'vm from to method result error'
)" 'what runs on the fullest host of the group moves to the emptiest'
for vm in a b c; do
	whole $vm h2
done
is "$(where off)" 'h1:shut off' 'what is off stays'

# Each guest has 96 MiB.
free 750 100 800
in_lab 10 's/h1/h2/g' >moved
is "$(cut -f 1-5,9 moved | sort)" "$(
	tabs 'a h2 h3 live done -'
	tabs 'b h2 h1 live done -'
	tabs 'c h2 h3 live done -'
	tabs 'vm from to method result error'
)" 'a host is evacuated, to whichever is the emptiest then'
is "$(lab adm vm-list -n --live --host h2)" '' 'nothing is left on it'
is "$(fsck -n)" '' 'nor anything to mend'
done_testing
