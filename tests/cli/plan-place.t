#!/bin/sh
# plan-place: the best host for a new VM, and why not the others
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fleet.sh"

# shellcheck disable=SC2086
place() {
	plan-place $rows "$@"
}

fleet 3 32
vm a h1 8
vm a2 h1 8
vm b h2 8
is "$(place -n -o rank,host,ok --cpus 2 --memory 4G | tr '\t\n' ': ')" '1:h3:yes 2:h2:yes 3:h1:yes ' 'the emptiest first'
is "$(place -n --best --cpus 2 --memory 4G)" "$(printf 'new\th3')" 'the best alone'
is "$(place -n -o host,reason --cpus 2 --memory 20G | tail -n 1)" "$(printf 'h1\tnot enough memory')" 'why not'
is "$(place -n -o host,reason --name b --cpus 2 --memory 4G | tail -n 1)" "$(printf 'h2\thas a VM of that name')" 'nor twice of one name'
exits 2 'memory without a unit' place --cpus 1 --memory 96
like "$(cat "$err")" "'96' is less than 1M" 'and it says so'
exits 4 'nowhere' place --cpus 1 --memory 33G
is "$(cat "$err")" "plan-place: no host can take 'new'" 'and it says so'
is "$(wc -l <"$out")" 4 'with the hosts and their reasons'

rules <<-EOF2
	[apart web]
	vms = web*
	[must db]
	vms = db*
	hosts = h1
	[should near]
	vms = near
	hosts = h2
	[together twins]
	vms = twin*
	[priority first]
	vms = db2
	value = 9
EOF2
printf 'name\tvcpus\tmem\n' >new
for v in web1 web2 web3 web4; do printf '%s\t1\t1073741824\n' $v >>new; done
is "$(place -n --best new 2>/dev/null | cut -f2 | sort | xargs)" 'h1 h2 h3' 'apart, each counting for the next'
exits 3 'and none for the fourth' place --best new
is "$(cat "$err")" "plan-place: no host can take 'web4'" 'which is told'
is "$(place -n --best --name db1 --cpus 1 --memory 1G)" "$(printf 'db1\th1')" 'must'
is "$(place -n -o reason --name db1 --cpus 1 --memory 1G | tail -n 1)" 'must db' 'the rule is the reason'
is "$(place -n --best --name near --cpus 1 --memory 1G)" "$(printf 'near\th2')" 'should'
printf 'name\tvcpus\tmem\ntwin1\t1\t1073741824\ntwin2\t1\t1073741824\n' >new
is "$(place -n --best new | cut -f2 | uniq | wc -l)" 1 'together'
vm twin0 h1 1
is "$(place -n --best new | cut -f2 | xargs)" 'h1 h1' 'where the one is that is there already'
is "$(place -n -o reason --name twin1 --cpus 1 --memory 1G | tail -n 1)" 'together twins' 'and nowhere else'
printf 'name\tvcpus\tmem\ndb1\t1\t12884901888\ndb2\t1\t12884901888\n' >new
is "$(place -n --best new 2>/dev/null)" "$(printf 'db2\th1')" 'priority: who gets the last place'
is "$(place -n --best - <new 2>/dev/null)" "$(printf 'db2\th1')" 'from stdin'

exits 2 'no size' place
exits 2 'half a size' place --cpus 2
exits 2 'a file and a size' place --cpus 2 --memory 1G new
printf 'name\tvcpus\tmem\nx\t1\t\n' >new
exits 2 'a row without memory' place new
is "$(cat "$err")" "plan-place: new:2: VM 'x' has no mem" 'is named'
printf 'name\tvcpus\tmem\nx\t1\t1\nx\t1\t1\n' >new
exits 2 'a name twice' place new
is "$(cat "$err")" "plan-place: new:3: VM 'x' stands twice" 'is named, too'
done_testing
