# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Eight running guests from one host to another and back: there by vm-migrate, back by virsh in one round,
# the other way round in the next.

guests=(g1 g2 g3 g4 g5 g6 g7 g8)

lab_up h1 h2 || return 0
for guest in "${guests[@]}"; do "$lab" guest h1 "$guest" mem=96 start; done
for guest in "${guests[@]}"; do "$lab" wait "$guest" 120; done
for host in h1 h2; do "$lab" adm "$(type -P host-add)" $host "qemu+tcp://$host/system" >/dev/null; done
"$lab" adm "$(type -P host-scan)" >/dev/null

here_now=h1 there=h2
over() { local was=$here_now; here_now=$there there=$was; }

ours() {
	"$lab" adm "$(type -P vm-migrate)" --jobs 8 --per-host 8 --to $there "${guests[@]}" >"$tmp/moved" || return
	over
	sed 1d "$tmp/moved" | cut -f7 >>"$tmp/downtime-ours"
}
virsh_in_turn() {
	local guest
	for guest in "${guests[@]}"; do
		"$lab" adm virsh -q -c qemu+tcp://$here_now/system migrate --live --p2p --persistent --undefinesource \
			"$guest" qemu+tcp://$there/system </dev/null || return
		"$lab" adm virsh -q -c qemu+tcp://$there/system domjobinfo --completed "$guest" |
			sed -n 's/^Total downtime: *\([0-9]*\).*/\1/p' >>"$tmp/downtime-virsh"
	done
	over
}

race 3 ours virsh_in_turn
line '8 live migrations' "$(took ours)" 'virsh migrate, one after another' "$(took virsh_in_turn)" '<= 0.33'
mean() { awk '{ sum += $1 } END { print sum / NR }' "$1"; }
most() { sort -n "$1" | tail -n 1; }
line '  downtime, mean' "$(mean "$tmp/downtime-ours")" '' "$(mean "$tmp/downtime-virsh")" '<= 1'
line '  downtime, longest' "$(most "$tmp/downtime-ours")" '' "$(most "$tmp/downtime-virsh")" '<= 1'
