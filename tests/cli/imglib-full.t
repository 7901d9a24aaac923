#!/bin/sh
# imglib on a full disk, and many at once
if test -z "${IMGLIB_NAMESPACE-}" && unshare -m true 2>/dev/null; then
	IMGLIB_NAMESPACE=1 exec unshare -m "$0"
fi
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/images.sh"

# Sixteen at once: of the same content, and of other content under the same name.
disk raw 2M
for i in $(seq 16); do
	cp raw "raw$i"
	printf '%s' "$i" | dd of="raw$i" bs=1 seek=4096 conv=notrunc 2>/dev/null
done
for i in $(seq 16); do
	imglib add "same$i" raw >/dev/null 2>>said &
	imglib add one "raw$i" >/dev/null 2>>said &
done
wait
is "$(cat said)" '' 'thirty-two at once'
is "$(imglib list -n -o version one | sort -n | paste -sd ' ')" "$(seq 16 | paste -sd ' ')" 'sixteen versions of one name'
is "$(find "$VMM_STATE/library/sha256" -type f | wc -l)" 17 'one content of sixteen names'
ok 'all whole' imglib verify
for i in $(seq 16); do imglib rm "same$i" >/dev/null 2>>said & imglib add "new$i" raw >/dev/null 2>>said & done
wait
is "$(cat said)" '' 'removed while others add it'
ok 'it is still there' imglib verify
is "$(vmm-fsck --offline -n)" '' 'and nothing else'

need_root
mkdir disk
mount -t tmpfs -o size=3m tmpfs disk || skip_all 'needs to mount a tmpfs'
trap 'cd / && umount "$tmp/disk"; rm -rf "$tmp"' EXIT
VMM_STATE=$tmp/disk/state
ok 'a sparse disk on a small one' imglib add small raw
head -c 4M /dev/urandom >big
exits 1 'more than there is room for' imglib add big big -f raw
like "$(cat "$err")" "^imglib: cannot add 'big': cannot write the copy: No space left on device$" 'says why'
exits 1 'from stdin' sh -c 'imglib add big - -f raw <big'
head -c 4M /dev/zero >disk/filler 2>/dev/null
exits 1 'on a full disk' imglib add raw1 raw1
exits 1 'export' imglib export small disk/out
exits 1 'to another format' imglib export small disk/out -f vhdx
rm disk/filler
is "$(find disk -name '.?*')" '' 'nothing is left over'
is "$(imglib list -n -o name) $(find disk/state/library/sha256 -type f | wc -l)" 'small 1' 'what was there is there'
ok 'with room again' imglib add raw1 raw1
exits 0 'all is well' imglib verify
done_testing
