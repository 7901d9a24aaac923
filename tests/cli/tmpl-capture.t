#!/bin/sh
# tmpl-capture: what is refused before anything is copied, and that nothing is left of it. Disks on real
# hosts: tests/lab/capture.t; a whole Debian: tests/slow/capture.t.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
. "$top/tests/helpers/images.sh"
. "$top/tests/helpers/guestfs.sh"
need qemu-img jq
fixture
guestfs
disk raw 4M
imglib add base raw >/dev/null
scratch=$tmp/scratch
mkdir "$scratch"
export TMPDIR="$scratch"

# capture WANT ERROR ARG...: its status and result, and what the error says.
capture() {
	want=$1 error=$2 code=0
	shift 2
	tmpl-capture -n -o result,error "$@" >"$out" 2>"$err" || code=$?
	got="$code $(cut -f 1 "$out" | paste -sd ' ')"
	if test "$got" = "$want" && grep -q -- "$error" "$out" "$err"; then
		return
	fi
	echo "$*: $got: $(cat "$out" "$err")"
}
{
	capture '75 failed' "host 'old' does not answer" none new
	capture '4 refused' "'web1' is ambiguous" web1 new
	capture '75 failed' "nobody can tell where 'lost' is" lost new
	capture '4 refused' 'it is not stopped' web2 new
	capture '4 refused' 'it is not stopped' db1 new
	capture '4 refused' 'it is not stopped' --dry-run web2 new
	capture '4 refused' 'it has no disk that could be captured' h2/web1 new
	capture '4 refused' "it has no disk 'vda' that" --disk vda h2/web1 new
	capture '4 refused' "image 'base:1' is there already; say NAME:VERSION" h2/web1 base
	capture '4 refused' "image 'base:1' is there already$" none base:1
	for name in '' : base: :1 'a b' ../a '$(id)' -- -a; do
		test "$name" = -- || capture '2 refused' 'is not made of letters' -- h2/web1 "$name"
	done
	capture '2 ' 'operand missing' web2
	capture '2 ' "operand too many: 'more'" web2 new more
} >bad
is "$(cat bad)" '' 'each is refused with its reason'
is "$(tmpl-capture --json web2 new | jq -c '[.image, .vm, .host, .os, .result, .size, .sha256]')" \
	'["new","web2","h1","","refused",null,""]' 'as JSON'

# One that is being moved, or was when somebody pulled the plug.
mkfifo hold
store-helper begin "$VMM_STATE" migrate "$(vm_uuid 3)" <hold >begun &
holder=$!
exec 3>hold
for i in $(seq 50); do test -s begun && break; sleep 0.1; done
{
	capture '75 failed' "migrate of .* is already under way (pid $holder" h2/web1 new
	capture '75 failed' "migrate of .* is already under way (pid $holder" --dry-run h2/web1 new
	exec 3>&-
	wait $holder
	capture '4 refused' "an earlier migrate of .* was cut short" h2/web1 new
} >bad
is "$(cat bad)" '' 'nothing is captured under a move'
rm "$VMM_STATE"/journal*
vm-list -n -o host,name,state >before
imglib list >>before

rm "$tmp/guestfs/virt-sysprep"
ln -s nowhere "$tmp/guestfs/virt-sysprep"
PATH=$tmp/guestfs:$VMM_BUILD/bin:/nowhere exits 1 'without its programs' "$VMM_BUILD/bin/tmpl-capture" -n -o error h2/web1 new
like "$(cat "$out")" "^libguestfs's programs are needed: cannot .*virt-sysprep" 'says which'
ok 'to take the disk as it is needs none' sh -c 'tmpl-capture -n -o error --keep-identity h2/web1 new | grep "no disk"'

vm-list -n -o host,name,state >after
imglib list >>after
is "$(diff before after)" '' 'nothing is changed'
is "$(grep -c capture "$VMM_STATE"/journal*)" 2 'the journal tells of the one that had begun'
is "$(ls -A "$scratch")" '' 'no folder is left'
is "$(cat "$tmp/guestfs.calls" 2>/dev/null)" '' 'no program was started'
is "$(vmm-fsck -n --offline)" '' 'and there is nothing to mend'
done_testing
