#!/bin/sh
# host-deploy of UEFI machines: by the ROM of the network card, by UEFI's HTTP boot, by its PXE with TFTP
# time limit: 900
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"
. "$top/tests/helpers/deploy.sh"

boot_lab linux-image-amd64 rom:uefi:mem=1G web:uefi:http:rom=no tftp:uefi:rom=no:bus=nvme
lab metal-image mini raw mini.raw || exit
lab adm imglib add mini mini.raw >/dev/null || exit
profile plain 'image = mini' 'firmware = uefi'
sed '/^kind/d' "$VMM_CONF/machines/plain.conf" >"$VMM_CONF/machines/any.conf"
rows rom >row.rom
rows web tftp >row.other

deploy row.rom plain >rom.out 2>rom.err &
rom=$!
exits 0 'UEFI without the ROM of a network card' deploy row.other any --until agent
diag "$(cell seconds | paste -sd ' ') s"
test "$status" = 0 || diag "$(cut -d ' ' -f 2- <serve.log | tail -n 20)"
is "$(cell result | paste -sd ' ')" 'done done' 'two machines'
for name in web tftp; do
	like "$(story $name)" ' 2 boot: begin boot script given to [0-9.]* \(efi\)' "$name: the script"
	like "$(story $name)" ' 4 agent: end done' "$name: the agent"
done
is "$(sed -n 's|.*sent /usr/lib/ipxe/snponly.efi to ||p' serve.log | sort -u)" \
	"$(story tftp | sed -n 's/.* 2 boot: begin boot script given to \([0-9.]*\) .*/\1/p')" 'one, and only that, got iPXE by TFTP'
like "$(cat serve.log)" 'event=ipxe .*snponly.efi' 'the other asked for HTTP'

wait $rom
is "$? $(cell result rom.out)" '0 done' 'UEFI with the ROM: to the end'
diag "$(cell seconds rom.out) s; $(cell error rom.out)"
address=$(cell addresses rom.out)
exits 0 'it is up' lab adm timeout 60 ssh -i "$tmp/id" "root@$address" 'hostname; test -d /sys/firmware/efi && echo by UEFI'
is "$(paste -sd ' ' "$out")" 'rom by UEFI' 'with its name, by UEFI'
is "$(fsck -n 2>&1)" '' 'nothing is left to mend'
done_testing
