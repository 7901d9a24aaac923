#!/bin/sh
# The rules that the sources keep: includes point one way, a command loads no library that it
# doesn't need, no shell is ever started, no path is built in.
. "${0%/*}/../tap.sh"
cd "$top" || exit

# Who may include whom, besides itself. The order of the folders of lib/ is that of the arrows.
may_include() {
	case $1 in
	lib/base) echo '' ;;
	lib/store) echo 'base' ;;
	lib/inventory) echo 'base store' ;;
	lib/pool) echo 'base store inventory' ;;
	lib/library) echo 'base store' ;;
	lib/history) echo 'base store' ;;
	lib/group) echo 'base store inventory' ;;
	lib/plan) echo 'base group' ;;
	lib/virt) echo 'base store inventory' ;;
	lib/define) echo 'base virt' ;;
	lib/volume) echo 'base store library virt' ;;
	lib/scan) echo 'base store inventory virt' ;;
	lib/net) echo 'base store inventory virt scan' ;;
	lib/load) echo 'base store inventory virt scan' ;;
	lib/power) echo 'base store inventory virt scan' ;;
	lib/migrate) echo 'base store inventory virt volume scan power' ;;
	lib/run) echo 'base store inventory virt scan power migrate group plan' ;;
	lib/provision) echo 'base store inventory pool library virt define volume scan' ;;
	lib/ssh | lib/bmc) echo 'base' ;;
	lib/boot) echo 'base' ;;
	lib/deploy) echo 'base store inventory pool library virt define scan net ssh bmc boot' ;;
	cmd/agent) echo 'base' ;; # runs where nothing else is
	cmd/frame/live.[ch]) echo 'base store inventory scan' ;; # loads libvmm when asked to
	cmd/frame) echo 'base store inventory history group plan' ;;
	cmd) echo 'base store inventory pool library history group plan virt define volume scan load net power migrate run provision ssh bmc boot deploy frame' ;;
	*) echo 'nothing: give this folder its place in tests/tree/sources.t' ;;
	esac
}

includes() {
	sed -n 's|^#include "\([^"/]*\)/.*|\1|p; s|^#include "\([^"/]*\)"$|./\1|p' "$1" | sort -u
}

wrong_arrows() {
	for file in lib/*/*.[ch] cmd/*.c cmd/*/*.[ch]; do
		folder=${file%/*}
		case $file in cmd/frame/live.?) folder=$file ;; esac
		for to in $(includes "$file"); do
			case " $(may_include "$folder") ${file%/*} " in
			*[\ /]"$to "*) ;;
			*) echo "$file includes $to" ;;
			esac
		done
	done
}
is "$(wrong_arrows)" '' 'includes point one way'

# Only what a source includes by way of these folders is in libvmm, or in libvmm-metal.
for source in cmd/*.c; do
	name=$(basename "$source" .c)
	needed=$(readelf -d "$VMM_BUILD/bin/$name" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
	if grep -Eq 'lib/(virt|define|scan|load|net|volume|power|migrate|run|provision)/' "$VMM_BUILD/cmd/$name.d"; then
		unlike "$needed" '^lib(virt|xml2)' "$name leaves libvirt to libvmm"
	else
		unlike "$needed" '^lib(virt|xml2|vmm\.so)' "$name links no hypervisor"
	fi
	grep -Eq 'lib/(ssh|bmc|boot|deploy)/' "$VMM_BUILD/cmd/$name.d" ||
		unlike "$needed" '^lib(vmm-metal|freeipmi|microhttpd|ssh2)' "$name links nothing of metal"
done

# The code of all files without its comments, a line each behind the name of its file.
for file in lib/*/*.[ch] cmd/*.c cmd/*/*.[ch]; do
	test "$file" = lib/base/banned.h ||
		${CC:-cc} -fpreprocessed -dD -E -P "$file" | sed "s|^|$file: |"
done >"$tmp/code"

code() {
	grep -E -e "$1" "$tmp/code"
}
is "$(code '\<(system|popen|exec[lv]p?e?|fexecve|vfork|fork|wordexp)[[:space:]]*\(')" '' \
	'programs are started by posix_spawn alone'
is "$(code '"(/bin/|/usr/bin/)?(ba|da|z|k)?sh"')" '' 'no shell is started'
is "$(code '"/(usr|opt|home|root|tmp)(/|")')" '' 'no path of an installation is built in'
done_testing
