#!/bin/sh
# vm-migrate of running VMs on shared storage: they run on, with all that belongs to them
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"

lab_up h1 h2
declare_hosts tcp h1 h2
lab guest h1 web disk=shared start
lab guest h2 idle mem=64
lab guest-xml h1 passing >"$tmp/passing.xml"
on h1 autostart web >/dev/null
lab wait web

# Nothing is done where nothing was asked for.
before=$(on h1 dumpxml web)$(on h2 list --all)
ok '--check' migrate web --to h2 --check
is "$(cell result) $(cell method) $(cell error)" 'possible live ' 'says that it is possible'
ok '--dry-run' migrate web --to h2 --dry-run
is "$(cell result)" possible 'says the same'
ok '--candidates' migrate web --candidates
is "$(sed 1d "$out")" "$(printf 'web\th1\tno\tit is already on '\''h1'\''\nweb\th2\tyes\t')" 'one row a host'
is "$(on h1 dumpxml web)$(on h2 list --all)" "$before" 'none of them does anything'

lab watch web "$tmp/watch" >/dev/null
boots=$(lab boots web)
ok 'live' migrate web --to h2 --progress json --bandwidth 40M
cp "$out" "$tmp/row" && cp "$err" "$tmp/progress"
is "$(cell vm) $(cell from) $(cell to) $(cell method) $(cell result) $(cell error)" 'web h1 h2 live done ' 'its row'
ok 'the cost is plausible' awk -F '\t' 'NR == 2 && $6 > 0.3 && $6 < 30 && $7 > 0 && $7 < 5000 && $8 > 20e6 && $8 < 200e6 { ok = 1 } END { exit !ok }' "$tmp/row"
diag "$(sed 1d "$tmp/row")"
ok 'progress is JSON' jq -se 'length > 3 and all(.subject == "web" and (.done | type) == "number")' "$tmp/progress"
like "$(jq -r .stage "$tmp/progress" | sort -u | paste -sd ' ')" '^done memory$' 'and tells the stages'
ok 'and how far it is' jq -se 'map(.done) | max > 1e6' "$tmp/progress"
ok 'to the end' jq -se '.[-1] | .stage == "done" and .done > 1e6 and .done == .total' "$tmp/progress"
whole web h2
is "$(on h2 dominfo web | sed -n 's/^Autostart: *//p')" enable 'autostart goes with it'
within 10 grep -q . "$tmp/watch" && sleep 0.3
is "$(lab watched "$tmp/watch" | cut -f 2,4 | sed 1d)" "$(printf '0\tyes')" 'its connection lost nothing and is open still'
diag "longest pause: $(lab watched "$tmp/watch" | sed 1d | cut -f 3) ms"
is "$(lab boots web)" "$boots" 'it did not boot again'
is "$(lab adm vm-list -n -o name,host,state --name web)" "$(printf 'web\th2\tnormal')" 'the inventory knows'

ok 'several connections, short downtime' migrate web --to h1 --parallel 2 --max-downtime 100ms
whole web h1
ok 'suspended' on h1 suspend web
ok 'a paused one moves' migrate web --to h2 --live
is "$(where web)" h2:paused 'and stays paused'
ok 'resumed' on h2 resume web
whole web h2

exits 1 '--tls without certificates' migrate web --to h1 --tls
like "$(cell error)" "credentials.*; the VM is on 'h2' \\(running\\)" 'says why, and where it is'
whole web h2

# Transient: it exists as long as it runs.
ok 'a transient VM' on h1 create "$tmp/passing.xml"
passing=$(sed -n 's/.*<uuid>\(.*\)<.*/\1/p' "$tmp/passing.xml")
ok 'moves' migrate passing --to h2
is "$(on h1 list --all --uuid | grep -c "$passing") $(on h2 list --transient --state-running --uuid)" "0 $passing" 'and is transient there'
exits 4 'cold it can not' migrate passing --to h1 --cold
like "$(cell error)" transient 'for it has no definition'

# Ways to name them
ok 'by host and name' migrate h2/web --to h1
ok 'by UUID' migrate "$(lab uuid web)" --to h2
ok 'rows on stdin, each with its target' sh -c "printf 'vm\tto\nweb\th1\npassing\th1\n' | $top/tests/lab/lab adm vm-migrate - --format csv"
is "$(sed 1d "$out" | cut -d, -f 1-5 | sort)" "$(printf 'passing,h2,h1,live,done\nweb,h2,h1,live,done')" 'both moved'
ok 'NUL-separated' sh -c "printf 'web\0' | $top/tests/lab/lab adm vm-migrate -0 --to h2"
whole web h2

# One at a time
start_migrate web --to h1 --bandwidth 8M
within 20 copying web h2 || diag 'it does not move'
is "$(fsck -n)" '' 'vmm-fsck has nothing to say of one under way'
exits 75 'one under way is not begun again' migrate web --to h1
like "$(cell error)" "migrate of '$(lab uuid h1/web)' is already under way \(pid " 'says why'
mkdir -m 700 "$tmp/other"
lab adm sh -c 'cp "$VMM_STATE/hosts.tsv" "$VMM_STATE/vms.tsv" "$1"' - "$tmp/other"
exits 4 'nor by somebody with another state' lab adm env VMM_STATE="$tmp/other" vm-migrate web --to h1
like "$(cell error)" 'is busy with it' 'says why'
kill -INT $client && within 5 grep -q nothing "$tmp/killed.err" && kill -INT $client
wait $client
whole web h2

exits 2 'no target' migrate web
exits 2 'two ways at once' migrate web --to h1 --live --cold
exits 2 'an unknown policy' migrate web --to h1 --on-stall wait
clean
done_testing
