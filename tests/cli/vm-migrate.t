#!/bin/sh
# vm-migrate: what it asks for, and refusals, on libvirt's test driver, which moves nothing. Real moves
# are in tests/lab.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq perl
fixture
recorded >before

refused() { # NAME ERROR ARG...
	name=$1 error=$2
	shift 2
	exits 4 "$name" vm-migrate -n -o result,error "$@"
	like "$(cat "$out")" "^refused	(.*; )?$error" "$name: says so"
}
refused 'another kind of host' "'h1' is a test host, which has no live migration" --to h3 web2
refused 'the same host' "it is already on 'h1'" --to h1 web2
refused 'another group' "'h1' is in group 'web', 'h3' in group 'db'" --to h3 web2
refused 'a host in maintenance' "'h2' is in maintenance" --to h2 web2
refused 'one that is off, live' "it is stopped: live is for a running one" --live --to h3 h2/web1
refused 'a name of two VMs' "VM 'web1' is ambiguous: h[12]/web1 .*, h[12]/web1" --to h3 web1
refused 'a target that is not declared' "no host 'h9' is declared" --to h9 web2
is "$(vm-migrate --check --to h2 -n -o error web2 | grep -c 'in maintenance.*no live migration')" 1 'all reasons at once'
exits 4 'an empty target' vm-migrate --to '' web2

exits 3 '--candidates: one does not answer' vm-migrate --candidates -n -o to,ok web2
is "$(sort "$out" | paste -sd ' ')" 'h1	no h2	no h3	no old	no' '--candidates: each host'
host-rm old >/dev/null
is "$(vm-list --name web2 | vm-migrate --candidates -n -o vm,to - | sort | paste -sd ' ')" 'web2	h1 web2	h2 web2	h3' '--candidates: by a row on stdin'
exits 0 '--candidates: is an answer, not a failure' vm-migrate --candidates web2
is "$(vm-migrate --candidates --json web2 | jq -r 'select(.to == "h1") | .reason')" "it is already on 'h1'" 'as JSON, with the reason'

exits 4 'rows with their own targets' sh -c 'printf "vm\tto\nweb2\th3\nh1/web1\th2\n" | vm-migrate -n -o vm,to,result -'
is "$(sort "$out" | paste -sd ' ')" 'web1	h2	refused web2	h3	refused' 'each its own'
exits 4 'a row without one' sh -c 'printf "vm\tto\nweb2\th3\nh1/web1\t\n" | vm-migrate --to h2 -n -o vm,to,result -'
is "$(sort "$out" | paste -sd ' ')" 'web1	h2	refused web2	h3	refused' 'goes to that of --to'
exits 2 'no target at all' sh -c 'printf "vm\tto\nweb2\th3\nh1/web1\t\n" | vm-migrate -'
one_line vm-migrate 'is wrong usage'
is "$(vmm-fsck -n)" '' 'nothing was begun'

# Work that others have in the journal is told of before any host is asked.
mkfifo hold
store-helper begin "$VMM_STATE" migrate "$(vm_uuid 2)" <hold >begun &
holder=$!
exec 3>hold
for i in $(seq 50); do test -s begun && break; sleep 0.1; done
exits 75 'a VM that is being migrated' vm-migrate --check --to h3 -n -o result,error web2
like "$(cat "$out")" "^failed	migrate of '$(vm_uuid 2)' is already under way \(pid $holder, since 20" 'says by whom'
exec 3>&-
wait $holder
for way in -n --check; do
	exits 4 "one whose migration was cut short: $way" vm-migrate $way --to h3 -n -o vm,from,result,error web2
	like "$(cat "$out")" '^web2	h1	refused	an earlier migrate of .* was cut short \(since 20.*\): run vmm-fsck' 'names vmm-fsck'
done
exits 4 'others' vm-migrate --check --to h3 -n -o error h1/web1
like "$(cat "$out")" "no live migration" 'are looked at as ever'
is "$(vm-list -n -o host,name,state | paste -sd ' ')" "$(cut -f 2-4 "$VMM_STATE/vms.tsv" | sed 1d | paste -sd ' ')" 'and nothing has moved'

# By somebody else's hand: another state, another name, another host, gone.
note() { # WANT VM
	rm -rf "$VMM_STATE"
	fixture
	node old
	node h1 1 web1 3 7 one 1
	node h2 2 web2 1 3 renamed 5
	node h3 6 new 1
	got=$(vm-migrate --check --to h3 -n -o vm,from,result,note,error "$2")
	case $got in
	"$(printf '%b' "$1")"*) ;;
	*) echo "$2: $got" ;;
	esac
}
{
	note "web1\\th1\\trefused\\tchanged from normal to paused since it was last seen\\t'h1' is in group" h1/web1
	note "web2\\th2\\trefused\\tmoved from h1 to h2 since it was last seen\\t'h2' is in group" web2
	note "web2\\th2\\trefused\\tmoved from h1 to h2 since it was last seen\\t'h2' is in group" h1/web2
	note "web1\\th2\\trefused\\t\\t'web1' was renamed to 'renamed' since it was last seen" h2/web1
	note "renamed\\th2\\trefused\\trenamed from web1 to renamed since it was last seen\\t'h2' is in group" "$(vm_uuid 3)"
	note "new\\th3\\trefused\\tfound on h3, where it was not seen before\\tit is already on 'h3'" new
	note "db1\\th3\\trefused\\t\\tit is on no host any more, since it was last seen on 'h3'" db1
} >bad
is "$(cat bad)" '' 'what is not as recorded is found, and said'
rm -rf "$VMM_STATE"
fixture
node h1 1 web1 1 8 web2 1
node h2 2 other 1
exits 4 'one that went off, and another has its name' vm-migrate --to h3 -n -o error web2
is "$(cat "$out")" "'web2' is another VM now ($(vm_uuid 8))" 'that one is not taken for it'
rm -rf "$VMM_STATE"
fixture
node old
node h1 1 web1 1
node h2 2 renamed 1
exits 4 'one that was moved and renamed' vm-migrate --to h3 -n -o error h1/web2
is "$(cat "$out")" "'web2' was renamed to 'renamed' since it was last seen" 'is not what was asked for'
rm -rf "$VMM_STATE"
fixture
node h1 1 web1 1
node h2 2 web2 1
exits 4 'one that was moved, beside one that nobody knows' vm-migrate --to h3 -n -o from,result,error h1/web2 nobody
like "$(cat "$out")" "^h2	refused	'h2' is in group" 'it is looked at where it is'

# A silent host may have what the others have not.
rm -f "$tmp/old.xml"
exits 75 'an unknown one, and a host is silent' vm-migrate --to h3 -n -o result,error nobody
like "$(cat "$out")" "^failed	'nobody' was not found, but host 'old' does not answer: " 'says so'
rm -rf "$VMM_STATE"
fixture
node h1 1 web1 1
exits 75 'one that has gone, and a host is silent' vm-migrate --to h3 -n -o from,result,error web2
like "$(cat "$out")" "^h1	failed	nobody can tell where it is: host 'old' does not answer: " 'says so'

hangs h2
start=$(date +%s)
vm-migrate --to h3 -n -o vm,result,error h2/web1 >"$out" 2>"$err" &
client=$!
sleep 1
kill -INT $client
sleep 0.5
kill -TERM $client
wait $client
is $? 1 'the second Ctrl-C while hosts are asked'
took=$(($(date +%s) - start))
is "$(cat "$out")" 'web1	skipped	not started' 'nothing was begun'
ok "and it waits for nobody ($took s)" test "$took" -le 10
kill "$listener"
done_testing
