/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What two samples tell of the time between them. Arithmetic only. */
#include <math.h>
#include <string.h>

#include "load/load-internal.h"

double vmm__growth(uint64_t was, uint64_t now)
{
	if (was == VMM__UNTOLD || now == VMM__UNTOLD)
		return NAN;
	return now < was ? (double)now : (double)(now - was);
}

static const struct vmm__device *find(const struct vmm__devices *ds, const char *name)
{
	for (size_t i = 0; ds && i < ds->n; i++)
		if (strcmp(ds->d[i].name, name) == 0)
			return &ds->d[i];
	return NULL;
}

/* Of all devices together; one that was plugged in meanwhile began at zero. `was` NULL: all did. */
static double devices_growth(const struct vmm__devices *was, const struct vmm__devices *now,
			     size_t counter)
{
	double sum = 0;

	if (!now->told || (was && !was->told))
		return NAN;
	for (size_t i = 0; i < now->n; i++) {
		const struct vmm__device *before = find(was, now->d[i].name);
		double grew = vmm__growth(before ? before->n[counter] : 0, now->d[i].n[counter]);

		if (!isnan(grew))
			sum += grew;
	}
	return sum;
}

static double disks_growth(const struct vmm__guest *was, const struct vmm__guest *now, size_t counter)
{
	return devices_growth(was ? &was->disks : NULL, &now->disks, counter);
}

static double nics_growth(const struct vmm__guest *was, const struct vmm__guest *now, size_t counter)
{
	return devices_growth(was ? &was->nics : NULL, &now->nics, counter);
}

struct vmm__used vmm__guest_used(const struct vmm__guest *was, const struct vmm__guest *now)
{
	/* Another process counts from zero. */
	const struct vmm__guest *w = was && was->active && was->id == now->id ? was : NULL;

	return (struct vmm__used){ {
		[VMM__USE_CPU] = vmm__growth(w ? w->cpu_ns : 0, now->cpu_ns),
		[VMM__USE_DELAY] = vmm__growth(w ? w->delay_ns : 0, now->delay_ns),
		[VMM__USE_RD] = disks_growth(w, now, VMM__RD_BYTES),
		[VMM__USE_WR] = disks_growth(w, now, VMM__WR_BYTES),
		[VMM__USE_OPS] = disks_growth(w, now, VMM__RD_OPS) + disks_growth(w, now, VMM__WR_OPS),
		[VMM__USE_OPS_NS] =
			disks_growth(w, now, VMM__RD_NS) + disks_growth(w, now, VMM__WR_NS),
		[VMM__USE_RX] = nics_growth(w, now, VMM__RX_BYTES),
		[VMM__USE_TX] = nics_growth(w, now, VMM__TX_BYTES),
	} };
}

struct vmm__used vmm__guests_used(const struct vmm__sample *was, const struct vmm__sample *now)
{
	struct vmm__used sum = { { 0 } };
	size_t known[VMM__USES] = { 0 }, active = 0;

	for (size_t i = 0; i < now->n; i++) {
		const struct vmm__guest *g = &now->guests[i];
		struct vmm__used used;

		if (!g->active)
			continue;
		used = vmm__guest_used(vmm__sample_guest(was, g->uuid), g);
		active++;
		for (size_t k = 0; k < VMM__USES; k++) {
			if (isnan(used.v[k]))
				continue;
			sum.v[k] += used.v[k];
			known[k]++;
		}
	}
	for (size_t k = 0; k < VMM__USES; k++)
		if (active > 0 && known[k] == 0)
			sum.v[k] = NAN;
	return sum;
}

/* By the host's own clock, which its counters add up to: how long the answer took does not matter. */
double vmm__host_cpu(const struct vmm__sample *was, const struct vmm__sample *now)
{
	double busy, idle;

	/* A host that was booted meanwhile, or counters that went back a little, as idle time does. */
	if (now->busy_ns < was->busy_ns)
		return NAN;
	busy = vmm__growth(was->busy_ns, now->busy_ns);
	idle = now->idle_ns < was->idle_ns ? 0 : vmm__growth(was->idle_ns, now->idle_ns);
	if (isnan(busy) || isnan(idle) || busy + idle <= 0)
		return NAN;
	return (double)now->cpus * busy / (busy + idle);
}
