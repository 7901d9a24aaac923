#!/bin/sh
# vmnet: definitions and what is wrong with them, which hosts are meant, results and exit status, on
# libvirt's test driver, where each connection finds what the file says. Real hosts: tests/lab/vmnet.t.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq
fixture
mkdir -p "$VMM_CONF/networks"

# net NAME LINE...: its definition
net() {
	net_file=$VMM_CONF/networks/$1.conf
	shift
	printf '%s\n' "$@" >"$net_file"
}
# has HOST XML...: the host has this too
has() {
	sed -i 's|</node>||' "$tmp/$1.xml"
	{
		shift
		printf '%s\n' "$@"
		echo '</node>'
	} >>"$node_file"
}
ours="<metadata><v:network xmlns:v='urn:vmm-utils:1'/></metadata>"

for h in h1 h2 h3; do
	node_file=$tmp/$h.xml
	has $h '<interface type="bridge" name="br0"><mtu size="1500"/><bridge><interface type="ethernet" name="eth5"/></bridge></interface>'
done
node_file=$tmp/h1.xml
has h1 "<network><name>made</name>$ours<forward mode='bridge'/><bridge name='br0'/></network>" \
	"<network><name>theirs</name><forward mode='bridge'/><bridge name='br0'/></network>"

# ---- without hosts, without definitions ----

ok 'no definition' vmnet list
is "$(cat "$out")" "$(printf 'network\ttype\tvlan\tmtu\tpools\thost\tbridge\tstate')" 'list: a header'
exits 4 'a network that is not defined' vmnet apply gone
one_line vmnet 'says so in one line'
like "$(cat "$err")" "^vmnet: there is no definition '.*/networks/gone.conf'$" 'and where it looked'
exits 2 'a name that is a path' vmnet apply ../gone
exits 2 'no network' vmnet apply
exits 2 'no network to remove' vmnet rm
exits 2 'no VM' vmnet trace

# ---- which hosts ----

net made 'type = bridge' 'bridge = br0' 'pools = p, q' 'vlan = 7'
net web 'type = isolated' 'hosts = @web'
net theirs 'type = bridge' 'bridge = br0' 'hosts = h1'
VMM_CONF=$tmp/nothing vmnet list -n >none
is "$(cat none)" '' 'VMM_CONF says where the definitions are'
is "$(vmnet list -n -o network,host | tr '\t' / | paste -sd ' ')" \
	'made/h1 made/h2 made/h3 made/old theirs/h1 web/h1 web/h2' 'each has its hosts'
is "$(vmnet list -n -o network,host --group db,web --host h2,h3 | tr '\t' / | paste -sd ' ')" 'made/h2 made/h3 web/h2' '--host and --group'
is "$(vmnet list --json made --host h1)" \
	'{"network":"made","type":"bridge","vlan":7,"mtu":null,"pools":["p","q"],"host":"h1","bridge":"br0","state":[]}' 'list as JSON'
exits 4 'no such host' vmnet list --host h9
exits 4 'no such group' vmnet list --group nobody
exits 2 'not its host' vmnet apply web --host h3
like "$(cat "$err")" "^vmnet: network 'web' belongs on none of these hosts$" 'says so'
net lost 'type = isolated' 'hosts = h7'
exits 4 'a definition that names a host that there is not' vmnet check lost
like "$(cat "$err")" "^vmnet: network 'lost': .*h7" 'says which'
rm "$VMM_CONF/networks/lost.conf"

# ---- results ----

# results WANT STATUS ARG...: rows NETWORK/HOST:RESULT, sorted
results() {
	want=$1 status=$2
	shift 2
	exits "$status" "vmnet $*" vmnet "$@" -n -o network,host,result
	is "$(awk -F '\t' '{ print $1 "/" $2 ":" $3 }' "$out" | LC_ALL=C sort | paste -sd ' ')" "$want" "vmnet $*: results"
}
results 'made/h1:possible made/h2:possible made/h3:possible made/old:failed' 3 apply --dry-run made
ok 'a dry run leaves no record' test ! -e "$VMM_STATE/networks.tsv"
results 'made/h1:changed made/h2:created made/h3:created' 0 apply made --host 'h[1-3]'
results 'theirs/h1:refused' 4 apply theirs
results 'theirs/h1:changed' 0 apply --adopt theirs
results 'made/h1:autostart' 1 check made --host h1
results 'made/old:unknown' 1 check made --host old
results 'made/h1:autostart made/h2:missing' 1 check made --host h1,h2
is "$(vmnet list -n made -o host,state,what | tr '\t' :)" "$(printf '%s\n' 'h1:autostart:it is not started when the host boots' 'h2:missing:the host has no network of that name' h3:ok: old:unknown:)" \
	'list: what was seen last'
ok 'vmm-fsck finds nothing wrong with the record' vmm-fsck --offline
results 'web/h1:missing web/h2:missing' 1 check web
results 'made/h1:removed' 0 rm made --host h1
results 'theirs/h1:refused' 4 rm theirs --host h1
results 'made/h3:already' 0 rm made --host h3
is "$(cut -f 1 "$VMM_STATE/networks.tsv" | paste -sd ' ')" 'at h1/theirs h1/web h2/made h2/web old/made' 'what is gone is forgotten'
rm "$VMM_CONF/networks/made.conf"
exits 1 'all definitions' vmnet check -n -o network,host,result
like "$(cat "$out")" '^made	h1	stray$' 'a network of ours that has no definition'
results 'made/h1:removed made/h2:already made/h3:already made/old:failed' 3 rm made
host-rm h2 >/dev/null
vmnet check -n theirs >"$out"
unlike "$(cat "$VMM_STATE/networks.tsv")" '^h2/' 'a host that is gone is forgotten'

# ---- definitions that are wrong ----

net bad 'type = bridge' 'bridge = br0' 'address = 10.0.0.1/24'
exits 2 'a definition that is wrong' vmnet check bad
one_line vmnet 'says so in one line'
like "$(cat "$err")" "^vmnet: $VMM_CONF/networks/bad.conf:3: address goes with type isolated, nat, routed, and this is bridge$" 'file, line, what'
exits 2 'and keeps all from being listed' vmnet list
ok 'others are, by name' vmnet list web
chmod 000 "$VMM_CONF/networks/bad.conf"
test "$(id -u)" -eq 0 || exits 1 'a definition that cannot be read' vmnet check bad
done_testing
