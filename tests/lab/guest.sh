# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Guests: their XML, their definition on a host, and what their console says.
# $LAB/guests.tsv remembers each: name (escaped), uuid, address, host it was defined on.

xml_escape() {
	local s=$1
	s=${s//&/\&amp;} s=${s//</\&lt;} s=${s//>/\&gt;} s=${s//\"/\&quot;} s=${s//\'/\&apos;}
	s=${s//$'\t'/\&#9;} s=${s//$'\r'/\&#13;}
	printf '%s' "$s"
}

tsv_escape() {
	local s=$1
	s=${s//\\/\\\\} s=${s//$'\t'/\\t} s=${s//$'\r'/\\r} s=${s//$'\n'/\\n}
	printf '%s' "$s"
}

# parse_guest NAME WORD...: sets the G_ variables.
parse_guest() {
	local word
	G_NAME=$1 G_MEM=96 G_DISK=none G_SIZE=64M G_DIRTY=0 G_BURN=0 G_CPU='' G_NET=lab G_AGENT='' G_START='' G_HOSTNAME='' G_PEERS='' G_OFFLOAD=''
	shift
	for word; do
		case $word in
		mem=*) G_MEM=${word#*=} ;;
		disk=shared | disk=local | disk=none) G_DISK=${word#*=} ;;
		size=*) G_SIZE=${word#*=} ;;
		dirty=*) G_DIRTY=${word#*=} ;;
		burn=*) G_BURN=${word#*=} ;;
		cpu=*) G_CPU=$(cat -- "${word#*=}") || return 1 ;;
		net=*) G_NET=${word#*=} ;;
		offload=off) G_OFFLOAD="<driver><host csum='off'/></driver>" ;;
		peers=*) G_PEERS=${word#*=} ;;
		guestname=*) G_HOSTNAME=${word#*=} ;;
		agent) G_AGENT=agent ;;
		start) G_START=start ;;
		*) die "unknown word '$word' for a guest" ;;
		esac
	done
	[[ $G_MEM$G_DIRTY =~ ^[0-9]+$ ]] || die "mem= and dirty= are numbers of MB"
	[[ $G_BURN =~ ^[0-9]+$ && $G_BURN -le 100 ]] || die "burn= is a percentage"
	[[ $G_HOSTNAME =~ ^[A-Za-z0-9.-]*$ ]] || die "bad guestname"
	[[ $G_PEERS =~ ^[0-9.,]*$ ]] || die "bad peers"
	G_UUID=$(new_uuid)
	G_SERIAL=$LAB/shared/serial/$G_UUID
	G_MAC=$(with_lock next_mac) || return 1
	G_ADDRESS=$(printf '10.77.%d.%d' 0x"${G_MAC:12:2}" 0x"${G_MAC:15:2}")
	[[ $G_NAME =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] && G_VOLUME=$G_NAME.qcow2 || G_VOLUME=$G_UUID.qcow2
	case $G_DISK in
	shared) G_PATH=$LAB/shared/pool/$G_VOLUME ;;
	local) G_PATH=$LAB/local/$G_VOLUME ;;
	esac
}

# The guest makes its address of the last two bytes: see guest.c.
next_mac() {
	local n
	n=$(($(cat "$LAB/last-mac" 2>/dev/null || echo 0) + 1))
	echo $n >"$LAB/last-mac"
	printf '52:54:00:77:%02x:%02x\n' $((n / 250 + 1)) $((n % 250 + 1))
}

guest_xml() {
	local image type
	image=$(guest_image ${G_AGENT:+agent}) && type=$(domain_type) || return 1
	cat <<-EOF
		<domain type='$type'>
		  <name>$(xml_escape "$G_NAME")</name>
		  <uuid>$G_UUID</uuid>
		  <memory unit='MiB'>$G_MEM</memory>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='q35'>hvm</type>
		    <kernel>$image/vmlinuz</kernel>
		    <initrd>$image/initrd</initrd>
		    <cmdline>$KERNEL_OPTIONS lab.hostname=${G_HOSTNAME:-guest-${G_UUID%%-*}} lab.dirty=$G_DIRTY lab.burn=$G_BURN${G_PEERS:+ lab.peers=$G_PEERS}</cmdline>
		  </os>
		  <features><acpi/><apic/></features>
		  ${G_CPU}
		  <on_poweroff>destroy</on_poweroff>
		  <on_reboot>restart</on_reboot>
		  <on_crash>destroy</on_crash>
		  <devices>
		    $(disk_xml)
		    <controller type='usb' model='none'/>
		    <interface type='network'>
		      <mac address='$G_MAC'/>
		      <source network='$(xml_escape "$G_NET")'/>
		      <model type='virtio'/>
		      $G_OFFLOAD
		    </interface>
		    <serial type='file'><source path='$G_SERIAL' append='on'/></serial>
		    ${G_AGENT:+<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>}
		    <memballoon model='virtio'><stats period='2'/></memballoon>
		  </devices>
		</domain>
	EOF
}

disk_xml() {
	[ "$G_DISK" = none ] || cat <<-EOF
		<disk type='file' device='disk'>
		      <driver name='qemu' type='qcow2' cache='none'/>
		      <source file='$G_PATH'/>
		      <target dev='vda' bus='virtio'/>
		    </disk>
	EOF
}

# guest-xml HOST NAME WORD...
cmd_guest_xml() {
	find_lab
	parse_guest "${@:2}" && guest_xml
}

# guest HOST NAME WORD...: defines a guest, with its disk, and starts it.
cmd_guest() {
	local host=${1:?host} file commands
	find_lab
	host_pid "$host" >/dev/null || exit 1
	shift
	parse_guest "$@" || exit 1
	file=$LAB/tmp/$G_UUID.xml
	guest_xml >"$file" || exit 1
	: >>"$G_SERIAL"
	commands="define $file --validate"
	[ "$G_DISK" = none ] || commands="vol-create-as $G_DISK $G_VOLUME $G_SIZE --format qcow2; $commands"
	[ -z "$G_START" ] || commands+="; start $G_UUID"
	on_host "$host" "$commands" qemu || exit 1
	remember_guest "$host"
	rm -f "$file"
}

# on_host HOST 'COMMAND; COMMAND': in one virsh. It says nothing unless it fails; virsh goes on after a
# failed command of a list, and its status is the last one's.
on_host() {
	local out
	out=$(timeout 60 virsh -q -c "$(host_uri "$1" unix "${3:-}")" "$2" 2>&1 </dev/null) && [[ $out != *error:* ]] && return
	warn "host '$1': $out"
	return 1
}

remember_guest() {
	with_lock printf '%s\t%s\t%s\t%s\n' "$(tsv_escape "$G_NAME")" "$G_UUID" "$G_ADDRESS" "$1" >>"$LAB/guests.tsv"
}

# find_guest [HOST/]NAME|UUID: its row; the latest of those with one name.
find_guest() {
	local row
	row=$(WANT=$(tsv_escape "$1") awk -F'\t' '
		BEGIN { want = ENVIRON["WANT"] }
		$1 == want || $2 == want || $4 "/" $1 == want { row = $0 } END { print row }' "$LAB/guests.tsv")
	[ -n "$row" ] || die "the lab made no guest '$1'"
	printf '%s\n' "$row"
}

cmd_uuid() { guest_column "$1" 2; }
cmd_address() { guest_column "$1" 3; }

guest_column() {
	local row
	find_lab
	row=$(find_guest "$1") && cut -f"$2" <<<"$row"
}

# serial NAME: the file with what the guest wrote on its console.
cmd_serial() {
	local uuid
	find_lab
	uuid=$(cmd_uuid "$1") && echo "$LAB/shared/serial/$uuid"
}

# wait NAME [SECONDS [BOOTS]]: until it is up, for the BOOTS-th time.
cmd_wait() {
	local file
	find_lab
	file=$(cmd_serial "$1") || exit 1
	LAB_POLL=0.1 wait_for "${2:-30}" booted "$file" "${3:-1}" || die "guest '$1' is not up: $(tail -n 3 "$file")"
}

booted() { [ "$(grep -ac '^LAB-UP' "$1")" -ge "$2" ]; }

cmd_boots() {
	local file
	file=$(cmd_serial "$1") && { grep -ac '^LAB-UP' "$file" || :; }
}

# ticks NAME: how far it has counted, five a second since its last boot.
cmd_ticks() {
	local file
	file=$(cmd_serial "$1") || exit 1
	tail -n 5 "$file" | sed -n 's/^tick \([0-9]*\)\r*$/\1/p' | tail -n 1 | grep . || echo 0
}

# burn NAME PERCENT: how much of its processor it burns from now on.
cmd_burn() {
	local address
	[[ ${2-} =~ ^[0-9]+$ && $2 -le 100 ]] || die "burn: a percentage"
	address=$(cmd_address "$1") || exit 1
	cmd_adm timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/7000" && echo "burn $2" >&3 && read -r _ <&3' - "$address" "$2"
}
