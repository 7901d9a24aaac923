# Prints a fleet in ganeti's text format: -v hosts=H -v vms=V -v seed=S. Hosts have 256 GiB and 32 processors, VMs 4/2,
# 16/4 or 48/12 at 60, 30 and 10 %; three hosts in ten get twice as many as the others.
function random(n) { seed = (seed * 1103515245 + 12345) % 2147483648; return int(seed / 65536) % n }
BEGIN {
	mem[0] = 4096; mem[1] = 16384; mem[2] = 49152
	cpus[0] = 2; cpus[1] = 4; cpus[2] = 12
	total = 262144
	for (v = 0; v < vms; v++) {
		k = random(10); k = k < 6 ? 0 : k < 9 ? 1 : 2
		for (try = 0; ; try++) {
			h = random(13); h = h < 6 ? random(int(hosts * 3 / 10) + 1) : random(hosts)
			if (used[h] + mem[k] < total) break
			if (try > 100) exit 1
		}
		used[h] += mem[k]
		kind[v] = k; at[v] = h
	}
	print "group-01|fake-uuid-01|preferred||\n"
	for (h = 0; h < hosts; h++)
		printf "node-%04d|%d|1024|%d|1000000|1000000|32|%s|fake-uuid-01|100||N|0|1|1.0\n",
			h, total, total - used[h], h ? "N" : "M"
	print ""
	for (v = 0; v < vms; v++)
		printf "vm-%05d|%d|0|%d|running|Y|node-%04d||ext||1\n", v, mem[kind[v]], cpus[kind[v]], at[v]
	print "\n\n|128,1,0,0,0,1|128,1,0,0,0,1;1048576,64,1048576,16,8,12|diskless,file,sharedfile,plain,blockdev,drbd,rbd,ext|4.0|32.0"
	print "group-01|128,1,0,0,0,1|128,1,0,0,0,1;1048576,64,1048576,16,8,12|diskless,file,sharedfile,plain,blockdev,drbd,rbd,ext|4.0|32.0"
}
