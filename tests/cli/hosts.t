#!/bin/sh
# host-add, host-set, host-list, host-rm: what is declared, on hosts of libvirt's test driver
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq

# ---- added ----

node n1 1 a 1 2 b 5
is "$(host-add --dry-run -n -o name,state n1 "test://$tmp/n1.xml")" 'n1	normal' 'host-add --dry-run: connects'
is "$(host-list)" "$(host-list --format tsv | head -n 1)" 'and declares nothing'
(umask 077 && : >auth)
ok 'host-add' host-add n1 "test://$tmp/n1.xml" --group web --label rack=7 -l disk=ssd --label 'note=a,b=c' --maint yes \
	--migrate-uri tcp:n1 --peer-uri qemu+tcp://n1/system --auth-file "$tmp/auth"
is "$(host-list --json -o +labels,migrate_uri,peer_uri,auth_file,caps | jq -c '[.name, .group, .state, .hypervisor, .maint, .labels, .migrate_uri, .peer_uri, .auth_file]')" \
	'["n1","web","normal","test",true,["disk=ssd","note=a,b=c","rack=7"],"tcp:n1","qemu+tcp://n1/system","'"$tmp"'/auth"]' 'what was declared and what was found is recorded'
is "$(vm-list -n)" '' 'its VMs are for host-scan'
ok 'when it was seen' test "$(host-list -n -o seen n1)" \> 2026-01-01T00:00:00Z
host-add --dry-run --json -o name,maint,labels,seen n2 test:///default --label b=2 --label a=1 >"$out"
is "$(jq -c '[.name, .maint, .labels, (.seen | length)]' "$out")" '["n2",false,["a=1","b=2"],20]' 'the row is what is recorded'
exits 4 'the same name' host-add n1 test:///default
is "$(cat "$err")" "host-add: cannot add host 'n1': it is declared already" 'is refused'
exits 4 'the same name, of a host that is not there' host-add n1 "test://$tmp/none.xml"
is "$(cat "$err")" "host-add: cannot add host 'n1': it is declared already" 'is refused before it is asked'
exits 2 'a group that is none, of a host that is not there' host-add n2 "test://$tmp/none.xml" --group 'a b'
exits 2 'an auth file that is not there' host-add n2 test:///default --auth-file "$tmp/nonexistent"
one_line host-add 'is bad input'
exits 4 'the same URI' host-add n2 "test://$tmp/n1.xml"
like "$(cat "$err")" "^host-add: cannot add host 'n2': host 'n1' has the same uri " 'is refused'
exits 4 'the same without doing it' host-add --dry-run n2 "test://$tmp/n1.xml"
exits 1 'a host that is not there' host-add n2 "test://$tmp/none.xml"
one_line host-add 'is refused with a reason'
for name in '' . .x -x 'a b' 'a/b' 'h[1-3]' @web 'a,b' "$(printf 'a\tb')" é "$(head -c 254 /dev/zero | tr '\0' a)"; do
	host-add -- "$name" test:///default >"$out" 2>"$err"
	test $? -eq 2 && test "$(wc -l <"$err")" -eq 1 || echo "$name"
	host-set n1 --group "$name" >/dev/null 2>&1
	test $? -eq 2 || test -z "$name" || echo "group $name"
done >bad
is "$(cat bad)" '' 'names that are none'
is "$(host-list -n -o name)" n1 'none of them was added'

# ---- changed ----

rm -rf "$VMM_STATE"
fixture
recorded >before
ok 'host-set' host-set h1 h2 --group db --label rack=9 --label new= --unlabel disk --maint no
is "$(host-list -n -o name,group,labels,maint h1 h2)" "$(printf 'h1\tdb\tnew=,rack=9\tno\nh2\tdb\tnew=,rack=9\tno')" 'of several hosts'
is "$(host-set -n -o group,maint,labels h1 --group '' --maint '' --unlabel new --unlabel rack 2>&1)" "$(printf '\t\t')" 'an empty value takes it away'
recorded >changed
is "$(host-set --dry-run -n -o name,group 'h[1-3]' --group x | paste -sd ' ')" 'h1	x h2	x h3	x' '--dry-run: says what would be'
recorded >after
ok '--dry-run: and does it not' cmp changed after
exits 4 'a host that is not declared' host-set 'h[3-4]' --maint yes
like "$(cat "$err")" "no host 'h4' is declared" 'is named'
is "$(host-list -n -o maint h3)" '' 'and none of the others changed'
exits 4 'a URI that another has' host-set h1 --uri "test://$tmp/h2.xml"
exits 0 'a new one' host-set h1 --uri "test://$tmp/moved.xml"

# One machine under two names, as a state may say that was merged by hand.
vmm-rows --json <"$VMM_STATE/hosts.tsv" | jq -c '.uuid = "same"' | vmm-rows >hosts.tsv
cp hosts.tsv "$VMM_STATE/hosts.tsv"
exits 4 'a machine that has another name already' host-set h1 --uri "test://$tmp/other.xml"
like "$(cat "$err")" "host 'h[23]' is the same machine \\(test, uuid same\\)" 'is refused'
exits 0 'but it can be put into maintenance' host-set h1 --maint yes
exits 0 'and be forgotten' host-rm h1

# ---- listed ----

rm -rf "$VMM_STATE"
fixture
for operands in 'h1:h1' 'h[1-3]:h1 h2 h3' 'h[1,3]:h1 h3' 'h1,h3:h1 h3' '@web:h1 h2' '@db h1:h1 h3' 'h2 h2 h1:h1 h2' ':h1 h2 h3 old' 'old,@web:!'; do
	# shellcheck disable=SC2086
	got=$(set -f; host-list -n -o name ${operands%%:*} 2>/dev/null | paste -sd ' ')
	test "$got" = "$(echo "${operands#*:}" | tr -d '!')" || echo "$operands: $got"
done >bad
is "$(cat bad)" '' 'ranges, groups, each once and in order'
exits 4 'a group that nobody is in' host-list @none
one_line host-list 'is an error'
exits 4 'so is a host that is not there' host-list h1 h9
is "$(host-list -n -o name,error old)" 'old	silent' 'why one did not answer'

# ---- forgotten ----

is "$(host-rm --dry-run -n -o name @web | paste -sd ' ')" 'h1 h2' 'host-rm --dry-run'
is "$(host-list -n | wc -l) $(vm-list -n | wc -l)" '4 5' 'forgets nothing'
host-rm h2 >h2.tsv
is "$(host-list -n -o name | paste -sd ' ')" 'h1 h3 old' 'host-rm forgets the host'
is "$(vm-list -n -o host,name,also | paste -sd ' ')" 'h1	web1	 h1	web2	 h3	db1	 old	lost	' 'and what was seen on it'
is "$(vmm-rows -n -o name,uri,maint <h2.tsv)" "h2	test://$tmp/h2.xml	yes" 'and prints what was declared'
exits 4 'one that is not there' host-rm h3 h9
is "$(host-list -n -o name | paste -sd ' ')" 'h1 h3 old' 'then none is forgotten'
exits 0 'all' host-rm h1 h3 old
is "$(host-list -n; vm-list -n)" '' 'nothing is left'
is "$(vmm-fsck -n --offline)" '' 'and the state is sound'
done_testing
