#!/bin/sh
# host-power where no BMC answers: who is meant, credentials, URLs; nothing of a password in what is said.
. "${0%/*}/../tap.sh"
one=ipmi://127.0.0.1:9
(umask 077 && printf 'user = admin\npassword = sesame-9Qx7\n' >auth)

power() {
	host-power "$@" --bmc-auth "$tmp/auth" --timeout 200ms
}

# cell COLUMN: of the one row of $out
cell() {
	awk -F '\t' -v c="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i } NR == 2 { print $k }' "$out"
}

exits 75 'no answer' power status $one
is "$(cell power) $(cell result)" 'unknown unknown' 'is unknown'
like "$(cell error)" 'no answer' 'and says so'
exits 75 'when it is to be off, too' power off $one
is "$(cell power) $(cell wanted) $(cell result)" 'unknown off unknown' 'for it may be on'
exits 75 'a dry run' power off --dry-run $one
is "$(cell result)" unknown 'is none the wiser'

# ---- credentials ----

cp auth open
chmod 640 open
exits 4 'credentials that others can read' host-power status --bmc-auth open $one
is "$(cell power) $(cell result)" 'unknown refused' 'are refused'
like "$(cell error)" 'others may read' 'and why'
printf 'user = admin\npassword sesame-9Qx7\n' >bad
chmod 600 bad
exits 2 'credentials with a mistake' host-power status --bmc-auth bad $one
like "$(cell error)" 'bad:2: ' 'the line is named'
unlike "$(cat "$out" "$err")" sesame 'and not shown'
exits 2 'credentials that are not there' host-power status --bmc-auth nothing $one
exits 4 'a device in their place' host-power status --bmc-auth /dev/null $one
exits 4 'none at all' host-power status $one
like "$(cell error)" 'no credentials' 'and what is missing'

# ---- who is meant ----

ok 'a host without a BMC' host-add h1 test:///default
ok 'all that have one' host-power status
is "$(wc -l <"$out")" 1 'are none'
exits 4 'a host that has none, by name' power status h1
like "$(cell error)" 'no BMC is declared' 'is told of'
ok 'a BMC for it' host-set h1 --bmc $one --bmc-auth "$tmp/auth"
is "$(host-list -n -o bmc,bmc_auth h1)" "$one	$tmp/auth" 'is in the inventory'
exits 75 'by name' host-power on --timeout 200ms h1
is "$(cell name) $(cell bmc) $(cell wanted)" "h1 $one on" 'the one that is declared'
host-scan >/dev/null
exits 4 'off, with VMs on it' host-power off --timeout 200ms h1
like "$(cell error)" 'as last seen' 'is refused'
exits 75 'unless it is to be' host-power off --force --timeout 200ms h1
exits 4 'a host that is not declared' power on h9
exits 2 'an address alone' power on 10.0.0.7
like "$(cat "$err")" "BMC '10.0.0.7': is ipmi://10.0.0.7 meant" 'is told how it is to be written'
exits 4 'hosts that are not there' host-set 'h[1-2]' --bmc $one
exits 2 'a relative path' host-set h1 --bmc-auth auth
ok 'taken away' host-set h1 --bmc= --bmc-auth=
is "$(host-list -n -o bmc,bmc_auth h1)" '	' 'none any more'

# ---- URLs that are none ----

for url in 'ipmi://$(touch run)' 'ipmi://-h' 'ipmi://a b' 'ipmi://10.66.0.[1' 'ipmi://x;id' 'http://10.66.0.1' \
	'ipmi://10.66.0.1:99999' "ipmi://$(printf 'a\nb')" 'ipmi://' '://' 'ipmi+ext://x?command=id'; do
	exits 2 "refused: $(printf %s "$url" | tr '\n' '?')" power status "$url"
	is "$(wc -l <"$err")" 1 'in one line'
done
exits 2 'a password in a URL' power status ipmi://admin:sesame-9Qx7@127.0.0.1
unlike "$(cat "$out" "$err")" sesame 'is refused, and not shown'
exits 2 'in host-set' host-set h1 --bmc ipmi://admin:sesame-9Qx7@127.0.0.1
unlike "$(cat "$out" "$err")" sesame 'nor there'
exits 2 'in a row' sh -c 'printf "bmc\nipmi://admin:sesame-9Qx7@127.0.0.1\n" | host-power status -'
unlike "$(cat "$out" "$err")" sesame 'nor there'
exits 2 'host-set with what is no BMC' host-set h1 --bmc 'http://127.0.0.1/'
exits 2 'rows of something else' sh -c 'printf "x\n1\n" | host-power on -'
exits 2 'a boot device that there is not' power boot-device floppy $one
ok 'no file was made by a name' test ! -e run
is "$(vmm-fsck -n --offline 2>&1)" '' 'no work is left open'
done_testing
