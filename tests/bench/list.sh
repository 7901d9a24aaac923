# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# 10,000 recorded VMs on 100 hosts. The peer prints the same columns of the same file, unsorted, unchecked.

mkdir "$VMM_STATE"
awk 'BEGIN {
	print "name\turi\tgroup\tstate"
	for (h = 0; h < 100; h++)
		printf "node%03d\tqemu+tcp://node%03d/system\tprod\tnormal\n", h, h
}' >"$VMM_STATE/hosts.tsv"
awk 'BEGIN {
	print "uuid\thost\tname\tstate\tlast\talso\tvcpus\tmem\tguest\tseen\tautostart\tpersistent\tsnapshots\tdisks\tnics\taddresses"
	for (v = 0; v < 10000; v++) {
		state = v % 4 ? "normal" : "stop"
		printf "%08x-0000-4000-8000-000000000000\tnode%03d\tvm%d\t%s\t%s\t\t2\t1073741824\tvm%d.example\t2026-01-01T00:00:00Z", \
			v, v % 100, v, state, state, v
		printf "\tyes\tyes\t0\tvda:/srv/vm%d.qcow2\t52:54:00:00:%02x:%02x@br0\t10.1.%d.%d\n", \
			v, v / 256, v % 256, v / 256, v % 256
	}
}' >"$VMM_STATE/vms.tsv"

columns=uuid,host,name,state,vcpus,mem,addresses
list_ours() { vm-list -o $columns; }
list_awk() {
	# shellcheck disable=SC2002
	cat "$VMM_STATE/vms.tsv" | awk -F'\t' -v OFS='\t' -v want=$columns '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(want, w, ",") }
		{ for (i = 1; i <= n; i++) printf "%s%s", $at[w[i]], i < n ? OFS : ORS }'
}
list_json() { vm-list -o $columns --json; }

race 21 list_ours list_awk list_json
line '10,000 VMs listed' "$(took list_ours)" 'cat FILE | awk (nothing checked)' "$(took list_awk)" '< 30 ms'
line '10,000 VMs listed as JSON' "$(took list_json)" 'the same' "$(took list_awk)" '-'
