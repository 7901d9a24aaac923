# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Many cheap hosts: one libvirtd, and for each host a file for libvirt's test driver and a socket of its
# own behind a slow wire (delay.c).

# swarm N [latency=MS] [hang=K] [vms=M]: prints a row "name uri" for each. latency: of a round trip. The
# last K of them take connections and never answer.
cmd_swarm() {
	local count=${1:?number} latency=0 hang=0 vms=4 word
	find_lab
	shift
	for word; do
		[[ $word =~ ^(latency|hang|vms)=([0-9]+)$ ]] || die "unknown word '$word' for a swarm"
		printf -v "${BASH_REMATCH[1]}" %s "${BASH_REMATCH[2]}"
	done
	mkdir "$LAB/swarm" 2>/dev/null || die "this lab has a swarm already"
	write_swarm "$count" "$vms"
	add_hosts swarm:test || return 1
	start_wires "$count" "$latency" "$hang" || die "cannot start the wires: $(cat "$LAB/log/delay")"
	swarm_rows "$count"
}

swarm_rows() {
	awk -v n="$1" -v dir="$LAB/swarm" 'BEGIN {
		print "name\turi"
		for (h = 1; h <= n; h++)
			printf "s%d\ttest+unix://%s/s%d.xml?socket=%s/s%d.sock\n", h, dir, h, dir, h
	}'
}

# One file a host: 16 CPUs, 64 GiB and VMs, each fourth shut off, whose names and UUIDs no other host has.
write_swarm() {
	awk -v n="$1" -v vms="$2" -v dir="$LAB/swarm" -v run="$LAB_RUN" '
	function vm(h, v) {
		return sprintf("<domain type=\"test\" xmlns:test=\"http://libvirt.org/schemas/domain/test/1.0\">\n" \
			"<name>s%d-vm%d</name><uuid>%s-%04x-4000-8000-%012x</uuid>\n" \
			"<memory unit=\"MiB\">%d</memory><vcpu>%d</vcpu><os><type>hvm</type></os>\n%s</domain>\n",
			h, v, run, h, v, 512 * (1 + v % 4), 1 + v % 2,
			v % 4 ? "" : "<test:runstate>5</test:runstate>\n")
	}
	BEGIN {
		for (h = 1; h <= n; h++) {
			file = dir "/s" h ".xml"
			printf "<node>\n<cpu><mhz>3000</mhz><model>x86_64</model><active>16</active><nodes>1</nodes>" \
				"<sockets>1</sockets><cores>16</cores><threads>1</threads></cpu>\n<memory>67108864</memory>\n" > file
			for (v = 1; v <= vms; v++)
				printf "%s", vm(h, v) > file
			print "</node>" > file
			close(file)
		}
	}'
}

build_delay() { ${CC:-cc} -std=gnu11 -O2 -o delay "$LAB_HERE/delay.c"; }

# start_wires N LATENCY HANG: one process for all of them, in the group of the lab.
start_wires() {
	local program sockets=() i
	program=$(cached "delay-$(sha256sum "$LAB_HERE/delay.c" | cut -c1-12)" build_delay) || return 1
	for ((i = 1; i <= $1; i++)); do
		[ $i -gt $(($1 - $3)) ] && sockets+=("!s$i.sock") || sockets+=("s$i.sock")
	done
	(
		close_fds
		cd "$LAB/swarm" || exit
		cgroup_enter "vmm-lab-$LAB_RUN/adm"
		exec setsid "$program/delay" "$2" "$(lab_socket swarm)" "${sockets[@]}"
	) </dev/null >"$LAB/log/delay" 2>&1 &
	wait_for 5 grep -qs ready "$LAB/log/delay"
}
