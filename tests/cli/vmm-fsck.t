#!/bin/sh
# vmm-fsck: a sound state, what is left over, what is wrong and can't be mended. What crashes leave
# behind is in tests/cli/store-crash.t and tests/lab.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq
fixture
exits 0 'a sound state' vmm-fsck --offline
is "$(cat "$out")" "$(printf 'kind\tobject\tfinding\tmended')" 'a header only'
exits 0 'and none at all' env VMM_STATE="$tmp/none" vmm-fsck

: >"$VMM_STATE/.journal.new"
recorded >before
exits 1 'a file that was written aside' vmm-fsck --offline --json
is "$(jq -c '[.kind, .mended]' "$out")" '["state",false]' 'is found'
ok 'and left alone' test -e "$VMM_STATE/.journal.new"
exits 0 '--repair' vmm-fsck --offline --repair -n
is "$(cut -f 1,4 "$out")" 'state	yes' 'mends it'
ok 'it is gone' test ! -e "$VMM_STATE/.journal.new"
exits 0 'and then all is well' vmm-fsck --offline
recorded >after
ok 'the tables are as before' cmp before after

cp "$VMM_STATE/vms.tsv" kept
printf 'cut' >>"$VMM_STATE/vms.tsv"
vmm-fsck --offline --repair -n >"$out" 2>"$err"
is "$? $(grep -c 'vms.tsv' "$out" "$err" | sed 's/.*://' | paste -sd +)" "$(printf '1 1+0')" 'a table that was damaged by hand is found, and not mended' ||
	diag "$(cat "$out" "$err")"
ok 'nor touched' test "$(tail -c 3 "$VMM_STATE/vms.tsv")" = cut
cp kept "$VMM_STATE/vms.tsv"
mkfifo hold
store-helper begin "$VMM_STATE" start "$(vm_uuid 2)" <hold >begun &
holder=$!
exec 3>hold
for i in $(seq 50); do test -s begun && break; sleep 0.1; done
exits 0 'a VM is being started' vmm-fsck --offline --repair -n
is "$(cat "$out")" '' 'which is nothing to be mended'
exec 3>&-
wait $holder
exits 1 'its start was cut short' vmm-fsck --offline -n
is "$(cat "$out")" "$(printf 'vm\t%s\tits start was cut short\tno' "$(vm_uuid 2)")" 'is told'
exits 0 'and given up' vmm-fsck --offline --repair -n
exits 0 'and then it is over' vmm-fsck --offline
exits 0 'and the VM may be started' store-helper begin "$VMM_STATE" start "$(vm_uuid 2)" </dev/null
vmm-fsck --offline --repair >/dev/null

# The boot folder is another user's, who might put a link in the place of what root looks after
mkdir -p "$VMM_STATE-boot/jobs" "$VMM_STATE-boot/images" "$VMM_STATE-boot/seen" precious
echo kept >precious/file
touch -d '2 days ago' precious/.new-kept "$VMM_STATE-boot/seen/.new-left"
ln -s "$PWD/precious" "$VMM_STATE-boot/files"
vmm-fsck --offline --repair >"$out" 2>"$err"
is "$(ls -A precious | paste -sd ' ')" '.new-kept file' 'vmm-fsck removes nothing through a link' || diag "$(cat "$out" "$err")"
rm "$VMM_STATE-boot/files"
vmm-fsck --offline --repair >"$out" 2>"$err"
is "$(ls -A "$VMM_STATE-boot/seen")" '' 'what a crash left is removed' || diag "$(cat "$out" "$err")"
rm -r "$VMM_STATE-boot"

mkdir "$VMM_STATE-boot"
exits 0 'a boot folder in which nobody has put anything yet' vmm-fsck --offline
rmdir "$VMM_STATE-boot"

exits 1 'a full disk' sh -c 'vmm-fsck --offline >/dev/full'
exits 2 '--abort without --repair' vmm-fsck --abort
is "$(cat "$err")" 'vmm-fsck: --abort is for --repair' 'says what is missing'
exits 2 '--abort where no host is asked' vmm-fsck --abort --repair --offline
done_testing
