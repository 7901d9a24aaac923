#!/bin/sh
# The whole way: nine VMs on one of three hosts, three of them busy; measured, planned, looked at, carried out
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1:mem=4G h2:mem=4G h3:mem=4G
for h in h1 h2 h3; do
	lab adm host-add $h "$(lab uri $h tcp)" --group prod >/dev/null || exit
done
idle='a b c d e f'
busy='x y z'
for vm in $idle; do lab guest h1 "$vm" start & done
for vm in $busy; do lab guest h1 "$vm" burn=60 start & done
wait
for vm in $idle $busy; do lab wait "$vm" 120; done
lab adm host-scan >/dev/null
mkdir -p "$VMM_CONF/groups"
printf 'aggressiveness = 4\n' >"$VMM_CONF/groups/prod.conf"

# What counts of a host: VMs, and how many of them are busy.
spread() {
	lab adm vm-list -n -o host,name | awk -F '\t' -v busy=" $busy " '
		{ n[$1]++; b[$1] += index(busy, " " $2 " ") > 0 }
		END { for (h in n) print h ":" n[h] ":" b[h] + 0 }' | sort | paste -sd ' '
}
is "$(spread)" h1:9:3 'all on one host'

exits 0 'load is measured and recorded' lab adm host-stat --interval 10s --record
exits 0 'how uneven it is' lab adm plan-balance --score -n -o score
before=$(cat "$out")
for vm in $idle $busy; do echo "$vm $(ticks "$vm")"; done >"$tmp/ticks"
lab adm plan-balance >"$tmp/p"
is "$?" 0 'a plan is made of it'
is "$(tail -n +2 "$tmp/p" | cut -f4 | sort | uniq -d)" '' 'no VM moves twice'
exits 0 'and can be looked at' lab adm plan-show "$tmp/p"
like "$(cat "$out")" 'h3' 'which tells of the hosts'
exits 0 'it still holds' lab adm plan-check "$tmp/p"
exits 0 'it is carried out' lab adm plan-run "$tmp/p"
is "$(cell result | sort -u)" done 'all of it'
is "$(spread)" 'h1:3:1 h2:3:1 h3:3:1' 'load is even'
stopped=$(while read -r vm n; do within 10 counted "$vm" "$n" || echo "$vm"; done <"$tmp/ticks")
is "$stopped" '' 'and all of the guests went on counting'
is "$(for vm in $idle $busy; do lab boots "$vm"; done | sort -u)" 1 'none began anew'

lab adm host-stat --interval 10s --record >/dev/null
exits 0 'how uneven it is now' lab adm plan-balance --score -n -o score
is "$(awk -v a="$(cat "$out")" -v b="$before" 'BEGIN { print a < b / 3 }')" 1 \
	"the score fell: $before, $(cat "$out")"

# ---- kept even while a host is away ----

exits 0 'a host is emptied' lab adm host-maint enter h2 --deadline 5m
is "$(lab adm vm-list -n --host h2 -o name)" '' 'nothing is on it'
lab adm plan-balance >"$tmp/p"
is "$(cell to "$tmp/p" | grep -c h2)" 0 'and no plan moves anything there'
exits 0 'it is given back' lab adm host-maint leave h2
lab adm host-stat --interval 10s --record >/dev/null
lab adm plan-balance | lab adm plan-run - >/dev/null
is "$(spread)" 'h1:3:1 h2:3:1 h3:3:1' 'and gets its share'
is "$(fsck -n)" '' 'nothing is left to mend'
done_testing
