#!/bin/sh
# vm-migrate where a host takes connections and never answers: which one, and how long it was waited for
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"
need strace

lab_up h1 h2 h3
declare_hosts tcp h1 h2 h3
lab guest h1 web disk=shared start
lab guest h2 db
lab wait web
lab adm host-scan >/dev/null

lab freeze h2
printf 'vm\tto\nweb\th2\ndb\th1\nweb\th3\n' >"$tmp/rows"
exits 3 'a silent target, a silent source, and two that answer' \
	sh -c '"$1" adm vm-migrate --check -o vm,to,method,result,seconds,error - <"$2"' - "$top/tests/lab/lab" "$tmp/rows"
diag "$(sed 1d "$out")"
like "$(grep '^web	h2' "$out")" "	live	failed	2[0-4]\\.[0-9]*	host 'h2' does not answer$" 'the target is named, with method and time'
like "$(grep '^db	h1' "$out")" "		failed	2[0-4]\\.[0-9]*	host 'h2' does not answer$" 'the source is named'
like "$(grep '^web	h3' "$out")" "	live	possible	[0-9]\\." 'the others are not held up'
lab thaw h2
ok 'and later it goes' migrate --check web --to h2

# Silent after all is done: held at its last row, it finds nobody to say goodbye to.
: >"$tmp/held"
lab adm strace -f -qq -o /dev/null -P "$tmp/held" -e trace=write -e inject=write:delay_exit=4s \
	vm-migrate --check web --to h2 >"$tmp/held" &
client=$!
within 20 grep -q possible "$tmp/held" || diag 'no row'
lab freeze h2
started=$(milliseconds)
wait $client
is $? 0 'a host that is silent at the end: the result holds'
ok 'and the end does not wait for it' test $(($(milliseconds) - started)) -lt 12000
diag "$(($(milliseconds) - started)) ms"
lab thaw h2
whole web h1
clean
done_testing
