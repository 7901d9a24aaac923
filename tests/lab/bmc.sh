# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# The BMC in front of a bare machine: ipmi_sim, at 10.79.0.N:623 in the admin namespace. It asks and tells
# the machine by way of `lab _chassis`.

# write_bmc NAME: what ipmi_sim is told. Its user is alone in knowing the password, and the files say so.
write_bmc() {
	local dir=$LAB/machines/$1 number password guid
	number=$(machine_fact "$1" number)
	password=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
	guid=$(guid_bytes "$(machine_fact "$1" uuid)" "$(machine_fact "$1" guid)")
	mkdir "$dir/bmc"
	(
		umask 077
		printf 'user = admin\npassword = %s\n' "$password" >"$dir/bmc-auth"
		lan_config "$1" "$number" "$guid" "$password" >"$dir/bmc/lan.conf"
	)
	"$LAB_HERE/fru.pl" Lab 'Bare Server' "$(machine_fact "$1" serial)" >"$dir/bmc/fru"
	cat >"$dir/bmc/commands" <<-END
		mc_setbmc 0x20
		mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
		mc_set_guid 0x20 $guid
		mc_add_fru_data 0x20 0 256 file 0 "$dir/bmc/fru"
		mc_enable 0x20
	END
	# The path of the lab's own program may have characters that ipmi_sim's shell would take for its own.
	printf '#!/bin/bash\nexec %q _chassis %s "$@"\n' "$LAB_SELF" "$1" >"$dir/bmc/chassis"
	chmod 755 "$dir/bmc/chassis"
}

# lan_config NAME NUMBER GUID PASSWORD
lan_config() {
	cat <<-END
		name "$1"
		set_working_mc 0x20
		startlan 1
		  addr 10.79.0.$2 623
		  priv_limit admin
		  allowed_auths_callback none md2 md5 straight
		  allowed_auths_user none md2 md5 straight
		  allowed_auths_operator none md2 md5 straight
		  allowed_auths_admin none md2 md5 straight
		  guid $3
		endlan
		chassis_control "$LAB/machines/$1/bmc/chassis"
		sol "tcp:127.0.0.1:$((9100 + $2))" 115200
		user 1 true "" "" user 10 none md2 md5 straight
		user 2 true "admin" "$4" admin 10 none md2 md5 straight
	END
}

# guid_bytes UUID ORDER: as they go over the wire. smbios: the first three fields with their lowest byte
# first, as most servers do it; ipmi: all of it backwards, as the standard wants it; rfc4122: as written.
guid_bytes() {
	local hex=${1//-/} byte out=''
	case $2 in
	rfc4122) out=$hex ;;
	ipmi) for ((byte = 30; byte >= 0; byte -= 2)); do out+=${hex:byte:2}; done ;;
	smbios)
		for byte in 6 4 2 0 10 8 14 12; do out+=${hex:byte:2}; done
		out+=${hex:16}
		;;
	esac
	echo "$out"
}

# start_bmc NAME
start_bmc() {
	local dir=$LAB/machines/$1 number clean_env
	number=$(machine_fact "$1" number)
	admin_ip link show bmc0 >/dev/null 2>&1 || admin_ip -batch - <<-END
		link add bmc0 address 02:00:0a:4f:00:fe type bridge
		addr add 10.79.0.254/24 dev bmc0
		link set bmc0 up
	END
	admin_ip addr replace "10.79.0.$number/32" dev bmc0 || return 1
	clean_env
	(
		close_fds
		cgroup_enter "vmm-lab-$LAB_RUN/adm"
		exec setsid nsenter -t "$(admin_pid)" -m -n -u -i --wdns=/ "${clean_env[@]}" \
			ipmi_sim -n -p -s "$dir/bmc" -c "$dir/bmc/lan.conf" -f "$dir/bmc/commands"
	) </dev/null >"$LAB/log/bmc-$1" 2>&1 &
	echo $! >"$dir/bmc/pid"
	disown
	wait_for 10 bmc_listens "$number" || { warn "the BMC of '$1' does not start: $(tail -n 3 "$LAB/log/bmc-$1")"; return 1; }
}

bmc_listens() { grep -q "$(printf ' %02X004F0A:026F ' "$1")" "/proc/$(admin_pid)/net/udp"; }

# machine-bmc NAME off|on|hang: takes the BMC off its network, or has it hear all and never answer.
cmd_machine_bmc() {
	local pid
	find_lab
	need_machine_named "$1"
	pid=$(cat "$LAB/machines/$1/bmc/pid")
	case $2 in
	off) admin_ip addr del "10.79.0.$(machine_fact "$1" number)/32" dev bmc0 ;;
	on) admin_ip addr replace "10.79.0.$(machine_fact "$1" number)/32" dev bmc0 && kill -CONT "$pid" ;;
	hang) kill -STOP "$pid" ;;
	*) die "a BMC goes off, on or hangs" ;;
	esac
}
