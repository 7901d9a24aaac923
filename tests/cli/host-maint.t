#!/bin/sh
# host-maint on libvirt's test driver: marks, who is refused, the list
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq
fixture
host-rm old >/dev/null
node h2 3 web1 5

rows() {
	awk -F '\t' 'NR > 1 { print ($2 == "" ? $1 "=" $4 : $2 ":" $4) }' "$out" | sort | paste -sd ' '
}

is "$(host-maint list -n -o host,state,since,running,stopped)" 'h2	in			web1' 'one that host-set has marked is listed'
exits 0 'leave' host-maint leave h2 h1
is "$(cut -f2 "$out" | sed 1d | paste -sd ' ')" 'already done' 'takes the mark away, in the order of the names'
is "$(host-maint list)" 'host	group	state	since	running' 'none is left'

exits 4 'enter, where VMs can not move' host-maint enter h1
is "$(rows)" 'h1=refused web1:refused web2:refused' 'each is refused'
like "$(cat "$out")" '^h1	web2	.*no host takes it|which has no live migration' 'says why'
is "$(host-maint list -n -o host,state,running)" 'h1	entering	web1,web2' 'but the host stays marked'
since=$(host-maint list -n -o since)
like "$since" '^....-..-..T..:..:..Z$' 'since when'
host-set h1 --maint yes >/dev/null
is "$(host-maint list -n -o since)" "$since" 'host-set does not change since when'
host-set h1 --maint no >/dev/null && host-set h1 --maint yes >/dev/null
is "$(host-maint list -n -o since)" '' 'unless it changes the mark'
host-maint leave h1 >/dev/null

exits 0 'one where nothing runs' host-maint enter h2
is "$(rows)" 'h2=done web1:stays' 'is in maintenance at once'
is "$(host-maint list --json | jq -c '[.host, .state, .running]')" '["h2","in",[]]' 'as JSON'
exits 0 'all of a group' host-maint leave @web

host-set h2 --label master=pool1 >/dev/null
exits 4 'the master of a pool' host-maint enter h2
is "$(rows)" 'h2=refused' 'is refused'
like "$(cat "$out")" "master of pool 'pool1'.*--label master=pool1" 'and told how to go on'
is "$(host-maint list -n)" '' 'it is not marked'
exits 4 'with others' host-maint enter @web
is "$(rows)" 'h1=refused h2=refused web1:refused web2:refused' 'those enter'
host-maint leave @web >/dev/null

exits 4 'a host that is not there' host-maint enter h9
exits 2 'a time that is none' host-maint enter h1 --deadline soon
is "$(host-maint list -n)" '' 'nothing was marked'
exits 2 'no verb' host-maint
exits 2 'no host' host-maint enter
done_testing
