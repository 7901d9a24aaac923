#!/bin/sh
# plan-balance: on ganeti's fleets not worse than hbal, by an independent scorer and by hbal itself
. "${0%/*}/../tap.sh"
need xz

after() { # PLAN FLEET: the score, by an independent hand that complains of each step that does not fit
	awk -v score=1 -f "$top/tests/helpers/ganeti-apply.awk" "$1" "$2"
}
hbal_score() { # FLEET: as hbal has it
	hbal -t "$1" --ignore-dynu -l 0 | awk '/^Initial score/ { printf "%.4f\n", $3 }'
}
not_above() { awk -v a="$1" -v b="$2" 'BEGIN { print a <= b ? "yes" : a " is above " b }'; }

# FLEET MOVES SCORE: what hbal makes of it
for row in '10-100 11 0.0731' '50-500 42 0.0991' '100-1000 84 0.0980' '500-5000 408 0.0998'; do
	# shellcheck disable=SC2086
	set -- $row
	xz -dc "$top/tests/corpus/ganeti/$1.xz" >"$1"
	ok "$1: a plan" plan-balance --from ganeti "$1" --max-moves "$2" -o step,wave,action,vm,from,to
	cp "$out" plan
	score=$(after plan "$1" 2>complaints)
	is "$(cat complaints)" '' "$1: each instant of it fits"
	is "$(sed 1d plan | wc -l)" "$2" "$1: $2 moves"
	is "$(not_above "$score" "$3")" yes "$1: not above $3: $score"
done

fleet=100-1000
plan-balance --from ganeti $fleet >plan
score=$(after plan $fleet 2>complaints)
is "$(not_above "$(sed 1d plan | wc -l)" 123)" yes "$fleet: as is usual, not more than 123 moves"
is "$(not_above "$score" 0.044)" yes "and not above 0.044: $score"
is "$(cat complaints)" '' 'and each instant fits'
plan-balance --from ganeti $fleet --min-gain 0 -o step,wave,action,vm,from,to,cost_bytes >plan
score=$(after plan $fleet 2>complaints)
is "$(not_above "$score" 0.01)" yes "$fleet: whatever helps, not above 0.01: $score"
is "$(cat complaints)" '' 'and each instant fits'

# A checker that never complains proves nothing.
awk -F '\t' -v OFS='\t' 'NR > 1 { $6 = "node-0000" } { print }' plan >spoilt
after spoilt $fleet >/dev/null 2>complaints
like "$(cat complaints)" 'no memory on node-0000' 'the checker sees a host that is too full'
like "$(cat complaints)" 'more than two moves of a host' 'and one that is too busy'

command -v hbal >/dev/null || { skip 4 'needs hbal'; done_testing; exit; }
for fleet in 10-100 100-1000; do
	plan-balance --from ganeti $fleet --max-moves 20 >plan
	awk -f "$top/tests/helpers/ganeti-apply.awk" plan $fleet >then
	for f in $fleet then; do
		is "$(plan-balance --from ganeti $f --score -n -o score | awk '{ printf "%.4f\n", $1 }')" \
			"$(hbal_score $f)" "$fleet: hbal has the same score: $f"
	done
done
done_testing
