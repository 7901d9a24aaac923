#!/bin/bash
# Hostile names, as rows and as VMs of libvirt's test driver: through every command, every format and
# back, by every way of naming a VM. Nothing is executed, nothing is lost.
# time limit: 300
# Many commits: in memory, where a sync costs nothing.
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"
need jq perl script

export LC_ALL=C.UTF-8
names() { "$top/tests/helpers/names.pl" "$@"; }
corpus=$top/tests/corpus/names
bytes=$top/tests/corpus/bytes # what no definition can hold, but virDomainRename lets through

# sorted <CELLS: lines in the order that names.pl has
sorted() { LC_ALL=C sort; }
on_terminal() { script -qec "$1" /dev/null </dev/null; }
body() { tail -n +2 "$1"; }

is "$(body "$corpus" | sorted | uniq -d)" '' 'the names are distinct'
ok "there are $(body "$corpus" | wc -l)" test "$(body "$corpus" | wc -l)" -ge 200

# ---- rows ----

for file in "$corpus" "$bytes"; do
	what=${file##*/}
	vmm-rows <"$file" >tsv
	ok "$what: TSV stays as it is" cmp tsv "$file"
	vmm-rows --json <"$file" >json
	vmm-rows <json >tsv
	ok "$what: to JSON and back" cmp tsv "$file"
	jq -c . json >jq
	vmm-rows <jq >tsv
	ok "$what: through jq and back" cmp tsv "$file"
	vmm-rows --json <jq >json2
	ok "$what: as JSON too" cmp json json2
	jq -s . json | vmm-rows --json >json2
	ok "$what: as one list, over many lines" cmp json json2
	is "$(vmm-rows -n --format csv <"$file" | names csv | names cells | cksum)" \
		"$(names null <"$file" | names cells | cksum)" "$what: CSV holds each"
	on_terminal "vmm-rows -n --format table <'$file'" >table
	is "$(names visible <table)" '' "$what: a terminal shows each as it is"
	is "$(names decode <table | names cells | cksum)" "$(names null <"$file" | names cells | cksum)" \
		"$what: and decoded it is the name"
	vmm-rows --sort name <"$file" | body /dev/stdin >by-name
	is "$(sorted <by-name | cksum)" "$(body "$file" | sorted | cksum)" "$what: sorting loses none"
done
is "$(jq -r '."name%" // empty' json | wc -l)" "$(grep -c '"name%":' json)" 'what is no UTF-8 is there twice'
ok 'and none of the others is' test "$(vmm-rows --json <"$corpus" | grep -c '"name%":')" -eq 0

# ---- VMs ----

mkdir hosts
names hosts hosts 5 <"$corpus"
n=$(ls hosts | wc -l)
for i in $(seq "$n"); do
	host-add "n$i" "test://$tmp/hosts/n$i.xml" >/dev/null || diag "n$i is not added"
done
exits 0 'the hosts are visited' host-scan
is "$(cut -f 2 "$out" | sort -u | paste -sd ' ')" 'normal state' 'and answer'
is "$(vm-list -n -o name | sorted | cksum)" "$(body "$corpus" | sorted | cksum)" 'every VM is listed by its name'
is "$(host-scan --diff -n)" '' 'a second visit finds nothing new'

all=+group,last,also,autostart,persistent,snapshots,disks,nics,addresses,template,image
vm-list -o $all >tsv
vmm-rows --json <tsv >json
vm-list --json -o $all >json2
ok 'vm-list: JSON is the TSV' cmp json json2
vmm-rows <json >tsv2
ok 'and back' cmp tsv tsv2
jq -c . json | vmm-rows --json >json2
ok 'through jq' cmp json json2
vmm-rows <"$VMM_STATE/vms.tsv" >tsv
ok 'the state is such rows' cmp tsv "$VMM_STATE/vms.tsv"
is "$(vm-list -n -o name --format csv | names csv | names cells | cksum)" \
	"$(names null <"$corpus" | names cells | cksum)" 'vm-list: CSV'
on_terminal 'vm-list -n -o name' >shown
is "$(names decode <shown | names cells | cksum)" "$(names null <"$corpus" | names cells | cksum)" \
	'vm-list: on a terminal'
on_terminal vm-list >table
is "$(names visible <table)" '' 'where nothing can be seen but what is there'
is "$(wc -l <table)" "$(wc -l <"$corpus")" 'each VM is on a line, under the header'
is "$(grep -c '00000000-0000-4000-8000-[0-9a-f]\{12\}' table)" "$(vm-list -n | wc -l)" 'with nothing cut off'

vm-list -n -o uuid | while read -r uuid; do vm-show --json "$uuid"; done | vmm-rows -o host,name,uuid | sorted >showed
vm-list -o host,name,uuid | sorted >listed
ok 'vm-show: each by its UUID' cmp showed listed
vm-tree | awk -F '\t' '$2 == "vm" { print $1 }' | sorted >tree
is "$(cksum <tree)" "$(body "$corpus" | sorted | cksum)" 'vm-tree: rows'
on_terminal vm-tree >table
is "$(names visible <table)" '' 'vm-tree: on a terminal'
on_terminal 'vm-tree -n -o uuid,name' | sed -n 's/^.*00000000-0000-4000-8000-[0-9a-f]* //p' >tree
is "$(names decode <tree | names cells | cksum)" "$(names null <"$corpus" | names cells | cksum)" \
	'vm-tree: each VM is on it'
missed=0
names null <"$corpus" | names patterns >patterns
while IFS= read -r -d '' pattern; do
	vm-list -n --name "$pattern" -o name >got || missed=$((missed + 1))
	test -s got || missed=$((missed + 1))
done <patterns
is "$missed missed" '0 missed' 'vm-list --name finds each by itself'

# ---- naming a VM ----

vm-list -o host,name,uuid >vms
vms=$(vm-list -n | wc -l)

# named WHAT COMMAND...: suspends the VMs that the selectors in the file "selectors" mean; what comes
# of each must be what the manual says that it means.
named() {
	what=$1
	shift
	mapfile -d '' -t given <selectors
	status=0
	"$@" >rows 2>said || status=$?
	awk -F '\t' '{ print ($2 == "refused" ? "" : $1) "\t" $2 }' rows | LC_ALL=C sort >got
	names outcome vms <selectors | awk -F '\t' '$1 == "" || !seen[$1]++' >want # two names of one VM: one row
	is "$(diff want got)" '' "$what: each means the VM it should"
	is "$status" "$(grep -q refused want && echo 3 || echo 0)" "$what: exit status"
	is "$(names visible <said)" '' "$what: nothing odd on stderr"
}

names null <"$corpus" >selectors
dash=$(vm-list -n --name - -o uuid)
operands() {
	for i in "${!given[@]}"; do
		test "${given[i]}" != - || given[i]=$dash # as an operand it is no name
	done
	vm-power suspend -n -o uuid,result -- "${given[@]}"
}
named operands operands
ambiguous=$(awk -F '\t' '$2 == "refused"' rows | wc -l)
diag "$ambiguous of $vms names are the percent-encoding of another name or VM"
ok 'some are ambiguous' test "$ambiguous" -ge 3
exits 4 'one that is' vm-power suspend -n -o error %5c
like "$(cat "$out")" "^VM '%5c' is ambiguous: n[0-9]*/%255c \(.*\), n[0-9]*/%5c \(.*\)\$" 'is refused, and both are named'

vm-list -n -o host,name | perl -ne 'BEGIN { binmode STDIN } s/\t/\//; chomp; s/\\(.)/{t=>"\t",r=>"\r","\\"=>"\\"}->{$1}/ge; print "$_\0"' >selectors
named 'HOST/NAME by -0' vm-power suspend -n -o uuid,result -0 <selectors

# What a terminal shows of one may be what another is called, but not the other way round.
perl -pe 's/\r?\n/\0/' shown >selectors
named 'as a terminal shows it' operands
ok 'hardly any is ambiguous' test "$(grep -c refused rows)" -le "$ambiguous"

vm-list -n -o uuid | tr '\n' '\0' >selectors
named 'rows, TSV' vm-power suspend -n -o uuid,result - < <(vm-list)
named 'rows, JSON' vm-power suspend -n -o uuid,result - < <(vm-list --json | jq .)
named 'UUID in capitals' xargs vm-power suspend -n -o uuid,result < <(vm-list -n -o uuid | tr a-f A-F)

vm-list | vm-migrate --check --to n1 -o vm,uuid,result - >rows 2>said
is "$(cut -f 1 rows | body /dev/stdin | sorted | cksum)" "$(body "$corpus" | sorted | cksum)" 'vm-migrate --check: each by its name'
is "$(grep -c '	refused$' rows)" "$vms" 'all are refused here: a test host has no migration'

is "$(vmm-fsck -n --offline)" '' 'the state is sound'

# ---- names that only a state can have ----

{
	printf 'uuid\thost\tname\tstate\tlast\tseen\n'
	body "$bytes" | awk '{ printf "00000000-0000-4000-8000-%012x\tn1\t%s\tstop\tstop\t2026-01-01T00:00:00Z\n", NR, $0 }'
} >vms.tsv
cp vms.tsv "$VMM_STATE/vms.tsv"
is "$(vm-list -n -o name | sorted | cksum)" "$(body "$bytes" | sorted | cksum)" 'bytes: vm-list'
vm-list --json | jq -c . | vmm-rows >tsv
vm-list >tsv2
ok 'bytes: to JSON, through jq and back' cmp tsv tsv2
on_terminal vm-list >table
is "$(names visible <table)" '' 'bytes: on a terminal'
on_terminal vm-tree >table
is "$(names visible <table)" '' 'bytes: vm-tree on a terminal'
wrong=0
i=0
names null <"$bytes" >raw
while IFS= read -r shown; do
	i=$((i + 1))
	test "$(vm-show -n -o uuid -- "$shown")" = "uuid	$(printf '00000000-0000-4000-8000-%012x' $i)" || wrong=$((wrong + 1))
done < <(vmm-rows -n --format table <"$bytes")
is "$wrong wrong" '0 wrong' 'bytes: vm-show by what a terminal shows'
{ xargs -0 -n 1 vm-show -- <raw; vm-show -- "$(printf 'nobody\033[31m\n\377')"; } >/dev/null 2>said
is "$(names visible <said)" '' 'bytes: no message shows them raw'
is "$(grep -vc '^vm-show: ' said)" 0 'each message is one line'

# ---- the names as those of hosts, groups and labels ----

cat "$corpus" <(body "$bytes") >both
names null <both >raw
names null <both | xargs -0 -n 1 sh -c 'host-add -n --dry-run -o name -- "$1" test:///default; echo $? >>codes' sh >got 2>said
is "$(cat got)" "$(names null <both | perl -0ne 'chomp; print "$_\n" if /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}\z/')" \
	'hosts: letters, digits, dots and dashes are taken'
is "$(grep -cx 2 codes)" "$(($(wc -l <codes) - $(wc -l <got)))" 'the others are refused with status 2'
is "$(wc -l <said)" "$(grep -cx 2 codes)" 'in one line'
is "$(names visible <said)" '' 'that a terminal shows as it is'
xargs -0 -n 1 host-set -n --dry-run -o group n1 --group <raw >got2 2>said
is "$(cat got2)" "$(cat got)" 'groups: the same'
is "$(names visible <said)" '' 'and refused as plainly'

perl -0ne 'BEGIN { $i = 0 } chomp; print "--label\0k", $i++, "=$_\0"' raw | xargs -0 -n 10000 host-set -n -o labels n1 >got
perl -0ne 'BEGIN { $i = 0 } chomp; print "k", $i++, "=$_\0"' raw | names cells | cksum >want
host-list -n -o labels n1 | perl -pe '
	chomp; s/\\(.)/{t=>"\t",n=>"\n",r=>"\r","\\"=>"\\"}->{$1}/ge;
	s/((?:[^,\\]|\\.)*)(,|\z)/($_a = $1) =~ s{\\([,\\])}{$1}g; "$_a\0"/gse; s/\0\0\z/\0/' | names cells | cksum >got
is "$(cat got)" "$(cat want)" 'labels: any text, and none is lost'

is "$(find "$tmp" -name '*canary*' | wc -l)" 0 'nothing was executed'
is "$(find "$tmp" -newer "$corpus" -name '*rf*' | wc -l)" 0 'nor taken for a file'
done_testing
