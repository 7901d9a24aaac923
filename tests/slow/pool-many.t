#!/bin/sh
# ippool: 64 processes with 10,000 checkouts each, 16 commands at once a thousand times
POOL_EACH=10000 POOL_ROUNDS=1000 exec "${0%/*}/../cli/pool-many.t"
