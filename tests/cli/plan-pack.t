#!/bin/sh
# plan-pack: hosts that go off, hosts that come on
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fleet.sh"

# shellcheck disable=SC2086
pack() {
	plan-pack $rows "$@"
}
steps() {
	pack -n -o wave,action,vm,from,to "$@" | tr '\t\n' ': '
}

fleet 3 32
vm a h1 16
vm b h2 4
vm c h3 5
is "$(steps)" '1:migrate:b:h2:h1 1:migrate:c:h3:h1 2:power-off::h2: 2:power-off::h3: ' 'packed within 81%, the others go off'
is "$(steps --target 50 --range 10)" '1:migrate:b:h2:h3 2:power-off::h2: ' 'within another range'
is "$(steps --tolerate 1 | tr ' ' '\n' | grep -c off)" 1 'one host to spare'
rules <<-EOF2
	failures = 1
	[exclude h3]
	hosts = h3
EOF2
is "$(steps | tr ' ' '\n' | grep -c h3)" 0 'an excluded host is left alone'
rm -r "$VMM_CONF/groups"
awk -F'\t' -v OFS='\t' '{ print $0, NR == 1 ? "bmc" : $1 == "h3" ? "" : "ipmi://" $1 }' hosts.tsv >t && mv t hosts.tsv
is "$(steps | tr ' ' '\n' | grep 'power')" '2:power-off::h2:' 'what has no BMC stays on'
is "$(pack 2>&1 >/dev/null)" '' 'no word of that'
sed -i 's/ipmi:.*//' hosts.tsv
ok 'no BMC at all' pack -n
is "$(cat "$out")" '' 'nothing is switched'
like "$(cat "$err")" 'no host can be switched: each is without a BMC' 'and why is told'

fleet 4 32
for i in 1 2 3 4; do vm "a$i" h1 7; vm "b$i" h2 7; done
sed -i '/^h[34]/s/normal/unknown/' hosts.tsv
is "$(steps)" '' 'full, and nothing to switch on'
is "$(steps --off 'h[3-4]')" '1:power-on:::h3 2:migrate:a1:h1:h3 2:migrate:b1:h2:h3 ' 'a host comes on and takes VMs over'
awk -F'\t' -v OFS='\t' '{ print $0, NR == 1 ? "power" : $1 == "h4" ? "off" : "on" }' hosts.tsv >t && mv t hosts.tsv
is "$(steps | tr ' ' '\n' | head -n 1)" '1:power-on:::h4' 'the rows may tell who is off'
is "$(steps --off h3 --tolerate 2 | tr ' ' '\n' | grep -c power-on)" 2 'as many as it takes to survive failures'
sed -i '/^h4/s/[0-9]*\toff/\toff/' hosts.tsv
is "$(steps)" '' 'nothing goes to one whose memory is not known'
exits 2 'an operand without --from' pack hosts.tsv
exits 4 'no such host' pack --off h9
exits 2 'a target beyond all' pack --target 101
done_testing
