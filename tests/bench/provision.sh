# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Fifty linked clones from a template, against virt-clone (which copies) and against nothing but what
# has to be: qemu-img and virsh. An image to the local pools of three hosts at once, against virsh, one
# host after another.

lab_up h1 h2 h3 || return 0
export VMM_CONF=$LAB/conf
for host in h1 h2 h3; do
	"$lab" adm "$(type -P host-add)" $host "qemu+tcp://$host/system" >/dev/null
done
mkdir -p "$VMM_CONF"/{hardware,guests,templates}
echo 'memory = 1M' >"$VMM_CONF/hardware/tiny.conf"
echo 'kind = plain' >"$VMM_CONF/guests/plain.conf"
cat >"$VMM_CONF/templates/web.conf" <<-EOF
	image = web
	hardware = tiny
	guest = plain
	[nic]
	network = lab
	[disk]
	pool = local
EOF
clones=()
for ((i = 1; i <= 50; i++)); do clones+=("c$i"); done

"$lab" disk-image qcow2 "$tmp/web.qcow2"
imglib add web "$tmp/web.qcow2" >/dev/null
apply() { "$lab" adm env VMM_CONF="$VMM_CONF" "$(type -P tmpl-apply)" --format tsv "$@"; }
apply --host h1 web original >/dev/null
base=$("$lab" exec h1 sh -c "ls '$LAB'/local/vmm-*.qcow2")
virsh() { "$lab" adm virsh -q -c qemu+tcp://h1/system "$@"; }

ours() { apply --host h1 web "${clones[@]}"; }
after_ours() { "$lab" adm "$(type -P vm-rm)" "${clones[@]}" >/dev/null; }

# What they would be like, with a name and a UUID of their own.
virsh dumpxml original >"$tmp/original.xml"
disk=$(sed -n "s/.*<source file='\(.*original.*\)'.*/\1/p" "$tmp/original.xml")
bare() {
	local name
	for name in "${clones[@]}"; do
		"$lab" exec h1 qemu-img create -q -f qcow2 -b "$base" -F qcow2 "$LAB/local/$name.qcow2"
		sed "s|$disk|$LAB/local/$name.qcow2|; s|<name>.*|<name>$name</name>|; /<uuid>/d; /<mac /d" \
			"$tmp/original.xml" >"$tmp/$name.xml"
		virsh define "$tmp/$name.xml"
	done
}
remove_bare() {
	local name
	for name in "${clones[@]}"; do
		virsh undefine "$name" >/dev/null
		"$lab" exec h1 rm -f "$LAB/local/$name.qcow2"
	done
}
after_bare() { remove_bare; }
virt_clone() {
	local name
	for name in "${clones[@]}"; do
		"$lab" adm virt-clone -q --connect qemu+tcp://h1/system -o original -n "$name" -f "$LAB/local/$name.qcow2"
	done
}
after_virt_clone() { remove_bare; }
race 3 ours bare
race 1 virt_clone
line '50 linked clones' "$(took ours)" 'qemu-img create, virsh define' "$(took bare)" '<= 1.5'
line '50 linked clones' "$(took ours)" 'virt-clone' "$(took virt_clone)" '<= 0.1'

# 1 GiB, of which 96 MiB are there, in pieces.
make_image() {
	rm -f "$tmp/sparse"
	truncate -s 1G "$tmp/sparse"
	for ((i = 0; i < 24; i++)); do
		dd if=/dev/urandom of="$tmp/sparse" bs=1M count=4 seek=$((i * 40)) conv=notrunc status=none
	done
	sync "$tmp/sparse"
}
transmitted() { "$lab" adm cat /proc/net/dev | awk '$1 == "br0:" { print $10 }'; }
before_fetch() {
	make_image
	imglib rm sparse >/dev/null 2>&1 || :
	imglib add sparse --disk-format raw "$tmp/sparse" >/dev/null
	sent=$(transmitted)
}
fetch() {
	printf 'name\thost\nd1\th1\nd2\th2\nd3\th3\n' | apply --set image=sparse web -
}
after_fetch() {
	sent=$(($(transmitted) - sent))
	"$lab" adm "$(type -P vm-rm)" d1 d2 d3 >/dev/null
}
before_upload() { make_image; }
upload() {
	local host
	for host in h1 h2 h3; do
		"$lab" adm virsh -q -c qemu+tcp://$host/system vol-create-as local up.raw 1G --allocation 0 --format raw
		"$lab" adm virsh -q -c qemu+tcp://$host/system vol-upload --sparse up.raw "$tmp/sparse" local
	done
}
after_upload() {
	local host
	for host in h1 h2 h3; do
		"$lab" adm virsh -q -c qemu+tcp://$host/system vol-delete up.raw local >/dev/null
	done
}
race 3 fetch upload
line 'an image to 3 hosts, and a VM' "$(took fetch)" 'virsh vol-upload --sparse, in turn' "$(took upload)" '<= 1'
note "sent $((sent >> 20)) MiB, of 3 times 96 MiB that are there (goal: <= 1.2 times that)"
