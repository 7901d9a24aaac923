#!/bin/sh
# The completions offer exactly the options that --help shows, and the shells can read them; values and
# operands as they should; and no name of a VM does anything.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"
. "$top/tests/helpers/typed.sh"
need bash

in_help() {
	"$1" --help | sed -nE 's/^  (-., |    )?--([a-z0-9-]+).*/--\2/p' | sort
}

in_bash() {
	bash -c '. "$1"; COMP_WORDS=("$2" --) COMP_CWORD=1; "_vmm_${2//-/_}"
		printf "%s\n" "${COMPREPLY[@]}"' - "$VMM_BUILD/completions/bash/$1" "$1" | sort
}

for source in "$top"/cmd/*.c; do
	name=$(basename "$source" .c)
	want=$(in_help "$name")
	is "$(in_bash "$name")" "$want" "bash: $name"
	is "$(grep -oE -e "--[a-z0-9-]+(=?[}[])" "$VMM_BUILD/completions/zsh/_$name" | tr -d '=[}' | sort)" \
		"$want" "zsh: $name"
	is "$(sed -nE 's/^complete .* -l ([^ ]+) .*/--\1/p' "$VMM_BUILD/completions/fish/$name.fish" | sort)" \
		"$want" "fish: $name"
done

for shell in zsh fish; do
	if command -v $shell >/dev/null; then
		for file in "$VMM_BUILD/completions/$shell"/*; do
			ok "$shell reads ${file##*/}" $shell -n "$file"
		done
	else
		skip 1 "no $shell"
	fi
done

# What is offered
fixture
name() { # NUMBER NAME: a VM that has it
	printf '%s\th1\t%s\tnormal\tnormal\t\t1\t67108864\t\t2026-01-01T00:00:00Z\tyes\tyes\t0\n' "$(vm_uuid "$1")" "$2"
}
{
	name 6 '$(touch${IFS}run)'
	name 7 'my; touch run'
	name 8 '--all'
	name 9 '`touch run`'
} >>"$VMM_STATE/vms.tsv"
: >keys.conf
ok 'the state is sound' vmm-fsck --offline

# line TYPED BECAME: pressing Tab at the end of it; both without the blank that may follow.
lines() {
	line 'vm-migrate --to o' 'vm-migrate --to old'
	line 'vm-migrate -t o' 'vm-migrate -t old'
	line 'vm-migrate --on-stall=po' 'vm-migrate --on-stall=post-copy'
	line 'vm-migrate --on-stall key' 'vm-migrate --on-stall key'
	line 'vm-migrate --progress j' 'vm-migrate --progress json'
	line 'vm-migrate lo' 'vm-migrate lost'
	line 'vm-migrate --bandwidth key' 'vm-migrate --bandwidth key'
	line 'host-list --format cs' 'host-list --format csv'
	line 'vm-list -o name,uui' 'vm-list -o name,uuid'
	line 'vm-list -o +uui' 'vm-list -o +uuid'
	line 'vm-migrate -o rea' 'vm-migrate -o reason'
	line 'vm-list --host h1,o' 'vm-list --host h1,old'
	line 'vm-list -g d' 'vm-list -g db'
	line 'vm-list -s stop,war' 'vm-list -s stop,warning'
	line 'vm-power shut' 'vm-power shutdown'
	line 'vm-power lo' 'vm-power lo'
	line 'vm-power off lo' 'vm-power off lost'
	line 'vm-power --dry-run off web1 lo' 'vm-power --dry-run off web1 lost'
	line 'host-set --maint y' 'host-set --maint yes'
	line 'host-add --auth-file key' 'host-add --auth-file keys.conf'
	line 'vm-show \$' 'vm-show \$\(touch\$\{IFS\}run\)'
	line 'vm-show my' 'vm-show my\;\ touch\ run'
	line 'vm-show ' 'vm-show'
}

line() {
	set -- "$1" "$2" "$(printf '\t')"
	printf '%s\n' "$1$3" >>lines.typed
	printf '%s\n' "$2" >>lines.want
}
lines

for shell in bash zsh; do
	command -v $shell >/dev/null && command -v script >/dev/null || { skip 2 "no $shell, or no script"; continue; }
	# zsh leaves a comma there until something else is typed.
	typed $shell <lines.typed | sed 's/[ ,]*$//' >got
	is "$(cat got)" "$(cat lines.want)" "$shell: values and operands"
	ok "$shell: no name was run" test ! -e run
done

# fish tells what it would offer.
in_fish() {
	fish -c 'set -p fish_complete_path $argv[1]; complete -C $argv[2]' \
		"$VMM_BUILD/completions/fish" "$1" | cut -f 1 | paste -sd ' '
}
if command -v fish >/dev/null; then
	is "$(in_fish 'vm-migrate --to o')" 'old' 'fish: hosts'
	is "$(in_fish 'vm-migrate --on-stall=p')" '--on-stall=post-copy' 'fish: words'
	is "$(in_fish 'vm-migrate --bandwidth key')" '' 'fish: nothing'
	is "$(in_fish 'vm-list -o name,uui')" 'name,uuid' 'fish: a list'
	is "$(in_fish 'vm-list --columns=+uui')" '--columns=+uuid' 'fish: columns to be added'
	is "$(in_fish 'vm-list --host h1,o')" 'h1,old' 'fish: hosts in a list'
	is "$(in_fish 'vm-list -g ')" 'db web' 'fish: groups'
	is "$(in_fish 'vm-power shut')" 'shutdown' 'fish: an operation'
	is "$(in_fish 'vm-power off lo')" 'lost' 'fish: and a VM'
	is "$(in_fish 'host-add --auth-file key')" 'keys.conf' 'fish: a file'
	is "$(in_fish 'vm-show m')" 'my; touch run' 'fish: a name'
	is "$(in_fish 'vm-show ' | grep -c touch)" 1 'fish: and odd ones'
	ok 'fish: no name was run' test ! -e run
else
	skip 13 'no fish'
fi
done_testing
