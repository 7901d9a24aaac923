#!/bin/sh
# the agent's address: kept for as long as it works, and left alone when it is only prolonged
. "${0%/*}/../tap.sh"

mkdir bin
cat >bin/ip <<'EOF'
#!/bin/sh
case $* in *show*) echo '2: eth0    inet 10.0.0.9/24 brd 10.0.0.255 scope global eth0' ;; *) echo "$*" >>calls ;; esac
EOF
chmod +x bin/ip
sed 's|/etc/resolv.conf|resolv.conf|' "$top/share/agent/dhcp" >dhcp
call() { # STATE IP
	: >calls
	env PATH="$PWD/bin:$PATH" interface=eth0 ip="$2" mask=24 router=10.0.0.1 sh ./dhcp "$1"
	paste -sd , calls
}
is "$(call renew 10.0.0.9)" '' 'the same address again: nothing is touched'
is "$(call renew 10.0.0.8)" 'addr flush dev eth0,addr add 10.0.0.8/24 dev eth0,route add default via 10.0.0.1 dev eth0' 'another one is taken'
is "$(call deconfig '')" '' 'a lease that runs out takes no address away'
unlike "$(grep udhcpc "$top/share/agent/init")" ' -q' 'udhcpc stays to prolong the lease'
done_testing
