# shellcheck shell=sh disable=SC2154
# vm-migrate killed at moments spread over its run, for tests that source this after lab.sh.
#
#	kills N VM [OPTION...]	moves the VM to and fro between h1 and h2, each time with a SIGKILL at
#				another of N moments; after each vmm-fsck --repair has to make it whole

# The process itself: lab replaces itself by the command.
start_migrate() {
	"$top/tests/lab/lab" adm vm-migrate "$@" >"$tmp/killed.out" 2>"$tmp/killed.err" </dev/null &
	client=$!
}

runs_on() {
	where "$1" | grep -Eo 'h[12]:running' | head -n 1 | cut -d: -f1
}

other() {
	test "$1" = h1 && echo h2 || echo h1
}

milliseconds() {
	echo $(($(date +%s%N) / 1000000))
}

kills() {
	kill_n=$1 kill_vm=$2
	shift 2
	kill_from=$(runs_on "$kill_vm")
	kill_start=$(milliseconds)
	start_migrate "$kill_vm" --to "$(other "$kill_from")" "$@"
	wait $client || diag "$(cat "$tmp/killed.out" "$tmp/killed.err")"
	kill_ms=$(($(milliseconds) - kill_start))
	diag "undisturbed: $kill_ms ms"
	kill_i=0
	while test $kill_i -lt "$kill_n"; do
		kill_i=$((kill_i + 1))
		kill_once $((kill_ms * kill_i / (kill_n + 1))) "$@"
	done
}

kill_once() {
	kill_at=$1
	shift
	kill_from=$(runs_on "$kill_vm")
	start_migrate "$kill_vm" --to "$(other "$kill_from")" "$@"
	sleep "$(printf '%d.%03d' $((kill_at / 1000)) $((kill_at % 1000)))"
	kill -KILL $client 2>/dev/null
	wait $client 2>/dev/null
	kill_found=$(fsck -n -o finding,mended)
	kill_repaired=$(fsck --repair -n -o finding,mended 2>&1) || kill_repaired="$kill_repaired (exit status $?)"
	kill_left=$(fsck -n 2>&1)$(strays)
	kill_got=$(where "$kill_vm")
	within 15 counted "$kill_vm" "$(lab ticks "$kill_vm")" || kill_got="$kill_got stands still"
	diag "$kill_at ms: $kill_got${kill_repaired:+; $kill_repaired}"
	case "$kill_got|$kill_left|$kill_repaired" in
	"h1:running||"*exit* | "h2:running||"*exit*) fail "killed after $kill_at ms: mended" ;;
	"h1:running||"* | "h2:running||"*) pass "killed after $kill_at ms: whole" ;;
	*)
		fail "killed after $kill_at ms: whole"
		diag "before the repair: $kill_found"
		diag "left: $kill_left"
		;;
	esac
}
