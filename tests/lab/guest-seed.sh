#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# In a lab guest from a disk image: takes name, addresses and root's ssh keys from a NoCloud seed, a disk or
# CD-ROM with the label cidata, and starts an ssh daemon. Fails where there is no seed. Its host key is made
# at the first boot and kept in the disk's second partition.
#
# It reads of YAML what seeds are made of: maps and lists in lines, flat ones in brackets, quotes, comments.
export PATH=/bin

say() { echo "LAB-SEED $*"; }

# A SCSI bus is searched in the background.
wait_for_cdrom() {
	tries=20
	while test -e /sys/class/scsi_host/host0 -a ! -e /dev/sr0 -a $tries -gt 0; do
		usleep 50000
		tries=$((tries - 1))
	done
}

# The label is in the 17th sector of 2 KiB, 40 bytes in.
find_seed() {
	for seed in /dev/vd? /dev/sr?; do
		test -b "$seed" || continue
		case $(dd if="$seed" bs=8 skip=4101 count=1 2>/dev/null) in
		cidata* | CIDATA*) return ;;
		esac
	done
	return 1
}

# yaml FILE: a line "PATH<tab>VALUE" for each value: ethernets.lan.match.macaddress 52:54:…
yaml() {
	test -r "$1" || return 0
	awk '
	function unquote(v) {
		sub(/^[ \t]+/, "", v)
		if (v ~ /^"/) { sub(/^"/, "", v); sub(/".*/, "", v) }
		else if (v ~ /^\047/) { sub(/^\047/, "", v); sub(/\047.*/, "", v) }
		else { sub(/[ \t]+#.*/, "", v); sub(/[ \t]+$/, "", v) }
		return v
	}
	function emit(v,   n, i, part, path, name) {
		for (i = 1; i <= depth; i++) path = path (i > 1 ? "." : "") key[i]
		if (v !~ /^[[{]/) { print path "\t" unquote(v); return }
		n = split(substr(v, 2, match(v, /[]}][^]}]*$/) - 2), part, ",")
		for (i = 1; i <= n; i++) {
			name = ""
			if (v ~ /^[{]/ && match(part[i], /:/)) {
				name = "." unquote(substr(part[i], 1, RSTART - 1))
				part[i] = substr(part[i], RSTART + 1)
			}
			print path name "\t" unquote(part[i])
		}
	}
	{ sub(/\r$/, "") }
	/^[ \t]*(#|$)/ || /^---/ { next }
	{
		match($0, /^ */); indent = RLENGTH; text = substr($0, indent + 1)
		if (block != "" && indent > block) next
		block = ""
		while (text ~ /^-( |$)/) {
			while (depth && level[depth] > indent) depth--
			match(text, /^- */); indent += RLENGTH; text = substr(text, RLENGTH + 1)
		}
		if (match(text, /^["\047]?[A-Za-z0-9_.-]+["\047]?:( |$)/)) {
			while (depth && level[depth] >= indent) depth--
			level[++depth] = indent
			key[depth] = substr(text, 1, RLENGTH); gsub(/[" :\047]/, "", key[depth])
			text = substr(text, RLENGTH + 1)
			sub(/^[ \t]+/, "", text)
		}
		if (text ~ /^[|>]/) block = indent
		else if (text ~ /^([&*!]|[[{].*[[{])/) print "LAB-SEED cannot read " FILENAME ":" FNR >"/dev/stderr"
		else if (text != "") emit(text)
	}' "$1"
}

# values FILE ERE: of the paths that match.
values() { yaml "$1" | awk -F '\t' -v path="$2" '$1 ~ path { print $2 }'; }

# What network-config says of each interface, in the order in which it can be done: "VERB VALUE".
network_steps() {
	yaml "$1" | awk -F '\t' '
	{ sub(/^network\./, "") }
	$1 !~ /^ethernets\./ { next }
	{
		split($1, part, "."); nic = part[2]
		if (!(nic in seen)) { seen[nic] = 1; order[++count] = nic }
		what = substr($1, length("ethernets." nic ".") + 1)
		if (what == "match.macaddress") $2 = tolower($2)
		if (what == "routes.to") { to[nic] = $2; if (via[nic] != "") route(nic) }
		else if (what == "routes.via") { via[nic] = $2; if (to[nic] != "") route(nic) }
		else said[nic, what] = said[nic, what] $2 "\n"
	}
	function route(nic) {
		said[nic, "routes"] = said[nic, "routes"] to[nic] " via " via[nic] "\n"
		to[nic] = via[nic] = ""
	}
	END {
		n = split("match.macaddress set-name mtu addresses up routes gateway4 gateway6 nameservers.addresses", verbs, " ")
		for (i = 1; i <= count; i++) for (v = 1; v <= n; v++) {
			lines = split(verbs[v] == "up" ? "-\n" : said[order[i], verbs[v]], line, "\n")
			for (l = 1; l < lines; l++) print verbs[v], line[l]
		}
	}'
}

# nic MAC: sets dev to the name of the interface with it.
nic() {
	for dev in /sys/class/net/*; do
		read -r address <"$dev/address"
		dev=${dev##*/}
		test "$address" = "$1" && return
	done
	dev=
	say "no interface has the MAC address $1"
}

set_up_network() {
	network_steps "$1" | while read -r verb value; do
		test -n "$dev" || test "$verb" = match.macaddress || continue
		case $verb in
		match.macaddress) nic "$value" ;;
		set-name) ip link set "$dev" name "$value" && dev=$value ;;
		mtu) ip link set "$dev" mtu "$value" ;;
		# Nobody waits for an address to be proved the only one of its kind.
		addresses) echo 0 >"/proc/sys/net/ipv6/conf/$dev/accept_dad"; ip addr add "$value" dev "$dev" ;;
		up) ip link set "$dev" up ;;
		routes) add_route $value ;;
		gateway4 | gateway6) add_route default via "$value" ;;
		nameservers.addresses) echo "nameserver $value" >>/etc/resolv.conf ;;
		esac || say "cannot do: $verb $value"
	done
}

# add_route TO via ADDRESS
add_route() {
	case $3 in
	*:*) ip -6 route add "$@" dev "$dev" ;;
	*) ip route add "$@" dev "$dev" ;;
	esac
}

set_up_name() {
	name=$(values "$1/meta-data" '^local-hostname$')
	test -n "$name" || name=$(values "$1/user-data" '^hostname$')
	hostname "${name:-guest}"
}

host_key() {
	for keep in /dev/vd?2; do
		tar -xf "$keep" -C /etc/dropbear 2>/dev/null
		test ! -s /etc/dropbear/key || return 0
		dropbearkey -t ed25519 -f /etc/dropbear/key >/dev/null 2>&1
		tar -cf "$keep" -C /etc/dropbear key
		sync
		return
	done
}

set_up_ssh() {
	values "$1/user-data" '(^|[.])ssh_authorized_keys$' >/root/.ssh/authorized_keys
	chmod 600 /root/.ssh/authorized_keys
	mkdir -p /dev/pts
	mount -t devpts devpts /dev/pts
	host_key
	dropbear -r /etc/dropbear/key -s -j -k
}

wait_for_cdrom
find_seed || exit 1
mkdir -p /seed.d
mount -t iso9660 -o ro "$seed" /seed.d || exit 1
set_up_name /seed.d
set_up_network /seed.d/network-config
set_up_ssh /seed.d
umount /seed.d
