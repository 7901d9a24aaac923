# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154
# Addresses given out: one by one against a bare append, a /8 against a /24, 10,000 in one batch.

PATH=$PATH:${VMM_BUILD:-$top/build}/tests/helpers
many=2000

pool_state() {
	rm -rf "$VMM_STATE"
	ippool create big --range 10.0.0.0/8
	ippool create small --range 172.16.0.0/24
} >/dev/null

before_one_by_one() { pool_state; }
one_by_one() { pool-helper checkout "$VMM_STATE" big $many; }
before_bare_append() { rm -f "$tmp/bare"; }
bare_append() { pool-helper append "$tmp/bare" $many; }
race 15 one_by_one bare_append
line "$many leases, a sync each" "$(took one_by_one)" 'write and fdatasync of such lines' "$(took bare_append)" '<= 1.11'

before_of_a_8() { pool_state; }
of_a_8() { pool-helper checkout "$VMM_STATE" big 250; }
before_of_a_24() { pool_state; }
of_a_24() { pool-helper checkout "$VMM_STATE" small 250; }
race 25 of_a_8 of_a_24
line '250 of a /8' "$(took of_a_8)" '250 of a /24' "$(took of_a_24)" '<= 1.1'

awk 'BEGIN { print "pool\tholder"; for (i = 0; i < 10000; i++) print "big\tvm" i }' >"$tmp/rows"
before_batch() { pool_state; }
batch() { ippool checkout - <"$tmp/rows"; }
before_append_batch() { rm -f "$tmp/bare"; }
append_batch() { dd if="$tmp/rows" of="$tmp/bare" bs=1M conv=fdatasync status=none; }
race 11 batch append_batch
line '10,000 in one batch' "$(took batch)" 'dd of its rows, one fdatasync' "$(took append_batch)" '< 100 ms'

# A command that starts reads what there is.
awk 'BEGIN { print "pool\tholder"; for (i = 0; i < 100000; i++) print "big\tvm" i }' >"$tmp/rows"
pool_state
ippool checkout - <"$tmp/rows" >/dev/null
one_more() { ippool checkout big --for one; }
read_whole() { cat "$VMM_STATE/leases.log"; }
race 11 one_more read_whole
line 'one more beside 100,000' "$(took one_more)" 'cat of the log' "$(took read_whole)" '< 100 ms'
