/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "plan/internal.h"

static struct vmm_fleet *fleet_new(const struct vmm_fleet_input *in)
{
	struct vmm_fleet *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->groups = in->groups;
	f->ngroups = in->ngroups;
	f->hosts = calloc(vmm_table_rows(in->hosts) + 1, sizeof(*f->hosts));
	f->vms = calloc(vmm_table_rows(in->vms) + 1, sizeof(*f->vms));
	f->more = calloc(1, sizeof(*f->more));
	if (f->hosts && f->vms && f->more)
		return f;
	vmm_fleet_free(f);
	return NULL;
}

int vmm_fleet_read(const struct vmm_fleet_input *in, struct vmm_fleet **out, struct vmm_err *err)
{
	struct vmm_fleet *f = fleet_new(in);
	int rc;

	if (!f)
		return vmm_err_nomem(err);
	rc = vmm__fleet_hosts(f, in, err);
	if (rc == 0)
		rc = vmm__fleet_vms(f, in, err);
	if (rc == 0)
		rc = vmm__fleet_rules(f, err);
	if (rc == 0)
		*out = f;
	else
		vmm_fleet_free(f);
	return rc;
}

void vmm_fleet_free(struct vmm_fleet *f)
{
	if (!f)
		return;
	for (size_t i = 0; f->more && i < f->more->nrules; i++) {
		free(f->more->rules[i].vms);
		free(f->more->rules[i].hosts);
	}
	if (f->more) {
		vmm__arena_release(&f->more->text);
		free(f->more->rules);
		free(f->more->of);
		free(f->more->from);
	}
	free(f->more);
	free(f->hosts);
	free(f->vms);
	free(f);
}

void vmm_fleet_cleanup(struct vmm_fleet **f)
{
	vmm_fleet_free(*f);
}

static int compare(const void *key, const void *host)
{
	return strcmp(key, ((const struct vmm_fleet_host *)host)->name);
}

uint32_t vmm__fleet_host(const struct vmm_fleet *f, const char *name)
{
	const struct vmm_fleet_host *h =
		bsearch(name, f->hosts, f->nhosts, sizeof(*f->hosts), compare);

	return h ? (uint32_t)(h - f->hosts) : VMM__NONE;
}
