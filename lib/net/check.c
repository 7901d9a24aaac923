/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drift, told one by one. */
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "virt/virt.h"

struct vmm__outcome *vmm__outcomes_add(struct vmm__outcomes *all)
{
	if (all->n == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 8;
		struct vmm__outcome *o = reallocarray(all->o, cap, sizeof(*o));

		if (!o)
			return NULL;
		all->o = o;
		all->cap = cap;
	}
	all->o[all->n] = (struct vmm__outcome){ .what = VMM_BUF_INIT };
	return &all->o[all->n++];
}

void vmm__outcomes_release(struct vmm__outcomes *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->o[i].network);
		vmm_buf_release(&all->o[i].what);
	}
	free(all->o);
	memset(all, 0, sizeof(*all));
}

static int tell(struct vmm__outcomes *all, const char *network, const char *result, const char *what)
{
	struct vmm__outcome *o = vmm__outcomes_add(all);

	if (!o)
		return VMM_ENOMEM;
	o->result = result;
	o->code = strcmp(result, "ok") == 0 ? 0 : VMM_EFAIL;
	vmm_buf_adds(&o->what, what);
	o->network = strdup(network);
	return o->network ? 0 : VMM_ENOMEM;
}

static int pending(struct vmm__outcomes *all, virConnectPtr conn, const struct vmm__item *item,
		   const struct vmm__look *l)
{
	VMM_STRV_AUTO users = VMM_STRV_INIT;
	VMM_BUF_AUTO what = VMM_BUF_INIT;

	vmm_buf_addf(&what, "runs with %s", l->runs.data);
	if (vmm__net_users(conn, l->net, false, &users, NULL) == 0 && users.n) {
		vmm_buf_adds(&what, "; used by ");
		vmm__net_say_users(&users, &what);
	}
	return tell(all, item->name, "pending", what.data);
}

static int tell_drift(struct vmm__outcomes *all, virConnectPtr conn, const struct vmm__item *item,
		      const struct vmm__look *l)
{
	int rc = 0;

	if (l->drift & VMM__NO_BRIDGE)
		rc = tell(all, item->name, "nobridge", l->bridge.data);
	if (rc == 0 && l->drift & VMM__MTU)
		rc = tell(all, item->name, "mtu", l->mtu.data);
	if (rc == 0 && l->drift & VMM__MISSING)
		rc = tell(all, item->name, "missing", "the host has no network of that name");
	if (rc == 0 && l->drift & VMM__FOREIGN)
		rc = tell(all, item->name, "foreign", "it was not made by vmm-utils");
	if (rc == 0 && l->drift & VMM__TRANSIENT)
		rc = tell(all, item->name, "transient", "it runs and is not defined");
	if (rc == 0 && l->drift & VMM__DIFFERS)
		rc = tell(all, item->name, "differs", l->differs.data);
	if (rc == 0 && l->drift & VMM__INACTIVE)
		rc = tell(all, item->name, "inactive", "it does not run");
	if (rc == 0 && l->drift & VMM__NO_AUTOSTART)
		rc = tell(all, item->name, "autostart", "it is not started when the host boots");
	if (rc == 0 && l->drift & VMM__RUNS_OLD && !(l->drift & (VMM__DIFFERS | VMM__TRANSIENT)))
		rc = pending(all, conn, item, l);
	if (rc == 0 && !l->drift)
		rc = tell(all, item->name, "ok", "");
	return rc;
}

int vmm__net_check(virConnectPtr conn, const struct vmm__item *item, struct vmm__outcomes *all)
{
	struct vmm_err err = { 0 };
	struct vmm__look l;
	struct vmm__outcome *o;
	int rc = vmm__net_look(conn, item, &l, &err);

	if (rc == 0) {
		rc = tell_drift(all, conn, item, &l);
		vmm__net_look_release(&l);
		return rc;
	}
	o = vmm__outcomes_add(all);
	if (!o)
		return VMM_ENOMEM;
	o->network = strdup(item->name);
	o->result = rc == VMM_EAGAIN ? "unknown" : "failed";
	o->code = rc;
	o->err = err;
	return o->network ? 0 : VMM_ENOMEM;
}

static bool among(const struct vmm__item *items, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(items[i].name, name) == 0)
			return true;
	return false;
}

static int check_stray(virNetworkPtr net, struct vmm__outcomes *all)
{
	VMM_STR_AUTO xml = vmm__net_definition(net);
	struct vmm__facts is = { 0 };
	int rc = 0;

	if (xml && vmm__facts_read(xml, &is, NULL) == 0 && is.ours)
		rc = tell(all, virNetworkGetName(net), "stray",
			  "made by vmm-utils, and no definition puts it there");
	vmm__facts_release(&is);
	return rc;
}

int vmm__net_strays(virConnectPtr conn, const struct vmm__item *items, size_t n,
		    struct vmm__outcomes *all, struct vmm_err *err)
{
	virNetworkPtr *nets = NULL;
	int found = virConnectListAllNetworks(conn, &nets, 0), rc = 0;

	if (found < 0)
		return vmm_err_virt(err, "cannot list its networks");
	for (int i = 0; i < found; i++) {
		if (rc == 0 && !among(items, n, virNetworkGetName(nets[i])))
			rc = check_stray(nets[i], all);
		virNetworkFree(nets[i]);
	}
	free(nets);
	return rc < 0 ? vmm_err_nomem(err) : 0;
}
