#!/bin/sh
# boot-list: jobs, machines that nobody knows, and how those are approved
. "${0%/*}/../tap.sh"
need jq

VMM_BOOT=$tmp/boot
export VMM_BOOT
exits 4 'no boot folder' boot-list
like "$(cat "$err")" "cannot open the boot folder '$tmp/boot'" 'is named'
exits 2 '--approve of none' boot-list --approve
is "$(boot-list --boot / 2>&1)" "boot-list: cannot read '//jobs': No such file or directory" '--boot'

uuid=00000000-0000-4000-8000-00000000000
echo "{\"uuid\":\"${uuid}1\",\"macs\":[\"52-54-00-00-00-01\",\"52:54:00:00:00:02\"],\"name\":\"one\",\"serial\":\"S 1\"}" >job.json
id=$(agent-boot job boot job.json)
stranger=00000000000000000000000000000aaa
cat >boot/seen/$stranger.json <<EOT
{"id":"$stranger","mac":"52:54:00:00:00:09","uuid":"${uuid}9","serial":"","platform":"efi","address":"10.0.0.9",
"first":"2026-11-22T10:00:00Z","last":"2026-11-22T10:00:01Z","count":2}
EOT
is "$(boot-list -n -o id,kind,name,mac,serial,state)" "$(printf '%s\n' "$id	deploy	one	52:54:00:00:00:01,52:54:00:00:00:02	S 1	armed" \
	"$stranger	unknown		52:54:00:00:00:09		waiting")" 'a job and a stranger'
is "$(boot-list -n -o platform,address,count,last $stranger)" 'efi	10.0.0.9	2	2026-11-22T10:00:01Z' 'what is known of it'
is "$(boot-list -n -o id 52:54:00:00:00:02)" "$id" 'by its MAC'
is "$(boot-list -n -o id 5254.0000.0002 2>&1; boot-list -n -o id 52-54-00-00-00-02)" "boot-list: no machine or job '5254.0000.0002'
$id" 'in another writing'
exits 4 'one that there is not' boot-list 52:54:00:00:00:03
exits 4 'none to approve' boot-list --approve 52:54:00:00:00:03
exits 4 'nor is a job' boot-list --approve "$id"
is "$(boot-list -n --approve -o kind,state 52-54-00-00-00-09)" 'inspect	armed' 'a stranger is approved'
is "$(ls boot/seen)" '' 'and none any more'
until=$(cat "boot/jobs/$(boot-list -n -o id 52:54:00:00:00:09)/armed")
left=$((until - $(date +%s)))
ok 'for a day' test $left -gt 86000 -a $left -le 86400
done_testing
