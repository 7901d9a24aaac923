#!/bin/sh
# host-discover: which addresses have a BMC, and what those say.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/bmc.sh"
need jq strace
bmc_up 6
bmc_conf "$tmp/auth"

discover() {
	in_net host-discover "$@"
}

ok 'a network of 1022 addresses' discover --wait 1s 10.66.0.0/22
is "$(sed 1d "$out" | cut -f 2 | xargs echo)" \
	'ipmi://10.66.0.1 ipmi://10.66.0.2 ipmi://10.66.0.3 ipmi://10.66.0.4 ipmi://10.66.0.5 ipmi://10.66.0.6' \
	'has these'
ok 'without credentials' discover 10.66.0.1 --json -o uuid,power,error
is "$(cat "$out")" '{"uuid":"","power":"unknown","error":""}' 'that is all'
ok 'an address that has none' discover --wait 300ms 10.66.0.9
is "$(wc -l <"$out")" 1 'is no row'
ok 'nobody at home' discover --wait 300ms 10.66.0.[10-20] 10.66.1.0/28

echo 1 >"$bmcs/2/power"
echo pxe >"$bmcs/2/boot"
ok 'with credentials' discover --bmc-auth auth '10.66.0.[1-3]' 10.66.0.2
sort "$out" >rows
is "$(wc -l <rows)" 4 'each is there once'
ok 'one of them' discover --json -o +boot --bmc-auth auth 10.66.0.2
is "$(jq -cS . "$out")" "$(jq -cS . <<-END
	{"name":"","bmc":"ipmi://10.66.0.2","vendor":"Acme, Inc.","product":"Anvil 9000","serial":"SN002",
	"uuid":"00000000-0000-4000-8000-000000000002","power":"on","firmware":"","boot":"pxe",
	"bmc_auth":"$tmp/auth","macs":[],"cpus":null,"memory":null,"disks":[],"error":""}
END
)" 'all it says'
is "$(grep -c set "$bmcs/2/asked")" 0 'and nothing was changed'

VMM_BOOT=$tmp/boot
export VMM_BOOT
mkdir -p boot/run boot/jobs
exits 4 '--inspect without a boot server' discover --bmc-auth auth --inspect 10.66.0.1
like "$(cat "$err")" "no boot-serve runs here for the boot folder '$tmp/boot'" 'says so'
is "$(cat "$bmcs/1/power")" 0 'and nothing was switched on'

discover --bmc-auth auth 10.66.0.[1-6] >rows
is "$(cut -f 2 rows | sed 's/.*[.]//' | xargs echo)" 'bmc 1 2 3 4 5 6' 'rows are in the order of the addresses'
ok 'its rows' sh -c 'nsenter -n -t "$1" host-power on - <rows' - "$bmc_net"
is "$(cat "$bmcs"/*/power | xargs echo)" '1 1 1 1 1 1' 'are read by host-power'
ok 'a host of that address' host-add h3 test:///default --bmc ipmi://admin@10.66.0.3 --bmc-auth "$tmp/auth"
ok 'again' discover -n -o name,bmc 10.66.0.3
is "$(cat "$out")" "h3	ipmi://10.66.0.3" 'is known'

# ---- those that don't tell ----

bmc_conf wrong 'not-this-one-8K'
exits 4 'a wrong password' discover --json --bmc-auth wrong 10.66.0.1
is "$(jq -r '.bmc, .power, .serial' "$out" | xargs echo)" 'ipmi://10.66.0.1 unknown' 'is a row'
like "$(jq -r .error "$out")" 'wrong password' 'with the reason'
bmc_stop 5
exits 0 'one that hangs' discover --bmc-auth auth --wait 500ms 10.66.0.[4-6]
is "$(sed 1d "$out" | cut -f 2 | sort | xargs echo)" 'ipmi://10.66.0.4 ipmi://10.66.0.6' 'answers no ping'
bmc_go 5
chmod 644 auth
exits 4 'credentials that others can read' discover --bmc-auth auth 10.66.0.1
chmod 600 auth
for range in 10.66.0.0/33 10.66.0.0/8 10.66.0.1/24 h1 10.66.0.[1-300] '10.66.0.[1' ipmi://10.66.0.1 '' '$(touch run)'; do
	exits 2 "no range: '$range'" discover "$range"
	is "$(wc -l <"$err")" 1 'in one line'
done
ok 'no file was made by a name' test ! -e run

in_net strace -f -qq -e trace=execve,write,sendto -v -s 4096 -o trace \
	host-discover --bmc-auth auth 10.66.0.[1-6] >shown 2>&1
is "$(grep -c 'execve.*host-discover' trace)" 1 'the exec was seen'
is "$(grep -Elr sesame trace shown "$VMM_STATE" 2>/dev/null)" '' 'the password is nowhere'
done_testing
