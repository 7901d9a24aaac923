#!/bin/sh
# vm-migrate --tls: nothing readable on the wire, no way to a host of another authority; visits over TLS
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
need openssl

lab_up h1:tls h2:tls h3:tls=other h4
declare_hosts tls h1 h2 h3
lab adm host-add h4 "$(lab uri h4)" >/dev/null
is "$(lab adm host-list -n -o state | paste -sd ' ')" 'normal normal normal normal' 'visits over TLS'
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=16M
lab exec h1 qemu-io -f qcow2 -c 'write -P 0x5a 8M 3M' "$LAB/local/db.qcow2" >/dev/null
on h1 start db >/dev/null
lab wait web && lab wait db

# listened ARG...: a migration that is done, and whether memory or a disk could be read on the way.
listened() {
	rm -f "$tmp/wire"
	"$top/tests/lab/lab" adm "$top/tests/helpers/wire.pl" "$tmp/wire" "$seen" &
	wire=$!
	within 10 test -e "$tmp/wire" || diag 'nobody listens'
	ok "$*" migrate "$@"
	is "$(cell result)" 'done' 'its row'
	kill $wire && wait $wire
	ok 'what it sent passed by' test "$(cut -f 1 "$tmp/wire")" -gt "$(cell bytes)"
	hits=$(cut -f 2 "$tmp/wire")
}

readable() {
	listened "$@"
	ok 'and could be read' test "$hits" -gt 0
}

unreadable() {
	listened "$@"
	is "$hits" 0 'and could not be read'
}

memory='Linux version' disk=$(printf '%256s' '' | tr ' ' Z)

# Driven by the client
seen=$memory
readable web --to h2
unreadable web --to h1 --tls
unreadable web --to h2 --tls --parallel 2
whole web h2
seen=$disk
readable db --to h2 --move
unreadable db --to h1 --move --tls
whole db h1

# Driven by the source's libvirtd, with its own certificate
for host in h1 h2 h3; do
	lab adm host-set "$host" --peer-uri "qemu+tls://$host/system?pkipath=/etc/libvirt/pki" >/dev/null
done
seen=$memory
unreadable web --to h1 --tls
whole web h1

# apart REASON ARG...: refused on the way; all is as it was.
apart() {
	reason=$1
	shift
	exits 1 "$*: fails" migrate "$@"
	is "$(cell result)" failed 'its row'
	like "$(cell error)" "$reason; the VM is on 'h1' \\(running\\)" 'says why, and where it is'
	whole "$1" h1
}

apart "Failed to verify peer's certificate" web --to h3
for host in h1 h2 h3; do
	lab adm host-set "$host" --peer-uri "qemu+tcp://$host/system" >/dev/null
done
apart "certificate hasn't got a known issuer" web --to h3 --tls
apart "certificate hasn't got a known issuer" db --to h3 --tls --move
apart 'credentials.*' web --to h4 --tls
clean

# A visit
ok 'certificates of another authority' lab adm host-set h1 --uri "qemu+tls://h1/system?pkipath=$LAB/pki/other"
exits 75 'and that host is not visited' lab adm host-scan h1
like "$(cell error)" "Failed to verify peer's certificate" 'says why'
is "$(cat "$err")" '' 'libvirt logs nothing of its own'
done_testing
