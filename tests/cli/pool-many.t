#!/bin/sh
# ippool: many at once get different addresses, and the same holder the same one
# POOL_EACH: of each of 64 processes; POOL_ROUNDS: of 16 commands (tests/slow/pool-many.t)
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"

each=${POOL_EACH:-1000} rounds=${POOL_ROUNDS:-10}

# 64 processes, a long stream each.
ok 'a pool of a /8' ippool create big --range 10.0.0.0/8
pids=
for i in $(seq 64); do
	awk -v p="$i" -v n="$each" 'BEGIN { print "pool\tholder"; for (i = 0; i < n; i++) print "big\t" p "-" i }' |
		ippool checkout - --no-header -o address,error >"got$i" 2>>complaints &
	pids="$pids $!"
done
bad=0
for p in $pids; do wait "$p" || bad=$((bad + 1)); done
is "$bad" 0 "64 processes take $each addresses each"
diag "$(cat complaints)"
cat got* | cut -f 1 | sort >all
is "$(wc -l <all) $(uniq -d all | wc -l)" "$((64 * each)) 0" 'no two are the same'
is "$(ippool list big --no-header -o used)" $((64 * each)) 'all are leased'
is "$(cut -f 2 got* | sort -u)" '' 'without an error'

# 16 single ones at once, again and again. In a state of their own: each reads all leases.
VMM_STATE=$tmp/second
ok 'another pool' ippool create small --range 192.168.0.0/16
for round in $(seq "$rounds"); do
	for i in $(seq 16); do
		ippool checkout small --for "$round-$i" --no-header -o address >"one$i" 2>>complaints &
	done
	wait
	cat one*
done | sort >all
is "$(wc -l <all) $(uniq -d all | wc -l)" "$((16 * rounds)) 0" "16 commands at once, $rounds times"
for i in $(seq 16); do
	ippool checkout small --for same --no-header -o address >"one$i" 2>>complaints &
done
wait
is "$(cat one* | sort -u | wc -l)" 1 'the same holder in 16 commands at once: one address'

ok 'a large pool' ippool create big --range 10.0.0.0/8
# One for whom a thousand commands are a lifetime: it sees what others do meanwhile.
pool-helper checkout "$VMM_STATE" big 300 >long &
pid=$!
for i in $(seq 20); do ippool checkout big --for "short$i" --no-header -o address; done >short
wait $pid
is $? 0 "a process that lives long"
is "$(sort long short | uniq -d)" '' 'and short ones beside it: no address twice'
is "$(wc -l <long) $(wc -l <short)" '300 20' 'all were served'
ok 'in the end all is in order' test -z "$(ippool check -n | grep -v ^leaked)"
is "$(vmm-fsck --offline -n)" '' 'and so is the state'
done_testing
