# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# The power of 50 servers, by BMCs that are real but for their servers (ipmi_sim).

[ "$(id -u)" = 0 ] || { echo "$part: needs root"; return 0; }
need_root() { :; }
need() { :; }
skip_all() { echo "$part: $*"; exit 1; }
# shellcheck source=tests/helpers/bmc.sh
. "$top/tests/helpers/bmc.sh"
trap 'bmc_down; finish' EXIT
bmc_up 50
trap 'bmc_down; finish' EXIT

bmc_conf "$tmp/auth"
(umask 077 && printf '%s\n' 'username admin' 'password sesame-9Qx7' 'driver-type LAN_2_0' \
	'workaround-flags opensesspriv' >"$tmp/freeipmi.conf")
range='10.66.0.[1-50]'
status() { in_net host-power status --bmc-auth "$tmp/auth" "ipmi://$range"; }
ipmipower_stat() { in_net ipmipower --config-file "$tmp/freeipmi.conf" -h "$range" --stat; }
turn_on() { in_net host-power on --bmc-auth "$tmp/auth" "ipmi://$range"; }
before_turn_on() { for ((k = 1; k <= 50; k++)); do bmc_power $k 0; done >/dev/null; }
before_ipmipower_on() { before_turn_on; }
ipmipower_on() { in_net ipmipower --config-file "$tmp/freeipmi.conf" -h "$range" --on --wait-until-on; }

race 15 status ipmipower_stat
[ "$(status | grep -c 'off	')" = 50 ] && [ "$(ipmipower_stat | grep -c ': off')" = 50 ] ||
	{ echo 'bmc: not all have answered' >&2; exit 1; }
line 'power of 50 BMCs' "$(took status)" 'ipmipower --stat' "$(took ipmipower_stat)" '<= 1.2'
race 7 turn_on ipmipower_on
line '50 switched on, read back' "$(took turn_on)" 'ipmipower --on --wait-until-on' "$(took ipmipower_on)" '-'
bmc_down
trap finish EXIT
