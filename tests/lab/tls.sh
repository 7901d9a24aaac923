# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2015,SC2034,SC2317
# Certificates: authorities in $LAB/pki, and signed by one of them a certificate for each host that has
# the word tls, and for the admin. Everyone's folder has the same files under the names that libvirt
# (pkipath=, as client), libvirtd and QEMU (as both) look for. The hosts' is in /etc/libvirt, which is their
# own; /etc/pki would be the machine's.

# host_authority WORDS: who signs; nothing without the word tls.
host_authority() {
	local word
	for word in ${1//,/ }; do
		case $word in tls) echo lab ;; tls=*) echo "${word#tls=}" ;; esac
	done
}

# write_certificates HOST NUMBER WORDS
write_certificates() {
	local authority
	authority=$(host_authority "$3")
	[ -n "$authority" ] || return 0
	with_lock make_authority "$authority" &&
		certify "$authority" "$1" "DNS:$1,DNS:$1-mig,IP:10.77.0.$2,IP:10.78.0.$2" "$LAB/hosts/$1/etc/pki" ||
		die "cannot make the certificates of '$1'"
}

# make_authority NAME: and the admin's certificate of it, in $LAB/pki/NAME.
make_authority() {
	local dir=$LAB/pki
	[ ! -e "$dir/$1" ] || return 0
	mkdir -p "$dir"
	key_and_request "$dir/$1.key" "$1" | openssl x509 -req -signkey "$dir/$1.key" -days 3650 -out "$dir/$1.pem" \
		-extfile <(printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n') 2>/dev/null &&
		certify "$1" admin DNS:admin,IP:10.77.0.254 "$dir/$1"
}

# certify AUTHORITY NAME ALTERNATIVES FOLDER
certify() {
	local authority=$LAB/pki/$1 to=$4 role
	mkdir -p "$to"
	key_and_request "$to/key.pem" "$2" |
		openssl x509 -req -CA "$authority.pem" -CAkey "$authority.key" -set_serial "0x$(new_uuid | tr -d -)" \
			-days 3650 -out "$to/cert.pem" -extfile <(printf '%s\n' basicConstraints=critical,CA:FALSE \
				keyUsage=critical,digitalSignature,keyEncipherment \
				extendedKeyUsage=serverAuth,clientAuth "subjectAltName=$3") 2>/dev/null || return 1
	cp "$authority.pem" "$to/cacert.pem"
	ln -s cacert.pem "$to/ca-cert.pem"
	for role in client server; do
		ln -s cert.pem "$to/$role-cert.pem"
		ln -s key.pem "$to/$role-key.pem"
	done
	ln -s cert.pem "$to/clientcert.pem"
	ln -s key.pem "$to/clientkey.pem"
}

# key_and_request KEYFILE NAME: prints the request.
key_and_request() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1" -subj "/CN=$2" 2>/dev/null
}

# The admin's, of the authority that the host believes.
client_certificates() { echo "$LAB/pki/$(host_authority "$(host_row "$1" | cut -f4)")"; }

libvirtd_tls() {
	[ -n "$1" ] || { echo 'listen_tls = 0'; return; }
	printf '%s = "/etc/libvirt/pki/%s.pem"\n' key_file key cert_file cert ca_file cacert
	echo 'listen_tls = 1'
}

# Both ends of a migration ask for the other's certificate.
qemu_tls() {
	[ -z "$1" ] || printf '%s\n' 'default_tls_x509_cert_dir = "/etc/libvirt/pki"' 'default_tls_x509_verify = 1'
}
