#!/bin/sh
# what vm-migrate refuses before anything starts: every reason, status 4, and nothing is changed
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"

lab_up h1 h2 h3:local=16M h4:mem=64M c1:lxc
declare_hosts tcp h1 h2 h3 h4
lab adm host-add c1 "$(lab uri c1 lxc)" >/dev/null
cat >"$tmp/cpu" <<-'EOT'
	<cpu mode='custom' match='exact'>
	  <model fallback='forbid'>Skylake-Server</model>
	  <feature policy='require' name='avx512f'/>
	</cpu>
EOT
cat >"$tmp/only.xml" <<-'EOT'
	<network><name>only</name><forward mode='bridge'/><bridge name='br0'/></network>
EOT
on h1 net-define "$tmp/only.xml" >/dev/null && on h1 net-start only >/dev/null
on h2 net-define "$tmp/only.xml" >/dev/null
lab guest h1 web disk=shared start
lab guest h1 db disk=local size=16M
lab guest h1 cpu cpu="$tmp/cpu"
lab guest h1 net net=only
lab guest h1 huge mem=900000
lab guest h1 twin
lab guest h3 twin
lab guest h1 first mem=60 && lab guest h1 second mem=60
on h1 setmaxmem first 40M --config >/dev/null && on h1 setmem first 40M --config >/dev/null
on h1 setmaxmem second 40M --config >/dev/null && on h1 setmem second 40M --config >/dev/null
# Its disk is shared, its CD is not.
lab guest h1 cd disk=shared
lab exec h1 truncate -s 1M "$LAB/local/tools.iso"
on h1 attach-disk cd "$LAB/local/tools.iso" sda --type cdrom --mode readonly --config >/dev/null
# A disk in no pool of any host.
lab guest h1 loose disk=shared
lab exec h1 sh -c "mkdir -p $LAB/hosts/h1/own && truncate -s 1M $LAB/hosts/h1/own/loose.img"
on h1 attach-disk loose "$LAB/hosts/h1/own/loose.img" vdb --config >/dev/null
# And one whose place on the target is taken.
lab guest h1 taken disk=local size=4M
lab exec h2 touch "$LAB/local/taken.qcow2"
# One whose data are more than h3's pool has room for.
lab guest h1 full disk=local size=64M
lab exec h1 qemu-io -f qcow2 -c 'write 0 20M' "$LAB/local/full.qcow2" >/dev/null
lab guest h1 snap disk=shared
on h1 snapshot-create-as snap before >/dev/null
lab guest h1 saved start
lab wait web && lab wait saved
on h1 managedsave saved >/dev/null
lab adm host-scan >/dev/null

everything() {
	for host in h1 h2 h3 h4; do
		echo "$host"
		on "$host" list --all
		for uuid in $(on "$host" list --all --uuid | sort); do on "$host" dumpxml "$uuid"; done
		on "$host" net-list --all
		lab exec "$host" ls "$LAB/local" "$LAB/shared/pool"
	done | sed "s/^ *[0-9]* \\( *[a-z]\\)/\\1/"
	fsck -n
}

# refused REASON VM ARG...: that is one of the reasons, given by the check and by the real thing.
refused() {
	reason=$1
	shift
	exits 4 "$*: refused" migrate "$@"
	is "$(cell result | sort -u)" refused 'its result'
	like "$(cell error)" "$reason" "$reason"
	real=$(cell error | sed 's/[0-9]* MiB free/N MiB free/')
	migrate --check "$@" >"$tmp/check"
	is "$(cell error "$tmp/check" | sed 's/[0-9]* MiB free/N MiB free/')" "$real" '--check says the same'
}

everything >"$tmp/before"
refused "it is already on 'h1'" web --to h1
refused "no host 'h9' is declared" web --to h9
refused "'c1' is a lxc host" web --to c1
refused 'nobody' nobody --to h2
refused twin twin --to h2
refused "another VM of that name" h1/twin --to h3
refused "disk vda .*not on storage that 'h2' shares \\(--move copies it\\)" db --to h2
refused "the CPU of 'h2' lacks" cpu --to h2
refused "network 'only' is not active on 'h2'" net --to h2
refused "'h3' has no network 'only'" net --to h3
refused 'not enough memory' huge --to h2
refused "not enough memory on 'h4': 160 MiB needed" web --to h4
refused 'disk sda .*not on storage' cd --to h2
refused 'in no storage pool' loose --to h2
refused "has another file '.*taken.qcow2'" taken --to h2 --move
refused 'MiB to be copied, [0-9]+ MiB free on .h3' full --to h3 --move
refused 'it has snapshots' snap --to h2
refused 'it has a saved state' saved --to h2
refused 'it is stopped' net --to h3 --live

ok 'a group' lab adm host-set h3 --group other
refused "in group 'other'" web --to h3
ok 'maintenance' lab adm host-set h2 --maint yes
refused "'h2' is in maintenance" web --to h2
ok 'no more' lab adm host-set h2 --maint no
ok 'nor a group' lab adm host-set h3 --group ''
ok 'a pool that is off' on h2 pool-destroy local
refused "'h2' has no storage pool for" db --to h2 --move
ok 'on again' on h2 pool-start local

# All reasons at once
refused "no network 'only'.*is stopped|is stopped.*no network 'only'" net --to h3 --live

# Together
exits 3 'two that only together do not fit' migrate --check first second --to h4
diag "$(sed 1d "$out")"
is "$(cell result | paste -sd ' ')" 'possible refused' 'the second is refused'
like "$(cell error)" "not enough memory on 'h4' for it and the 1 before it" 'for the first'
exits 3 'two of one name' migrate --check "$(lab uuid h1/twin)" "$(lab uuid h3/twin)" --to h2
is "$(cell result | paste -sd ' ')" 'possible refused' 'the second is refused'
like "$(cell error)" "another VM of that name \\($(lab uuid h1/twin)\\) goes to 'h2' before it" 'and named'
ok 'twice the same' migrate --check web h1/web "$(lab uuid h1/web)" --to h2
is "$(cell result)" 'possible' 'is once'
exits 3 'the same to two hosts' sh -c "printf 'vm\tto\nweb\th2\nh1/web\th3\n' | $top/tests/lab/lab adm vm-migrate --check -n -o result,error -"
like "$(grep refused "$out")" "it is to go to 'h2' already" 'goes to the first'

everything >"$tmp/after"
is "$(diff "$tmp/before" "$tmp/after")" '' 'nothing was changed'
ok 'candidates, with reasons' migrate web --candidates
is "$(cell ok | paste -sd ' ')" 'no no yes yes no' 'one row a host'
like "$(cell reason)" "not enough memory on 'h4'" 'with the reason'
done_testing
