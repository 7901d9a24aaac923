#!/bin/sh
# ippool: pools are made and removed, addresses given out and taken back, leases looked over
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq
fixture

addresses() {
	ippool "$@" --no-header -o address | paste -sd ' '
}

# refused STATUS WHAT TEXT COMMAND...: one line with TEXT, and the state as it was
refused() {
	want=$1 what=$2 text=$3
	shift 3
	cat "$VMM_STATE"/pools.tsv "$VMM_STATE"/leases.log >before 2>/dev/null
	exits "$want" "$what" "$@"
	one_line ippool 'says why in one line'
	like "$(cat "$err")" "$text" 'in clear words'
	cat "$VMM_STATE"/pools.tsv "$VMM_STATE"/leases.log >after 2>/dev/null
	ok 'and changes nothing' cmp before after
}

# ---- create ----

is "$(ippool create web --range 10.0.0.0/28 --reserve 10.0.0.5,10.0.0.7-10.0.0.8 --gateway 10.0.0.1 \
	--dns 9.9.9.9,fd00::53 --vlan 12 --network lan --json -o +reserved | jq -c .)" \
	'{"pool":"web","type":"ip4","ranges":["10.0.0.0/28"],"size":10,"used":0,"free":10,"prefix":28,"gateway":"10.0.0.1","dns":["9.9.9.9","fd00::53"],"vlan":12,"network":"lan","reserved":["10.0.0.5","10.0.0.7-10.0.0.8"]}' \
	'create prints the pool'
cp "$VMM_STATE/pools.tsv" before
ok 'the very same again' ippool create web --range 10.0.0.0/28 --reserve 10.0.0.5,10.0.0.7-10.0.0.8 \
	--gateway 10.0.0.1 --dns 9.9.9.9,fd00::53 --vlan 12 --network lan
ok 'changes nothing' cmp before "$VMM_STATE/pools.tsv"
ok 'ranges with gaps' ippool create gaps --range 10.1.0.10-10.1.0.11,10.1.0.20 --range 10.1.0.30
ok 'IPv6' ippool create six --range fd00::/64 --gateway fd00::1
ok 'MAC' ippool create mac --range 52:54:00:10:00:00-52:54:00:10:00:ff
ok 'virtual IP' ippool create vip --type vip --range 10.2.0.1-10.2.0.3
ok '--dry-run' ippool create dry --range 10.3.0.0/24 --dry-run
is "$(ippool list --no-header -o pool,type,size | tr '\t\n' ' ,')" \
	'gaps ip4 4,mac mac 256,six ip6 18446744073709551614,vip vip 3,web ip4 10,' 'list has them, and not the last one'
refused 4 'another one of the same name' 'another one of this name' ippool create web --range 10.9.0.0/24
refused 4 'a range of another pool' 'overlap 10.0.0.0-10.0.0.15 of pool .web.' ippool create o --range 10.0.0.15-10.0.0.20
refused 4 'of virtual addresses too' "of pool 'vip'" ippool create o --range 10.2.0.0/24
refused 2 'no range' 'no range given' ippool create o
refused 2 'half a range' "'' is not an address" ippool create o --range 10.9.0.1-
refused 2 'no network' 'is 10.9.0.0/24 meant' ippool create o --range 10.9.0.1/24
refused 2 'a type that is none' 'not one of' ippool create o --type ip5 --range 10.9.0.0/24
refused 2 'a VLAN that is none' 'from 1 to 4094' ippool create o --vlan 4095 --range 10.9.0.0/24
refused 2 'a name server that is none' 'not an address' ippool create o --dns x --range 10.9.0.0/24
refused 2 'a name that is none' 'must be of letters' ippool create ../o --range 10.9.0.0/24

# ---- checkout ----

is "$(addresses checkout web --for a)" 10.0.0.2 'the lowest address; not the network nor the gateway'
is "$(addresses checkout web --for a)" 10.0.0.2 'the same holder gets the same'
is "$(addresses checkout web --for b -n 3)" '10.0.0.3 10.0.0.4 10.0.0.6' 'several; not the reserved ones'
is "$(addresses checkout web --for b -n 2)" '10.0.0.3 10.0.0.4' 'fewer are the first of them'
is "$(addresses checkout web --for c --addr 10.0.0.14)" 10.0.0.14 'a certain one'
is "$(addresses checkout web --for c -n 2)" '10.0.0.14 10.0.0.9' 'is the first of two'
is "$(ippool checkout web --for a --json | jq -c 'del(.since)')" \
	'{"address":"10.0.0.2","pool":"web","type":"ip4","prefix":28,"gateway":"10.0.0.1","dns":["9.9.9.9","fd00::53"],"vlan":12,"network":"lan","holder":"a","expires":"","error":""}' \
	'a row tells what it takes to use it'
is "$(ippool checkout web --for a | head -n 1 | cut -f 1)" address 'the address comes first'
refused 4 'more than there are' 'exhausted: 4 of 5 addresses are free' ippool checkout web --for d -n 5
for taken in 10.0.0.0 10.0.0.1 10.0.0.5 10.0.0.8 10.0.0.15; do
	refused 4 "$taken" 'does not give out' ippool checkout web --for d --addr $taken
done
refused 4 'an address of somebody else' "held by 'a'" ippool checkout web --for d --addr 10.0.0.2
refused 4 'an address outside' 'does not have' ippool checkout web --for d --addr 10.0.0.16
refused 2 'what is no address' 'not an address' ippool checkout web --for d --addr 10.0.0
refused 2 'one address as two' 'is one address' ippool checkout web --for d --addr 10.0.0.10 -n 2
refused 2 'no holder' '--for is missing' ippool checkout web
refused 2 'an empty holder' 'no holder' ippool checkout web --for ''
refused 4 'no such pool' "no pool 'nope'" ippool checkout nope --for a
refused 2 'none at all' 'not from 1' ippool checkout web --for a -n 0
refused 2 'a time that is none' "ttl" ippool checkout web --for a --ttl 0.5
is "$(addresses checkout web --for d -n 4)" '10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13' 'the last ones'
refused 4 'one more' "pool 'web' is exhausted: no address is free" ippool checkout web --for e
is "$(addresses checkout six --for a -n 2)" 'fd00::2 fd00::3' 'IPv6'
is "$(addresses checkout mac --for a -n 2)" '52:54:00:10:00:00 52:54:00:10:00:01' 'MAC'
is "$(addresses checkout gaps --for a -n 4)" '10.1.0.10 10.1.0.11 10.1.0.20 10.1.0.30' 'over the gaps'
odd=$(printf 'a\tb\nc\\d')
is "$(ippool checkout vip --for "$odd" --json | jq -r .holder)" "$odd" 'any text is a holder'
is "$(addresses checkout vip --for "$odd")" 10.2.0.1 'and known again'

# ---- checkin ----

is "$(addresses checkin web --for b --addr 10.0.0.4)" 10.0.0.4 'one is taken back'
refused 4 'one of somebody else' "held by 'a'" ippool checkin web --for b --addr 10.0.0.2
is "$(ippool checkin web --for nobody --no-header)" '' 'nothing to take back is no error'
is "$(addresses checkout web --for e)" 10.0.0.4 'it is given out again'
is "$(ippool checkin --for a --no-header -o pool | sort | uniq -c | tr -s ' \n' ' ')" ' 4 gaps 2 mac 2 six 1 web ' \
	'without a pool: of all'
is "$(addresses show --for a)" '' 'nothing is left'
is "$(ippool list web --no-header -o used,free)" "$(printf '9\t1')" 'list counts'

# ---- time ----

ok 'for a second' ippool checkout gaps --for short -n 4 --ttl 1
like "$(ippool show gaps --no-header -o expires)" '^20' 'which the lease tells'
refused 4 'as long as that lasts' exhausted ippool checkout gaps --for other
sleep 1.1
is "$(addresses show gaps)" '' 'then it is no lease'
is "$(addresses checkout gaps --for short)" 10.1.0.10 'who comes back gets the same'
is "$(addresses checkout gaps --for other -n 3)" '10.1.0.11 10.1.0.20 10.1.0.30' 'the others are free'

# ---- batches ----

printf 'pool\tholder\tn\taddress\tttl\nmac\tx\t2\t\t\ngaps\ty\t\t\t\nsix\tx\t\tfd00::abc\t1h\n' >rows
exits 3 'rows from stdin: some fail' sh -c 'ippool checkout - --no-header -o address,error <rows'
is "$(cat "$out")" "$(printf '52:54:00:10:00:00\t\n52:54:00:10:00:01\t\n\tpool '\''gaps'\'' is exhausted: no address is free\nfd00::abc\t')" \
	'each has its row'
ippool checkout - --json <rows 2>/dev/null | jq -c 'select(.error == "")' >json
ok 'the rows can be given back, also as JSON' sh -c 'ippool checkin - <json'
is "$(addresses show --for x)" '' 'all of them'
exits 2 'a row that is none' sh -c 'printf "pool\tholder\tn\nmac\tx\tmany\n" | ippool checkout -'
# Answered one by one: who waits for the first row before he sends the second gets it.
mkfifo ask answer
ippool checkout - --no-header -o address <ask >answer &
exec 3>ask 4<answer
printf 'pool\tholder\nmac\tone\n' >&3
read -r first <&4
printf 'mac\ttwo\n' >&3
read -r second <&4
exec 3>&- 4<&-
wait
is "$first $second" '52:54:00:10:00:00 52:54:00:10:00:01' 'a stream is answered row by row'
awk 'BEGIN { print "pool\tholder"; for (i = 0; i < 10000; i++) print "six\tm" i }' >rows
if command -v strace >/dev/null; then
	strace -f -o calls -e trace=fdatasync ippool checkout - <rows >got
	is "$(grep -c 'fdatasync(' calls)" 1 '10,000 rows are one batch with one sync'
	is "$(sed 1d got | cut -f 1 | sort -u | wc -l)" 10000 'and 10,000 addresses'
else
	skip 2 'no strace'
fi

# ---- check and gc ----

ippool create known --range 10.4.0.0/24 >/dev/null
for holder in "$(vm_uuid 1)" web2 h2/web1 h3; do ippool checkout known --for "$holder" >/dev/null; done
exits 0 'VMs by UUID, NAME or HOST/NAME, and hosts, are known' ippool check known
ippool checkout known --for "$(vm_uuid 9)" >/dev/null
exits 1 'a UUID that nobody has' ippool check known
is "$(sed 1d "$out" | cut -f 1-4)" "$(printf 'leaked\tknown\t10.4.0.5\t%s' "$(vm_uuid 9)")" 'is leaked'
is "$(addresses gc known)" '' 'gc leaves it alone for a while'
like "$(ippool check known -n)" 'missing since 20' 'but notes it'
is "$(ippool gc known --grace 0 --dry-run --no-header -o address)" 10.4.0.5 '--dry-run says what would be taken'
is "$(addresses show known)" '10.4.0.1 10.4.0.2 10.4.0.3 10.4.0.4 10.4.0.5' 'and takes nothing'
cp "$VMM_STATE/vms.tsv" vms
cells "$(vm_uuid 9) h1 new normal normal" | sed 's/$/\t\t\t\t\t\t\t\t/' >>"$VMM_STATE/vms.tsv"
is "$(addresses gc known --grace 0)" '' 'a holder that has come is no longer missing'
is "$(ippool show known --for "$(vm_uuid 9)" --no-header -o missing)" '' 'which is noted too'
cp vms "$VMM_STATE/vms.tsv"
ippool gc known >/dev/null
sleep 1.1
is "$(addresses gc known --grace 1s)" 10.4.0.5 'after the grace time gc takes it back'
exits 0 'then all is in order' ippool check known
ippool checkout known --for "$(vm_uuid 8)" >/dev/null
store-helper begin "$VMM_STATE" create new "{\"name\":\"new\",\"uuid\":\"$(vm_uuid 8)\"}" >/dev/null
exits 0 'one whose VM is being made is known' ippool check known
is "$(addresses gc known --grace 0)" '' 'and gc leaves it alone'
ippool checkin known --for "$(vm_uuid 8)" >/dev/null
printf 'set\tknown\t10.4.0.1\th1\t2026-01-01T00:00:00Z\t\t\nset\tknown\t10.4.0.255\th1\t2026-01-01T00:00:00Z\t\t\nset\tknown\t10.9.0.1\th1\t2026-01-01T00:00:00Z\t\t\nset\tgone\t10.4.0.2\th1\t2026-01-01T00:00:00Z\t\t\n' >>"$VMM_STATE/leases.log"
is "$(ippool check -n -o finding,pool,address | grep -v leaked | tr '\t\n' ' ,')" \
	'double known 10.4.0.1,double gone 10.4.0.2,foreign gone 10.4.0.2,double known 10.4.0.2,foreign known 10.4.0.255,foreign known 10.9.0.1,' \
	'double and foreign leases are found'
is "$(vmm-fsck -n --offline -o kind,object,mended | grep -c '^lease	10\.[49]\.0\.[0-9]*	no$')" 6 'by vmm-fsck too'

# ---- rm ----

refused 4 'a pool with leases' '1[0-9]+ of its addresses are leased' ippool rm six
ok 'unless forced' ippool rm six --force
is "$(ippool list --no-header -o pool | paste -sd ' ')" 'gaps known mac vip web' 'it is gone'
refused 4 'and nothing comes from it' "no pool 'six'" ippool checkout six --for a
ippool checkin vip --for "$odd" >/dev/null
ok 'a pool without leases' ippool rm vip
ok 'can be made anew' ippool create vip --range 10.2.0.0/30
is "$(addresses checkout vip --for a)" 10.2.0.1 'and starts at its start'
refused 4 'no such pool to remove' "no pool 'nope'" ippool rm nope

# ---- a log that is wrong ----

cp "$VMM_STATE/leases.log" log
printf 'set\tweb\tnonsense\ta\t2026-01-01T00:00:00Z\t\t\n' >>"$VMM_STATE/leases.log"
refused 2 'a line that cannot be' "leases.log:[0-9]*: 'nonsense' is not an address" ippool show
refused 2 'is in the way of changes' 'leases.log:[0-9]*: ' ippool checkout web --for z
cp log "$VMM_STATE/leases.log"
printf 'set\tweb\n' >>"$VMM_STATE/leases.log"
like "$(vmm-fsck --offline -n)" "^state	leases.log	line [0-9]+ can't be read	no" 'vmm-fsck finds such a one'
done_testing
