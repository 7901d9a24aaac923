#!/bin/sh
# vm-list, vm-tree: filters, order, and what the hosts tell now
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq script
fixture
recorded >before

is "$(vm-list -n -o host,name | paste -sd ' ')" 'h1	web1 h1	web2 h2	web1 h3	db1 old	lost' 'by host, then name'
found() { # WANT ARG...
	want=$1
	shift
	got=$(vm-list -n -o host,name "$@" | tr '\t' / | paste -sd ' ')
	test "$got" = "$want" || echo "$*: $got"
}
{
	found 'h1/web1 h1/web2' --host h1
	found 'h1/web1 h1/web2 h3/db1' --host h1,h3
	found 'h1/web1 h1/web2 h3/db1' --host h1 --host h3
	found 'h1/web1 h1/web2 h2/web1' --host 'h[1-2]'
	found 'h1/web1 h1/web2 h2/web1' --group web
	found 'h1/web1 h1/web2 h2/web1 h3/db1' -g web,db
	found 'old/lost' --state unknown
	found 'h1/web1 h1/web2 h2/web1' -s normal,stop
	found 'h3/db1' --state paused --host h3
	found '' --state paused --host h1
	found 'h1/web1 h2/web1' --name web1
	found 'h1/web1 h1/web2 h2/web1' --name 'w*'
	found 'h1/web2 h3/db1' --name '*2' --name 'db?'
	found 'h1/web1' --name '[vw]eb1' --host h1 --state normal --group web
	found '' --name 'WEB*'
	found '' --name ''
	found '' --name 'web1,web2'
} >bad
is "$(cat bad)" '' 'filters: any of one kind, all of several kinds'
is "$(vm-list -n -o group --host h3,old | paste -sd ,)" 'db,' 'the group is that of the host'

is "$(vm-tree -n -o name,kind,in,state | head -n 5)" "$(printf -- '-\tgroup\t\t\nold\thost\t\tunknown\nlost\tvm\told\tunknown\ndb\tgroup\t\t\nh3\thost\tdb\tnormal')" \
	'vm-tree: group, host, VM'
is "$(vm-tree -n -o name --state stop | paste -sd ' ')" '- old db h3 web h1 h2 web1' 'with filters for the VMs'
is "$(vm-tree -n -o name --group web | paste -sd ' ')" 'web h1 web1 web2 h2 web1' 'and for the hosts'
is "$(vm-tree --json -o name,kind,mem | jq -c 'select(.name == "db1")')" '{"name":"db1","kind":"vm","mem":1610612736}' 'as JSON'
script -qec 'vm-tree -n -o name --group web' /dev/null </dev/null | tr -d '\r' >tree
is "$(cat tree)" 'web
├─h1
│ ├─web1
│ └─web2
└─h2
  └─web1' 'on a terminal as a tree'

# ---- now ----

exits 3 'vm-list --live: one does not answer' vm-list --live -n -o host,name,state,vcpus
is "$(cat "$out")" "$(printf 'h1\tweb1\tnormal\t1\nh1\tweb2\tnormal\t1\nh2\tweb1\tstop\t1\nh3\tdb1\tpaused\t2\nold\tlost\tunknown\t1')" 'what the others tell'
like "$(cat "$err")" "^vm-list: host 'old': cannot connect: " 'and it is named'
node h2 3 web1 1 2 web2 5 6 new 1
exits 0 'those that are asked answer' vm-list --live -n -o host,name,state --host h1,h2
is "$(cat "$out")" "$(printf 'h1\tweb1\tnormal\nh1\tweb2\tnormal\nh2\tnew\tnormal\nh2\tweb1\tnormal')" 'what is new is there, and no VM twice'
is "$(vm-list --live -n -o state,vcpus,disks --host h3)" 'paused	1	' 'sizes too, when the details are asked for'
exits 75 'none answers' vm-list --live --host old
is "$(sed 1d "$out" | cut -f 2,4)" 'lost	unknown' 'its VMs are unknown'
exits 3 'vm-tree --live' vm-tree --live -n -o name,state
like "$(cat "$out")" '^new	normal$' 'tells the same'
exits 3 'vm-show --live' vm-show --live -n -o name,state new
is "$(paste -sd ' ' <"$out")" 'name	new state	normal' 'and so does vm-show'
recorded >after
ok 'nothing of it is recorded' cmp before after
# ---- addresses from pools ----

ippool create front --range 10.0.0.1-10.0.0.9 >/dev/null
ippool create back --range 2001:db8::1-2001:db8::9 >/dev/null
ippool create macs --range 52:54:00:00:00:01-52:54:00:00:00:09 >/dev/null
uuid=$(vm-list -n -o uuid --name db1)
for pool in front back macs; do ippool checkout $pool --for "$uuid" >/dev/null; done
ippool checkout front --for somebody >/dev/null
is "$(vm-list -n -o name,leased --host h3)" "$(printf 'db1\t2001:db8::1,10.0.0.1')" 'IP addresses that a VM holds'
is "$(vm-list -n -o name,leased --name web2)" 'web2	' 'others hold none'
is "$(vm-show --json db1 | jq -c .leased)" '["2001:db8::1","10.0.0.1"]' 'vm-show has them too'
done_testing
