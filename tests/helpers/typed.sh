# shellcheck shell=sh disable=SC2154
# What a person gets who presses Tab, in real shells: for tests that source this after tap.sh.
#
#	typed SHELL	types each line of stdin, with Tabs in it, and shows what became of them, a line each.
#			SHELL: bash or zsh, with all of $completions. ^T keeps a line, ^U wipes it.

typed() {
	rm -f "$tmp/ready"
	: >"$tmp/typed"
	"rc_$1"
	{
		typed_wait test -e "$tmp/ready"
		typed_n=0
		while IFS= read -r typed_line; do
			printf '%s\024\025' "$typed_line"
			typed_n=$((typed_n + 1))
			typed_wait typed_lines $typed_n
		done
		printf 'exit\r'
	} | HOME=$tmp script -qec "$typed_command" "$tmp/typescript" >/dev/null 2>&1
	cat "$tmp/typed"
}

typed_lines() {
	test "$(wc -l <"$tmp/typed")" -ge "$1"
}

typed_wait() {
	typed_tries=0
	until "$@"; do
		typed_tries=$((typed_tries + 1))
		test $typed_tries -lt 200 || return 1
		sleep 0.05
	done
}

rc_bash() {
	typed_command="bash --noprofile --rcfile $tmp/.rc -i"
	cat >"$tmp/.rc" <<-EOT
		for f in "$completions"/bash/*; do . "\$f"; done
		bind 'set bell-style none'
		bind 'set completion-query-items 0'
		bind 'set page-completions off'
		bind -x '"\C-t": printf "%s\n" "\$READLINE_LINE" >>$tmp/typed'
		PROMPT_COMMAND=': >$tmp/ready'
	EOT
}

rc_zsh() {
	typed_command='zsh -d -i'
	cat >"$tmp/.zshrc" <<-EOT
		fpath=("$completions/zsh" \$fpath)
		autoload -Uz compinit && compinit -u -D
		LISTMAX=100000
		keep() { print -r -- "\$BUFFER" >>$tmp/typed }
		zle -N keep
		bindkey '^T' keep
		bindkey '^I' complete-word
		zle-line-init() { : >$tmp/ready }
		zle -N zle-line-init
	EOT
}
