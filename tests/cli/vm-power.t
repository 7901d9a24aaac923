#!/bin/sh
# vm-power: which VMs are meant, what comes of each, the exit status, on libvirt's test driver, where
# each connection finds what the file says. Real guests: tests/lab/power.t.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq perl
fixture
recorded >before

# power WANT ARG...: what comes of it, as VM:RESULT in the order of names
power() {
	want=$1
	shift
	code=0
	"$@" -n -o host,vm,result >"$out" 2>"$err" || code=$?
	got="$code $(LC_ALL=C sort "$out" | awk -F '\t' '{ print $1 "/" $2 ":" $3 }' | paste -sd ' ')"
	test "$got" = "$want" || echo "$*: $got, $(cat "$err")"
}
by_rows() { "$@" | vm-power suspend - -n -o host,vm,result; }

{
	power '0 h1/web2:possible' vm-power --dry-run suspend web2
	power '0 h1/web1:possible h2/web1:possible' vm-power --dry-run off h1/web1 h2/web1
	power '4 /web1:refused' vm-power --dry-run off web1
	power '75 /nobody/x:failed' vm-power --dry-run off nobody/x
} >bad
is "$(cat bad)" '' '--dry-run: finds each, or says why not'
recorded >after
# That it was looked for may be recorded, but no state changes.
is "$(vm-list -n -o name,state)" "$(cut -f 3,4 "$VMM_STATE/vms.tsv" | sed 1d)" '--dry-run: changes nothing'

{
	power '0 h1/web2:done' vm-power suspend web2
	power '0 h1/web1:done h1/web2:done' vm-power suspend h1/web1 web2
	power '3 /nobody:failed h1/web2:done' vm-power suspend web2 nobody
	power '75 /nobody:failed' vm-power suspend nobody
	power '4 /web1:refused' vm-power suspend web1
	power '3 /web1:refused h1/web2:done' vm-power suspend web1 web2
	power '0 h2/web1:already' vm-power off h2/web1
	power '4 h2/web1:refused' vm-power suspend "$(vm_uuid 3)"
	power '0 h1/web2:done' vm-power suspend "$(vm_uuid 2)"
	power '75 /lost:failed' vm-power suspend lost
	power '0 h1/web2:done' vm-power suspend web2 "$(vm_uuid 2)" h1/web2 web2
	power '0 h1/web1:possible h1/web2:possible' vm-power --dry-run --jobs 1 off h1/web1 web2 "$(vm_uuid 1)"
	power '3 /web1:refused h1/web1:done' vm-power suspend web1 "$(vm_uuid 1)"
} >bad
is "$(cat bad)" '' 'by name, host and name, UUID; each its result and exit status; one named twice is one'
# One that is being moved must not be started meanwhile; nor one whose move was cut short.
mkfifo hold
store-helper begin "$VMM_STATE" migrate "$(vm_uuid 3)" <hold >begun &
holder=$!
exec 3>hold
for i in $(seq 50); do test -s begun && break; sleep 0.1; done
for way in --dry-run --timeout=30; do
	exits 75 "on: one that is being moved: $way" vm-power -n -o result,error $way on h2/web1
	like "$(cat "$out")" "^failed	migrate of '$(vm_uuid 3)' is already under way \(pid $holder, since 20" 'says by whom'
done
exits 0 'off: is allowed' vm-power --dry-run off h2/web1
exec 3>&-
wait $holder
exits 4 'on: one whose move was cut short' vm-power -n -o result,error on h2/web1
like "$(cat "$out")" "^refused	an earlier migrate of .* was cut short .*: run vmm-fsck" 'names vmm-fsck'
rm "$VMM_STATE/journal.tsv"

exits 75 'a VM on a host that is silent' vm-power suspend lost
like "$(cut -f 7 "$out")" "^nobody can tell where 'lost' is: host 'old' does not answer: cannot connect: " 'nobody knows'

cp "$VMM_STATE/hosts.tsv" hosts.tsv
hangs old
start=$(date +%s%N)
exits 75 'a VM on a host that hangs' vm-power --timeout 2 suspend lost
took=$((($(date +%s%N) - start) / 1000000))
kill "$listener"
cp hosts.tsv "$VMM_STATE/hosts.tsv"
like "$(cut -f 7 "$out")" "does not answer: no answer within " 'is not to be found'
ok "to look for it is part of the time limit ($took ms)" test "$took" -lt 3500

reads() { # COMMAND...: how often the VMs are read
	strace -f -e trace=openat -o trace "$@" >/dev/null
	grep -c 'vms.tsv' trace
}
if command -v strace >/dev/null; then
	is "$(reads vm-power --dry-run off h1/web1 web2 h2/web1 db1)" "$(reads vm-power --dry-run off web2)" \
		'the inventory is read once for all'
else
	skip 1 'needs strace'
fi

rows() { # WANT INPUT: the VMs that the rows mean, or the message
	got=$(printf '%b' "$2" | vm-power --dry-run suspend -n -o uuid,result - 2>&1 | sed 's/.*-00000000000//; s/	possible//' | sort | paste -sd ' ')
	test "$got" = "$1" || echo "$2: $got"
}
{
	rows '1 3' "uuid\\n$(vm_uuid 1)\\n$(vm_uuid 3)\\n"
	rows 1 "uuid\\tname\\n$(vm_uuid 1)\\tnobody\\n"
	rows '1 3' 'host\tname\nh1\tweb1\nh2\tweb1\n'
	rows 2 'name\nweb2\n'
	rows 2 'vm\tto\nweb2\th3\n'
	rows 1 'vm\thost\nweb1\th1\n'
	rows '1 2' '{"host":"h1","name":"web1"}\n{"name":"web2"}\n'
	rows '1 2' '[{"host":"h1","name":"web1"},{"vm":"web2"}]'
	rows '' 'name\n'
	rows '' ''
	rows "vm-power: stdin: the header 'host' has none of the columns uuid, vm, name; names alone can be read with -0, or given by xargs" 'host\nh1\n'
	rows 'vm-power: stdin: row 2 has neither uuid nor vm nor name' 'name\nweb2\n\n'
	rows 'vm-power: stdin:2: 1 cell where the header has 2' 'host\tname\nh1\n'
	rows 'vm-power: stdin:1: no line feed at the end; is it cut?' 'name'
} >bad
is "$(cat bad)" '' 'rows on stdin: columns uuid, vm, host and name'
null() { printf 'web2\0h1/web1\0'  | vm-power --dry-run suspend -0 -n -o vm,result; }
is "$(null | sort | paste -sd ' ')" 'web1	possible web2	possible' '-0: selectors with NUL between'
is "$(printf '' | vm-power suspend -0; echo $?)" "$(printf 'vm\thost\tresult\tstate\tseconds\tnote\terror\n0')" '-0: none'

is "$(vm-power suspend -n -o vm,result --fail-fast --jobs 1 web2 web1 h1/web1 | paste -sd ' ')" \
	'web2	done web1	refused h1/web1	skipped' '--fail-fast: what comes after the first failure is not begun'
is "$(vm-power suspend --json web2 | jq -c '[.vm, .host, .result, .state, (.seconds | type), .error]')" \
	'["web2","h1","done","paused","number",""]' 'as JSON'
vm-power suspend web2 h1/web1 >results
is "$(vm-power --dry-run resume -n -o vm,host - <results | sort | paste -sd ' ')" 'web1	h1 web2	h1' 'its rows are rows for the next'

# By somebody else's hand: another state, another name, another host, gone.
note() { # WANT VM
	rm -rf "$VMM_STATE"
	fixture
	node old
	node h1 1 web1 3
	node h2 2 web2 1 3 renamed 1
	node h3 6 new 1
	got=$(vm-power off -n -o host,result,note,error "$2")
	test "$got" = "$(printf '%b' "$1")" || echo "$2: $got"
}
{
	note 'h1\tdone\tchanged from normal to paused since it was last seen\t' h1/web1
	note 'h2\tdone\tmoved from h1 to h2 since it was last seen\t' web2
	note "\\trefused\\t\\t'web1' was renamed to 'renamed' since it was last seen" h2/web1
	note 'h3\tdone\tfound on h3, where it was not seen before\t' new
	note "\\trefused\\t\\t'db1' is on no host any more, since it was last seen on 'h3'" db1
} >bad
is "$(cat bad)" '' 'what is not as recorded is found, and said'
is "$(vmm-fsck -n --offline)" '' 'the state is sound'
for operands in '- web2' 'web2 -' '- -'; do
	# shellcheck disable=SC2086
	exits 2 "operands $operands" vm-power off $operands
	one_line vm-power 'a dash stands alone'
done
printf "web\n" >one-name
exits 2 "a bare name on stdin is no header" sh -c "vm-power on - <one-name"
like "$(cat "$err")" "none of the columns uuid, vm, name" "and it says so"
done_testing
