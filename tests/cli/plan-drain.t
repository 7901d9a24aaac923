#!/bin/sh
# plan-drain: every VM a place, or the reason why it has none
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fleet.sh"

# shellcheck disable=SC2086
drain() {
	plan-drain $rows "$@"
}
moves() {
	drain -n -o vm,from,to "$@" | tr '\t\n' ': '
}

fleet 4 32
for i in 1 2 3 4; do vm "a$i" h1 4; done
vm b h2 16
vm off h1 8 stop
is "$(moves h1)" 'a1:h1:h3 a2:h1:h4 a3:h1:h3 a4:h1:h4 ' 'as evenly as can be, and what is off stays'
is "$(drain -n -o wave h1 | paste -sd ' ')" '1 1 2 2' 'two moves of a host a wave'
is "$(drain -n -o wave --per-host 1 h1 | paste -sd ' ')" '1 2 3 4' 'or as many as --per-host says'
is "$(moves 'h[1,3-4]' | tr ' ' '\n' | cut -d: -f3 | sort -u | xargs)" h2 'hosts that are emptied get nothing'
is "$(drain -n h4)" '' 'an empty host: no step'
ok 'which is no failure' drain h4
is "$(tac vms.tsv | awk '$1 == "uuid" { h = $0; next } { l[++n] = $0 } END { print h; for (i = 1; i <= n; i++) print l[i] }' >turned && plan-drain --hosts hosts.tsv --vms turned h1)" \
	"$(drain h1)" 'the order of rows means nothing'
is "$(plan-drain --hosts hosts.tsv --vms - h1 <vms.tsv)" "$(drain h1)" 'from stdin'

rules <<-EOF2
	[pin one]
	vms = a1
	[never storage]
	vms = a2
	hosts = h3, h4
	[together pair]
	vms = a3, a4
EOF2
exits 3 'some have to stay' drain h1
is "$(cat "$err")" "plan-drain: cannot move 'a1' off 'h1': pinned by pin one" 'and it says which'
like "$(moves h1 2>&1)" 'a2:h1:h2' 'a rule'
is "$(moves h1 2>&1 | tr ' ' '\n' | grep '^a[34]:' | cut -d: -f3 | sort -u | wc -l)" 1 'together'
rules <<-EOF2
	[pin all]
	vms = a*
EOF2
exits 4 'none can go' drain h1
is "$(wc -l <"$out")" 1 'an empty plan'
rules <<-EOF2
	[pin one]
	vms = a1
	[together pair]
	vms = a1, a2
EOF2
like "$(drain h1 2>&1)" "'a2' off 'h1': has to be together with one that stays" 'and those with it'

# Evenly there is no room for the large one: 8 + 8 + 8 of 24 and 16 of 16.
fleet 3 24
vm x h1 16
vm y h1 8
vm z h1 8
vm p h2 8
vm q h3 4
is "$(drain h1 2>&1 | grep -c migrate)" 3 'room for all is found where there is some'
vm r h3 8
exits 3 'and where there is none it says so' drain h1
like "$(cat "$err")" "no host takes it: not enough memory \(2\)" 'with the reason'

exits 4 'no such host' drain h9
exits 2 'no host' plan-drain
exits 2 'a wrong number' drain --per-host 0 h1
printf 'name\tcpus\nh1\t8\n' >bad
exits 2 'a column that is missing' plan-drain --hosts bad --vms vms.tsv h1
like "$(cat "$err")" "bad:1: column 'mem_total' is missing" 'is named'
done_testing
