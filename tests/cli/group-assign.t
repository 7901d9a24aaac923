#!/bin/sh
# group-fit, group-assign, group-unassign: machines for logical hosts
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq

mkdir -m 700 "$VMM_STATE"
mkdir -p "$VMM_CONF/groups"
{
	cells name uri group labels maint state cpus mem_total arch cpu_model
	cells 'big test:///1 - rack=1 no normal 64 274877906944 x86_64 EPYC'
	cells 'busy test:///2 - rack=1 no normal 32 137438953472 x86_64 EPYC'
	cells 'elsewhere test:///3 db rack=1 no normal 32 137438953472 x86_64 EPYC'
	cells 'inside test:///4 web rack=1 - normal 16 68719476736 x86_64 EPYC'
	cells 'out test:///5 - rack=1 yes normal 32 137438953472 x86_64 EPYC'
	cells 'silent test:///6 - rack=1 no unknown - - - -'
	cells 'small test:///7 - - no normal 8 34359738368 aarch64 EPYC'
} >"$VMM_STATE/hosts.tsv"
{
	cells uuid host name state vcpus mem
	cells "$(vm_uuid 1) busy a normal 1 1"
	cells "$(vm_uuid 2) big b stop 1 1"
	cells "$(vm_uuid 3) inside c normal 1 1"
} >"$VMM_STATE/vms.tsv"
cat >"$VMM_CONF/groups/web.conf" <<-'END'
	[model compute]
	cpus = 16
	memory = 60G
	arch = x86_64
	labels = rack=1
	[model any]
	[logical c1]
	model = compute
	[logical c2]
	model = compute
	[logical x]
	model = any
END

# ---- fit ----

is "$(group-fit -n -o name web/c1 | paste -sd ' ')" 'inside big' 'those that fit, the smallest first'
is "$(group-fit -n -o name web/x | paste -sd ' ')" 'small inside big' 'another model'
is "$(group-fit --all -n -o name,fit,why web/c1)" "$(
	printf '%s\n' \
		'inside	yes	' \
		'big	yes	' \
		'silent	no	state unknown, not normal; 0 cpus, not 16; memory 0, not 60G; arch unknown, not x86_64' \
		'small	no	8 cpus, not 16; memory 32G, not 60G; arch aarch64, not x86_64; lacks rack=1' \
		'busy	no	running VMs: 1' \
		'elsewhere	no	in group db' \
		'out	no	in maintenance'
)" '--all: and the others, with the reasons'
is "$(group-fit --json --all web/c1 | jq -c 'select(.name == "big") | [.cpus, .labels, .fit]')" '[64,["rack=1"],true]' 'rows have types'
exits 4 'one that is not defined' group-fit web/no
is "$(cat "$err")" "group-fit: no logical host 'web/no' is defined" 'is named'
for name in web web/ /c1 ../x/c1; do
	exits 2 "'$name' is no name" group-fit "$name"
done

# ---- assign ----

recorded >before
is "$(group-assign --dry-run -n -o logical,host web/c1 big)" 'web/c1	big' '--dry-run says what would be'
recorded >after
ok 'and does it not' cmp before after
exits 4 'one that does not fit' group-assign web/c1 small
is "$(cat "$err")" "group-assign: cannot assign 'small' to 'web/c1': 8 cpus, not 16; memory 32G, not 60G; arch aarch64, not x86_64; lacks rack=1" 'is refused with the reasons'
exits 4 'one that is not free' group-assign web/c1 busy
exits 4 'no such host' group-assign web/c1 none
is "$(cat "$err")" "group-assign: cannot assign 'none' to 'web/c1': no such host is declared" 'is named'
exits 0 'one that fits' group-assign web/c1 big
is "$(cut -f 1,2 "$out")" "$(printf 'logical\thost\nweb/c1\tbig')" 'is told'
is "$(host-list -n -o group big)" web 'and comes into the group'
is "$(group-list --logicals -n -o logical,host)" "$(printf 'web/c1\tbig\nweb/c2\t\nweb/x\t')" 'and has the place'
like "$(cat "$VMM_STATE/logicals.tsv")" '^web/c1	big	20[0-9-]*T[0-9:]*Z$' 'in the state'
exits 4 'a second one' group-assign web/c1 inside
is "$(cat "$err")" "group-assign: cannot assign 'inside' to 'web/c1': it is 'big' already" 'is refused'
exits 4 'a second place' group-assign web/c2 big
is "$(cat "$err")" "group-assign: cannot assign 'big' to 'web/c2': has the place of web/c1" 'is refused'
exits 0 'one of the group, with its VMs' group-assign web/c2 inside
is "$(group-fit -n -o name web/x)" small 'who has a place is not free'
ok 'the state is sound' vmm-fsck --offline
is "$(group-check -n)" '' 'and the group'

# ---- what became of them ----

host-set big --unlabel rack >/dev/null
like "$(group-check -n -o finding)" "web.conf:7: \[logical c1\] its host 'big' does not fit: lacks rack=1$" 'group-check: a host that does not fit any more'
sed -i '/logical c2/,/model/d' "$VMM_CONF/groups/web.conf"
like "$(group-check -n -o finding)" "web.conf:1: \[logical c2\] is not there any more, and has a host$" 'group-check: a place that is not defined any more'

# ---- unassign ----

recorded >before
exits 4 'where VMs run' group-unassign web/c2
is "$(cat "$err")" "group-unassign: cannot unassign 'web/c2': running VMs on 'inside': 1" 'is refused'
recorded >after
ok 'and nothing changed' cmp before after
is "$(group-unassign --keep -n -o logical,host web/c2)" 'web/c2	inside' '--keep'
is "$(host-list -n -o group inside)" web 'leaves it in the group'
ok 'where none runs' group-unassign --dry-run web/c1
is "$(group-list --logicals -n -o host web)" "$(printf 'big\n')" '--dry-run: nothing happened'
ok 'where none runs' group-unassign web/c1
is "$(host-list -n -o group big)" '' 'it leaves the group'
exits 4 'one that has none' group-unassign web/c1
is "$(cat "$err")" "group-unassign: cannot unassign 'web/c1': no host is assigned to it" 'is told'

ok 'a place' group-assign web/x small
ok 'whose host is forgotten' host-rm small
is "$(group-list --logicals -n -o host web/x 2>/dev/null; sed 1d "$VMM_STATE/logicals.tsv")" '' 'is open again'
rm "$VMM_STATE/logicals.tsv"
ok 'where no place was ever given' host-rm busy
ok 'no table is made for it' test ! -e "$VMM_STATE/logicals.tsv"
done_testing
