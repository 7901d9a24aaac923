#!/bin/bash
# tmpl-apply --wait: a creation that takes long leaves the wait its own time
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"
. "$top/tests/helpers/provision.sh"
need xorriso qemu-img strace

lab_up h1
declare_hosts tcp h1
fit_out
apply bare n0

# It has five records. With --timeout 10 it was once given up after 50 seconds, whatever it was at.
start_inlab strace -f -qq -o /dev/null -e trace=fdatasync -e inject=fdatasync:delay_enter=9000000 \
	tmpl-apply --format tsv --start --wait agent --timeout 10 bare n1
wait $client
is "$? $(cell result "$rows")" '1 failed' 'the wait comes to its end'
is "$(cell error "$rows")" 'it runs, but after 10 s it has no answer of its agent' 'and says what it waited for'
is "$(on h1 domstate n1)$(fsck -n)" running 'the VM is whole'
done_testing
