#!/bin/sh
# plan-capacity: what still fits, what fails
. "${0%/*}/../tap.sh"
. "$top/tests/helpers/fleet.sh"

# shellcheck disable=SC2086
capacity() {
	plan-capacity $rows "$@"
}

fleet 3 16
vm a h1 8
vm b h2 8
is "$(capacity -n --cpus 1 --memory 4G)" "$(printf 'prod\tnew\t1\t4294967296\t8\t0\t8')" 'by room'
is "$(capacity -n -o fits,failures,fits_safe --tolerate 1 --cpus 1 --memory 4G | xargs)" '8 1 4' 'and with one host to spare'
rules <<-EOF2
	failures = 1
	[limit]
	memory = 75%
	[apart big]
	vms = big*
EOF2
is "$(capacity -n -o fits,failures,fits_safe --cpus 1 --memory 4G | xargs)" '5 1 1' 'limits, and what the group says'
is "$(capacity -n -o fits --name big --cpus 1 --memory 1G)" 3 'rules'
printf 'name\tvcpus\tmem\nsmall\t1\t1073741824\nlarge\t1\t12884901888\n' | capacity -n -o size,fits - >got
is "$(tr '\t\n' ': ' <got)" 'small:20 large:1 ' 'sizes as rows'
printf 'name\tvcpus\tmem\n' | capacity - >got
is "$(wc -l <got)" 1 'no size'

is "$(capacity -n --failures)" '' 'the group survives one'
is "$(capacity -n --failures --tolerate 2 -o failed,vm | tr '\t\n' ': ')" \
	'h1,h2:b h1,h3:a h2,h3:b ' 'and not two'
like "$(capacity --failures --tolerate 2)" 'not enough memory \(1\)' 'why'
rules <<-EOF2
	[priority b]
	vms = b
	value = 9
EOF2
is "$(capacity -n --failures --tolerate 2 -o failed,vm,priority | head -n 1 | tr '\t' ' ')" '' 'without a limit it does'
vm c h3 8
is "$(capacity -n --failures --tolerate 2 -o failed,vm,host | head -n 1 | tr '\t' ' ')" 'h1,h2 a h1' 'who is less urgent has no place'
rules <<-EOF2
	[pin a]
	vms = a
	[pin c]
	vms = c
EOF2
is "$(capacity -n --failures --tolerate 2)" '' 'those that are bound to their hosts have nowhere to go anyhow'
exits 2 'no size' capacity
exits 2 'a wrong number' capacity --tolerate x --cpus 1 --memory 1G
done_testing
