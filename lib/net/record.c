/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table `networks`: what each host was last seen to make of each network. */
#include <string.h>

#include "base/clock.h"
#include "net/net-internal.h"

static const char *const columns[] = { "at", "host", "network", "state", "what", "error", "seen" };
#define COLUMNS (sizeof(columns) / sizeof(*columns))

static int need_columns(struct vmm_table *t, struct vmm_err *err)
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (vmm_table_need(t, columns[i]) < 0)
			return vmm_err_nomem(err);
	return 0;
}

void vmm__net_at(struct vmm_buf *out, const char *network, const char *host)
{
	vmm_buf_addf(out, "%s/%s", host, network);
}

int vmm_net_recorded(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const names[] = { "networks", NULL };
	struct vmm_table *t;
	int rc = vmm_store_read(st, names, &t, err);

	if (rc == 0)
		rc = need_columns(t, err);
	if (rc == 0)
		*out = t;
	else
		vmm_table_free(t);
	return rc;
}

long vmm_net_recorded_row(const struct vmm_table *t, const char *network, const char *host)
{
	VMM_BUF_AUTO at = VMM_BUF_INIT;

	vmm__net_at(&at, network, host);
	return vmm_table_find(t, vmm_table_col(t, "at"), at.data);
}

struct news {
	const struct vmm_table *found;
	const struct vmm_strv *whole;
};

static void forget(struct vmm_table *t, const struct vmm_table *hosts, const struct vmm_strv *whole)
{
	for (size_t r = vmm_table_rows(t); r-- > 0;) {
		const char *host = vmm_table_at(t, r, "host");

		if (vmm_strv_has(whole, host) ||
		    vmm_table_find(hosts, vmm_table_col(hosts, "name"), host) < 0)
			vmm_table_del(t, r);
	}
}

static int note(struct vmm_table *t, const struct vmm_table *found, size_t from, const char *now,
		struct vmm_err *err)
{
	const char *at = vmm_table_at(found, from, "at");
	long row = vmm_table_find(t, vmm_table_col(t, "at"), at);

	if (!*vmm_table_at(found, from, "state")) {
		if (row >= 0)
			vmm_table_del(t, (size_t)row);
		return 0;
	}
	if (row < 0)
		row = vmm_table_add(t);
	for (size_t i = 0; row >= 0 && i < COLUMNS - 1; i++)
		if (vmm_table_put(t, (size_t)row, columns[i],
				  vmm_table_at(found, from, columns[i])) < 0)
			return vmm_err_nomem(err);
	return vmm_table_put(t, (size_t)row, "seen", now) < 0 ? vmm_err_nomem(err) : 0;
}

static int change(struct vmm_table **t, void *arg, struct vmm_err *err)
{
	const struct news *n = arg;
	char now[VMM_TIME_LEN + 1];
	int rc = need_columns(t[0], err);

	vmm_time_now(now);
	if (rc == 0)
		forget(t[0], t[1], n->whole);
	for (size_t r = 0; rc == 0 && r < vmm_table_rows(n->found); r++)
		rc = note(t[0], n->found, r, now, err);
	return rc;
}

int vmm__net_record(struct vmm_store *st, const struct vmm_table *found,
		    const struct vmm_strv *whole, struct vmm_err *err)
{
	static const char *const names[] = { "networks", "hosts", NULL };
	struct news n = { found, whole };

	return vmm_store_change(st, names, change, &n, err);
}
