#!/bin/sh
# host-power: BMCs that are real but for their servers; each outcome, and where the password is not.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/bmc.sh"
need jq strace
bmc_up 50
bmc_conf "$tmp/auth"

power() {
	in_net host-power "$@" --bmc-auth "$tmp/auth"
}

# got COLUMN...: those of the rows of $out, which end in any order
got() {
	perl -F'\t' -lane 'BEGIN { @want = splice @ARGV, 0, -1 }
		chomp $F[-1];
		if ($. == 1) { @at{@F} = 0 .. $#F; next }
		print join " ", map { $F[$at{$_}] // "" } @want' "$@" "$out" | sort
}

# ---- what is asked for happens, and is read back ----

one=ipmi://10.66.0.1
ok 'status' power status $one
is "$(got bmc power result wanted)" "$one off done " 'off'
ok 'off, where it is off' power off $one
is "$(got power result)" 'off already' 'is what was wanted'
is "$(grep -c set "$bmcs/1/asked")" 0 'and nothing was sent'
ok 'on' power on $one
is "$(got power wanted result) $(bmc_power 1)" 'on on done 1' 'on'
ok 'cycle' power cycle $one
is "$(got power wanted result) $(bmc_power 1)" 'on on done 1' 'on again'
is "$(grep set "$bmcs/1/asked" | tail -n 2 | paste -sd ' ')" 'set power 0 set power 1' 'and was off between'
ok 'soft' power soft $one
is "$(got power wanted result) $(bmc_power 1)" 'off off done 0' 'the system has ended'
ok 'cycle, where it is off' power cycle $one
is "$(got power result)" 'on done' 'switches it on'
is "$(bmc_power 2)" 0 'another one is left alone'

for device in pxe cdrom bios none disk; do
	ok "boot-device $device" power boot-device $device $one
	want=$device
	test $device != disk || want=default # as ipmi_sim has it
	is "$(got boot wanted result power) $(bmc_boot 1)" "$device $device done on $want" "$device is read back"
done
ok 'status with the boot device' power status -o boot $one
is "$(sed 1d "$out")" disk 'tells it'
exits 1 'by UEFI, to a BMC that does not tell of it' power boot-device pxe --uefi $one
is "$(got boot wanted result)" 'pxe pxe,uefi unknown' 'the device is there, and the rest unknown'
like "$(got error)" "doesn't tell whether" 'which it says'

# ---- not as asked ----

bmc_deaf 1 yes
exits 1 'a BMC that takes the command and does nothing' power off --timeout 1s $one
is "$(got power wanted result)" 'on off failed' 'is not as asked'
like "$(got error)" 'it is on; the time is over' 'and why'
exits 1 'cycle' power cycle --timeout 1s $one
is "$(got power result)" 'on failed' 'has not begun'
(sleep 1; bmc_deaf 1 no) &
ok 'one that is deaf for a while' power off --timeout 20s $one
is "$(got power result) $(bmc_power 1)" 'off done 0' 'is told again'
wait $!
bmc_power 1 1 >/dev/null
bmc_deaf 1 yes
exits 1 'its boot device' power boot-device cdrom --timeout 1s $one
is "$(got boot wanted result)" 'pxe cdrom failed' 'is not as asked'
bmc_deaf 1 no

# ---- unknown ----

bmc_conf "$tmp/wrong" 'not-this-one-8K'
exits 4 'a wrong password' in_net host-power off --bmc-auth "$tmp/wrong" $one
is "$(got power result)" 'unknown unknown' 'leaves it unknown'
like "$(got error)" 'wrong password' 'and says why'
unlike "$(cat "$out" "$err")" 'not-this-one' 'but not which'
is "$(bmc_power 1)" 1 'nothing was done'
bmc_conf "$tmp/nobody"
sed -i 's/admin/nobody/' "$tmp/nobody"
exits 4 'a user that is not there' in_net host-power status --bmc-auth "$tmp/nobody" $one
bmc_conf "$tmp/viewer"
sed -i 's/admin/viewer/' "$tmp/viewer"
echo 'privilege = user' >>"$tmp/viewer"
ok 'who may look only' in_net host-power status --bmc-auth "$tmp/viewer" $one
is "$(got power)" on 'sees it'
exits 1 'but can not switch it off' in_net host-power off --bmc-auth "$tmp/viewer" $one
is "$(got power result) $(bmc_power 1)" 'on failed 1' 'which is then not as asked'

bmc_stop 2
now() { date +%s%N; }
begin=$(now)
exits 75 'a BMC that hangs' power on --timeout 2s ipmi://10.66.0.2
took=$((($(now) - begin) / 1000000))
is "$(got power result)" 'unknown unknown' 'leaves it unknown'
test $took -lt 4500 && pass 'in time' || fail "in time, not $took ms"
exits 3 'among others' power on --timeout 2s 'ipmi://10.66.0.[1-3]'
is "$(got bmc power result)" 'ipmi://10.66.0.1 on already
ipmi://10.66.0.2 unknown unknown
ipmi://10.66.0.3 on done' 'only it is unknown'
bmc_go 2
exits 75 'an address that has none' power status --timeout 1s ipmi://10.66.0.60
ok 'the one that hung is asked again' power status ipmi://10.66.0.2

# ---- many, each once ----

ok '50 at once' power on 'ipmi://10.66.0.[1-50]'
is "$(got power wanted | sort | uniq -c | xargs echo)" '50 on on' 'are on'
is "$(cat "$bmcs"/*/power | sort | uniq -c | xargs echo)" '50 1' 'all of them'
ok 'the same BMC by three names' power status ipmi://10.66.0.7 ipmi://admin@10.66.0.7:623 'ipmi://10.66.0.[7-8]'
is "$(got bmc)" 'ipmi://10.66.0.7
ipmi://10.66.0.8' 'is one server'

# ---- declared hosts, rows ----

cp "$tmp/auth" "$tmp/auth3"
ok 'a host with a BMC' host-add h1 test:///default --bmc $one --bmc-auth "$tmp/auth3" --group db
ok 'its power' in_net host-power status h1
is "$(got name bmc power)" "h1 $one on" 'by name'
ok 'its group' in_net host-power status @db
ok 'all hosts' in_net host-power status
is "$(got name)" h1 'that have a BMC'
host-scan h1 >/dev/null
exits 4 'off, while VMs run on it' in_net host-power off h1
is "$(got power result)" 'unknown refused' 'is refused'
like "$(got error)" 'VM runs? on it, as last seen|VMs run on it' 'and why'
is "$(bmc_power 1)" 1 'nothing was done'
ok 'unless it is to be' in_net host-power off --force h1
is "$(bmc_power 1)" 0 'off'
ok 'dry run' in_net host-power on --dry-run h1
is "$(got power wanted result) $(bmc_power 1)" 'off on possible 0' 'only looks'
ok 'dry run of what is so' in_net host-power off --dry-run --force h1
is "$(got result)" already 'says so'
host-list -o name,bmc,bmc_auth h1 >rows
ok 'rows' sh -c 'nsenter -n -t "$1" host-power on - <rows' - "$bmc_net"
is "$(got name result) $(bmc_power 1)" 'h1 done 1' 'from host-list'
echo '{"name":"h1"}' >rows
ok 'a row with no more than a name' sh -c 'nsenter -n -t "$1" host-power status - <rows' - "$bmc_net"
is "$(got name power)" 'h1 on' 'is that host'
exits 4 'a host that is not there' in_net host-power on h9
exits 2 'rows of something else' sh -c 'printf "x\n1\n" | host-power on -'

# ---- one at a time ----

bmc_deaf 4 yes
in_net host-power off --timeout 5s --bmc-auth "$tmp/auth" ipmi://10.66.0.4 >slow.out 2>&1 &
slow=$!
i=0
until grep -q 'set power 0' "$bmcs/4/asked" || test $i -gt 100; do i=$((i + 1)); sleep 0.05; done
exits 75 'another command for the same BMC' power on ipmi://10.66.0.4
is "$(got result)" refused 'is refused while the first is under way'
bmc_deaf 4 no
kill -INT $slow
wait $slow
ok 'then not any more' power on --timeout 5s ipmi://10.66.0.4
is "$(vmm-fsck -n 2>&1)" '' 'and no work is left open'

exits 4 'credentials that others can read' in_net host-power status --bmc-auth "$tmp/bmcs/1/lan.conf" $one
is "$(got power result)" 'unknown refused' 'are refused'

bmc_stop 4
began=$(date +%s)
exits 75 'one that is silent from the first' power on ipmi://10.66.0.4
ok 'is given up after 20 seconds' test $(($(date +%s) - began)) -le 25
bmc_go 4

# ---- where the password is not ----

watched() {
	name=$1
	shift
	in_net strace -f -qq -e trace=execve,execveat,write,writev,sendto,sendmsg -v -s 4096 -o "$tmp/trace.$name" \
		host-power "$@" --bmc-auth "$tmp/auth" 'ipmi://10.66.0.[1-5]' >"$tmp/shown.$name" 2>&1
}
watched status status
watched cycle cycle --json -o +boot
watched boot boot-device pxe
in_net strace -f -qq -e trace=execve,write -v -s 4096 -o "$tmp/trace.wrong" \
	host-power off --bmc-auth "$tmp/wrong" $one >"$tmp/shown.wrong" 2>&1
is "$(grep -l 'execve.*host-power' "$tmp"/trace.* | wc -l)" 4 'each exec was seen'
secret='sesame|not-this-one'
strace -f -qq -e trace=execve -v -s 4096 -o "$tmp/seen" env "A=sesame-9Qx7" true 'not-this-one-8K'
is "$(grep -Eo -e "$secret" "$tmp/seen" | sort -u | xargs echo)" 'not-this-one sesame' 'the watcher sees what there is'
is "$(grep -Elr -e "$secret" "$tmp"/trace.* "$tmp"/shown.* "$VMM_STATE")" '' \
	'no argv, environment, output, datagram or file of the state has it'
is "$(find "$HOME" -newer "$bmcs/chassis" -type f -exec grep -El -e "$secret" {} + 2>/dev/null)" '' 'nor anything at home'
done_testing
