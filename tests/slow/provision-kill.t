#!/bin/bash
# tmpl-apply and vm-rm killed at any moment: vmm-fsck --repair leaves whole VMs, or nothing of them; and a
# second Ctrl-C needs no mending
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"
. "$top/tests/helpers/provision.sh"
need xorriso qemu-img strace

lab_up h1 h2
declare_hosts tcp h1 h2
fit_out
slow=300mbit # so that the image's way takes a good part of the run

seconds() { printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)); }

# took COMMAND...: $ms milliseconds
took() {
	took_start=$(milliseconds)
	"$@"
	ms=$(($(milliseconds) - took_start))
}

# An intent whose host is still at its last call may need another go.
repair() {
	repaired=$(fsck --repair -n -o finding,mended 2>&1) || repaired="$repaired; again: $(fsck --repair -n -o finding,mended 2>&1)"
}

# judge NAME: all is even, what is said to be done is there, and what there is can be removed.
judge() {
	bad=$(uneven)
	vms=$(known uuid)
	told=$(awk -F '\t' '$5 == "done" { print $2 }' "$rows")
	test -z "$told" || test -z "$(comm -23 <(sort <<<"$told") <(sort <<<"$vms"))" || bad="$bad; said to be done: $told"
	diag "$1: $(echo "$vms" | grep -c .) VMs${repaired:+; $repaired}"
	if test "$vms"; then
		# shellcheck disable=SC2086
		remove --stop $vms
		test $status -eq 0 || bad="$bad; removal: $(cat "$rows" "$said")"
		bad=$bad$(uneven)
	fi
	is "$bad" '' "$1"
}

killed_after() {
	sleep "$(seconds "$1")"
	kill -KILL $client 2>/dev/null
	wait $client 2>/dev/null
	repair
}

# cables RATE
cables() {
	lab rate h1 "$1"
	lab rate h2 "$1"
}

# Before that it is not even started.
took lab adm true
idle=$ms

with_image() {
	forget_image
	cables $slow
	took apply --start web n1 n2 n3
	cables off
}

without_image() { took apply --start web n1 n2 n3; }
removal() { took remove --stop n1 n2 n3; }

# Twice each, for the first time is slow: the quicker one counts.
fetching=999999 making=999999 removing=999999
for try in 1 2; do
	with_image
	is "$status $(cell result "$rows" | sort -u)" '0 done' "undisturbed, $try"
	test $ms -gt $fetching || fetching=$ms
	removal
	is "$status $(cell result "$rows" | sort -u)" '0 done' 'and gone again'
	test $ms -gt $removing || removing=$ms
	without_image
	test $ms -gt $making || making=$ms
	removal
done
took apply --full web n1 n2 n3
copying=$ms
removal
diag "start: $idle ms; with the image's way: $fetching ms, without: $making ms, full: $copying ms; removal: $removing ms"

# moments N MS: N of them, spread over a run of so long
moments() {
	seq "$1" | awk -v n="$1" -v from="$idle" -v ms="$2" '{ print int(from + (ms - from) * $1 / (n + 1)) }'
}

cables $slow
for ms in $(moments "${VMM_KILLS_FETCH:-14}" "$fetching"); do
	forget_image
	start_apply --start web n1 n2 n3
	killed_after "$ms"
	judge "image and VMs: killed after $ms ms"
done
cables off
apply web n0
remove n0
for ms in $(moments "${VMM_KILLS_MAKE:-20}" "$making"); do
	start_apply --start web n1 n2 n3
	killed_after "$ms"
	judge "VMs: killed after $ms ms"
done
for ms in $(moments "${VMM_KILLS_FULL:-8}" "$copying"); do
	start_apply --full web n1 n2 n3
	killed_after "$ms"
	judge "full copies: killed after $ms ms"
done
for ms in $(moments "${VMM_KILLS_REMOVE:-20}" "$removing"); do
	apply --start web n1 n2 n3
	start_remove --stop n1 n2 n3
	killed_after "$ms"
	judge "removal: killed after $ms ms"
done

# records NAME STRACE-OPTION...: killed at each of these calls of one thread, {} being its number
records() {
	record_name=$1 number=0
	shift
	while test $((number += 1)) -lt 30; do
		start_inlab strace -f -qq -o /dev/null "${@//\{\}/$number}" tmpl-apply --format tsv web n1
		wait $client 2>/dev/null && break
		repair
		judge "one VM: killed $record_name $number"
	done
	ok 'a VM has some records' test $number -gt 4
	repaired=
	judge 'after the last one it is whole'
}
records 'before record' -P "$VMM_STATE/journal.tsv" -e trace=write -e inject=write:signal=KILL:when={}
records 'after record' -e trace=fdatasync -e inject=fdatasync:signal=KILL:when={}

# twice_interrupted MS OPTION...: its rows and what it left tell the same.
twice_interrupted() {
	start_apply "${@:2}" web n1 n2 n3
	sleep "$(seconds "$1")"
	kill -INT $client 2>/dev/null
	within 5 grep -q 'starting nothing new' "$said"
	kill -INT $client 2>/dev/null
	wait $client
	diag "$(cell result "$rows" | sort | uniq -c | tr -s ' \n' ' ') $(cell error "$rows" | sort -u | paste -sd ';')"
	cell result "$rows" >>"$tmp/results"
}

repaired=
cables $slow
for ms in $(moments 4 "$fetching"); do
	forget_image
	twice_interrupted "$ms" --start
	judge "image and VMs: Ctrl-C twice after $ms ms"
done
cables off
for ms in $(moments 4 "$making"); do
	twice_interrupted "$ms" --start
	judge "VMs: Ctrl-C twice after $ms ms"
done
# Linked clones may be done before the second Ctrl-C; these take their time.
for ms in $(moments 6 "$copying"); do
	twice_interrupted "$ms" --full
	judge "full copies: Ctrl-C twice after $ms ms"
done
like "$(cat "$tmp/results")" aborted 'some were aborted'
done_testing
