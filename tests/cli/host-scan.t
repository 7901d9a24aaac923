#!/bin/sh
# host-scan: visits, what changed, hosts that are not there
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq perl
fixture
recorded >before

exits 3 'host-scan --dry-run' host-scan --dry-run
is "$(cut -f 1-4 "$out")" "$(printf 'host\tstate\tvms\trunning\nh1\tnormal\t2\t2\nh2\tnormal\t1\t0\nh3\tnormal\t1\t1\nold\tunknown\t\t')" 'a row a visit'
like "$(sed -n '$p' "$out" | cut -f 5)" '^cannot connect: .*old.xml' 'why one did not answer'
recorded >after
ok 'records nothing' cmp before after
exits 3 'host-scan' host-scan --json
is "$(jq -c '[.host, .state, .vms]' "$out" | paste -sd ' ')" '["h1","normal",2] ["h2","normal",1] ["h3","normal",1] ["old","unknown",null]' 'as JSON'
is "$(host-list -n -o name,state,seen old)" 'old	unknown	2025-01-01T00:00:00Z' 'the silent one keeps the time when it was seen'
ok 'the others have a new one' test "$(host-list -n -o seen h1)" \> 2026-01-01T00:00:01Z
is "$(vm-list -n -o state,last,seen --host old)" 'unknown	normal	2025-01-01T00:00:00Z' 'and so do their VMs'
is "$(host-list -n -o labels,maint h1 h2 | paste -sd ' ')" 'disk=ssd,rack=1	 	yes' 'what was declared stays'

exits 0 'one' host-scan -n h1
is "$(cut -f 1 "$out")" h1 'is visited alone'
exits 0 'a range and a group' host-scan -n 'h[1-2]' @db
is "$(cut -f 1 "$out" | paste -sd ' ')" 'h1 h2 h3' 'are visited'
exits 75 'a silent one alone' host-scan -n old
exits 4 'one that is not declared' host-scan h1 h9
one_line host-scan 'is named'

# Changes between visits.
node h1 1 renamed 5 6 new 1
node h2 2 web2 1 3 web1 1
node h3 4 db1 1
exits 3 'host-scan --diff --dry-run' host-scan --diff --dry-run -n -o change,host,name,old,new
cp "$out" foreseen
exits 3 'host-scan --diff' host-scan --diff -n -o change,host,name,old,new
cp "$out" told
is "$(cat "$err")" '' 'and nothing of a host that was silent before'
is "$(cat told)" "$(printf '%s\t%s\t%s\t%s\t%s\n' renamed h1 renamed web1 renamed stopped h1 renamed normal stop \
	moved h2 web2 h1 h2 started h2 web1 stop normal state h3 db1 paused normal new h1 new '' h1)" 'tells what changed'
ok '--dry-run told the same' cmp foreseen told
exits 3 'again' host-scan --diff
is "$(cat "$out")" "$(printf 'change\thost\tname\tuuid\told\tnew')" 'nothing new'

# What nobody sees is gone only when everybody answers.
node h3
exits 3 'a VM is gone, a host is silent' host-scan --diff -n -o change,name,old,new
is "$(cat "$out")" 'state	db1	normal	unknown' 'it may be there'
is "$(vm-list -n --state stop -o name)" renamed 'it does not count as stopped'
node old 5 lost 1
exits 0 'everybody answers' host-scan --diff -n -o change,name,old,new
is "$(cat "$out")" "$(printf 'back\t\tunknown\tnormal\ngone\tdb1\th3\t\nstate\tlost\tunknown\tnormal')" 'then it is gone; what was out of sight is back, not new'
rm "$tmp/old.xml"
exits 3 'a host falls silent' host-scan --diff -n -o change,host,name,old,new,error
is "$(cut -f 1-5 "$out")" "$(printf 'lost\told\t\tnormal\tunknown\nstate\told\tlost\tnormal\tunknown')" 'it is lost'
like "$(head -n 1 "$out")" 'cannot connect: .*old.xml' 'why'
exits 3 'and stays so' host-scan --diff -n
is "$(cat "$out" "$err")" '' 'which is said once'
node old 5 lost 5
exits 0 'it answers' host-scan --diff -n -o change,host,name,old,new
is "$(cat "$out")" "$(printf 'back\told\t\tunknown\tnormal\nstopped\told\tlost\tunknown\tstop')" 'it is back, and what it had'

# ---- hosts that cannot be asked at all ----

cp "$VMM_STATE/hosts.tsv" kept
sed "s|test://$tmp/old.xml|qemu+ext:///system|" kept >"$VMM_STATE/hosts.tsv"
exits 2 'a URI that is not let in' host-scan -n old
exits 3 'among others' host-scan -n
host-set h3 --auth-file "$tmp/none" >"$out"
exits 2 'an auth file that is not there' host-scan -n h3
: >"$tmp/none"
exits 4 'one that others may read' host-scan -n h3
cp kept "$VMM_STATE/hosts.tsv"

# ---- Ctrl-C ----

hangs h2
host-scan -n --jobs 1 --timeout 2 >"$out" 2>"$err" &
scan=$!
sleep 1
kill -INT $scan
wait $scan
is $? 1 'interrupted'
is "$(cut -f 1-2 "$out")" "$(printf 'h1\tnormal\nh2\tunknown')" 'what had begun comes to its end'
is "$(cat "$err")" "$(printf '%s\n' 'host-scan: interrupted: starting nothing new; once more aborts what runs' \
	'host-scan: interrupted: 2 of 4 hosts were not visited')" 'and the rest is counted'
is "$(host-list -n -o state h2 h3 | paste -sd ' ')" 'unknown normal' 'what was seen is recorded'
cp kept "$VMM_STATE/hosts.tsv"
hangs h2
start=$(date +%s)
host-scan -n --timeout 30 >"$out" 2>"$err" &
scan=$!
sleep 1
kill -INT $scan
sleep 0.5
kill -TERM $scan
wait $scan
is $? 1 'interrupted again'
took=$(($(date +%s) - start))
is "$(cut -f 1-2 "$out")" "$(printf 'h1\tnormal\nh3\tnormal\nold\tnormal')" 'who had answered is told'
ok "it waits for nobody ($took s)" test "$took" -le 10
is "$(host-list -n -o state h2)" normal 'and of the other nothing is said'
cp kept "$VMM_STATE/hosts.tsv"
hangs h2
host-scan -n --jobs 1 --timeout 2 >"$out" 2>"$err" &
scan=$!
sleep 1
cp "$VMM_STATE/hosts.tsv" good
echo name >"$VMM_STATE/hosts.tsv"
echo 'a	b' >>"$VMM_STATE/hosts.tsv"
kill -INT $scan
wait $scan
is $? 2 'interrupted, and the state cannot be brought up to date'
like "$(tail -n 1 "$err")" "^host-scan: .*hosts.tsv" 'that is told'
cp good "$VMM_STATE/hosts.tsv"
host-scan -n --timeout 30 >"$out" 2>"$err" &
scan=$!
sleep 1
# All at once, so that none comes too late.
kill -STOP $scan
kill -INT $scan
kill -TERM $scan
kill -HUP $scan
kill -CONT $scan
wait $scan
status=$?
case $status in 129 | 130 | 143) ;; *) false ;; esac
is $? 0 "the third time it ends at once, by the signal ($status)"
kill "$listener"
is "$(vmm-fsck -n --offline)" '' 'the state is sound'
done_testing
