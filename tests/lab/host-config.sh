# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# The files of a host: libvirt's configuration, storage pools, network, sshd.

# write_host_config HOST NUMBER OPTIONS
write_host_config() {
	local dir=$LAB/hosts/$1
	mkdir -p "$dir"/{etc/qemu/networks/autostart,etc/storage/autostart,run,lib/images,cache,logs,local,ssh}
	cp -r /etc/libvirt/{nwfilter,libvirt.conf,lxc.conf} "$dir/etc/" 2>/dev/null
	write_libvirtd_conf "$1" "$3" >"$dir/etc/libvirtd.conf"
	write_qemu_conf "$3" >"$dir/etc/qemu.conf"
	write_certificates "$1" "$2" "$3"
	write_pool shared "$LAB/shared/pool" "$dir"
	write_pool local "$LAB/local" "$dir"
	printf '<network><name>lab</name><uuid>%s</uuid><forward mode="bridge"/><bridge name="br0"/></network>\n' \
		"$(new_uuid)" >"$dir/etc/qemu/networks/lab.xml"
	ln -s /etc/libvirt/qemu/networks/lab.xml "$dir/etc/qemu/networks/autostart/lab.xml"
	write_sshd "$1" "$2"
	write_accounts "$LAB/hosts/$1"
	[ ! -d "$(capability_cache)" ] || cp -r "$(capability_cache)/." "$dir/cache/"
}

# write_libvirtd_conf HOST OPTIONS. Real hosts keep libvirtd's own limits; the one that plays a whole swarm
# needs more.
write_libvirtd_conf() {
	[ "$1" != swarm ] || printf '%s\n' 'max_clients = 20000' 'max_anonymous_clients = 20000' 'max_workers = 50'
	libvirtd_tls "$(host_authority "$2")"
	cat <<-EOF
		listen_tcp = 1
		auth_tcp = "none"
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		unix_sock_group = "root"
		unix_sock_rw_perms = "0777"
		host_uuid = "$(new_uuid)"
		log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
	EOF
}

# namespaces and security drivers off: QEMU runs in the host's namespaces as they are. stdio_handler:
# the console goes straight to its file, so that both ends of a migration append to one.
write_qemu_conf() {
	local lock=nop
	case ,$1, in *,lockd,*) lock=lockd ;; esac
	cat <<-EOF
		user = "root"
		group = "root"
		dynamic_ownership = 0
		remember_owner = 0
		security_driver = "none"
		cgroup_controllers = [ ]
		namespaces = [ ]
		seccomp_sandbox = 0
		stdio_handler = "file"
		lock_manager = "$lock"
	EOF
	qemu_tls "$(host_authority "$1")"
}

# write_pool NAME PATH HOSTDIR
write_pool() {
	printf '<pool type="dir"><name>%s</name><uuid>%s</uuid><target><path>%s</path></target></pool>\n' \
		"$1" "$(new_uuid)" "$2" >"$3/etc/storage/$1.xml"
	ln -s "/etc/libvirt/storage/$1.xml" "$3/etc/storage/autostart/$1.xml"
}

# write_sshd HOST NUMBER: a host key of its own, known to the admin; root comes in with the lab's key.
write_sshd() {
	local dir=$LAB/hosts/$1/ssh
	ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$dir/host_key" || return 1
	printf '%s,10.77.0.%s,10.78.0.%s %s\n' "$1" "$2" "$2" "$(cut -d' ' -f1,2 "$dir/host_key.pub")" \
		>>"$LAB/ssh/known_hosts"
	cat >"$dir/sshd_config" <<-EOF
		HostKey $dir/host_key
		AuthorizedKeysFile $LAB/ssh/id.pub
		PidFile /run/sshd.pid
		PermitRootLogin prohibit-password
		PasswordAuthentication no
		StrictModes no
		UsePAM no
		UseDNS no
		MaxStartups 200
	EOF
	# sshd turns a locked root away, which it is on many a machine.
	printf 'root:*:1:0:99999:7:::\nsshd:*:1:0:99999:7:::\n' >"$dir/shadow"
	chmod 600 "$dir/shadow"
}

# libvirtd insists on the user its package was built for, who comes with another package. Here its
# guests run as root; the machine's own accounts stay as they are.
write_accounts() {
	local dir=$1
	{ cat /etc/passwd && grep -q ^libvirt-qemu: /etc/passwd ||
		echo libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin; } >"$dir/passwd"
	{ cat /etc/group && grep -q ^libvirt-qemu: /etc/group ||
		echo libvirt-qemu:x:64055:; } >"$dir/group"
	grep -q ^kvm: "$dir/group" || echo kvm:x:64056: >>"$dir/group"
}

# libvirtd asks QEMU what it can do, about half a second for each binary, and keeps the answers for as
# long as QEMU and libvirt stay the same; the first lab on a machine leaves them for the next ones.
capability_cache() { echo "$(lab_cache)/capabilities-$(domain_type)"; }

keep_capabilities() {
	local cache from=$LAB/hosts/$1/cache
	cache=$(capability_cache)
	[ -d "$from/qemu/capabilities" ] || return 0
	[ -d "$cache" ] && [ ! /usr/sbin/libvirtd -nt "$cache" ] && [ ! /usr/bin/qemu-system-x86_64 -nt "$cache" ] && return
	mkdir -p "${cache%/*}"
	rm -rf "$cache"
	cp -r "$from" "$cache.$LAB_RUN" && mv -T "$cache.$LAB_RUN" "$cache" 2>/dev/null || rm -rf "$cache.$LAB_RUN"
}

lab_socket() { echo "$LAB/hosts/$1/run/libvirt/libvirt-sock"; }

host_uri() {
	local host=${1:?host} way=${2:-tcp} driver=${3:-} param
	[ -n "$(host_row "$host")" ] || die "no host '$host'"
	[ -n "$driver" ] || driver=$(host_row "$host" | cut -f2)
	if [ "$way" = lxc ]; then way=tcp driver=lxc; fi
	case $way in
	tcp) echo "$driver+tcp://$host/system" ;;
	tls) echo "$driver+tls://$host/system?pkipath=$(client_certificates "$host")" ;;
	unix) echo "$driver+unix:///system?socket=$(lab_socket "$host")" ;;
	ssh) echo "$driver+ssh://root@$host/system?keyfile=$LAB/ssh/id&no_tty=1" ;;
	libssh2)
		param="keyfile=$LAB/ssh/id&known_hosts=$LAB/ssh/known_hosts&known_hosts_verify=normal&sshauth=privkey"
		echo "$driver+libssh2://root@$host/system?$param"
		;;
	*) die "no such way to a host: '$way'" ;;
	esac
}
