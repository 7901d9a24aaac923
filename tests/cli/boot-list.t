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

# ---- what it has reported ----

found=$(boot-list -n -o id 52:54:00:00:00:09)
rm "boot/jobs/$found/armed"
echo '{"uuid":"'"${uuid}9"'","serial":"S 9","manufacturer":"Acme","product":"Anvil","firmware":"uefi","memory":1073741824,
	"cpus":{"count":4,"model":"X1"},"boot_mac":"52:54:00:00:00:09","nics":[{"name":"e0","mac":"52:54:00:00:00:0a","link":true}],
	"disks":[{"name":"vda","kind":"virtio","size":4096,"serial":"D9"}]}' >"boot/jobs/$found/inspect.json"
touch "boot/jobs/$found/ended"
is "$(boot-list -n -o state,mac,serial,product,firmware,cpus,memory,disks,vendor,cpu,nics "$found")" \
	'ended	52:54:00:00:00:09,52:54:00:00:00:0a	S 9	Anvil	uefi	4	1073741824	vda:virtio:4096:D9	Acme	X1	e0:52:54:00:00:00:0a:up' \
	'is in the row of its inspection'
is "$(boot-list "$found" | vmm-rows -n -o uuid,mac,firmware)" "${uuid}9	52:54:00:00:00:09,52:54:00:00:00:0a	uefi" 'for host-deploy, too'
echo '{' >"boot/jobs/$id/inspect.json"
echo '{' >"boot/jobs/$found/inspect.json.new" && mv "boot/jobs/$found/inspect.json" whole && mv "boot/jobs/$found/inspect.json.new" "boot/jobs/$found/inspect.json"
is "$(boot-list -n -o id,product "$found")" "$found	" 'a report that cannot be read hides nothing'
mv whole "boot/jobs/$found/inspect.json"
is "$(boot-list -n --approve -o kind,state,product "$found")" 'inspect	armed	' 'approved again'
again=$(boot-list -n -o id 52:54:00:00:00:09)
is "$(ls boot/jobs | sort)" "$(printf '%s\n' "$id" "$again" | sort)" 'instead of the one before'
exits 2 'both' boot-list --approve --forget "$again"
exits 2 '--forget of none' boot-list --forget
exits 4 '--forget of what is being deployed' boot-list --forget "$id"
: >"boot/jobs/$again/session"
exits 4 'of one that is just reporting' boot-list --forget "$again"
rm "boot/jobs/$again/session"
is "$(boot-list -n --forget -o id,state "$again")" "$again	forgotten" '--forget'
is "$(boot-list -n -o id)" "$id" 'is not there any more'
echo "{\"id\":\"$stranger\",\"mac\":\"52:54:00:00:00:09\",\"uuid\":\"${uuid}9\",\"count\":1}" >boot/seen/$stranger.json
ok '--forget of a stranger' boot-list --forget 52:54:00:00:00:09
is "$(ls boot/seen)" '' 'too'
done_testing
