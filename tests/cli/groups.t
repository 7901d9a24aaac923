#!/bin/sh
# group-list, group-show, group-check: what is in force, and what is wrong with groups' files
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq

# conf GROUP: its file, from stdin
conf() {
	mkdir -p "$VMM_CONF/groups"
	cat >"$VMM_CONF/groups/$1.conf"
}

# ---- listed ----

exits 0 'no groups' group-list
is "$(cat "$out")" "$(printf 'group\tmode\thosts\tvms\trunning\tcpus\tmem_total\tmem_used\tdescription')" 'are a header only'
fixture
conf web <<-'END'
	description = shop windows
	mode = automatic
	[apart pair]
	vms = web2, db*
	[model small]
	[logical w1]
	model = small
	[logical w2]
	model = small
END
echo 'failures = 1' | conf spare
exits 0 'groups' group-list --json -o +rules,logicals,file
is "$(jq -c 'del(.file)' "$out")" "$(
	cat <<-'END'
		{"group":"db","mode":"manual","hosts":1,"vms":1,"running":1,"cpus":0,"mem_total":0,"mem_used":0,"description":"","rules":0,"logicals":0}
		{"group":"spare","mode":"manual","hosts":0,"vms":0,"running":0,"cpus":0,"mem_total":0,"mem_used":0,"description":"","rules":0,"logicals":0}
		{"group":"web","mode":"automatic","hosts":2,"vms":3,"running":2,"cpus":0,"mem_total":137438953472,"mem_used":1073741824,"description":"shop windows","rules":1,"logicals":2}
	END
)" 'of hosts and of files'
is "$(jq -r .file "$out")" "$(printf '\n%s\n%s' "$VMM_CONF/groups/spare.conf" "$VMM_CONF/groups/web.conf")" 'with the file, if there is one'
is "$(group-list -n -o group web db | paste -sd ' ')" 'db web' 'some of them'
exits 4 'one that is not there' group-list web no
is "$(cat "$err")" "group-list: there is no group 'no'" 'is named'
is "$(group-list --logicals)" "$(printf 'logical\tmodel\thost\tsince\nweb/w1\tsmall\t\t\nweb/w2\tsmall\t\t')" 'logical hosts'

echo 'mode = both' | conf spare
exits 3 'one file is wrong' group-list -n -o group,mode,error
bad="$VMM_CONF/groups/spare.conf:1: mode: 'both' is none of: manual, automatic"
is "$(cat "$out")" "$(printf 'db\tmanual\t\nspare\t\t%s\nweb\tautomatic\t' "$bad")" 'the others are listed'
is "$(cat "$err")" "group-list: $bad" 'and it is told why'
exits 2 'nothing but the wrong one' group-list spare

# ---- shown ----

exits 0 'settings' group-show web
is "$(sed 1q "$out")" "$(printf 'section\tlabel\tkey\tvalue\tfrom')" 'have columns'
is "$(grep -c usual "$out")" 17 'the usual ones too'
is "$(grep -v usual "$out" | sed "1d; s|$VMM_CONF/groups/||")" "$(
	printf '%s\t%s\t%s\t%s\tweb.conf:%s\n' '' '' description 'shop windows' 1 '' '' mode automatic 2 \
		apart pair vms 'web2, db*' 4 logical w1 model small 7 logical w2 model small 9
)" 'and those of the file, with their lines'
ok 'a group without a file' group-show db
is "$(grep -c usual "$out")" 19 'has the usual settings'
exits 2 'a wrong file' group-show spare
is "$(cat "$err")" "group-show: $bad" 'is told with its line'
exits 4 'a group that is not there' group-show no
rm "$VMM_CONF/groups/spare.conf"

# ---- checked ----

# findings GROUP: LINE level what
findings() {
	group-check -n "$1" | sed -E "s|^$VMM_CONF/groups/$1.conf:([0-9]+): (.*)	(.*)|\1 \3 \2|"
}

sed -i '/^\[apart/,/^vms/d' "$VMM_CONF/groups/web.conf"
exits 0 'nothing to find' group-check
is "$(cat "$out")" "$(printf 'finding\tlevel')" 'is a header only'
echo 'mode = both' | conf spare
exits 2 'a file that cannot be read' group-check -n
is "$(cat "$out")" "$bad	error" 'is a finding'
is "$(cat "$err")" '' 'and nothing else is said'
exits 0 'a group that is sound' group-check web
exits 4 'one that is not there' group-check no

conf web <<-'END'
	[apart a]
	vms = web*, new1
	[together t]
	vms = web2, new1, gone?
	[must m]
	vms = web2
	hosts = h1, h9
	[must elsewhere]
	vms = new2
	hosts = h3
	[never n]
	vms = web2
	hosts = disk=ssd, rack=7
	[pin p]
	vms = web2
END
exits 2 'rules that contradict each other' group-check web
is "$(findings web)" "$(
	cat <<-END
		1 warning [apart a] no VM of the group is 'new1'
		3 warning [together t] no VM of the group is 'gone?'
		8 warning [must elsewhere] no VM of the group is 'new2'
		5 warning [must m] no host of the group is 'h9'
		8 warning [must elsewhere] no host of the group is 'h3'
		8 error [must elsewhere] none of its hosts is in the group
		11 warning [never n] no host of the group is 'rack=7'
		11 error [never n] no host is left for VM 'web2': [must m], [never n]
		1 error [apart a] VMs 'web2' and 'new1' are in [together t] too, line 3
		1 warning [apart a] 4 VMs, but 2 hosts
		14 warning [pin p] VM 'web2' is on 'h1', where another rule does not let it be
	END
)" 'each with its line'

conf web <<-'END'
	[together t]
	vms = web2, other
	[must m]
	vms = web2
	hosts = h1
	[never n]
	vms = other
	hosts = h1
END
is "$(findings web | grep error)" '1 error [together t] other rules leave no host for all of these VMs' 'together, but nowhere'
printf '[apart a]\nvms = %s\n' "$(vm_uuid 1),$(vm_uuid 2)" | conf web
is "$(findings web)" '' 'UUIDs of VMs that are there'
printf '[apart a]\nvms = x, y\n[together t]\nvms = x, y\n' | conf new
is "$(findings new)" "1 error [apart a] VMs 'x' and 'y' are in [together t] too, line 3" 'of a group without hosts only the rules count'
rm "$VMM_CONF"/groups/*

VMM_STATE=$tmp/empty VMM_CONF=$top/share
exits 0 'the sample is sound' group-check production
is "$(group-list -n -o group,hosts)" 'production	0' 'and can be listed'
VMM_CONF=$tmp/manual && mkdir -p "$VMM_CONF/groups"
awk -v file="$VMM_CONF/groups/prod.conf" '/^\.Pa .*prod.conf/ { want = 1 } /^\.Bd/ && want { on = 1; next }
	/^\.Ed/ { on = 0 } on { print >file }' "$top/man/vmm-groups.5"
exits 0 "the manual's example is sound" group-check prod
is "$(group-list --logicals -n -o logical)" prod/compute1 'and has what it says'
done_testing
