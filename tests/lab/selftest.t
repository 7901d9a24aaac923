#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2015,SC2016,SC2034,SC2317
# Proves the lab: hosts, guests, migration, faults, and that nothing of it is left behind.
set -u
cd "$(dirname -- "$(readlink -f -- "$0")")" || exit 1
[ "$(id -u)" = 0 ] || { echo '1..0 # SKIP needs root'; exit 0; }

n=0
# ok DESCRIPTION CMD...
ok() {
	local what=$1 out
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		printf '%s\n' "$*" "$out" | sed 's/^/# /'
	fi
}
not() { ! "$@"; }
is() { [ "$1" = "$2" ] || { echo "got '$1', expected '$2'"; return 1; }; }
more() { local a b; a=$(LAB=$1 ./lab ticks "$2"); sleep 1; b=$(LAB=$1 ./lab ticks "$2"); echo "$a $b"; [ "$b" -gt "$a" ]; }
on() { timeout 60 virsh -q -c "$(./lab uri "$1" unix)" "${@:2}"; }
state_is() { is "$(on "$1" domstate "$2")" "$3"; }
within() { local i=$(($1 * 10)) out; shift; until out=$("$@"); do [ $((i -= 1)) -gt 0 ] || { echo "$out"; return 1; }; sleep 0.1; done; }
column() { awk -F'\t' -v c="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i; next } { print $k }'; }

# Whatever would tell of a lab in this folder with this run id.
traces() {
	local pid
	[ ! -e "$1" ] || echo "folder $1"
	grep -F "$1" /proc/[0-9]*/mountinfo 2>/dev/null
	find /sys/fs/cgroup -name "vmm-lab-$2"
	[ ! -e "/run/vmm-lab/$2" ] || echo "registry $2"
	for pid in /proc/[0-9]*; do
		[ "$pid" != "/proc/$BASHPID" ] && tr '\0' '\n' 2>/dev/null <"$pid/environ" | grep -qxF "LAB=$1" &&
			tr '\0' ' ' <"$pid/cmdline" && echo "(${pid#/proc/})"
	done
}
leaves_nothing() { within 5 is "$(unset LAB; traces "$@")" ''; }

before_netns=$(ip netns list)
before_mounts=$(grep -c . /proc/mounts)
A=$(./lab up --owner $$ h1 h2 h3:mem=192M c1:lxc:local=16M) || exit 1
B=$(./lab up --owner $$ h1 h2) || exit 1
export LAB
trap 'unset LAB; for LAB in $A $B; do [ ! -e $LAB/run-id ] || ./lab down $LAB; done' EXIT
runA=$(<"$A/run-id") runB=$(<"$B/run-id")

# Two labs side by side
LAB=$B
ok 'a guest starts in the second lab' ./lab guest h1 other mem=96 start
LAB=$A
ok 'a guest on shared storage starts in the first' ./lab guest h1 web disk=shared start
ok 'it comes up' ./lab wait web 30
ok 'it counts' more "$A" web
ok 'the other lab has the same addresses' is "$(LAB=$B ./lab address other)" "$(./lab address web)"
ok 'and its own hosts' is "$(on h1 list --all --name | paste -sd,)" web
ok 'ping from the admin' ./lab adm ping -n -c1 -W2 "$(./lab address web)"
ok 'a process in a host is in its namespaces' is "$(./lab exec h2 hostname)" h2

# Ways in
for way in tcp ssh libssh2; do
	ok "$way connects" is "$(./lab adm timeout 20 virsh -q -c "$(./lab uri h2 $way)" hostname)" h2
done
ok 'unix connects from outside' is "$(on h2 hostname)" h2
ok 'ssh knows the host' is "$(./lab adm ssh h2 hostname)" h2
ok 'tcp is heard in the lab only' not timeout 2 bash -c 'echo >/dev/tcp/127.0.0.1/16509'

# Live migration
./lab watch web "$A/watch" >/dev/null
sleep 0.5
ok 'it migrates live' ./lab adm virsh -q -c qemu+tcp://h1/system migrate --live --p2p web qemu+tcp://h2/system
sleep 0.5
ok 'and runs there' state_is h2 web running
ok 'the connection to it is still open' is "$(./lab watched "$A/watch" | column open)" yes
ok 'no number was lost' is "$(./lab watched "$A/watch" | column missing)" 0
echo "# $(./lab watched "$A/watch" | column pause_ms) ms was the longest pause"
ok 'it migrates back over the other network' ./lab adm virsh -q -c qemu+tcp://h2/system migrate --live --p2p web \
	qemu+tcp://h1/system tcp://h1-mig
ok 'it never booted again' is "$(./lab boots web)" 1

# Guests
odd=$'-o\t"\'<$(id)>&%5c'
ok 'a guest with an odd name' ./lab guest h2 "$odd" start
ok 'is listed by that name' is "$(on h2 domname "$(./lab uuid "$odd")")" "$odd"
ok 'and comes up' ./lab wait "$odd"
ok 'a local disk' ./lab guest h2 db disk=local size=8M
ok 'is at the same path elsewhere and not there' not ./lab exec h1 test -e "$A/local/db.qcow2"
ok 'shutdown' on h1 shutdown web
ok 'ends the guest within seconds' within 5 state_is h1 web 'shut off'
ok 'another host starts it from its disk' eval 'on h1 dumpxml web | on h2 define /dev/stdin && on h2 start web'
ok 'it comes up' ./lab wait web 30 2
ok 'and counts on where it stood' not grep -q 'disk=0' <(grep LAB-UP "$(./lab serial web)" | tail -n 1)

# Unlike hosts
ok 'memory is short on h3' is "$(on h3 nodeinfo | sed -n 's/^Memory size: *//p')" '196608 KiB'
ok 'so a big guest dies there' ./lab guest h3 big mem=384 dirty=200 start
ok 'killed by the limit' within 20 state_is h3 big 'shut off'
ok 'a container starts' ./lab container c1 ct start
ok 'and answers' eval './lab wait ct 5 && ./lab adm ping -n -c1 -W2 "$(./lab address ct)"'
ok 'a small local pool' is "$(./lab exec c1 df --output=size "$A/local" | tail -n 1 | tr -d ' ')" 16384

# Faults
ok 'freeze' ./lab freeze h3
ok 'it takes connections and never answers' is "$(timeout 1 virsh -c "$(./lab uri h3 unix)" uri; echo $?)" 124
ok 'thaw' eval './lab thaw h3 && on h3 uri'
ok 'a guest survives the end of libvirtd' eval './lab kill-libvirtd h2 && more "$A" "$odd" && ./lab start-libvirtd h2'
ok 'a cut link' eval './lab link h2 down && not ./lab adm ping -n -c1 -W1 h2 && ./lab link h2 up && ./lab adm ping -n -c1 -W3 h2'
ok 'a slow link' ./lab rate h2 mig 8mbit
ok 'a fast one again' ./lab rate h2 mig off
ok 'a crash' ./lab crash h2
ok 'ends the guests' eval 'a=$(./lab ticks "$odd"); sleep 0.5; is "$(./lab ticks "$odd")" "$a"'
ok 'a restart' ./lab restart h2
ok 'keeps definitions' state_is h2 "$odd" 'shut off'

# A swarm
./lab swarm 4 latency=20 hang=1 vms=3 >"$A/rows"
ok 'a swarm answers' is "$(timeout 5 virsh -q -c "$(sed -n 2p "$A/rows" | cut -f2)" list --all --name | paste -sd' ')" 's1-vm1 s1-vm2 s1-vm3'
ok 'all but the last' is "$(timeout 1 virsh -q -c "$(sed -n 5p "$A/rows" | cut -f2)" list; echo $?)" 124

# The end
ok 'down' ./lab down
ok 'leaves nothing' leaves_nothing "$A" "$runA"
LAB=$B
ok 'the other lab does not notice' more "$B" other
ok 'down after its processes were killed' eval 'kill -9 "$(cat "$B/admin/pid")"; ./lab down "$B"'
ok 'leaves nothing' leaves_nothing "$B" "$runB"
unset LAB
ok 'up fails for a bad host' not ./lab up -d "$A" h1 'h2:mem=x'
ok 'and leaves nothing' not test -e "$A"
D=$(mktemp -u -d)
{ timeout -s KILL 0.2 ./lab up -d "$D" h1; } >/dev/null 2>&1
ok 'sweep takes away what a killed up began' within 5 eval './lab sweep && not test -e "$D"'
C=$(bash -c './lab up --owner $$ h1; kill -9 $$')
ok 'a lab whose owner was killed goes down' within 5 not test -e "$C"
ok 'no network namespace is left' is "$(ip netns list)" "$before_netns"
ok 'no mount is left' is "$(grep -c . /proc/mounts)" "$before_mounts"
echo "1..$n"
