#!/bin/sh
# Seeds as cloud-init itself sees them: its schema of user-data, and what each of its ways to configure
# a network makes of ours.
. "${0%/*}/../tap.sh"
need cloud-init python3
mkdir -p "$VMM_CONF"
cp -r "$top"/share/* "$VMM_CONF"

# The files of a seed, each by its name.
seed() {
	rm -f user-data meta-data network-config
	tmpl-check --render "$1" | awk '/^==> .* <==$/ { file = $2; next } { print >file }'
}

seed web
ok "user-data of the sample keeps cloud-init's schema" cloud-init schema --config-file user-data
cp network-config sample

sed -i '/^user-data/,$d' "$VMM_CONF/guests/debian.conf"
seed web
ok 'so does the usual one' cloud-init schema --config-file user-data
like "$(cat user-data)" '^  - name: "admin"$' 'which makes the user'
sed -i '/^user/d' "$VMM_CONF/guests/debian.conf"
seed web
ok 'and that without a user' cloud-init schema --config-file user-data

printf '#cloud-config\nusers: 5\nruncmd: x\n' >wrong
exits 1 'a schema that refuses nothing would prove nothing' cloud-init schema --config-file wrong

nr=0
for value in '"; rm -rf /; echo "' '$(id)' "it's" 'a: b # c' '\n' '${name}' '{{ ds }}' '- x' '%(x)s'; do
	cat >"$VMM_CONF/guests/debian.conf" <<-'END'
		user-data =
		    #cloud-config
		    hostname: ${hostname}
		    write_files:
		      - path: /etc/motd
		        content: "<${v}>"
		      - path: ${v}
		    runcmd:
		      - [echo, ${v}]
	END
	sed -i '/^v = /d' "$VMM_CONF/templates/web.conf"
	printf 'v = %s\n' "$value" >>"$VMM_CONF/templates/web.conf"
	seed web
	ok "hostile value $((nr += 1)) keeps the schema" cloud-init schema --config-file user-data
	is "$(python3 -c 'import sys, yaml; print(yaml.safe_load(open("user-data"))["runcmd"][0][1])')" "$value" \
		'and is what it was'
done

# As the distributions have it: Debian's ifupdown, netplan, systemd-networkd.
convert() {
	rm -rf made
	cloud-init devel net-convert -p sample -k yaml -d made -D debian -O "$1" \
		-m eth0,52:54:00:00:00:01 -m eth1,52:54:00:00:00:02
}
ok 'ifupdown' convert eni
made=$(cat made/etc/network/interfaces.d/50-cloud-init)
for line in 'address 192\.0\.2\.10/24' 'gateway 192\.0\.2\.1' 'address 2001:db8::10/64' 'gateway 2001:db8::1' \
	'address 192\.0\.2\.11/24'; do
	like "$made" "^ *$line\$" "has $line"
done
is "$(echo "$made" | grep -c '^ *gateway')" 2 'one way out for IPv4, one for IPv6'
ok 'netplan' convert netplan
like "$(cat made/etc/netplan/*)" "macaddress: '52:54:00:00:00:02'" 'matches by MAC address'
ok 'systemd-networkd' convert networkd
made=$(cat made/etc/systemd/network/*eth0*)
like "$made" '^Gateway=2001:db8::1$' 'has the gateway'
unlike "$made" '^Destination' 'to everywhere'
done_testing
