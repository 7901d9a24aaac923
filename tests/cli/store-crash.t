#!/bin/sh
# the store: killed at any system call, a change of two tables is made whole or not at all
# Many commits: in memory, where a sync costs nothing.
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/points.sh"
need strace

PATH=$VMM_BUILD/tests/helpers:$PATH

restore() {
	rm -rf "$VMM_STATE"
	if test -d before; then cp -a before "$VMM_STATE"; fi
}

# killed CALL N COMMAND...
killed() {
	kill_at=$1:signal=KILL:when=$2
	shift 2
	strace -f -o /dev/null -e inject="$kill_at" "$@" 2>/dev/null
	test $? -eq 137
}

# What must hold after a crash: $1 or $2 in both tables, whoever looks, and nothing left once mended.
sound() {
	seen=$(store-helper get "$VMM_STATE") || return
	case $seen in
	"$1 $1" | "$2 $2") ;;
	*) diag "read '$seen'"; return 1 ;;
	esac
	store-helper check "$VMM_STATE" repair >/dev/null || return
	test "$(store-helper get "$VMM_STATE")" = "$seen" || { diag 'mending changed it'; return 1; }
	test -z "$(store-helper check "$VMM_STATE")" || { diag 'mending left something'; return 1; }
	test ! -d "$VMM_STATE" || test -z "$(find "$VMM_STATE" -name '.?*')"
}

# kill_everywhere NAME OLD NEW: `set NEW` from the state `before`, killed at each of its calls
kill_everywhere() {
	restore
	points store-helper set "$VMM_STATE" "$3" >points
	bad=0 old=0 new=0
	while read -r call n; do
		restore
		if ! killed "$call" "$n" store-helper set "$VMM_STATE" "$3" || ! sound "$2" "$3"; then
			bad=$((bad + 1))
			diag "after a kill at $call number $n"
		fi
		case $seen in
		"$3 $3") new=$((new + 1)) ;;
		*) old=$((old + 1)) ;;
		esac
	done <points
	is "$bad bad, $((old > 10 && new > 5))" '0 bad, 1' \
		"$1: old state after $old kills, new after $new"
}

rm -rf before
kill_everywhere 'the first change ever' '' new

ok 'a state to start from' store-helper set "$VMM_STATE" old
cp -a "$VMM_STATE" before
kill_everywhere 'a change of two tables' old new

# A commit that came to its record and no further: the next writer has to finish it first.
restore
strace -f -o /dev/null -e inject=renameat:error=EIO:when=2+ store-helper set "$VMM_STATE" late
is "$(store-helper get "$VMM_STATE")" 'late late' 'tables still aside are read'
like "$(store-helper check "$VMM_STATE")" '^commit: .*not in their place yet' 'and found by a check'
unlike "$(store-helper check "$VMM_STATE")" 'left over' 'which takes them for no left-overs'
rm -rf before
cp -a "$VMM_STATE" before
kill_everywhere 'a change after an unfinished one' late new

# The journal: killed at any call of begin, note and end, all that was said is still there.
rm -rf before "$VMM_STATE"
store-helper set "$VMM_STATE" old
store-helper work "$VMM_STATE" op first
cp -a "$VMM_STATE" before
points store-helper work "$VMM_STATE" op second >points
bad=0 cut=0
while read -r call n; do
	restore
	if ! killed "$call" "$n" store-helper work "$VMM_STATE" op second || ! sound old old; then
		bad=$((bad + 1))
		diag "after a kill at $call number $n"
	fi
	case $(store-helper list "$VMM_STATE" | sed 1d) in
	'') store-helper work "$VMM_STATE" op second || bad=$((bad + 1)) ;;
	"2	op	second	"*"	no")
		cut=$((cut + 1))
		store-helper work "$VMM_STATE" op second 2>said && bad=$((bad + 1))
		grep -q 'cut short' said || bad=$((bad + 1))
		store-helper take "$VMM_STATE" 2 || bad=$((bad + 1)) ;;
	*) bad=$((bad + 1)) ;;
	esac
done <points
is "$bad bad, $((cut > 20))" '0 bad, 1' \
	"a journal killed anywhere is read; $cut times an intent was cut short, refused and mended"

# A torn line: half a record without its line feed.
restore
printf '2\t2026-01-01T00:00:00Z\tbeg' >>"$VMM_STATE/journal.tsv"
is "$(store-helper list "$VMM_STATE" | sed 1d)" '' 'a torn line is not read'
like "$(store-helper check "$VMM_STATE")" '^journal.tsv: the last line is torn$' 'a check finds it'
ok 'the next writer cuts it off' store-helper work "$VMM_STATE" op third
is "$(sed 1d "$VMM_STATE/journal.tsv" | cut -f 1,3 | tr '\t\n' ' ,')" \
	'1 begin,1 note,1 end,2 begin,2 note,2 end,' 'and writes in its place'
done_testing
