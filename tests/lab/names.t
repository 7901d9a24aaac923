#!/bin/bash
# Hostile names on real hosts: those of the corpus as QEMU domains, those that only virDomainRename lets
# through, and some of the worst on running guests, powered and moved live by every way of naming them.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
need perl script

lab_up h1 h2
export VMM_STATE=$LAB/state
declare_hosts unix h1 h2
host-set -n h1 --peer-uri qemu+tcp://h1/system >/dev/null
host-set -n h2 --peer-uri qemu+tcp://h2/system >/dev/null
names() { "$top/tests/helpers/names.pl" "$@"; }
sorted() { LC_ALL=C sort; }
body() { tail -n +2 "$1"; }
corpus=$top/tests/corpus/names
bytes=$top/tests/corpus/bytes
uuid() { printf '00000000-0000-4000-8000-%012x' "$1"; }
unix1=$(lab uri h1 unix)

# ---- as QEMU domains ----

mkdir qemu
names definitions qemu qemu <"$corpus"
for i in $(seq "$(body "$corpus" | wc -l)"); do
	echo "define qemu/$i.xml"
done | virsh -q -c "$unix1" >"$out" 2>&1
body "$corpus" | awk '{ printf "00000000-0000-4000-8000-%012x\t%s\n", NR, $0 }' | sorted >all
on h1 list --all --uuid | sort >defined
join -t '	' all defined | cut -f 2 | sorted >accepted
join -t '	' -v 1 all defined | cut -f 2 >refused
is "$(LC_ALL=C awk 'length <= 247 && $0 != "." && $0 != ".."' refused)" '' \
	"libvirt refuses $(wc -l <refused), all too long for a file, or '.' and '..'"
ok "and takes $(wc -l <accepted)" test "$(wc -l <accepted)" -ge 200

exits 0 'host-scan' host-scan -n h1
is "$(cut -f 3 "$out")" "$(wc -l <accepted)" 'finds each'
vm-list -n -o name | sorted >listed
ok 'by its name' cmp listed accepted
vm-list --live -n -o name | sorted >listed
ok 'live too' cmp listed accepted
is "$(vm-list -n -o snapshots | sort -u)" 0 'the details of each are read'
vm-list -o +group,last,disks,nics >tsv
vmm-rows --json <tsv | jq -c . | vmm-rows >tsv2
ok 'to JSON, through jq and back' cmp tsv tsv2
is "$(host-scan --diff -n h1)" '' 'a second visit finds nothing new'
vm-list --json | vm-power off -o vm,uuid,result - >"$out"
is "$(cut -f 1 "$out" | body /dev/stdin | sorted | cksum)" "$(cksum <accepted)" 'vm-power: each by its name'
is "$(cut -f 3 "$out" | sort | uniq -c | tr -s ' ')" " $(wc -l <accepted) already
 1 result" 'each is off already'
vm-list | vm-migrate --check --to h2 -o vm,uuid,result,error - >"$out" 2>"$err"
cr=$(grep -c '\\r' accepted)
is "$(cut -f 3 "$out" | sort | uniq -c | tr -s ' ')" " $(($(wc -l <accepted) - cr)) possible
 $cr refused
 1 result" 'vm-migrate --check: each can go'
is "$(cut -f 4 "$out" | sort | uniq -c | grep -c " $cr its name has a character that libvirt does not carry over$")" 1 \
	'but those with a carriage return, which libvirt garbles'
is "$(cut -f 1 "$out" | body /dev/stdin | sorted | cksum)" "$(cksum <accepted)" 'and is named'

# ---- names that no definition can have ----

: >want
i=0
while IFS= read -r -d '' name; do
	i=$((i + 1))
	if virsh -q -c "$unix1" domrename "$(uuid $i)" "$name" >>said 2>&1 </dev/null; then
		printf '%s\0' "$name" >>renamed
	else
		printf '%s\0' "$name" >>not-renamed
	fi
done < <(names null <"$bytes")
diag "libvirt refuses to rename to $(tr -cd '\0' <not-renamed | wc -c): $({ echo name; names cells <not-renamed; } | vmm-rows -n --format table 2>/dev/null | cut -c 1-30 | paste -sd ' ')"
is "$(tr '\0' '\n' <not-renamed | LC_ALL=C awk '!/\// && length <= 247' | wc -l)" 0 'those have a slash or are too long'
ok "it takes $(tr -cd '\0' <renamed | wc -c)" test "$(tr -cd '\0' <renamed | wc -c)" -ge 40
exits 0 'host-scan' host-scan --diff -n -o change,new h1
names cells <renamed >want
is "$(sed -n 's/^renamed	//p' "$out" | sorted | cksum)" "$(cksum <want)" 'tells each by its new name'
is "$(cut -f 1 "$out" | sort -u)" renamed 'and nothing else'
vm-list -n -o name,uuid | awk -F '\t' 'NR == FNR { want[$0] = 1; next } $1 in want { print $1 }' want - | sorted | cmp -s - want
is $? 0 'each is listed'
vm-list --json | jq -c . | vmm-rows >tsv
vm-list >tsv2
ok 'to JSON, through jq and back' cmp tsv tsv2
script -qec vm-list /dev/null </dev/null >table
is "$(names visible <table)" '' 'a terminal shows nothing that it would obey'
vm-power off -n -o uuid,result,state -0 <renamed >"$out"
is "$(cut -f 2,3 "$out" | sort | uniq -c | tr -s ' ')" " $(wc -l <want) already	stop" 'vm-power finds each by its name'
is "$(cut -f 1 "$out" | sort -u | wc -l)" "$(wc -l <want)" 'each of them once'
# A sole dash stands for stdin, so the VM of that name goes by its host.
script -qec 'vm-list -n -o name' /dev/null </dev/null | tr -d '\r' | sed 's|^-$|h1/-|' | tr '\n' '\0' >shown
xargs -0 -n 1000 vm-power off -n -o result -- <shown | sort | uniq -c | tr -s ' ' >"$out"
like "$(cat "$out")" ' 2[0-9][0-9] already$' 'and by what a terminal shows'
vm-migrate --check --to h2 -n -o result,error -0 <renamed >"$out" 2>"$err"
is "$(cut -f 1 "$out" | sort | uniq -c | tr -s ' ')" " 1 possible
 $(($(wc -l <want) - 1)) refused" 'vm-migrate --check refuses what XML can hold of none but DEL'
is "$(names visible <"$err")" '' 'no message shows them raw'

# ---- on running guests ----

on h1 list --all --uuid | while read -r id; do echo "undefine $id"; done | virsh -q -c "$unix1" >"$out" 2>&1
worst=('$(touch canary)' '; touch canary' '-rf' '--help' '%5c' 'a\b' $'tab\there' $'\t' ' both ' "'\"\`" \
	$'\u202eexe.bew' '❤️' ']]><x>&amp;' '%s%n' '1' '..x' '@group' 'a,b' "$(uuid 999)" "$(printf 'L%.0s' {1..200})")
{ echo name; printf '%s\0' "${worst[@]}" | names cells; } >worst.tsv
rm -rf qemu && mkdir qemu
names definitions qemu qemu <worst.tsv
n=${#worst[@]}
for i in $(seq "$n"); do
	echo "define qemu/$i.xml"
done | virsh -q -c "$unix1" >"$out" 2>&1
host-scan -n >"$out"
is "$(vm-list -n -o name | sorted)" "$(body worst.tsv | sorted)" "$n of the worst are defined"
exits 0 'they are started, by rows' eval 'vm-list | vm-power on -n -o result,vm,error -'
is "$(cut -f 1 "$out" | sort | uniq -c | tr -s ' ')" " $n done" 'each of them'
is "$(on h1 list --uuid | grep -c .)" "$n" 'they run'

# moved FROM TO WHAT: $out has the result of each
moved() {
	grep -v ^done "$out" | while read -r row; do diag "$row"; done
	is "$(cut -f 1 "$out" | sort | uniq -c | tr -s ' ')" " $n done" "moved live $3: each of them"
	is "$(on "$1" list --all --uuid | grep -c .) $(on "$2" list --uuid | grep -c .)" "0 $n" "moved live $3: they run there"
	is "$(vm-list -n -o host,name | sorted | cksum)" "$(body worst.tsv | sed "s/^/$2\t/" | sorted | cksum)" "moved live $3: and are listed so"
}
vm-list >rows
migrate --live --to h2 -n -o result,vm,error - <rows >"$out" 2>"$err"
moved h1 h2 'by rows'
vm-list --json -o host,name | jq -c . >rows
migrate --live --to h1 -n -o result,vm,error - <rows >"$out" 2>"$err"
moved h2 h1 'by host and name in JSON'
script -qec 'vm-list -n -o name' /dev/null </dev/null | tr -d '\r' >shown
mapfile -t shown <shown
migrate --live --to h2 -n -o result,vm,error -- "${shown[@]}" >"$out" 2>"$err"
moved h1 h2 'by what a terminal shows'
printf 'h2/%s\0' "${worst[@]}" | migrate --live --to h1 -n -o result,vm,error -0 >"$out" 2>"$err"
moved h2 h1 'by HOST/NAME, NUL between them'
vm-power off -n -o result,vm,error -- "${worst[@]}" >"$out"
is "$(cut -f 1 "$out" | sort | uniq -c | tr -s ' ')" " $n done" 'they are turned off, by name'
clean 'at the end nothing is left'
is "$(find "$tmp" "$LAB" / -maxdepth 3 -name '*canary*' -not -path '/proc/*' 2>/dev/null | head)" '' 'nothing was executed'
done_testing
