# shellcheck shell=sh disable=SC2154
# BMCs without servers (ipmi_sim), in a network of their own; for tests that source this after tap.sh.
#
#	bmc_up N [PASSWORD]	starts them, at 10.66.0.1 ... 10.66.0.N, down again at the end
#	in_net COMMAND...	runs it where they can be reached
#	bmc_power N [0|1]	what the server of one is, sets it
#	bmc_boot N		its boot device, as ipmi_sim has it
#	bmc_deaf N yes|no	whether it takes commands and does nothing
#	bmc_stop N, bmc_go N	it doesn't answer, and does again
#	bmc_conf FILE [PASSWORD]	a file with the credentials
#
# One has user admin, serial number SN00N, and UUID 00000000-0000-4000-8000-00000000000N as SMBIOS has it. What its
# server is, and was told, is in $bmcs/N.

need_root
need ipmi_sim ip unshare nsenter perl
bmcs=$tmp/bmcs
bmc_pids=

bmc_down() {
	# shellcheck disable=SC2086	# a list
	test -z "$bmc_pids" || { kill -CONT $bmc_pids; kill $bmc_pids; wait $bmc_pids; } 2>/dev/null
	bmc_pids=
}
trap 'bmc_down; cd / && rm -rf "$tmp"' EXIT

in_net() {
	nsenter -n -t "$bmc_net" "$@"
}

# What ipmi_sim asks, in front of it its own arguments: get|set WHAT [VALUE]...
bmc_chassis() {
	cat <<'END'
#!/bin/sh
dir=$1
shift
while test $# -gt 0 && test "$1" != get && test "$1" != set; do shift; done
test $# -gt 0 || exit 0
op=$1
shift
echo "$op $*" >>"$dir/asked"
while test $# -gt 0; do
	case $op:$1 in
	get:power) read -r power <"$dir/power"; echo "power:$power" ;;
	get:boot) read -r boot <"$dir/boot"; echo "boot:$boot" ;;
	get:*) echo "$1:0" ;;
	set:*) test -e "$dir/deaf" || case $1 in
		power | boot) echo "$2" >"$dir/$1" ;;
		shutdown) echo 0 >"$dir/power" ;;
		esac
		shift ;;
	esac
	shift
done
END
}

# The inventory of a server: maker, product, serial number, as a product information area.
bmc_fru() {
	perl -e 'sub field { chr(0xc0 | length $_[0]) . $_[0] }
		sub sum { my $n = 0; $n += ord for split //, $_[0]; chr(-$n & 255) }
		my $area = join "", map { field $_ } "Acme, Inc.", "Anvil 9000", "", "", $ARGV[0], "", "";
		$area = chr(1) . "LEN" . "" . $area . chr(0xc1);
		$area =~ s/LEN/\0\x19/;
		$area .= "\0" while (length($area) + 1) % 8;
		substr($area, 1, 1) = chr((length($area) + 1) / 8);
		$area .= sum $area;
		my $head = "\1\0\0\0\1\0\0";
		my $fru = $head . sum($head) . $area;
		print $fru, "\0" x (256 - length $fru)' "$1"
}

bmc_files() { # N PASSWORD
	mkdir -p "$bmcs/$1/state"
	echo 0 >"$bmcs/$1/power"
	echo none >"$bmcs/$1/boot"
	bmc_fru "$(printf 'SN%03d' "$1")" >"$bmcs/$1/fru"
	cat >"$bmcs/$1/lan.conf" <<-END
		name "bmc$1"
		set_working_mc 0x20
		startlan 1
		  addr 10.66.0.$1 623
		  priv_limit admin
		  allowed_auths_callback none md2 md5 straight
		  allowed_auths_user none md2 md5 straight
		  allowed_auths_operator none md2 md5 straight
		  allowed_auths_admin none md2 md5 straight
		  guid $(printf '00000000000000408000%012x' "$1")
		endlan
		chassis_control "$bmcs/chassis $bmcs/$1"
		user 1 true "" "test" user 10 none md2 md5 straight
		user 2 true "admin" "$2" admin 10 none md2 md5 straight
		user 3 true "viewer" "$2" user 10 none md2 md5 straight
	END
	cat >"$bmcs/$1/commands" <<-END
		mc_setbmc 0x20
		mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
		mc_add_fru_data 0x20 0 256 file 0 "$bmcs/$1/fru"
		mc_enable 0x20
	END
}

bmc_start() { # N
	nsenter -n -t "$bmc_net" ipmi_sim -n -c "$bmcs/$1/lan.conf" -f "$bmcs/$1/commands" -s "$bmcs/$1/state" \
		>"$bmcs/$1/log" 2>&1 </dev/null &
	echo $! >"$bmcs/$1/pid"
	bmc_pids="$bmc_pids $!"
}

bmc_listens() {
	test "$(in_net ss -Huln sport = :623 | grep -c '10\.66\.0\.')" -ge "$1"
}

bmc_up() {
	mkdir -p "$bmcs"
	bmc_chassis >"$bmcs/chassis"
	chmod 755 "$bmcs/chassis"
	unshare -n sleep 3600 &
	bmc_net=$!
	bmc_pids=$bmc_net
	# The namespace is there when the process has become what was asked for.
	until test "$(cat "/proc/$bmc_net/comm" 2>/dev/null)" = sleep; do
		kill -0 "$bmc_net" 2>/dev/null || skip_all 'no network namespaces here'
	done
	in_net ip link set lo up
	bmc_i=0
	while test "$bmc_i" -lt 60; do
		bmc_i=$((bmc_i + 1))
		in_net ip addr add "10.66.0.$bmc_i/24" dev lo
	done
	bmc_i=0
	while test "$bmc_i" -lt "$1"; do
		bmc_i=$((bmc_i + 1))
		bmc_files "$bmc_i" "${2:-sesame-9Qx7}"
		bmc_start "$bmc_i"
	done
	bmc_i=0
	until bmc_listens "$1"; do
		bmc_i=$((bmc_i + 1))
		test "$bmc_i" -lt 200 || skip_all 'ipmi_sim does not start'
		sleep 0.1
	done
}

bmc_power() {
	test $# -lt 2 || echo "$2" >"$bmcs/$1/power"
	cat "$bmcs/$1/power"
}

bmc_boot() {
	cat "$bmcs/$1/boot"
}

bmc_deaf() {
	rm -f "$bmcs/$1/deaf"
	test "$2" = no || : >"$bmcs/$1/deaf"
}

bmc_stop() {
	kill -STOP "$(cat "$bmcs/$1/pid")"
}

bmc_go() {
	kill -CONT "$(cat "$bmcs/$1/pid")"
}

bmc_conf() {
	(umask 077 && printf 'user = admin\npassword = %s\n' "${2:-sesame-9Qx7}" >"$1")
}
