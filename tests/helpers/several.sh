# shellcheck shell=sh disable=SC2154
# A command that is several, and those that list what its operands name, for tests that source this after tap.sh.
#
#	several		puts them into $tmp/bin, and that first into PATH: vmm-frob add, vmm-frob move-to, vmm-frob allot;
#			imglib list, ippool list, vmnet list, tmpl-list, whose names want to be run

several() {
	mkdir "$tmp/bin"
	PATH=$tmp/bin:$PATH
	{
		echo '#!/bin/sh'
		echo 'case "$*" in'
		several_command '' '' "help${tab}h$tab${tab}print this$tab"
		several_command add 'NAME[:VERSION] FILE|-' "size${tab}s${tab}SIZE${tab}how big$tab" \
			"like$tab${tab}IMAGE${tab}as this$tab"
		several_command move-to 'on|off VM...' "to${tab}t${tab}HOST${tab}there$tab" "size$tab${tab}small|big${tab}how$tab"
		several_command allot '[POOL [NETWORK [TEMPLATE...]]]' "pool$tab${tab}POOL,...${tab}from$tab"
		several_says --list-commands "command${tab}help" "add${tab}add one: it's new" \
			"move-to${tab}move [some]" "allot${tab}\$(touch run) \`touch run\`"
		echo '*) exit 2 ;;'
		echo 'esac'
	} >"$tmp/bin/vmm-frob"
	several_names imglib 'list -n -o name' image image 'i;touch run'
	several_names ippool 'list -n -o pool' pool 'p$(touch run)'
	several_names vmnet 'list -n -o network' net '--new'
	several_names tmpl-list '-n -o name' template 't`touch run`'
	chmod +x "$tmp/bin"/*
}

tab=$(printf '\t')

# several_says ARGUMENTS LINE...: a case of a script
several_says() {
	echo "'$1') cat <<'SAID' ;;"
	shift
	printf '%s\n' "$@" SAID
}

# several_command VERB OPERANDS OPTION...
several_command() {
	several_verb=$1 several_operands=$2
	shift 2
	several_says "${several_verb:+$several_verb }--list-options" "long${tab}short${tab}arg${tab}help${tab}values" "$@"
	several_says "${several_verb:+$several_verb }--help" \
		"usage: vmm-frob ${several_verb:-add} [options] $several_operands" \
		"$(printf '%s\n' "$@" | sed "s/^/  --/; s/$tab/ /g")"
}

several_names() {
	several_file=$tmp/bin/$1
	shift
	{
		echo '#!/bin/sh'
		echo 'case "$*" in'
		several_says "$@"
		echo 'esac'
	} >"$several_file"
}
