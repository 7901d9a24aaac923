#!/bin/sh
# plan-run on libvirt's test driver, which moves nothing: what is refused, what is written down, broken input
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need perl
fixture

plan() {
	cells step wave action vm from to >p
	for row; do cells "$row" >>p; done
}
results() {
	cut -f1,7 "$out" | sed 1d | sort -n | tr '\t\n' ': ' | sed 's/ $//'
}

plan '1 1 migrate web2 h1 h9' '2 1 migrate web2x h1 h2' '3 1 start h2/web1 - h4' '4 1 stop h1/web2 h1 -' \
	'5 2 power-off - h1 -' '6 2 migrate web2x h2 h1' '7 3 start h1/web2 - h1'
exits 3 'a dry run' plan-run --dry-run p
is "$(results)" '1:refused 2:failed 3:refused 4:possible 5:refused 6:skipped 7:possible' 'looks at each step'
test -e "$VMM_STATE/runs" && fail 'and writes nothing down' || pass 'and writes nothing down'

host-rm old >/dev/null
exits 3 'some can be done' plan-run p
is "$(results)" '1:refused 2:refused 3:refused 4:done 5:refused 6:skipped 7:done' 'those that can are, the others say why'
like "$(sed -n 's/^2	.*web2x.*refused.*\(web2x.*\)/\1/p' "$out")" 'web2x' 'the VM is named'
like "$(cat "$out")" "^3	.*it is on 'h2', not on 'h4'" 'a start elsewhere'
like "$(cat "$out")" '^5	.*host-power' 'power of hosts'
like "$(cat "$out")" '^6	.*step 2 of it was not done' 'what would follow'
is "$(ls "$VMM_STATE/runs")$(vmm-fsck -n --offline)" '' 'nothing is left of a run that has ended'
exits 0 'a plan without steps' plan-run /dev/null
exits 1 '--fail-fast' plan-run --fail-fast --dry-run p
like "$(results)" '^1:refused .*7:skipped$' '--fail-fast: nothing after that'

# What a kill leaves: the journal says that a run is open, and what there is of it is more or less.
cut_short() { # RUN
	run_id=$(($(cut -f1 "$VMM_STATE/journal.tsv" | sort -n | tail -n 1) + 1))
	printf '%s\t2026-01-01T00:00:00Z\tbegin\tplan\t%s\tnowhere\t1\t{"steps":"2"}\n' "$run_id" "$1" >>"$VMM_STATE/journal.tsv"
}
plan '1 1 stop h1/web2 h1 -' '2 2 start h1/web2 - h1'
cut_short r1
exits 1 'vmm-fsck' vmm-fsck --offline -n -o kind,object,finding
is "$(cat "$out")" 'run	r1	cut short with 0 of 0 steps ended; plan-run --resume goes on, plan-run --discard gives it up' 'tells of a run'
exits 4 'one that had not begun' plan-run --resume
like "$(cat "$err")" "'r1' was cut short before it began anything: run the plan again" 'is closed'
is "$(vmm-fsck -n --offline)" '' 'and nothing is left'

cut_short r2
cp p "$VMM_STATE/runs/r2.tsv"
exits 0 'one without results' plan-run --resume r2 -o step,result
is "$(sed 1d "$out" | tr '\t\n' ': ')" '1:done 2:done ' 'begins at its beginning'
is "$(ls "$VMM_STATE/runs")" '' 'and is gone then'

cut_short r3
cp p "$VMM_STATE/runs/r3.tsv"
printf 'step\tcode\tresult\tms\tdowntime_ms\tbytes\tnote\terror\n1\t4\trefused\t7\t\t0\t\tno\\ttab\n2\t0\tdo' >"$VMM_STATE/runs/r3.results"
exits 4 'one with a torn result' plan-run --resume -o step,result,seconds,error
is "$(sed 1d "$out")" '1	refused	0.007	no\ttab
2	skipped	0.000	step 1 of it was not done' 'tells the first again, and does the second'

cut_short r4
cp p "$VMM_STATE/runs/r4.tsv"
cp p "$VMM_STATE/runs/r0.tsv"
exits 1 'left-over files' vmm-fsck --offline -n -o object,mended
is "$(cat "$out")" 'r4	no
r0.tsv	no' 'are found'
exits 3 'and removed' vmm-fsck --offline --repair
is "$(ls "$VMM_STATE/runs")" 'r4.tsv' 'but not those of a run that can go on'
exits 4 'a run that there is not' plan-run --discard r5
exits 0 'a run is given up' plan-run --discard r4
is "$(ls "$VMM_STATE/runs")$(vmm-fsck -n --offline)" '' 'and gone'
exits 4 'there is no other' plan-run --resume

plan '1 1 stop h1/web2 h1 -' '2 1 stop h1/web1 h1 -' '3 2 start h1/web2 - h9' '4 2 start h1/web1 - h1'
cut_short r5
mkdir -p "$VMM_STATE/runs"
cp p "$VMM_STATE/runs/r5.tsv"
printf 'step\tcode\tresult\tms\tdowntime_ms\tbytes\tnote\terror\n1\t4\trefused\t7\t\t0\t\tonce\n' >"$VMM_STATE/runs/r5.results"
exits 3 'a failure of before' plan-run --resume --fail-fast --jobs 1
like "$(results)" '^1:refused 2:done ' 'does not stop --fail-fast'
ok 'what is left' plan-run --discard
plan '1 1 stop h1/web2 h1 -' '2 2 start h1/web2 - h1'

# Another's work that was cut short
start_cut_short() {
	cut_short "$(vm_uuid 2)"
	sed -i '$s/\tplan\t/\tstart\t/' "$VMM_STATE/journal.tsv"
}
start_cut_short
exits 0 'a start that was cut short' plan-run --dry-run p
like "$(vmm-fsck -n --offline)" 'its start was cut short' 'stays so when nothing is done'
exits 0 'is mended by a plan without steps' plan-run /dev/null
is "$(vmm-fsck -n --offline)" '' 'even'
for how in '' --unrecorded; do
	start_cut_short
	# shellcheck disable=SC2086	# none or one
	exits 0 "and does not hinder a run $how" plan-run $how p
	is "$(results)" '1:done 2:done' 'of the same VM'
done
rm -rf "$VMM_STATE/runs"
exits 0 'one that is not written down' plan-run --unrecorded p
ok 'leaves nothing' test ! -e "$VMM_STATE/runs"
exits 2 'can not be resumed' plan-run --unrecorded --resume
cp "$VMM_STATE/hosts.tsv" hosts.tsv
hangs h3
plan '1 1 start db1 - h3' '2 1 stop h1/web2 h1 -' '3 1 start h2/web1 - h2'
plan-run p >"$out" 2>"$err" &
running=$!
sleep 4
before=$(results)
kill -INT $running
sleep 0.3
kill -INT $running
wait $running
kill "$listener"
cp hosts.tsv "$VMM_STATE/hosts.tsv"
is "$before" '2:done 3:refused' 'a VM on a host that hangs holds up no other'
exits 2 'no plan' plan-run
exits 2 'both' plan-run --resume --discard
exits 2 'a dry resume' plan-run --resume --dry-run
plan '1 1 migrate web2 h1 h1'
exits 2 'a plan that is none' plan-run p
like "$(cat "$err")" "^plan-run: p:2: migrate from 'h1' to itself$" 'says so'
done_testing
