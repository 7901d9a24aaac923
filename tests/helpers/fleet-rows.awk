# Writes a fleet whose load was measured into the files hosts, vms and rules of this folder, as host-stat, vm-stat and
# vmm-groups(5) have them: -v hosts=H -v vms=V -v seed=S. Hosts of three sizes, four resources, and of a hundred VMs ten
# that are to be apart from another one, five together, five on some hosts only.
function random(n) { seed = seed * 16807 % 2147483647; return int(seed / 8) % n }
function pick_host(  h) { h = random(10); return h < 5 ? random(int(hosts * 3 / 10) + 1) : random(hosts) }
function rule(kind, n, vms, more) { printf "[%s r%d]\nvms = %s\n%s", kind, n, vms, more >"rules" }
BEGIN {
	OFS = "\t"
	gib = 1024 ^ 3
	print "name", "group", "state", "maint", "cpus", "mem_total", "cpu" >"hosts"
	for (h = 0; h < hosts; h++) {
		size[h] = 2 ^ (h % 3)
		room[h] = 128 * size[h]
	}
	print "uuid", "host", "name", "state", "vcpus", "mem", "cpu", "mem_rss", "disk_rd", "disk_wr", "net_rx", "net_tx" >"vms"
	for (v = 0; v < vms; v++) {
		k = random(10); mem = k < 6 ? 4 : k < 9 ? 16 : 48; vcpus = k < 6 ? 2 : k < 9 ? 4 : 12
		do h = pick_host(); while (room[h] < mem + 8)
		room[h] -= mem
		cpu = vcpus * random(1000) / 2000
		busy[h] += cpu
		printf "%08x-0000-4000-8000-000000000000\tnode%04d\tvm%05d\tnormal\t%d\t%d\t%.3f\t%d\t%d\t%d\t%d\t%d\n", v, h, v,
			vcpus, mem * gib, cpu, mem * gib * (50 + random(50)) / 100, random(200) * 1e5, random(400) * 1e5,
			random(300) * 1e5, random(300) * 1e5 >"vms"
	}
	for (h = 0; h < hosts; h++)
		printf "node%04d\tprod\tnormal\t\t%d\t%d\t%.3f\n", h, 16 * size[h], 128 * size[h] * gib, busy[h] + 0.2 >"hosts"
	print "[capacity]\ndisk = 500M\nnet = 1G\n[weight]\ndisk = 0.5\nnet = 0.5\n[reserve]\nmemory = 2G\n" >"rules"
	for (v = 0; v + 100 <= vms; v += 100) {
		for (k = 0; k < 10; k += 2)
			rule("apart", ++n, sprintf("vm%05d, vm%05d", v + k, v + k + 1))
		rule("together", ++n, sprintf("vm%05d, vm%05d", v + 20, v + 21))
		rule("must", ++n, sprintf("vm%04d[0-4]", v / 10 + 4), sprintf("hosts = node%03d[0-9]\n", v / 100 % (hosts / 10)))
	}
}
