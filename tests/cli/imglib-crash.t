#!/bin/sh
# imglib killed at any system call of add and rm: whole or not at all, and vmm-fsck removes what is left
# time limit: 600
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/points.sh"
. "$top/tests/helpers/images.sh"
need strace sha256sum

disk raw 1M
disk other 2M
VMM_LIBRARY=$VMM_STATE/library
export VMM_LIBRARY

restore() {
	rm -rf "$VMM_STATE"
	if test -d before; then cp -a before "$VMM_STATE"; fi
}

killed() {
	kill_at=$1:signal=KILL:when=$2
	shift 2
	strace -f -o /dev/null -e inject="$kill_at" "$@" >/dev/null 2>&1
	test $? -eq 137
}

blobs() {
	find "$VMM_LIBRARY/sha256" -type f 2>/dev/null | sed 's|.*/||' | sort | paste -sd ' '
}
rows() {
	imglib list -n -o sha256 | sort -u | paste -sd ' '
}

# What must hold: all that has a row is whole; once mended there is nothing else.
sound() {
	imglib verify >said 2>&1 || { diag "$(cat said)"; return 1; }
	seen=$(rows)
	vmm-fsck --offline --repair -n >said 2>&1 || { diag "$(cat said)"; return 1; }
	if grep -q . said; then mended=$((mended + 1)); fi
	test "$(rows)" = "$seen" || { diag 'mending changed the table'; return 1; }
	test "$(blobs)" = "$seen" || { diag "rows: $seen" "files: $(blobs)"; return 1; }
	test -z "$(vmm-fsck --offline -n)" || { diag 'mending left something'; return 1; }
}

# kill_everywhere NAME COMMAND...: from the state `before`, killed at each of its calls
kill_everywhere() {
	name=$1
	shift
	restore
	was=$(rows)
	points "$@" >points
	bad=0 old=0 new=0 mended=0
	while read -r call n; do
		restore
		if ! killed "$call" "$n" "$@" || ! sound; then
			bad=$((bad + 1))
			diag "after a kill at $call number $n"
		fi
		if test "$seen" = "$was"; then old=$((old + 1)); else new=$((new + 1)); fi
	done <points
	is "$bad bad, $((old > 20 && new > 3 && mended > 5))" '0 bad, 1' \
		"$name: as before after $old kills, done after $new, mended after $mended"
}

rm -rf before
kill_everywhere 'the first addition ever' imglib add web raw
rm -rf "$VMM_STATE"
ok 'a library to start from' imglib add web other
ok 'with an alias' imglib add alias other
cp -a "$VMM_STATE" before
kill_everywhere 'an addition' imglib add web raw
restore
ok 'two versions' imglib add web raw
rm -rf before
cp -a "$VMM_STATE" before
kill_everywhere 'a removal' imglib rm web:2

# While the one that writes is alive its file is no left-over.
restore
(sleep 1; cat raw) | imglib add slow - >/dev/null &
sleep 0.4
is "$(find "$VMM_LIBRARY" -name '.new-*' | wc -l) $(vmm-fsck --offline --repair -n)" '1 ' 'a file that is being written is no left-over'
wait
ok 'it arrives' imglib verify slow

# What a person has done to it.
restore
sum=$(sha256sum <raw | cut -d' ' -f1)
rm -f "$VMM_LIBRARY/sha256/$sum"
: >"$VMM_LIBRARY/sha256/$(echo | sha256sum | cut -d' ' -f1)"
exits 1 'vmm-fsck' vmm-fsck --offline --repair -n -o kind,finding
is "$(cat "$out")" "library	no image has this content
library	the content of 'web:2' is missing" 'tells of content without a row, and of a row without content'
done_testing
