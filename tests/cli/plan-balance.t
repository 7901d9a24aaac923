#!/bin/sh
# plan-balance: even load by few moves, as good as hbal's; rules; what is no fleet
. "${0%/*}/../tap.sh"

rows() { printf '%b' "$1"; }
awk -v hosts=20 -v vms=200 -v seed=1 -f "$top/tests/helpers/ganeti-fleet.awk" >fleet

after() { # PLAN: the score by an independent hand
	awk -v score=1 -f "$top/tests/helpers/ganeti-apply.awk" "$1" fleet
}
ok 'plans for a fleet in ganeti'"'"'s format' plan-balance --from ganeti fleet
cp "$out" plan
score=$(after plan 2>complaints)
is "$(cat complaints)" '' 'each instant fits'
ok 'the score is told' plan-balance --from ganeti fleet --score -n -o score
before=$(cat "$out")
is "$(awk -v a="$score" -v b="$before" 'BEGIN { print a < b / 4 }')" 1 "it falls: $before, $score"
awk -f "$top/tests/helpers/ganeti-apply.awk" plan fleet >fleet2
is "$(plan-balance --from ganeti fleet2 --score -n -o score | awk '{ printf "%.4f", $1 }')" "$score" \
	'as the command itself has it'
is "$(plan-balance --from ganeti fleet2 -n)" '' 'a second run has nothing to do'
is "$(plan-balance --from ganeti fleet --max-moves 3 -n | wc -l)" 3 'no more moves than the limit'
if command -v hbal >/dev/null; then
	hbal -t fleet --ignore-dynu -l 20 >hbal.out
	moves=$(sed -n 's/^Solution length=//p' hbal.out)
	theirs=$(sed -n 's/^Cluster score improved from .* to //p' hbal.out)
	plan-balance --from ganeti fleet --min-gain 0 --max-moves "$moves" >plan
	ours=$(after plan)
	is "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { print a <= b + 0.00005 }')" 1 \
		"with $moves moves not above hbal's score: $ours, $theirs"
else
	skip 1 'needs hbal'
fi
is "$(plan-balance --from ganeti fleet --pareto -n -o score | sort -rn | head -1)" "$before" \
	'--pareto begins with what is'

exits 2 '--score or --pareto' plan-balance --from ganeti fleet --score --pareto
exits 2 '--why or --why-not' plan-balance --from ganeti fleet --why vm1 --why-not vm1 h1
like "$(cat "$err")" 'exclude each other' 'not both'

rows 'name\tgroup\tcpus\tmem_total\nh1\tg\t8\t1000\nh2\tg\t8\t1000\nh3\tg\t8\t1000\n' >hosts
rows 'uuid\tname\thost\tvcpus\tmem\nu1\ta\th1\t1\t600\nu2\tb\th2\t1\t600\nu3\tc\th3\t1\t100\n' >vms
rows '[must a]\nvms = a\nhosts = h2\n[must b]\nvms = b\nhosts = h1\n' >rules
ok 'two VMs change places' plan-balance --hosts hosts --vms vms --rules rules -n -o wave,action,vm,from,to
is "$(cat "$out")" "$(rows '1\tpark\ta\th1\th3\n2\tmigrate\tb\th2\th1\n3\tmigrate\ta\th3\th2\n')" \
	'one of them by way of a third host'
sed 1q vms >vms2; sed 1d vms | tac >>vms2
plan-balance --hosts hosts --vms vms --rules rules >one
plan-balance --hosts hosts --vms vms2 --rules rules >two
ok 'the order of rows means nothing' cmp one two
ok 'why' plan-balance --hosts hosts --vms vms --rules rules --why a -n -o verdict,to,reason
is "$(cat "$out")" "$(rows 'moves\th2\tmends must a')" 'for the rule'
ok 'why not' plan-balance --hosts hosts --vms vms --rules rules --why-not a -n -o verdict,reason h3
is "$(cat "$out")" "$(rows 'not\tmust a would be broken')" 'the rule'
exits 4 'no such VM' plan-balance --hosts hosts --vms vms --rules rules --why nobody
rows '[must a]\nvms = a\nhosts = nowhere\n' >rules
ok 'what cannot be mended' plan-balance --hosts hosts --vms vms --rules rules -n
is "$(cat "$err")" "plan-balance: group 'g': must a stays broken: VM 'a' (no host for it is open)" 'is told'

wrong() { # WANT HOSTS VMS
	printf '%b' "$2" >whosts
	printf '%b' "$3" >wvms
	got=$(plan-balance --hosts whosts --vms wvms 2>&1; echo $?)
	test "$got" = "$(printf 'plan-balance: %s\n2' "$1")" || echo "$got"
}
H='name\tcpus\tmem_total\nh1\t8\t1000\n' V='name\thost\tvcpus\tmem\n'
{
	wrong "whosts:1: column 'cpus' is missing" 'name\tmem_total\n' "$V"
	wrong "wvms:1: column 'mem' is missing" "$H" 'name\thost\tvcpus\n'
	wrong "whosts:3: host 'h1' stands twice" "${H}h1\t8\t1000\n" "$V"
	wrong "wvms:3: VM 'a' stands twice" "$H" "${V}a\th1\t1\t1\na\th1\t1\t1\n"
	wrong "wvms:2: mem '-5' is not a number that is possible there" "$H" "${V}a\th1\t1\t-5\n"
	wrong "wvms:2: VM 'a' is on host 'h9', which is not known" "$H" "${V}a\th9\t1\t5\n"
	wrong "wvms:1: mem 'x' is not a number that is possible there" "$H" \
		'{"name":"a","host":"h1","vcpus":1,"mem":"x"}\n'
} >bad
is "$(cat bad)" '' 'what is wrong is named with file and line'
ok 'no hosts, no VMs, no plan' plan-balance
done_testing
