#!/bin/sh
# What systemd says of the units, and whether they call what there is
. "${0%/*}/../tap.sh"
need systemd-analyze

for unit in "$top"/share/systemd/*.service; do
	name=${unit##*/}
	program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$unit")
	sed "s|^ExecStart=|&$VMM_BUILD/bin/|" "$unit" >"$name"
	is "$(systemd-analyze verify --man=no "./$name" 2>&1)" '' "$name is as systemd takes it"
	"$program" --list-options | cut -f 1 >options
	is "$(sed -n 's/^ExecStart=//p' "$unit" | grep -oP " --\K[a-z-]+" | grep -vxFf options)" '' "$name: $program has its options"
done
done_testing
