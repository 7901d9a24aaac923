# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Laps, medians, and the lines of the table.

declare -A laps # by contestant: microseconds, a word each

# race ROUNDS CONTESTANT...: functions, which take turns.
race() {
	local rounds=$(($1 * ${VMM_BENCH_ROUNDS:-1})) i name start
	shift
	for name; do laps[$name]=''; done
	for ((i = 0; i < rounds; i++)); do
		for name; do
			start=${EPOCHREALTIME/./}
			"$name" >"$tmp/out" 2>"$tmp/err" || { echo "$name failed: $(tail -n 3 "$tmp/err")" >&2; exit 1; }
			laps[$name]+="$((${EPOCHREALTIME/./} - start)) "
		done
	done
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

note() {
	printf '  %s\n' "$*"
}
