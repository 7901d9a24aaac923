#!/bin/sh
# Automatic mode: what the timer's unit and the cron line run
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fixture.sh"

fixture
host-set h2 --maint no >/dev/null
rm -f h3.xml # a host that does not answer
mkdir -p "$VMM_CONF/groups" unit cron
short() { sed 's/--interval 30s/--interval 1s/'; }

unit_round() { # the unit's commands as systemd runs them: one after another, "-" for those that may fail
	sed -n 's/^ExecStart=//p' "$top/share/systemd/vmm-balance.service" | short >commands
	while read -r command; do
		case $command in
		-*) (cd unit && sh -c "${command#-}") || : ;;
		*) (cd unit && sh -c "$command") || return ;;
		esac
	done <commands
}
cron_round() {
	sed -n 's|.* root cd /var/lib/vmm-balance && |cd cron \&\& |p' "$top/share/cron/vmm-balance" | short >line
	sh -c "$(cat line)"
}

cut_short() { # what a round that was killed leaves of a VM
	store-helper begin "$VMM_STATE" start "$(vm_uuid 2)" </dev/null >/dev/null
}

for how in unit cron; do
	rm -f "$VMM_CONF/groups/web.conf"
	exits 0 "$how: a round" ${how}_round
	is "$(sed 1d $how/plan; test -e $how/memory && echo remembered)" '' "$how: groups in manual mode are not touched"
	printf 'mode = automatic\nrounds = 2\ninterval = 1s\n' >"$VMM_CONF/groups/web.conf"
	exits 0 "$how: the first of two rounds" ${how}_round
	is "$(sed 1d $how/plan)" '' "$how: moves nothing"
	is "$(sed 1d $how/memory | cut -f1-3)" "$(printf 'group\tweb\t1')" "$how: but is remembered"
	# Libvirt's test driver can't migrate.
	cut_short
	exits 4 "$how: the second" ${how}_round
	is "$(vmm-rows -n -o action,from,to <$how/plan)" "$(printf 'migrate\th1\th2')" "$how: plans a move"
	like "$(cat "$out" $how/log 2>/dev/null)" 'migrate	web[12]	h1	h2' "$how: and runs it"
	is "$(vmm-fsck -n --offline)" '' "$how: and mends what a round before left halfway"
	ok "$how: a kill leaves no run for a person to decide on" test ! -e "$VMM_STATE/runs"
done
echo 'of a round' >cron/log
exits 1 'cron: a round while another is on its way' flock cron sh line
is "$(cat cron/log)" 'of a round' 'cron: leaves its log alone'
done_testing
