# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# An image of 4 GiB with 300 MiB in use onto the disk of an emulated server, by the agent, against zstd and dd
# in the agent's place on the same server, against the disk itself, and onto four servers at once.

lab_up || return 0
export VMM_CONF=$LAB/conf VMM_BOOT=$LAB/boot
"$lab" machine m{1..4}:disk=5G:smp=2 >/dev/null
mkdir -p "$VMM_CONF/machines" "$tmp/www"
install -d -o nobody -m 750 "$VMM_BOOT"
"$lab" metal-image mini raw "$tmp/image" && truncate -s 4G "$tmp/image"
imglib add image "$tmp/image" >/dev/null
agent-build --package linux-image-cloud-amd64 >/dev/null
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"

# Zstd is not in the agent; it and the image come by HTTP.
zstd -q -1 -o "$tmp/www/image.zst" "$tmp/image"
zstd=$(type -P zstd)
mkdir "$tmp/www/z"
cp "$zstd" "$tmp/www/z/zstd"
ldd "$zstd" | grep -o '/[^ ]*' | xargs -I{} cp -L {} "$tmp/www/z/"
tar -C "$tmp/www" -cf "$tmp/www/z.tar" z
cat >"$tmp/rival" <<-'EOF'
	set -e
	www=http://10.77.0.254:8090
	now() { cut -d ' ' -f 1 /proc/uptime; }
	since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }
	cd /run
	wget -q -O - $www/z.tar | tar -x
	start=$(now)
	dd if=/dev/zero of=/dev/vda bs=4M count=96 conv=fsync 2>/dev/null
	echo "bench raw $(since $start)"
	start=$(now)
	wget -q -O - $www/image.zst | z/ld-linux-x86-64.so.2 --library-path z z/zstd -dc | dd of=/dev/vda bs=1M iflag=fullblock conv=fsync 2>/dev/null
	echo "bench rival $(since $start)"
EOF
imglib add -k script rival "$tmp/rival" >/dev/null
for name in plain rival; do
	printf '%s\n' 'image = image' "ssh-keys-file = $tmp/key.pub" '[disk]' 'size = 5G-' >"$VMM_CONF/machines/$name.conf"
done
printf '%s\n' '[script rival]' 'file = rival' 'when = partition' >>"$VMM_CONF/machines/rival.conf"

"$lab" adm ip addr replace fd77::fe/64 dev br0 nodad
"$lab" adm busybox httpd -p 10.77.0.254:8090 -h "$tmp/www"
"$lab" adm "$(type -P boot-serve)" -i br0 -u nobody --range 10.77.240.1-10.77.240.250 --ipxe /usr/lib/ipxe 2>"$tmp/serve.log" &
disown
for ((i = 0; i < 100; i++)); do ! grep -qs event=start "$tmp/serve.log" || break; sleep 0.1; done

# deploy PROFILE MACHINE...
deploy() {
	local profile=$1 wipe=() machine
	shift
	for machine; do wipe+=(--wipe "$machine"); done
	"$lab" machine-list | awk -F '\t' -v names=" $* " 'NR == 1 || index(names, " " $1 " ")' | cut -f 1-6 |
		"$lab" adm "$(type -P host-deploy)" --until image "${wipe[@]}" "$profile" - >"$tmp/deployed" ||
		{ cat "$tmp/deployed" >&2; exit 1; }
}
# The agent's own time: cleaned, written and verified.
image_ms() { sed -n 's/^6 image: .* bytes in \([0-9.]*\) s$/\1/p' "$LAB/state/deploy/$1.txt" | tail -n 3 | awk '{ s += $1 } END { print s * 1000 }'; }
bench_ms() { awk -v w="$2" '$1 == "bench" && $2 == w { t = $3 } END { print t * 1000 }' "$LAB/state/deploy/$1.txt"; }
written() { sed -n 's/^6 image: written: \([0-9]*\) bytes in .*/\1/p' "$LAB/state/deploy/$1.txt" | tail -n 1; }

deploy rival m1
ours=$(image_ms m1)
line 'sparse image onto a disk' "$ours" 'wget | zstd -dc | dd' "$(bench_ms m1 rival)" '<= 0.2'
# What the disk takes in that time, as a part of what we write.
raw=$(awk -v t="$(bench_ms m1 raw)" -v n="$(written m1)" 'BEGIN { print t * n / (96 * 4 * 1048576) }')
line 'the same' "$ours" 'dd of so many zeros' "$raw" '<= 1.25'
note "$(written m1) bytes written of 4294967296"
start=${EPOCHREALTIME/./}
deploy plain m1
one=$(((${EPOCHREALTIME/./} - start) / 1000))
start=${EPOCHREALTIME/./}
deploy plain m1 m2 m3 m4
line 'four servers, from power-off' "$(((${EPOCHREALTIME/./} - start) / 1000))" 'one server, four times' $((4 * one)) '-'
