#!/bin/sh
# a Windows, as far as libguestfs needs one: taken only after Sysprep; and a disk without any system
# time limit: 900
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
PATH=$PATH:/usr/sbin:/sbin
need qemu-img mkntfs ntfs-3g virt-inspector virt-cat perl
perl -MWin::Hivex -e 1 2>/dev/null || skip_all 'no Win::Hivex for perl'

lab_up h1
declare_hosts tcp h1
export VMM_STATE="$LAB/state"
scratch=$LAB/tmp/scratch
mkdir "$scratch" folder
exits 0 'what libguestfs needs' lab guestfs-env
test "$status" = 0 || exit
while read -r word; do export "${word?}"; done <"$out"
lab guest-xml h1 win disk=shared | sed "s|type='qcow2'|type='raw'|" >win.xml
on h1 define win.xml
disk=$LAB/shared/pool/win.qcow2

# capture STATE IMAGE: the exit status, and the row
capture() {
	image=$2
	if test -n "$1"; then
		perl "$top/tests/helpers/windows-disk.pl" "$disk" folder "$1" 2>&1 || return
	else
		rm "$disk"
		truncate -s 64M "$disk"
	fi
	on h1 pool-refresh shared >/dev/null
	code=0
	lab adm env TMPDIR="$scratch" tmpl-capture -n -o os,result,error win "$image" || code=$?
	echo "status $code"
}
row=$(capture IMAGE_STATE_COMPLETE broken)
like "$row" '^	*win2k22	refused	it is a Windows, and Sysprep was not the last that ran there' 'in use: refused'
row=$(capture IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE windows)
like "$row" '^win2k22	done	$' 'after Sysprep: taken'
is "$(imglib list -n -o image,labels)" 'windows:1	captured-from=win,os=win2k22' 'and called so'
row=$(capture '' broken)
like "$row" '^	refused	no system was found on its disk; --keep-identity' 'empty: refused'
is "$(ls -A "$scratch")$(fsck -n)" '' 'nothing is left'
done_testing
