#!/bin/sh
# memory that changes faster than it is copied: auto-converge slows the guest down until it is not
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2
declare_hosts tcp h1 h2
lab guest h1 busy mem=96 dirty=16 start
lab wait busy
ok 'auto-converge' migrate busy --to h2 --bandwidth 40M --max-downtime 1s --timeout 60s
diag "$(sed 1d "$out")"
is "$(cell result)" 'done' 'ends'
whole busy h2
clean
done_testing
