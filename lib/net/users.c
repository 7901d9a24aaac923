/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which VMs use a network, and which host devices are theirs. */
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "virt/domxml.h"
#include "virt/virt.h"
#include "virt/xmlget.h"

#define NAMES_MAX 5

static int add_once(struct vmm_strv *names, const char *name)
{
	return vmm_strv_has(names, name) ? 0 : vmm_strv_add(names, name);
}

/* What a VM's XML says; one that is gone meanwhile says nothing. */
static struct vmm_domxml *read_vm(virDomainPtr dom, unsigned flags)
{
	VMM_STR_AUTO xml = virDomainGetXMLDesc(dom, flags);
	struct vmm_domxml *d = NULL;

	if (!xml || vmm_domxml_parse(xml, &d, NULL) < 0)
		return NULL;
	return d;
}

static bool uses(virDomainPtr dom, unsigned flags, const char *network)
{
	struct vmm_domxml *d = read_vm(dom, flags);
	bool found = false;

	for (size_t i = 0; d && i < d->nnics; i++)
		found |= strcmp(d->nics[i].type, "network") == 0 &&
			 strcmp(d->nics[i].source, network) == 0;
	vmm_domxml_free(d);
	return found;
}

static int list_vms(virConnectPtr conn, unsigned flags, virDomainPtr **vms, struct vmm_err *err)
{
	int n = virConnectListAllDomains(conn, vms, flags);

	return n < 0 ? vmm_err_virt(err, "cannot list its VMs") : n;
}

static void free_vms(virDomainPtr *vms, int n)
{
	for (int i = 0; i < n; i++)
		virDomainFree(vms[i]);
	free(vms);
}

static int by_vms(virConnectPtr conn, const char *network, bool all, struct vmm_strv *names,
		  struct vmm_err *err)
{
	virDomainPtr *vms = NULL;
	int n = list_vms(conn, all ? 0 : VIR_CONNECT_LIST_DOMAINS_ACTIVE, &vms, err), rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		if (uses(vms[i], 0, network) ||
		    (all && uses(vms[i], VIR_DOMAIN_XML_INACTIVE, network)))
			rc = add_once(names, virDomainGetName(vms[i]));
	if (n < 0)
		return n;
	free_vms(vms, n);
	virResetLastError();
	return rc < 0 ? vmm_err_nomem(err) : 0;
}

/* What is plugged in, also by VMs of other drivers of this host, which we don't see otherwise. */
static int by_ports(virNetworkPtr net, struct vmm_strv *names, struct vmm_err *err)
{
	virNetworkPortPtr *ports = NULL;
	int n = virNetworkListAllPorts(net, &ports, 0), rc = 0;

	for (int i = 0; i < n; i++) {
		VMM_STR_AUTO xml = virNetworkPortGetXMLDesc(ports[i], 0);
		VMM_STR_AUTO owner = xml ? vmm_xml_get(xml, "networkport/owner/name") : NULL;

		if (owner && rc == 0)
			rc = add_once(names, owner);
		virNetworkPortFree(ports[i]);
	}
	free(ports);
	virResetLastError(); /* drivers that have no ports */
	return rc < 0 ? vmm_err_nomem(err) : 0;
}

int vmm__net_users(virConnectPtr conn, virNetworkPtr net, bool all, struct vmm_strv *names,
		   struct vmm_err *err)
{
	int rc = by_vms(conn, virNetworkGetName(net), all, names, err);

	if (rc == 0)
		rc = by_ports(net, names, err);
	if (rc == 0)
		vmm_strv_sort(names, 0);
	return rc;
}

void vmm__net_say_users(const struct vmm_strv *names, struct vmm_buf *out)
{
	for (size_t i = 0; i < names->n && i < NAMES_MAX; i++)
		vmm_buf_addf(out, "%s%s", i ? ", " : "", names->s[i]);
	if (names->n > NAMES_MAX)
		vmm_buf_addf(out, " and %zu more", names->n - NAMES_MAX);
}

int vmm__net_taps(virConnectPtr conn, struct vmm_strv *names, struct vmm_err *err)
{
	virDomainPtr *vms = NULL;
	int n = list_vms(conn, VIR_CONNECT_LIST_DOMAINS_ACTIVE, &vms, err), rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		struct vmm_domxml *d = read_vm(vms[i], 0);

		for (size_t k = 0; d && k < d->nnics && rc == 0; k++)
			if (*d->nics[k].target)
				rc = add_once(names, d->nics[k].target);
		vmm_domxml_free(d);
	}
	if (n < 0)
		return n;
	free_vms(vms, n);
	virResetLastError();
	return rc < 0 ? vmm_err_nomem(err) : 0;
}
