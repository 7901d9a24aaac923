#!/bin/sh
# imglib: what is added is listed, shown, verified, exported and removed; what is refused
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/images.sh"
need jq perl qemu-img sha256sum

sha() {
	sha256sum <"$1" | cut -d' ' -f1
}
blobs() {
	find "$VMM_STATE/library/sha256" -type f | wc -l
}
says() {
	like "$(cat "$err")" "$1" "$2"
}

is "$(imglib list)" "$(printf 'name\tversion\tkind\tformat\tsize\tvirtual_size\tlabels\tadded')" 'an empty library'
ok 'looking makes nothing' test ! -e "$VMM_STATE"

# ---- added ----

disk raw 4M
dd if=/dev/urandom of=raw bs=64k seek=16 count=3 conv=notrunc 2>/dev/null
qemu-img convert -O qcow2 raw qcow2
ok 'add: a raw disk' imglib add web raw -l os=debian --label 'note=a,b'
is "$(imglib list --json -o +sha256 | jq -c '[.name, .version, .kind, .format, .size, .virtual_size, .labels, .sha256]')" \
	"[\"web\",\"1\",\"image\",\"raw\",4194304,4194304,[\"note=a,b\",\"os=debian\"],\"$(sha raw)\"]" 'is listed with what it is'
path=$(column path imglib list)
ok 'its content is that' cmp raw "$path"
ok 'with holes' test "$(stat -c %b "$path")" -le 400
is "$(stat -c %a "$path" "$VMM_STATE/library")" "$(printf '400\n700')" 'and nobody writes to it'
ok 'the same again' imglib add web raw
is "$(imglib list -n | wc -l) $(column labels imglib list)" '1 note=a\\,b,os=debian' 'is nothing new, and keeps its labels'
ok 'other content' imglib add web qcow2
is "$(column version imglib list web:2) $(column format imglib list web:2)" '2 qcow2' 'is the next version'
exits 4 'a version that is taken' imglib add web:1 qcow2
says "^imglib: cannot add 'web:1': this version is there already" 'is refused'
ok 'the same content under another name' imglib add copy:12.10 raw
ok 'and a version before it' imglib add copy:12.9 qcow2
is "$(blobs)" 2 'is stored once'
is "$(column version imglib list --latest copy)" 12.10 'the latest version is that of the highest number'
: >empty
exits 4 'an empty file' imglib add empty --kind script empty
exits 2 'no version to follow 12.10' imglib add copy qcow2 --kind driver
says 'say NAME:VERSION' 'says what to do'
is "$(imglib add --dry-run -n -o name,version web raw)" 'web	3' 'add --dry-run: says what would be'
is "$(imglib list -n | wc -l) $(blobs)" '4 2' 'and adds nothing'
is "$(imglib add -n -o name,format piped - <qcow2)" 'piped	qcow2' 'from stdin'
is "$(head -c 1000000 /dev/zero | cat - qcow2 | imglib add --kind driver -n -o format,size zeros -)" \
	"file	$((1000000 + $(stat -c %s qcow2)))" 'a driver may be anything'
# As vmm-images(5) says it, whatever the pieces are in which the bytes came.
data_sha() {
	perl -MDigest::SHA -e '
		my ($sha, $nr, $size) = (Digest::SHA->new(256), 0, 0);
		for (; my $n = read(STDIN, my $block, 4096); $nr++, $size += $n) {
			$sha->add(pack("Q<", $nr), $block) if $block =~ /[^\0]/;
		}
		print $sha->add(pack("Q<", $size))->hexdigest, "\n"'
}
of_data() { vmm-rows -n -o image,data_sha256 <"$VMM_STATE/images.tsv" | awk -v i="$1" '$1 == i { print $2 }'; }
is "$(of_data web:1)" "$(data_sha <raw)" 'the hash of the data of a file'
is "$(of_data zeros:1)" "$(head -c 1000000 /dev/zero | cat - qcow2 | data_sha)" 'and of a stream'
{ head -c 5000 raw && head -c 70000 /dev/zero && tail -c 3333 qcow2; } >odd
dd if=odd bs=777 status=none | imglib add --kind driver odd - >/dev/null
is "$(of_data odd:1)" "$(data_sha <odd)" 'of one that came in odd pieces'
imglib rm odd >/dev/null
ok 'a script' imglib add --kind script hello "$top/tests/tap.sh"
ok 'an answer file' imglib add --kind answer reply "$top/tests/tap.sh"
is "$(imglib list -n -o name --kind script)" hello 'list --kind'
ok 'what its sha256 says' imglib add --sha256 "$(sha raw)" known raw
exits 1 'another sha256' imglib add --sha256 "$(sha qcow2)" unknown raw
says "^imglib: cannot add 'unknown': its sha256 is $(sha raw) and not $(sha qcow2)$" 'is refused'
exits 4 'more than --max-size' imglib add --max-size 1M big raw
for f in vmdk vpc vhdx; do
	qemu-img convert -O $f raw a.$f
	is "$(imglib add -n -o format,virtual_size disks a.$f | cut -f 1)" $f "a $f image is told"
done
qemu-img convert -O vmdk -o subformat=streamOptimized raw stream.vmdk
qemu-img convert -O vpc -o subformat=fixed raw fixed.vhd
ok 'a streamOptimized vmdk' imglib add disks stream.vmdk
is "$(imglib add -n -o format disks fixed.vhd -f vhd)" vpc 'a fixed vhd'
{ head -c 32768 /dev/zero && printf '\001CD001' && head -c 100000 /dev/zero; } >iso
is "$(imglib add -n -o format cd iso)" iso 'an iso'
is "$(find "$VMM_STATE/library" -name '.?*')" '' 'nothing is left over'

# ---- refused ----

lines=$(imglib list -n | wc -l)
refused() {
	want=$1 like=$2
	shift 2
	exits "$want" "$(echo "$*" | tr "\n" " ")" "$@"
	if test "$(wc -l <"$err")" -eq 1 && grep -Eq "^imglib: .*$like" "$err"; then
		pass 'is refused in one line'
	else
		fail 'is refused in one line'
		diag "$(cat "$err")"
	fi
}
for name in '' . .. ../x /x a/b .x 'a b' 'a:' ':1' a:b:c a:../b "$(printf 'a\nb')" "a\$(id)" "a'b" "$(head -c 101 /dev/zero | tr '\0' a)"; do
	refused 2 '' imglib add "$name" raw
done
refused 2 '' imglib add -- -x raw
ln -s raw link
refused 4 'symbolic link' imglib add x link
mkfifo fifo
refused 4 'no regular file' imglib add x fifo
refused 4 'no regular file' imglib add x .
refused 1 'No such file' imglib add x none
qemu-img create -q -f qcow2 -b "$PWD/qcow2" -F qcow2 backed.qcow2
qemu-img create -q -f qcow2 -u -b 'json:{"driver":"nbd","host":"127.0.0.1"}' -F raw nbd.qcow2 1M
qemu-img create -q -f qcow2 -u -b /etc/passwd -F raw passwd.qcow2 1M
qemu-img create -q -f qcow2 -o data_file=data.raw data.qcow2 1M
cp qcow2 crypt.qcow2 && printf '\002' | dd of=crypt.qcow2 bs=1 seek=35 conv=notrunc 2>/dev/null
cp qcow2 corrupt.qcow2 && printf '\002' | dd of=corrupt.qcow2 bs=1 seek=79 conv=notrunc 2>/dev/null
qemu-img create -q -f vmdk -b a.vmdk -F vmdk backed.vmdk
qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentSparse two.vmdk 1M
qemu-img create -q -f vdi vdi 1M
for f in backed.qcow2 nbd.qcow2 passwd.qcow2 backed.vmdk; do
	refused 4 'it has a backing file' imglib add x $f
	refused 4 'it is (qcow2|vmdk) and not raw' imglib add x $f --disk-format raw
done
refused 4 'it has an external data file' imglib add x data.qcow2
refused 4 'it is encrypted' imglib add x crypt.qcow2
refused 4 'it is marked as corrupt' imglib add x corrupt.qcow2
refused 4 'several files' imglib add x two.vmdk
refused 4 'several files' imglib add x two-s001.vmdk
# A descriptor that hides what it names, or is not the one that is read: seen before qemu-img is asked.
at=$(grep -abo 'parentCID=ffffffff' a.vmdk | head -n 1 | cut -d : -f 1)
hint='parentFileNameHint="/etc/passwd"'
cp a.vmdk blank.vmdk && printf 'parentCID=ffffffff\ncreateType="monolithicSparse"\n %s' "$hint" | dd of=blank.vmdk bs=1 seek="$at" conv=notrunc 2>/dev/null
cp a.vmdk second.vmdk && truncate -s %512 second.vmdk
sectors=$(($(stat -c %s second.vmdk) / 512))
dd if=a.vmdk bs=512 skip=1 count=20 2>/dev/null >>second.vmdk
# shellcheck disable=SC2059
printf "$(printf '\\%03o\\%03o\\%03o' $((sectors % 256)) $((sectors / 256 % 256)) $((sectors / 65536)))" |
	dd of=second.vmdk bs=1 seek=28 conv=notrunc 2>/dev/null
printf 'parentCID=12345678\n%s\n' "$hint" | dd of=second.vmdk bs=1 seek="$at" conv=notrunc 2>/dev/null
mkdir none && printf '#!/bin/sh\ntouch %s\nexit 1\n' "$PWD/asked" >none/qemu-img && chmod +x none/qemu-img
PATH=$PWD/none:$PATH refused 4 'it has a backing file' imglib add x blank.vmdk
PATH=$PWD/none:$PATH refused 4 'descriptor is not where it should be' imglib add x second.vmdk
ok 'qemu-img was not asked' test ! -e asked
refused 4 'it is vdi, which is not taken' imglib add x vdi
head -c 72 qcow2 >cut.qcow2
refused 4 'cut off' imglib add x cut.qcow2
{ head -c 104 qcow2 && head -c 100000 /dev/urandom; } >bad.qcow2
refused 4 "qemu-img can't read it" imglib add x bad.qcow2
yes text | head -c 1024 >text
refused 4 'raw disk needs --disk-format raw, a script, driver or answer file --kind' imglib add x text
refused 4 'less than 1 MiB' imglib add x text -f raw
truncate -s 2M zeros
refused 4 'nothing but zeros' imglib add x zeros -f raw
gzip -c zeros >zeros.gz
refused 4 'packed \(gzip\)' imglib add x zeros.gz
refused 4 'packed \(gzip\)' imglib add x zeros.gz -f raw
tar cf zeros.tar zeros
refused 4 'packed \(tar\)' imglib add x zeros.tar
{ cat raw && echo; } >odd
refused 4 'whole number of sectors' imglib add x odd
refused 4 'it is not qcow2' imglib add x raw -f qcow2
refused 2 'disk format' imglib add x raw -f nonsense
refused 2 'kind' imglib add x raw -k nonsense
refused 2 'sha256' imglib add x raw --sha256 abc
refused 2 'label' imglib add x raw -l abc
for verb in list show verify rm; do
	refused 4 "no image 'none'" imglib $verb none
done
refused 4 "no image 'none'" imglib export none out
is "$(imglib list -n | wc -l)" "$lines" 'nothing of that is there'
is "$(find "$VMM_STATE/library" -name '.?*')" '' 'nor left over'

# ---- shown, verified, exported ----

is "$(imglib show --json web:1 | jq -c '[.image, .sha256, .used_by]')" "[\"web:1\",\"$(sha raw)\",[]]" 'show'
is "$(imglib show --json web | jq -r .image)" 'web:2' 'NAME is the latest version'
ok 'verify' imglib verify --jobs 2
is "$(imglib verify -n -o result | sort | uniq -c | tr -s ' ')" " $(imglib list -n | wc -l) ok" 'all is well'
ok 'export' imglib export web:1 out
ok 'is the same' cmp raw out
ok 'and sparse' test "$(stat -c %b out)" -le 400
is "$(stat -c %a out)" "$(printf %o $((0666 & ~$(umask))))" 'with the usual mode'
exits 4 'over a file' imglib export web:1 out
says "'out' is there already" 'is refused'
ok 'but for --force' imglib export --force web:2 out
ok 'export to stdout' sh -c 'imglib export web:1 - | cmp - raw'
ok 'export --disk-format' imglib export web:1 converted -f qcow2
is "$(qemu-img info --output=json converted | jq -r .format)" qcow2 'converts'
ok 'to the same disk' qemu-img compare -q raw converted
ok 'to stdout too' sh -c 'imglib export web:2 - -f raw | cmp - raw'
exits 1 'a full disk' sh -c 'imglib export web:1 - >/dev/full'
exits 4 'a script' imglib export hello out2 -f raw
is "$(find . -name '.?*' ! -name .out ! -name .err ! -name .got)" '' 'nothing is left over'

path=$(column path imglib list web:2)
cp "$path" kept && chmod 600 "$path"
printf '\001' | dd of="$path" bs=1 seek=70000 conv=notrunc 2>/dev/null
exits 3 'verify: a flipped bit' imglib verify -n -o image,result
is "$(grep -c failed "$out")" "$(imglib list --json -o sha256 | grep -c "$(sha qcow2)")" 'is found in all that have this content'
exits 1 'and that alone' imglib verify web:2 -n -o error
like "$(cat "$out")" "^the content of '.*' is damaged: its sha256 is [0-9a-f]{64}$" 'says so'
exits 1 'export' imglib export web:2 out3
ok 'leaves no file' test ! -e out3
exits 1 'nor converts it' imglib export web:2 out3 -f raw
ok 'adding it again' imglib add again qcow2
exits 0 'mends it' imglib verify

# ---- removed ----

exits 4 'rm: several versions' imglib rm web
says "'web' has several versions; say web:VERSION" 'are refused'
mkdir -p "$VMM_CONF/templates" "$VMM_CONF/guests"
printf 'image = web\n' >"$VMM_CONF/templates/small.conf"
printf '[seed]\nscript = hello\n' >"$VMM_CONF/guests/debian.conf"
exits 4 'rm: what a template names' imglib rm web:2
says "cannot remove 'web:2': in use by template 'small'" 'is refused'
is "$(imglib show --json web | jq -r '.used_by[]')" "template 'small'" 'and shown'
exits 4 'rm --dry-run too' imglib rm --dry-run web:2
exits 4 'what a guest names' imglib rm hello
mkdir "$VMM_CONF/machines"
printf 'image = cd\n' >"$VMM_CONF/machines/server.conf"
exits 4 'what a machine profile names' imglib rm cd
says "in use by machine profile 'server'" 'is refused'
printf '[script raid]\nfile = cd\n' >"$VMM_CONF/machines/server.conf"
exits 4 'its scripts and drivers too' imglib rm cd
rm -r "$VMM_CONF/machines"
exits 0 'not the version before' imglib rm --dry-run web:1
printf 'uuid\thost\tname\timage\nu1\th1\tvm1\t%s\nu2\th1\tvm2\tx,web:1\n' "$(sha iso)" >"$VMM_STATE/vms.tsv"
exits 4 'what a VM was made of' imglib rm cd
says "in use by VM 'vm1' \(u1\)" 'by content'
exits 4 'or by name' imglib rm web:1
rm "$VMM_STATE/vms.tsv"
printf 'nonsense\n' >"$VMM_CONF/templates/bad.conf"
exits 2 'a template that cannot be read' imglib rm cd
says 'bad.conf:1' 'could name it'
rm -r "$VMM_CONF"
before=$(blobs)
ok 'rm' imglib rm known
ok 'what others have' test "$(blobs)" -eq "$before"
exits 3 'rm of two, one of which is not there' imglib rm cd none
ok 'takes the content' test "$(blobs)" -eq $((before - 1))
imglib list -n -o image | xargs imglib rm >/dev/null
is "$(imglib list -n)$(blobs)" 0 'everything is gone'
exits 2 'a library that is nowhere' env VMM_LIBRARY=here imglib add web raw
ok 'a library elsewhere' env VMM_LIBRARY="$tmp/lib" imglib add web raw
ok 'is there' cmp raw "$tmp/lib/sha256/$(sha raw)"
exits 1 'and missing here' imglib verify web
chmod 777 lib/sha256
exits 4 'where everybody may write' env VMM_LIBRARY="$tmp/lib" imglib add web2 raw
done_testing
