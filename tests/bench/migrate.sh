# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Eight running guests from one host to another, four at a time, and back. At 32 MiB/s each, of which four
# fill a link of 1 Gbit/s; and without a limit, so that the processors are the limit where both hosts are one
# machine. Downtime: they all are alike, so four come to their end at the same moment, and share them.

guests=(g1 g2 g3 g4 g5 g6 g7 g8)

lab_up h1 h2 || return 0
for guest in "${guests[@]}"; do "$lab" guest h1 "$guest" mem=96 start; done
for guest in "${guests[@]}"; do "$lab" wait "$guest" 120; done
for host in h1 h2; do "$lab" adm "$(type -P host-add)" $host "qemu+tcp://$host/system" >/dev/null; done

from=h1 to=h2
migrate="virsh -q -c qemu+tcp://FROM/system migrate --live --p2p --persistent --undefinesource"

# The state is to know where virsh has brought them.
before_ours() { "$lab" adm "$(type -P host-scan)" >/dev/null; }
ours() {
	"$lab" adm "$(type -P vm-migrate)" --format tsv --jobs 4 --per-host 4 ${limit:+--bandwidth ${limit}M} \
		--to $to "${guests[@]}" >"$tmp/moved" || { cat "$tmp/moved" >&2; return 1; }
}
# virsh_jobs N: so many at a time
virsh_jobs() {
	# shellcheck disable=SC2086
	printf '%s\n' "${guests[@]}" | "$lab" adm xargs -P "$1" -I GUEST ${migrate/FROM/$from} \
		${limit:+--bandwidth $limit} GUEST qemu+tcp://$to/system
}
in_turn() { virsh_jobs 1; }
at_once() { virsh_jobs 4; }

# The downtimes are noted, and the next one brings the guests back.
after_ours() { cut -f7 "$tmp/moved" | sed 1d >>"$tmp/downtime-ours" && turn_round; }
after_in_turn() { ask_downtimes >>"$tmp/downtime-in_turn" && turn_round; }
after_at_once() { ask_downtimes >>"$tmp/downtime-at_once" && turn_round; }
ask_downtimes() {
	local guest
	for guest in "${guests[@]}"; do
		"$lab" adm virsh -q -c qemu+tcp://$to/system domjobinfo --completed "$guest" |
			sed -n 's/^Total downtime: *\([0-9]*\).*/\1/p'
	done
}
turn_round() { local was=$from; from=$to to=$was; }
mean() { awk '{ sum += $1 } END { print sum / NR }' "$tmp/downtime-$1"; }
most() { sort -n "$tmp/downtime-$1" | tail -n 1; }

# migrations WHAT MIB/S
migrations() {
	limit=$2
	rm -f "$tmp"/downtime-*
	race 3 ours in_turn at_once
	line "$1" "$(took ours)" 'virsh migrate, one after another' "$(took in_turn)" '<= 0.33'
	line '  downtime, mean' "$(mean ours)" '' "$(mean in_turn)" '<= 1'
	line '  downtime, longest' "$(most ours)" '' "$(most in_turn)" '<= 1'
	line "$1" "$(took ours)" 'xargs -P 4 virsh migrate' "$(took at_once)" '-'
	line '  downtime, mean' "$(mean ours)" '' "$(mean at_once)" '-'
	line '  downtime, longest' "$(most ours)" '' "$(most at_once)" '-'
}

migrations '8 live migrations, 32 MiB/s' 32
used=$(busy)
migrations '8 live migrations, no limit' ''
note "one takes $(awk "BEGIN { printf \"%.0f ms\", ($(busy) - $used) / 72 / ${VMM_BENCH_ROUNDS:-1} }") of processor" \
	"time; the $(nproc) processors are both hosts' and all the guests'"
