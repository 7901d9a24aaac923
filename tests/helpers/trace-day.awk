# A day of load such as PlanetLab's traces show: -v vms=V -v seed=S prints a line for each VM: its name, virtual
# processors, GiB, then 288 times, once for five minutes, how many processors it was busy with. Each VM has its level, a
# wave over the day, noise that fades slowly, and bursts.
function uniform() { seed = seed * 16807 % 2147483647; return seed / 2147483647 }
function noise() { return uniform() + uniform() + uniform() + uniform() - 2 }
BEGIN {
	for (v = 0; v < vms; v++) {
		vcpus = 2 ^ (1 + int(3 * uniform() ^ 2))
		level = 0.05 + 0.7 * uniform() ^ 2
		wave = level * 0.6 * uniform()
		phase = 1 + 1.5 * uniform()
		drift = 0; burst = 0
		line = sprintf("vm%03d %d %d", v, vcpus, 2 * vcpus)
		for (t = 0; t < 288; t++) {
			drift = 0.85 * drift + 0.06 * noise()
			if (burst == 0 && uniform() < 0.008) { burst = 2 + int(10 * uniform()); height = 0.2 + 0.5 * uniform() }
			share = level + wave * sin(6.2832 * t / 288 - phase) + drift + (burst > 0 ? height : 0)
			if (burst > 0) burst--
			share = share < 0.01 ? 0.01 : share > 1 ? 1 : share
			line = line sprintf(" %.3f", share * vcpus)
		}
		print line
	}
}
