#!/bin/sh
# ippool: killed at any system call of a checkout or checkin, nothing is leaked and nothing held twice
# time limit: 600
# Many changes: in memory, where a sync costs nothing.
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/points.sh"
need strace

restore() {
	rm -rf "$VMM_STATE"
	cp -a "$1" "$VMM_STATE"
}

# killed CALL N COMMAND...
killed() {
	kill_at=$1:signal=KILL:when=$2
	shift 2
	strace -f -o /dev/null -e inject="$kill_at" "$@" >printed 2>/dev/null
	test $? -eq 137
}

holds() {
	ippool show --for "$1" --no-header -o address | sort | paste -sd ' '
}

# What must hold after a crash: what was printed is held, nothing is held twice, a torn line is all there
# is to mend.
sound() {
	ippool show --no-header -o address | sort >leased || return
	test -z "$(uniq -d leased)" || { diag 'twice'; return 1; }
	test -z "$1" || grep ^10 printed | cut -f 1 | sort | comm -23 - leased | diff - /dev/null || return
	vmm-fsck --offline --repair -n >fsck
	test -z "$(grep -Ev 'torn|left over' fsck)" || { diag "$(cat fsck)"; return 1; }
	test -z "$(vmm-fsck --offline -n)" || { diag 'mending left something'; return 1; }
	test -z "$(ippool check -n | grep -v ^leaked)" || { diag "$(ippool check)"; return 1; }
}

# kill_everywhere NAME STATE WANT COMMAND...: after each kill the state is sound; the same again makes it
# as if it had never been killed: `a` holds WANT
kill_everywhere() {
	name=$1 state=$2 want=$3
	shift 3
	restore "$state"
	points "$@" | grep -v ^ioctl >points # whether stdout is a terminal: not asked of a file
	bad=0 before=0 after=0
	while read -r call n; do
		restore "$state"
		if ! killed "$call" "$n" "$@" || ! sound "$(echo "$*" | grep checkout)"; then
			bad=$((bad + 1))
			diag "after a kill at $call number $n"
		fi
		if test "$(holds a)" = "$want"; then after=$((after + 1)); else before=$((before + 1)); fi
		"$@" >/dev/null || bad=$((bad + 1))
		if test "$(holds a) $(holds b)" != "$want 10.0.0.3"; then
			bad=$((bad + 1))
			diag "killed at $call number $n and run again: $(holds a), $(holds b)"
		fi
	done <points
	is "$bad bad, $((before > 10 && after > 5))" '0 bad, 1' \
		"$name: not done after $before kills, done after $after"
}

ok 'a pool' ippool create p --range 10.0.0.0/24
ok 'with room at its start' ippool checkout p --for a -n 2
ok 'and a lease behind it' ippool checkout p --for b
cp -a "$VMM_STATE" held
ok 'free again' ippool checkin p --for a
cp -a "$VMM_STATE" free

kill_everywhere 'a checkout of two' free '10.0.0.1 10.0.0.2' ippool checkout p --for a -n 2
kill_everywhere 'a checkin' held '' ippool checkin p --for a
kill_everywhere 'a checkin of all pools' held '' ippool checkin --for a

cp -a free torn
printf 'set\tp\t10.0.0.1\tsomebo' >>torn/leases.log
kill_everywhere 'a checkout behind a torn line' torn '10.0.0.1 10.0.0.2' ippool checkout p --for a -n 2

# A log that is written anew: large, and most of it out of date.
restore held
awk 'BEGIN { for (i = 0; i < 12000; i++) {
	printf "set\tp\t10.0.0.9\tx%d\t2026-01-01T00:00:00Z\t\t\n", i
	printf "del\tp\t10.0.0.9\tx%d\t2026-01-01T00:00:00Z\t\t\n", i } }' >>"$VMM_STATE/leases.log"
cp -a "$VMM_STATE" large
ippool checkin p --for a >/dev/null
is "$(cut -f 1-4 "$VMM_STATE/leases.log")" "$(printf 'event\tpool\taddress\tholder\nset\tp\t10.0.0.3\tb')" \
	'a log that is mostly out of date is written anew'
is "$(find "$VMM_STATE" -name '.?*')" '' 'and leaves nothing beside it'
kill_everywhere 'a checkin that writes the log anew' large '' ippool checkin p --for a

# No room, and a disk that fails: nothing is printed, nothing is taken.
restore free
cp "$VMM_STATE/leases.log" log
for fault in write:error=ENOSPC fdatasync:error=EIO; do
	strace -f -o /dev/null -e inject="$fault:when=1" -P "$VMM_STATE/leases.log" \
		ippool checkout p --for a >"$out" 2>"$err"
	is "$? $(wc -c <"$out")" '1 0' "$fault: no row"
	like "$(cat "$err")" '^ippool: cannot write .*leases.log' 'the reason'
	ok 'and the log as before' cmp log "$VMM_STATE/leases.log"
done
done_testing
