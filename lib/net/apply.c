/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes one network on one host as it is wanted, or takes it away. */
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "virt/virt.h"

#define TRIES 3

static void did(struct vmm__outcome *o, const char *what)
{
	vmm_buf_addf(&o->what, "%s%s", o->what.len ? ", " : "", what);
}

static int end(struct vmm__outcome *o, const char *result, int code)
{
	o->result = result;
	o->code = code;
	return code;
}

static void end_failed(struct vmm__outcome *o)
{
	bool refused = o->err.code == VMM_EREFUSED || o->err.code == VMM_ENOTFOUND;

	end(o, refused ? "refused" : "failed", o->err.code);
}

/*
 * The drivers of one host (QEMU and LXC, say) share its networks, so two declared hosts may be one
 * here, worked on at the same moment. Whoever comes second fails in the middle, and has another look.
 */
static bool again(struct vmm__outcome *o, unsigned tries)
{
	if (tries > 0 && (tries == TRIES || (o->code != VMM_EFAIL && o->code != VMM_ENOTFOUND)))
		return false;
	vmm_buf_reset(&o->what);
	o->err = (struct vmm_err){ 0 };
	return true;
}

/* The wanted XML with what the network is to keep: its UUID, and a bridge that libvirt chose. */
static char *with_identity(const struct vmm__item *item, const struct vmm__look *l)
{
	static const char begin[] = "<network>\n";
	VMM_BUF_AUTO xml = VMM_BUF_INIT;

	vmm_buf_adds(&xml, begin);
	if (l->uuid && *l->uuid)
		vmm_buf_addf(&xml, "  <uuid>%s</uuid>\n", l->uuid);
	if (l->keep_bridge && *l->keep_bridge)
		vmm_buf_addf(&xml, "  <bridge name='%s'/>\n", l->keep_bridge);
	vmm_buf_adds(&xml, item->xml + sizeof(begin) - 1);
	return vmm_buf_steal(&xml);
}

static int define(virConnectPtr conn, const struct vmm__item *item, struct vmm__look *l,
		  struct vmm__outcome *o)
{
	VMM_STR_AUTO xml = with_identity(item, l);
	virNetworkPtr net;

	if (!xml)
		return vmm_err_nomem(&o->err);
	net = virNetworkDefineXML(conn, xml);
	if (!net)
		return vmm_err_virt(&o->err, "cannot define it");
	if (l->net)
		virNetworkFree(l->net);
	l->net = net;
	return 0;
}

static void say_defined(const struct vmm__look *l, struct vmm__outcome *o)
{
	if (l->drift & VMM__MISSING)
		did(o, "defined");
	if (l->drift & VMM__FOREIGN)
		did(o, "adopted");
	if (l->drift & VMM__TRANSIENT)
		did(o, "defined what only ran");
	if (l->drift & VMM__DIFFERS) {
		did(o, "redefined: ");
		vmm_buf_adds(&o->what, l->differs.data);
	}
}

static int start(virNetworkPtr net, struct vmm__outcome *o, bool dry_run)
{
	if (!dry_run && virNetworkCreate(net) < 0)
		return vmm_err_virt(&o->err, "cannot start it");
	did(o, "started");
	return 0;
}

/* What runs is taken down only when no VM is on it. */
static int restart(virConnectPtr conn, struct vmm__look *l, struct vmm__outcome *o, bool dry_run)
{
	VMM_STRV_AUTO users = VMM_STRV_INIT;
	int rc = vmm__net_users(conn, l->net, false, &users, &o->err);

	if (rc < 0)
		return rc;
	if (users.n) {
		did(o, "runs on ");
		if (l->drift & VMM__DIFFERS)
			vmm_buf_adds(&o->what, "as before");
		else
			vmm_buf_addf(&o->what, "with %s,", l->runs.data);
		vmm_buf_adds(&o->what, " until these VMs have stopped: ");
		vmm__net_say_users(&users, &o->what);
		return VMM_EREFUSED;
	}
	if (!dry_run && (virNetworkDestroy(l->net) < 0 || virNetworkCreate(l->net) < 0))
		return vmm_err_virt(&o->err, "cannot restart it");
	did(o, "restarted");
	return 0;
}

static int refuse(struct vmm__outcome *o, const char *why)
{
	return vmm_err_set(&o->err, VMM_EREFUSED, "%s", why);
}

static int may(const struct vmm__look *l, bool adopt, struct vmm__outcome *o)
{
	if (l->drift & VMM__NO_BRIDGE)
		return refuse(o, l->bridge.data);
	if (l->drift & VMM__FOREIGN && !adopt)
		return refuse(o, "the host has a network of that name that vmm-utils did not make; "
				 "--adopt takes it over");
	return 0;
}

static int mend(virConnectPtr conn, const struct vmm__item *item, struct vmm__look *l, bool dry_run,
		struct vmm__outcome *o)
{
	bool renew = l->drift & (VMM__MISSING | VMM__FOREIGN | VMM__TRANSIENT | VMM__DIFFERS);
	int rc = renew && !dry_run ? define(conn, item, l, o) : 0;

	if (rc < 0)
		return rc;
	say_defined(l, o);
	if (l->drift & (VMM__MISSING | VMM__TRANSIENT | VMM__NO_AUTOSTART)) {
		if (!dry_run && virNetworkSetAutostart(l->net, 1) < 0)
			return vmm_err_virt(&o->err, "cannot have it started at boot");
		if (l->drift & VMM__NO_AUTOSTART)
			did(o, "autostart");
	}
	if (l->drift & (VMM__MISSING | VMM__INACTIVE))
		rc = start(l->net, o, dry_run);
	else if (l->drift & VMM__RUNS_OLD)
		rc = restart(conn, l, o, dry_run);
	if (rc < 0 || !(l->drift & VMM__MTU))
		return rc;
	did(o, l->mtu.data);
	return VMM_EREFUSED;
}

static void conclude(const struct vmm__look *l, int rc, bool dry_run, struct vmm__outcome *o)
{
	if (rc == VMM_EREFUSED && !o->err.code)
		end(o, "pending", rc);
	else if (rc < 0)
		end_failed(o);
	else if (!l->drift)
		end(o, "already", 0);
	else if (dry_run)
		end(o, "possible", 0);
	else
		end(o, l->drift & VMM__MISSING ? "created" : "changed", 0);
}

static void try_apply(virConnectPtr conn, const struct vmm__item *item, bool adopt, bool dry_run,
		      struct vmm__outcome *o)
{
	struct vmm__look l;
	int rc = vmm__net_look(conn, item, &l, &o->err);

	if (rc < 0) {
		end_failed(o);
		return;
	}
	rc = may(&l, adopt, o);
	if (rc == 0)
		rc = mend(conn, item, &l, dry_run, o);
	conclude(&l, rc, dry_run, o);
	vmm__net_look_release(&l);
}

void vmm__net_apply(virConnectPtr conn, const struct vmm__item *item, bool adopt, bool dry_run,
		    struct vmm__outcome *o)
{
	for (unsigned tries = 0; again(o, tries); tries++)
		try_apply(conn, item, adopt, dry_run, o);
}

/* ---- removal ---- */

static int check_removal(virConnectPtr conn, virNetworkPtr net, struct vmm__outcome *o)
{
	VMM_STR_AUTO xml = vmm__net_definition(net);
	VMM_STRV_AUTO users = VMM_STRV_INIT;
	VMM_BUF_AUTO who = VMM_BUF_INIT;
	struct vmm__facts is = { 0 };
	bool ours;

	if (!xml)
		return vmm_err_virt(&o->err, "cannot read its definition");
	if (vmm__facts_read(xml, &is, &o->err) < 0)
		return o->err.code;
	ours = is.ours;
	vmm__facts_release(&is);
	if (!ours)
		return refuse(o, "vmm-utils did not make it");
	if (vmm__net_users(conn, net, true, &users, &o->err) < 0)
		return o->err.code;
	if (!users.n)
		return 0;
	vmm__net_say_users(&users, &who);
	return vmm_err_set(&o->err, VMM_EREFUSED, "used by %s", who.data);
}

static int take_away(virNetworkPtr net, struct vmm__outcome *o)
{
	if (virNetworkIsActive(net) == 1 && virNetworkDestroy(net) < 0)
		return vmm_err_virt(&o->err, "cannot stop it");
	did(o, "stopped");
	if (virNetworkIsPersistent(net) == 1 && virNetworkUndefine(net) < 0)
		return vmm_err_virt(&o->err, "cannot undefine it");
	did(o, "undefined");
	return 0;
}

static void try_remove(virConnectPtr conn, const struct vmm__item *item, bool dry_run,
		       struct vmm__outcome *o)
{
	virNetworkPtr net = virNetworkLookupByName(conn, item->name);
	int rc;

	if (!net) {
		rc = vmm_err_virt(&o->err, "cannot look for it");
		if (rc == VMM_ENOTFOUND) {
			o->err = (struct vmm_err){ 0 };
			end(o, "already", 0);
		} else {
			end_failed(o);
		}
		return;
	}
	rc = check_removal(conn, net, o);
	if (rc == 0 && !dry_run)
		rc = take_away(net, o);
	if (rc < 0)
		end_failed(o);
	else
		end(o, dry_run ? "possible" : "removed", 0);
	virNetworkFree(net);
}

void vmm__net_remove(virConnectPtr conn, const struct vmm__item *item, bool dry_run,
		     struct vmm__outcome *o)
{
	for (unsigned tries = 0; again(o, tries); tries++)
		try_remove(conn, item, dry_run, o);
}
