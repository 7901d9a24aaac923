# shellcheck shell=bash disable=SC2154
# New VMs and what they leave, for tests that source this after lab.sh and kill.sh.
#
#	fit_out			templates web (addresses and MACs from pools, a seed, disks on the hosts' local pools) and
#				bare (no seed), the image "lab", the pools front and macs; after declare_hosts
#	inlab COMMAND...	in the admin namespace, with the test's definitions
#	apply ARG...		tmpl-apply there; its rows in $rows, what it says in $said, its status in $status
#	start_apply ARG...	the same in the background: the process itself is $client
#	remove, start_remove	vm-rm likewise
#	uneven			prints what is not as it should be: each VM that the inventory knows is whole, and besides
#				them and the images there is nothing
#	forget_image		no host has the image any more

rows=$tmp/rows said=$tmp/said

inlab() {
	lab adm env VMM_CONF="$VMM_CONF" TMPDIR="$tmp/scratch" "$@"
}

fit_out() {
	export VMM_STATE=$LAB/state VMM_CONF=$LAB/conf
	mkdir -p "$VMM_CONF"/{templates,hardware,guests} "$tmp/scratch"
	printf 'vcpus = 1\nmemory = 64M\ncpu = maximum\n' >"$VMM_CONF/hardware/tiny.conf"
	printf 'kind = cloud-init\nuser-data =\n    #cloud-config\n    manage_etc_hosts: true\n' >"$VMM_CONF/guests/lab.conf"
	echo 'kind = plain' >"$VMM_CONF/guests/plain.conf"
	cat >"$VMM_CONF/templates/web.conf" <<-END
		image = lab
		hardware = tiny
		guest = lab
		[nic]
		network = lab
		ip4 = front
		mac = macs
		[disk]
		pool = local
	END
	sed 's/guest = lab/guest = plain/' "$VMM_CONF/templates/web.conf" >"$VMM_CONF/templates/bare.conf"
	lab disk-image qcow2 "$tmp/lab.qcow2" >/dev/null
	imglib add lab "$tmp/lab.qcow2" >/dev/null
	ippool create front --range 10.77.210.1-10.77.210.60 --prefix 16 >/dev/null
	ippool create macs --range 52:54:00:10:00:01-52:54:00:10:00:3c >/dev/null
	tmpl-check >"$out" 2>&1 || diag "$(cat "$out")"
}

apply() {
	inlab tmpl-apply --format tsv "$@" >"$rows" 2>"$said" </dev/null
	status=$?
}

remove() {
	inlab vm-rm --format tsv "$@" >"$rows" 2>"$said" </dev/null
	status=$?
}

# lab replaces itself by the command.
start_inlab() {
	"$top/tests/lab/lab" adm env VMM_CONF="$VMM_CONF" TMPDIR="$tmp/scratch" "$@" >"$rows" 2>"$said" </dev/null &
	client=$!
}

start_apply() { start_inlab tmpl-apply --format tsv "$@"; }
start_remove() { start_inlab vm-rm --format tsv "$@"; }

forget_image() {
	for host in $(lab_hosts); do
		lab exec "$host" find "$LAB/local" -name 'vmm-*' -delete
		on "$host" pool-refresh local >/dev/null
	done
}

# Volumes of the local pool and of the shared one, as HOST/NAME; those of images only where they have no mark.
volumes() {
	for host in $(lab_hosts); do
		lab exec "$host" find "$LAB/local" -type f -printf "$host/%f\n"
	done | sort >"$tmp/.volumes"
	find "$LAB/shared/pool" -type f -printf 'shared/%f\n' >>"$tmp/.volumes"
	awk '
		{ there[$0] = 1 }
		END {
			for (v in there) {
				image = v
				sub(/\.ok$/, "", image)
				if (v !~ /\/vmm-[0-9a-f]*\.(qcow2|raw)(\.ok)?$/ || !((image ".ok") in there) || !(image in there))
					print v
			}
		}' "$tmp/.volumes" | sort
}

defined() {
	for host in $(lab_hosts); do
		on "$host" list --all --name | grep . | sed "s|^|$host/|"
	done | sort
}

known() { inlab vm-list -n -o "$1" | sort; }

# WHAT WANT GOT
differs() {
	test "$2" = "$3" || printf '%s: %s\n' "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | grep '^[<>]' | paste -sd ' ')"
}

# The volumes of web's VMs, from rows "host name uuid".
expected_volumes() {
	inlab vm-list -n -o host,name,uuid | while read -r host name uuid; do
		printf "$host/%s\n" "$name-${uuid%%-*}-disk0.qcow2" "$name-${uuid%%-*}-seed.iso"
	done | sort
}

uneven() {
	inlab host-scan -n >/dev/null 2>&1
	differs 'to mend' '' "$(fsck -n 2>&1)"
	differs scratch '' "$(ls "$tmp/scratch")"
	differs definitions "$(inlab vm-list -n -o host,name | tr '\t' / | sort)" "$(defined)"
	differs volumes "$(expected_volumes)" "$(volumes)"
	differs leases "$(known uuid)" "$(ippool show -n -o holder front | sort)"
	differs MACs "$(known uuid)" "$(ippool show -n -o holder macs | sort)"
}
