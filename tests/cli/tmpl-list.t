#!/bin/sh
# tmpl-list: the columns, and that one bad template hides no other.
. "${0%/*}/../tap.sh"
need jq

exits 0 'no definitions' tmpl-list
is "$(cat "$out")" "$(printf 'name\timage\thardware\tguest\tnics\tdisks\tdescription\tfile')" 'are a header only'

VMM_CONF=$top/share
exits 0 'the samples' tmpl-list --json -o +vcpus,mem,kind,pools
is "$(jq -c '[.name, .image, .hardware, .guest, .nics, .disks, .vcpus, .mem, .kind, .pools]' "$out")" "$(
	cat <<-END
		["web","debian","small","debian",["prod","storage"],["10G","20G"],1,1073741824,"cloud-init",["prod4","prod6","storage4"]]
		["windows","windows","windows11","windows",["prod"],["image"],4,8589934592,"unattend",["prod4"]]
	END
)" 'with their lists and numbers'
is "$(tmpl-list -n -o file web)" "$VMM_CONF/templates/web.conf" 'one by its name'

VMM_CONF=$tmp/conf
cp -r "$top/share" "$VMM_CONF"
echo 'image = x' >"$VMM_CONF/templates/bad.conf"
echo 'image = x' >"$VMM_CONF/templates/_part.conf"
exits 3 'one is wrong' tmpl-list -n -o name
is "$(cat "$out")" "$(printf 'web\nwindows')" 'the others are listed, parts are not'
is "$(cat "$err")" "tmpl-list: $VMM_CONF/templates/bad.conf:1: lacks hardware" 'and it is told why'
exits 4 'one that is not there' tmpl-list gone
like "$(cat "$err")" "^tmpl-list: no template 'gone'" 'is named'
exits 2 'a path is no name' tmpl-list ../templates/web
done_testing
