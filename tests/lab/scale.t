#!/bin/bash
# 100 hosts at 20 ms, of which five fall silent: a visit ends in time, tells of 95 what is there now, and
# of five, and their VMs, that nobody knows.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up
VMM_STATE=$LAB/state
lab swarm 100 latency=20 hang=5 >"$tmp/swarm" || exit 1
five=(s96 s97 s98 s99 s100)
the_five=s96,s97,s98,s99,s100

# Silent they are by themselves; they answer over the wire of another host.
answer() {
	for host in "${five[@]}"; do
		mv "$LAB/swarm/$host.sock" "$LAB/swarm/$host.silent" && ln -s s1.sock "$LAB/swarm/$host.sock"
	done
}
fall_silent() { for host in "${five[@]}"; do mv "$LAB/swarm/$host.silent" "$LAB/swarm/$host.sock"; done; }

# counts: "VALUE N" for each value among the lines
counts() { sort | uniq -c | awk '{ print $2, $1 }' | paste -sd,; }
states() { vm-list -n -o state "$@" | counts; }
# in_time SECONDS NAME: what began at $started has ended within SECONDS + 1
in_time() {
	took=$(((${EPOCHREALTIME/./} - started) / 1000))
	diag "it took $took ms"
	if [ $took -le $((($1 + 1) * 1000)) ]; then pass "$2"; else fail "$2"; fi
}

answer
sed 1d "$tmp/swarm" | tr '\t' '\n' | xargs -d '\n' -n 2 -P 16 host-add >"$tmp/added" || exit 1
exits 0 'all are visited while they answer' host-scan
is "$(cell state | counts)" 'normal 100' 'and are normal'
is "$(states)" 'normal 300,stop 100' 'their VMs are known'
host-list -n -o name,seen "$the_five" >"$tmp/seen"

fall_silent
sleep 1.1 # times are in seconds
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
started=${EPOCHREALTIME/./}
exits 3 'five fall silent: the next visit succeeds in part' host-scan --timeout 3
in_time 3 'it ends in time'
is "$(cell state | counts)" 'normal 95,unknown 5' '95 answer, five do not'
is "$(cell error | grep . | sort -u)" 'no answer within 3 s' 'the rows say why'
is "$(host-list -n -o seen | awk -v t="$now" '{ print ($0 >= t ? "new" : "old") }' | counts)" 'new 95,old 5' \
	'recorded: 95 are seen anew'
is "$(host-list -n -o name,seen "$the_five")" "$(cat "$tmp/seen")" 'the five when they last were'
is "$(host-list -n -o state "$the_five" | counts)" 'unknown 5' 'and they are unknown'
is "$(states --host "$the_five")" 'unknown 20' 'so are their VMs, those that were stopped too'
is "$(states)" 'normal 285,stop 95,unknown 20' 'the other VMs are what they were'
is "$(vm-list -n -o uuid | sort -u | wc -l)" 400 'none is lost'

started=${EPOCHREALTIME/./}
exits 75 'only silent hosts: try again later' host-scan --timeout 1 "$the_five"
in_time 1 'that ends in time too'

answer
exits 0 'they answer again' host-scan
is "$(states)" 'normal 300,stop 100' 'and all is known again'
done_testing
