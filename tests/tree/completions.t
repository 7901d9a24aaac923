#!/bin/sh
# The completions offer exactly the options that --help shows, and the shells can read them; values and
# operands as they should; and no name of a VM does anything.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/commands.sh"
. "$top/tests/helpers/fixture.sh"
. "$top/tests/helpers/several.sh"
. "$top/tests/helpers/typed.sh"
need bash
completions=$VMM_BUILD/completions

in_help() {
	"$@" --help | sed -nE 's/^  (-., |    )?--([a-z0-9-]+).*/--\2/p' | sort
}

in_bash() {
	bash -c '. "$1"; shift; COMP_WORDS=("$@" --) COMP_CWORD=$#; "_vmm_${1//-/_}"
		printf "%s\n" "${COMPREPLY[@]}"' - "$completions/bash/$1" "$@" | sort
}

# The part of the file that is for it
in_zsh() {
	if test $# -gt 1; then
		sed -n "/^_vmm_$1_$2() {/,/^}/p" "$completions/zsh/_$1"
	else
		sed '/^_vmm_.*() {/,/^}/d' "$completions/zsh/_$1"
	fi | grep -oE -e "--[a-z0-9-]+(=?[}[])" | tr -d '=[}' | sort
}

in_fish() {
	when=
	if grep -q "'__vmm_verb'" "$completions/fish/$1.fish"; then when=" -n '__vmm_verb${2:+ $2}'"; fi
	sed -n "s/^complete -c $1$when -l \([^ ]*\) .*/--\1/p" "$completions/fish/$1.fish" | sort
}

# same NAME [VERB]
same() {
	want=$(in_help "$@")
	is "$(in_bash "$@")" "$want" "bash: $*"
	is "$(in_zsh "$@")" "$want" "zsh: $*"
	is "$(in_fish "$@")" "$want" "fish: $*"
}

# same_all NAME: and each of several
same_all() {
	same "$1"
	each "$1" >each
	while read -r _ verb; do
		test -z "$verb" || same "$1" "$verb"
	done <each
}

for source in "$top"/cmd/*.c; do
	same_all "$(basename "$source" .c)"
done

several
completions=$tmp/completions
cp -r "$VMM_BUILD/completions" "$completions"
"$top/completions/generate" bin/vmm-frob "$completions"
same_all vmm-frob
is "$(grep -c . each)" 3 'each of several'

for shell in zsh fish; do
	if command -v $shell >/dev/null; then
		for file in "$completions/$shell"/*; do
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
mkdir -p "$VMM_CONF/machines"
: >"$VMM_CONF/machines/hypervisor.conf"
: >"$VMM_CONF/machines/_hyper-part.conf"
mkdir -p "$VMM_CONF/groups"
printf '[model m]\n[logical l]\nmodel = m\n' >"$VMM_CONF/groups/web.conf"
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
	line 'host-power of' 'host-power off'
	line 'host-power off o' 'host-power off old'
	line 'host-power boot-device px' 'host-power boot-device pxe'
	line 'host-power boot-device pxe lo' 'host-power boot-device pxe lo'
	line 'host-power on --bmc-auth key' 'host-power on --bmc-auth keys.conf'
	line 'host-deploy hyp' 'host-deploy hypervisor'
	line 'host-prepare --profile hyp' 'host-prepare --profile hypervisor'
	line 'group-show d' 'group-show db'
	line 'group-assign we' 'group-assign web/l'
	line 'group-assign web/l o' 'group-assign web/l old'
	line 'vm-show \$' 'vm-show \$\(touch\$\{IFS\}run\)'
	line 'vm-show my' 'vm-show my\;\ touch\ run'
	line 'vm-show ' 'vm-show'
	line 'vmm-frob a' 'vmm-frob a'
	line 'vmm-frob mo' 'vmm-frob move-to'
	line 'vmm-frob --he' 'vmm-frob --help'
	line 'vmm-frob add --si' 'vmm-frob add --size'
	line 'vmm-frob add --like im' 'vmm-frob add --like image'
	line 'vmm-frob move-to -t o' 'vmm-frob move-to -t old'
	line 'vmm-frob move-to --size=b' 'vmm-frob move-to --size=big'
	line 'vmm-frob move-to of' 'vmm-frob move-to off'
	line 'vmm-frob move-to --to h1 of' 'vmm-frob move-to --to h1 off'
	line 'vmm-frob move-to --to=h1 off lo' 'vmm-frob move-to --to=h1 off lost'
	line 'vmm-frob move-to off web1 lo' 'vmm-frob move-to off web1 lost'
	line 'vmm-frob add im' 'vmm-frob add image'
	line 'vmm-frob add i\;' 'vmm-frob add i\;touch\ run'
	line 'vmm-frob add image:2 key' 'vmm-frob add image:2 keys.conf'
	line 'vmm-frob allot po' 'vmm-frob allot pool'
	line 'vmm-frob allot p\$' 'vmm-frob allot p\$\(touch\ run\)'
	line 'vmm-frob allot --pool x,po' 'vmm-frob allot --pool x,pool'
	line 'vmm-frob allot pool n' 'vmm-frob allot pool net'
	line 'vmm-frob allot pool net te' 'vmm-frob allot pool net template'
	line 'vmm-frob allot pool net x te' 'vmm-frob allot pool net x template'
}

line() {
	set -- "$1" "$2" "$(printf '\t')"
	printf '%s\n' "$1$3" >>lines.typed
	printf '%s\n' "$2" >>lines.want
}
lines

for shell in bash zsh; do
	command -v $shell >/dev/null && command -v script >/dev/null || { skip 2 "no $shell, or no script"; continue; }
	# zsh leaves a comma or "=" there until something else is typed.
	typed $shell <lines.typed | sed 's/[ ,=]*$//' >got
	is "$(cat got)" "$(cat lines.want)" "$shell: values and operands"
	test $shell = bash || like "$(cat typescript)" "add one: it's new" "$shell: what the verbs do"
	ok "$shell: no name was run" test ! -e run
done

# fish tells what it would offer.
fish_offers() { # LINE [2]: 2 for what it says of each
	fish -c 'set -p fish_complete_path $argv[1]; complete -C $argv[2]' \
		"$completions/fish" "$1" | cut -f "${2-1}" | paste -sd ' '
}
if command -v fish >/dev/null; then
	is "$(fish_offers 'vm-migrate --to o')" 'old' 'fish: hosts'
	is "$(fish_offers 'vm-migrate --on-stall=p')" '--on-stall=post-copy' 'fish: words'
	is "$(fish_offers 'vm-migrate --bandwidth key')" '' 'fish: nothing'
	is "$(fish_offers 'vm-list -o name,uui')" 'name,uuid' 'fish: a list'
	is "$(fish_offers 'vm-list --columns=+uui')" '--columns=+uuid' 'fish: columns to be added'
	is "$(fish_offers 'vm-list --host h1,o')" 'h1,old' 'fish: hosts in a list'
	is "$(fish_offers 'vm-list -g ')" 'db web' 'fish: groups'
	is "$(fish_offers 'vm-power shut')" 'shutdown' 'fish: an operation'
	is "$(fish_offers 'vm-power off lo')" 'lost' 'fish: and a VM'
	is "$(fish_offers 'host-add --auth-file key')" 'keys.conf' 'fish: a file'
	is "$(fish_offers 'host-deploy ')" 'hypervisor' 'fish: a machine profile'
	is "$(fish_offers 'vm-show m')" 'my; touch run' 'fish: a name'
	is "$(fish_offers 'vm-show ' | grep -c touch)" 1 'fish: and odd ones'
	is "$(fish_offers 'vmm-frob ')" 'add allot move-to' 'fish: verbs'
	is "$(fish_offers 'vmm-frob ' 2)" "add one: it's new \$(touch run) \`touch run\` move [some]" 'fish: and what they do'
	is "$(fish_offers 'vmm-frob --')" '--help' 'fish: options without a verb'
	is "$(fish_offers 'vmm-frob add --')" '--like --size' 'fish: those of a verb'
	is "$(fish_offers 'vmm-frob move-to --size=b')" '--size=big' 'fish: a value'
	is "$(fish_offers 'vmm-frob move-to --to h1 o')" 'off on' 'fish: an operation after an option'
	is "$(fish_offers 'vmm-frob move-to --to=h1 off lo')" 'lost' 'fish: and its VM'
	is "$(fish_offers 'vmm-frob add i')" 'i;touch run image' 'fish: images'
	is "$(fish_offers 'vmm-frob add image:2 key')" 'keys.conf' 'fish: a file after an image'
	is "$(fish_offers 'vmm-frob allot p')" 'p$(touch run) pool' 'fish: pools'
	is "$(fish_offers 'vmm-frob allot --pool=x,po')" '--pool=x,pool' 'fish: in a list'
	is "$(fish_offers 'vmm-frob allot pool ')" 'net' 'fish: networks'
	is "$(fish_offers 'vmm-frob allot pool net x ')" 'template t`touch run`' 'fish: templates'
	ok 'fish: no name was run' test ! -e run
else
	skip 27 'no fish'
fi
done_testing
