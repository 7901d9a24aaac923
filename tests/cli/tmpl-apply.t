#!/bin/sh
# tmpl-apply and vm-rm: what is refused before any host is asked, and that nothing is taken for it. New VMs
# on real hosts: tests/lab/provision.t.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
. "$top/tests/helpers/images.sh"
need qemu-img jq
fixture

mkdir -p "$VMM_CONF/templates" "$VMM_CONF/hardware" "$VMM_CONF/guests"
echo 'kind = plain' >"$VMM_CONF/guests/plain.conf"
echo 'memory = 128M' >"$VMM_CONF/hardware/tiny.conf"
cat >"$VMM_CONF/templates/web.conf" <<-EOF
	image = disk
	hardware = tiny
	guest = plain
	[nic]
	network = lab
	ip4 = front
	[disk]
	pool = local
EOF
disk raw 4M
echo '#!/bin/sh' >script
imglib add disk raw >/dev/null && imglib add --kind script tool script >/dev/null
ippool create front --range 10.0.0.1-10.0.0.9 >/dev/null
recorded >before

# apply WANT ERROR ARG...: its status and result, and what the error says.
apply() {
	want=$1 error=$2 code=0
	shift 2
	tmpl-apply -n -o result,error "$@" >"$out" 2>"$err" || code=$?
	got="$code $(cut -f 1 "$out" | paste -sd ' ')"
	if test "$got" = "$want" && grep -q -- "$error" "$out" "$err"; then
		return
	fi
	echo "$*: $got: $(cat "$out" "$err")"
}
{
	apply '2 refused' "'Web' cannot be a guest's host name" web Web
	for name in '' - -a a- a.b a_b "$(printf 'a\tb')" '$(id)' '../a' "$(printf '%064d' 1)"; do
		test "$name" = - || apply '2 refused' "cannot be a guest's host name" web -- "$name"
	done
	apply '4 refused' "no template 'none'" none n1
	apply '2 refused' "'../web'" ../web n1
	apply '4 refused' "no image 'none'" --set image=none web n1
	apply '2 refused' "'tool' is no image of a disk, but of kind script" --set image=tool web n1
	apply '2 ' "no key 'colour'" --set colour=red web n1
	apply '4 refused' "no host that it may have is of group 'none'" --set group=none web n1
	apply '2 ' "'memory': not KEY=VALUE" --set memory web n1
	apply '2 refused' 'memory' --set memory=much web n1
	apply '2 ' "'phone': not one of address agent ssh" --wait phone web n1
	apply '4 refused' "no host 'h9'" --host h9 web n1
	apply '4 refused' "host 'h1' is no QEMU host" --host h1 web n1
	apply '4 refused' 'none of 4 hosts can take it' web n1
	apply '4 refused refused' 'none of 4 hosts' web n1 n2
	apply '2 ' 'operand missing' web
	printf 'kind = cloud-init\n' >"$VMM_CONF/guests/cloud.conf"
	printf 'include = web\nguest = cloud\n' >"$VMM_CONF/templates/cloud.conf"
	apply '4 refused' "pool 'front' has no prefix" cloud n1
	apply '4 refused' "pool 'front' has no prefix" cloud n1 --dry-run
	rm "$VMM_CONF/templates/cloud.conf"
} >bad
is "$(cat bad)" '' 'each is refused with its reason'
exits 4 'one named twice' tmpl-apply web n1 n1 -n -o result,error
is "$(grep -c 'it is named twice' "$out")" 1 'is refused once'
exits 4 'rows with overrides' sh -c "printf 'name\\thost\\tmemory\\nn1\\th9\\t\\nn2\\t\\t1G\\n' | tmpl-apply web - -n -o name,result,error"
like "$(cat "$out")" "^n1	refused	no host 'h9'" 'each has its own'
like "$(cat "$out")" "^n2	refused	none of 4 hosts" 'and an empty cell says nothing'
exits 2 'rows without names' sh -c "printf 'uuid\\nabc\\n' | tmpl-apply web -"
is "$(cat "$err")" 'tmpl-apply: stdin: row 1 has no name' 'make no VM that is called by a UUID'
exits 4 'rows of a batch' sh -c "printf 'vm\\thost\\nn1\\th9\\n' | tmpl-apply web - -n -o name,error"
is "$(cat "$out")" "n1	no host 'h9'" 'have names too'
is "$(tmpl-apply web n1 --json | jq -c '[.name, .result, .addresses]')" '["n1","refused",[]]' 'as JSON'
recorded >after
is "$(diff before after)" '' 'nothing was taken, nothing was begun'
is "$(vmm-fsck -n --offline)" '' 'and there is nothing to mend'

# ---- vm-rm ----

remove() {
	want=$1 error=$2 code=0
	shift 2
	vm-rm -n -o result,error "$@" >"$out" 2>"$err" || code=$?
	got="$code $(cut -f 1 "$out" | paste -sd ' ')"
	if test "$got" = "$want" && grep -q -- "$error" "$out" "$err"; then
		return
	fi
	echo "$*: $got: $(cat "$out" "$err")"
}
{
	remove '4 refused' 'it is running; --stop switches it off first' web2
	remove '4 refused' 'was not made of a template' h2/web1
	remove '4 refused' 'was not made of a template' --stop web2
	remove '4 refused' "'web1' is ambiguous" web1
	remove '75 failed' "nobody can tell where 'lost' is" lost
	remove '0 possible' '' --dry-run --keep-disks h2/web1
	remove '3 refused possible' '' --dry-run --keep-disks --jobs 1 web2 h2/web1
} >bad
is "$(cat bad)" '' 'vm-rm: each is refused with its reason'

# One that is being moved, or was when somebody pulled the plug.
mkfifo hold
store-helper begin "$VMM_STATE" migrate "$(vm_uuid 3)" <hold >begun &
holder=$!
exec 3>hold
for i in $(seq 50); do test -s begun && break; sleep 0.1; done
{
	remove '75 failed' "migrate of .* is already under way (pid $holder" --keep-disks h2/web1
	remove '75 failed' "migrate of .* is already under way (pid $holder" --dry-run --keep-disks h2/web1
	exec 3>&-
	wait $holder
	remove '4 refused' "an earlier migrate of .* was cut short" --keep-disks h2/web1
} >bad
is "$(cat bad)" '' 'vm-rm: nothing is removed under a move'
done_testing
