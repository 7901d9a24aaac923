#!/bin/sh
# the lab's bare machines, with no command of ours: their BMCs, boot from the network and from the disk, their plug
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"

need dnsmasq busybox qemu-img
lab_up
lab boot-files www || skip_all 'no kernel to boot'
exits 0 'two machines' lab machine m1:serial=SER-1 m2:uefi:disk=none:guid=ipmi:nics=2
lab disk-image raw disk.raw || exit
dd if=disk.raw of="$(lab machine-disk m1)" conv=notrunc,sparse bs=1M status=none
cat >www/boot.ipxe <<'EOF2'
#!ipxe
kernel vmlinuz initrd=initrd console=ttyS0 quiet mitigations=off no_timer_check lab.hostname=net-${net0/mac:hexraw}
initrd initrd
boot
EOF2
net_boot
is "$(lab machine-list | cut -f 1,2,4,5)" "$(printf '%s\t%s\t%s\t%s\n' name mac serial bmc \
	m1 52:54:00:b0:fe:01 SER-1 ipmi://10.79.0.1 m2 52:54:00:b0:fe:02 "$(machine serial m2)" ipmi://10.79.0.2)" 'are listed'
is "$(stat -c %a "$(machine bmc_auth m1)")" 600 'the password is in a file for nobody else'
grep -lF "$(sed -n 's/^password = //p' "$(machine bmc_auth m1)")" /proc/[0-9]*/cmdline /proc/[0-9]*/environ >seen 2>/dev/null
is "$(cat seen)" '' 'and no process was told it'

# Their BMCs
is "$(bmc m1 power status)" 'Chassis Power is off' 'off at first'
like "$(bmc m1 mc guid)" "GUID *: $(machine uuid m1)" 'the BMC tells the UUID'
like "$(bmc m1 mc guid)" 'SMBIOS' 'in the order that is usual'
like "$(bmc m2 mc guid)" "GUID *: $(machine uuid m2)" 'another one too'
unlike "$(bmc m2 mc guid)" 'SMBIOS' 'in that of the standard'
like "$(bmc m1 fru print 0 2>&1)" 'Product Serial *: SER-1' 'and the serial number'
is "$(bmc m1 -P wrong power status >/dev/null 2>&1 && echo in)" '' 'a wrong password does not get in'

# UEFI takes a while
bmc m2 power on >/dev/null
# The disk, then the network once, then the disk
is "$(bmc m1 power on)" 'Chassis Power Control: Up/On' 'on'
is "$(lab machine-power m1 status)" on 'it is'
exits 0 'it boots from its disk' within 20 said m1 'LAB-UP guest'
like "$(cat "$(lab machine-console m1)")" "Machine UUID $(machine uuid m1)" 'it has the UUID too'
bmc m1 chassis bootdev pxe >/dev/null
like "$(bmc m1 chassis bootparam get 5)" 'Force PXE' 'network boot is asked for'
bmc m1 power reset >/dev/null
exits 0 'a reset: it boots from the network' within 20 said m1 'LAB-UP net-525400b0fe01 '
like "$(bmc m1 chassis bootparam get 5)" 'No override' 'that was for once'
ok 'it answers' lab adm ping -n -c 1 -W 5 10.77.254.1
lab machine-link m1 down
exits 1 'not with its cable out' lab adm ping -n -c 1 -W 1 10.77.254.1
lab machine-link m1 up
ok 'and with it in again' lab adm ping -n -c 1 -W 5 10.77.254.1
forget m1
bmc m1 power cycle >/dev/null
exits 0 'a power cycle: it boots from its disk' within 20 said m1 'LAB-UP guest'

# Off, in three ways
bmc m1 power soft >/dev/null
is_off() { test "$(lab machine-power "$1" status)" = off; }
exits 0 'the system is told to go' within 10 is_off m1
exits 0 'the plug is pulled' eval 'lab machine-power m1 on && lab machine-power m1 off'
is "$(bmc m1 power status)" 'Chassis Power is off' 'the BMC sees it'
exits 0 'without a disk UEFI takes the network' within 40 said m2 'LAB-UP net-525400b0fe02 '
exits 0 'both NICs are there' test "$(lab machine-tell m2 '{"execute": "query-rx-filter"}' | grep -o '52:54:00:b[01]:fe:02' | sort -u | wc -l)" = 2
is "$(bmc m2 power off)" 'Chassis Power Control: Down/Off' 'off'
exits 0 'it is' is_off m2

# Silent BMCs
lab machine-bmc m2 hang
exits 1 'a BMC that hangs' bmc m2 -N 1 -R 1 power status
lab machine-bmc m2 on
exits 0 'and no longer' bmc m2 power status

# Two labs
one=$LAB
exits 0 'another lab has a machine of the same name' eval 'LAB=$(lab up --owner $$) && lab machine m1'
like "$(bmc m1 mc guid)" "GUID *: $(machine uuid m1)" 'with a UUID of its own'
bmc m1 power on >/dev/null
two=$LAB
lab down && LAB=$one
is "$(bmc m1 power status)" 'Chassis Power is off' 'and a switch of its own'
bmc m1 power on >/dev/null
exits 0 'it goes down' lab down
is "$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -a -e "$one//*machines" -e "$two//*machines")" '' 'with its machines and BMCs'
done_testing
