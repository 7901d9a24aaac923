# shellcheck shell=sh disable=SC2154
# A recorded state, and hosts that need no daemon: for tests that source this after tap.sh.
#
#	fixture		writes $VMM_STATE: hosts h1 h2 (group web), h3 (db) and old, which is silent; VMs
#			web1 web2 on h1, a VM called like one of h1 on h2, db1 on h3, lost on old. The hosts'
#			URIs are of libvirt's test driver: h1 has web1 and web2, both running, the others
#			what their VMs here say; old's file is missing.
#	node HOST [NUMBER NAME RUNSTATE]...	writes what that host has: 1 running, 3 paused, 5 off
#	vm_uuid NUMBER	the UUID of a VM
#	cells WORD...	a row of them; "-" is an empty cell
#	hangs HOST	from now on nobody answers there, but somebody is listening: `kill "$listener"` ends that
#	recorded	the tables as they are, to compare with later
#	one_line COMMAND NAME	a test point: there is one line in $err, from the command, and nothing in $out

cells() {
	printf '%s\n' "$*" | sed 's/ /\t/g; :again; s/\t-\(\t\|$\)/\t\1/; t again'
}

vm_uuid() {
	echo "00000000-0000-4000-8000-00000000000$1"
}

node() {
	node_file=$tmp/$1.xml
	shift
	{
		echo '<node>'
		while test $# -gt 0; do
			cat <<-XML
				<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
				<name>$2</name><uuid>$(vm_uuid "$1")</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu>
				<os><type>hvm</type></os><test:runstate>$3</test:runstate></domain>
			XML
			shift 3
		done
		echo '</node>'
	} >"$node_file"
}

fixture() {
	mkdir -m 700 "$VMM_STATE"
	node h1 1 web1 1 2 web2 1
	node h2 3 web1 5
	node h3 4 db1 3
	{
		cells name uri group migrate_uri peer_uri auth_file labels maint state hypervisor caps mem_total mem_used vms running seen error
		cells "h1 test://$tmp/h1.xml web - - - disk=ssd,rack=1 - normal test - 68719476736 1073741824 2 2 2026-01-01T00:00:00Z -"
		cells "h2 test://$tmp/h2.xml web - - - - yes normal test - 68719476736 - 1 0 2026-01-01T00:00:00Z -"
		cells "h3 test://$tmp/h3.xml db - - - - - normal test - - - 1 1 2026-01-01T00:00:00Z -"
		cells "old test://$tmp/old.xml - - - - - - unknown test - - - 1 1 2025-01-01T00:00:00Z silent"
	} >"$VMM_STATE/hosts.tsv"
	{
		cells uuid host name state last also vcpus mem guest seen autostart persistent snapshots
		cells "$(vm_uuid 1) h1 web1 normal normal - 1 67108864 shop 2026-01-01T00:00:00Z yes yes 0"
		cells "$(vm_uuid 2) h1 web2 normal normal h2 1 67108864 - 2026-01-01T00:00:00Z no yes 0"
		cells "$(vm_uuid 3) h2 web1 stop stop - 1 67108864 - 2026-01-01T00:00:00Z no yes 0"
		cells "$(vm_uuid 4) h3 db1 paused paused - 2 1610612736 - 2026-01-01T00:00:00Z no yes 2"
		cells "$(vm_uuid 5) old lost unknown normal - 1 67108864 - 2025-01-01T00:00:00Z no no -"
	} >"$VMM_STATE/vms.tsv"
}

listener=
hangs() {
	if test -z "$listener"; then
		perl -MIO::Socket::INET -e '$| = 1; my $s = IO::Socket::INET->new(Listen => 64, LocalAddr => "127.0.0.1"); print $s->sockport, "\n"; sleep 60' >port &
		listener=$!
		for _ in $(seq 50); do test -s port || sleep 0.1; done
	fi
	sed -i "s|test://$tmp/$1.xml|qemu+tcp://127.0.0.1:$(cat port)/system|" "$VMM_STATE/hosts.tsv"
}

recorded() {
	cat "$VMM_STATE"/*.tsv
}

one_line() {
	if test "$(wc -l <"$err")" -eq 1 && grep -q "^$1: " "$err" && test ! -s "$out"; then
		pass "$2"
	else
		fail "$2"
		diag "$(cat "$err" "$out")"
	fi
}
