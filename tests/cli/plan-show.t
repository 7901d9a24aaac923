#!/bin/sh
# plan-show: bars, drawings, rows
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fleet.sh"
need jq script xmllint

# shellcheck disable=SC2086
show() {
	plan-show $rows "$@"
}

fleet 2 32
vm a h1 16
vm b h1 8
printf 'step\twave\taction\tvm\tuuid\tfrom\tto\tcost_bytes\n1\t1\tmigrate\tb\t\th1\th2\t8589934592\n' >plan
is "$(show plan)" 'prod: 2 hosts, 2 VMs, score 0.6250 → 0.1250; 1 move in 1 wave, 8G
  h1    cpu    ██████████░░░░░░░░░░····················  50% →  25%
        memory ████████████████████░░░░░░░░░░··········  75% →  50%
  h2    cpu    ▓▓▓▓▓▓▓▓▓▓······························   0% →  25%
        memory ▓▓▓▓▓▓▓▓▓▓······························   0% →  25%' 'text'
is "$(LC_ALL=C show plan | sed -n 3p)" \
	'        memory ####################----------..........  75% ->  50%' 'ASCII'
is "$(show <plan)" "$(show plan)" 'from stdin'
is "$(show --rows -n plan | tr '\t\n' ': ')" \
	'prod:h1:cpu:8.000:4.000:2.000 prod:h1:memory:34359738368:25769803776:17179869184 prod:h2:cpu:8.000:0.000:2.000 prod:h2:memory:34359738368:0:8589934592 ' 'rows'
is "$(show --json plan | jq -r 'select(.resource == "cpu").after' | xargs)" '2 2' 'JSON'
esc=$(printf '\033')
on_terminal() {
	TERM=$1 script -qec "$2 plan-show $rows plan" /dev/null </dev/null
}
like "$(on_terminal xterm)" "$esc\[32m" 'colours on a terminal'
unlike "$(on_terminal dumb)" "$esc\[32m" 'not on a dumb one'
unlike "$(on_terminal xterm NO_COLOR=1)" "$esc\[32m" 'nor with NO_COLOR'

cp hosts.tsv all-hosts
cp vms.tsv all-vms
sed -i '3s/prod/test/' hosts.tsv
printf 'h3\tprod\tnormal\tno\t8\t34359738368\nh4\ttest\tnormal\tno\t8\t34359738368\n' >>hosts.tsv
vm c h2 8
vm d h2 8
printf 'step\twave\taction\tvm\tfrom\tto\n' >groups
printf '%d\t%d\tmigrate\t%s\t%s\t%s\n' 1 1 a h1 h3 2 1 c h2 h4 3 2 d h2 h4 4 2 b h1 h3 >>groups
is "$(show groups | grep -c '; 2 moves in 2 waves')" 2 'waves of each group'
mv all-hosts hosts.tsv
mv all-vms vms.tsv

# shellcheck disable=SC2016
evil='<script>&"$x'
sed -i "s/^h2/$(printf '%s' "$evil" | sed 's/[&/]/\\&/g')/" hosts.tsv
printf 'step\twave\taction\tvm\tfrom\tto\n1\t1\tmigrate\tb\th1\t%s\n2\t2\tpower-off\t\th1\t\n' "$evil" >plan
ok 'an SVG' show --svg plan
cp "$out" plan.svg
ok 'is XML' xmllint --noout plan.svg
is "$(xmllint --xpath 'count(//*[local-name()="script"])' plan.svg)" 0 'in which names are text'
is "$(xmllint --xpath 'string(//*[local-name()="text"][contains(.,"script")])' plan.svg)" "$evil" 'as they are'
ok 'a page' show --html plan
unlike "$(cat "$out")" '<script' 'in which they are, too'
like "$(cat "$out")" '^<tr><td>1</td><td>1</td><td>migrate</td>' 'with the steps'
like "$(show plan)" 'h1 .*is switched off' 'hosts that go off'

printf 'step\twave\taction\tvm\tfrom\tto\n1\t1\tmigrate\tb\th3\th1\n' >plan
exits 2 'a plan of others' show plan
is "$(cat "$err")" "plan-show: step 1: VM 'b' is not on host 'h3'" 'is refused'
exits 2 'two formats' show --svg --json plan
exits 2 'two things from stdin' plan-show --hosts - --vms vms.tsv
exits 2 'no plan' show nowhere
done_testing
