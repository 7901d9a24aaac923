# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Holding one TCP connection to a guest, to show what its users see of a migration.

# watch NAME|ADDRESS FILE: in the background, connects once to the guest's port 7000 and writes a line
# "MILLISECONDS NUMBER" for each number that arrives, then "MILLISECONDS closed". Prints the process id.
# The connection is made before it returns.
cmd_watch() {
	local address file pid
	find_lab
	case $1 in
	*[!0-9.]*) address=$(cmd_address "$1") || exit 1 ;;
	*) address=$1 ;;
	esac
	file=$(readlink -f -- "$2") || die "cannot write '$2'"
	: >"$file" || exit 1
	(
		close_fds
		cgroup_enter "vmm-lab-$LAB_RUN/adm"
		exec setsid nsenter -t "$(admin_pid)" -n "$LAB_SELF" _watch "$address" "$file"
	) </dev/null >/dev/null 2>&1 &
	pid=$!
	wait_for 5 test -s "$file" || { kill $pid; die "guest '$1' does not answer at $address"; }
	echo $pid
}

cmd__watch() {
	local number time
	exec 3<>"/dev/tcp/$1/7000" || return 1
	while IFS= read -r number <&3; do
		time=${EPOCHREALTIME/./}
		printf '%s %s\n' "${time%???}" "$number"
	done >>"$2"
	time=${EPOCHREALTIME/./}
	printf '%s closed\n' "${time%???}" >>"$2"
}

# watched FILE: numbers received, numbers missing, the longest pause in ms, is the connection open still.
cmd_watched() {
	awk 'BEGIN { open = "yes" }
		$2 == "closed" { open = "no"; next }
		n++ { missing += $2 - last - 1; if ($1 - t > pause) pause = $1 - t }
		{ last = $2; t = $1 }
		END { printf "received\tmissing\tpause_ms\topen\n%d\t%d\t%d\t%s\n", n, missing, pause, open }' "$1"
}
