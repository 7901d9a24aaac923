#!/bin/sh
# host-deploy's last stage and host-prepare, over a real sshd in a network of its own: the host key that
# the agent told of, roles, known_hosts.
# time limit: 300
. "${0%/*}/../tap.sh"
need_root
sshd=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd) || skip_all 'needs sshd'
need ssh-keygen unshare ip
test -n "${VMM_TEST_NET-}" || exec env VMM_TEST_NET=1 unshare -n -- "$top/tests/lab/deploy-ssh.t"
. "$top/tests/helpers/played.sh"

ip link set lo up
ip addr add 10.99.0.10/24 dev lo
ip addr add 10.99.0.11/24 dev lo
ip addr add 10.99.0.12/24 dev lo
HOME=$tmp/home
export HOME
mkdir -p "$HOME/.ssh" "$VMM_CONF/roles"

# ---- a server: root may log in with one key ----

for key in id other hostkey wrong; do ssh-keygen -q -t ed25519 -N '' -C test -f "$key"; done
ssh-keygen -q -t rsa -b 2048 -N '' -C test -f rsakey
# StrictModes would mind the mode of /tmp.
cat >sshd_config <<-EOF2
	Port 22
	ListenAddress 10.99.0.10
	ListenAddress 10.99.0.11
	ListenAddress 10.99.0.12
	HostKey $tmp/hostkey
	HostKey $tmp/rsakey
	PidFile $tmp/sshd.pid
	AuthorizedKeysFile $tmp/id.pub
	StrictModes no
	PermitRootLogin prohibit-password
	PasswordAuthentication no
	UsePAM no
EOF2
mkdir -p /run/sshd
"$sshd" -f "$tmp/sshd_config" -D -e 2>sshd.log &
server=$!
trap 'kill $server 2>/dev/null; cd / && rm -rf "$tmp"' EXIT
sleep 0.5
kill -0 $server || diag "$(cat sshd.log)"
hostkey=$(cut -d ' ' -f 1-2 hostkey.pub)

# ---- host-prepare ----

role() {
	printf '%s\n' "$2" >"$VMM_CONF/roles/$1"
}
# shellcheck disable=SC2016
role show "echo \"\$name\" >>$tmp/ran; exit 0"
role bad 'echo first; echo "no such pool" >&2; exit 7'
role slow 'echo working; sleep 60'
# shellcheck disable=SC2016
role loud 'i=0; while test $i -lt 20000; do echo "line $i of much text"; i=$((i + 1)); done; exit 1'

prepare() {
	host-prepare -n -o result,error "$@"
}
exits 4 'a server whose key is not known' prepare --role show --key "$tmp/id" 10.99.0.10
like "$(cat "$out")" '^refused	root@10.99.0.10: no host key is known of it' 'is refused'
echo "10.99.0.10 $(cut -d ' ' -f 1-2 wrong.pub)" >"$HOME/.ssh/known_hosts"
exits 4 'one that shows another key' prepare --role show --key "$tmp/id" 10.99.0.10
like "$(cat "$out")" 'it shows another host key than is known' 'is refused'
echo "10.99.0.10,10.99.0.11 $hostkey" >"$HOME/.ssh/known_hosts"
ssh-keygen -q -H -f "$HOME/.ssh/known_hosts" >/dev/null 2>&1
exits 4 'a key that does not let us in' prepare --role show --key "$tmp/other" 10.99.0.10
like "$(cat "$out")" 'it does not let us in' 'is refused'
chmod 0644 id
exits 4 'a key that others can read' prepare --role show --key "$tmp/id" 10.99.0.10
like "$(cat "$out")" 'its mode must be 0600' 'is refused'
chmod 0600 id
ok 'a role, with a hashed known_hosts' prepare --role show --key "$tmp/id" 10.99.0.10 10.99.0.11
is "$(sort ran)" '10.99.0.10
10.99.0.11' 'runs on each'
exits 1 'a role that fails' prepare --role bad --key "$tmp/id" 10.99.0.10
is "$(cat "$out")" 'failed	role bad ended with 7: first | no such pool' 'ends with its last lines'
exits 1 'one with much output' prepare --role loud --key "$tmp/id" 10.99.0.10
like "$(cat "$out")" 'line 19999 of much text$' 'keeps its end'
exits 75 'one that takes too long' prepare --role slow --timeout 1 --key "$tmp/id" 10.99.0.10
like "$(cat "$out")" 'role slow has printed: working: .*not at an end in time' 'is told of'
exits 2 'no such role' prepare --role plain --key "$tmp/id" 10.99.0.10
exits 4 'no such file' prepare --role nope --key "$tmp/id" 10.99.0.10
cp id "$HOME/.ssh/id_ed25519"
ok 'the usual key' prepare --role show 10.99.0.10
: >ran
chmod 0644 "$HOME/.ssh/known_hosts"

# ---- the last stage of host-deploy ----

disk raw 8M
played_lab raw 10.99.0.10-10.99.0.19
played_profile "ssh-keys-file = $tmp/id.pub" 'boot = 10s' 'role = 4s'

# deploy NAME UUID HOSTKEY [OPTION...]
deploy() {
	deploy_name=$1 deploy_uuid=$2 deploy_key=$3
	shift 3
	# shellcheck disable=SC2086
	agent "$deploy_name" $well "8:hostkey:$deploy_key" 8:done end:done
	deploy_code=0
	host-deploy lab "$deploy_name" --uuid "$deploy_uuid" --mac 52:54:00:00:00:0${deploy_uuid#"${deploy_uuid%?}"} \
		--key "$tmp/id" -n -o addresses,stage,result,error "$@" >"$out" 2>"$err" || deploy_code=$?
	wait $agent
	printf '%s ' $deploy_code && cat "$out" "$err"
}
is "$(deploy n1 $u1 "$hostkey")" '0 10.99.0.10	role	done	' 'with the host key that the agent told of'
ok 'it is known from now on' grep -Fqx "10.99.0.10 $hostkey" "$HOME/.ssh/known_hosts"
is "$(stat -c %a "$HOME/.ssh/known_hosts")" 644 'its mode is as it was'
like "$(grep -c . "$HOME/.ssh/known_hosts")" '^2$' 'once: the hashed line of before is gone'
like "$(cat "$VMM_STATE/deploy/n1.txt")" ' 9 role: it answers by ssh at 10.99.0.10' 'and the log has nine stages'
like "$(deploy n2 $u2 "$(cut -d ' ' -f 1-2 wrong.pub)")" '^4 .*role	refused	it has its system, but: root@10.99.0.11: it ' 'another host key is never taken'
is "$(ippool show -n -o address,holder | grep -c .)" 2 'its address stays with it: it has its system'
is "$(vmm-fsck -n --offline)" '' 'nothing to mend'
sed -i "s|$(cut -d ' ' -f 2 wrong.pub)|$(cut -d ' ' -f 2 hostkey.pub)|" "$VMM_STATE/machines.tsv"
ok '--resume with the right one' host-deploy lab n2 --resume --key "$tmp/id" -n -o addresses,stage,result
is "$(cat "$out")" '10.99.0.11	role	done' 'goes on from there, without the agent'
sed -i 's/^image = /role = show\n&/' "$VMM_CONF/machines/lab.conf"
like "$(deploy n3 $u3 "$hostkey" --known-hosts "$tmp/elsewhere")" "^4 .*role	refused	its libvirtd: ssh does not look .*elsewhere': UserKnownHostsFile" \
	'keys in a file that ssh does not know of'
sed -i '/^role = show/d' "$VMM_CONF/machines/lab.conf"
ok 'once more' host-deploy lab n2 --resume --key "$tmp/id" -n -o result
is "$(cat "$out")" 'already' 'there is nothing to do'
done_testing
