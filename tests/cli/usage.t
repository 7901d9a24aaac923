#!/bin/sh
# What all commands have in common: wrong options and operands, columns, formats, a state that is
# missing, wrong or not to be had, an output that can't be written, streams that are closed.
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/commands.sh"
. "$top/tests/helpers/fixture.sh"
need jq
fixture
recorded >before

# ---- wrong usage: one line, status 2, nothing done ----

bad=0
wrong() {
	status=0
	"$@" >"$out" 2>"$err" </dev/null || status=$?
	if test $status -ne 2 || test "$(wc -l <"$err")" -ne 1 || test -s "$out" || ! grep -q "^$1: " "$err"; then
		bad=$((bad + 1))
		diag "$*: status $status, $(cat "$err" "$out")"
	fi
}
for source in "$top"/cmd/*.c; do
	each "$(basename "$source" .c)"
done >all
while read -r name; do
	# shellcheck disable=SC2086	# a command and its verb
	$name --help | grep -q '^  *-o,' && echo "$name"
done <all >with-rows
ok 'most commands print rows' test "$(wc -l <with-rows)" -ge 20

# operands COMMAND: such as would do
operands() {
	case $1 in
	host-add) echo "h9 test:///default" ;;
	host-rm | host-set | host-show) echo h1 ;;
	vm-migrate) echo '--to h2 web2' ;;
	vm-power) echo 'suspend web2' ;;
	vm-show | vm-rm | 'vmnet trace') echo web2 ;;
	tmpl-apply) echo 'web web9' ;;
	tmpl-capture) echo 'web2 base' ;;
	*' check' | *' gc' | *' list' | tmpl-* | host-list | host-scan | vm-list | vm-tree | vmm-*) ;;
	*' '*) echo some thing ;;
	esac
}
while read -r name; do
	for option in --nope -Z -oname= '-o nope' '-o +nope' '-o name,nope' '-o=' --columns --format --format=xml \
		'--json --format tsv' --no-header=1 --json=x -nZ; do
		case "$name $option" in 'vmm-rows '*-o* | 'vmm-rows '*format*) continue ;; esac # its input tells
		# shellcheck disable=SC2046,SC2086
		wrong $name $option $(operands "$name")
	done
done <with-rows
for name in host-add host-rm host-set host-show vm-migrate vm-power vm-show; do
	wrong $name
done
for name in vm-list vm-tree vmm-fsck vmm-rows; do
	wrong $name operand
done
wrong host-add h9
wrong host-add h9 test:///default more
wrong host-show h1 h2
wrong vm-show web2 web1
wrong vm-power on
wrong vm-power explode web2
wrong vm-power off --force web2
wrong vm-migrate web2
wrong vm-migrate --to h2 --live --cold web2
wrong vm-migrate --to h2 --on-stall panic web2
wrong vm-migrate --candidates --to h2 web2
wrong vm-migrate --candidates web2 web1
for value in '' 0 -1 1x x 1e3 99999999999999999999 ' 1'; do
	wrong host-scan "--jobs=$value"
	wrong vm-power "--per-host=$value" off web2
	wrong vm-list "--timeout=$value"
	wrong vm-migrate "--bandwidth=${value%1}x" --to h2 web2
done
for option in --parallel=0 --parallel=256 --max-downtime=x --progress=loud; do
	wrong vm-migrate $option --to h2 web2
done
wrong vm-power -0 off web2
wrong vm-list --state nope
wrong vm-list --host 'h[1-'
wrong vm-tree --host 'h[3-1]'
wrong host-set h1 --maint maybe
wrong host-set h1 --auth-file relative
wrong host-set h1 --label novalue
wrong host-set h1 --unlabel ' '
wrong host-set h1 h2 --uri test:///default
wrong host-set h1
wrong host-list 'h[1-2'
wrong host-list @
is "$bad bad" '0 bad' 'wrong options and operands: status 2 and one line'
recorded >after
ok 'nothing was changed' cmp before after

# ---- columns and formats ----

is "$(vm-list -n -o name,host --name 'web*')" "$(printf 'web1\th1\nweb2\th1\nweb1\th2')" '-o: those columns, in that order; -n: no header'
is "$(vm-list -o name,name,host | head -n 1)" "$(printf 'name\thost')" 'a column given twice is printed once'
is "$(vm-list -o +also,name | head -n 1)" "$(printf 'host\tname\tuuid\tstate\tvcpus\tmem\tguest\tseen\talso')" '-o +: added to the usual ones'
is "$(vm-list --json -o name,mem,autostart,also --host h1 | jq -c .)" \
	'{"name":"web1","mem":67108864,"autostart":true,"also":[]}
{"name":"web2","mem":67108864,"autostart":false,"also":["h2"]}' '--json: with types'
is "$(vm-list --json | jq -s length)" 5 'each line is an object'
is "$(vm-list --format csv -o name,also,guest --host h1)" 'name,also,guest
web1,,shop
web2,h2,' '--format csv'
is "$(host-list -n --format csv -o labels h1)" '"disk=ssd,rack=1"' 'with quotes where they are needed'
is "$(vm-list -n -H -o mem --host h1,h3)" '64M
64M
1.5G' '-H: sizes for people'
is "$(vm-list --json -H -o mem --host h3)" '{"mem":"1.5G"}' 'as a string in JSON'
is "$(vm-list --format table -o name,mem --host h3)" "$(printf 'name        mem\ndb1  1610612736')" '--format table: aligned, numbers to the right'
is "$(printf 'name\tmem\n\303\244%%\t1\n' | LC_ALL=C timeout 10 vmm-rows --format table)" "$(printf 'name      mem\n%%c3%%a4%%25   1')" 'a table where the locale is not of UTF-8'
for name in host-list host-scan host-show vm-list vm-show vm-tree vmm-fsck tmpl-list; do
	# shellcheck disable=SC2046
	"$name" --json $(operands "$name") 2>/dev/null | jq -es 'all(type == "object")' >/dev/null || diag "$name: no JSON"
	echo $?
done >codes
is "$(sort -u codes)" 0 '--json of each is JSON'

# ---- nothing found ----

is "$(vm-list --name nobody)" "$(vm-list | head -n 1)" 'nothing found: the header'
ok 'and no failure' vm-list --name nobody
is "$(vm-list --name nobody --json; vm-list -n --name nobody; vm-list --name nobody --format csv -n)" '' 'or nothing at all'
export VMM_STATE="$tmp/none"
for name in host-list vm-list vm-tree vmm-fsck; do
	exits 0 "$name: a state that is not there is empty" "$name"
	is "$(wc -l <"$out") $(wc -c <"$err")" '1 0' "$name: a header and no word"
done
ok 'and is not made by reading' test ! -e "$VMM_STATE"

# ---- where the state is ----

export VMM_STATE="$tmp/state"
is "$(VMM_STATE=file:$tmp/state vm-list -n | wc -l)" 5 'VMM_STATE as a URL'
VMM_STATE=state exits 2 'not as a relative path' vm-list
one_line vm-list 'which is said'
is "$(env -u VMM_STATE XDG_STATE_HOME="$tmp/xdg" HOME="$tmp" vm-list 2>&1 | head -n 1 | cut -f 1)" host 'without VMM_STATE'
for wrong in "$tmp/h1.xml" etcd://x/y 'file:x'; do
	VMM_STATE=$wrong exits 2 "VMM_STATE=$wrong" vm-list
	one_line vm-list 'says so'
done
VMM_STATE=$tmp/h1.xml/x exits 2 'a path through a file' vm-list
one_line vm-list 'is no empty state'
chmod 777 "$VMM_STATE"
exits 4 'a folder that anybody may write to is refused' vm-list
like "$(cat "$err")" 'everybody may write there' 'and why'
chmod 700 "$VMM_STATE"
if test "$(id -u)" -eq 0 && command -v setpriv >/dev/null; then
	# A copy, since the tree may lie where nobody else may go.
	chmod 755 "$tmp"
	mkdir -p copy/bin
	cp "$(command -v vm-list)" copy/bin/ && cp -r "$VMM_BUILD/lib" copy/
	chmod -R a+rX copy
	exits 2 'a folder that is not readable' setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ "$tmp/copy/bin/vm-list"
	like "$(cat "$err")" "^vm-list: .*Permission denied$" 'is not an empty one'
	chmod 755 "$VMM_STATE"
	chmod 600 "$VMM_STATE/vms.tsv"
	exits 2 'a file that is not readable' setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/ "$tmp/copy/bin/vm-list"
	like "$(cat "$err")" "^vm-list: cannot open '.*/state/[a-z.]*': Permission denied$" 'is named'
	chmod 700 "$VMM_STATE"
else
	skip 4 'needs root'
fi

# ---- a state that is wrong ----

# damaged FILE WHAT LINE...: the file with these lines behind; each command says where it is wrong
recorded >before
damaged() {
	file=$1 what=$2
	shift 2
	cp "$VMM_STATE/$file" kept
	printf "$@" >>"$VMM_STATE/$file"
	recorded >spoilt
	for name in host-list vm-list host-scan vm-tree 'host-set --maint yes h1' 'host-rm h1' 'vm-power suspend web2' 'vm-migrate --to h2 web2' 'host-add h9 test:///default'; do
		# shellcheck disable=SC2086
		$name >"$out" 2>"$err" </dev/null && diag "$name: takes it"
		grep -q "^${name%% *}: .*$file:[0-9]*: " "$err" && test "$(wc -l <"$err")" -eq 1 && test ! -s "$out" || { diag "$name: $(cat "$err" "$out")"; echo "$name"; }
	done >unsaid
	is "$(cat unsaid)" '' "$what: each says $file and the line"
	recorded >after
	ok "$what: nothing is changed" cmp spoilt after
	cp kept "$VMM_STATE/$file"
}
damaged hosts.tsv 'a cell too few' 'x\ttest:///default\n'
damaged hosts.tsv 'a last line that was cut' 'x\ttest:///default'
damaged vms.tsv 'a carriage return' 'x\r\n'
damaged vms.tsv 'an unknown escape' '%s\th1\ta\\\\q\tstop\tstop\t\t\t\t\t\t\t\t\n' x
recorded >after
ok 'it is whole again' cmp before after

# ---- streams ----

for name in host-list vm-list vm-tree host-show vm-show vmm-fsck host-scan; do
	# shellcheck disable=SC2046
	{ "$name" $(operands "$name") >/dev/full 2>"$err" && echo "$name: is content"; grep -q "^$name: cannot write the output: No space left" "$err" || cat "$err"; }
	# shellcheck disable=SC2046
	"$name" $(operands "$name") >&- 2>"$err" && echo "$name: is content without stdout"
	grep -q "^$name: cannot write the output: Bad file" "$err" || cat "$err"
done >said
is "$(cat said)" '' 'a full disk, or no stdout at all, is a failure with a word'
for how in '--json' '--format csv' '--format table' -n; do
	# shellcheck disable=SC2086
	vm-list $how >/dev/full 2>/dev/null && echo "$how"
done >said
is "$(cat said)" '' 'in any format'
exits 2 'rows from a closed stdin' sh -c 'vm-power on - <&-'
like "$(cat "$err")" "^vm-power: cannot read 'stdin': Bad file descriptor$" 'are an error'
exits 0 'rows from an empty one' vm-power on -
is "$(cat "$out")" "$(printf 'vm\thost\tresult\tstate\tseconds\tnote\terror')" 'are none'
is "$(for page in "$top"/man/*; do
	section=${page##*.}
	cmp "$page" "$VMM_BUILD/man/man$section/${page##*/}" 2>&1
done)" '' 'man(1) finds the pages of commands that are run from the build folder'
ok 'with all three closed nothing is written where it does not belong' sh -c 'host-set h1 --maint no <&- >&- 2>&-; test $? -eq 1'
is "$(vmm-fsck -n --offline; host-list -n -o name,maint | paste -sd ' ')" 'h1	no h2	yes h3	 old	' 'the state is sound'
done_testing
