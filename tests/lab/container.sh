# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Containers of libvirt's LXC driver, with the same program inside as the guests have (guest.c).

# container HOST NAME [start]
cmd_container() {
	local host=${1:?host} dir file
	find_lab
	host_pid "$host" >/dev/null || exit 1
	shift
	parse_guest "$@" || exit 1
	dir=$LAB/hosts/$host/containers/$G_UUID
	file=$LAB/tmp/$G_UUID.xml
	make_root "$dir" || exit 1
	container_xml "$dir" >"$file"
	: >>"$G_SERIAL"
	on_host "$host" "define $file${G_START:+; start $G_UUID}" lxc || exit 1
	remember_guest "$host"
	rm -f "$file"
}

# A shell is there for "virsh lxc-enter-namespace", where the machine has a static busybox.
make_root() {
	local program
	program=$(guest_program) || return 1
	mkdir -p "$1"/{bin,dev,proc,sys,run,tmp,serial}
	cp "$program/guest" "$1/init"
	[ ! -x /bin/busybox ] || { cp /bin/busybox "$1/bin/" && ln -s busybox "$1/bin/sh"; }
}

container_xml() {
	cat <<-EOF
		<domain type='lxc'>
		  <name>$(xml_escape "$G_NAME")</name>
		  <uuid>$G_UUID</uuid>
		  <memory unit='MiB'>$G_MEM</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type>exe</type>
		    <init>/init</init>
		    <initarg>container</initarg>
		    <initarg>lab.serial=/serial/$G_UUID</initarg>
		    <initarg>lab.hostname=${G_HOSTNAME:-container-${G_UUID%%-*}}</initarg>
		    <initarg>lab.dirty=$G_DIRTY</initarg>
		    <initarg>lab.burn=$G_BURN</initarg>
		  </os>
		  <devices>
		    <filesystem type='mount'><source dir='$1'/><target dir='/'/></filesystem>
		    <filesystem type='mount'><source dir='$LAB/shared/serial'/><target dir='/serial'/></filesystem>
		    <interface type='network'><mac address='$G_MAC'/><source network='$(xml_escape "$G_NET")'/></interface>
		    <console type='pty'/>
		  </devices>
		</domain>
	EOF
}
