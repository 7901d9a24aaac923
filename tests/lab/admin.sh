# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# The admin namespaces: the lab's two networks, what all hosts share, the way in. Its first process is
# the first of a PID namespace that all hosts' are nested in: with it, everything of the lab ends.

admin_pid() { cat "$LAB/admin/pid" 2>/dev/null; }

admin_start() {
	printf '127.0.0.1 localhost\n10.77.0.254 admin\n' >"$LAB/admin/hosts"
	ssh-keygen -q -t ed25519 -N '' -C "lab $LAB_RUN" -f "$LAB/ssh/id" || return 1
	: >"$LAB/ssh/known_hosts"
	printf '%s\n' "GlobalKnownHostsFile $LAB/ssh/known_hosts" "IdentityFile $LAB/ssh/id" 'User root' \
		'BatchMode yes' >"$LAB/admin/ssh_config"
	cgroup_make "vmm-lab-$LAB_RUN/adm" || return 1
	clean_env
	(
		close_fds
		cgroup_enter "vmm-lab-$LAB_RUN/adm"
		exec setsid unshare --fork --pid --mount --net --uts --ipc --propagation slave \
			"${clean_env[@]}" "$LAB_SELF" _admin
	) </dev/null >"$LAB/log/admin" 2>&1 &
	disown
	wait_for 10 admin_ready $! && [ -e "$LAB/admin/pid" ]
}

# A daemon gets none of the variables of whoever started the lab.
clean_env() {
	clean_env=(env -i "LAB=$LAB" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root)
}

admin_ready() { [ -e "$LAB/admin/pid" ] || ! kill -0 "$1" 2>/dev/null; }

# Runs as the first process inside. /proc stays the machine's, so that commands run here (they are in
# these namespaces but the PID one) see the process ids they know.
cmd__admin() {
	local pid
	set -e
	read -r pid _ </proc/self/stat
	hostname admin
	mount --bind "$LAB/admin/hosts" /etc/hosts
	[ ! -e /etc/ssh/ssh_config ] || mount --bind "$LAB/admin/ssh_config" /etc/ssh/ssh_config
	ip -batch - <<-EOF
		link set lo up
		link add br0 address 02:00:0a:4d:00:fe type bridge
		link add br1 address 02:00:0a:4e:00:fe type bridge
		addr add 10.77.0.254/16 dev br0
		addr add 10.78.0.254/24 dev br1
		link set br0 up
		link set br1 up
	EOF
	# libvirt asks the kernel for the file system's type to tell whether a disk is shared; plain folders
	# are not, GlusterFS is.
	bindfs -o subtype=glusterfs,fsname=lab:pool "$LAB/shared/pool" "$LAB/shared/pool"
	echo "$pid" >"$LAB/admin/pid.new"
	mv "$LAB/admin/pid.new" "$LAB/admin/pid"
	reap_forever
}

# What a first process is for: bash collects every child that ends, its own or left to it.
reap_forever() {
	set +e
	while :; do
		sleep infinity &
		wait
	done
}

enter_admin() {
	local pid
	pid=$(admin_pid) && [ -d "/proc/$pid" ] || die "the lab '$LAB' is not up"
	cgroup_enter "vmm-lab-$LAB_RUN/adm"
	exec nsenter -t "$pid" -m -n -u -i --wdns="$PWD" "$@"
}

# admin_ip ARG...: ip(8) on the lab's networks, from any namespace.
admin_ip() { nsenter -t "$(admin_pid)" -n ip "$@"; }
