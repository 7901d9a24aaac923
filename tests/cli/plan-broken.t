#!/bin/sh
# Planners: input that is broken is refused with file and line, by each of them, and nothing is planned
. "${0%/*}/../tap.sh"
need perl

hosts='name\tcpus\tmem_total\nh1\t8\t1000\nh2\t8\t1000\n'
vms='name\thost\tvcpus\tmem\na\th1\t1\t100\n'
printf 'step\twave\taction\tvm\tfrom\tto\n' >plan

# each WANT: all planners end with 2 and that line, and print nothing
each() {
	for run in 'plan-balance' 'plan-balance --score' 'plan-balance --pareto' 'plan-balance --why a' 'plan-drain' 'plan-place' \
		'plan-pack' 'plan-capacity' 'plan-capacity --failures' 'plan-show'; do
		case $run in
		plan-drain) operands=h1 ;;
		plan-place | plan-capacity) operands='--cpus 1 --memory 1' ;;
		plan-show) operands=plan ;;
		*) operands= ;;
		esac
		status=0
		# shellcheck disable=SC2086
		$run --hosts hosts --vms vms --rules rules $operands >"$out" 2>"$err" || status=$?
		test "$status" -eq 2 && test ! -s "$out" && test "$(cat "$err")" = "${run%% *}: $1" && continue
		echo "$run ended with $status:"
		head -c 300 "$err" "$out"
	done
}

# with NAME WANT HOSTS VMS [RULES], in printf's words
with() {
	printf '%b' "$3" >hosts
	printf '%b' "$4" >vms
	printf '%b' "${5-}" >rules
	is "$(each "$2")" '' "$1"
}

with 'hosts without names' "hosts:1: column 'name' is missing" 'cpus\tmem_total\n' "$vms"
with 'hosts without processors' "hosts:1: column 'cpus' is missing" 'name\tmem_total\n' "$vms"
with 'hosts without memory' "hosts:1: column 'mem_total' is missing" 'name\tcpus\n' "$vms"
with 'VMs without hosts' "vms:1: column 'host' is missing" "$hosts" 'name\tvcpus\tmem\n'
with 'VMs without names' "vms:1: column 'name' is missing" "$hosts" 'host\tvcpus\tmem\n'
with 'VMs without processors' "vms:1: column 'vcpus' is missing" "$hosts" 'name\thost\tmem\n'
with 'VMs without memory' "vms:1: column 'mem' is missing" "$hosts" 'name\thost\tvcpus\n'
with 'a column twice' "vms:1: column name 'mem' is there twice" "$hosts" 'name\thost\tvcpus\tmem\tmem\n'

for n in -5 1.5 1e9 0x10 nan inf +1 ' 1' 1G 9007199254740993 99999999999999999999; do
	with "memory: '$n'" "vms:3: mem '$n' is not a number that is possible there" "$hosts" "${vms}b\th1\t1\t$n\n"
	with "a host's memory: '$n'" "hosts:4: mem_total '$n' is not a number that is possible there" "${hosts}h3\t8\t$n\n" "$vms"
done
with 'negative load' "vms:2: cpu '-0.5' is not a number that is possible there" "$hosts" 'name\thost\tvcpus\tmem\tcpu\na\th1\t1\t1\t-0.5\n'
with 'load that is none' "vms:2: disk_rd 'much' is not a number that is possible there" "$hosts" \
	'name\thost\tvcpus\tmem\tdisk_rd\na\th1\t1\t1\tmuch\n'
with 'negative load of a host' "hosts:2: cpu '-1' is not a number that is possible there" 'name\tcpus\tmem_total\tcpu\nh1\t1\t1\t-1\n' \
	'name\thost\tvcpus\tmem\n'

with 'a VM on an unknown host' "vms:3: VM 'b' is on host 'h9', which is not known" "$hosts" "${vms}b\th9\t1\t1\n"
with 'a VM on no host' "vms:3: VM 'b' is on host '', which is not known" "$hosts" "${vms}b\t\t1\t1\n"
with 'a VM without a name' 'vms:3: a VM without a name' "$hosts" "${vms}\th1\t1\t1\n"
with 'a host without a name' 'hosts:4: a host without a name' "${hosts}\t1\t1\n" "$vms"
with 'a host twice' "hosts:4: host 'h1' stands twice" "${hosts}h1\t8\t1000\n" "$vms"
with 'a VM twice' "vms:3: VM 'a' stands twice" "$hosts" "${vms}a\th1\t1\t100\n"
with 'a UUID twice' "vms:3: VM 'u1' stands twice" "$hosts" 'uuid\tname\thost\tvcpus\tmem\nu1\ta\th1\t1\t1\nu1\tb\th2\t1\t1\n'

with 'a row that is too short' 'vms:3: 2 cells where the header has 4' "$hosts" "${vms}b\th1\n"
with 'a row that is too long' 'vms:3: 5 cells where the header has 4' "$hosts" "${vms}b\th1\t1\t1\t1\n"
with 'a file that was cut' 'vms:2: no line feed at the end; is it cut?' "$hosts" 'name\thost\tvcpus\tmem\na\th1\t1\t10'
with 'a NUL byte' 'vms:3: a NUL byte' "$hosts" "${vms}b\0000\th1\t1\t1\n"
with 'a carriage return' "vms:1: a carriage return; lines end with a line feed alone, and in a cell it is written \\r" "$hosts" 'name\thost\tvcpus\tmem\r\na\th1\t1\t1\r\n'

with 'JSON: half an object' 'vms:2: unexpected token near end of file' "$hosts" '{"name":"a","host":\n'
with 'JSON: no rows' 'vms:1: a list of something else than rows' "$hosts" '[1,2]\n'
with 'JSON: rubbish behind it' "vms:2: '[' or '{' expected near 'rubbish'" "$hosts" '{"name":"a","host":"h1","vcpus":1,"mem":1}\nrubbish\n'
with 'JSON: negative' "vms:2: mem '-1' is not a number that is possible there" "$hosts" \
	'{"name":"a","host":"h1","vcpus":1,"mem":1}\n{"name":"b","host":"h1","vcpus":1,"mem":-1}\n'
with 'JSON: a string in place of a number' "vms:1: mem 'x' is not a number that is possible there" "$hosts" \
	'{"name":"a","host":"h1","vcpus":1,"mem":"x"}\n'

with 'rules: a section that there is not' "rules:2: [apart] without a name" "$hosts" "$vms" '\n[apart]\nvms = a\n'
with 'rules: a number' "rules:2: cpu: '-1' is not a number such as 1 or 0.25" "$hosts" "$vms" '[weight]\ncpu = -1\n'
with 'rules: no VMs' 'rules:1: [apart] lacks vms' "$hosts" "$vms" '[apart x]\n'

# ---- 10 MB ----

: >rules

long() { perl -e 'print "x" x 10_000_000'; }
printf '%b' "$hosts" >hosts
{ printf '%b' "$vms"; long; echo; } >vms
is "$(each 'vms:3: 1 cell where the header has 4')" '' '10 MB that are no row'
{ printf '%b' "$vms"; long; printf '\th1\t1\t1\n'; } >vms
is "$(each 'vms:3: name has more than 65536 bytes')" '' 'a name of 10 MB'
{ printf '%b' "$vms"; printf 'b\th1\t1\t'; long; echo; } >vms
is "$(each 'vms:3: mem has more than 65536 bytes')" '' 'a number of 10 MB'
printf '%b' "$vms" >vms
{ printf '%b' "$hosts"; long; printf '\t1\t1\n'; } >hosts
is "$(each 'hosts:4: name has more than 65536 bytes')" '' 'the name of a host of 10 MB'
done_testing
