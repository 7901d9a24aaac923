#!/bin/sh
# vm-top: one table; and on a terminal, which is as it was before on every way out
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
need jq script
fixture

exits 3 'no terminal: one table' vm-top -i 1 --json --sort name
is "$(jq -r '[.what, .name] | @tsv' "$out" | paste -sd ' ')" 'host	h1 host	h2 host	h3 host	old vm	db1 vm	web1 vm	web2' \
	'hosts, then VMs that are on'
exits 0 'sorted by name' vm-top -1 -i 1 --sort name -n -o name h1 h3
is "$(paste -sd ' ' "$out")" 'h1 h3 db1 web1 web2' 'as asked'
exits 0 'by a column' vm-top -1 -i 1 --sort mem -n -o name h1 h3
exits 2 'by something else' vm-top --sort colour
exits 2 'too often' vm-top --interval 0.1

# typed COMMAND: what the terminal showed, when it got the lines of stdin as keys: "SECONDS KEY"
typed() {
	while read -r seconds key; do
		sleep "$seconds"
		printf %s "$key"
	done | TERM=xterm timeout 60 script -qec "stty rows 10 cols 100; stty -a >was; $1; echo status \$? >status; stty -a >is" shown >"$out" 2>&1
}
shown() { sed 's/\x1b\[[0-9;?]*[A-Za-z]/\n/g' shown | tr -d '\r'; }
restored() {
	is "$(cat is)" "$(cat was)" "$1: the terminal is as it was"
	ok "$1: the cursor and the screen too" grep -q "$(printf '\033')\[?25h$(printf '\033')\[?1049l" shown
}

typed 'vm-top -i 1 h1 h3' <<-KEYS
	3 a
	1 m
	1 q
KEYS
is "$(cat status)" 'status 0' 'q ends it'
like "$(shown)" '^[0-9TZ:-]+  hosts 2, VMs 3  by cpu ' 'a heading'
like "$(shown)" '^web1 +h1 +\[##########*\] +(0\.9|1\.0).*/1 ' 'a VM with its bar'
like "$(shown)" ' by name ' 'keys change the order'
like "$(shown)" ' by mem ' 'each another'
restored 'by q'
since=$(date +%s)
typed 'vm-top -i 8 h1' <<-KEYS
	9 q
KEYS
ok 'q does not wait for the next round' test $(($(date +%s) - since)) -lt 14
for signal in INT TERM HUP QUIT; do
	typed "vm-top -i 1 h1 </dev/tty & top=\$!; (sleep 2; kill -$signal \$top) & wait \$top" </dev/null
	restored "by SIG$signal"
done
typed 'sh -c "vm-top -i 1 h1 </dev/tty & sleep 2; kill -SEGV \$!; wait \$!"' </dev/null
restored 'by a bug'
rm "$tmp/h1.xml"
typed 'vm-top -i 1 h1' <<-KEYS
	3 q
KEYS
like "$(shown)" '^h1 +cannot connect' 'a host that does not answer says why'
done_testing
