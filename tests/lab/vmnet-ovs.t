#!/bin/bash
# VLANs: networks of Open vSwitch, whose tags keep VMs apart and let those of one tag reach each other
# across hosts.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
need ovs-vsctl ovs-vswitchd ovsdb-server

lab_up h1:ovs h2:ovs h3
export VMM_STATE=$LAB/state
declare_hosts tcp h1 h2 h3
mkdir -p "$VMM_CONF/networks"
vmnet() { lab adm vmnet "$@"; }
net() {
	printf '%s\n' "${@:2}" >"$VMM_CONF/networks/$1.conf"
}

net vlan20 'type = openvswitch' 'bridge = ovs0' 'vlan = 20' 'hosts = h[1-2]'
net vlan30 'include = vlan20' 'vlan = 30'
net all 'include = vlan20' 'vlan = 20' 'trunk = 30, 40-42' 'hosts = h1'
net wrong 'type = openvswitch' 'bridge = br0'

exits 0 'networks on two switches' vmnet apply vlan20 vlan30 all
is "$(cut -f 3 "$out" | sed 1d | sort -u)" created 'are made'
exits 0 'and are as defined' vmnet check vlan20 vlan30 all
exits 4 'a Linux bridge' vmnet apply wrong --host h3 -n -o error
is "$(cat "$out")" "'br0' on the host is a Linux bridge and no Open vSwitch" 'is no Open vSwitch'

for g in 'h2 b vlan20' 'h1 c vlan30' 'h1 d vlan20'; do
	# shellcheck disable=SC2086
	set -- $g
	lab guest "$1" "$2" net="$3" offload=off start
done
lab guest h1 a net=vlan20 offload=off "peers=$(lab address b),$(lab address c),$(lab address d)" start
for g in a b c d; do
	lab wait $g 90 || diag "$g does not come up"
done
peer() { grep -aq "^peer $(lab address "$1") $2" "$(lab serial a)"; }
ok 'one tag, two hosts: they reach each other' within 60 peer b up
ok 'one tag, one host: they reach each other' within 60 peer d up
ok 'another tag on the same host: out of reach' within 60 peer c down
if peer c up; then fail 'it never was in reach'; else pass 'it never was in reach'; fi
is "$(lab exec h1 ovs-vsctl get port "$(on h1 domiflist c | awk '{ print $1 }')" tag)" 30 'its port has the tag of its network'

# A trunk carries all its tags, and the one VLAN without.
lab guest h1 t net=all offload=off start
port=$(on h1 domiflist t | awk '{ print $1 }')
is "$(lab exec h1 ovs-vsctl get port "$port" tag vlan_mode trunks | paste -sd ' ')" '20 native-untagged [20, 30, 40, 41, 42]' \
	'a trunk is one on the switch'

# What the other guest gets when its network changes: nothing, until it has stopped.
net vlan30 'include = vlan20'
exits 3 'another tag for a network that runs' vmnet apply vlan30 -n -o host,result,what
is "$(sort "$out")" "$(printf 'h1\tpending\tredefined: vlan 30, not 20, runs on as before until these VMs have stopped: c\nh2\tchanged\tredefined: vlan 30, not 20, restarted')" \
	'waits for its VM'
on h1 destroy c
ok 'once it has stopped' vmnet apply vlan30
on h1 start c
ok 'it is in reach: it has the tag now' within 90 peer c up

lab adm host-scan >/dev/null
is "$(vmnet trace a -n -o level,kind,name | tr '\t' '|')" \
	"$(printf '%s\n' "1|tap|$(on h1 domiflist a | awk '{ print $1 }')" '2|network|vlan20' '3|openvswitch|vlan20' '4|openvswitch|ovs0' '5|unknown|')" \
	'trace: five levels, and what libvirt cannot tell'
like "$(vmnet trace a -n -o detail | sed -n 4p)" '^vlan 20, ' 'trace: the tag'
like "$(vmnet trace a -n -o detail | sed -n 5p)" 'cannot tell the ports of an Open vSwitch' 'trace: why not'
done_testing
