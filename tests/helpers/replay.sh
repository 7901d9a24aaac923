# shellcheck shell=sh disable=SC2154
# A day of load, replayed: five minutes a round, each plan carried out on paper before the next round.
#
#	replay DIR HOSTS VMS SEED OPTION...	plan-balance gets the OPTIONs; DIR then has the files moved (round vm
#						from to) and score (of each round)
#	moves DIR		how many moves
#	mean_score DIR		of the day, less its first hour
#	twice DIR ROUNDS	how many moved again within so many rounds; back: that went back within an hour
#	replayed DIR		all that in words

replay() {
	replay_dir=$1 replay_hosts=$2 replay_vms=$3 replay_seed=$4
	shift 4
	mkdir "$replay_dir" && (cd "$replay_dir" && replay_day "$@")
}

replay_day() {
	awk -v vms="$replay_vms" -v seed="$replay_seed" -f "$top/tests/helpers/trace-day.awk" >day
	awk -v hosts="$replay_hosts" -v OFS='\t' 'BEGIN {
		print "name", "group", "cpus", "mem_total"
		for (h = 1; h <= hosts; h++) print "h" h, "prod", 16, "137438953472" }' >hosts
	awk -v hosts="$replay_hosts" '{ print $1 "\t" "h" 1 + NR % int(hosts * 0.8) }' day >./at
	printf 'mode = automatic\n' >rules
	printf 'step\n' >plan
	: >moved
	round=0
	while test $((round += 1)) -le 288; do
		awk -v round="$round" -v hosts="$replay_hosts" -f "$top/tests/helpers/trace-round.awk" plan at day >vms
		plan-balance --hosts hosts --vms vms --rules rules "$@" \
			-o step,wave,action,vm,uuid,from,to >plan || return
	done
}

moves() { wc -l <"$1/moved"; }
mean_score() { awk 'NR > 12 { sum += $1 } END { printf "%.4f\n", sum / (NR - 12) }' "$1/score"; }
twice() { awk -v n="$2" '$2 in at && $1 - at[$2] <= n { print $2 } { at[$2] = $1 }' "$1/moved" | wc -l; }
back() { awk '$4 == was[$2] && $1 - at[$2] < 12 { print $2 } { at[$2] = $1; was[$2] = $3 }' "$1/moved" | wc -l; }
replayed() {
	awk -v moves="$(moves "$1")" -v back="$(back "$1")" -v score="$(mean_score "$1")" 'END {
		printf "%.2f moves a VM and day, %d of them back within an hour, mean deviation %s\n", moves / NR, back, score
	}' "$1/day"
}
