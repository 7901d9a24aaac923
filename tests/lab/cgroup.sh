# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Control groups of either version: vmm-lab-RUNID/{adm,HOST} holds every process of a lab, so that what
# left its namespaces and its parents behind is still found.

# The mount points in use: v2's only one, or those of v1 that libvirt's LXC driver or a memory limit needs.
cgroup_roots() {
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		echo /sys/fs/cgroup
	else
		awk '$3 == "cgroup" && $4 ~ /(^|,)(cpu|cpuacct|memory|devices|freezer|blkio|cpuset)(,|$)/ { print $2 }' /proc/mounts
	fi
}

cgroup_v2() { [ -e /sys/fs/cgroup/cgroup.controllers ]; }

# cgroup_make TOP/LEAF
cgroup_make() {
	local root
	for root in $(cgroup_roots); do
		mkdir -p "$root/${1%%/*}" || return 1
		[ ! -e "$root/cpuset.cpus" ] || cgroup_v2 || inherit_cpuset "$root/${1%%/*}"
		mkdir -p "$root/$1" || return 1
	done
	cgroup_v2 || return 0
	cgroup_delegate /sys/fs/cgroup
	cgroup_delegate "/sys/fs/cgroup/${1%%/*}"
}

# In v2, lets the children of a group have its controllers: those that it has, and may give away.
cgroup_delegate() {
	local controller
	for controller in cpu cpuset memory io pids; do
		echo +$controller >"$1/cgroup.subtree_control"
	done 2>/dev/null
	return 0
}

# In v2 a group either holds processes or gives its children controllers, which libvirt needs of the
# group that a host takes for the root: so the host's processes move one down.
cgroup_settle() {
	local pid pids
	cgroup_v2 || return 0
	mkdir "/sys/fs/cgroup/$1/sys" || return 1
	mapfile -t pids <"/sys/fs/cgroup/$1/cgroup.procs" # all of it first: moving changes the list
	for pid in "${pids[@]}"; do
		echo "$pid" >"/sys/fs/cgroup/$1/sys/cgroup.procs"
	done
	cgroup_delegate "/sys/fs/cgroup/$1"
}

# In v1 a new group has no CPU and no memory node, and takes no process until told.
inherit_cpuset() {
	cat "$1/../cpuset.cpus" >"$1/cpuset.cpus"
	cat "$1/../cpuset.mems" >"$1/cpuset.mems"
	echo 1 >"$1/cgroup.clone_children"
}

# cgroup_enter TOP/LEAF: this shell, and what it starts from now on.
cgroup_enter() {
	local root
	for root in $(cgroup_roots); do
		echo "$BASHPID" >"$root/$1/cgroup.procs" || return 1
	done
}

# cgroup_limit_memory TOP/LEAF BYTES
cgroup_limit_memory() {
	local file
	for file in "/sys/fs/cgroup/$1/memory.max" "/sys/fs/cgroup/memory/$1/memory.limit_in_bytes"; do
		if [ -e "$file" ]; then
			echo "$2" >"$file" || return 1
			echo 0 2>/dev/null >"${file%/*}/memory.swap.max"
			return 0
		fi
	done
	warn "cannot limit memory: no memory controller"
	return 1
}

cgroup_pids() {
	local root
	for root in $(cgroup_roots); do
		find "$root/$1" -name cgroup.procs -exec cat {} + 2>/dev/null
	done | sort -un
}

# Nothing but this shell and its ancestors is left in the group: those are moved out of it.
cgroup_empty() {
	local pid=$BASHPID self=' ' left=0 root
	while [ "${pid:-0}" -gt 1 ]; do
		self+="$pid "
		pid=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status" 2>/dev/null)
	done
	for pid in $(cgroup_pids "$1"); do
		case $self in
		*" $pid "*) for root in $(cgroup_roots); do echo "$pid" >"$root/cgroup.procs"; done ;;
		*) kill -KILL "$pid" 2>/dev/null && left=1 ;;
		esac
	done
	return $left
}

# SIGKILL is what a lab is ended with: the first process of a PID namespace takes all others along.
kill_cgroup() { wait_for 10 cgroup_empty "$1"; }

cgroup_remove() {
	local root
	for root in $(cgroup_roots); do
		[ ! -d "$root/$1" ] || wait_for 2 cgroup_rmdir "$root/$1" || warn "cannot remove cgroup '$root/$1'"
	done
}
cgroup_rmdir() {
	find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
	[ ! -d "$1" ]
}
