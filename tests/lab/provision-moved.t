#!/bin/bash
# A VM whose making was never ended in the journal, and which has moved since: vmm-fsck leaves it its disks;
# so it does one that has not moved
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/provision.sh"
need xorriso qemu-img

lab_up h1 h2
declare_hosts tcp h1 h2
fit_out
sed 's/pool = local/pool = shared/' "$VMM_CONF/templates/bare.conf" >"$VMM_CONF/templates/roaming.conf"

# As a kill between the start and the end would have left it.
forget_end() { sed -i "/	end	create	$1	/d" "$VMM_STATE/journal.tsv"; }
disks() { find "$LAB/shared/pool" -name "$1-*" -printf '%f\n' | sed 's/-.*//'; }

apply --start --host h1 roaming live cold
is "$(cell result "$rows" | sort -u)" 'done' 'two VMs on h1'
on h1 destroy cold >/dev/null
exits 0 'one is moved while it runs' migrate --to h2 live
on h1 dumpxml --inactive cold >"$tmp/cold.xml"
on h2 define "$tmp/cold.xml" >/dev/null
on h1 undefine cold >/dev/null
is "$(on h2 domstate cold)" 'shut off' 'the other, past the inventory, while it is off'
forget_end live
forget_end cold
is "$(fsck -n -o object,mended | sort | paste -sd ' ')" "cold	no live	no" 'whose making seems to be cut short'

exits 0 'then comes vmm-fsck' fsck --repair -n -o object,finding,mended
is "$(sort "$out")" "$(printf '%s	was made whole, is on '"'h2'"' by now, and stays as it is	yes\n' cold live)" 'it says where they are'
is "$(disks live) $(disks cold)" 'live cold' 'their disks are there'
is "$(on h2 domstate live)" running 'the one that ran runs'
is "$(ippool show -n front | wc -l)" 2 'they keep their addresses'
is "$(fsck -n)" '' 'nothing is left to mend'

# One that is where it was made may have been in use for long.
apply --start --host h1 roaming runs
apply --host h1 roaming off
forget_end runs
forget_end off
uuid=$(on h1 domuuid off | head -n 1)
cut_short="an earlier create of 'off' was cut short .*: run vmm-fsck --repair"
exits 4 'before it was mended it is not started' lab adm vm-power on off
like "$(cat "$out" "$err")" "$cut_short" 'it says what to do'
exits 4 'nor by its UUID' lab adm vm-power --dry-run on "$uuid"
exits 4 'nor moved' migrate --to h2 off
like "$(cat "$out" "$err")" "$cut_short" 'it says what to do'
remove off
is "$status $(cell result "$rows")" '4 refused' 'nor removed'
like "$(cell error "$rows")" "$cut_short" 'it says what to do'
exits 0 'then it is mended' fsck --repair -n -o object,finding,mended
is "$(sort "$out")" "$(printf '%s	was made whole, and stays as it is	yes\n' off runs)" 'and kept, as one that runs'
is "$(on h1 domstate off) $(on h1 domstate runs)" 'shut off running' 'as they are'
is "$(disks off) $(disks runs)" 'off runs' 'with their disks'
is "$(ippool show -n front | wc -l)" 4 'and addresses'
exits 0 'now it is started' lab adm vm-power on off
is "$(fsck -n)" '' 'nothing is left to mend'

# One that had not come as far goes.
apply --host h1 roaming goes
forget_end goes
on h1 undefine goes >/dev/null
exits 0 'one that has no definition' fsck --repair -n -o object,finding
like "$(cat "$out")" '^goes	was not made whole; what there was of it is removed' 'is removed'
is "$(disks goes)" '' 'with its disk'
is "$(ippool show -n front | wc -l)" 4 'and address'

# What was on a host that is gone can't be looked for.
apply --host h2 roaming far
apply --host h1 roaming near
near=$(find "$LAB/shared/pool" -name 'near-*' -printf 'shared/%f') far=$(find "$LAB/shared/pool" -name 'far-*' -printf 'shared/%f')
forget_end far
forget_end near
exits 0 'a host is taken out' lab adm host-rm h2
sed -i "s/$(lab adm host-list -n -o uuid h1)/12345678-1234-1234-1234-123456789abc/" "$VMM_STATE/hosts.tsv"
exits 1 'another one is replaced' fsck -n
exits 0 'their work is ended' fsck --repair -n -o object,finding,mended
is "$(sort "$out")" "far	its making was cut short; its host 'h2' is not declared any more: what there is of it there stays ($far); ippool gc takes back its addresses	yes
near	its making was cut short; its host 'h1' is another machine now: what there is of it there stays ($near); ippool gc takes back its addresses	yes" 'with what may be left'
is "$(disks far) $(disks near)" 'far near' 'nothing was touched'
is "$(fsck -n)" '' 'nothing is left to mend'
done_testing
