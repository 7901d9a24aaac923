# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# What a host says of its own load. The kernel's figures are the machine's; libvirtd is shown those of the
# host's control group instead: files mounted over /proc/stat and, where memory is limited, over
# /proc/meminfo and those of the NUMA nodes (where nodeinfo and capabilities come from). All of this runs
# inside the host. The files are rewritten in place, in one write of always the same length, so that no
# reader finds half of one.

GAUGE_SECONDS=0.5

# start_gauges HOST
start_gauges() {
	local limit node
	limit=$(host_option "$1" mem)
	[ -z "$limit" ] || limit=$(($(to_bytes "$limit") >> 10))
	GAUGE_CPUS=$(nproc --all)
	GAUGE_REST=$(grep -E '^(btime|processes|procs_)' /proc/stat)
	mkfifo /run/never
	write_stat && mount --bind /run/stat /proc/stat
	if [ -n "$limit" ]; then
		GAUGE_NODES=(/sys/devices/system/node/node*/meminfo)
		write_meminfo "$limit" && mount --bind /run/meminfo /proc/meminfo
		for node in "${!GAUGE_NODES[@]}"; do
			mount --bind "/run/meminfo.$node" "${GAUGE_NODES[node]}"
		done
	fi
	keep_gauging "$limit" &
}

keep_gauging() {
	set +e
	exec 3<>/run/never # waiting for what never comes sleeps without a fork
	while :; do
		read -rt $GAUGE_SECONDS -u 3
		write_stat
		[ -z "$1" ] || write_meminfo "$1"
	done
}

# The group tells processor time only; it is shown as spread evenly over the CPUs.
write_stat() {
	local user system up cpu text
	read_cpu_time
	read -r up _ </proc/uptime
	up=${up/./}
	printf -v text 'cpu  %12d 0 %12d %12d 0 0 0 0 0 0\n' "$user" "$system" $((up * GAUGE_CPUS - user - system))
	for ((cpu = 0; cpu < GAUGE_CPUS; cpu++)); do
		printf -v text '%scpu%d %12d 0 %12d %12d 0 0 0 0 0 0\n' "$text" $cpu $((user / GAUGE_CPUS)) \
			$((system / GAUGE_CPUS)) $((up - (user + system) / GAUGE_CPUS))
	done
	printf '%s%s\n' "$text" "$GAUGE_REST" 1<>/run/stat
}

# Sets user and system, in hundredths of a second.
read_cpu_time() {
	local key value dir=/sys/fs/cgroup/cpuacct
	user=0 system=0
	if [ -e $dir/cpuacct.usage_user ]; then
		read -r user <$dir/cpuacct.usage_user
		read -r system <$dir/cpuacct.usage_sys
		user=$((user / 10000000)) system=$((system / 10000000))
		return
	fi
	while read -r key value; do
		case $key in
		user_usec) user=$((value / 10000)) ;;
		system_usec) system=$((value / 10000)) ;;
		esac
	done 2>/dev/null </sys/fs/cgroup/cpu.stat
}

# write_meminfo KIB
write_meminfo() {
	local used=0 cache=0 key value free node n=${#GAUGE_NODES[@]} dir=/sys/fs/cgroup/memory
	{ read -r used <$dir/memory.usage_in_bytes || read -r used </sys/fs/cgroup/memory.current; } 2>/dev/null
	[ -d $dir ] || dir=/sys/fs/cgroup
	while read -r key value; do
		case $key in total_cache | file) cache=$value ;; esac
	done 2>/dev/null <$dir/memory.stat
	used=$((used >> 10)) cache=$((cache >> 10))
	free=$(($1 > used ? $1 - used : 0))
	printf '%-14s %12d kB\n' MemTotal: "$1" MemFree: $free MemAvailable: $((free + cache)) Buffers: 0 \
		Cached: $cache SwapTotal: 0 SwapFree: 0 1<>/run/meminfo
	for ((node = 0; node < n; node++)); do
		printf "Node $node %-9s %12d kB\n" MemTotal: $(($1 / n)) MemFree: $((free / n)) \
			MemUsed: $((($1 - free) / n)) 1<>/run/meminfo.$node
	done
}
