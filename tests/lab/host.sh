# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# A host: net, mount, UTS, IPC, PID and cgroup namespaces with its own libvirtd, sshd, /run, /etc/libvirt,
# /var/lib/libvirt. Ending the first process of the PID namespace is pulling the host's plug.

# declare_host NAME[:lxc][:KEY=VALUE,...]: gives it a number, files and a name in the lab. Words behind
# the name: lxc (containers: the URI's driver), mem=SIZE (a limit), local=SIZE (of the pool), lockd, ovs,
# tls, tls=AUTHORITY.
declare_host() {
	local name=${1%%:*} words=${1#"${1%%:*}"} kind=qemu number word
	words=${words//:/,}
	words=${words#,}
	[[ $name =~ ^[a-z][a-z0-9-]{0,11}$ && $name != admin && $name != adm ]] || die "bad host name '$name'"
	for word in ${words//,/ }; do
		case $word in
		lxc) kind=lxc ;;
		test) kind="test" ;;
		lockd | ovs | tls) ;;
		tls=[a-z]*) [[ ${word#*=} =~ ^[a-z0-9]+$ ]] || die "'$name': bad authority '${word#*=}'" ;;
		mem=[1-9]* | local=[1-9]*) to_bytes "${word#*=}" >/dev/null ;;
		*) die "'$name': unknown word '$word'" ;;
		esac
	done
	[ -z "$(host_row "$name")" ] || die "there is a host '$name' already"
	number=$(host_number "$name")
	printf '%s\t%s\t%s\t%s\n' "$name" "$kind" "$number" "$words" >>"$LAB/hosts.tsv"
	# Appended in place: the admin and all hosts have this very file mounted.
	printf '10.77.0.%s %s\n10.78.0.%s %s-mig\n' "$number" "$name" "$number" "$name" >>"$LAB/admin/hosts"
	write_host_config "$name" "$number" "$words"
}

# hN is number N; other names get the first free number from 50.
host_number() {
	local n
	if [[ $1 =~ ^h([1-9][0-9]?)$ ]] && [ "${BASH_REMATCH[1]}" -lt 50 ]; then
		echo "${BASH_REMATCH[1]}"
		return
	fi
	for ((n = 50; n < 250; n++)); do
		cut -f3 "$LAB/hosts.tsv" | grep -qx $n || break
	done
	echo "$n"
}

host_row() { awk -F'\t' -v h="$1" '$1 == h' "$LAB/hosts.tsv"; }

# host_option HOST KEY: the value of KEY=… among its words.
host_option() { host_row "$1" | cut -f4 | tr , '\n' | sed -n "s/^$2=//p"; }

host_pid() {
	[ -n "$(host_row "$1")" ] || die "no host '$1'"
	cat "$LAB/hosts/$1/pid" 2>/dev/null || die "host '$1' is down"
}

# Where a process joins a host: in v2 a group that has children holds no processes itself.
host_cgroup() {
	cgroup_v2 && echo "vmm-lab-$LAB_RUN/$1/sys" || echo "vmm-lab-$LAB_RUN/$1"
}

to_bytes() {
	[[ $1 =~ ^([0-9]+)([KMG]?)$ ]] || die "bad size '$1'"
	case ${BASH_REMATCH[2]} in
	'') echo "${BASH_REMATCH[1]}" ;;
	K) echo $((BASH_REMATCH[1] << 10)) ;;
	M) echo $((BASH_REMATCH[1] << 20)) ;;
	G) echo $((BASH_REMATCH[1] << 30)) ;;
	esac
}

# host_start HOST: from declared, or down, to answering.
host_start() {
	local host=$1 dir=$LAB/hosts/$1 cgroup=vmm-lab-$LAB_RUN/$1 limit clean_env
	domain_type >/dev/null || return 1 # found out before it is asked for in there
	cgroup_remove "$cgroup"
	cgroup_make "$cgroup" || return 1
	limit=$(host_option "$host" mem)
	[ -z "$limit" ] || cgroup_limit_memory "$cgroup" "$(to_bytes "$limit")" || return 1
	rm -rf "${dir:?}/run" "$dir/go" "$dir/pid"
	mkdir "$dir/run" && mkfifo "$dir/go" || return 1
	clean_env
	(
		close_fds
		cgroup_enter "$cgroup"
		exec setsid nsenter -t "$(admin_pid)" -m -u -i -p \
			unshare --fork --pid --mount --uts --ipc --net --cgroup --propagation slave \
			"${clean_env[@]}" "$LAB_SELF" _host "$host"
	) </dev/null >"$LAB/log/$host" 2>&1 &
	disown # or this shell tells how it ended
	wait_for 10 host_ready "$dir" $! && [ -e "$dir/pid" ] && cgroup_settle "$cgroup" && plug_in "$host" && echo go >"$dir/go" &&
		wait_for 20 host_answers "$host" && keep_capabilities "$host" && return 0
	warn "host '$host' did not come up: $(tail -qn 3 "$LAB/log/$host" "$dir/logs/libvirtd.log" 2>/dev/null)"
	return 1
}

host_ready() { [ -e "$1/pid" ] || ! kill -0 "$2" 2>/dev/null; }
host_answers() { timeout $((20 * ${VMM_LAB_PATIENCE:-1})) virsh -q -c "$(host_uri "$1" unix qemu)" uri >/dev/null 2>&1; }

# Two cables to the admin: eth0, under the bridge the guests are on, and eth1 for migrations. A bridge
# takes the lowest address of its ports unless it has one of its own. With a random eth0 above libvirt's
# fe:54:00 for guests it would take a guest's, and with that guest on two hosts, as in a migration, the
# hosts no longer reach each other.
plug_in() {
	local host=$1 number pid
	number=$(host_row "$host" | cut -f3)
	pid=$(host_pid "$host")
	# Connections that a crash left without an answer keep its network, and its cables, for minutes.
	admin_ip link del "v-$host" 2>/dev/null
	admin_ip link del "m-$host" 2>/dev/null
	admin_ip -batch - <<-EOF
		link add v-$host type veth peer name eth0 netns $pid
		link set v-$host master br0 up
		link add m-$host type veth peer name eth1 netns $pid
		link set m-$host master br1 up
	EOF
	nsenter -t "$pid" -n ip -batch - <<-EOF
		link set lo up
		link add br0 address $(printf '02:00:0a:4d:00:%02x' "$number") type bridge
		link set eth0 master br0 up
		addr add 10.77.0.$number/16 dev br0
		link set br0 up
		addr add 10.78.0.$number/24 dev eth1
		link set eth1 up
	EOF
	! has_word "$host" ovs || plug_in_switch "$host" "$pid"
}

has_word() { host_row "$1" | cut -f4 | tr , '\n' | grep -qx "$2"; }

# A third cable, for the host's Open vSwitch. The bridge at its other end plays the switch in the rack:
# to it VLANs are frames like any other. The cable has room for the tag.
plug_in_switch() {
	local host=$1 pid=$2
	admin_ip link del "s-$host" 2>/dev/null
	admin_ip link show br2 >/dev/null 2>&1 || admin_ip link add br2 type bridge 2>/dev/null
	admin_ip -batch - <<-EOF
		link set br2 up
		link add s-$host type veth peer name eth2 netns $pid
		link set s-$host master br2 mtu 2000 up
	EOF
	nsenter -t "$pid" -n ip link set eth2 mtu 2000 up
}

# Where guests can't have it, libvirt would offer it still. It asks access(2), which root is only refused
# where nothing can be written.
hide_kvm() {
	[ -e /dev/kvm ] && [ "$(domain_type)" = qemu ] || return 0
	: >"$1"
	mount --bind "$1" /dev/kvm && mount -o remount,bind,ro /dev/kvm
}

# Runs as the first process of a host.
cmd__host() {
	local host=$1 dir=$LAB/hosts/$1 pid
	set -e
	read -r pid _ </proc/self/stat # in the machine's /proc: the id others know this process by
	hostname "$host"
	mount_system
	mount --bind "$dir/run" /run
	mkdir -p /run/lock /run/libvirt /run/sshd
	# The packages leave these to libvirtd's first start, which a fresh machine has not seen.
	mkdir -p /var/{lib,cache,log}/libvirt
	mount --bind "$dir/etc" /etc/libvirt
	mount --bind "$dir/lib" /var/lib/libvirt
	mount --bind "$dir/cache" /var/cache/libvirt
	mount --bind "$dir/logs" /var/log/libvirt
	mount --bind "$dir/ssh/shadow" /etc/shadow
	mount --bind "$dir/passwd" /etc/passwd
	mount --bind "$dir/group" /etc/group
	hide_kvm "$dir/no-kvm"
	mount_local "$host" "$dir/local"
	echo "$pid" >"$dir/pid.new"
	mv "$dir/pid.new" "$dir/pid"
	read -r _ <"$dir/go" # the network is there
	start_gauges "$host"
	start_daemons "$host"
	reap_forever
}

mount_system() {
	local id controllers path
	mount -t proc proc /proc
	# Away with it rather than over it: libvirt takes the first cgroup mounts listed, seen or hidden.
	umount -R -l /sys
	mount -t sysfs sysfs /sys
	if [ -e /proc/self/cgroup ] && ! grep -q '^[1-9]' /proc/self/cgroup; then
		mount -t cgroup2 cgroup2 /sys/fs/cgroup
		return
	fi
	mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
	while IFS=: read -r id controllers path; do
		[[ ,$controllers, =~ ,(cpu|cpuacct|memory|devices|freezer|blkio|cpuset), ]] || continue
		mkdir "/sys/fs/cgroup/$controllers"
		mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers"
	done </proc/self/cgroup
}

# The same path on each host, and behind it a folder of each host's own.
mount_local() {
	local size
	size=$(host_option "$1" local)
	if [ -n "$size" ]; then
		mount -t tmpfs -o "size=$(to_bytes "$size")" local "$LAB/local"
	else
		mount --bind "$2" "$LAB/local"
	fi
}

start_daemons() {
	"$(PATH=$PATH:/usr/sbin command -v sshd)" -f "$LAB/hosts/$1/ssh/sshd_config"
	! has_word "$1" lockd || virtlockd -d
	! has_word "$1" ovs || start_switch
	start_libvirtd
}

# Open vSwitch in user space, for the kernel may have none: its daemons and their database are all it
# takes, nothing of the package's own start. Where libvirtd's ovs-vsctl looks for them: in /run.
start_switch() {
	local dir=/run/openvswitch
	mkdir $dir
	ovsdb-tool create $dir/conf.db /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server $dir/conf.db --remote=punix:$dir/db.sock --pidfile --detach --no-chdir --log-file=$dir/ovsdb.log
	ovs-vsctl --no-wait init
	ovs-vswitchd unix:$dir/db.sock --pidfile --detach --no-chdir --log-file=$dir/vswitchd.log
	ovs-vsctl add-br ovs0 -- set bridge ovs0 datapath_type=netdev -- add-port ovs0 eth2
	ip link set ovs0 up
}

start_libvirtd() { libvirtd -d -l; }
