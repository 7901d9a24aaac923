/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a new VM goes: of the hosts that may have it, to the one with the most room. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "provision/internal.h"

static uint64_t number(const struct vmm_table *t, size_t row, const char *column)
{
	uint64_t n = 0;

	vmm_num_u64(column, vmm_table_at(t, row, column), 0, UINT64_MAX, &n, NULL);
	return n;
}

/*
 * Room is the memory that is neither used nor promised: a guest that has not touched its memory yet
 * will.
 */
int vmm__place_init(struct vmm__place *p, const struct vmm_inventory *inv, struct vmm_err *err)
{
	size_t n = vmm_table_rows(inv->hosts);

	p->inv = inv;
	p->room = calloc(n + 1, sizeof(*p->room));
	p->vms = calloc(n + 1, sizeof(*p->vms));
	if (!p->room || !p->vms)
		return vmm_err_nomem(err);
	for (size_t v = 0; v < vmm_table_rows(inv->vms); v++) {
		long h = vmm_inventory_host(inv, vmm_table_at(inv->vms, v, "host"));

		if (h < 0 || strcmp(vmm_table_at(inv->vms, v, "state"), "stop") == 0)
			continue;
		p->room[h] += number(inv->vms, v, "mem"); /* promised, for now */
		p->vms[h]++;
	}
	for (size_t h = 0; h < n; h++) {
		uint64_t total = number(inv->hosts, h, "mem_total");
		uint64_t used = number(inv->hosts, h, "mem_used");

		if (p->room[h] > used)
			used = p->room[h];
		p->room[h] = total > used ? total - used : 0;
	}
	return 0;
}

void vmm__place_release(struct vmm__place *p)
{
	free(p->room);
	free(p->vms);
}

/* Why it can't be this host; NULL: it can. */
static const char *against(const struct vmm__place *p, size_t h, const struct vmm_template *t)
{
	const struct vmm_table *hosts = p->inv->hosts;

	if (strcmp(vmm_table_at(hosts, h, "state"), "normal") != 0)
		return "did not answer the last visit (host-scan visits it again)";
	if (strcmp(vmm_table_at(hosts, h, "hypervisor"), "qemu") != 0)
		return "is no QEMU host";
	if (strcmp(vmm_table_at(hosts, h, "maint"), "yes") == 0)
		return "is in maintenance";
	if (*t->hardware.arch && strcmp(vmm_table_at(hosts, h, "arch"), t->hardware.arch) != 0)
		return "has another architecture";
	if (p->room[h] < t->hardware.memory)
		return "has too little memory free";
	return NULL;
}

static bool asked_for(const struct vmm__place *p, size_t h, const struct vmm_template *t)
{
	if (t->hosts.n > 0 && !vmm_strv_has(&t->hosts, vmm_table_at(p->inv->hosts, h, "name")))
		return false;
	return !*t->group || strcmp(vmm_table_at(p->inv->hosts, h, "group"), t->group) == 0;
}

static bool better(const struct vmm__place *p, size_t a, long b)
{
	if (b < 0 || p->room[a] != p->room[b])
		return b < 0 || p->room[a] > p->room[b];
	return p->vms[a] < p->vms[b];
}

long vmm__place(struct vmm__place *p, const struct vmm_template *t, struct vmm_err *err)
{
	const char *why = NULL, *whom = "";
	size_t refused = 0;
	long best = -1;

	for (size_t i = 0; i < t->hosts.n; i++)
		if (vmm_inventory_host(p->inv, t->hosts.s[i]) < 0)
			return vmm_err_set(err, VMM_ENOTFOUND, "no host '%s'", t->hosts.s[i]);
	for (size_t h = 0; h < vmm_table_rows(p->inv->hosts); h++) {
		const char *reason = asked_for(p, h, t) ? against(p, h, t) : "";

		if (reason && *reason) {
			why = reason;
			whom = vmm_table_at(p->inv->hosts, h, "name");
			refused++;
		} else if (!reason && better(p, h, best)) {
			best = (long)h;
		}
	}
	if (best < 0 && refused > 1)
		return vmm_err_set(err, VMM_EREFUSED, "none of %zu hosts can take it: '%s' %s, ...",
				   refused, whom, why);
	if (best < 0 && refused == 1)
		return vmm_err_set(err, VMM_EREFUSED, "host '%s' %s", whom, why);
	if (best < 0 && *t->group)
		return vmm_err_set(err, VMM_ENOTFOUND, "no host that it may have is of group '%s'",
				   t->group);
	if (best < 0)
		return vmm_err_set(err, VMM_ENOTFOUND, "no host for it is declared");
	p->room[best] -= t->hardware.memory;
	p->vms[best]++;
	return best;
}
