# shellcheck shell=sh disable=SC2154
# A boot server for a lab's bare machines, for tests that source this after helpers/metal.sh.
#
#	boot_lab [PACKAGE] MACHINE...	a lab with these (`lab machine`), the agent with the kernel of a package
#				(linux-image-…, usual: the cloud kernel), the key `id` and boot-serve
#	serve [OPTION...]	boot-serve, which says what it does in serve.log; serve_end SIGNAL
#	process NAME WORD	the process of this program that has the word among its arguments
#	profile NAME LINE...	a machine profile, one that takes the machines' first disk and knows the key
#	rows MACHINE...		of them, for host-deploy
#	deploy FILE PROFILE ARG...	host-deploy of the machines in that file of rows
#	story NAME		what host-deploy has written about the machine
#	writing MACHINE BYTES	so much of its image is written
#	is_off MACHINE

need dnsmasq setpriv mmdebstrap qemu-img ssh-keygen
test -e /usr/lib/ipxe/snponly.efi || skip_all 'needs ipxe'

boot_lab() {
	deploy_package=linux-image-cloud-amd64
	case $1 in linux-image-*) deploy_package=$1 && shift ;; esac
	lab_up
	lab machine "$@" >machines || exit
	VMM_BOOT=$tmp/boot VMM_STATE=$LAB/state
	export VMM_BOOT VMM_STATE
	chmod 711 "$tmp"
	mkdir -p "$VMM_CONF/machines"
	install -d -o nobody -m 750 boot
	agent-build --package "$deploy_package" >agent || skip_all 'no kernel for the agent'
	ssh-keygen -q -t ed25519 -N '' -C test -f id
	# iPXE waits 16 s for a router of IPv6 where none says that there is none.
	lab adm ip addr replace fd77::fe/64 dev br0 nodad
	trap 'serve_end KILL; lab down >/dev/null 2>&1; cd / && rm -rf "$tmp"' EXIT
	serve
}

server=
# shellcheck disable=SC2120
serve() {
	: >>serve.log
	deploy_starts=$(grep -c event=start serve.log)
	lab adm boot-serve -i br0 -u nobody --boot "$VMM_BOOT" --range 10.77.240.1-10.77.240.250 --ipxe /usr/lib/ipxe "$@" 2>>serve.log &
	server=$!
	within 20 serves || diag "$(grep -v ^dnsmasq serve.log | tail -n 5)"
}

serves() {
	test "$(grep -c event=start serve.log)" -gt "$deploy_starts"
}

serve_end() {
	test "$server" || return 0
	kill "-$1" "$(process boot-serve "$VMM_BOOT")" 2>/dev/null
	wait "$server" 2>/dev/null
	server=
}

# process NAME WORD: those of this program that have it among their arguments.
process() {
	lab adm ps -eo pid=,args= | awk -v n="$1" -v w="$2" '{ sub(".*/", "", $2) } $2 == n && index($0, " " w)  { print $1 }'
}

profile() {
	deploy_profile=$VMM_CONF/machines/$1.conf
	shift
	{
		printf 'ssh-keys-file = %s\n' "$tmp/id.pub"
		for deploy_line; do
			case $deploy_line in '['*) ;; *) printf '%s\n' "$deploy_line" ;; esac
		done
		printf '[disk]\nsize = 1G-\nkind = virtio\n'
		for deploy_line; do
			case $deploy_line in '['*) printf '%s\n' "$deploy_line" | sed 's/] /]\n/; s/; /\n/g' ;; esac
		done
	} >"$deploy_profile"
}

rows() {
	lab machine-list | awk -F '\t' -v names=" $* " 'NR == 1 || index(names, " " $1 " ")' | cut -f 1-6
}

deploy() {
	deploy_rows=$1 deploy_profile=$2
	shift 2
	lab adm timeout 900 host-deploy --key "$tmp/id" --known-hosts "$LAB/ssh/known_hosts" "$deploy_profile" - "$@" <"$deploy_rows"
}

story() {
	cat "$LAB/state/deploy/$1.txt"
}

writing() {
	deploy_job=$(grep -lsF "$(machine uuid "$1")" "$VMM_BOOT"/jobs/*/job.json) || return
	awk -F '\t' -v n="$2" '$3 == 6 && $4 == "progress" && $5 >= n { yes = 1 } END { exit !yes }' "${deploy_job%/*}/events"
}

is_off() {
	test "$(lab machine-power "$1" status)" = off
}
