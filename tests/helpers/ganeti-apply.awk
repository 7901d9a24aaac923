# Carries out a plan on paper: `awk -f ganeti-apply.awk plan.tsv fleet.data` prints the fleet afterwards, in ganeti's
# format; with -v score=1 its score as hbal --ignore-dynu has it instead. Complains of each instant at which a host's
# memory does not do or is fuller than the fullest was, of a VM that is not where it should be, of a wave out of order,
# of a host with more than two moves in a wave. Knows nothing of the code it judges.
BEGIN { FS = OFS = "|" }
FNR == 1 { file++ }
file == 1 {
	split($0, cell, "\t")
	if (FNR == 1) { for (i in cell) col[cell[i]] = i; next }
	n++
	wave[n] = cell[col["wave"]]; vm[n] = cell[col["vm"]]; from[n] = cell[col["from"]]; to[n] = cell[col["to"]]
	next
}
{ line[FNR] = $0; lines = FNR }
$0 == "" { section++; next }
section == 1 { total[$1] = $2; unused[$1] = $4; pcpu[$1] = $7; off[$1] = $8 == "Y" }
section == 2 { mem[$1] = $2; vcpus[$1] = $4; at[$1] = $7 }
function complain(text) { print text >"/dev/stderr"; bad = 1 }
function leave(first, last,  i) { for (i = first; i <= last; i++) unused[from[i]] += mem[vm[i]] }
function deviation(x,  h, n, sum, squares) {
	for (h in total) if (!off[h]) { n++; sum += x[h] }
	for (h in total) if (!off[h]) squares += (x[h] - sum / n) ^ 2
	return sqrt(squares / n)
}
END {
	least = 1
	for (h in total) if (unused[h] / total[h] < least) least = unused[h] / total[h]
	first = 1
	for (i = 1; i <= n; i++) {
		if (wave[i] < wave[i - 1]) complain("step " i ": wave out of order")
		if (wave[i] != wave[i - 1]) { leave(first, i - 1); first = i; delete moves }
		if (at[vm[i]] != from[i]) complain("step " i ": " vm[i] " is not on " from[i])
		at[vm[i]] = to[i]
		unused[to[i]] -= mem[vm[i]]
		if (unused[to[i]] < 0) complain("step " i ": no memory on " to[i])
		if (unused[to[i]] / total[to[i]] < least) complain("step " i ": " to[i] " is fuller than any was")
		if (++moves[from[i]] > 2 || ++moves[to[i]] > 2) complain("step " i ": more than two moves of a host")
	}
	leave(first, n)
	for (v in at) cpus[at[v]] += vcpus[v]
	for (h in total) { m[h] = unused[h] / total[h]; c[h] = cpus[h] / pcpu[h] }
	if (score) { printf "%.4f\n", deviation(m) + deviation(c); exit bad }
	section = 0
	for (i = 1; i <= lines; i++) {
		$0 = line[i]
		if ($0 == "") section++
		else if (section == 1) $4 = unused[$1]
		else if (section == 2) $7 = at[$1]
		print
	}
	exit bad
}
