# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# What every part of the lab uses: messages, the lab's folder, the registry of labs, its owner.

# Each lab has a file here, named after its run id, so that a lab is found though its folder is gone.
LAB_REGISTRY=${VMM_LAB_REGISTRY:-/run/vmm-lab}

warn() { printf 'lab: %s\n' "$*" >&2; }
die() {
	warn "$@"
	exit 1
}

need_machine() {
	local program
	[ "$(id -u)" = 0 ] || die "must be root: it makes namespaces and mounts"
	for program in libvirtd virsh ip nsenter unshare bindfs sshd ssh-keygen flock; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || die "needs '$program' (see README)"
	done
	[ -n "$(cgroup_roots)" ] || die "no cgroups are mounted at /sys/fs/cgroup"
}

# make_folder DIR: a new lab's folder, DIR or a temporary one, and its run id, registered. Sets LAB and LAB_RUN.
make_folder() {
	LAB_RUN=$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
	if [ -n "$1" ]; then
		mkdir -p -- "$1" && [ -z "$(ls -A -- "$1")" ] || die "cannot use '$1': not an empty folder"
		LAB=$(readlink -f -- "$1")
	else
		LAB=$(mktemp -d -- "${TMPDIR:-/tmp}/vmm-lab.XXXXXX") || exit 1
	fi
	# The path stands in URIs, and with more behind it in the address of a socket (108 bytes).
	case $LAB in
	*[!A-Za-z0-9._/-]* | /run/*) rmdir "$LAB"; die "cannot use '$LAB' as a lab's folder" ;;
	esac
	[ ${#LAB} -le 60 ] || { rmdir "$LAB"; die "cannot use '$LAB': path too long for sockets"; }
	printf '%s\n' "$LAB_RUN" >"$LAB/run-id"
	register $$ # until it is up; a lab whose making was killed is swept away
	chmod 755 "$LAB" # QEMU and sshd walk through it
	mkdir -p "$LAB"/{admin,hosts,local,log,ssh,state,tmp,shared/pool,shared/serial}
	: >"$LAB/hosts.tsv"
	: >"$LAB/guests.tsv"
}

# find_lab: sets LAB and LAB_RUN: $LAB, or the only lab there is.
find_lab() {
	local labs
	if [ -z "${LAB:-}" ]; then
		mapfile -t labs < <(registered_labs)
		[ ${#labs[@]} = 1 ] || die "LAB is not set, and there are ${#labs[@]} labs (see lab list)"
		LAB=$(registered "${labs[0]}" dir)
	fi
	LAB_RUN=$(cat -- "$LAB/run-id" 2>/dev/null) || die "'$LAB' is not a lab"
	export LAB VMM_STATE=$LAB/state
}

# Of a process that lives: one that ended may stay in the list until its parent looks.
start_time() {
	[ ! -d "/proc/$1" ] || sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'
}

register() {
	local owner=${1:-}
	mkdir -p "$LAB_REGISTRY"
	printf 'dir\t%s\nowner\t%s\nstarted\t%s\n' "$LAB" "${owner:--}" \
		"${owner:+$(start_time "$owner")}" >"$LAB_REGISTRY/$LAB_RUN"
}

registered_labs() { ls -- "$LAB_REGISTRY" 2>/dev/null; }
registered() { sed -n "s/^$2\t//p" "$LAB_REGISTRY/$1"; }

# A process id may be used again: the owner lives if it also started when the owner did.
owner_alive() {
	local owner
	owner=$(registered "$1" owner) && [ -n "$owner" ] || return 1
	[ "$owner" = - ] || [ "$(start_time "$owner")" = "$(registered "$1" started)" ]
}

# A lab with an owner goes down by itself soon after the owner is gone, even when that was by SIGKILL.
watch_owner() {
	(
		close_fds
		cgroup_enter "vmm-lab-$LAB_RUN/adm"
		exec setsid "$LAB_SELF" _watch_owner "$LAB_RUN"
	) </dev/null >/dev/null 2>&1 &
}

cmd__watch_owner() {
	while owner_alive "$1"; do sleep 1; done
	cmd_down "$1"
}

# What lives on must not hold a pipe of the caller's open: who reads from it would wait forever.
close_fds() {
	local fd
	for fd in /proc/self/fd/*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"
	done
}

# with_lock CMD...: one at a time in this lab.
with_lock() { (flock 9 && "$@") 9>>"$LAB/lock"; }

new_uuid() { cat /proc/sys/kernel/random/uuid; }

# wait_for SECONDS CMD...: until the command succeeds. VMM_LAB_PATIENCE=5 waits five times as long, for
# a machine that is emulated itself.
wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000 * ${VMM_LAB_PATIENCE:-1}))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || return 1
		sleep "${LAB_POLL:-0.02}"
	done
}
