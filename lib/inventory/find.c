/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One VM by what a person calls it. */
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/percent.h"
#include "inventory/internal.h"

#define MAX_SHOWN 5

/* A name as it stands, and percent-decoded ("" if it can't be). */
struct spelling {
	const char *plain;
	struct vmm_buf decoded;
};

/* The readings of a selector. */
struct reading {
	struct spelling name;
	struct vmm_buf host;        /* of HOST/NAME, and behind the slash: */
	struct spelling name_there; /* plain NULL: no slash */
	char uuid[VMM_UUID_LEN + 1];
};

struct candidates {
	size_t rows[MAX_SHOWN];
	size_t n; /* may be more than are in rows */
};

static void spell(struct spelling *s, const char *text)
{
	s->plain = text;
	vmm_percent_decode(&s->decoded, text);
}

/* esx allows a slash in a name, so what has one may be a name too. */
static int reading_init(struct reading *r, const char *selector, struct vmm_err *err)
{
	const char *slash = strchr(selector, '/');

	*r = (struct reading){ .name.decoded = VMM_BUF_INIT,
			       .host = VMM_BUF_INIT,
			       .name_there.decoded = VMM_BUF_INIT };
	spell(&r->name, selector);
	if (slash) {
		vmm_buf_add(&r->host, selector, (size_t)(slash - selector));
		spell(&r->name_there, slash + 1);
	}
	if (!vmm_uuid_parse(selector, r->uuid))
		r->uuid[0] = '\0';
	return r->host.failed || r->name.decoded.failed || r->name_there.decoded.failed
		       ? vmm_err_nomem(err)
		       : 0;
}

static void reading_release(struct reading *r)
{
	vmm_buf_release(&r->name.decoded);
	vmm_buf_release(&r->host);
	vmm_buf_release(&r->name_there.decoded);
}

static bool spells(const struct spelling *s, const char *name)
{
	return s->plain && *name &&
	       (strcmp(name, s->plain) == 0 || strcmp(name, s->decoded.data) == 0);
}

static bool means(const struct reading *r, const struct vmm_table *vms, size_t row)
{
	const char *name = vmm_table_at(vms, row, "name");

	return spells(&r->name, name) || (spells(&r->name_there, name) &&
					  strcmp(vmm_table_at(vms, row, "host"), r->host.data) == 0);
}

static int ambiguous(const struct vmm_table *vms, const char *selector, const struct candidates *c,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO list = VMM_BUF_INIT;

	for (size_t i = 0; i < c->n && i < MAX_SHOWN; i++) {
		vmm_buf_addf(&list, "%s%s/", i > 0 ? ", " : "",
			     vmm_table_at(vms, c->rows[i], "host"));
		vmm_percent_encode(&list, vmm_table_at(vms, c->rows[i], "name"));
		vmm_buf_addf(&list, " (%s)", vmm_table_at(vms, c->rows[i], "uuid"));
	}
	if (c->n > MAX_SHOWN)
		vmm_buf_addf(&list, " and %zu more", c->n - MAX_SHOWN);
	if (list.failed)
		return vmm_err_nomem(err);
	return vmm_err_set(err, VMM_EREFUSED, "VM '%s' is ambiguous: %s", selector, list.data);
}

int vmm_inventory_find_vm(const struct vmm_inventory *inv, const char *selector, size_t *row,
			  struct vmm_err *err)
{
	struct candidates found = { .n = 0 };
	struct reading r;
	long known = -1;
	int rc;

	rc = reading_init(&r, selector, err);
	if (rc == 0 && r.uuid[0])
		known = vmm_table_find(inv->vms, vmm_table_col(inv->vms, "uuid"), r.uuid);
	for (size_t i = 0; i < vmm_table_rows(inv->vms) && rc == 0 && known < 0; i++) {
		if (!means(&r, inv->vms, i))
			continue;
		if (found.n < MAX_SHOWN)
			found.rows[found.n] = i;
		found.n++;
	}
	reading_release(&r);
	if (rc < 0)
		return rc;
	if (known >= 0) {
		*row = (size_t)known;
		return 0;
	}
	if (found.n > 1)
		return ambiguous(inv->vms, selector, &found, err);
	if (found.n == 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no VM '%s' is known", selector);
	*row = found.rows[0];
	return 0;
}
