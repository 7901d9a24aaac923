#!/bin/sh
# host-deploy: every block of a disk full of old data is the image's; no other disk, and no system, is touched
# time limit: 600
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/metal.sh"
. "$top/tests/helpers/deploy.sh"

boot_lab m1:disk=2G:disk2=64M m2:disk=2G
lab metal-image mini raw mini.raw || exit
lab adm imglib add mini mini.raw >/dev/null || exit
size=$(stat -c %s mini.raw)
profile plain 'image = mini'
rows m1 m2 >both

one=$(lab machine-disk m1) two=$(lab machine-disk m1 2) system=$(lab machine-disk m2)
yes 'old data' | head -c 2147483648 >"$one"
yes 'other data' | head -c 67108864 >"$two"
dd if=mini.raw of="$system" conv=notrunc,sparse bs=1M status=none
sums=$(cksum "$two" "$system")

exits 3 'one of two machines' deploy both plain --wipe m1 --until image
is "$(cell result | sort | paste -sd ' ')" 'done refused' 'the other carries a system'
diag "$(cell seconds | paste -sd ' ') s; $(story m1 | grep -E 'written|cleaned' | paste -sd ';')"
like "$(cell error)" "^scripts: the disk vda \(2G, virtio, serial m2-disk\) carries data already: .*gpt" 'and says so'
like "$(boot-list 2>&1)" '' 'the server has nothing to do'
exits 0 'the machine is off then' within 30 is_off m1
lab machine-power m2 off
ok 'every block is the image'"'"'s' cmp -n "$size" mini.raw "$one"
is "$(tail -c "+$((size + 1))" "$one" | tr -d '\0' | head -c 1 | wc -c)" 0 'and those behind it are zeros'
is "$(cksum "$two" "$system")" "$sums" 'the second disk, and that with a system, are as they were'
like "$(story m2)" ' 5 scripts: refused: ' 'which the log tells'

exits 4 'without --wipe nothing is written over' deploy both plain --until image
is "$(cell result | sort -u)" refused 'on none'
lab machine-power m1 off && lab machine-power m2 off
ok 'no block' cmp -n "$size" mini.raw "$one"
is "$(cksum "$two" "$system")" "$sums" 'of any'
is "$(fsck -n 2>&1)" '' 'nothing is left to mend'
done_testing
