#!/bin/sh
# The first Ctrl-C, over ssh: the terminal sends it to the ssh processes that libvirt has started too.
# They carry the connections over which what runs is to be finished, so they must not hear it.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2
declare_hosts ssh h1 h2
lab guest h1 web disk=shared start
lab wait web

# A session, and so a process group, of its own; its number is known inside the lab only.
lab adm setsid -w sh -c 'echo $$ >"$0"; exec vm-migrate web --to h2 --bandwidth 24M' "$tmp/group" >"$out" 2>"$err" &
client=$!
within 20 copying web h1
lab adm pgrep -x -P "$(cat "$tmp/group")" ssh >"$tmp/ssh"
ok 'ssh carries the connections' test -s "$tmp/ssh"
lab adm kill -INT -- "-$(cat "$tmp/group")"
wait "$client"
is $? 0 'it goes on to its end'
is "$(cell result) $(cell error)" 'done ' 'and says so'
like "$(cat "$err")" 'starting nothing new' 'it had heard the signal'
whole web h2
clean
done_testing
