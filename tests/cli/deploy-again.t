#!/bin/sh
# host-deploy run again, and twice at the same time: what an earlier run knows must not be taken for what is
# time limit: 200
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/played.sh"
need flock

disk raw 1M
played_lab raw 10.0.0.10-10.0.0.19
played_profile "ssh-keys = $key" 'boot = 3s'
mkdir "$VMM_BOOT/images"
m=52:54:00:00:00:0

begins='2:begin 2:done 3:begin 3:done 4:begin 4:done 5:begin 5:disk:serial:A1 6:begin progress:4096:8192'
how='--retries 0 --until customise -n -o result,error'
deploy() {
	# shellcheck disable=SC2086
	host-deploy lab "$@" $how
}

# ---- a host at work ----

host-add work test:///default >/dev/null
at_work=00000000-0000-4000-8000-000000000009
awk -F '\t' -v OFS='\t' -v uuid=$at_work 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "uuid") c = i } NR > 1 { $c = uuid } { print }' \
	"$VMM_STATE/hosts.tsv" >changed && cat changed >"$VMM_STATE/hosts.tsv"
is "$(host-list -n -o uuid work)" $at_work 'a host'
exits 4 '--resume of a host that was never deployed' deploy work --uuid "$at_work" --mac ${m}9 --resume
like "$(cat "$out")" "^refused	it is host 'work'; --wipe work" 'does not touch it'
exits 4 '--wipe of it under another name' deploy other --uuid "$at_work" --mac ${m}9 --wipe other
like "$(cat "$out")" "^refused	it is host 'work': deploy it by that name" 'is refused'

# ---- cut short, gone on with, and failed after all ----

# shellcheck disable=SC2086
agent n1 $begins
# shellcheck disable=SC2086
host-deploy lab n1 --uuid $u1 --mac ${m}1 $how >/dev/null 2>&1 &
deploy=$!
for _ in $(seq 100); do grep -q progress "$VMM_BOOT"/jobs/*/events 2>/dev/null && break; sleep 0.1; done
sleep 0.5
kill -KILL $deploy
wait $deploy $agent 2>/dev/null
is "$(machine n1 touched) $(ippool show -n -o holder)" "yes $u1" 'killed in the middle'
rm -rf "$VMM_BOOT"/jobs/*
deploy n1 --resume >"$out" 2>&1 &
deploy=$!
for _ in $(seq 100); do cat "$VMM_BOOT"/jobs/*/job.json >job.json 2>/dev/null && break; sleep 0.1; done
wait $deploy
is "$? $(cut -f 1 "$out")" '75 failed' '--resume that fails'
like "$(cat job.json)" '"only": *"serial:A1"' 'was for the disk that was begun'
is "$(ippool show -n)" '' 'gives back the address of the run before'

# ---- twice at the same time: both have planned before one begins ----

# hold: the image has to be prepared again, and nobody may before let_go
hold() {
	rm -rf "$VMM_BOOT"/images/[0-9a-f]* go
	flock -o "$VMM_BOOT/images/.lock" sh -c 'touch held; until test -e go; do sleep 0.1; done' &
	holder=$!
	until test -e held; do sleep 0.1; done
}
let_go() {
	sleep 1
	rm held
	touch go
	wait $holder
}
hold
deploy same --uuid $u2 --mac ${m}2 >two &
two=$!
deploy same --uuid $u3 --mac ${m}3 >three &
three=$!
let_go
wait $two $three
is "$(cat two three | cut -f 1 | sort | paste -sd ' ')" 'failed refused' 'two machines of one name: one gets it'
like "$(cat two three)" '^refused	another machine has that name' 'the other is told'

hold
deploy n1 --resume >once &
once=$!
sleep 0.5
# Another run has come to the end meanwhile.
awk -F '\t' -v OFS='\t' 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
	$c["name"] == "n1" { $c["state"] = "done"; $c["written"] = "yes" } { print }' \
	"$VMM_STATE/machines.tsv" >changed && cat changed >"$VMM_STATE/machines.tsv"
let_go
wait $once
is "$(cat once)" 'already	' 'one that another run has finished is not written again'
is "$(machine n1 state) $(machine n1 written)" 'done yes' 'and stays so'
done_testing
