# shellcheck shell=sh disable=SC2154
# Hosts and VMs of a lab (tests/lab/README), for tests that source this after tap.sh.
#
#	lab_up SPEC...		a lab of its own, down again at the end
#	lab COMMAND...		tests/lab/lab
#	declare_hosts WAY HOST...	host-add in it; WAY as in `lab uri`
#	migrate ARG...		vm-migrate from the admin namespace; fsck ARG...: vmm-fsck
#	on HOST COMMAND...	virsh on that host
#	guest_ssh WHOM COMMAND...	by ssh in a guest, whoever it says it is
#	vol VERB HOST ARG...	volume-helper, from the admin namespace
#	where VM		"HOST:STATE" for each host that knows it
#	whole VM HOST [NAME]	a test point: it runs on HOST, no other host knows it, its guest counts on
#	cell COLUMN [FILE]	that column of the rows of $out
#	within SECONDS COMMAND...	waits until it succeeds
#	copying VM HOST		its memory is on its way from HOST
#	clean			a test point: no unfinished work, no volume that belongs to no VM

need_root
need libvirtd qemu-system-x86_64 bindfs jq

lab() {
	"$top/tests/lab/lab" "$@"
}

lab_up() {
	LAB=$(lab up --owner $$ "$@") || skip_all 'no lab here'
	export LAB
	trap 'lab down >/dev/null 2>&1; cd / && rm -rf "$tmp"' EXIT
}

declare_hosts() {
	lab_way=$1
	shift
	for lab_host; do
		lab adm host-add "$lab_host" "$(lab uri "$lab_host" "$lab_way")" >/dev/null || exit
	done
}

migrate() {
	lab adm vm-migrate "$@"
}

fsck() {
	lab adm vmm-fsck "$@"
}

on() {
	lab_host=$1
	shift
	timeout 30 virsh -q -c "$(lab uri "$lab_host" unix)" "$@"
}

guest_ssh() {
	lab adm ssh -n -o ConnectTimeout=10 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "$@"
}

vol() {
	lab_verb=$1 lab_host=$2
	shift 2
	lab adm volume-helper "$lab_verb" "$(lab uri "$lab_host" tcp)" "$lab_host" "$@"
}

lab_hosts() {
	cut -f1 "$LAB/hosts.tsv"
}

where() {
	for lab_h in $(lab_hosts); do
		test -e "$LAB/hosts/$lab_h/pid" || continue
		if lab_state=$(on "$lab_h" domstate "$(lab uuid "$1")" 2>"$tmp/.where"); then
			echo "$lab_h:$lab_state"
		elif ! grep -q 'failed to get domain' "$tmp/.where"; then
			echo "$lab_h:no answer"
		fi
	done | paste -sd ' '
}

# All ticks there ever were: those of one boot begin anew.
ticks() {
	grep -ac '^tick' "$(lab serial "$1")"
}

counted() {
	test "$(ticks "$1")" -gt "$2"
}

whole() {
	lab_got=$(where "$1")
	within 10 counted "$1" "$(ticks "$1")" || lab_got="$lab_got, its guest stands still"
	is "$lab_got" "$2:running" "${3:-$1 is whole on $2}"
}

cell() {
	awk -F '\t' -v c="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i; next }
		{ print $k }' "${2:-$out}"
}

within() {
	lab_until=$(($(date +%s%N) / 1000000 + $1 * 1000))
	shift
	until "$@"; do
		test $(($(date +%s%N) / 1000000)) -lt "$lab_until" || return 1
		sleep 0.05
	done
}

copying() {
	on "$2" domjobinfo "$1" 2>/dev/null | grep -Eq '^Data processed: +[1-9]'
}

# What the pools hold and no VM uses.
strays() {
	: >"$tmp/.used"
	for lab_h in $(lab_hosts); do
		for lab_vm in $(on "$lab_h" list --all --uuid); do
			on "$lab_h" dumpxml "$lab_vm"
		done | sed -n "s/.*<source file='\([^']*\)'.*/\1/p" >"$tmp/.used.$lab_h"
		cat "$tmp/.used.$lab_h" >>"$tmp/.used"
		lab exec "$lab_h" find "$LAB/local" -type f | grep -vxFf "$tmp/.used.$lab_h" | sed "s/^/$lab_h:/"
	done
	find "$LAB/shared/pool" -type f | grep -vxFf "$tmp/.used"
}

clean() {
	is "$(fsck -n 2>&1)" '' "${1:-nothing is left} to mend"
	is "$(strays)" '' "${1:-nothing is left}: no stray volume"
}
