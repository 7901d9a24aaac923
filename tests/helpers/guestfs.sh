# shellcheck shell=sh disable=SC2154
# In place of libguestfs's programs, for tests that source this after tap.sh: they note how they are
# called, and say what the test has told them to.
#
#	guestfs		puts them first in PATH
#	holds TYPE OSINFO...	a system of these on the disk that virt-inspector looks at; none: no system
#	$tmp/State.ini		what virt-cat finds
#	$tmp/guestfs.fail	the name of one that fails
#	$tmp/guestfs.slow	the name of one that takes a while, and puts a file into its folder then
#	$tmp/guestfs.calls	the calls, a line each

guestfs() {
	mkdir "$tmp/guestfs"
	for guestfs_program in virt-inspector virt-sysprep virt-sparsify virt-cat; do
		cat >"$tmp/guestfs/$guestfs_program" <<-EOF
			#!/bin/sh
			test "\$*" != --version || exit 0
			echo "$guestfs_program \$*" >>$tmp/guestfs.calls
			if test -e $tmp/guestfs.fail && grep -qx $guestfs_program $tmp/guestfs.fail; then
				echo '$guestfs_program: error: it does not work' >&2
				exit 1
			fi
			if test -e $tmp/guestfs.slow && grep -qx $guestfs_program $tmp/guestfs.slow; then
				sleep 2
				: >"\$LIBGUESTFS_TMPDIR/late"
			fi
			case $guestfs_program in
			virt-inspector) cat $tmp/inspection ;;
			virt-cat) cat $tmp/State.ini ;;
			esac
		EOF
		chmod 755 "$tmp/guestfs/$guestfs_program"
	done
	PATH=$tmp/guestfs:$PATH
}

holds() {
	{
		echo '<?xml version="1.0"?><operatingsystems>'
		while test $# -ge 2; do
			echo "<operatingsystem><root>/dev/sda1</root><name>$1</name><osinfo>$2</osinfo></operatingsystem>"
			shift 2
		done
		echo '</operatingsystems>'
	} >"$tmp/inspection"
}
