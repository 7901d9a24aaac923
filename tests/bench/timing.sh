# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Laps, medians, and the lines of the table.

declare -A laps # by contestant: microseconds, a word each

# race ROUNDS CONTESTANT...: functions, which take turns. What before_ and after_CONTESTANT do is not timed.
race() {
	local rounds=$(($1 * ${VMM_BENCH_ROUNDS:-1})) i name start
	shift
	for name; do laps[$name]=''; done
	for ((i = 0; i < rounds; i++)); do
		for name; do
			if_there "before_$name"
			start=${EPOCHREALTIME/./}
			"$name" >"$tmp/out" 2>"$tmp/err" || { echo "$name failed: $(tail -n 3 "$tmp/err")" >&2; exit 1; }
			laps[$name]+="$((${EPOCHREALTIME/./} - start)) "
			if_there "after_$name"
		done
	done
}

if_there() {
	! declare -F "$1" >/dev/null || "$1"
}

# middle NUMBER...: their median.
middle() {
	printf '%s\n' "$@" | sort -n | sed -n $((($# + 1) / 2))p
}

# took CONTESTANT: milliseconds.
took() {
	# shellcheck disable=SC2086
	awk "BEGIN { print $(middle ${laps[$1]}) / 1000 }"
}

heading() {
	row what 'ours ms' peer 'peer ms' ratio goal met
}
row() {
	printf '%-30s %9s  %-36s %9s %7s  %-9s %s\n' "$@"
}

# line WHAT OURS PEER THEIRS GOAL: OURS and THEIRS in ms. A GOAL is "<= 0.33" of their ratio, "< 30 ms" of
# ours, "+ 2 ms" of the difference, or "-".
line() {
	local cells
	mapfile -t cells < <(awk -v ours="$2" -v theirs="$4" -v goal="$5" 'BEGIN {
		split(goal, g, " ")
		value = g[1] == "+" ? ours - theirs : g[3] == "ms" ? ours : ours / theirs
		print ours < 10 ? sprintf("%.2f", ours) : sprintf("%.0f", ours)
		print theirs < 10 ? sprintf("%.2f", theirs) : sprintf("%.0f", theirs)
		printf "%.3g\n", theirs ? ours / theirs : 0
		print goal == "-" ? "" : g[1] == "<" ? (value < g[2] ? "yes" : "no") : (value <= g[2] ? "yes" : "no")
	}')
	row "$1" "${cells[0]}" "$3" "${cells[1]}" "${cells[2]}" "$5" "${cells[3]}"
}

# busy [HOST]: milliseconds of processor time that the lab has used, or a host of it, or adm.
busy() {
	local group
	group=vmm-lab-$(cat "$LAB/run-id")/${1-}
	if [ -e "/sys/fs/cgroup/$group/cpu.stat" ]; then
		awk '$1 == "usage_usec" { print $2 / 1000 }' "/sys/fs/cgroup/$group/cpu.stat"
	else
		awk '{ print $1 / 1000000 }' "/sys/fs/cgroup/cpuacct/$group/cpuacct.usage"
	fi
}

note() {
	printf '  %s\n' "$*"
}
