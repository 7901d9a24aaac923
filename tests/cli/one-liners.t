#!/bin/bash
# The one-liners of vmm(7), as they stand there; those that move VMs are in tests/lab/one-liners.t.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/one-liner.sh"
need jq mandoc column

# A state by hand: three hosts of two groups; "old" has not answered since the first of January.
mkdir -m 700 "$VMM_STATE"
columns='name uri group state mem_total mem_used vms running seen'
{
	tabs "$columns"
	tabs "h1 qemu+tcp://h1/system web normal 68719476736 60129542144 3 2 2026-11-22T03:00:00Z"
	tabs "h2 qemu+tcp://h2/system web normal 68719476736 4294967296 1 0 2026-11-22T03:00:00Z"
	tabs "old qemu+tcp://old/system db unknown 68719476736 10737418240 1 1 2026-01-01T00:00:00Z"
} >"$VMM_STATE/hosts.tsv"

uuid() { echo "00000000-0000-4000-8000-00000000000$1"; }
now=$(date -u +%FT%TZ)
{
	tabs 'uuid host name state last also vcpus mem guest seen addresses'
	tabs "$(uuid 1) h1 web1 normal normal h2 2 4294967296 web1 $now 10.0.0.1,10.0.0.2"
	tabs "$(uuid 2) h1 a,b normal normal - 4 17179869184 shop $now -"
	tabs "$(uuid 3) h1 spare stop stop - 1 1073741824 - $now -"
	tabs "$(uuid 4) h2 spare2 stop stop - 1 536870912 - $now -"
	tabs "$(uuid 5) old db1 unknown normal - 8 34359738368 db1 2026-01-01T00:00:00Z -"
	tabs "$(uuid 6) old db2 unknown normal - 8 34359738368 db2 $now -"
} >"$VMM_STATE/vms.tsv"
is "$(vmm-fsck -n --offline)" '' 'the fixture is a sound state'

is "$(one_liner 2)" 'h1  a,b  shop' 'a guest that calls itself something else'

is "$(one_liner 3)" "\
host name    mem
old  db1     32G
old  db2     32G
h1   a,b     16G
h1   web1     4G
h1   spare    1G
h2   spare2 512M" 'the largest'

one_liner 4
is "$(cat vms.csv)" "\
group,host,name,state,vcpus,mem,addresses
web,h1,\"a,b\",normal,4,17179869184,
web,h1,spare,stop,1,1073741824,
web,h1,web1,normal,2,4294967296,\"10.0.0.1,10.0.0.2\"
web,h2,spare2,stop,1,536870912,
db,old,db1,unknown,8,34359738368,
db,old,db2,unknown,8,34359738368," 'CSV'

one_liner 5 >shown
is "$(grep -E '^(field|uuid|also)' shown)" \
	"$(tabs 'field value'; tabs "uuid $(uuid 1)"; tabs 'also h2')" 'a VM with two definitions, and no other'

is "$(one_liner 7)" "\
h2
old" 'hosts without a running VM'

is "$(one_liner 9)" "\
group mem
web   20G" 'memory by group'

is "$(one_liner 11)" '2026-01-01T00:00:00Z	old	db1' 'unknown for more than a day'

one_liner 12
is "$(cat vmm.prom)" 'vmm_host_memory_used_bytes{host="h1"} 60129542144
vmm_host_memory_used_bytes{host="h2"} 4294967296
vmm_host_memory_used_bytes{host="old"} 10737418240
vmm_host_running_vms{host="h1"} 2
vmm_host_running_vms{host="h2"} 0
vmm_host_running_vms{host="old"} 1
vmm_host_up{host="h1"} 1
vmm_host_up{host="h2"} 1
vmm_host_up{host="old"} 0' 'Prometheus'

# For those that ask the hosts: two of libvirt's test driver, made of files.
rm -r "$VMM_STATE"
ns="xmlns:test='http://libvirt.org/schemas/domain/test/1.0'"
# domain NAME NUMBER RUNSTATE: 1 running, 5 off
domain() {
	echo "<domain type='test' $ns><name>$1</name><uuid>$(uuid "$2")</uuid>" \
		"<memory unit='MiB'>64</memory><os><type>hvm</type></os>" \
		"<test:runstate>$3</test:runstate></domain>"
}
echo "<node $ns>$(domain one 1 1; domain two 2 5)</node>" >a.xml
echo "<node $ns>$(domain three 3 5; domain four 4 5)</node>" >b.xml
host-add -n a "test://$tmp/a.xml" >/dev/null
host-add -n b "test://$tmp/b.xml" >/dev/null

cron() { one_liner 6 's/^\(\S* \)\{5\}//'; }
cron >mail
is "$(cut -f 1,3 mail | tr '\t' ' ')" "\
new one
new two
new three
new four" 'cron mails what changed'
is "$(cron)" '' 'and nothing when nothing did'
sed -i 's/>two</>zwei</' a.xml
sed -i 's,<test:runstate>5</test:runstate></domain></node>,<test:runstate>1</test:runstate></domain></node>,' b.xml
is "$(cron)" "\
$(tabs "renamed a zwei $(uuid 2) two zwei")
$(tabs "started b four $(uuid 4) stop normal")" 'a VM renamed and one started behind our back'

# The test driver forgets autostart, so it is said for it.
sed -i "/^$(uuid 3)/s/	no	yes	/	yes	yes	/" "$VMM_STATE/vms.tsv"
one_liner 8 >started
is "$(cut -f 1-4 started)" "\
$(tabs 'vm host result state')
$(tabs 'three b done normal')" 'what should run is started'

# What a reader of the page copies is what was tested.
mandoc -T utf8 -O width=200 "$top/man/vmm.7" | sed "s/.$(printf '\b')//g" >page
missing=$(for n in $(seq 12); do
	text_of "$n" | while read -r line; do grep -Fq -e "$line" page || echo "$n: $line"; done
done)
is "$missing" '' 'the page shows each of the twelve to the letter'
done_testing
