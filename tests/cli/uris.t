#!/bin/bash
# Hostile URIs: a libvirt URI can run code. Refused where they are declared, and where they are used
# though somebody wrote them into the state by hand. Nothing is executed, no message tells a password.
# time limit: 300
# Many commits: in memory, where a sync costs nothing.
test ! -w /dev/shm || export TMPDIR=/dev/shm
. "${0%/*}/../tap.sh"
need perl

# What they want to run, and the programs that libvirt would start for them.
mkdir bin work
for program in run ssh nc netcat sh bash; do
	printf '#!/bin/sh\n: >>"%s/canary"\n' "$tmp" >"bin/$program"
	chmod +x "bin/$program"
done
sed "s|@RUN@|$tmp/bin/run|g" "$top/tests/corpus/uris" >uris
mapfile -d '' -t uris < <("$top/tests/helpers/names.pl" null <uris)
ok "there are ${#uris[@]}" test "${#uris[@]}" -ge 60
ok 'the canary sings when it is run' bin/run
rm canary

cat >node.xml <<'XML'
<node><domain type='test'><name>web</name><uuid>00000000-0000-4000-8000-000000000001</uuid>
<memory unit='MiB'>8</memory><os><type arch='x86_64'>hvm</type></os></domain></node>
XML
host-add h1 "test://$tmp/node.xml" >/dev/null
host-add h2 test:///default --migrate-uri tcp:h2 --peer-uri qemu+tcp://h2/system >/dev/null
host-scan h1 >/dev/null
state() { cat "$VMM_STATE"/*.tsv; }
state >before
PATH=$tmp/bin:$PATH

# refuses WHAT PROGRAM: each as an operand or value of "${how[@]}", where @ stands for it
refuses() {
	bad=0
	for uri in "${uris[@]}"; do
		status=0
		"${how[@]//@URI@/$uri}" >said.out 2>said.err </dev/null || status=$?
		mapfile -t lines <said.err
		if test $status -ne 2 || test -s said.out || test ${#lines[@]} -ne 1; then
			bad=$((bad + 1))
			diag "'$uri': status $status, $(cat said.err said.out)"
		fi
		printf '%s\n' "${lines[@]}"
	done >>said
	is "$bad bad" '0 bad' "$1 refuses each with status 2 and one line"
	grep '^#' said
	state >after
	ok 'and the state is as before' cmp before after
}

how=(host-add -- h3 @URI@)
refuses host-add
how=(host-add --dry-run -- h3 @URI@)
refuses 'host-add --dry-run'
how=(host-add h3 test:///default --migrate-uri=@URI@)
refuses 'host-add --migrate-uri'
how=(host-add h3 test:///default --peer-uri=@URI@)
refuses 'host-add --peer-uri'
how=(host-set h2 --uri=@URI@)
refuses 'host-set --uri'
how=(host-set h2 --migrate-uri=@URI@)
refuses 'host-set --migrate-uri'
how=(host-set h2 --peer-uri=@URI@)
refuses 'host-set --peer-uri'

exits 2 'an empty URI is refused' host-add h3 ''
exits 2 'also by host-set' host-set h2 --uri ''
ok 'an empty --peer-uri takes it away' host-set h2 --peer-uri ''
ok 'and so do' host-set h2 --migrate-uri ''
is "$(host-list -n -o peer_uri,migrate_uri h2)" '	' 'both are gone'

# ---- in the state, by somebody's hand ----

# plant COLUMN: one host for each URI, with it in that column
plant() {
	{
		printf 'name\turi\thypervisor\tcaps\tpeer_uri\tmigrate_uri\n'
		printf 'h1\ttest://%s/node.xml\ttest\t\t\t\n' "$tmp"
		tail -n +2 uris | awk -v c="$1" '{ printf "x%d\t%s\ttest\tlive\t%s\t%s\n", NR,
			c == "uri" ? $0 : "test:///default", c == "peer_uri" ? $0 : "", c == "migrate_uri" ? $0 : "" }'
	} | LC_ALL=C sort -t '	' -k 1,1 | sed '/^name/d; 1i name\turi\thypervisor\tcaps\tpeer_uri\tmigrate_uri' >"$VMM_STATE/hosts.tsv"
}
plant uri
is "$(vmm-rows <"$VMM_STATE/hosts.tsv" | cksum)" "$(cksum <"$VMM_STATE/hosts.tsv")" 'a state with hostile URIs'
exits 3 'host-scan goes on to the others' host-scan --timeout 20
is "$(awk -F '\t' '$2 == "unknown" && $5 ~ /^URI: /' "$out" | wc -l)" "${#uris[@]}" 'and refuses each hostile one'
is "$(awk -F '\t' '$2 == "normal"' "$out" | cut -f 1)" h1 'what was sound is visited'
exits 3 'vm-list --live' vm-list --live
is "$(cut -f 1,2 "$out")" "$(printf 'host\tname\nh1\tweb')" 'shows the VM of the sound one'
is "$(grep -c ': URI: ' "$err")" "${#uris[@]}" 'and says so of each other'
exits 75 'vm-power of what may be anywhere' vm-power on nobody
like "$(cat "$out")" "'nobody' was not found, but host 'x[0-9]*' does not answer: URI: " 'names a host that it could not ask'
exits 3 'vm-migrate --candidates' vm-migrate --candidates web
is "$(awk -F '\t' '$3 == "yes"' "$out")" '' 'finds no target'
for column in peer_uri migrate_uri; do
	plant $column
	vm-migrate --candidates web >"$out" 2>"$err"
	is "$(grep -c "$column: \(migration \)\?URI: " "$out")" "${#uris[@]}" "$column: each is a reason not to go there"
done

is "$("$top/tests/helpers/names.pl" visible <said)" '' 'no message has a byte that a terminal would obey'
is "$(grep -c secret said)" 0 'or a password'
ok 'nothing was executed' test ! -e canary
rm -f canary
done_testing
