#!/bin/sh
# host-scan: visits, what changed, hosts that are not there
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq
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
is "$(sed 's/.*host .old.: //' "$err" | cut -c 1-16)" 'cannot connect: ' 'and on stderr who did not answer'
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
is "$(cat "$out")" "$(printf 'gone\tdb1\th3\t\nstate\tlost\tunknown\tnormal')" 'then it is gone; what was out of sight is back, not new'
is "$(vmm-fsck -n --offline)" '' 'the state is sound'
done_testing
