# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Bare machines: servers with no system, as QEMU with network boot firmware, switched on and off by a BMC
# (bmc.sh). $LAB/machines.tsv has a row of each: name, number, uuid, serial, mac, and its words.

# declare_machine NAME[:WORD...]
declare_machine() {
	local name=${1%%:*} words=${1#"${1%%:*}"} word number uuid serial=''
	words=${words//:/,}
	words=${words#,}
	[[ $name =~ ^[a-z][a-z0-9-]{0,31}$ ]] || die "bad machine name '$name'"
	[ ! -e "$LAB/machines/$name" ] || die "there is a machine '$name' already"
	uuid=$(new_uuid)
	for word in ${words//,/ }; do
		case $word in
		uefi | http) ;;
		disk=none | disk2=none) ;;
		disk=* | disk2=* | mem=*) to_bytes "${word#*=}" >/dev/null ;;
		bus=virtio | bus=nvme | bus=sata) ;;
		nic=virtio | nic=e1000 | nic=e1000e) ;;
		nics=[1-4] | smp=[1-9]) ;;
		rom=no) ;;
		guid=smbios | guid=ipmi | guid=rfc4122) ;;
		serial=*) serial=${word#*=} ;;
		uuid=*) uuid=${word#*=} ;;
		*) die "'$name': unknown word '$word'" ;;
		esac
	done
	[[ $serial =~ ^[A-Za-z0-9._-]{0,20}$ ]] || die "'$name': bad serial '$serial'"
	[[ $uuid =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]] || die "'$name': bad uuid '$uuid'"
	number=$(($(grep -c . "$LAB/machines.tsv" 2>/dev/null) + 1))
	[ $number -le 250 ] || die "there are 250 machines already"
	printf '%s\t%d\t%s\t%s\t52:54:00:b0:fe:%02x\t%s\n' "$name" $number "$uuid" \
		"${serial:-$(printf 'LAB%s%03d' "${LAB_RUN^^}" $number)}" $number "$words" >>"$LAB/machines.tsv"
	make_machine "$name"
}

make_machine() {
	local dir=$LAB/machines/$1 disk size
	mkdir -p "$dir"
	domain_type >"$dir/accel" || return 1 # here, where the variables of whoever asks are known
	for disk in disk disk2; do
		size=$(machine_word "$1" $disk)
		[ $disk = disk2 ] || size=${size:-4G}
		[ "${size:-none}" = none ] || truncate -s "$(to_bytes "$size")" "$dir/$disk"
	done
	! machine_has "$1" uefi || cp /usr/share/OVMF/OVMF_VARS_4M.fd "$dir/vars"
	: >"$dir/console"
	write_bmc "$1"
}

machine_row() { awk -F'\t' -v m="$1" '$1 == m' "$LAB/machines.tsv" 2>/dev/null; }
need_machine_named() { [ -n "$(machine_row "${1:-}")" ] || die "no machine '${1:-}'"; }
machine_has() { machine_row "$1" | cut -f6 | tr , '\n' | grep -qx "$2"; }
machine_word() { machine_row "$1" | cut -f6 | tr , '\n' | sed -n "s/^$2=//p"; }

machine_fact() {
	local name number uuid serial mac words guid
	IFS=$'\t' read -r name number uuid serial mac words < <(machine_row "$1")
	guid=$(machine_word "$1" guid)
	guid=${guid:-smbios}
	echo "${!2}"
}

# machine SPEC...: declares machines and starts their BMCs. They are off.
cmd_machine() {
	local spec program
	find_lab
	for program in ipmi_sim qemu-system-x86_64 perl; do
		command -v $program >/dev/null || die "a machine needs '$program' (see tests/packages)"
	done
	for spec; do
		with_lock declare_machine "$spec" && start_bmc "${spec%%:*}" || exit 1
	done
}

cmd_machine_list() {
	local name number uuid serial mac words
	find_lab
	printf 'name\tmac\tuuid\tserial\tbmc\tbmc_auth\tdisk\tconsole\n'
	[ ! -e "$LAB/machines.tsv" ] || while IFS=$'\t' read -r name number uuid serial mac words; do
		printf '%s\t%s\t%s\t%s\tipmi://10.79.0.%s\t%s\t%s\t%s\n' "$name" "$mac" "$uuid" "$serial" "$number" \
			"$LAB/machines/$name/"{bmc-auth,disk,console}
	done <"$LAB/machines.tsv"
}

# machine-disk NAME [2], machine-console NAME: the file.
cmd_machine_disk() { find_lab; need_machine_named "$1"; echo "$LAB/machines/$1/disk${2:-}"; }
cmd_machine_console() { find_lab; need_machine_named "$1"; echo "$LAB/machines/$1/console"; }

# machine-power NAME on|off|status: the plug, behind the BMC's back.
cmd_machine_power() {
	local clean_env
	find_lab
	need_machine_named "$1"
	clean_env
	case $2 in
	on) (enter_admin "${clean_env[@]}" "$LAB_SELF" _chassis "$1" set power 1) ;;
	off) machine_off "$1" ;;
	status) machine_on "$1" && echo on || echo off ;;
	*) die "a machine's power is on or off" ;;
	esac
}

# machine-link NAME up|down: the cable of its first NIC.
cmd_machine_link() {
	find_lab
	need_machine_named "$1"
	set_link "$(machine_tap "$1" 0)" "$2" 2>/dev/null || [ "$2" = up ] || die "'$1' has never been on"
	[ "$2" = up ] && set -- "$1" true || set -- "$1" false
	! machine_on "$1" || machine_tell "$1" '{"execute": "set_link", "arguments": {"name": "net0", "up": '"$2"'}}' >/dev/null
}

# machine-tell NAME WORD...: QMP (qmp.pl).
cmd_machine_tell() { find_lab; need_machine_named "$1"; machine_tell "$@"; }
machine_tell() { "$LAB_HERE/qmp.pl" "$LAB/machines/$1/qmp" "${@:2}"; }

machine_tap() { echo "tap$(machine_fact "$1" number).$2"; }

# The process that the file tells of may be gone and its number another's.
machine_on() {
	local pid
	pid=$(cat "$LAB/machines/$1/pid" 2>/dev/null) &&
		grep -qzxF -- "$LAB/machines/$1/pid" "/proc/$pid/cmdline" 2>/dev/null && [ -n "$(start_time "$pid")" ]
}

machine_off() {
	! machine_on "$1" || kill -KILL "$(cat "$LAB/machines/$1/pid")"
	wait_for 5 machine_is_off "$1"
}
machine_is_off() { ! machine_on "$1"; }

# _chassis NAME get power|boot...: what ipmi_sim asks. set power|boot|reset|shutdown VALUE: what it wants.
# The boot device holds for one boot.
cmd__chassis() {
	local name=$1 verb=$2
	shift 2
	exec 8>"$LAB/machines/$name/lock"
	flock 8
	if [ "$verb" = get ]; then
		for verb; do chassis_get "$name" "$verb"; done
	else
		while [ $# -gt 1 ]; do
			chassis_set "$name" "$1" "$2" || exit 1
			[ "$1" = identify ] && shift 3 || shift 2
		done
	fi
}

chassis_get() {
	case $2 in
	power) echo "power:$(machine_on "$1" && echo 1 || echo 0)" ;;
	boot) echo "boot:$(cat "$LAB/machines/$1/boot" 2>/dev/null || echo none)" ;;
	*) echo "$2:0" ;;
	esac
}

chassis_set() {
	case $2=$3 in
	power=1) machine_on "$1" || start_machine "$1" ;;
	power=0) machine_off "$1" ;;
	boot=none) rm -f "$LAB/machines/$1/boot" ;;
	boot=*) echo "$3" >"$LAB/machines/$1/boot" ;;
	reset=*) ! machine_on "$1" || reset_machine "$1" ;;
	shutdown=*) ! machine_on "$1" || machine_tell "$1" '{"execute": "system_powerdown"}' ;;
	esac
}

# A device's place in the order of boot is read at each reset. The NICs stand at 10 and up, the disk before
# or behind them: in front again once the one boot from the network has begun.
DISK_FIRST=1
DISK_LAST=20

# place_disk NAME PLACE [WORD...]: and what else QMP is to do. No two devices may have the same place, and QEMU
# doesn't except the one that is to keep its own.
place_disk() {
	local name=$1 place words=() set='{"execute": "qom-set", "arguments": {"path": "/machine/peripheral/disk0", "property": "bootindex", "value": %d}}'
	[ ! -e "$LAB/machines/$name/disk" ] || for place in -1 "$2"; do
		# shellcheck disable=SC2059
		words+=("$(printf "$set" "$place")")
	done
	machine_tell "$name" "${words[@]}" "${@:3}"
}

# next_boot NAME: prints the disk's place for it, and takes the wish away.
next_boot() {
	local wish
	wish=$(cat "$LAB/machines/$1/boot" 2>/dev/null)
	rm -f "$LAB/machines/$1/boot"
	[ "$wish" = pxe ] && echo $DISK_LAST || echo $DISK_FIRST
}

# At a reset SeaBIOS finds that it has run before and resets once more: the order must stand until that is over.
reset_machine() {
	place_disk "$1" "$(next_boot "$1")" '{"execute": "system_reset"}' wait:RESET || return 1
	(
		close_fds
		sleep 3
		place_disk "$1" $DISK_FIRST
	) </dev/null >/dev/null 2>&1 &
}

# start_machine NAME: in the admin namespace.
start_machine() {
	local dir=$LAB/machines/$1 args
	plug_machine_in "$1" && machine_args "$1" "$(next_boot "$1")" || return 1
	(
		close_fds
		cd "$dir" && exec qemu-system-x86_64 "${args[@]}"
	) </dev/null >>"$LAB/log/machine-$1" 2>&1 || { warn "'$1' does not start: $(tail -n 2 "$LAB/log/machine-$1")"; return 1; }
	place_disk "$1" $DISK_FIRST >/dev/null
}

plug_machine_in() {
	local n tap
	for ((n = 0; n < $(machine_nics "$1"); n++)); do
		tap=$(machine_tap "$1" $n)
		ip link show "$tap" >/dev/null 2>&1 || {
			ip tuntap add "$tap" mode tap && ip link set "$tap" master br0 up || return 1
		}
	done
}

machine_nics() { local n; n=$(machine_word "$1" nics); echo "${n:-1}"; }

# machine_args NAME PLACE: sets args, QEMU's.
machine_args() {
	local name=$1 dir=$LAB/machines/$1 mem smp
	mem=$(machine_word "$name" mem)
	smp=$(machine_word "$name" smp)
	# shellcheck disable=SC2054
	args=(-name "$name" -nodefaults -no-user-config -display none -daemonize -pidfile "$dir/pid"
		-machine q35,graphics=off -m "$(($(to_bytes "${mem:-1G}") >> 20))" -smp "${smp:-1}"
		-uuid "$(machine_fact "$name" uuid)"
		-smbios "type=1,manufacturer=Lab,product=Bare Server,serial=$(machine_fact "$name" serial)"
		-qmp "unix:$dir/qmp,server=on,wait=off" -device virtio-rng-pci
		-chardev "socket,id=console,host=127.0.0.1,port=$((9100 + $(machine_fact "$name" number))),server=on,wait=off,logfile=$dir/console,logappend=on"
		-serial chardev:console)
	case $(cat "$dir/accel") in
	kvm) args+=(-accel kvm -cpu host) ;;
	# Emulated, AES and AVX instructions are what slows TLS down: 11 MB/s with them, 65 without.
	*) args+=(-accel "tcg,thread=multi" -cpu Nehalem) ;;
	esac
	! machine_has "$name" uefi || args+=(
		-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"
		-drive "if=pflash,format=raw,file=$dir/vars")
	! machine_has "$name" http || args+=(
		-fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=n
		-fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=n)
	disk_args "$name" disk 0 ",bootindex=$2"
	disk_args "$name" disk2 1 ''
	nic_args "$name"
}

# disk_args NAME FILE NUMBER ORDER
disk_args() {
	local device
	[ -e "$LAB/machines/$1/$2" ] || return 0
	case $(machine_word "$1" bus) in
	nvme) device=nvme ;;
	sata) device=ide-hd,bus=ide.$3 ;;
	*) device=virtio-blk-pci ;;
	esac
	args+=(-drive "if=none,id=drive$3,format=raw,discard=unmap,cache=unsafe,file=$LAB/machines/$1/$2"
		-device "$device,id=disk$3,drive=drive$3,serial=${1:0:14}-$2$4")
}

nic_args() {
	local n device rom=''
	case $(machine_word "$1" nic) in
	e1000) device=e1000 ;;
	e1000e) device=e1000e ;;
	*) device=virtio-net-pci ;;
	esac
	! machine_has "$1" rom=no || rom=,romfile=
	for ((n = 0; n < $(machine_nics "$1"); n++)); do
		args+=(-netdev "tap,id=tap$n,ifname=$(machine_tap "$1" $n),script=no,downscript=no"
			-device "$device,id=net$n,netdev=tap$n,mac=$(machine_mac "$1" $n),bootindex=$((10 + n))$rom")
	done
}

# machine_mac NAME NIC: the first's, and more of the same pattern. No guest of the lab comes that far (next_mac).
machine_mac() {
	local mac
	mac=$(machine_fact "$1" mac)
	printf '%s:%02x:%s\n' "${mac%:*:*:*}" $((0xb0 + $2)) "${mac#*:*:*:*:}"
}
