#!/bin/bash
# Hosts, declared by every way to them; the same machine under two names; credentials that others
# can read; hosts that don't answer; and a URI in the state that would run code on a host.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2 c1:lxc
export VMM_STATE=$LAB/state
adm() { lab adm "$@"; }

# ---- every way ----

for way in unix tcp ssh libssh2; do
	exits 0 "$way" adm host-add -n -o name,state,hypervisor,uuid h1 "$(lab uri h1 $way)"
	is "$(cut -f 1-3 "$out")" 'h1	normal	qemu' "$way: its row"
	cut -f 4 "$out" >>uuids
	exits 0 "$way: a visit" adm host-scan
	ok "$way: it is taken out again" host-rm h1
done
is "$(sort -u uuids | grep -cE '^[0-9a-f-]{36}$') $(sort -u uuids | wc -l)" '1 1' 'it is one machine by each of them'
exits 0 'lxc' adm host-add -n -o hypervisor,caps,uuid c1 "$(lab uri c1 lxc)"
is "$(cut -f 1,2 "$out")" 'lxc	suspend,autostart' 'lxc: what it is, and what it can do'
exits 4 'lxc, the same by unix' adm host-add --dry-run c2 "$(lab uri c1 unix)"
like "$(cat "$err")" "host 'c1' is the same machine \(lxc, uuid " 'is the same machine'
exits 4 'its qemu:// is another thing' adm host-add c1 "$(lab uri c1 unix qemu)"
like "$(cat "$err")" 'it is declared already' 'but not under the same name'
ok 'under another it is taken' adm host-add c1q "$(lab uri c1 unix qemu)"
ok 'and given back' host-rm c1q

adm host-add h1 "$(lab uri h1 unix)" >/dev/null
for way in tcp ssh libssh2; do
	exits 4 "the same by $way is refused" adm host-add again "$(lab uri h1 $way)"
	like "$(cat "$err")" "^host-add: cannot add host 'again': host 'h1' is the same machine \(qemu, uuid " "$way: and told why"
done
exits 4 'the same URI is refused' adm host-add again "$(lab uri h1 unix)"
exits 4 'the same name too' adm host-add h1 "$(lab uri h2 tcp)"
is "$(host-list -n -o name | paste -sd ' ')" 'c1 h1' 'none of them is there'
adm host-add h2 "$(lab uri h2 tcp)" >/dev/null
exits 4 'nor can the URI of one become that of the other' host-set h2 --uri "$(lab uri h1 unix)"
exits 0 'but another way to the same host' host-set -n -o uri h1 --uri "$(lab uri h1 tcp)"
exits 0 'is taken, and leads there' adm host-scan -n h1
is "$(cut -f 1,2 "$out")" 'h1	normal' 'and it answers'

# ---- credentials ----

printf '[credentials-x]\nusername=root\n' >"$LAB/auth.conf"
auth() { adm host-set -n -o auth_file h1 --auth-file "$1" >/dev/null && adm host-scan -n -o state,error h1; }
for mode in 600 400 640 604 644 666 660; do
	chmod $mode "$LAB/auth.conf"
	auth "$LAB/auth.conf" >"$out"
	case $mode in
	600 | 400) is "$(cat "$out")" 'normal	' "auth file, mode $mode: used" ;;
	*) is "$(cat "$out")" "unknown	auth file '$LAB/auth.conf': mode $mode lets others at it (chmod 600)" "mode $mode: refused" ;;
	esac
done
chmod 600 "$LAB/auth.conf"
chown 65534 "$LAB/auth.conf"
is "$(auth "$LAB/auth.conf")" "unknown	auth file '$LAB/auth.conf': belongs to another user" "another user's: refused"
chown 0 "$LAB/auth.conf"
ln -s auth.conf "$LAB/link"
is "$(auth "$LAB/link")" "unknown	auth file '$LAB/link': not a regular file" 'a link: refused'
mkfifo -m 600 "$LAB/fifo"
is "$(auth "$LAB/fifo")" "unknown	auth file '$LAB/fifo': not a regular file" 'a pipe: refused, not waited for'
is "$(auth "$LAB/none")" "unknown	auth file '$LAB/none': No such file or directory" 'none: said'
mv "$LAB/auth.conf" "$LAB/a&b?c=d.conf"
is "$(auth "$LAB/a&b?c=d.conf")" 'normal	' 'a name with the marks of a URI in it'
exits 2 'a relative path' host-set h1 --auth-file auth.conf
is "$(auth '')" 'normal	' 'taken away again'
exits 4 'host-add: refused too' adm host-add h9 "$(lab uri h2 unix)" --auth-file "$LAB/link"
like "$(cat "$err")" "^host-add: host 'h9': auth file '.*': not a regular file$" 'and says why'

# ---- hosts that don't answer ----

# late LIMIT NAME URI: exit 75 within LIMIT seconds, and nothing is declared
late() {
	start=${EPOCHREALTIME/./}
	exits 75 "$2: try again later" adm host-add --timeout "$1" new "$3"
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
	diag "$took ms, $(cat "$err")"
	said=$(wc -l <"$err")
	ok "$2: within the limit" test $took -le $(($1 * 1000 + 1500))
	is "$said $(host-list -n -o name new 2>&1)" "1 host-list: no host 'new' is declared" "$2: one line, not declared"
}
host-rm h2 >/dev/null
lab freeze h2
for way in unix tcp ssh libssh2; do
	late 2 "hangs, $way" "$(lab uri h2 $way)"
done
lab thaw h2
lab kill-libvirtd h2
late 5 'libvirtd is dead, tcp' "$(lab uri h2 tcp)"
late 5 'libvirtd is dead, ssh' "$(lab uri h2 ssh)"
lab start-libvirtd h2
late 5 'no such host' qemu+tcp://nobody.invalid/system
late 5 'nothing listens' qemu+tcp://h2:9/system
lab link h2 down
late 2 'its cable is cut, tcp' "$(lab uri h2 tcp)"
late 2 'its cable is cut, ssh' "$(lab uri h2 ssh)"
lab link h2 up
exits 0 'and then it answers' adm host-add --timeout 20 h2 "$(lab uri h2 tcp)"
exits 2 'no time at all is no limit' adm host-add --timeout 0 h3 "$(lab uri h2 tcp)"

# Whoever answers in its place is not believed.
sed 's/ ssh-ed25519 .*/ ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEldnR8nAv2ibQ9PqhVN0Q8mWvMSkFaPpJSWz2PlHnIa/' "$LAB/ssh/known_hosts" >"$LAB/ssh/wrong"
host-rm h2 >/dev/null
adm host-add h2 "$(lab uri h2 libssh2 | sed 's|ssh/known_hosts|ssh/wrong|')" >"$out" 2>"$err"
like "$(cat "$err")" "^host-add: host 'h2': cannot connect: .*[Hh]ost key" 'another host key is not believed'
is "$(host-list -n -o name h2 2>/dev/null)" '' 'nor declared'
adm host-add h2 "$(lab uri h2 tcp)" >/dev/null

# ---- a URI that runs code, for libvirtd on a host ----

printf '#!/bin/sh\n: >>%s\n' "$LAB/shared/canary" >"$LAB/shared/run"
chmod +x "$LAB/shared/run"
evil="qemu+ext://h2/system?command=$LAB/shared/run"
lab guest h1 web start
adm host-scan -n >"$out"
timeout 20 virsh -c "$(lab uri h1 unix)" migrate --live --p2p web "$evil" >/dev/null 2>&1
ok 'libvirtd on the source would run it' test -e "$LAB/shared/canary"
rm -f "$LAB/shared/canary"
set_cell() { # NAME COLUMN VALUE: by hand, in the state
	vmm-rows --json <"$VMM_STATE/hosts.tsv" | jq -c --arg n "$1" --arg c "$2" --arg v "$3" 'if .name == $n then .[$c] = $v else . end' |
		vmm-rows >"$tmp/edited" && cp "$tmp/edited" "$VMM_STATE/hosts.tsv"
}
set_cell h2 peer_uri "$evil"
exits 4 'a hostile peer_uri in the state' adm vm-migrate --to h2 web
like "$(cat "$out")" "refused.*'h2': peer_uri: URI: transport: not one of " 'is refused'
exits 2 'and so where it is declared' host-set h2 --peer-uri "$evil"
set_cell h2 peer_uri ''
set_cell h2 migrate_uri 'exec:/run'
exits 4 'a hostile migrate_uri too' adm vm-migrate --to h2 web
set_cell h2 migrate_uri ''
set_cell h2 uri "$evil"
exits 2 'a hostile uri' adm vm-migrate --to h2 web
like "$(cat "$out" "$err")" "host 'h2': URI: transport: not one of " 'is refused'
ok 'nothing was executed' test ! -e "$LAB/shared/canary"
set_cell h2 uri "$(lab uri h2 tcp)"
exits 0 'without it, it moves' adm vm-migrate --to h2 web
done_testing
