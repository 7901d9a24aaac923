#!/bin/sh
# host-deploy: what is refused before any machine is touched, and the way of one whose boot server and agent
# are played by tests/helpers/agent-helper.c. Real machines: tests/slow.
# time limit: 300
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/played.sh"
need jq qemu-img

disk raw 8M
printf 'data' | dd of=raw bs=1 seek=1048576 conv=notrunc 2>/dev/null
played_lab raw 10.0.0.10-10.0.0.19 --gateway 10.0.0.1 --dns 10.0.0.2
cat >"$VMM_CONF/machines/lab.conf" <<-EOF2
	image = disk
	name = node[1-2]
	ssh-keys = $key
	[disk]
	size = 1M-1T
	[nic]
	match = 1
	ip4 = front
	[deadlines]
	boot = 8s
	image = 3s
EOF2
echo '#!/bin/sh' >script
imglib add --kind script tool script >/dev/null
m1=52:54:00:00:00:01 m2=52:54:00:00:00:02

# ---- refused ----

refuse() {
	want=$1 error=$2 code=0
	shift 2
	host-deploy -n -o result,error "$@" >"$out" 2>"$err" </dev/null || code=$?
	got="$code $(cut -f 1 "$out" | paste -sd ' ')"
	if test "$got" = "$want" && grep -q -- "$error" "$out" "$err"; then
		return
	fi
	echo "$*: $got: $(cat "$out" "$err")"
}
{
	rm "$VMM_BOOT"/agent/*
	refuse '4 ' 'there is no agent in' lab --uuid $u1 --mac $m1 n1
	touch "$VMM_BOOT/agent/vmlinuz" "$VMM_BOOT/agent/initrd"
	exec 9<&-
	refuse '4 ' "no boot-serve runs here for the boot folder '$VMM_BOOT'" lab n1 --uuid $u1 --mac $m1
	refuse '0 done' '' lab n1 --uuid $u1 --mac $m1 --until discover
	rm "$VMM_STATE/machines.tsv"
	played_served
	refuse '4 ' "no machine profile 'none'" none n1
	refuse '4 refused' "nothing is known of 'n1'" lab n1
	refuse '2 refused' 'its MAC address is not known' lab n1 --uuid $u1
	refuse '2 refused' 'its UUID is not known' lab n1 --mac $m1
	refuse '2 refused' "'x' is no UUID" lab n1 --uuid x --mac $m1
	refuse '2 refused' "'1:2' is no MAC address" lab n1 --uuid $u1 --mac 1:2
	refuse '2 refused' "'N1' cannot be a host name" lab N1 --uuid $u1 --mac $m1
	refuse '2 refused' 'no file with the credentials' lab n1 --uuid $u1 --mac $m1 --bmc ipmi://10.0.0.7
	refuse '2 refused' 'credentials of its BMC .*: none' lab n1 --uuid $u1 --mac $m1 --bmc ipmi://10.0.0.7 --bmc-auth none
	refuse '2 ' 'are for one NAME' lab n1 n2 --uuid $u1
	refuse '2 ' "'lunch': not one of" lab n1 --until lunch
	refuse '2 ' "--wipe 'n9': it is not among those" lab n1 --uuid $u1 --mac $m1 --wipe n9
	refuse '2 ' "--wipe 'n9': it is not among those" lab n1 --uuid $u1 --mac $m1 --wipe n9 --dry-run
	touch bare && chmod 600 bare
	refuse '2 refused' "BMC '10.0.0.7': .*is ipmi://10.0.0.7 meant" lab n1 --uuid $u1 --mac $m1 --bmc 10.0.0.7 --bmc-auth bare --dry-run
	chmod 644 bare
	refuse '4 refused' "others may read" lab n1 --uuid $u1 --mac $m1 --bmc ipmi://10.0.0.7 --bmc-auth bare --dry-run
	printf 'include = lab\n[script s]\nfile = nope\nwhen = late\n' >"$VMM_CONF/machines/bare.conf"
	refuse '4 ' "script 'nope' is not in the library" bare n1 --uuid $u1 --mac $m1 --dry-run
	refuse '0 possible' '' lab n1 --uuid $u1 --mac $m1 --dry-run
	refuse '2 ' "'known' is not an absolute path" lab n1 --uuid $u1 --mac $m1 --known-hosts known
	touch key && chmod 0644 key
	refuse '4 ' 'its mode must be 0600' lab n1 --uuid $u1 --mac $m1 --key key
	chmod 0600 key
	printf 'include = lab\nrole = kvm\n' >"$VMM_CONF/machines/kvm.conf"
	ippool create bare --range 10.9.0.1-10.9.0.9 >/dev/null
	printf 'include = lab\n[nic]\nmatch = 1\nip4 = bare\n' >"$VMM_CONF/machines/bare.conf"
	for dry in --until=role --dry-run; do
		refuse '4 ' "bare.conf:4: .*pool 'bare' has no prefix" bare n1 --uuid $u1 --mac $m1 $dry
	done
	printf 'include = lab\n[nic]\nmatch = 1\nip4 = none\n' >"$VMM_CONF/machines/bare.conf"
	refuse '4 ' "there is no pool 'none'" bare n1 --uuid $u1 --mac $m1 --dry-run
	refuse '2 ' 'parameter keyfile: not an absolute path' kvm n1 --uuid $u1 --mac $m1 --key key
} >bad
is "$(cat bad)" '' 'each is refused with its reason'
is "$(ippool show -n; find "$VMM_BOOT/jobs" -mindepth 1 2>/dev/null)" '' 'nothing was taken'
cat >rows <<-EOF2
	name	uuid	mac
	 	$u1	$m1
	 	$u2	$m2
EOF2
sed -i 's/^ //' rows
is "$(host-deploy lab - --dry-run -n -o name,result <rows)" 'node1	possible
node2	possible' 'names by the pattern'

printf 'user = u\npassword = p\n' >auth && chmod 600 auth
cat >rows <<-EOF2
	name	uuid	mac	bmc	bmc_auth
	node1	$u1	$m1	ipmi://10.0.0.7	auth
	node2	$u2	$m2	ipmi://10.0.0.7	auth
EOF2
is "$(host-deploy lab - --dry-run -n -o result,error <rows)" "possible	
refused	another one has its BMC 'ipmi://10.0.0.7'" 'one BMC is for one machine'

# ---- all goes well ----

# shellcheck disable=SC2086
agent node1 $well 8:hostkey:"$key" 8:done end:done
ok 'a machine until customise' host-deploy lab node1 --uuid $u1 --mac $m1 --until customise -n -o name,uuid,addresses,stage,result
wait $agent
is "$(cat "$out")" "node1	$u1	10.0.0.10	customise	done" 'its row'
is "$(ippool show -n -o address,holder)" "10.0.0.10	$u1" 'it holds its address'
is "$(find "$VMM_BOOT/jobs" -mindepth 1)" '' 'its job is gone'
like "$(cat "$VMM_STATE/deploy/node1.txt")" ' 6 image: done' 'the log has the stages, with numbers'
is "$(cut -d ' ' -f 2 "$VMM_STATE/deploy/node1.txt" | sort -u | paste -sd ' ')" '1 2 3 4 5 6 7 8' 'all of them'
is "$(machine node1 state) $(machine node1 written)" 'stopped yes' 'the table says how far it is'
sha=$(imglib list -n -o sha256 disk)
is "$(cat "$VMM_BOOT/images/$sha/info" | sed -n 's/^size=//p')" 8388608 'the image is prepared'
is "$(vmm-fsck -n --offline)" '' 'and there is nothing to mend'

printf 'include = lab\n[deadlines]\nrole = 1s\n' >"$VMM_CONF/machines/soon.conf"
# shellcheck disable=SC2086
agent node3 $well 8:hostkey:"$key" 8:done end:done
exits 75 'a machine that does not come back' host-deploy soon node3 --uuid $u3 --mac 52:54:00:00:00:03 --known-hosts "$tmp/known" -n -o stage,result
wait $agent
like "$(cat "$VMM_STATE/deploy/node3.txt")" ' 9 role: waits for ssh at 10.0.0.11$' 'its log tells where it was waited for'
ippool checkin front --for $u3 >/dev/null

# ---- the agent refuses, or a script fails ----

agent node2 2:begin 2:done 3:begin 3:done 4:begin 4:done 5:begin 'log:no such controller' '5:failed:raid failed with 3' 'end:failed'
exits 1 'a script that fails' host-deploy lab node2 --uuid $u2 --mac $m2 -n -o stage,result,error
wait $agent
like "$(cat "$out")" '^scripts	failed	scripts: raid failed with 3; it printed: no such controller' 'is in the row with its output'
# shellcheck disable=SC2086
agent node2 $well 'log:no such package' '8:failed:tool failed with 4' 'end:failed'
exits 1 'a late one' host-deploy lab node2 --uuid $u2 --mac $m2 -n -o stage,result,error
wait $agent
like "$(cat "$out")" '^customise	failed	customise: tool failed with 4; it printed: no such package' 'as well'
is "$(ippool show -n -o holder)" "$u1" 'its address is given back'
is "$(machine node2 state) $(machine node2 job)" 'failed ' 'a clear end state'
agent node2 2:begin 2:done 3:begin 3:done 4:begin 4:done 6:begin '6:refused:the disk vda carries data' 'end:refused the disk'
exits 4 'a disk with a system' host-deploy lab node2 --uuid $u2 --mac $m2 -n -o stage,result,error
wait $agent
like "$(cat "$out")" '^image	refused	image: the disk vda carries data' 'is refused in the words of the agent'
is "$(vmm-fsck -n --offline)" '' 'and there is nothing to mend'

evil=$(printf 'ssh-ed25519 AAAA\n10.0.0.1 ssh-ed25519 AAAA')
# shellcheck disable=SC2086
agent node2 $well 8:hostkey:"$evil" 8:done end:done
exits 1 'a host key with a line about another machine' host-deploy lab node2 --uuid $u2 --mac $m2 --until customise -n -o error
wait $agent
like "$(cat "$out")" 'a host key that is none' 'is not taken'

# ---- it stops in the middle: another start may overwrite what is its own ----

# shellcheck disable=SC2086
agent node2 2:begin 2:done 3:begin 3:done 4:begin 4:done 6:begin progress:4096:8192 again sleep:500 $well 8:hostkey:"$key" 8:done end:done
host-deploy lab node2 --uuid $u2 --mac $m2 --until customise --retries 1 -n -o stage,result >"$out" 2>"$err" &
deploy=$!
for _ in $(seq 100); do
	wiped=$(cat "$VMM_BOOT"/jobs/*/job.json 2>/dev/null | jq -s 'any(.[]; .wipe)')
	test "$wiped" = true && break
	sleep 0.1
done
wait $deploy
is "$? $(cat "$out")" '0 customise	done' 'a second start finishes it'
wait $agent
is "$wiped" true 'with leave to overwrite what it has begun'
like "$(cat "$VMM_STATE/deploy/node2.txt")" 'image: not at an end after 3 s; start 2 of 2' 'the log tells why'

agent node2 2:begin
exec 9<&-
exits 75 'one that never gets further' host-deploy lab node2 --served-elsewhere --uuid $u2 --mac $m2 --wipe node2 --retries 0 --until agent -n -o stage,result,error
wait $agent
like "$(cat "$out")" '^boot	failed	boot: not at an end after 8 s' 'ends by its deadline'
played_served

# ---- killed, and gone on with ----

# shellcheck disable=SC2086
agent node2 2:begin 2:done 3:begin 3:done 4:begin 4:done 6:begin progress:4096:8192 sleep:1000 $well 8:hostkey:"$key" 8:done end:done
host-deploy lab node2 --uuid $u2 --mac $m2 --until customise >/dev/null 2>&1 &
deploy=$!
for _ in $(seq 100); do grep -q progress "$VMM_BOOT"/jobs/*/events 2>/dev/null && break; sleep 0.1; done
kill -KILL $deploy
wait $deploy 2>/dev/null
wait $agent
exits 4 'after a kill it is not begun anew' host-deploy lab node2 --until customise -n -o result,error
like "$(cat "$out")" '--resume goes on with it' 'and says how to go on'
like "$(vmm-fsck --offline -n)" '^deploy	node2	was being deployed' 'vmm-fsck knows of it'
ok '--resume finds that the agent went on by itself' host-deploy lab node2 --resume --until customise -n -o stage,result
is "$(cat "$out")" 'customise	done' 'and needs no other start'
is "$(machine node2 written)" yes 'its disk is whole'
host-deploy lab node1 --uuid $u1 --mac $m1 --wipe node1 --until agent >/dev/null 2>&1 &
deploy=$!
for _ in $(seq 100); do test -e "$VMM_BOOT"/jobs/*/armed && break; sleep 0.1; done
kill -KILL $deploy
wait $deploy 2>/dev/null
exits 0 'vmm-fsck --repair' vmm-fsck --offline --repair -n -o kind,object,mended
is "$(cat "$out")" 'deploy	node1	yes' 'takes away what is left'
is "$(find "$VMM_BOOT/jobs" -mindepth 1)" '' 'the job'
is "$(vmm-fsck --offline -n)" '' 'and then there is nothing'

# ---- Ctrl-C ----

host-deploy lab node1 --uuid $u1 --mac $m1 --wipe node1 -n -o result >first 2>"$err" &
deploy=$!
for _ in $(seq 100); do test -e "$VMM_BOOT"/jobs/*/armed && break; sleep 0.1; done
exits 75 'one that another run is at work on' host-deploy lab node1 --uuid $u1 --mac $m1 --wipe node1 -n -o result
is "$(cat "$out")" refused 'is refused'
kill -INT $deploy
sleep 0.3
kill -INT $deploy
wait $deploy
is "$(cat first)" 'aborted' 'the second Ctrl-C gives it up'
is "$(find "$VMM_BOOT/jobs" -mindepth 1; vmm-fsck --offline -n)" '' 'cleanly'
done_testing
