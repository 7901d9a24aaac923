/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the inventory knows a holder: as a VM's UUID, NAME or HOST/NAME, or as a host's name or UUID,
 * or a machine's that was deployed;
 * or whether there is work under way for it, which took its addresses first.
 */
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "pool/internal.h"

static const char *const tables[] = { "vms", "hosts", "machines", NULL };

int vmm__holders_read(struct vmm_store *st, struct vmm__holders *h, struct vmm_err *err)
{
	/* In this order: work that has ended meanwhile has put its VM into the inventory before. */
	int rc = vmm_intent_list(st, &h->open, err);

	if (rc < 0)
		return rc;
	rc = vmm_store_read(st, tables, h->tables, err);
	if (rc < 0) {
		vmm__holders_release(h);
		return rc;
	}
	h->uuids = vmm_index_new(h->tables[0], vmm_table_col(h->tables[0], "uuid"));
	h->names = vmm_index_new(h->tables[0], vmm_table_col(h->tables[0], "name"));
	h->hosts = vmm_index_new(h->tables[1], vmm_table_col(h->tables[1], "name"));
	h->machines = vmm_index_new(h->tables[1], vmm_table_col(h->tables[1], "uuid"));
	h->deployed = vmm_index_new(h->tables[2], vmm_table_col(h->tables[2], "uuid"));
	if (h->uuids && h->names && h->hosts && h->machines && h->deployed)
		return 0;
	vmm__holders_release(h);
	return vmm_err_nomem(err);
}

void vmm__holders_release(struct vmm__holders *h)
{
	vmm_index_free(h->uuids);
	vmm_index_free(h->names);
	vmm_index_free(h->hosts);
	vmm_index_free(h->machines);
	vmm_index_free(h->deployed);
	vmm_table_free(h->open);
	vmm_table_free(h->tables[0]);
	vmm_table_free(h->tables[1]);
	vmm_table_free(h->tables[2]);
	*h = (struct vmm__holders){ .uuids = NULL };
}

static bool knows_on_host(const struct vmm__holders *h, const char *holder)
{
	const char *slash = strchr(holder, '/');
	const struct vmm_table *vms = h->tables[0];

	for (size_t i = 0; slash && i < vmm_table_rows(vms); i++) {
		const char *host = vmm_table_at(vms, i, "host");

		if (strlen(host) == (size_t)(slash - holder) &&
		    strncmp(host, holder, strlen(host)) == 0 &&
		    strcmp(vmm_table_at(vms, i, "name"), slash + 1) == 0)
			return true;
	}
	return false;
}

/* As subject, or by the UUID that a detail names. */
static bool works_for(const struct vmm__holders *h, const char *holder)
{
	char id[VMM_UUID_LEN + 1];
	bool uuid = vmm_uuid_parse(holder, id);

	for (size_t i = 0; i < vmm_table_rows(h->open); i++)
		if (strcmp(vmm_table_at(h->open, i, "subject"), holder) == 0 ||
		    (uuid && strstr(vmm_table_at(h->open, i, "detail"), id)))
			return true;
	return false;
}

bool vmm__holders_know(const struct vmm__holders *h, const char *holder)
{
	return vmm_index_find(h->uuids, holder) >= 0 || vmm_index_find(h->names, holder) >= 0 ||
	       vmm_index_find(h->hosts, holder) >= 0 || vmm_index_find(h->machines, holder) >= 0 ||
	       vmm_index_find(h->deployed, holder) >= 0 || works_for(h, holder) ||
	       knows_on_host(h, holder);
}
