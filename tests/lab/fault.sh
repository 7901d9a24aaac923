# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# What goes wrong with hosts, on request.

# link HOST [mig] down|up: the cable of the migration network, or all of the host's.
cmd_link() {
	find_lab
	host_pid "$1" >/dev/null || exit 1
	if [ "$2" = mig ]; then
		set_link "m-$1" "$3"
	else
		set_link "v-$1" "$2" && set_link "m-$1" "$2"
	fi
}

set_link() {
	case $2 in up | down) admin_ip link set "$1" "$2" ;; *) die "a link goes up or down" ;; esac
}

# rate HOST [mig] RATE|off: both directions, in tc's units: 8mbit, 512kbit.
cmd_rate() {
	local cable=v port=eth0 pid
	find_lab
	if [ "$2" = mig ]; then
		cable=m port=eth1
		set -- "$1" "$3"
	fi
	pid=$(host_pid "$1") || exit 1
	shape "$(admin_pid)" "$cable-$1" "$2" && shape "$pid" $port "$2"
}

shape() {
	local tc=(nsenter -t "$1" -n tc qdisc)
	if [ "$3" = off ]; then
		"${tc[@]}" del dev "$2" root
	else
		"${tc[@]}" replace dev "$2" root tbf rate "$3" burst 64kb latency 200ms
	fi
}

# crash HOST: as if its plug were pulled. The cables first, so that no dying connection says goodbye.
cmd_crash() {
	local pid
	find_lab
	pid=$(host_pid "$1") || exit 1
	set_link "v-$1" down
	set_link "m-$1" down
	kill -KILL "$pid"
	rm -f "$LAB/hosts/$1/pid"
	kill_cgroup "vmm-lab-$LAB_RUN/$1"
	cgroup_remove "vmm-lab-$LAB_RUN/$1"
}

# restart HOST: boots it (again).
cmd_restart() {
	find_lab
	[ -n "$(host_row "$1")" ] || die "no host '$1'"
	[ ! -e "$LAB/hosts/$1/pid" ] || cmd_crash "$1"
	host_start "$1"
}

# signal_libvirtd HOST SIGNAL
signal_libvirtd() {
	local pid
	find_lab
	pid=$(host_pid "$1") || exit 1
	nsenter -t "$pid" -m -p sh -c "kill -$2 \$(cat /run/libvirtd.pid)"
}

# freeze, thaw HOST: its libvirtd takes connections and never answers. Guests run on.
cmd_freeze() { signal_libvirtd "$1" STOP; }
cmd_thaw() { signal_libvirtd "$1" CONT; }

# kill-libvirtd, start-libvirtd HOST: guests run on.
cmd_kill_libvirtd() { signal_libvirtd "$1" KILL; }
cmd_start_libvirtd() {
	find_lab
	(cmd_exec "$1" "$LAB_SELF" _start_libvirtd)
	wait_for 20 host_answers "$1" || die "libvirtd of '$1' does not answer"
}
cmd__start_libvirtd() { start_libvirtd; }
