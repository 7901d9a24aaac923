#!/bin/bash
# Two tmpl-apply at once: forty VMs over three hosts, from the same pools, with nothing in common; and the same
# names asked for by both, each of which is made once
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"
. "$top/tests/helpers/provision.sh"
need xorriso qemu-img

lab_up h1 h2 h3
declare_hosts tcp h1 h2 h3
fit_out

# both NAME... -- NAME...: $rows and $rows.2, and the statuses in $status
both() {
	both_first=()
	while test "$1" != --; do
		both_first+=("$1")
		shift
	done
	shift
	start_apply web "${both_first[@]}"
	first=$client
	rows=$rows.2 said=$said.2 start_apply web "$@"
	wait $first
	status=$?
	wait $client
	status=$status,$?
}

# of_both COLUMN: of the rows of both
of_both() {
	cell "$1" "$rows"
	cell "$1" "$rows.2"
}

# xml PATTERN: what it matches in the definitions of all hosts, a line each
xml() {
	for host in $(lab_hosts); do
		for vm in $(on "$host" list --all --name); do on "$host" dumpxml "$vm"; done
	done | sed -n "s/^.*$1.*/\1/p" | sort
}

each_once() {
	is "$(wc -l <"$1") $(uniq -d "$1" | paste -sd ' ')" "$2 " "$3"
}

names=$(seq -f 'a%02g' 20) others=$(seq -f 'b%02g' 20)
started=$(milliseconds)
# shellcheck disable=SC2086
both $names -- $others
diag "$(($(milliseconds) - started)) ms"
is "$status $(of_both result | sort | uniq -c | tr -s ' ')" '0,0  40 done' 'twice twenty at once'
diag "$(cat "$said" "$said.2") $(of_both error | grep .)"
of_both addresses | sort >addresses
each_once addresses 40 'an address of its own for each'
xml "<uuid>\(.*\)<" >uuids
each_once uuids 40 'a UUID'
xml "<mac address='\([^']*\)'" >macs
each_once macs 40 'a MAC'
is "$(ippool show -n -o address macs | sort)" "$(cat macs)" 'from the pool'
xml "<source file='\([^']*\)'" >disks
each_once disks 80 'a disk and a seed'
is "$(inlab vm-list -n -o host | sort | uniq -c | awk '$1 < 10' | wc -l)" 0 'all hosts have some'
is "$(awk -F '\t' '$3 == "note" && $4 == "image-copy" && $8 ~ /^making/ { print $5 }' "$LAB/state/journal.tsv" | sed 's|/vmm-.*||' | sort | paste -sd ' ')" \
	'h1/local h2/local h3/local' 'the image came to each host once'
is "$(uneven)" '' 'all are whole, and nothing else is there'
# shellcheck disable=SC2086
remove $names $others
is "$status $(cell result "$rows" | sort | uniq -c | tr -s ' ')" '0  40 done' 'all gone again'
is "$(uneven)$(known name)" '' 'and nothing is left'

# same NAME OPTION...: the second one begins with the last of the names
same() {
	same_name=$1
	shift
	names=$(seq -f 's%02g' 8)
	# shellcheck disable=SC2046,SC2086
	both "$@" $names -- "$@" $(sort -r <<<"$names")
	names=$(paste -sd ' ' <<<"$names")
	diag "$status: $(cell result "$rows" | sort | uniq -c | tr -s ' \n' ' ') / $(cell result "$rows.2" | sort | uniq -c | tr -s ' \n' ' ')"
	is "$(awk -F '\t' '$5 == "done" { print $1 }' "$rows" "$rows.2" | sort | paste -sd ' ')" "$names" "the same names, $same_name: each is made once"
	is "$(defined | cut -d / -f 2 | sort | paste -sd ' ')" "$names" 'and is there once'
	is "$(of_both error | grep . | grep -Ev 'create|of that name has just been made')" '' 'the other was told so'
	# shellcheck disable=SC2086
	apply web $names
	is "$status $(cell result "$rows" | sort -u)" '0 already' 'later both agree'
	# shellcheck disable=SC2046
	remove --stop $(known uuid)
	is "$(uneven)$(known name)" '' 'gone without a trace'
}
same 'many at a time' --jobs 8
same 'one by one' --jobs 1
done_testing
