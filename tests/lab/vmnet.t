#!/bin/bash
# vmnet on real hosts: made on all of them, drift of every kind reported and mended, what runs is left
# alone, a dead host, removal, and the way from a VM to the wire. Open vSwitch: vmnet-ovs.t.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2 h3
export VMM_STATE=$LAB/state
declare_hosts tcp h1 h2 h3
host-set h1 --group web >/dev/null
host-set h2 --group web >/dev/null
mkdir -p "$VMM_CONF/networks"

# net NAME LINE...: its definition
net() {
	printf '%s\n' "${@:2}" >"$VMM_CONF/networks/$1.conf"
}
vmnet() { lab adm vmnet "$@"; }
# results WANT STATUS ARG...: rows "network host result", sorted
results() {
	want=$1 status=$2
	shift 2
	exits "$status" "vmnet $*" vmnet "$@" -n -o network,host,result
	is "$(sort "$out" | tr '\t' ' ' | paste -sd ,)" "$want" "vmnet $*: each its result"
}
what() { vmnet "$@" -n -o what,error | sed 's/	*$//'; }

net prod 'type = bridge' 'bridge = br0' 'pools = web4, web6'
net inner 'type = isolated' 'hosts = @web' 'mtu = 1400'
net out 'type = nat' 'address = 10.90.0.1/24' 'dhcp = 10.90.0.100-10.90.0.200' 'hosts = h3'

# ---- made, and made again ----

results 'inner h1 missing,inner h2 missing,out h3 missing,prod h1 missing,prod h2 missing,prod h3 missing' 1 check
results 'prod h1 possible,prod h2 possible,prod h3 possible' 0 apply --dry-run prod
is "$(on h1 net-list --all --name | paste -sd ' ')" 'lab' '--dry-run makes nothing'
results 'inner h1 created,inner h2 created,out h3 created,prod h1 created,prod h2 created,prod h3 created' 0 apply prod inner out
results 'prod h1 already,prod h2 already,prod h3 already' 0 apply prod
results 'inner h1 ok,inner h2 ok,out h3 ok,prod h1 ok,prod h2 ok,prod h3 ok' 0 check
for h in h1 h2 h3; do
	like "$(on $h net-info prod | tr -s ' ' | paste -sd ' ')" 'Active: yes Persistent: yes Autostart: yes Bridge: br0' "$h has it"
done
uuid=$(on h1 net-uuid prod)
is "$(vmnet list -n -o network,type,mtu,pools,host,bridge,state | tr '\t' ' ')" \
	"$(printf '%s\n' 'inner isolated 1400  h1  ok' 'inner isolated 1400  h2  ok' 'out nat   h3  ok' \
		'prod bridge  web4,web6 h1 br0 ok' 'prod bridge  web4,web6 h2 br0 ok' 'prod bridge  web4,web6 h3 br0 ok')" \
	'list: definitions, hosts, states'

# ---- on one network across hosts ----

lab guest h2 b net=prod start
lab guest h1 a net=prod "peers=$(lab address b)" start
ok 'a guest on it is up' lab wait a 60
heard() { grep -aq "^peer $(lab address "$2") $3" "$(lab serial "$1")"; }
ok 'guests on two hosts reach each other' within 60 heard a b up
lab adm host-scan >/dev/null

# ---- drift ----

on h3 net-destroy prod
on h2 net-undefine prod
on h1 net-autostart prod --disable
on h1 net-destroy inner
on h1 net-undefine inner
on h2 net-dumpxml --inactive inner | sed "s/mtu size='1400'/mtu size='9000'/; /<dns/d" >edited.xml
on h2 net-define edited.xml
results 'inner h1 missing,inner h2 differs,out h3 ok,prod h1 autostart,prod h2 transient,prod h3 inactive' 3 check
is "$(what check inner --host h2)" 'mtu 9000, not 1400; dns yes, not no' 'check tells in which fields'
is "$(vmnet list -n -o state --host h3 prod)" inactive 'it is recorded'
on h3 net-start prod
is "$(vmnet list -n -o state --host h3 prod)" inactive 'list shows what was recorded'
is "$(vmnet list -n -o state --live --host h3 prod)" ok 'list --live asks'
on h3 net-destroy prod
results 'inner h1 created,inner h2 changed,prod h1 changed,prod h2 changed,prod h3 changed' 0 apply prod inner
results 'inner h1 ok,inner h2 ok,out h3 ok,prod h1 ok,prod h2 ok,prod h3 ok' 0 check
is "$(on h1 net-uuid prod)" "$uuid" 'mended, it is the network it was'
is "$(on h1 domstate a)" running 'and its guests ran on'

# Edited while it runs, without a VM on it: restarted.
net inner 'type = isolated' 'hosts = @web' 'mtu = 1300'
results 'inner h1 changed,inner h2 changed' 0 apply inner
like "$(on h1 net-dumpxml inner)" "mtu size='1300'" 'what runs is as defined'
bridge=$(on h1 net-info inner | sed -n 's/^Bridge: *//p')
is "$(lab exec h1 cat "/sys/class/net/$bridge/mtu")" 1300 'and so is the bridge'

# With one on it: the definition is renewed, what runs is left alone.
lab guest h1 c net=inner start
lab wait c 60 || diag 'c does not come up'
net inner 'type = isolated' 'hosts = @web' 'mtu = 1200'
results 'inner h1 pending,inner h2 changed' 3 apply inner
like "$(what apply inner --host h1)" '^runs on with mtu 1300, not 1200, until these VMs have stopped: c$' 'it says for whom'
results 'inner h1 pending,inner h2 ok' 3 check inner
is "$(on h1 domstate c; lab exec h1 cat "/sys/class/net/$bridge/mtu")" "$(printf 'running\n1300')" 'its VM keeps its network'
on h1 destroy c
results 'inner h1 changed' 0 apply inner --host h1
results 'inner h1 ok,inner h2 ok' 0 check inner

# ---- not ours, not there ----

on h1 net-define <(echo "<network><name>other</name><forward mode='bridge'/><bridge name='br0'/></network>")
net other 'type = isolated' 'hosts = h1, h2'
results 'other h1 refused,other h2 created' 3 apply other
like "$(what apply other --host h1)" 'did not make; --adopt takes it over$' 'a network of somebody else'
like "$(on h1 net-dumpxml other)" "bridge name='br0'" 'is left as it was'
results 'other h1 autostart,other h1 differs,other h1 foreign,other h1 inactive' 1 check other --host h1
results 'other h1 refused' 4 rm other --host h1
results 'other h1 changed' 0 apply --adopt other --host h1
results 'other h1 ok,other h2 ok' 0 check other
net prod 'type = bridge' 'bridge = br0' '[host h2]' 'bridge = br7' '[host h3]' 'bridge = eth1'
results 'prod h1 already,prod h2 refused,prod h3 refused' 3 apply prod
is "$(what apply prod --host h2)" "	the host has no bridge 'br7'" 'no such bridge'
is "$(what apply prod --host h3)" "	'eth1' on the host is no bridge but of type ethernet" 'no bridge'
results 'prod h2 differs,prod h2 nobridge' 1 check prod --host h2
net prod 'type = bridge' 'bridge = br0' 'mtu = 9000'
results 'prod h1 mtu' 1 check prod --host h1
results 'prod h1 pending' 4 apply prod --host h1
is "$(what apply prod --host h1)" "'br0' on the host has mtu 1500, not 9000" "a bridge's MTU is the host's affair"
net prod 'type = bridge' 'bridge = br0'

# ---- the way to the wire ----

trace() { vmnet trace "$1" -n -o level,kind,name,detail | tr '\t' '|'; }
tap=$(on h1 domiflist a | awk '{ print $1 }')
got=$(trace a)
is "$(echo "$got" | cut -d '|' -f 1-3)" "$(printf '%s\n' "1|tap|$tap" '2|network|prod' '3|bridge|prod' '4|bridge|br0' '5|ethernet|eth0')" \
	'trace: five levels'
like "$got" '^2.*\|active, type bridge$' 'trace: its network'
like "$got" '^5.*\|mtu 1500, link up, .*virtual$' 'trace: the device under the bridge, and no tap'
lab guest h3 d net=out start
lab adm host-scan -n h3 >/dev/null
is "$(trace d | cut -d '|' -f 1-3)" "$(printf '%s\n' "1|tap|$(on h3 domiflist d | awk '{ print $1 }')" '2|network|out' '3|nat|out' '4|bridge|virbr0' '5|routes|')" \
	'trace: a network behind NAT'
exits 4 'trace: no such VM' vmnet trace nobody

# ---- removal ----

on h1 define <(lab guest-xml h1 off net=inner)
results 'inner h1 refused,inner h2 removed' 3 rm inner --group web
is "$(what rm inner --host h1)" '	used by c, off' 'VMs that are only defined use it too'
results 'out h3 refused' 4 rm out --host h3
is "$(what rm out --host h3)" '	used by d' 'it says by whom'
on h3 destroy d
on h3 undefine d
results 'out h3 possible' 0 rm --dry-run out --host h3
is "$(on h3 net-list --name | paste -sd ' ')" 'lab out prod' '--dry-run leaves it'
results 'out h1 already,out h2 already,out h3 removed' 0 rm out
is "$(on h3 net-list --all --name | paste -sd ' ')" 'lab prod' 'it is gone'
results 'out h3 missing' 1 check out
rm "$VMM_CONF/networks/other.conf"
results 'inner h1 ok,inner h2 missing,other h1 stray,other h2 stray,out h3 missing,prod h1 ok,prod h2 ok,prod h3 ok' 3 check
net prod 'type = bridge' 'bridge = br0' 'hosts = h1, h2'
net out 'type = nat' 'address = 10.90.0.1/24' 'dhcp = 10.90.0.100-10.90.0.200' 'hosts = h1'
results 'prod h3 stray' 1 check --host h3
net prod 'type = bridge' 'bridge = br0'
net out 'type = nat' 'address = 10.90.0.1/24' 'dhcp = 10.90.0.100-10.90.0.200' 'hosts = h3'
results 'other h1 removed,other h2 removed,other h3 already' 0 rm other

# ---- several at once ----

# One machine that is declared twice, by two of libvirt's drivers, which share its networks.
lab adm host-add h1lxc "$(lab uri h1 lxc)" >/dev/null
for i in 1 2 3 4 5 6; do
	net n$i 'type = bridge' 'bridge = br0' 'hosts = h1, h1lxc, h2'
	vmnet apply n$i -n -o error >"many.$i" 2>&1 &
	many="${many-} $!"
done
vmnet apply n1 n2 n3 n4 n5 n6 >many.all 2>&1
is $? 0 'all of them, while others make them one by one'
# shellcheck disable=SC2086
wait $many
is "$(cat many.[1-6])" '' 'they make them too, or find them made'
exits 0 'and they are' vmnet check n1 n2 n3 n4 n5 n6
exits 0 'removed' vmnet rm n1 n2 n3 n4 n5 n6
lab adm host-rm h1lxc >/dev/null

# ---- a host that does not answer ----

lab freeze h2
start=$SECONDS
results 'prod h1 already,prod h2 unknown,prod h3 already' 3 apply prod --timeout 3
ok 'it holds up nobody' test $((SECONDS - start)) -le 8
like "$(what check prod --host h2 --timeout 1)" '^	no answer within 1 s$' 'it says so'
is "$(vmnet list -n -o state --host h2 prod)" unknown 'and that is recorded'
lab thaw h2
lab crash h3
results 'prod h1 ok,prod h2 ok,prod h3 unknown' 3 check prod --timeout 5
exits 75 'alone' vmnet check prod --host h3 --timeout 5
done_testing
