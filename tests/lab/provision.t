#!/bin/bash
# New VMs from a template on three hosts, each with its own name, addresses, host key and disk; and gone
# again, with nothing left of them.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/lab.sh"
need xorriso qemu-img ssh-keyscan

lab_up h1:mem=2G h2:mem=2G h3:mem=2G
declare_hosts tcp h1 h2 h3
lab adm host-set -n 'h[1-3]' --group web >/dev/null
export VMM_STATE=$LAB/state VMM_CONF=$LAB/conf
inlab() { lab adm env VMM_CONF="$VMM_CONF" "$@"; }
mkdir -p "$VMM_CONF"/{templates,hardware,guests}
cat >"$VMM_CONF/hardware/tiny.conf" <<-EOF
	vcpus = 1
	memory = 128M
	cpu = maximum
EOF
cat >"$VMM_CONF/guests/lab.conf" <<-EOF
	kind = cloud-init
	ssh-keys =
	    $(cut -d ' ' -f 1,2 "$LAB/ssh/id.pub") lab
	user-data =
	    #cloud-config
	    ssh_authorized_keys: \${ssh_keys}
EOF
cat >"$VMM_CONF/templates/web.conf" <<-EOF
	image = lab
	hardware = tiny
	guest = lab
	[nic front]
	network = lab
	ip4 = front
	[disk root]
	pool = shared
	[place]
	group = web
EOF
sed 's/pool = shared/pool = local/' "$VMM_CONF/templates/web.conf" >"$VMM_CONF/templates/own.conf"
exits 0 'the image' lab disk-image qcow2 "$LAB/tmp/lab.qcow2"
exits 0 'into the library' imglib add lab "$LAB/tmp/lab.qcow2"
exits 0 'a pool of addresses' ippool create front --range 10.77.210.1-10.77.210.40 --prefix 16 --gateway 10.77.0.254
exits 0 'the definitions are right' tmpl-check

volumes() {
	for host in h1 h2 h3; do
		lab exec "$host" ls "$LAB/local" | sed "s/^/$host:/"
	done
	ls "$LAB/shared/pool"
}
defined() { for host in h1 h2 h3; do on "$host" list --all --name; done | grep . | sort; }

# ---- one ----

exits 0 'one VM' inlab tmpl-apply --wait ssh -o name,host,addresses,result,error web web1
is "$(sed 1d "$out" | cut -f 1,3,4)" "$(printf 'web1\t10.77.210.1\tdone')" 'it has an address, and answers'
cat "$err"
web1=$(cut -f 2 "$out" | sed 1d)
is "$(defined)" web1 'and is defined'
is "$(lab adm ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@10.77.210.1 hostname 2>/dev/null)" web1 'it knows its name'
exits 0 'the same again' inlab tmpl-apply -n -o name,host,addresses,result,error web web1
is "$(cat "$out")" "$(printf 'web1\t%s\t10.77.210.1\talready\t' "$web1")" 'nothing to do'
exits 0 'the same values' inlab tmpl-apply -n -o result --set memory=128M --set image=lab:1 --set hardware=tiny web web1
is "$(cat "$out")" already 'nothing to do'
exits 4 'more memory' inlab tmpl-apply -n -o result,error --set memory=256M web web1
like "$(cat "$out")" '^refused	.*with 134217728 bytes of memory' 'is not what it has'
exits 4 'more processors' inlab tmpl-apply -n -o result,error --set vcpus=2 web web1
like "$(cat "$out")" '^refused	.*with 1 processors' 'is not what it has'
inlab vm-power off web1 >/dev/null
exits 0 'it is off now, and may stay so' inlab tmpl-apply -n -o result web web1
is "$(cat "$out")" already 'nothing to do'
exits 0 'but is to run' inlab tmpl-apply --dry-run --start -n -o result web web1
is "$(cat "$out" && on h1 list --name && on h2 list --name && on h3 list --name)" possible '--dry-run starts nothing'
exits 1 'it is waited for' inlab tmpl-apply --wait ssh --timeout 1 -n -o name,uuid,result,error web web1
like "$(cat "$out")" '^web1	[0-9a-f-]{36}	failed	it runs, but after 1 s it does not answer by ssh' 'in vain this time'
exits 0 'and again' inlab tmpl-apply --wait ssh -n -o result,error web web1
is "$(cat "$out")" 'already	' 'it ran, and answers'
exits 1 'a row that cannot be written' inlab sh -c 'tmpl-apply web unseen >/dev/full'
like "$(cat "$err")" '^tmpl-apply: cannot write the output: No space left' 'says why'
inlab vm-rm unseen >/dev/null
exits 4 'another template of that name' inlab tmpl-apply -n -o result,error own web1
is "$(ippool show -n -o address front | wc -l)" 1 'no more addresses'
exits 4 'removal of a running one' inlab vm-rm -n -o result,error web1
like "$(cat "$out")" 'refused	it is running' 'is refused'
exits 0 'unless it may be stopped' inlab vm-rm --stop -n -o vm,addresses,result,error web1
is "$(cat "$out")" "$(printf 'web1\t10.77.210.1\tdone\t')" 'it is gone'
is "$(defined)" '' 'its definition too'
is "$(volumes | grep -v '^vmm-')" '' 'its volumes too'
is "$(ippool show -n front)" '' 'its lease too'
is "$(inlab vm-list -n)" '' 'and the state knows'

# ---- many ----

inlab tmpl-apply --dry-run -n -o name,result web n{1..3} >"$out"
is "$(cat "$out")" "$(printf '%s\tpossible\n' n1 n2 n3)" '--dry-run'
many=${VMM_MANY:-9}
names=$(seq -f 'vm%02g' "$many")
started=$(date +%s%N)
# shellcheck disable=SC2086
exits 0 'many at once, with disks of their own hosts' inlab tmpl-apply --wait ssh -n -o name,host,addresses,result,error own $names
diag "$((($(date +%s%N) - started) / 1000000)) ms"
is "$(cut -f 4 "$out" | sort | uniq -c | tr -s ' ')" " $many done" 'all are made'
is "$(cut -f 1 "$out" | sort | paste -sd ' ')" "$(echo $names)" 'each by its name'
is "$(cut -f 3 "$out" | sort -u | wc -l)" "$many" 'each with an address of its own'
is "$(cut -f 2 "$out" | sort | uniq -c | awk '$1 < 2 { print } END { print NR }')" 3 'spread over the hosts'
is "$(for a in $(cut -f 3 "$out"); do lab adm ssh-keyscan -t ed25519 "$a" 2>/dev/null | cut -d ' ' -f 3; done | sort -u | wc -l)" "$many" 'each with a host key of its own'
is "$(for h in h1 h2 h3; do lab exec $h ls "$LAB/local" | grep -c '^vmm-.*qcow2$'; done | paste -sd ' ')" '1 1 1' 'each host got the image once'
# shellcheck disable=SC2086
exits 0 'all gone again' inlab vm-rm --stop -n -o vm,result,error $names
is "$(cut -f 2 "$out" | sort | uniq -c | tr -s ' ')" " $many done" 'each'
is "$(defined)" '' 'no definition is left'
is "$(volumes | grep -v 'vmm-')" '' 'no volume'
is "$(ippool show -n front)" '' 'no lease'
is "$(lab exec h1 find /var/lib/libvirt/qemu/nvram 2>/dev/null | grep -v 'nvram$')" '' 'no NVRAM'

# ---- what can't be ----

ippool create small --range 10.77.220.1-10.77.220.2 --prefix 16 >/dev/null
sed 's/= front/= small/' "$VMM_CONF/templates/web.conf" >"$VMM_CONF/templates/small.conf"
inlab tmpl-apply -n -o name,result,error --jobs 1 small x1 x2 x3 >"$out" 2>"$err"
is "$(cut -f 2 "$out" | sort | uniq -c | tr -s ' ' | paste -sd ' ')" ' 2 done  1 refused' 'as many as there are addresses'
inlab vm-rm x1 x2 >/dev/null
ippool create macs --range 52:54:00:ab:00:00-52:54:00:ab:00:0f >/dev/null
sed 's/= front/= macs/' "$VMM_CONF/templates/web.conf" >"$VMM_CONF/templates/macs.conf"
exits 4 'a host that is not there' inlab tmpl-apply -n -o error --host h9 web x1
is "$(cat "$out")" "no host 'h9'" 'is named'
exits 4 'a pool of another type' inlab tmpl-apply -n -o error macs x1
is "$(cat "$out"; ippool show -n macs)" "pool 'macs' has addresses of type mac, not ip4" 'gives nothing'
rm "$VMM_CONF/templates/macs.conf"
exits 4 'a host that has no room' inlab tmpl-apply -n -o error --set memory=900G web big
like "$(cat "$out")" 'too little memory' 'is named'
exits 4 'a disk that would end before its image' inlab tmpl-apply -n -o error --size 10M web small
like "$(cat "$out")" "^a first disk of 10485760 bytes is smaller than image 'lab:1'" 'is refused'
exits 2 'a bad name' inlab tmpl-apply -n -o error web 'Bad_Name'
exits 4 'no such template' inlab tmpl-apply -n -o error none x1
like "$(cat "$out")" "none" 'is said'
is "$(ippool show -n small)" '' 'nothing was taken'
lab guest h1 other disk=shared
inlab host-scan -n h1 >/dev/null
exits 4 'a VM of another origin' inlab vm-rm -n -o error other
like "$(cat "$out")" 'not made of a template' 'is not touched'
exits 0 'but for its definition, if asked' inlab vm-rm -n -o result,error --keep-disks other
is "$(fsck -n)" '' 'nothing to mend'
done_testing
