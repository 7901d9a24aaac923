# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# A visit to 100 hosts, each a round trip of 20 ms away. One libvirtd plays them all, on this machine, and reads
# a host's definition at each connection, which no real host does: so that has one VM only.

lab_up || return 0
"$lab" swarm 100 latency=20 vms=1 >"$tmp/hosts"
sed 1d "$tmp/hosts" | tr '\t' '\n' | xargs -d '\n' -n 2 -P 32 host-add >/dev/null
host-scan >/dev/null

cut -f2 "$tmp/hosts" | sed 1d >"$tmp/uris"
all() { host-scan --jobs 100; }
virsh_at_once() { xargs -d '\n' -I URI -P 100 virsh -q -c URI list --all <"$tmp/uris"; }
virsh_in_turn() { while read -r uri; do virsh -q -c "$uri" list --all </dev/null || return; done <"$tmp/uris"; }
alone_1() { host-scan s1; }
alone_2() { host-scan s50; }
alone_3() { host-scan s100; }

self() { awk -v hz="$(getconf CLK_TCK)" '{ print ($16 + $17) * 1000 / hz }' /proc/$$/stat; }

race 7 all alone_1 alone_2 alone_3 virsh_at_once
slowest=$(printf '%s\n' "$(took alone_1)" "$(took alone_2)" "$(took alone_3)" | sort -n | tail -n 1)
line '100 hosts visited, 20 ms away' "$(took all)" 'the slowest of them, alone' "$slowest" '<= 1.3'
line '' "$(took all)" 'xargs -P 100 virsh list' "$(took virsh_at_once)" '< 1'
race 2 all virsh_in_turn
line '' "$(took all)" 'virsh list, one after another' "$(took virsh_in_turn)" '< 1'

before="$(self) $(busy swarm) $(busy adm)"
for ((k = 0; k < 10; k++)); do all >/dev/null; done
note "$(echo "$before $(self) $(busy swarm) $(busy adm)" | awk '{
	printf "a visit takes %.2f ms of processor time, of which %.2f ms in libvirtd and %.2f ms in the wire", \
		($4 - $1 + $5 - $2 + $6 - $3) / 1000, ($5 - $2) / 1000, ($6 - $3) / 1000 }'); there are $(nproc)" \
	"processors for all 100"
