# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Plans that make load even: beside ganeti's hbal, at growing sizes, with measured load and rules, and a day of rounds.

# shellcheck source=tests/helpers/replay.sh
. "$top/tests/helpers/replay.sh"
mkdir "$tmp/plan" "$tmp/plan/rows"
for size in 10-100 50-500 100-1000 500-5000; do
	xz -dc "$top/tests/corpus/ganeti/$size.xz" >"$tmp/plan/$size"
done
awk -v hosts=1000 -v vms=10000 -v seed=1 -f "$top/tests/helpers/ganeti-fleet.awk" >"$tmp/plan/1000-10000"
# No two hosts have quite the same memory, as is usual.
awk -F '|' -v OFS='|' '/^node-/ { $2 += ++n % 101; $4 += n % 101 } { print }' "$tmp/plan/1000-10000" >"$tmp/plan/unlike"

ours() { plan-balance --from ganeti "$tmp/plan/$1"; }
ours_10() { ours 10-100; }
ours_50() { plan-balance --from ganeti "$tmp/plan/50-500" --max-moves 42; }
ours_100() { ours 100-1000; }
ours_500() { ours 500-5000; }
ours_1000() { (ulimit -v $((100 << 10)) && ours 1000-10000); }
ours_unlike() { ours unlike; }
theirs_10() { hbal -t "$tmp/plan/10-100" --ignore-dynu; }
theirs_50() { hbal -t "$tmp/plan/50-500" --ignore-dynu; }

if command -v hbal >/dev/null; then
	race 5 ours_10 theirs_10
	line '10 hosts, 100 VMs' "$(took ours_10)" hbal "$(took theirs_10)" '<= 0.1'
	laps[theirs_50]=''
	VMM_BENCH_ROUNDS=1 race 1 theirs_50
	race 5 ours_50
	line '50 hosts, 500 VMs, as many moves' "$(took ours_50)" 'hbal, once' "$(took theirs_50)" '<= 0.002'
else
	note 'no hbal (ganeti-htools) to compare with'
fi
race 11 ours_100
race 5 ours_500
race 3 ours_1000 ours_unlike
line '100 hosts, 1,000 VMs' "$(took ours_100)" - 0 '< 100 ms'
line '500 hosts, 5,000 VMs' "$(took ours_500)" - 0 '< 2000 ms'
line '1,000 hosts, 10,000 VMs, 100 MiB' "$(took ours_1000)" - 0 '< 5000 ms'
line 'the same, no two hosts alike' "$(took ours_unlike)" 'all alike' "$(took ours_1000)" '<= 1.5'
note "from 100 to 1,000 hosts the time grows as their number to the power of $(awk -v a="$(took ours_100)" \
	-v b="$(took ours_1000)" 'BEGIN { printf "%.2f", log(b / a) / log(10) }')"

(cd "$tmp/plan/rows" && awk -v hosts=1000 -v vms=10000 -v seed=1 -f "$top/tests/helpers/fleet-rows.awk")
measured() { plan-balance --hosts "$tmp/plan/rows/hosts" --vms "$tmp/plan/rows/vms" --rules "$tmp/plan/rows/rules"; }
race 1 measured
line 'the same, four loads, rules' "$(took measured)" - 0 '-'
cd "$tmp/plan"
replay idle 20 150 1 --max-moves 0 2>/dev/null
replay without 20 150 1 2>/dev/null
replay with 20 150 1 --auto memory 2>/dev/null
for how in idle without with; do
	note "a day of 20 hosts, 150 VMs, $how hysteresis: $(replayed "$how")" | sed 's/idle hysteresis/no moves/'
done
cd "$top"
