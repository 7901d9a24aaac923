# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# A host with eight running guests is emptied to two others, at 32 MiB/s each, so that copying is what takes
# time: host-maint enter, beside virsh migrate in a loop. Then the guests are brought back.

guests=(g1 g2 g3 g4 g5 g6 g7 g8)

lab_up h1 h2 h3 || return 0
for guest in "${guests[@]}"; do "$lab" guest h1 "$guest" mem=96 start; done
for guest in "${guests[@]}"; do "$lab" wait "$guest" 120; done
for host in h1 h2 h3; do "$lab" adm "$(type -P host-add)" $host "qemu+tcp://$host/system" >/dev/null; done

before_ours() { "$lab" adm "$(type -P host-scan)" >/dev/null; }
ours() {
	"$lab" adm "$(type -P host-maint)" enter h1 --format tsv --bandwidth 32M >"$tmp/emptied" || {
		cat "$tmp/emptied" >&2
		return 1
	}
}
in_turn() {
	local guest i=0
	for guest in "${guests[@]}"; do
		"$lab" adm virsh -q -c qemu+tcp://h1/system migrate --live --p2p --persistent --undefinesource \
			--bandwidth 32 "$guest" qemu+tcp://h$((2 + i++ % 2))/system
	done
}
after_ours() { "$lab" adm "$(type -P host-maint)" leave h1 >/dev/null && back; }
after_in_turn() { back; }
back() {
	"$lab" adm "$(type -P host-scan)" >/dev/null
	"$lab" adm "$(type -P vm-migrate)" --to h1 --jobs 4 --per-host 4 "${guests[@]}" >"$tmp/back" || {
		cat "$tmp/back" >&2
		return 1
	}
}

race 3 ours in_turn
line 'a host with 8 guests emptied, 32 MiB/s' "$(took ours)" 'virsh migrate, one after another' \
	"$(took in_turn)" '<= 0.33'
