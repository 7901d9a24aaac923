# One round of a replayed day: `awk -v round=R -f … plan at day` carries out the plan, writes where VMs are then to the
# file at, and prints their rows with the load of that round. Appends to the file moved what went where, and to the file
# score the standard deviation of the hosts' use of processors that the moves of the round before have led to.
BEGIN { OFS = "\t" }
FNR == 1 { file++ }
file == 1 { if (FNR > 1) { split($0, cell, "\t"); to[cell[4]] = cell[7] } next }
file == 2 { at[$1] = $2; next }
file == 3 {
	if ($1 in to) { print round, $1, at[$1], to[$1] >>"moved"; at[$1] = to[$1] }
	names[++n] = $1; vcpus[n] = $2; gib[n] = $3; cpu[n] = $(3 + round)
	use[at[$1]] += cpu[n]
}
END {
	minutes = 5 * round
	time = sprintf("2026-11-%02dT%02d:%02d:00Z", 21 + int(minutes / 1440), int(minutes / 60) % 24, minutes % 60)
	print "name", "host", "state", "vcpus", "mem", "cpu", "time"
	printf "" >"at"
	for (i = 1; i <= n; i++) {
		print names[i], at[names[i]], "normal", vcpus[i], sprintf("%.0f", gib[i] * 2 ^ 30), cpu[i], time
		print names[i], at[names[i]] >"at"
	}
	for (h = 1; h <= hosts; h++) { share = use["h" h] / 16; sum += share; squares += share ^ 2 }
	printf "%.4f\n", sqrt(squares / hosts - (sum / hosts) ^ 2) >>"score"
}
