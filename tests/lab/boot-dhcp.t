#!/bin/sh
# boot-serve as a service: its rights, its DHCP server, its signals and options
. "${0%/*}/../tap.sh"
need_root
need dnsmasq setpriv busybox curl jq cpio ip perl
. "$top/tests/helpers/bootnet.sh"

# What a service manager hears.
notify=$tmp/notify
perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_DGRAM, 0); bind($s, pack_sockaddr_un($ARGV[0])) or die; chmod 0666, $ARGV[0];
	$| = 1; while (defined recv($s, my $m, 999, 0)) { print "$m\n" }' "$notify" >told &
others=$!
until_true 3 test -S "$notify"
NOTIFY_SOCKET=$notify
export NOTIFY_SOCKET

# ---- started: DHCP, user ----
credentials() { tr '\t' ' ' <"/proc/$1/status" | grep -E '^(Uid|Cap|NoNew)'; }
make_job
ok 'it starts' serve --range 10.77.0.100-10.77.0.120
ok 'and says that it is ready' until_true 3 grep -qx READY=1 told
exits 75 'a second server of the folder' on s "$VMM_BUILD/bin/boot-serve" -i br0 -u nobody
exits 2 'root without --user' on s "$VMM_BUILD/bin/boot-serve" -i br0
like "$(cat "$err")" 'whom to become' 'is told what is missing'
exits 2 'no such interface' on s "$VMM_BUILD/bin/boot-serve" -i br9 -u nobody
like "$(cat "$err")" "there is no interface 'br9'" 'is told so'
exits 2 'a range of another network' on s "$VMM_BUILD/bin/boot-serve" -i br0 -u nobody --range 10.77.0.100-10.78.0.120
like "$(cat "$err")" "not in the network of interface 'br0' .10.77.0.1, netmask 255" 'is told so'
mkdir half && cp ipxe/snponly.efi half
exits 2 'half a folder for firmware' on s "$VMM_BUILD/bin/boot-serve" -i br0 -u nobody --ipxe "$tmp/half"
like "$(cat "$err")" "cannot read '$tmp/half/undionly.kpxe': No such file" 'is told of'
chmod o+w boot
exits 4 'a folder of everybody' on s "$VMM_BUILD/bin/boot-serve" -i br0 -u nobody
chmod o-w boot
dnsmasq=
up() { dnsmasq=$(cat boot/run/dnsmasq.pid 2>/dev/null) && test "$dnsmasq" != "$before" && test -d "/proc/$dnsmasq"; }
before=
until_true 3 up
like "$(credentials "$server")" '^Uid: (65534 ?){4}$' 'no root any more'
like "$(credentials "$server")" '^CapEff: 0+$' 'and no right in effect'
like "$(credentials "$server")" '^NoNewPrivs: 1$' 'nor any to come'
is "$(find boot/jobs boot/tls boot/seen boot/run -user root)" '' 'what the server writes is the user'"'"'s'
is "$(find boot boot/agent boot/images boot/files ! -path 'boot/*/*' -printf '%u %g\n' | sort -u | grep -v '^nobody')" \
	'root nogroup' 'what it only reads is root'"'"'s'
is "$(stat -c %U "$tmp/outside")" root 'and nothing beyond it'
like "$(credentials "$dnsmasq")" '^Uid: (65534 ?){4}$' 'dnsmasq is no root either'
printf '#!/bin/sh\ntest "$1" != bound || echo "$ip $boot_file${opt175:+ $opt175}" >%s/lease\n' "$tmp" >lease.sh
chmod +x lease.sh
lease() { # the boot file that a client with these options is told
	rm -f lease
	on m1 busybox udhcpc -f -i eth0 -n -q -t 3 -T 1 -s "$tmp/lease.sh" "$@" >/dev/null 2>&1
	cut -d' ' -f2- lease 2>/dev/null
}
is "$(lease -V PXEClient:Arch:00000 -x 0x5d:0000)" undionly.kpxe 'a BIOS ROM gets iPXE by TFTP'
is "$(lease -V PXEClient:Arch:00007 -x 0x5d:0007)" snponly.efi 'so does UEFI'
is "$(lease -V HTTPClient:Arch:00016 -x 0x5d:0010)" "$http/ipxe/snponly.efi" 'and UEFI HTTP boot by HTTP'
is "$(lease -x 0x4d:69505845)" "$http/boot.ipxe" 'iPXE gets the script'
is "$(lease -x 0x4d:69505845 -O 175)" "$http/boot.ipxe b00101ff" 'and need not wait for another server'
on m1 ip addr add 10.77.0.11/24 dev eth0
on m2 ip addr add 10.77.0.12/24 dev eth0
is "$(on m1 busybox tftp -g -r snponly.efi -l tftp.out 10.77.0.1 2>&1; cat tftp.out)" 'IPXE EFI' 'TFTP'

# ---- it dies ----
die() { # SIGNAL
	before=$dnsmasq
	kill "-$1" "$dnsmasq"
}
die KILL
ok 'dnsmasq has died: that is told' until_true 3 grep -q 'dnsmasq has ended with signal 9; started again in 1 s' serve.log
ok 'and it is started again' until_true 4 up
is "$(lease -x 0x4d:69505845)" "$http/boot.ipxe" 'and serves'
die TERM
ok 'when it dies again' until_true 3 grep -q 'dnsmasq has ended with .*; started again in 2 s' serve.log
is "$(status m1 $http/boot.ipxe)" 200 'the rest goes on'
sleep 1
waits() { ! up; }
ok 'it is given more time' waits
ok 'and started once more' until_true 4 up
stop KILL
gone() { ! grep -qs '^State:.[^Z]' "/proc/$dnsmasq/status"; }
ok 'dnsmasq goes with a server that is killed' until_true 2 gone

# ---- known machines only; other ports; what is read anew ----
http=http://10.77.0.1:8180 tls=https://10.77.0.1:8543
before=$dnsmasq
ok 'with all its options' serve --range 10.77.0.100-10.77.0.120 --known --inspect-unknown --http-port 8180 --tls-port 8543 \
	--append 'console=none quiet' --ticket-time 77s
until_true 3 up
like "$(lease -x 0x4d:69505845)" "^$http/boot.ipxe" '--known: a machine with a job gets an address'
is "$(on m2 busybox udhcpc -f -i eth0 -n -q -t 2 -T 1 -s /bin/true 2>&1 | grep -c obtained)" 0 'and another none'
like "$(boot m2 00000000-0000-4000-8000-0000000000aa 52:54:00:77:00:02)" 'console=none quiet' '--inspect-unknown, --append'
arm
is "$(ticket m1) $(field server)" "200 $tls" '--http-port, --tls-port'
left=$(($(cut -d' ' -f2 boot/jobs/$job/ticket) - $(date +%s)))
ok '--ticket-time' test $left -gt 60 -a $left -le 77
arm
touch -d '1 hour ago' boot/jobs
unlike "$(boot m1 $uuid 52:54:00:77:00:01 S2)" kernel 'it knows the jobs'
sed -i 's/S 1/S2/' boot/jobs/$job/job.json
unlike "$(boot m1 $uuid 52:54:00:77:00:01 S2)" kernel 'and reads none twice'
kill -HUP "$server"
ok 'SIGHUP' until_true 3 grep -q event=reload serve.log
like "$(boot m1 $uuid 52:54:00:77:00:01 S2)" kernel 'reads them anew'
: >told
stop INT
is "$status $(cat told)" '0 STOPPING=1' 'SIGINT ends it, and it says so'
ok 'and dnsmasq with it' gone

# ---- another DHCP server ----
ip netns exec "${net}m2" dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=eth0 --bind-interfaces --no-ping \
	--dhcp-range=10.77.0.200,10.77.0.210,1m --dhcp-leasefile="$tmp/other.leases" --pid-file --user=root 2>other.log &
others="$others $!"
sleep 0.3
exits 4 'another DHCP server: refused' on s "$VMM_BUILD/bin/boot-serve" -i br0 -u nobody --range 10.77.0.100-10.77.0.120
like "$(cat "$err")" 'another server answers: 10.77.0.12 ' 'and named'
ok 'no lease was taken' test ! -s other.leases
ok 'in spite of it, by --force' serve --range 10.77.0.100-10.77.0.120 --force
like "$(cat serve.log)" 'another server answers: 10.77.0.12 ' 'which it tells too'
stop TERM
ok 'beside it, as a proxy' serve --proxy
stop TERM
done_testing
