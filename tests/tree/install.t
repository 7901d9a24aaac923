#!/bin/sh
# make uninstall takes away what make install puts somewhere, with its folders, and nothing else
. "${0%/*}/../tap.sh"
need make
test -e "$top/config.mk" || skip_all 'not configured'

run_make() { # PREFIX ARG...
	prefix=$1
	shift
	env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -C "$top" DESTDIR="$tmp/root" prefix="$prefix" \
		bindir="$prefix/bin" libdir="$prefix/lib" includedir="$prefix/include" datadir="$prefix/share" \
		mandir="$prefix/share/man" "$@"
}

# Empty files where the real ones would be: to build them once more would take too long.
pretend() { # PREFIX
	run_make "$1" -n uninstall | grep -o '=/[^ ;"]*' | sed 's/^=//' | sort -u >places
	while read -r place; do
		mkdir -p "root${place%/*}" && : >"root$place"
	done <places
}

left() {
	(cd root && find . | sort | paste -sd ' ')
}

pretend /opt/vmm
ok 'there are places' test "$(wc -l <places)" -gt 50
mkdir root/opt/vmm/share/fish/own
ok 'uninstall' run_make /opt/vmm uninstall
is "$(left)" '. ./opt ./opt/vmm ./opt/vmm/share ./opt/vmm/share/fish ./opt/vmm/share/fish/own' "what is another's stays"
rmdir root/opt/vmm/share/fish/own
pretend /opt/vmm
ok 'uninstall' run_make /opt/vmm uninstall
is "$(left)" '. ./opt' 'nothing is left'
ok 'once more' run_make /opt/vmm uninstall

pretend /usr/local
ok 'uninstall' run_make /usr/local uninstall
is "$(left)" '. ./opt ./usr ./usr/local ./usr/local/bin ./usr/local/include ./usr/local/lib ./usr/local/share ./usr/local/share/man' \
	'what every system has stays'
done_testing
