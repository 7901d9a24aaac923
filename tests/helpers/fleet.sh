# shellcheck shell=sh
# A small fleet for planners: hosts.tsv and vms.tsv in the current folder, and what to say to use them.
#
#	fleet HOSTS GIB		so many hosts h1, h2, … of 8 processors and so much memory in group prod
#	vm NAME HOST GIB	one VM of 2 processors
#	$rows			--hosts hosts.tsv --vms vms.tsv
#	rules <<-EOF		the group's settings and rules

rows='--hosts hosts.tsv --vms vms.tsv'

fleet() {
	printf 'name\tgroup\tstate\tmaint\tcpus\tmem_total\n' >hosts.tsv
	for i in $(seq "$1"); do
		printf 'h%d\tprod\tnormal\tno\t8\t%d\n' "$i" $(($2 << 30)) >>hosts.tsv
	done
	printf 'uuid\thost\tname\tstate\tvcpus\tmem\n' >vms.tsv
	vms=0
	rm -rf "$VMM_CONF/groups"
}

vm() {
	vms=$((vms + 1))
	printf '00000000-0000-4000-8000-%012d\t%s\t%s\t%s\t2\t%d\n' "$vms" "$2" "$1" "${4-normal}" $(($3 << 30)) >>vms.tsv
}

rules() {
	mkdir -p "$VMM_CONF/groups"
	cat >"$VMM_CONF/groups/prod.conf"
}
