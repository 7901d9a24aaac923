# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Eight running guests from one host to another, and back: vm-migrate brings them there, virsh back.
# At 32 MiB/s each, of which four fill a link of 1 Gbit/s, and without a limit, which leaves the processors
# as the limit where both hosts are one machine.

guests=(g1 g2 g3 g4 g5 g6 g7 g8)

lab_up h1 h2 || return 0
for guest in "${guests[@]}"; do "$lab" guest h1 "$guest" mem=96 start; done
for guest in "${guests[@]}"; do "$lab" wait "$guest" 120; done
for host in h1 h2; do "$lab" adm "$(type -P host-add)" $host "qemu+tcp://$host/system" >/dev/null; done

from=h1 to=h2
turn_round() { local was=$from; from=$to to=$was; }
on_target() { "$lab" adm virsh -q -c "qemu+tcp://$to/system" "$@"; }

# The state is to know where virsh has brought them.
before_ours() { "$lab" adm "$(type -P host-scan)" >/dev/null; }
ours() {
	"$lab" adm "$(type -P vm-migrate)" --format tsv --jobs 4 --per-host 4 ${limit:+--bandwidth ${limit}M} \
		--to $to "${guests[@]}" >"$tmp/moved" || { cat "$tmp/moved" >&2; return 1; }
}
after_ours() {
	sed 1d "$tmp/moved" | cut -f7 >>"$tmp/downtime-ours"
	turn_round
}
virsh_in_turn() {
	for guest in "${guests[@]}"; do
		"$lab" adm virsh -q -c qemu+tcp://$from/system migrate --live --p2p --persistent --undefinesource \
			${limit:+--bandwidth $limit} "$guest" qemu+tcp://$to/system </dev/null || return
	done
}
after_virsh_in_turn() {
	for guest in "${guests[@]}"; do
		on_target domjobinfo --completed "$guest" | sed -n 's/^Total downtime: *\([0-9]*\).*/\1/p'
	done >>"$tmp/downtime-virsh"
	turn_round
}

mean() { awk '{ sum += $1 } END { print sum / NR }' "$1"; }
most() { sort -n "$1" | tail -n 1; }
# migrations WHAT MIB/S GOAL
migrations() {
	limit=$2
	rm -f "$tmp"/downtime-*
	race 3 ours virsh_in_turn
	line "$1" "$(took ours)" 'virsh migrate, one after another' "$(took virsh_in_turn)" "$3"
	line '  downtime, mean' "$(mean "$tmp/downtime-ours")" '' "$(mean "$tmp/downtime-virsh")" '<= 1'
	line '  downtime, longest' "$(most "$tmp/downtime-ours")" '' "$(most "$tmp/downtime-virsh")" '<= 1'
}

migrations '8 live migrations, 32 MiB/s' 32 '<= 0.33'
used=$(busy)
migrations '8 live migrations, no limit' '' '-'
note "a migration takes $(awk "BEGIN { printf \"%.0f ms\", ($(busy) - $used) / 48 / ${VMM_BENCH_ROUNDS:-1} }") of" \
	"processor time; there are $(nproc) processors for both hosts and all the guests"
