#!/bin/sh
# plan-check: steps against what is recorded, and against what the hosts say; input that is no plan
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq
fixture
cells h4 "test://$tmp/h4.xml" web - - - - no normal test - 536870912 469762048 0 0 2026-01-01T00:00:00Z - >>"$VMM_STATE/hosts.tsv"
node h4

# plan ROW...: step wave action vm from to
plan() {
	cells step wave action vm from to >p
	for row; do cells "$row" >>p; done
}

# check NAME STATUS REASON ROW...: the last step of the plan
check() {
	name=$1 status=$2 reason=$3
	shift 3
	plan "$@"
	exits "$status" "$name" plan-check -n -o ok,reason p
	case $status in 0) want=yes ;; *) want=no ;; esac
	like "$(tail -n 1 "$out")" "^$want	$reason\$" "$name: says so"
}

check 'a move' 0 '' '1 1 migrate web2 h1 h4'
check 'what is there already' 0 "it is on 'h1' already" '1 1 migrate web2 h4 h1'
check 'a VM that is gone' 4 'no such VM is known' '1 1 migrate web9 h1 h4'
check 'one that is elsewhere' 4 "it is on 'h1', not on 'h3'; 'h1' and 'h4'.*|it is on 'h1', not on 'h3'" '1 1 migrate web2 h3 h4'
check 'a name of two' 4 'several VMs have this name; its UUID is needed' '1 1 migrate web1 h1 h4'
check 'HOST/NAME' 0 '' '1 1 migrate h1/web1 h1 h4'
check 'a host that is not declared' 4 "no host 'h9' is declared" '1 1 migrate web2 h1 h9'
check 'one in maintenance' 4 "'h2' is in maintenance" '1 1 migrate web2 h1 h2'
check 'another group' 4 "'h1' and 'h3' are in different groups" '1 1 migrate web2 h1 h3'
check 'one that is silent' 4 "'old' does not answer; .*" '1 1 migrate web2 h1 old'
check 'a VM that nobody saw' 4 'nobody can tell where it is: its host did not answer' '1 1 migrate lost old h4'
check 'memory for one, not for two at once' 3 "not enough memory on 'h4': 64 MiB needed, 0 MiB free beside what goes there in the same wave" \
	'1 1 migrate web2 h1 h4' '2 1 migrate h1/web1 h1 h4'
check 'memory that an earlier wave has freed' 0 '' \
	'1 1 migrate web2 h1 h4' '2 2 migrate web2 h4 h1' '3 3 migrate h1/web1 h1 h4'
cp "$VMM_STATE/hosts.tsv" "$VMM_STATE/vms.tsv" "$tmp"
sed -i '/^h1/s/68719476736\t1073741824/134217728\t0/' "$VMM_STATE/hosts.tsv"
cells "$(vm_uuid 6) h4 big normal normal - 1 157286400 - 2026-01-01T00:00:00Z no yes 0" >>"$VMM_STATE/vms.tsv"
check 'a host has no more free than it has' 3 "not enough memory on 'h1': 150 MiB needed, 128 MiB free" \
	'1 1 migrate web2 h1 h4' '2 2 migrate big h4 h1'
cp "$tmp/hosts.tsv" "$tmp/vms.tsv" "$VMM_STATE"
check 'what follows a step that is not possible' 4 'step 1 is not possible' \
	'1 1 migrate web2 h1 h2' '2 2 migrate web2 h2 h4'
check 'a start' 4 "'h2' is in maintenance" '1 1 start h2/web1 - h2'
check 'a start elsewhere' 4 "it is on 'h2', not on 'h4'" '1 1 start h2/web1 - h4'
check 'a stop' 0 '' '1 1 stop web2 h1 -'
check 'one that is stopped takes no memory' 0 '' '1 1 migrate web2 h1 h4' '2 1 migrate h2/web1 h2 h4'
check 'power' 0 '' '1 1 power-off - h4 -'
check 'power of a host where VMs run' 4 "running VMs on 'h1': 2" '1 1 power-off - h1 -'
check 'of one where a VM has come' 3 "running VMs on 'h4': 1" '1 1 migrate web2 h1 h4' '2 2 power-off - h4 -'
check 'of one that it has left' 0 '' '1 1 migrate web2 h1 h4' '2 2 migrate web2 h4 h1' '3 3 power-off - h4 -'
check 'power of nobody' 4 "no host 'h9' is declared" '1 1 power-on - - h9'

plan '1 1 migrate web2 h1 h4'
is "$(plan-check -n p --json | jq -c '[.step, .vm, .ok]')" '[1,"web2",true]' 'as JSON'
is "$(plan-check -n -o wave,action,from,to - <p)" '1	migrate	h1	h4' 'from stdin'
printf '{"step":1,"wave":1,"action":"migrate","vm":"web2","uuid":"%s","from":"h1","to":"h4"}\n' "$(vm_uuid 2)" >j
is "$(plan-check -n -o vm,ok j)" 'web2	yes' 'a plan as JSON'
is "$(plan-check /dev/null)" 'step	vm	ok	reason' 'nothing to do is a plan'

# By what the hosts say: h1 has lost web2, and h2 has it.
node h1 1 web1 1
node h2 2 web2 1
exits 0 'recorded' plan-check p
host-rm old >/dev/null
recorded >before
exits 4 '--live' plan-check --live -n -o reason p
like "$(cat "$out")" "^it is on 'h2', not on 'h1'$" '--live: says so'
recorded | cmp -s - before && pass '--live records nothing' || fail '--live records nothing'

# ---- no plan ----

bad() { # NAME ERROR
	exits 2 "$1" plan-check p
	one_line plan-check "$1: one line"
	like "$(cat "$err")" "$2" "$1: says so"
}
printf 'step\twave\taction\tvm\tfrom\n' >p
bad 'a column that is missing' "p:1: no column 'to'"
printf 'step,wave,action,vm,uuid,from,to\n' >p
bad 'CSV' "p:1: no column 'step'; a plan is TSV or JSON"
plan '1 1 migrate web2 h1 h4' '1 1 migrate web1 h1 h4'
bad 'a step twice' 'p:3: step 1 comes after step 1'
plan '1 1 teleport web2 h1 h4'
bad 'an action that there is not' "p:2: no such action: 'teleport'"
printf 'step\twave\taction\tvm\tfrom\tto\n1\t1\tmigrate\tweb2\th1' >p
bad 'one that was cut off' 'p:2: '
exits 2 'a file that is not there' plan-check nowhere
like "$(cat "$err")" "cannot read 'nowhere'" 'is named'
{
	printf 'step\twave\taction\tvm\tfrom\tto\n1\t1\tmigrate\t'
	head -c 10000000 /dev/zero | tr '\0' x
	printf '\th1\th2\n'
} >p
exits 4 'a line of 10 MB' plan-check -o step p
done_testing
