#!/bin/bash
# vm-power: each operation on a real guest, a container and a guest of the test driver; twice, refused,
# ignored by the guest, on many at a time, and on VMs that are not what the inventory says.
# shellcheck disable=SC1010	# "done" is a result here
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2 h3 c1:lxc
export VMM_STATE=$LAB/state
declare_hosts unix h1 h2 c1

# The test driver of a daemon forgets what was done to it with its last connection: one is kept open.
test_uri="test+unix:///default?socket=$LAB/hosts/h2/run/libvirt/libvirt-sock"
coproc virsh -q -c "$test_uri" >/dev/null 2>&1
exec 9>&"${COPROC[1]}"
on_test() { timeout 30 virsh -q -c "$test_uri" "$@"; }
host-add t1 "$test_uri" >/dev/null

# A machine without anything to boot: it hears no power button, and is quickly started.
deaf() {
	lab guest-xml h1 "$1" mem=16 | sed '/<kernel>/d; /<initrd>/d; /<cmdline>/d; /<interface/,/<\/interface>/d' >"$1.xml"
	on "${2:-h1}" define "$1.xml"
}

# A host that hangs, in a state of its own, for it takes its time; what comes of it is seen at the end.
deaf stuck h3
deaf calm h2
on h3 start stuck
on h2 start calm
hangs() (
	export VMM_STATE=$LAB/other-state
	host-add -n h2 "$(lab uri h2 unix)" && host-add -n h3 "$(lab uri h3 unix)" && host-scan -n && lab freeze h3
	start=$SECONDS
	vm-power -n -o vm,result,error --timeout 5 off stuck calm
	echo "status $? $((SECONDS - start))"
)
hangs >hangs 2>&1 &
hanging=$!

lab guest h1 web start
lab container c1 box start
deaf deaf
on h1 start deaf
exits 0 'the hosts are visited' host-scan
lab wait web 60 || diag 'web does not come up'
lab wait box 10 || diag 'box does not come up'

# does OP VM RESULT STATE [ERROR]: what one operation comes to
does() {
	case $3 in done | already | possible) want=0 ;; refused) want=4 ;; *) want=1 ;; esac
	exits $want "$1 $2: $3" vm-power $options -n -o vm,result,state,error "$1" "$2"
	is "$(cut -f 2,3 "$out")" "$3	$4" "$1 $2: and the state is $4"
	test $# -lt 5 || like "$(cut -f 4 "$out")" "$5" "$1 $2: ${5%%:*}"
}
options=

# ---- a guest ----

does on web already normal
does suspend web done paused
does suspend web already paused
is "$(on h1 domstate web)" paused 'it is'
does on web refused paused '^it is paused: resume it first$'
does reboot web refused paused '^it is paused: resume it first$'
does shutdown web refused paused '^it is paused: resume it first$'
does resume web done normal
does resume web already normal
does reset web done normal
lab wait web 60 2 || diag 'no second boot'
does reboot web done normal
ok 'it boots again' lab wait web 60 3
ticks=$(lab ticks web)
does save web done stop
does save web already stop
is "$(on h1 domstate web --reason)" 'shut off (saved)' 'it is saved'
does suspend web refused stop '^it is off$'
does resume web refused stop '^it is off$'
does reboot web refused stop '^it is off$'
does reset web refused stop '^it is off$'
does on web done normal
ok 'it counts on' within 10 counted web "$ticks"
is "$(lab boots web)" 3 'without a boot'
does shutdown web done stop
does shutdown web already stop
does off web already stop
does save web refused stop '^it is off$'
options=--dry-run
does on web possible stop
is "$(on h1 domstate web)" 'shut off' '--dry-run: it is still off'
options=
does on web done normal
does off web done stop
does off web already stop

# ---- one that hears nothing ----

options='--timeout 1'
does shutdown deaf failed normal '^it did not shut down within 1 s and runs on$'
is "$(on h1 domstate deaf)" running 'it runs on'
does reboot deaf failed normal '^it did not reboot within 1 s and runs on$'
options='--timeout 1 --force'
does shutdown deaf done stop
is "$(on h1 domstate deaf --reason)" 'shut off (destroyed)' '--force pulled the plug'
options=
does on deaf done normal
on h1 suspend deaf
options=--force
does shutdown deaf done stop
options=
exits 2 '--force goes with shutdown only' vm-power off --force deaf
exits 2 'an unknown operation' vm-power explode deaf
like "$(cat "$err")" "^vm-power: unknown operation 'explode'" 'says so'

# ---- a container ----

# libvirt's lxc driver may miss that a container has begun, and then can ask it for nothing.
for _ in 1 2 3 4 5; do
	on c1 lxc-enter-namespace --noseclabel box /bin/true 2>&1 | grep -q 'not yet' || break
	diag 'libvirt does not know its first process: once more'
	on c1 'destroy box; start box'
done
does on box already normal
does suspend box done paused
does suspend box already paused
does resume box done normal
does save box refused normal '^the lxc driver'
does reset box refused normal
options='--timeout 1'
does reboot box failed normal '^it did not reboot within 1 s and runs on$'
options=
does shutdown box done stop
does shutdown box already stop
does on box done normal
does off box done stop
does off box already stop
does resume box refused stop '^it is off$'

# ---- the test driver ----

does on t1/test already normal
does suspend t1/test done paused
does suspend t1/test already paused
does resume t1/test done normal
does reboot t1/test done normal
does save t1/test done stop
does save t1/test already stop
does on t1/test done normal
does shutdown t1/test done stop
does off t1/test already stop
does on t1/test done normal
does reset t1/test done normal
is "$(on_test domstate test)" running 'it is what was said'
does off t1/test done stop

# ---- many ----

for i in $(seq 8); do
	deaf "d$i"
done
host-scan h1 >"$out"
exits 0 'eight and a container are started' vm-power -n -o result,state on box d1 d2 d3 d4 d5 d6 d7 d8
is "$(sort -u "$out")" 'done	normal' 'all are'
is "$(on h1 list --name | grep -c '^d')" 8 'they run'
again() { vm-list --state normal --host h1,c1 | vm-power -n -o result on -; }
exits 0 'again, by rows' again
is "$(sort "$out" | uniq -c | tr -s ' ')" ' 9 already' 'all are already'
exits 3 'some of several' vm-power -n -o vm,result suspend d1 web d2
is "$(LC_ALL=C sort "$out")" "$(printf 'd1\tdone\nd2\tdone\nweb\trefused')" 'each has its row'
exits 3 '--fail-fast' vm-power --fail-fast --jobs 1 -n -o vm,result resume d1 web d2
is "$(cat "$out")" "$(printf 'd1\tdone\nweb\trefused\nd2\tskipped')" 'what came before is done, what comes after is skipped'
exits 0 'one at a time on a host' vm-power --per-host 1 -n -o result off d1 d2 d3 d4 d5 d6 d7 d8
is "$(sort "$out" | uniq -c | tr -s ' ')" ' 8 done' 'all are off'

# ---- not what the inventory says ----

# note OP VM RESULT NOTE
note() {
	vm-power -n -o result,note "$1" "$2" >"$out" 2>&1
	is "$(cat "$out")" "$3	$4" "$1 $2: ${4:-no note}"
}
on h1 start web
note on web already 'changed from stop to normal since it was last seen'
note on web already ''
lab adm virsh -q -c qemu+tcp://h1/system migrate --live --p2p --persistent --undefinesource web qemu+tcp://h2/system
note suspend web done 'moved from h1 to h2 since it was last seen'
is "$(vm-list -n --name web -o host,state)" 'h2	paused' 'the inventory knows now'
on h2 destroy web
on h1 domrename d1 one
uuid=$(vm-list -n --name d1 -o uuid)
vm-power -n -o result,error on d1 >"$out"
is "$(cat "$out")" "refused	'd1' was renamed to 'one' since it was last seen" 'one that has another name now is not touched'
is "$(on h1 domstate one)" 'shut off' 'it is off'
note on "$uuid" done ''
on h1 domrename d2 two
note on "$(vm-list -n --name d2 -o uuid)" done 'renamed from d2 to two since it was last seen'
deaf new
note on new done 'found on h1, where it was not seen before'
on h1 undefine d3
vm-power -n -o result,error on d3 >"$out"
is "$(cat "$out")" "refused	'd3' is on no host any more, since it was last seen on 'h1'" 'one that is gone'
deaf same
on h1 dumpxml same | sed '/<uuid>/d' >other.xml
on h2 define other.xml
host-scan -n >"$out"
exits 4 'one name, two VMs' vm-power on same
like "$(cut -f 7 "$out")" "^VM 'same' is ambiguous: h[12]/same \\(.*\\), h[12]/same \\(.*\\)$" 'both are named'
is "$(on h1 domstate same; on h2 domstate same)" "$(printf 'shut off\nshut off')" 'and neither is touched'
note on h2/same done ''

# ---- hosts that don't answer ----

wait $hanging
is "$(sed -n 's/^status \([0-9]*\) .*/\1/p' hangs)" 3 'one VM on a host that hangs, one elsewhere'
took=$(sed -n 's/^status [0-9]* //p' hangs)
ok "it ends with its time limit ($took s)" test "$took" -le 12
like "$(cat hangs)" '^calm	done	$' 'the other is done'
like "$(cat hangs)" "^stuck	failed	nobody can tell where 'stuck' is: host 'h3' does not answer: no answer within 2\\.[0-9]* s" \
	'of the one nothing is said'
lab thaw h3
is "$(on h3 domstate stuck)" running 'nor done'
exec 9>&-
done_testing
