#!/bin/sh
# host-maint: a host is emptied, kept empty, given back; what can't move, and what a deadline leaves behind
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2 h3 small:mem=64M
declare_hosts tcp h1 h2 h3 small
for vm in a b c d; do lab guest h1 $vm mem=80 start & done
lab guest h1 off disk=shared
lab guest h2 e mem=80 start
wait
for vm in a b c d e; do lab wait $vm 60; done
lab adm host-scan >/dev/null

maint() {
	lab adm host-maint "$@"
}

# "VM:RESULT" of each, the host's own row as "HOST=RESULT"
rows() {
	awk -F '\t' 'NR > 1 { print ($2 == "" ? $1 "=" $4 : $2 ":" $4) }' "$out" | sort | paste -sd ' '
}

listed() {
	maint list -n -o host,state,running
}

exits 0 'a dry run' maint enter --dry-run h1
is "$(rows)" 'a:possible b:possible c:possible d:possible h1=possible off:stays' 'says what would be moved'
is "$(listed)" '' 'and marks nothing'

before=$(ticks a)
exits 0 'enter' maint enter h1
is "$(rows)" 'a:done b:done c:done d:done h1=done off:stays' 'a row for each VM, and for the host'
is "$(tail -n 1 "$out" | cut -f1,2)" "h1	" 'that of the host is the last'
is "$(cut -f3 "$out" | grep -c 'h[23]')" 4 'they went to the others'
is "$(cut -f3 "$out" | grep h | sort | uniq -c | awk '$1 == 2' | wc -l)" 2 'to both, which have as much room'
for vm in a b c d; do whole $vm "$(where $vm | grep -Eo 'h[23]:running' | cut -d: -f1)"; done
ok 'and were never restarted' counted a "$before"
is "$(lab boots a)" 1 'their guests booted once'
is "$(where off)" 'h1:shut off' 'what is stopped stays'
is "$(listed)" 'h1	in	' 'the host is in maintenance'
like "$(maint list -n -o since)" '^20..-..-..T..:..:..Z$' 'since when'
exits 4 'nothing moves to it' migrate a --to h1
exits 0 'again' maint enter h1
is "$(rows)" 'h1=done off:stays' 'there is nothing to do'
ok 'with those that are stopped' maint enter h1 --with-stopped
like "$(where off)" 'h[23]:shut off' 'they move too'

exits 0 'leave' maint leave h1
is "$(cell result)" 'done' 'takes the mark away'
is "$(listed)" '' 'and it is not listed any more'
exits 0 'leave, again' maint leave h1
is "$(cell result)" 'already' 'has nothing to do'
ok 'VMs can come' migrate a b c d off --to h1

# ---- what is in the way ----

lab guest h1 rooted mem=80 disk=local start
lab wait rooted 60
lab adm host-scan >/dev/null
exits 3 'a VM whose disk nobody else reaches' maint enter h1
like "$(rows)" 'rooted:refused' 'stays'
exits 0 'it goes with its disk' maint enter h1 --move
like "$(rows)" 'h1=done off:stays rooted:done' 'and the host is empty'
whole rooted "$(where rooted | grep -Eo 'h[23]:running' | cut -d: -f1)"
lab adm vm-rm --stop rooted >/dev/null
maint leave h1 >/dev/null
ok 'the others come back' migrate a b c d --to h1

lab adm host-set h1 --label master=web >/dev/null
exits 4 'the master of a pool' maint enter h1
like "$(cell error)" "it is the master of pool 'web'.*host-set h1 --unlabel master; host-set HOST --label master=web" 'does not enter, and is told how it can'
is "$(listed)" '' 'nor is it marked'
lab adm host-set h1 --unlabel master >/dev/null

lab adm host-set h2 h3 --group other >/dev/null
exits 4 'where nothing fits' maint enter h1
is "$(rows)" 'a:refused b:refused c:refused d:refused h1=refused off:stays' 'nothing moves'
like "$(cell error)" 'no host takes it: not enough memory' 'it says why'
like "$(tail -n 1 "$out")" 'there still are: a, b, c, d' 'and what is still there'
is "$(listed)" 'h1	entering	a,b,c,d' 'the mark stays: it is entering'
lab adm host-set h2 h3 --group '' >/dev/null

exits 1 'a deadline' maint enter h1 --deadline 4s --jobs 1 --bandwidth 8M
like "$(rows)" ':aborted' 'ends what runs'
like "$(cell error)" 'the deadline has passed: ' 'and says so'
like "$(listed)" '^h1	entering	' 'it is still entering'
for vm in a b c d; do lab_n=$(ticks $vm); ok "$vm runs on" within 10 counted $vm "$lab_n"; done
exits 0 'the rest' maint enter h1
like "$(rows)" 'h1=done' 'is done by entering again'

maint leave h1 >/dev/null
ok 'the others come back again' migrate a b c d --to h1
"$top/tests/lab/lab" adm host-maint enter h1 --jobs 1 --bandwidth 24M >"$tmp/killed.out" 2>&1 </dev/null &
client=$!
within 20 copying a h1 || diag 'a does not move'
kill -KILL $client
wait $client 2>/dev/null
exits 0 'killed, and entered again' maint enter h1
like "$(rows)" 'h1=done' 'does the rest'
is "$(fsck -n)" '' 'and has mended what was halfway'
for vm in a b c d; do whole $vm "$(where $vm | grep -Eo 'h[23]:running' | cut -d: -f1)"; done

exits 0 'two hosts at once' maint enter h2 h1
is "$(rows | tr ' ' '\n' | grep '=')" 'h1=done
h2=done' 'are both emptied'
is "$(where e)" 'h3:running' 'to the one that is left'
lab freeze h3
exits 75 'a host that is silent' maint enter h3
like "$(tail -n 1 "$out")" 'h3		.*failed.*it does not answer' 'says so'
is "$(maint list -n -o host,state h3)" 'h3	unknown' 'and is listed so'
lab thaw h3
lab adm host-scan >/dev/null
clean
done_testing
