#!/bin/sh
# host-stat, vm-stat: what is printed and recorded, and read again; the test driver's VMs claim to be busy all the
# time
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq
fixture
recorded >before

# about LOW HIGH VALUE NAME
about() {
	if awk -v l="$1" -v h="$2" -v v="$3" 'BEGIN { exit !(v != "" && v >= l && v <= h) }'; then
		pass "$4"
	else
		fail "$4"
		diag "'$3' is not between $1 and $2"
	fi
}

# ---- now ----

exits 3 'host-stat: one does not answer' host-stat -i 1 --json
is "$(jq -r .name "$out" | paste -sd ' ')" 'h1 h2 h3 old' 'a row a host'
is "$(jq -r 'select(.name == "h1") | [.state, .cpus, .steal, .disk_rd, .labels[0]] | @tsv' "$out")" \
	'normal	16			disk=ssd' 'what it told'
about 0.9 3 "$(jq -r 'select(.name == "h1").seconds' "$out")" 'over the interval'
is "$(jq -r 'select(.name == "h2").maint' "$out")" true 'and what was declared'
is "$(jq -r 'select(.name == "old") | [.state, .seconds, .time] | @tsv' "$out")" 'unknown		' 'the silent one: nothing'
like "$(jq -r 'select(.name == "old").error' "$out")" '^cannot connect: .*old.xml' 'but why'
exits 3 'vm-stat' vm-stat -i 1 --json
about 0.8 1.2 "$(jq -r 'select(.name == "web2").cpu' "$out")" 'a VM that is busy'
is "$(jq -r 'select(.host == "h2") | [.name, .state, .cpu, .mem] | @tsv' "$out")" 'web1	stop		67108864' 'one that is off'
is "$(jq -r 'select(.name == "web2") | [.group, .vcpus, .mem_actual, .mem_rss] | @tsv' "$out")" 'web	1	67108864	' 'its columns'
like "$(jq -r 'select(.name == "lost") | [.state, .error] | @tsv' "$out")" '^unknown	cannot connect' 'one out of sight'
exits 0 'a VM by name' vm-stat -i 1 -n -o name,host,error h1/web1
is "$(cat "$out")" 'web1	h1	' 'asks its host only'
exits 0 'rows from stdin, none of them' sh -c 'printf "uuid\n" | vm-stat -n -i 1 -'
is "$(cat "$out")" '' 'nobody is asked'
exits 3 'with a filter' vm-stat -i 1 -n -o name -s paused
is "$(cat "$out")" db1 'it holds for what is so now'
node h1 1 web1 1
exits 0 'a VM that is elsewhere by now' vm-stat -i 1 -n -o name,cpu,state,error h1/web2
is "$(cat "$out")" 'web2		unknown	no longer on this host; host-scan finds out where it is' 'is told'
node h1 1 web1 1 2 web2 1
recorded >after
ok 'nothing was recorded' cmp before after
ok 'nor in the history' test ! -e "$VMM_STATE/load"

# ---- again and again ----

host-stat -n -o name,seconds --watch 1 h1 h3 >rounds 2>"$err" &
watching=$!
sleep 4.5
kill -INT $watching
wait $watching
is $? 0 '--watch ends by Ctrl-C'
is "$(cat "$err")" '' 'which is its end, so nothing is said'
about 6 12 "$(wc -l <rounds)" 'a row each in every round'
is "$(cut -f 1 rounds | sed -n '1,4p' | paste -sd ' ')" 'h1 h3 h1 h3' 'as they come'
about 0.5 1.6 "$(sed -n 3p rounds | cut -f 2)" 'from round to round'
host-stat -n --interval 30 h1 >"$out" 2>"$err" &
watching=$!
sleep 0.7
start=$(date +%s)
kill -INT $watching
wait $watching
is $? 1 'interrupted before anything was measured'
about 0 5 $(($(date +%s) - start)) 'at once'
like "$(tail -n 1 "$err")" '^host-stat: interrupted$' 'and says so'

# ---- recorded ----

ok 'host-stat --record' host-stat -n -i 1 --record h1 h3
ok 'vm-stat --record' vm-stat -n -i 1 --record --host h1
day=$(date -u +%F)
is "$(head -n 1 "$VMM_STATE/load/vms-$day.tsv" | cut -f 1-6)" 'time	seconds	uuid	host	name	cpu' 'the file says what is in it'
exits 0 'the history of hosts' host-stat --since 1h -n -o name,group,state,cpus
is "$(cat "$out")" "$(printf 'h1\tweb\tnormal\t\nh3\tdb\tnormal\t\nh1\tweb\tnormal\t')" 'each record'
exits 0 'of one' host-stat --since 1h -n -o name h3
is "$(cat "$out")" h3 'alone'
exits 0 'of VMs, one row each' vm-stat --since 1h --avg --json
is "$(jq -r '[.host, .name, .state] | @tsv' "$out")" "$(printf 'h1\tweb1\tnormal\nh1\tweb2\tnormal\nh3\tdb1\tpaused')" 'those that were on'
about 1.8 5 "$(jq -r 'select(.name == "web1").seconds' "$out")" 'over two records'
about 0.8 1.2 "$(jq -r 'select(.name == "web1").cpu' "$out")" 'their mean'
exits 0 'chosen' vm-stat --since 1h --max -n -o name --name 'w*'
is "$(paste -sd ' ' "$out")" 'web1 web2' 'as in vm-list'
exits 0 'from a time on' vm-stat --since 2099-01-01T00:00:00Z -n
is "$(cat "$out")" '' 'there is nothing yet'
is "$(vmm-fsck -n --offline | grep load)" '' 'the history is no table of the state'

mv "$VMM_STATE/load" aside.load
echo 'in its place' >"$VMM_STATE/load"
host-stat -n -o name --watch 1 --record h1 >rounds 2>"$err" &
watching=$!
sleep 2.5
rm "$VMM_STATE/load"
sleep 2
kill -INT $watching
wait $watching
is $? 3 '--watch --record where some rounds can not be recorded'
like "$(cat "$err")" '^host-stat: this round is not recorded: cannot .*load' 'says so'
about 3 8 "$(wc -l <rounds)" 'and goes on'
like "$(host-stat --since 1h -n -o name)" '^h1' 'the later ones are recorded'
rm -r "$VMM_STATE/load"
mv aside.load "$VMM_STATE/load"

# By hand: what a day was like.
hours='2001-01-01T01:00:00Z 2001-01-01T02:00:00Z 2001-01-01T03:00:00Z 2001-01-02T04:00:00Z'
for time in $hours; do
	file=$VMM_STATE/load/hosts-${time%T*}.tsv
	test -e "$file" || printf 'time\tseconds\tname\tcpu\tmem_used\n' >"$file"
	printf '%s\t5.000\th1\t%s.000\t%s\n' "$time" "${time#*T0}" 100 | sed 's/:00:00Z\.000/.000/' >>"$file"
done
printf '2001-01-02T05:00:00Z\t5.0' >>"$VMM_STATE/load/hosts-2001-01-02.tsv"
summed() {
	host-stat --since 2001-01-01T02:00:00Z "$1" -n -o cpu,mem_used,time h1 2>&1
}
mkdir aside
mv "$VMM_STATE/load/hosts-$day.tsv" aside
is "$(summed --avg)" '3.000	100	2001-01-02T04:00:00Z' '--avg, and the torn line is nothing'
is "$(summed --p95)" '4.000	100	2001-01-02T04:00:00Z' '--p95'
is "$(summed --max)" '4.000	100	2001-01-02T04:00:00Z' '--max'
is "$(host-stat --since 2001-01-01T03:00:00Z -n -o cpu | paste -sd ' ')" '3.000 4.000' 'single records'
echo nonsense >>"$VMM_STATE/load/hosts-2001-01-01.tsv"
exits 2 'a line that cannot be read' host-stat --since 2001-01-01T02:00:00Z
like "$(cat "$err")" "^host-stat: .*load/hosts-2001-01-01.tsv" 'is told of'
mv "aside/hosts-$day.tsv" "$VMM_STATE/load"
printf 'time\tseconds\tname\n2999-01-01T00:00:00Z\t5.000\th1\n' >"$VMM_STATE/load/hosts-2999-01-01.tsv"
is "$(host-stat --since 1h -n -o name,time | grep 2999)" '' 'what a wrong clock recorded is not read'
ok 'old days' host-stat -n -i 1 --record --keep 2d h1
is "$(ls "$VMM_STATE"/load/hosts-2001-01-0* | wc -l)" 2 'stay while it may be the clock that is wrong'
yesterday=hosts-$(date -u -d '1 day ago' +%F).tsv
printf 'time\tseconds\tname\n' >"$VMM_STATE/load/$yesterday"
ok 'what is too old, and too new' host-stat -n -i 1 --record --keep 2d h1
is "$(cd "$VMM_STATE/load" && echo hosts-*)" "$yesterday hosts-$day.tsv" 'goes'
ok 'what is too much' host-stat -n -i 1 --record --max-size 200 h1
ok 'goes' test "$(cat "$VMM_STATE"/load/*.tsv | wc -c)" -le 700
is "$(host-stat --since 1h -n -o name | tail -n 1)" h1 'and the newest stays'

# ---- wrong usage ----

for words in '--avg' '--since soon' '--since 1h --record' '--since 1h --avg --max' '--interval 0.5' '--watch 100ms' '--keep 1d' \
	'--record --keep soon' '--record --max-size big'; do
	# shellcheck disable=SC2086	# words
	exits 2 "host-stat $words" host-stat $words
	one_line host-stat "$words is explained"
done
exits 4 'no such VM' vm-stat nobody
exits 4 'no such host' host-stat h9
done_testing
