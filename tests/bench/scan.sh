# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A visit to 100 hosts, each a round trip of 20 ms away. One libvirtd on this machine plays them all.

lab_up || return 0
"$lab" swarm 100 latency=20 >"$tmp/hosts"
sed 1d "$tmp/hosts" | tr '\t' '\n' | xargs -d '\n' -n 2 -P 32 host-add >/dev/null
host-scan >/dev/null

cut -f2 "$tmp/hosts" | sed 1d >"$tmp/uris"
all() { host-scan --jobs 100; }
virsh_at_once() { xargs -d '\n' -I URI -P 100 virsh -q -c URI list --all <"$tmp/uris"; }
virsh_in_turn() { while read -r uri; do virsh -q -c "$uri" list --all </dev/null || return; done <"$tmp/uris"; }
alone_1() { host-scan s1; }
alone_2() { host-scan s50; }
alone_3() { host-scan s100; }

# ticks FILE...: processor time in ms, from what the kernel tells of processes
ticks() { awk -v hz="$(getconf CLK_TCK)" '{ sum += $14 + $15 } END { print sum * 1000 / hz }' "$@"; }
daemon() { "$lab" exec swarm sh -c 'cat /proc/$(pgrep -o -x libvirtd)/stat' | ticks; }
self() { awk -v hz="$(getconf CLK_TCK)" '{ print ($16 + $17) * 1000 / hz }' /proc/$$/stat; }

race 7 all alone_1 alone_2 alone_3 virsh_at_once
slowest=$(printf '%s\n' "$(took alone_1)" "$(took alone_2)" "$(took alone_3)" | sort -n | tail -n 1)
line '100 hosts visited, 20 ms away' "$(took all)" 'the slowest of them, alone' "$slowest" '<= 1.3'
line '' "$(took all)" 'xargs -P 100 virsh list' "$(took virsh_at_once)" '< 1'
race 2 all virsh_in_turn
line '' "$(took all)" 'virsh list, one after another' "$(took virsh_in_turn)" '< 1'

before=$(daemon) own=$(self)
for ((k = 0; k < 10; k++)); do all >/dev/null; done
note "processor time of a visit: $(awk "BEGIN { printf \"%.2f ms here, %.2f ms in libvirtd\", \
	($(self) - $own) / 1000, ($(daemon) - $before) / 1000 }"); $(nproc) processors are shared by 100 of them"
