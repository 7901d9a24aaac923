#!/bin/sh
# plan-balance --auto: an imbalance has to last, what has moved rests, groups in manual mode are left alone; a day of load
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/replay.sh"

mkdir -p "$VMM_CONF/groups"
settings() { # GROUP LINE…
	file=$VMM_CONF/groups/$1.conf
	shift
	printf '%s\n' "$@" >"$file"
}
settings g 'mode = automatic' 'rounds = 3' 'hold-down = 1h' 'aggressiveness = 5'
settings m 'mode = manual' 'rounds = 1' 'aggressiveness = 5'

# Two groups alike: four VMs on one of two hosts.
printf 'name\tgroup\tcpus\tmem_total\n' >hosts
printf 'uuid\tname\thost\tvcpus\tmem\ttime\n' >vms
for g in g m; do
	printf '%s1\t%s\t8\t1000\n%s2\t%s\t8\t1000\n' $g $g $g $g >>hosts
	for i in 1 2 3 4; do
		printf '%s-%s\t%s%s\t%s1\t1\t100\t2026-11-22T00:00:00Z\n' $g $i $g $i $g >>vms
	done
done
cp vms even
sed -i '/^g-[34]/s/\tg1\t/\tg2\t/' even

round() { # TIME [VMS]: the VMs that move
	sed "s/2026-11-22T00:00:00Z/2026-11-22T$1:00Z/" "${2:-vms}" >now
	plan-balance --hosts hosts --vms now --auto memory -n -o vm
}
is "$(round 00:00)" '' 'the first round moves nothing'
is "$(cut -f1-3 memory)" "$(printf 'what\tname\trounds\ngroup\tg\t1')" 'and is remembered'
is "$(round 00:02)" '' 'a look before the interval is over'
is "$(cut -f1-3 memory | sed 1d)" "$(printf 'group\tg\t1')" 'is no round'
is "$(round 00:05)" '' 'nor does the second'
is "$(round 00:10 | wc -l)" 2 'the third one does, in the group that is automatic'
is "$(round 00:10 | grep -c '^m')" 0 'and nowhere else'

rm memory
round 00:00 >/dev/null
round 00:05 >/dev/null
is "$(round 00:10 even)" '' 'what was even for a round'
is "$(round 00:15)" '' 'begins anew'
is "$(round 00:20)" '' 'and has to last again'
moved=$(round 00:25)
is "$(echo "$moved" | wc -l)" 2 'until it moves'
is "$(cut -f1,4 memory | grep -c '^vm	2026-11-22T00:25:00Z')" 2 'which is remembered too'

# As if nothing had moved: the two rest, the other two may go.
round 00:30 >/dev/null
round 00:35 >/dev/null
is "$(round 00:40 | grep -cxF "$moved")" 0 'what has moved rests'
round 01:40 >/dev/null
is "$(grep -c '^vm' memory)" 0 'and is forgotten when the time is over'

settings g 'mode = automatic' 'rounds = 3' '[never a]' 'vms = g1' 'hosts = g1'
rm memory
is "$(round 00:00)" g1 'what breaks a rule does not wait'
settings g 'mode = automatic' 'rounds = 1' 'aggressiveness = 5'
rm memory
sed 's/\ttime$//; s/\t2026.*//' vms >timeless
exits 2 'rows without a time' plan-balance --hosts hosts --vms timeless --auto memory
like "$(cat "$err")" '--now' 'the message tells what helps'
ok '--now tells it' plan-balance --hosts hosts --vms timeless --auto memory --now 2026-11-22T00:00:00Z
exits 2 '--now is for --auto' plan-balance --hosts hosts --vms vms --now 2026-11-22T00:00:00Z
exits 2 'a time that is none' plan-balance --hosts hosts --vms vms --auto memory --now yesterday
exits 2 'no score with it' plan-balance --hosts hosts --vms vms --auto memory --score
printf 'what\tname\trounds\ttime\nvm\tg-1\t\tyesterday\n' >memory
exits 2 'a memory that is none' plan-balance --hosts hosts --vms vms --auto memory
like "$(cat "$err")" "memory: line 2: 'yesterday' is no time" 'names the file and the line'
is "$(sed -n 2p memory)" "$(printf 'vm\tg-1\t\tyesterday')" 'and is left as it was'
echo notes >notes
exits 2 'a file that is something else' plan-balance --hosts hosts --vms vms --auto notes
like "$(cat "$err")" "notes: no column 'what'" 'is named'
is "$(cat notes)" notes 'and is left, too'

# A day, what this is for: rounds of five minutes, of which the hold-down has twelve.
ok 'a day without it' replay without 12 90 7
ok 'a day with it' replay with 12 90 7 --auto memory
ok 'a day without moves' replay idle 12 90 7 --max-moves 0
diag "$(replayed without) without; $(replayed with) with; $(replayed idle) idle"
is "$(twice with 11)" 0 'no VM moves again within the hold-down, least of all back'
is "$(test "$(twice without 11)" -gt 0 && echo yes)" yes 'without it, some do'
less() { awk -v a="$1" -v b="$2" 'BEGIN { print a < b ? "yes" : a " is not less than " b }'; }
is "$(less "$(moves with)" "$(awk -v n="$(moves without)" 'BEGIN { print n * 0.8 }')")" yes 'a fifth fewer moves, or more'
is "$(less "$(mean_score with)" "$(awk -v a="$(mean_score without)" -v b="$(mean_score idle)" \
	'BEGIN { print a + (b - a) / 10 }')")" yes 'nearly as even: nine tenths of what there is to gain'
done_testing
