# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# The start of a command that touches no hypervisor: a few hosts listed.

mkdir "$VMM_STATE"
{
	printf 'name\turi\tgroup\tstate\n'
	for n in 1 2 3; do printf 'node%d\tqemu+tcp://node%d/system\tprod\tnormal\n' $n $n; done
} >"$VMM_STATE/hosts.tsv"

many() { for ((k = 0; k < 20; k++)); do "$@" || return; done; }
start_ours() { many host-list; }
start_peer() { many "$(type -P true)"; }

race 21 start_ours start_peer
ours=$(took start_ours) theirs=$(took start_peer)
line 'a command of the inventory' "$(awk "BEGIN { print $ours / 20 }")" true \
	"$(awk "BEGIN { print $theirs / 20 }")" '+ 2 ms'
