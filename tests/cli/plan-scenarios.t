#!/bin/sh
# Planners on small fleets: the scenarios of tests/plan, each a point
. "${0%/*}/../tap.sh"
need perl

# One alone: SCENARIO=balance/swap tests/cli/plan-scenarios.t
perl "$top/tests/helpers/scenario.pl" "$tmp/fleet" "$top/tests/plan/"${SCENARIO-*/*}.txt
