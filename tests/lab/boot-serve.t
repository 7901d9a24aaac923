#!/bin/sh
# boot-serve: who gets what, once, and nobody else; killed and started again
. "${0%/*}/../tap.sh"
need_root
need dnsmasq setpriv busybox curl jq cpio strace ip perl
. "$top/tests/helpers/bootnet.sh"

make_job
ok 'it starts' serve
on m1 ip addr add 10.77.0.11/24 dev eth0
on m2 ip addr add 10.77.0.12/24 dev eth0
is "$(on m1 curl -s $http/ipxe/snponly.efi)" 'IPXE EFI' 'iPXE by HTTP'
is "$(on m1 curl -sI $http/ipxe/snponly.efi | tr -d '\r' | grep -i content-length)" 'Content-Length: 9' 'and its size before'
like "$(on m1 curl -s $http/boot.ipxe)" 'chain http://10.77.0.1:8080/boot.mac=.{netX/mac}' 'the first script'

# ---- who gets what ----
unlike "$(boot m1)" kernel 'a job that is not armed: local boot'
unlike "$(boot m2 00000000-0000-4000-8000-0000000000ff 52:54:00:77:00:02)" kernel 'nobody knows it: local boot'
like "$(boot-list -n -o kind,mac,uuid,state)" '^unknown	52:54:00:77:00:02	00000000-0000-4000-8000-0000000000ff	waiting$' \
	'and it is listed'
is "$(ticket m1)" 403 'and gets no ticket'
arm
like "$(boot m1)" '^initrd --name ticket' 'armed: the agent'
is "$(events 1)" 2.begin 'and its job says so'
unlike "$(boot m1 00000000-0000-4000-8000-000000000002)" kernel 'another UUID with its MAC: not'
is "$(events 1)" 2.refused 'and its job says so'
unlike "$(boot m1 $uuid 52:54:00:77:00:01 S2)" kernel 'another serial: not'
is "$(ticket m1 00000000-0000-4000-8000-000000000002)" 403 'no ticket for another UUID'
status m2 $http/agent/vmlinuz >/dev/null
is "$(ticket m2)" 403 'nor at an address that has another MAC'
is "$(status m1 -I "$http/ticket?mac=52:54:00:77:00:01&uuid=$uuid&serial=S%201")" 404 'nor is it used up by a look at its size'
is "$(ticket m1)" 200 'the machine gets its ticket'
is "$(stat -c %a vmm/ticket) $(field server) $(field job)" "600 $tls $job" 'with what it needs to go on'
is "$(ticket m1)" 403 'once'
is "$(exchange m1 "$job$(printf %064d 0)")" 403 'a wrong ticket is no use'
is "$(exchange m1 "$(field token)")" 200 'the right one is good for a session'
key=$(jq -r .session answer)
is "$(exchange m1 "$(field token)")" 403 'once'
is "$(events 2)" '3.done 3.refused' 'and the job says so'

# ---- the session ----
is "$(agent m1 /v1/job) $(jq -r .name answer)" '200 JOB-SECRET' 'the job'
is "$(agent m1 /v1/map) $(cat answer)" '200 MAP-SECRET' 'the map'
is "$(agent m1 /v1/data -r 13-26) $(cat answer)" "206 $(tail -c +14 boot/images/$image/data | head -c 14)" 'a range of the image'
agent m1 /v1/data >/dev/null
ok 'all of it' cmp answer boot/images/$image/data
is "$(agent m1 /v1/data -r 99999999-)" 416 'not beyond its end'
is "$(agent m1 /v1/custom) $(cat answer)" '200 CUSTOM-SECRET' 'the customisation'
is "$(agent m1 /v1/file/$script) $(cat answer)" '200 SCRIPT-SECRET' 'a script of the job'
is "$(agent m1 /v1/file/$strange) $(agent m1 "/v1/file/../jobs/$job/custom.tar" --path-as-is)" '404 404' 'no other file'
is "$(agent m2 /v1/job)" 403 'not from another address'
is "$(agent m1 /v1/event -d '{"stage":6,"state":"progress","done":1,"total":9,"text":"a\tb"}')" 200 'an event'
is "$(tail -n 1 "boot/jobs/$job/events" | cut -f 2-)" "agent	6	progress	1	9	a\\tb" 'is written down'
is "$(agent m1 /v1/event -d '{"stage":60,"state":"done"}') $(agent m1 /v1/event -d '{"stage":6,"state":"nope"}')" '400 400' 'a bad one is not'
is "$(agent m1 /v1/log -d 'some text') $(cat "boot/jobs/$job/log")" '200 some text' 'the log'
head -c 2000000 /dev/zero >big
is "$(agent m1 /v1/log --data-binary @big -H Expect:) $(agent m1 /v1/log --data-binary @big -H Expect: -H Transfer-Encoding:\ chunked)" \
	'413 000' 'not too much of it'
stop KILL
ok 'it starts again' serve
is "$(agent m1 /v1/job)" 200 'and knows the session'
is "$(exchange m1 "$(field token)")" 403 'and that the ticket is used'
# A transfer that is on its way: curl's status when it is cut off is 18 or 56, and 28 when its time is over.
transfer() {
	rm -f part
	on m1 curl -sk -m 10 --limit-rate 20M -o part -H "Authorization: Bearer $key" $tls/v1/data &
	transfer=$!
	until_true 5 test -s part
}
truncate -s 1G "boot/images/$image/data"
transfer
is "$(agent m1 /v1/event -d '{"stage":0,"state":"end","text":"done"}') $(agent m1 /v1/job)" '200 403' 'the end ends the session'
wait $transfer
like $? '^(18|56)$' 'and what it was being sent'
session
transfer
mv "boot/jobs/$job" "boot/jobs/.new-$job"
wait $transfer
like $? '^(18|56)$' 'and so does the removal of the job'
mv "boot/jobs/.new-$job" "boot/jobs/$job"

# ---- tickets in wrong hands ----
arm 60
ticket m1 >/dev/null
is "$(exchange m2 "$(field token)")" 403 'a ticket from another machine'
is "$(events 1)" 3.refused 'and the job says so'
is "$(exchange m1 "$(field token)")" 403 'spoils it'
arm -5
is "$(ticket m1)" 403 'armed too long ago'
for what in uuid mac serial; do
	arm
	ticket m1 >/dev/null
	case $what in
	uuid) code=$(exchange m1 "$(field token)" 00000000-0000-4000-8000-000000000002) ;;
	mac) code=$(exchange m1 "$(field token)" $uuid 52:54:00:77:00:02) ;;
	serial) code=$(exchange m1 "$(field token)" $uuid 52:54:00:77:00:01 S2) ;;
	esac
	is "$code" 403 "a ticket with another $what"
done
arm
ticket m1 >/dev/null
sed -i 's/ [0-9]* -$/ 1000 -/' boot/jobs/$job/ticket
is "$(exchange m1 "$(field token)")" 403 'a ticket too old'

# ---- killed at each step of giving a ticket, it gives none twice ----
for at in renameat:1 fsync:1 getrandom:1 fsync:2 renameat:2 fsync:3 sendto:1 writev:1 sendmsg:1; do
	arm
	env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null -e trace="${at%:*}" -e inject="${at%:*}:signal=KILL:when=${at#*:}" -p "$server" 2>/dev/null &
	tracer=$!
	until_true 3 grep -q 'TracerPid:.[1-9]' "/proc/$server/status"
	first=$(ticket m1)
	sleep 0.1
	if kill -0 "$server" 2>/dev/null && test "$(cut -d' ' -f3 "/proc/$server/stat" 2>/dev/null)" != Z; then
		kill "$tracer" 2>/dev/null
	else
		wait "$server" 2>/dev/null
		serve >/dev/null
	fi
	wait "$tracer" 2>/dev/null
	second=$(ticket m1)
	case $first.$second in
	200.200) fail "killed at $at: one ticket" ;;
	*) pass "killed at $at: one ticket ($first, $second)" ;;
	esac
done

# ---- strangers ----
arm
for own in 21 22 23 24 25 26; do on m2 ip addr add 10.77.0.$own/24 dev eth0; done
ok '10,000 hostile requests' on m2 perl "$top/tests/helpers/hostile.pl" 10.77.0.1 8080 10000 "$job" \
	10.77.0.21 10.77.0.22 10.77.0.23 10.77.0.24 10.77.0.25 10.77.0.26
cp "$out" hostile.out
ok 'most were answered' test "$(grep -ao 'HTTP/1.1 [0-9]' hostile.out | wc -l)" -gt 8000
is "$(grep -ac SECRET hostile.out) $(grep -ac 'vmm/ticket' hostile.out) $(grep -ac 'PRIVATE KEY' hostile.out)" '0 0 0' 'gave nothing away'
for path in job map data custom "file/$script" event log inspect ../jobs; do
	printf 'url="%s/v1/%s"\noutput=tls.%s\n' $tls "$path" "$(echo "$path" | tr -d /.)"
done >urls
for auth in "Bearer $job$(printf %064d 7)" "Bearer $key" 'Bearer ' 'Basic eDp4' "Bearer $(field token)"; do
	on m2 curl -sk --path-as-is -H "Authorization: $auth" -K urls
done
is "$(cat tls.* | grep -c SECRET)" 0 'nor over TLS'
is "$(cat tls.* | sort -u)" refused 'all of it is refused'
ok 'the log has no byte that a terminal would not show' test "$(LC_ALL=C grep -acP '[^\x20-\x7e]' serve.log)" -eq 0
unlike "$(cat serve.log)" "$key|$(field token)" 'and no secret'
ip netns exec "${net}m2" perl -MIO::Socket::INET -e '@s = map { IO::Socket::INET->new("10.77.0.1:8080") } 1 .. 40;
	$_ && $_->syswrite("GET /boot HTTP/1.1\r\nX: ") for @s; open F, ">held"; close F; sleep 60' &
others=$!
until_true 5 test -e held
is "$(status m1 $http/boot.ipxe)" 200 'slow clients keep nobody out'
is "$(ticket m1)" 200 'and the machine gets its ticket still'
ok 'not too many machines are remembered' test "$(boot-list -n -o kind | grep -c unknown)" -le 256
kill $others

# ---- unknown machines are approved; the rest ----
until_true 10 on m2 curl -sfo again $http/boot.ipxe
boot m2 00000000-0000-4000-8000-000000000099 52:54:00:77:00:99 >/dev/null
waiting=$(boot-list -n -o id,kind 52:54:00:77:00:99 | sed -n 's/\tunknown$//p')
like "$(boot-list -n --approve -o kind,mac,state "$waiting")" '^inspect	52:54:00:77:00:99	armed$' \
	'an unknown machine is approved by its ID'
like "$(boot m2 00000000-0000-4000-8000-000000000099 52:54:00:77:00:99)" kernel 'and inspected'
stop TERM
is "$status" 0 'SIGTERM ends it'
ok 'with unknown machines inspected' serve --inspect-unknown
like "$(boot m2 00000000-0000-4000-8000-0000000000aa 52:54:00:77:00:02)" kernel 'a machine that nobody knows'
is "$(status m2 "$http/ticket?mac=52:54:00:77:00:02&uuid=00000000-0000-4000-8000-0000000000aa&serial=S%201")" 200 'gets its ticket'
unlike "$(boot m1 00000000-0000-4000-8000-0000000000aa 52:54:00:77:00:02)" kernel 'no other is taken for it'
like "$(boot m2 00000000-0000-4000-8000-0000000000aa 52:54:00:77:00:02)" kernel 'but it may begin anew'
stop TERM
done_testing
