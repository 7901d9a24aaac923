#!/bin/sh
# host-deploy killed at calls spread over its run: vmm-fsck takes away what is left, and a machine that has
# its system keeps its addresses
# time limit: 600
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/played.sh"
need strace

disk raw 1M
played_lab raw 10.0.0.10-10.0.0.19
played_profile "ssh-keys = $key"
cp -a "$VMM_STATE" before
cp -a "$VMM_BOOT" boot.before

restore() {
	rm -rf "$VMM_STATE" "$VMM_BOOT"
	cp -a before "$VMM_STATE"
	cp -a boot.before "$VMM_BOOT"
	played_served
}

# What must hold after the repair: no job, no intent, and addresses where there is a system only.
sound() {
	vmm-fsck --offline --repair -n >said 2>&1 || { diag "$(cat said)"; return 1; }
	test -z "$(vmm-fsck --offline -n)" || { diag 'mending left something'; return 1; }
	find "$VMM_BOOT" -name '.new*' -prune -exec touch -d '-2 minutes' {} +
	vmm-fsck --offline --repair -n >/dev/null
	test -z "$(find "$VMM_BOOT/jobs" "$VMM_BOOT/images" "$VMM_BOOT/files" -mindepth 1 -name '.new*' 2>/dev/null)" ||
		{ diag 'something aside is left'; return 1; }
	test -z "$(find "$VMM_BOOT/jobs" -mindepth 1 2>/dev/null)" || { diag 'a job is left'; return 1; }
	written=$(machine n1 written 2>/dev/null)
	leased=$(ippool show -n | wc -l)
	case "$written $leased" in
	'yes 1' | 'no 0' | ' 0') ;;
	*) diag "written: $written, leased: $leased"; return 1 ;;
	esac
}

deploy="host-deploy lab n1 --uuid $u1 --mac 52:54:00:00:00:01 --until customise"
steps="2:begin 2:done 3:begin 3:done 4:begin 6:begin progress:1:2 6:done 8:begin"
short_agent() {
	# shellcheck disable=SC2086
	exec timeout "$1" agent-helper "$VMM_BOOT" n1 $steps '8:hostkey:ssh-ed25519 AAAA' 8:done end:done 2>/dev/null
}

for call in fsync fdatasync renameat rename openat pwrite64; do
	restore
	short_agent 30 &
	agent=$!
	# shellcheck disable=SC2086
	strace -f -c -S calls -U name,calls -e trace=$call -o counts $deploy >/dev/null 2>&1
	wait $agent
	n=$(awk -v c=$call '$1 == c { print $2 }' counts)
	: "${n:=0}"
	bad=0 killed=0 i=1
	step=$((n / 8 + 1))
	while test $i -le "$n"; do
		restore
		short_agent 5 &
		agent=$!
		# shellcheck disable=SC2086
		strace -f -o /dev/null -e inject=$call:signal=KILL:when=$i $deploy >/dev/null 2>&1
		test $? -ne 137 || killed=$((killed + 1))
		kill $agent 2>/dev/null
		wait $agent 2>/dev/null
		sound || { bad=$((bad + 1)); diag "killed at $call $i of $n"; }
		i=$((i + step))
	done
	diag "$call: $n calls, killed at $killed of them"
	is "$bad" 0 "killed at $call: nothing is left, nothing is lost"
done
done_testing
