#!/bin/bash
# Load of real guests: who burns processor time shows it, and who doesn't; disk and network in sense; a libvirtd that
# is frozen costs its row only, and a QEMU that hangs one round; 50 hosts in one interval and what connecting takes.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2 h3 c1:lxc
export VMM_STATE=$LAB/state
declare_hosts unix h1 h2 c1
lab guest h1 busy burn=100 start
lab guest h1 idle disk=shared start
lab guest h2 half burn=50 start
lab guest h2 off
lab container c1 box burn=80 start
for vm in busy idle half box; do lab wait $vm; done
host-scan -n >"$out" || exit 1

# about LOW HIGH VALUE NAME
about() {
	if awk -v l="$1" -v h="$2" -v v="$3" 'BEGIN { exit !(v != "" && v >= l && v <= h) }'; then
		pass "$4"
	else
		fail "$4"
		diag "'$3' is not between $1 and $2"
	fi
}
# measured STATUS NAME COMMAND...: it ends so; of VM|HOST EXPRESSION: of its row then
measured() {
	exits "$@" --json
	cp "$out" rows
}
of() { jq -r "select(.name == \"$1\") | $2" rows; }
# wanted VM: the processor time that it got or waited for: the hosts here share the machine's few CPUs
wanted() { of "$1" '.cpu + (.steal // 0)'; }

# ---- processors, memory, disk ----

measured 0 'vm-stat' vm-stat -i 4
about 0.7 1.5 "$(wanted busy)" 'who burns all shows it'
about 0.2 1.2 "$(wanted half)" 'who burns half, about so much'
about 0 0.4 "$(of idle .cpu)" 'who does nothing, about none'
ok 'the busiest is the busiest' test "$(jq -sr 'max_by((.cpu // 0) + (.steal // 0)).name' rows)" != idle
about 0.2 1 "$(of box .cpu)" 'a container by what its driver tells'
is "$(of off '[.cpu, .seconds] | @tsv')" '	' 'one that is off: nothing'
is "$(of idle '[.mem, .mem_actual] | @tsv')" '100663296	100663296' 'memory'
about 10000000 100663296 "$(of idle .mem_guest)" 'used inside'
about 50000000 1000000000 "$(of idle .mem_rss)" 'of the host'
about 1000 200000 "$(of idle .disk_wr)" 'it writes a sector twice a second'
about 0.5 20 "$(of idle .disk_iops)" 'in some operations'
about 0.001 2000 "$(of idle .disk_ms)" 'which take their time'
about 3.9 6 "$(of idle .seconds)" 'in the interval'
measured 0 'host-stat' host-stat -i 4
about 0.3 2 "$(of h1 .cpu)" 'the host with the busy one is busy'
about 0 0.3 "$(of c1 '.steal // 0')" 'what is not told is not there'
about 0 100 "$(of h1 .pressure)" 'pressure is a percentage'
about 1000 200000 "$(of h1 .disk_wr)" 'its disk is that of its VMs'

# ---- network ----

watcher=$(lab watch idle "$tmp/numbers")
measured 0 'while somebody listens to it' vm-stat -i 3 idle
kill "$watcher" 2>/dev/null
about 1000 100000 "$(of idle .net_tx)" 'a guest that sends 50 lines a second'
about 500 100000 "$(of idle .net_rx)" 'and gets the answers'

# ---- changes ----

lab burn idle 90
lab burn busy 0
measured 0 'others are busy' vm-stat -i 4
about 0.6 1.4 "$(wanted idle)" 'who was told to'
about 0 0.4 "$(of busy .cpu)" 'and not who was told to stop'
vm-stat --json -i 8 >rows &
measuring=$!
sleep 2
on h1 destroy busy && on h1 start busy
wait $measuring
about 0.01 1.5 "$(wanted busy)" 'one that was started again meanwhile: since then'

# ---- who does not answer ----

started=${EPOCHREALTIME/./}
lab freeze h2
measured 3 'a frozen libvirtd' host-stat -i 2 --timeout 3
took=$(((${EPOCHREALTIME/./} - started) / 1000))
ok "holds up nobody ($took ms)" test $took -le 6500
is "$(of h2 '[.state, .error, .cpu] | @tsv')" 'unknown	no answer within 3 s	' 'its row says so'
about 0.1 2 "$(of h1 .cpu)" 'the others are what they are'
lab thaw h2
lab exec h2 bash -c 'kill -STOP $(pidof qemu-system-x86_64)'
vm-stat -n -i 1 --timeout 3 -o name half >"$tmp/first" 2>"$err"
measured 0 'a QEMU that hangs: the next round is answered' vm-stat -i 1 --timeout 8 half
about 0 0.1 "$(of half .cpu)" 'it does nothing'
lab exec h2 bash -c 'kill -CONT $(pidof qemu-system-x86_64)'

# ---- 50 hosts ----

lab swarm 50 latency=20 >"$tmp/swarm" || exit 1
sed 1d "$tmp/swarm" | tr '\t' '\n' | xargs -d '\n' -n 2 -P 8 host-add >"$tmp/added" || exit 1
started=${EPOCHREALTIME/./}
measured 0 '50 hosts at 20 ms' host-stat -i 5 's[1-50]'
took=$(((${EPOCHREALTIME/./} - started) / 1000))
ok "in one interval and what connecting takes ($took ms)" test $took -le 10500
is "$(jq -r .state rows | sort | uniq -c | xargs)" '50 normal' 'all answer'
measured 0 'their VMs' vm-stat -i 2 --host 's[1-50]'
is "$(jq -r 'select(.cpu > 0.7 and .cpu < 1.3) | .name' rows | wc -l)" 150 'are measured, three on each'

# ---- live ----

exits 0 'vm-top' vm-top --once -i 2 --json h1
is "$(jq -r 'select(.what == "vm") | .name' "$out" | sort | paste -sd ' ')" 'busy idle' 'has the VMs of the host'
done_testing
