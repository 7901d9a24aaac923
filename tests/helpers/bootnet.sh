# shellcheck shell=sh disable=SC2034,SC2154
# A boot server and two machines (NIC eth0 only), each in a network namespace, on one wire; for tests that source this.
#
#	on s|m1|m2 COMMAND...	in its namespace; the server's address is 10.77.0.1
#	until_true SECONDS COMMAND...
#	serve OPTION...		boot-serve with the rights that its unit has; serve.log, $server
#	stop SIGNAL		ends it: $status
#	make_job, arm [SECONDS]	a job of m1 ($job, $uuid) as host-deploy makes it; a ticket may be given out
#	events N		the last of the job
#	boot MACHINE [UUID [MAC [SERIAL]]]	the script that iPXE gets
#	status MACHINE CURL-ARG...	of an HTTP request; the file `answer`
#	ticket MACHINE [UUID]	the status; field NAME: of the ticket
#	exchange MACHINE TOKEN [UUID [MAC [SERIAL]]], session	a ticket for a session; all the way to $key
#	agent MACHINE PATH [CURL-ARG...]	with it

net=vmmbs$$
server=
down() {
	test ! "$server" || kill "$server" 2>/dev/null
	test ! "$others" || kill $others 2>/dev/null
	for ns in s m1 m2; do ip netns del "$net$ns" 2>/dev/null; done
	cd / && rm -rf "$tmp"
}
others=	# what a test has started besides
trap down EXIT
machine() { # NAME MAC
	ip netns add "$net$1" &&
		ip -n "${net}s" link add "p$1" type veth peer name eth0 address "$2" netns "$net$1" &&
		ip -n "${net}s" link set "p$1" master br0 up && ip -n "$net$1" link set eth0 up
}
{
	ip netns add "${net}s" && ip -n "${net}s" link add br0 type bridge && ip -n "${net}s" link set br0 up &&
		ip -n "${net}s" link set lo up && ip -n "${net}s" addr add 10.77.0.1/24 dev br0 &&
		machine m1 52:54:00:77:00:01 && machine m2 52:54:00:77:00:02
} 2>net.err || skip_all "no network namespaces: $(cat net.err)"

on() { # NAME COMMAND...
	on_ns=$net$1
	shift
	ip netns exec "$on_ns" "$@"
}
until_true() { # SECONDS COMMAND...
	until_end=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@"; do
		test $(($(date +%s%N) / 1000000)) -lt $until_end || return 1
		sleep 0.05
	done
}
ready() { grep -q event=start serve.log; }
rights=$(sed -n 's/^CapabilityBoundingSet=//p' "$top/share/systemd/boot-serve.service" | tr 'A-Z ' 'a-z\n' | sed 's/^cap_/+/' | paste -sd ,)
# shellcheck disable=SC2120	# it is called by way of ok
serve() { # OPTION...
	: >serve.log
	ip netns exec "${net}s" setpriv "--bounding-set=-all,$rights" "$VMM_BUILD/bin/boot-serve" -i br0 -u nobody --boot "$VMM_BOOT" --ipxe "$tmp/ipxe" "$@" \
		2>>serve.log &
	server=$!
	until_true 8 ready || { diag "$(cat serve.log)"; return 1; }
}
stop() { # SIGNAL
	kill "-$1" "$server"
	wait "$server" 2>/dev/null
	status=$?
	server=
}

# ---- the folder ----
VMM_BOOT=$tmp/boot
export VMM_BOOT
chmod 711 "$tmp"
install -d -m 750 boot
mkdir ipxe && echo 'IPXE EFI' >ipxe/snponly.efi && echo 'IPXE BIOS' >ipxe/undionly.kpxe
uuid=00000000-0000-4000-8000-000000000001
image=$(printf %064d 1)
job=
make_job() { # a job as host-deploy makes it
	job=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	mkdir -p "boot/jobs/$job"
	jq -cn --arg id "$job" --arg uuid "$uuid" --arg image "$image" --arg file "$script" '{$id, mode: "deploy", name: "JOB-SECRET",
		$uuid, serial: "S 1", macs: ["52:54:00:77:00:01"], image: {sha256: $image}, scripts: [{sha256: $file}]}' \
		>"boot/jobs/$job/job.json"
	echo CUSTOM-SECRET >"boot/jobs/$job/custom.tar"
	test ! -O boot/jobs || return 0 # root's until the server begins
	chown -R nobody boot/jobs
}
arm() {
	rm -f boot/jobs/$job/given boot/jobs/$job/ticket boot/jobs/$job/used boot/jobs/$job/session boot/jobs/$job/ended
	echo $(($(date +%s) + ${1-60})) >boot/jobs/$job/armed
	chown nobody boot/jobs/$job/armed
}
events() { cut -f 3,4 "boot/jobs/$job/events" | tail -n "$1" | tr '\t' . | paste -sd ' '; }
put() { mkdir -p "boot/${1%/*}" && printf '%s' "$2" >"boot/$1"; }

put agent/vmlinuz KERNEL
put agent/initrd INITRD
put "images/$image/map" 'MAP-SECRET'
put "images/$image/data" "$(seq -f 'IMAGE-SECRET %g' 1 2000)"
script=$(printf 'SCRIPT-SECRET' | sha256sum | cut -d' ' -f1)
put "files/$script" SCRIPT-SECRET
strange=$(printf 'OTHER-SECRET' | sha256sum | cut -d' ' -f1)
put "files/$strange" OTHER-SECRET
echo mine >outside && ln -s ../../outside boot/files/link

# ---- what machines ask ----
http=http://10.77.0.1:8080 tls=https://10.77.0.1:8443
boot() { # MACHINE [UUID [MAC [SERIAL]]]
	on "$1" curl -sm 10 "$http/boot?mac=${3-52:54:00:77:00:01}&uuid=${2-$uuid}&serial=${4-S%201}&platform=efi"
}
status() { # MACHINE CURL-ARG...
	status_on=$1
	shift
	on "$status_on" curl -skm 10 -o answer -w '%{http_code}' "$@"
}
ticket() { # MACHINE [UUID]: the status; fields of the ticket in $token, $pin
	token=
	code=$(status "$1" "$http/ticket?mac=52:54:00:77:00:01&uuid=${2-$uuid}&serial=S%201")
	test "$code" = 200 || { echo "$code"; return; }
	rm -rf vmm
	cpio -idum --quiet <answer
	echo "$code"
}
field() { sed -n "s/^$1=//p" vmm/ticket; }
exchange() { # MACHINE TOKEN [UUID [MAC [SERIAL]]]
	jq -cn --arg token "$2" --arg uuid "${3-$uuid}" --arg serial "${5-S 1}" --arg mac "${4-52:54:00:77:00:01}" \
		'{$token, $uuid, $serial, macs: ["02:00:00:00:00:01", $mac]}' >claim
	status "$1" --pinnedpubkey "$(field pin)" -d @claim $tls/v1/ticket
}
agent() { # MACHINE PATH [CURL-ARG...]
	agent_on=$1 agent_path=$2
	shift 2
	status "$agent_on" --pinnedpubkey "$(field pin)" -H "Authorization: Bearer $key" "$@" "$tls$agent_path"
}
session() { # all the way to $key
	arm
	ticket m1 >/dev/null
	exchange m1 "$(field token)" >/dev/null
	key=$(jq -r .session answer)
}
