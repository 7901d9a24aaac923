/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The counters of one VM, out of libvirt's names for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load/load-internal.h"
#include "virt/virt.h"

#define DEVICES_MAX 4096

struct params {
	virTypedParameterPtr p;
	int n;
};

static uint64_t value(const struct params *ps, const char *field)
{
	const virTypedParameter *p = virTypedParamsGet(ps->p, ps->n, field);

	if (!p)
		return VMM__UNTOLD;
	switch (p->type) {
	case VIR_TYPED_PARAM_INT:
		return p->value.i < 0 ? VMM__UNTOLD : (uint64_t)p->value.i;
	case VIR_TYPED_PARAM_UINT:
		return p->value.ui;
	case VIR_TYPED_PARAM_LLONG:
		return p->value.l < 0 ? VMM__UNTOLD : (uint64_t)p->value.l;
	case VIR_TYPED_PARAM_ULLONG:
		return p->value.ul;
	default:
		return VMM__UNTOLD;
	}
}

/* block.0.rd.bytes */
static uint64_t numbered(const struct params *ps, const char *group, uint64_t i, const char *what)
{
	char field[VIR_TYPED_PARAM_FIELD_LENGTH];

	snprintf(field, sizeof(field), "%s.%u.%s", group, (unsigned)i, what);
	return value(ps, field);
}

static uint64_t kib(const struct params *ps, const char *field)
{
	uint64_t n = value(ps, field);

	return n > UINT64_MAX / 1024 ? VMM__UNTOLD : n * 1024;
}

/* What the balloon driver counts as available, less what could be used; nothing where it is not at work. */
static uint64_t used_inside(const struct params *ps)
{
	uint64_t all = kib(ps, "balloon.available"), rest = kib(ps, "balloon.usable");

	if (rest == VMM__UNTOLD)
		rest = kib(ps, "balloon.unused");
	return all == VMM__UNTOLD || rest == VMM__UNTOLD || rest > all ? VMM__UNTOLD : all - rest;
}

/* Numbers are not always without gaps: a virtual CPU may have been taken out. */
static uint64_t sum_delay(const struct params *ps)
{
	uint64_t max = value(ps, "vcpu.maximum"), sum = VMM__UNTOLD;

	for (uint64_t i = 0; max != VMM__UNTOLD && i < max && i < DEVICES_MAX; i++) {
		uint64_t n = numbered(ps, "vcpu", i, "delay");

		if (n != VMM__UNTOLD)
			sum = sum == VMM__UNTOLD ? n : sum + n;
	}
	return sum;
}

static int read_device(struct vmm__device *d, const struct params *ps, const char *group,
		       uint64_t i, const char *const *what, struct vmm_err *err)
{
	char field[VIR_TYPED_PARAM_FIELD_LENGTH];
	const char *name = NULL;

	snprintf(field, sizeof(field), "%s.%u.name", group, (unsigned)i);
	if (virTypedParamsGetString(ps->p, ps->n, field, &name) < 1)
		name = field;
	d->name = strdup(name);
	if (!d->name)
		return vmm_err_nomem(err);
	for (size_t k = 0; what[k]; k++)
		d->n[k] = numbered(ps, group, i, what[k]);
	return 0;
}

static int read_devices(struct vmm__devices *ds, const struct params *ps, const char *group,
			const char *const *what, struct vmm_err *err)
{
	char field[VIR_TYPED_PARAM_FIELD_LENGTH];
	uint64_t n;
	int rc = 0;

	snprintf(field, sizeof(field), "%s.count", group);
	n = value(ps, field);
	if (n == VMM__UNTOLD || n > DEVICES_MAX)
		return 0;
	ds->told = true;
	ds->d = calloc(n + 1, sizeof(*ds->d));
	if (!ds->d)
		return vmm_err_nomem(err);
	for (; ds->n < n && rc == 0; ds->n++)
		rc = read_device(&ds->d[ds->n], ps, group, ds->n, what, err);
	return rc;
}

int vmm__counters_read(struct vmm__guest *g, virTypedParameterPtr params, int n, struct vmm_err *err)
{
	static const char *const disk[] = { "rd.bytes", "wr.bytes", "rd.reqs", "wr.reqs",
					    "rd.times", "wr.times", NULL };
	static const char *const nic[] = { "rx.bytes", "tx.bytes", NULL };
	const struct params ps = { params, n };
	int rc;

	g->cpu_ns = value(&ps, "cpu.time");
	g->delay_ns = sum_delay(&ps);
	g->vcpus = value(&ps, "vcpu.current");
	g->mem = kib(&ps, "balloon.maximum");
	g->mem_actual = kib(&ps, "balloon.current");
	g->mem_rss = kib(&ps, "balloon.rss");
	g->mem_guest = used_inside(&ps);
	rc = read_devices(&g->disks, &ps, "block", disk, err);
	return rc < 0 ? rc : read_devices(&g->nics, &ps, "net", nic, err);
}
