# shellcheck shell=sh disable=SC2154
# Bare machines of a lab (tests/lab/README), for tests that source this after helpers/lab.sh.
#
#	bmc MACHINE WORD...	ipmitool on its BMC; the password doesn't stand in its arguments
#	machine COLUMN MACHINE	from `lab machine-list`
#	said MACHINE ERE [N]	its console has at least N (1) lines like this
#	forget MACHINE		what its console said until now
#	net_boot [TAG...]	DHCP and HTTP on the machines' network: dnsmasq gives the script boot.ipxe of the folder
#				www to iPXE and the file of TAG=NAME to other firmware (bios, uefi by TFTP from
#				www too, http by HTTP); what was asked for is in www.log

need ipmi_sim ipmitool

bmc() {
	metal_name=$1
	shift
	metal_auth=$(machine bmc_auth "$metal_name")
	sed -n 's/^password = //p' "$metal_auth" >"$metal_auth.password"
	lab adm timeout 30 ipmitool -I lanplus -C 3 -H "$(machine bmc "$metal_name" | sed 's|.*/||')" -U admin \
		-f "$metal_auth.password" "$@"
}

machine() {
	lab machine-list | awk -F '\t' -v c="$1" -v m="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i; next }
		$1 == m { print $k }'
}

said() {
	test "$(grep -Eac -e "$2" "$LAB/machines/$1/console")" -ge "${3:-1}"
}

# QEMU appends.
forget() {
	: >"$LAB/machines/$1/console"
}

net_boot() {
	mkdir -p www
	{
		cat <<-EOF
			port=0
			interface=br0
			bind-interfaces
			dhcp-authoritative
			no-ping
			leasefile-ro
			dhcp-range=10.77.240.1,10.77.240.250,255.255.0.0,10m
			dhcp-range=fd77::,ra-only,64
			enable-ra
			ra-param=br0,high,0,0
			dhcp-userclass=set:ipxe,iPXE
			dhcp-option=tag:ipxe,encap:175,176,1b
			dhcp-match=set:uefi,option:client-arch,7
			dhcp-match=set:http,option:client-arch,16
			dhcp-boot=tag:ipxe,http://10.77.0.254:8080/boot.ipxe
			enable-tftp
			tftp-root=$PWD/www
			user=root
			pid-file=$PWD/dnsmasq.pid
			log-facility=$PWD/dnsmasq.log
			log-dhcp
		EOF
		for metal_tag; do
			case $metal_tag in
			bios=*) echo "dhcp-boot=tag:!ipxe,tag:!uefi,tag:!http,${metal_tag#*=}" ;;
			uefi=*) echo "dhcp-boot=tag:!ipxe,tag:uefi,${metal_tag#*=}" ;;
			http=*)
				echo dhcp-option-force=tag:http,60,HTTPClient
				echo "dhcp-boot=tag:http,http://10.77.0.254:8080/${metal_tag#*=}"
				;;
			esac
		done
	} >dnsmasq.conf
	# iPXE waits 16 s for a router of IPv6, and one that leads nowhere will do; and 2 s for another DHCP server.
	lab adm ip addr replace fd77::fe/64 dev br0 nodad
	lab adm dnsmasq -C "$PWD/dnsmasq.conf" || exit
	lab adm busybox httpd -f -vv -p 10.77.0.254:8080 -h "$PWD/www" 2>www.log &
}
