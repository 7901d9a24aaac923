# shellcheck shell=sh disable=SC2034,SC2154
# host-deploy without machines, for tests that source this after tap.sh: the boot server and the agent are
# played by agent-helper.c.
#
#	played_lab RAW RANGE [OPTION...]	the boot folder, that file as image `disk`, the pool `front` (ippool create)
#	played_served	a boot server has the folder: a lock on it, which goes with the test; played_lab does that
#	played_profile LINE [DEADLINE...]	the profile `lab` of that image, with one line more at its top
#	agent NAME WHAT...	the agent of a machine, in the background as $agent
#	machine NAME COLUMN	what the table of machines has of it
#
# $key is a public key, $well an agent's way until the disk is written, $u1 to $u3 are UUIDs.

. "$top/tests/helpers/images.sh"
VMM_BOOT=$tmp/boot
export VMM_BOOT
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA test'
well='2:begin 2:done 3:begin 3:done 4:begin 4:done 5:begin 5:done 6:begin progress:4096:8192 6:done 7:begin 7:done 8:begin'
u1=00000000-0000-4000-8000-000000000001 u2=00000000-0000-4000-8000-000000000002
u3=00000000-0000-4000-8000-000000000003

need flock

played_served() {
	mkdir -p "$VMM_BOOT/run"
	exec 9<"$VMM_BOOT/run"
	flock 9
}

played_lab() {
	mkdir -p "$VMM_CONF/machines" "$VMM_BOOT/agent"
	played_served
	touch "$VMM_BOOT/agent/vmlinuz" "$VMM_BOOT/agent/initrd"
	imglib add disk "$1" >/dev/null
	played_range=$2
	shift 2
	ippool create front --range "$played_range" --prefix 24 "$@" >/dev/null
}

played_profile() {
	{
		printf '%s\n' 'image = disk' "$1" '[disk]' 'size = 1M-' '[nic]' 'match = 1' 'ip4 = front' '[deadlines]'
		shift
		test $# -eq 0 || printf '%s\n' "$@"
	} >"$VMM_CONF/machines/lab.conf"
}

agent() {
	agent-helper "$VMM_BOOT" "$@" 2>agent.err &
	agent=$!
}

machine() {
	awk -F '\t' -v name="$1" -v want="$2" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
		$c["name"] == name { print $c[want] }' "$VMM_STATE/machines.tsv"
}
