#!/bin/sh
# memory that changes faster than it is copied: each --on-stall ends as it says
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2
declare_hosts tcp h1 h2
lab guest h1 busy mem=96 dirty=16 start
lab wait busy

ok 'post-copy' migrate busy --to h2 --on-stall post-copy --bandwidth 16M --progress json
is "$(cell result)" 'done' 'ends'
like "$(jq -r .stage "$err" | uniq | paste -sd ' ')" '^memory postcopy done$' 'by post-copy'
whole busy h2
ok 'suspend' migrate busy --to h1 --on-stall suspend --bandwidth 16M
is "$(cell result)" 'done' 'ends'
ok 'after a pause' test "$(cell downtime_ms)" -gt 500
whole busy h1
exits 1 'abort' migrate busy --to h2 --on-stall abort --bandwidth 16M
is "$(cell result)" aborted 'is aborted'
like "$(cell error)" "memory changes faster than it is copied; the VM is on 'h1' \\(running\\)" 'says why, and where it is'
ok 'and what was sent for nothing' test "$(cell bytes)" -gt 20000000
whole busy h1
exits 1 'a time limit' migrate busy --to h2 --timeout 2s --bandwidth 4M
is "$(cell result)" aborted 'ends it'
seconds=$(cell seconds)
like "$(cell error)" "twice the time limit has passed; the VM is on 'h1'" 'says so'
like "$seconds" '^[4-7]\.' 'at twice the limit'
whole busy h1
exits 1 'suspended, and aborted all the same' migrate busy --to h2 --timeout 2s --bandwidth 4M --on-stall suspend
like "$(cell error)" "; the VM is on 'h1' \\((running\\)|(halfway|paused)\\), resumed)" 'it runs again'
whole busy h1
clean
done_testing
