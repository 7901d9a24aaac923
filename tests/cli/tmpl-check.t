#!/bin/sh
# tmpl-check: the samples and the manual's example are sound, what is wrong is told with its line, and
# what --render shows is as it was reviewed.
. "${0%/*}/../tap.sh"
need jq
samples=$top/share

exits 0 'the samples are sound' tmpl-check "$samples"
is "$(cut -f 2 "$out" | sort | uniq -c | xargs)" '1 level 9 warning' 'though there is no library, and no pool'
for template in web windows; do
	(cd "$top" && tmpl-check --render $template share) >got 2>&1
	ok "$template is made as it was reviewed" diff -u "$top/tests/corpus/definitions/$template.txt" got
done

# Each definition of EXAMPLES, into its file.
mkdir -p "$VMM_CONF/hardware" "$VMM_CONF/guests" "$VMM_CONF/templates"
awk -v conf="$VMM_CONF/" '
	/^\.Pa \/etc\/vmm\// { file = $2; sub("/etc/vmm/", conf, file) }
	/^\.Bd/ && file { on = 1; next }
	/^\.Ed/ { on = 0; file = "" }
	on { gsub(/\\e/, "\\"); print >file }' "$top/man/vmm-definitions.5"
echo 'vcpus = 16' >"$VMM_CONF/hardware/big.conf"
echo 'ssh-ed25519 AAAA admin' >"$VMM_CONF/guests/admin.pub"
exits 0 "the manual's example is sound" tmpl-check -n -o finding
is "$(sed "s/.*: [a-z]* '//; s/[:'].*//" "$out" | paste -sd ' ')" "debian prod4 prod6" 'one warning of each, though two templates have them'
exits 0 'and can be listed' tmpl-list -n -o name,nics,disks
is "$(cat "$out")" "$(printf 'web\tprod\t10G\nweb-big\tprod\t40G,100G')" 'with what it includes'

mkdir "$VMM_STATE" && chmod 700 "$VMM_STATE"
ippool create prod4 --range 10.0.0.0/24 >/dev/null
ippool create prod6 --range 2001:db8::/64 >/dev/null
printf 'image\tname\tversion\ndebian:12\tdebian\t12\n' >"$VMM_STATE/images.tsv"
exits 0 'its image is in the library' tmpl-check -n
is "$(cat "$out")" '' 'and nothing is to be said'
sed -i 's/^image = .*/image = debian:1/' "$VMM_CONF/templates/web.conf"
exits 2 'one that is not there' tmpl-check -n
is "$(cat "$out")" "$VMM_CONF/templates/web.conf:1: image 'debian:1' is not in the library	error" \
	'is an error, told once where it is written'
sed -i 's/^image = .*/image = debian/' "$VMM_CONF/templates/web.conf"
exits 0 'a name stands for any of its versions' tmpl-check
sed 's/^ip4 = .*/ip4 = prod6/; s/^ip6 = .*/mac = none/' "$VMM_CONF/templates/web.conf" >"$VMM_CONF/templates/pools.conf"
exits 2 'pools that are not fit' tmpl-check -n -o finding
is "$(sed 's/.*conf:/:/' "$out")" "$(printf '%s\n' ":8: pool 'prod6' has addresses of type ip6, not ip4" ":9: there is no pool 'none'")" 'are errors'
rm "$VMM_CONF/templates/pools.conf"

# All that is wrong, file by file.
echo 'vcpus = none' >"$VMM_CONF/hardware/small.conf"
printf 'kind = cloud-init\n\n' >"$VMM_CONF/guests/sound.conf"
printf 'user-data =\n  #cloud-config\n  a: "${nobody}"\n' >"$VMM_CONF/guests/unknown.conf"
printf 'include = _part\n' >"$VMM_CONF/templates/complete.conf"
printf 'image = debian\nhardware = big\nguest = unknown\n' >"$VMM_CONF/templates/_part.conf"
printf 'color = red\n' >"$VMM_CONF/templates/_wrong.conf"
printf 'a = \000b\n' >"$VMM_CONF/templates/nul.conf"
exits 2 'several mistakes' tmpl-check -n --json
is "$(sed "s|.*$VMM_CONF/||; s|\",.*||; s|; known here.*||" "$out")" "$(
	cat <<-END
		hardware/small.conf:1: vcpus: 'none' is not a whole number
		templates/_wrong.conf:1: unknown key 'color'
		guests/unknown.conf:3: unknown variable, or one that has no value here: 'nobody'
		templates/nul.conf:1: a NUL byte
	END
)" 'each is told once, with file and line'
exits 2 'a warning beside errors changes nothing' env VMM_STATE="$tmp/none" tmpl-check

printf 'include = web\n[disk root]\npool = fast\n' >"$VMM_CONF/templates/fast.conf"
echo 'vcpus = 1' >"$VMM_CONF/hardware/small.conf"
tmpl-check --render fast >got
is "$(grep -o '/pools/.*seed.iso' got | sort -u)" /pools/fast/example-seed.iso 'the seed is where the first disk is'

exits 4 '--render of no template' tmpl-check --render gone
like "$(cat "$err")" "^tmpl-check: no template 'gone': no file '.*gone.conf'\$" 'says where it was looked for'
exits 2 'nor of a path' tmpl-check --render ../web
exits 2 '--render of one that is wrong' tmpl-check --render nul
like "$(cat "$err")" "nul.conf:1: a NUL byte" 'says what'
exits 0 'a folder with nothing in it' tmpl-check "$tmp"
mkdir "$tmp/odd" && : >"$tmp/odd/hardware"
exits 1 'a folder that cannot be read' tmpl-check "$tmp/odd"

# Machine profiles: the role, the files of the library, the pools.
mkdir "$VMM_CONF/machines"
cat >"$VMM_CONF/machines/rack.conf" <<-'END'
	image = debian
	role = nobodys
	[disk]
	size = 1G-
	[nic]
	match = 1
	ip4 = prod5
	ip6 = prod4
	[script raid]
	when = raid
	file = nope
END
tmpl-check -n -o finding >got
like "$(cat got)" "rack.conf:2: no role 'nobodys'" 'a role that is not there'
like "$(cat got)" "rack.conf:7: there is no pool 'prod5'" 'a pool that is not there'
like "$(cat got)" "rack.conf:8: pool 'prod4' has addresses of type ip4, not ip6" 'and one of another type'
like "$(cat got)" "rack.conf:11: script 'nope' is not in the library" 'a script that is not there'
ippool create bare4 --range 10.1.0.1-10.1.0.9 >/dev/null
sed -i 's/prod5/bare4/' "$VMM_CONF/machines/rack.conf"
tmpl-check -n >got
like "$(cat got)" "rack.conf:7: pool 'bare4' has no prefix: .*	warning$" 'one that no machine can use'
rm -r "$VMM_CONF/machines"

# What hostile values do: nothing. They come by [vars] here, by rows elsewhere.
cat >"$VMM_CONF/guests/hostile.conf" <<-'END'
	user-data =
	    #cloud-config
	    whole: ${v}
	    part: "<${v}>"
END
nr=0
for value in '"; rm -rf /; echo "' '$(id)' '`id`' "it's" 'a: b # c' '\n\x41' '${name}' ']]>&lt;' '- x'; do
	printf 'image = debian\nhardware = big\nguest = hostile\n[vars]\nv = %s\n' "$value" >"$VMM_CONF/templates/hostile.conf"
	tmpl-check --render hostile >got
	is "$(sed -n 's/^whole: //p' got | jq -r .)" "$value" "hostile value $((nr += 1)) as a whole"
	is "$(sed -n 's/^part: //p' got | jq -r .)" "<$value>" "and as a part"
done

# virt-xml-validate knows libvirt's schema.
if command -v virt-xml-validate >/dev/null; then
	for template in web windows; do
		tmpl-check --render $template "$samples" | awk '/^==>/ { on = $2 == "domain.xml"; next } on' >"$template.xml"
		ok "$template: libvirt's schema agrees" virt-xml-validate "$template.xml" domain
	done
else
	skip 2 'no virt-xml-validate'
fi
done_testing
