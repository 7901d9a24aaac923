/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which machines could take the place of a logical host. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/rows.h"
#include "group/internal.h"

static void because(struct vmm_buf *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void because(struct vmm_buf *why, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	vmm_buf_addf(why, "%s%s", why->len ? "; " : "", text);
}

static uint64_t number(const struct vmm_table *t, size_t row, const char *column)
{
	uint64_t n = 0;

	vmm_num_u64(column, vmm_table_at(t, row, column), 0, UINT64_MAX, &n, NULL);
	return n;
}

static void want_word(const struct vmm_table *hosts, size_t row, const char *column,
		      const char *want, struct vmm_buf *why)
{
	const char *have = vmm_table_at(hosts, row, column);

	if (*want && strcmp(have, want) != 0)
		because(why, "%s %s, not %s", column, *have ? have : "unknown", want);
}

static void want_labels(const struct vmm_table *hosts, size_t row, const struct vmm_strv *want,
			struct vmm_buf *why)
{
	VMM_STRV_AUTO have = VMM_STRV_INIT;

	if (vmm_list_split(&have, vmm_table_at(hosts, row, "labels")) < 0)
		why->failed = true;
	for (size_t i = 0; i < want->n; i++)
		if (!vmm_strv_has(&have, want->s[i]))
			because(why, "lacks %s", want->s[i]);
}

void vmm__model_fit(const struct vmm_model *m, const struct vmm_table *hosts, size_t row,
		    struct vmm_buf *why)
{
	uint64_t cpus = number(hosts, row, "cpus"), memory = number(hosts, row, "mem_total");
	char have[8], want[8];

	if (cpus < m->cpus)
		because(why, "%" PRIu64 " cpus, not %" PRIu64, cpus, m->cpus);
	if (memory < m->memory)
		because(why, "memory %s, not %s", vmm_num_human(memory, have, sizeof(have)),
			vmm_num_human(m->memory, want, sizeof(want)));
	want_word(hosts, row, "arch", m->arch, why);
	want_word(hosts, row, "cpu_model", m->cpu_model, why);
	want_labels(hosts, row, &m->labels, why);
}

/* An unknown one may run. */
size_t vmm__running_on(const struct vmm_table *vms, const char *host)
{
	int host_col = vmm_table_col(vms, "host"), state = vmm_table_col(vms, "state");
	size_t n = 0;

	for (size_t r = 0; r < vmm_table_rows(vms); r++)
		n += strcmp(vmm_table_get(vms, r, host_col), host) == 0 &&
		     strcmp(vmm_table_get(vms, r, state), "stop") != 0;
	return n;
}

static void want_free(const struct vmm_place *p, const struct vmm_inventory *inv,
		      const struct vmm_table *logicals, size_t row, struct vmm_buf *why)
{
	const char *host = vmm_table_at(inv->hosts, row, "name");
	const char *group = vmm_table_at(inv->hosts, row, "group");
	const char *maint = vmm_table_at(inv->hosts, row, "maint");
	const char *place = vmm_logical_at(logicals, host);
	size_t running = *group ? 0 : vmm__running_on(inv->vms, host);

	if (*place)
		because(why, "has the place of %s", place);
	if (*group && strcmp(group, p->group->name) != 0)
		because(why, "in group %s", group);
	if (running)
		because(why, "running VMs: %zu", running);
	if (*maint && strcmp(maint, "no") != 0)
		because(why, "in maintenance");
	want_word(inv->hosts, row, "state", "normal", why);
}

void vmm__place_fit(const struct vmm_place *p, const struct vmm_inventory *inv,
		    const struct vmm_table *logicals, size_t row, struct vmm_buf *why)
{
	want_free(p, inv, logicals, row, why);
	vmm__model_fit(p->logical->model, inv->hosts, row, why);
}

/* yes before no; the smallest first; by name. */
static int by_fit(const struct vmm_table *t, size_t a, size_t b, void *arg)
{
	static const char *const columns[] = { "mem_total", "cpus" };
	int cmp = strcmp(vmm_table_at(t, b, "fit"), vmm_table_at(t, a, "fit"));

	(void)arg;
	for (size_t i = 0; i < 2 && cmp == 0; i++) {
		uint64_t na = number(t, a, columns[i]), nb = number(t, b, columns[i]);

		cmp = (na > nb) - (na < nb);
	}
	return cmp ? cmp : strcmp(vmm_table_at(t, a, "name"), vmm_table_at(t, b, "name"));
}

int vmm_logical_fit(const struct vmm_place *p, const struct vmm_inventory *inv,
		    const struct vmm_table *logicals, struct vmm_table **out, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	for (size_t r = 0; t && r < vmm_table_rows(inv->hosts); r++) {
		VMM_BUF_AUTO why = VMM_BUF_INIT;
		long row = vmm_table_copy_row(t, inv->hosts, r);

		vmm__place_fit(p, inv, logicals, r, &why);
		if (row < 0 || why.failed ||
		    vmm_table_put(t, (size_t)row, "fit", why.len ? "no" : "yes") ||
		    vmm_table_put(t, (size_t)row, "why", why.len ? why.data : ""))
			return vmm_err_nomem(err);
	}
	if (!t)
		return vmm_err_nomem(err);
	vmm_table_sort_by(t, by_fit, NULL);
	*out = t;
	t = NULL;
	return 0;
}
