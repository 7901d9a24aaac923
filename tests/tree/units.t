#!/bin/sh
# What systemd says of the units, and whether they call what there is
. "${0%/*}/../tap.sh"
need systemd-analyze

# The commands of a unit, a line each, those in a shell's line too.
commands() {
	sed -n "s/^ExecStart=-\?//p" "$1" | sed "s/^sh -c '\(.*\)'$/\1/; s/ && /\n/g"
}
cp "$top"/share/systemd/* .
# Where they look for programs is written into systemd, and ours are elsewhere.
sed -i "s|^ExecStart=-\?|&$VMM_BUILD/bin/|; s|$VMM_BUILD/bin/sh -c|/bin/sh -c|" ./*.service
for unit in *.service *.timer; do
	is "$(systemd-analyze verify --man=no "./$unit" 2>&1)" '' "$unit is as systemd takes it"
	commands "$top/share/systemd/$unit" >called
	while read -r program arguments; do
		"$program" --list-options | cut -f 1 >options
		is "$(echo " $arguments" | grep -oP " --\K[a-z-]+" | grep -vxFf options)" '' "$unit: $program has its options"
	done <called
done
done_testing
