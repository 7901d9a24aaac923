#!/bin/sh
# plan-run: waves, steps that don't hold any more, kill -9 and --resume, Ctrl-C
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2 h3 small:mem=64M
declare_hosts tcp h1 h2 h3 small
for vm in a b c d; do lab guest h1 $vm mem=80 start & done
lab guest h3 off
wait
for vm in a b c d; do lab wait $vm 60; done
lab adm host-scan >/dev/null

# plan FILE: the rows on stdin (step wave action vm from to), by blanks
plan() {
	{
		echo 'step wave action vm from to'
		cat
	} | sed 's/  */\t/g; s/-\(\t\|$\)/\1/g' >"$1"
}

run() {
	lab adm plan-run "$@"
}

results() {
	awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } { print $c["step"] ":" $c["result"] }' \
		"${1:-$out}" | sort -n | paste -sd ' '
}

# ---- waves ----

plan "$tmp/p" <<-'EOT'
	1 1 migrate a h1 h2
	2 1 park b h1 h3
	3 2 migrate b h3 h2
	4 2 migrate c h1 h3
	5 3 start off - h3
	6 4 stop off h3 -
EOT
exits 0 'a dry run' run --dry-run "$tmp/p"
is "$(results)" '1:possible 2:possible 3:possible 4:possible 5:possible 6:possible' 'finds nothing in the way'
whole a h1 'and moves nothing'
exits 0 'a plan' run "$tmp/p"
is "$(results)" '1:done 2:done 3:done 4:done 5:done 6:done' 'is carried out'
is "$(cell wave | sort -cn && echo sorted)" 'sorted' 'wave after wave'
for vm in a b; do whole $vm h2; done
whole c h3
exits 0 'once more' run "$tmp/p" -o step,result,note
is "$(results)" '1:done 2:done 3:done 4:done 5:done 6:done' 'all of it is done already'
like "$(cat "$out")" "^2	done	it was on 'h2' already" 'also what was moved on from where it was parked'

# ---- what has changed since the plan ----

lab guest h1 gone
lab adm host-scan >/dev/null
on h1 undefine gone >/dev/null
on h2 migrate --live --p2p --persistent --undefinesource a qemu+tcp://h1/system
plan "$tmp/stale" <<-'EOT'
	1 1 migrate gone h1 h2
	2 1 migrate a h2 h3
	3 1 migrate b h2 small
	4 1 migrate d h1 h2
	5 2 migrate a h3 h2
	6 2 migrate c h3 h1
EOT
lab adm host-set h1 --maint yes >/dev/null
exits 3 'a plan that is out of date' run "$tmp/stale"
is "$(results)" '1:refused 2:refused 3:refused 4:done 5:skipped 6:refused' 'what holds is done, the rest is refused'
errors=$(cell error)
like "$errors" 'on no host any more' 'a VM that is gone'
like "$errors" "it is on 'h1', not on 'h2'" 'one that was moved'
like "$errors" "not enough memory on 'small'" 'memory that is taken'
like "$errors" "'h1' is in maintenance" 'a host in maintenance'
like "$errors" 'step 2 of it was not done' 'what would follow it'
whole a h1 && whole b h2 && whole c h3 && whole d h2
lab adm host-set h1 --maint no >/dev/null
is "$(fsck -n)" '' 'nothing is left to mend'

# ---- kill -9 ----

start_run() {
	"$top/tests/lab/lab" adm plan-run "$@" >"$tmp/killed.out" 2>"$tmp/killed.err" </dev/null &
	client=$!
}

# All come together on one host; then they part again.
plan "$tmp/to" <<-'EOT'
	1 1 migrate a h1 h2
	2 1 migrate c h3 h2
	3 2 migrate b h2 h1
	4 2 migrate d h2 h3
	5 3 migrate a h2 h3
EOT
plan "$tmp/back" <<-'EOT'
	1 1 migrate a h3 h1
	2 2 migrate b h1 h2
	3 2 migrate d h3 h2
	4 3 migrate c h2 h3
EOT
killed_at() { # MILLISECONDS
	start_run --bandwidth 24M "$tmp/to"
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
	kill -KILL $client 2>/dev/null
	wait $client 2>/dev/null
	fsck -n -o kind,finding >"$tmp/found"
	exits 0 "killed after $1 ms: --resume" run --resume
	is "$(results)" '1:done 2:done 3:done 4:done 5:done' 'the same rows'
	diag "before: $(results "$tmp/killed.out"); $(cat "$tmp/found")"
	is "$(where a) $(where b) $(where c) $(where d)" 'h3:running h1:running h2:running h3:running' 'the same places'
	like "$(cat "$tmp/found")" '^run	cut short with [0-5] of 5 steps ended; plan-run --resume' 'vmm-fsck tells of it'
	is "$(fsck -n)$(ls "$LAB/state/runs")" '' 'nothing is left'
	exits 0 'and back' run "$tmp/back"
}
killed_at 1000
killed_at 6000
whole a h1 && whole b h2 && whole c h3 && whole d h2
exits 4 'no run is unfinished' run --resume

# ---- Ctrl-C ----

start_run --jobs 1 --bandwidth 24M "$tmp/to"
within 20 copying a h1 || diag 'a does not move'
exits 75 'one that is under way is not resumed' run --resume
exits 75 'nor by its name' run --resume "$(ls "$LAB/state/runs" | sed -n 's/\.tsv$//p')"
kill -INT $client
wait $client
is $? 3 'Ctrl-C'
is "$(results "$tmp/killed.out")" '1:done 2:skipped 3:skipped 4:skipped 5:skipped' 'what runs ends, nothing new begins'
like "$(cat "$tmp/killed.err")" 'is not finished: plan-run --resume does the rest' 'and how to go on'
start_run --resume --jobs 1 --bandwidth 8M
within 20 copying c h3 || diag 'c does not move'
kill -INT $client
within 5 grep -q 'starting nothing new' "$tmp/killed.err"
kill -INT $client
wait $client
is $? 3 'twice'
is "$(results "$tmp/killed.out")" '1:done 2:aborted 3:skipped 4:skipped 5:skipped' 'what ran is aborted'
ok 'the rest' run --resume
is "$(results)" '1:done 2:done 3:done 4:done 5:done' 'is done in the end'
start_run --bandwidth 8M "$tmp/back"
within 20 copying a h3
kill -KILL $client
wait $client 2>/dev/null
ok 'a run is given up' run --discard
fsck --repair >/dev/null
clean
done_testing
