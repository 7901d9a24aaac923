#!/bin/bash
# tmpl-apply where something is missing, full, damaged or silent: the others are made, the error says what it
# is, and nothing is left
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
. "$top/tests/helpers/kill.sh"
. "$top/tests/helpers/provision.sh"
need xorriso qemu-img

lab_up h1 h2 h3:local=64M
declare_hosts tcp h1 h2 h3
fit_out

# template NAME SED: bare, changed
template() { sed "$2" "$VMM_CONF/templates/bare.conf" >"$VMM_CONF/templates/$1.conf"; }

# refused STATUS ERROR NAME ARG...: nothing is made, and nothing is left
refused() {
	refused_want=$1 refused_error=$2 refused_name=$3
	shift 3
	apply "$@"
	is "$status $(cell result "$rows" | grep -cE 'refused|failed')" "$refused_want $(cell name "$rows" | wc -l)" "$refused_name"
	like "$(cell error "$rows")" "$refused_error" 'the error says so'
	is "$(uneven)" '' 'and nothing is left'
}

gone() {
	vms=$(known uuid)
	# shellcheck disable=SC2086
	test -z "$vms" || remove --stop $vms
	is "$(uneven)$(known name)" '' "$1"
}

# ---- what is not there ----

template nonet 's/network = lab/network = none/'
template nopool 's/pool = local/pool = none/'
template noaddress 's/ip4 = front/ip4 = none/'
refused 4 "host 'h1' has no network 'none'" 'no such network' --host h1 nonet x1
refused 4 "pool 'none' of 'h1'" 'no such storage pool' --host h1 nopool x1
refused 4 "no pool 'none'" 'no such address pool' --host h1 noaddress x1 x2

# ---- a damaged image ----

forget_image
blob=$(find "$VMM_STATE/library" -type f -size +1M)
cp -p "$blob" "$tmp/blob"
printf '\377' | dd of="$blob" bs=1 seek=9000001 conv=notrunc status=none
cmp -s "$blob" "$tmp/blob" && printf '\376' | dd of="$blob" bs=1 seek=9000001 conv=notrunc status=none
refused 1 'damaged' 'one flipped bit in the image' web x1 x2 x3
is "$(lab exec h1 ls "$LAB/local")" '' 'no host has it'
cp -p "$tmp/blob" "$blob"

# ---- a full disk ----

lab exec h3 dd if=/dev/zero of="$LAB/local/big" bs=1M count=52 status=none
apply --host h3 web x1 x2
is "$status $(cell result "$rows" | sort -u)" '1 failed' 'a full disk: the image does not fit'
like "$(cell error "$rows")" "host 'h3': cannot bring 'lab:1' to pool 'local'.*([Nn]o space|may be full)" 'the error says so'
lab exec h3 rm "$LAB/local/big"
is "$(uneven)" '' 'and nothing is left'
apply --host h3 --jobs 1 --full web x1 x2 x3 x4
is "$status $(cell result "$rows" | sort -u | paste -sd ' ')" '3 done failed' 'a full disk: not all copies fit'
like "$(cell error "$rows" | grep .)" '[Nn]o space' 'the error says so'
is "$(uneven)" '' 'those that fit are whole, of the others nothing is left'
gone 'and gone again'

# ---- no address left ----

ippool create three --range 10.77.220.1-10.77.220.3 --prefix 16 >/dev/null
template three 's/= front/= three/; s/mac = macs//'
apply --jobs 8 --per-host 8 three x1 x2 x3 x4 x5 x6 x7 x8
is "$status $(cell result "$rows" | sort | uniq -c | tr -s ' ' | paste -sd ' ')" '3  3 done  5 refused' 'eight at once for three addresses'
like "$(cell error "$rows" | sort -u)" 'three' 'the error names the pool'
is "$(cell addresses "$rows" | grep . | sort -u | wc -l)" 3 'each has its own'
is "$(ippool show -n -o holder three | sort)" "$(known uuid)" 'and nobody else any'
is "$(defined | wc -l)" 3 'nothing is left of the others'
apply three x9
is "$status" 4 'none left: refused'
remove x1 x2 x3 x4 x5 x6 x7 x8
is "$(ippool show -n three)$(defined)" '' 'and gone again'

# ---- hosts that die or fall silent on the way ----

apply web w1 w2 w3 # the image is there
gone 'warm'
names=$(seq -f 'd%02g' 24)
started=$(milliseconds)
# shellcheck disable=SC2086
start_apply --timeout 5 --jobs 12 web $names
for host in h2 h3; do within 10 grep -q "	create	d.*\"$host\"" "$VMM_STATE/journal.tsv"; done
lab freeze h3
lab crash h2
wait $client
status=$?
ms=$(($(milliseconds) - started))
diag "$ms ms: $(awk -F '\t' 'NR > 1 { print $3, $5, $7 }' "$rows" | sort | uniq -c | tr -s ' ' | paste -sd ';')"
is $status 3 'a host dies, a libvirtd stands still: some are made'
ok 'in time' test $ms -lt 40000
is "$(awk -F '\t' 'NR > 1 && $3 == "h1" { print $5 }' "$rows" | sort -u)" 'done' 'all those elsewhere'
is "$(cell name "$rows" | sort | paste -sd ' ')" "$(echo $names)" 'each is told of'
is "$(awk -F '\t' 'NR > 1 && $5 != "done" && $7 == "" { print $1 }' "$rows")" '' 'those that are not with a reason'
apply --timeout 3 --host h3 web y1
is "$status $(cell error "$rows")" "75 host 'h3' does not answer" 'a host that is silent from the start is named'
lab thaw h3
lab restart h2
fsck --repair -n >"$out" 2>&1 || fsck --repair -n >>"$out" 2>&1
diag "$(cut -f 3,4 "$out" | sort | uniq -c)"
is "$(uneven)" '' 'with the hosts back vmm-fsck makes it even'
gone 'and all can be removed'
done_testing
