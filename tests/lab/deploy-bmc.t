#!/bin/sh
# host-deploy and BMCs that are real but for their servers: how a machine is to boot, and what becomes of one that
# the agent refuses. The boot server and the agent are played.
# time limit: 120
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/bmc.sh"
. "$top/tests/helpers/played.sh"
need qemu-img
bmc_up 2
bmc_conf "$tmp/auth"

disk raw 8M
played_lab raw 10.0.0.10-10.0.0.19
played_profile "ssh-keys = $key" 'boot = 8s'
begun='2:begin 2:done 3:begin 3:done 4:begin 4:done 6:begin'

# deploy N FIRMWARE ARG...: of the server of one of the BMCs, by a row
deploy() {
	printf 'name\tuuid\tmac\tbmc\tbmc_auth\tfirmware\nn%s\t%s\t52:54:00:00:00:0%s\tipmi://10.66.0.%s\t%s\t%s\n' \
		"$1" "00000000-0000-4000-8000-00000000000$1" "$1" "$1" "$tmp/auth" "$2" >row
	shift 2
	deploy_code=0
	in_net host-deploy lab - --retries 0 --until customise -n -o result,error "$@" <row >"$out" 2>"$err" || deploy_code=$?
	echo $deploy_code "$(cat "$out" "$err")"
}
story() {
	cat "$VMM_STATE/deploy/$1.txt"
}

# shellcheck disable=SC2086
agent n1 $begun '6:refused:the disk vda carries data' 'end:refused'
like "$(deploy 1 uefi)" '^4 refused	image: the disk vda carries data' 'a machine that the agent refuses'
wait $agent
is "$(bmc_power 1)" 0 'is switched off again'
like "$(story n1)" 'image: switched off: nothing was written' 'which its log tells'
like "$(story n1)" 'to boot from the network by UEFI' 'it was started as its row says'
is "$(bmc_boot 1)" pxe 'from the network'

# shellcheck disable=SC2086
agent n2 $begun progress:4096:8192 '6:failed:the image is damaged' 'end:failed'
like "$(deploy 2 '')" '^1 failed	image: the image is damaged' 'one that fails'
wait $agent
is "$(bmc_power 2)" 1 'is left for whoever looks at its console'
like "$(story n2)" 'to boot from the network by BIOS' 'it was started as its BMC says'
like "$(deploy 2 efi --dry-run)" "^2 refused	firmware 'efi' is neither bios nor uefi" 'a firmware that there is not'
done_testing
