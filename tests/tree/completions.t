#!/bin/sh
# The completions offer exactly the options that --help shows, and the shells can read them.
. "${0%/*}/../tap.sh"
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
	is "$(sed -nE 's/.* -l ([^ ]+) .*/--\1/p' "$VMM_BUILD/completions/fish/$name.fish" | sort)" \
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
done_testing
