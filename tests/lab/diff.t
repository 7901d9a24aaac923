#!/bin/bash
# What happens behind the tool's back, by virsh, between two visits: host-scan --diff says exactly
# that. No VM is ever shown twice, none as stopped only because nobody saw it.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2 h3
export VMM_STATE=$LAB/state
declare_hosts unix h1 h2 h3
uri() { echo "qemu+tcp://$1/system"; }
send() { lab adm timeout 60 virsh -q -c "$(uri "$2")" migrate --live --p2p "$1" "$(uri "$3")" "${@:4}"; }
# expect ROW...: "change host name old new", "-" for an empty cell; NAME stands for its UUID too
expect() {
	for row; do
		read -r change host name old new <<<"$row"
		printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$change" "$host" "${name#-}" "${uuids[$name]}" "${old#-}" "${new#-}"
	done | LC_ALL=C sort -s -t "	" -k 4,4
}
# told NAME [ROW...]: a visit tells these changes and no others, and a second one tells nothing
told() {
	what=$1
	shift
	exits 0 "$what: host-scan" host-scan --diff -n
	is "$(cat "$out")" "$(expect "$@")" "$what"
	once "$what"
}
# once NAME: no VM is listed twice, and a second visit finds nothing
once() {
	is "$(vm-list -n -o uuid | sort | uniq -d; vm-list --live -n -o uuid | sort | uniq -d)" '' "$1: none is there twice"
	is "$(host-scan --diff -n)" '' "$1: the next visit tells nothing"
}
column() { vm-list -n --name "$1" -o "$2"; }
declare -A uuids

told 'nothing there'

for vm in a b; do
	lab guest h1 $vm start
	uuids[$vm]=$(lab uuid $vm)
done
lab guest h3 c
uuids[c]=$(lab uuid c)
told 'created' 'new h1 a - h1' 'new h1 b - h1' 'new h3 c - h3'
is "$(column a state) $(column c state)" 'normal stop' 'states of new ones'

on h3 start c
told 'started' 'started h3 c stop normal'
on h1 suspend a
on h3 destroy c
told 'paused, stopped' 'state h1 a normal paused' 'stopped h3 c normal stop'
on h1 resume a
on h3 domrename c see
uuids[see]=${uuids[c]}
told 'resumed, renamed' 'state h1 a paused normal' 'renamed h3 see c see'

send a h1 h2 --persistent --undefinesource
told 'moved' 'moved h2 a h1 h2'
is "$(column a also)" '' 'and nothing is left behind'

# A definition stays on the source; on the target it is a guest without one.
send b h1 h2
told 'moved, with its definition left behind' 'moved h2 b h1 h2'
is "$(column b host,also,state,persistent)" 'h2	h1	normal	no' 'it is where it runs'
on h2 destroy b
told 'ended there' 'moved h1 b h2 h1' 'stopped h1 b normal stop'
is "$(column b host,also)" 'h1	' 'it is where its definition is'
on h1 start b
told 'started again' 'started h1 b stop normal'

# Two definitions, both of which stay.
send b h1 h2 --persistent
told 'moved, with a definition on both' 'moved h2 b h1 h2'
on h2 destroy b
told 'stopped with a definition on both' 'stopped h2 b normal stop'
is "$(column b host,also)" 'h2	h1' 'it stays where it was last'
on h1 start b
told 'started on the other' 'moved h1 b h2 h1' 'started h1 b stop normal'
on h2 undefine b
told 'the other definition goes'
is "$(column b host,also)" 'h1	' 'and is not listed any more'

# All at once: one moved and renamed and started, one gone, one new.
on h3 dumpxml see | sed 's|<name>see</name>|<name>sea</name>|' >sea.xml
on h3 undefine see
on h2 define sea.xml
on h2 start sea
uuids[sea]=${uuids[c]}
on h2 destroy a
on h2 undefine a
lab guest h3 d
uuids[d]=$(lab uuid d)
told 'all at once' 'gone h2 a h2 -' 'moved h2 sea h3 h2' 'renamed h2 sea see sea' 'started h2 sea stop normal' 'new h3 d - h3'

# ---- while it migrates ----

lab rate h1 8mbit
send b h1 h3 --persistent --undefinesource &
sending=$!
within 20 copying b h1 || diag 'the migration does not begin'
for _ in 1 2 3; do
	host-scan --diff -n >"$out" 2>"$err" || diag "host-scan: $(cat "$err")"
	cat "$out" >>during
	column b host >>places
	vm-list --live -n --name b -o host,state >>places
	vm-list -n -o uuid | sort | uniq -d >>twice
done
ok 'it is copied all the while' copying b h1
is "$(sort -u places | paste -sd ' ')" 'h1 h1	normal' 'while it is copied it runs on its source'
is "$(cat during twice)" '' 'and is there once, with nothing to tell'
lab rate h1 off
wait $sending
told 'it has arrived' 'moved h3 b h1 h3'

# ---- hosts that do not answer ----

seen=$(column sea seen)
lab freeze h2
exits 3 'one of three hangs' host-scan --timeout 3 --diff -n
is "$(cat "$out")" "$(expect 'lost h2 - normal unknown' 'state h2 sea normal unknown')" 'it is lost, its VMs are unknown, and no others change'
is "$(cat "$err")" '' 'and that is all'
is "$(host-list -n -o error h2)" 'no answer within 3 s' 'why is recorded'
is "$(column sea state,last,seen)" "unknown	normal	$seen" 'with the state and time when they were last seen'
is "$(vm-list -n --state stop -o name)" d 'they do not count as stopped'
is "$(host-list -n -o name,state | paste -sd ' ')" 'h1	normal h2	unknown h3	normal' 'the host is unknown'
on h3 destroy b
exits 3 'others change meanwhile' host-scan --timeout 3 --diff -n
is "$(cat "$out")" "$(expect 'stopped h3 b normal stop')" 'and only that is told'
exits 75 'a visit to it alone' host-scan --timeout 2 --diff -n h2
is "$(cat "$out")" '' 'has nothing to tell'
lab thaw h2
told 'it answers again' 'back h2 - unknown normal' 'state h2 sea unknown normal'
is "$(host-list -n -o state,error h2)" 'normal	' 'and nothing is wrong with it'

lab crash h2
exits 3 'one of three is dead' host-scan --timeout 3 --diff -n
is "$(cat "$out")" "$(expect 'lost h2 - normal unknown' 'state h2 sea normal unknown')" 'its VMs are unknown'
lab restart h2
told 'it is back, its guests are not' 'back h2 - unknown normal' 'stopped h2 sea unknown stop'
on h2 undefine sea
lab crash h3
exits 3 'gone on one, while another is dead' host-scan --timeout 3 --diff -n
is "$(cat "$out")" "$(expect 'lost h3 - normal unknown' 'state h3 b stop unknown' 'state h2 sea stop unknown' 'state h3 d stop unknown')" \
	'may be on the dead one: unknown, not gone'
lab restart h3
told 'all answer' 'back h3 - unknown normal' 'state h3 b unknown stop' 'gone h2 sea h2 -' 'state h3 d unknown stop'
done_testing
