/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows a VM's interfaces: finds the VM, then asks its host in a job with a deadline. */
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "net/net-internal.h"
#include "scan/scan.h"
#include "virt/virt.h"
#include "virt/xmlget.h"

/* All that the job touches; it may outlive the call (base/jobs.h). */
struct task {
	char *uuid, *host, *uri, *auth_file, *folder;
	virConnectPtr conn;
	virNodeDevicePtr *devices;
	int ndevices;

	struct vmm_table *rows;
	struct vmm_err err;
};

static void free_task(void *arg)
{
	struct task *t = arg;

	for (int i = 0; i < t->ndevices; i++)
		virNodeDeviceFree(t->devices[i]);
	free(t->devices);
	if (t->conn)
		virConnectClose(t->conn);
	free(t->uuid);
	free(t->host);
	free(t->uri);
	free(t->auth_file);
	free(t->folder);
	vmm_table_free(t->rows);
	free(t);
}

/* ---- questions to the host ---- */

static char *ask_iface(void *ctx, const char *name)
{
	struct task *t = ctx;
	virInterfacePtr iface = virInterfaceLookupByName(t->conn, name);
	char *xml = iface ? virInterfaceGetXMLDesc(iface, 0) : NULL;

	if (iface)
		virInterfaceFree(iface);
	virResetLastError();
	return xml;
}

static char *ask_parent(void *ctx, const char *name)
{
	struct task *t = ctx;

	for (int i = 0; i < t->ndevices; i++) {
		VMM_STR_AUTO xml = virNodeDeviceGetXMLDesc(t->devices[i], 0);
		VMM_STR_AUTO own = xml ? vmm_xml_get(xml, "device/capability/interface") : NULL;

		if (own && strcmp(own, name) == 0)
			return vmm_xml_get(xml, "device/parent");
	}
	return NULL;
}

static void list_devices(struct task *t)
{
	t->ndevices = virConnectListAllNodeDevices(t->conn, &t->devices,
						   VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET);
	if (t->ndevices < 0)
		t->ndevices = 0;
	virResetLastError();
}

/* What there is of an interface's network, on the host and as a definition. */
static int trace_network(struct task *t, struct vmm__trace *tr, const struct vmm__nic *nic,
			 const struct vmm_strv *taps)
{
	virNetworkPtr net = *nic->network ? virNetworkLookupByName(t->conn, nic->network) : NULL;
	VMM_STR_AUTO xml = net ? virNetworkGetXMLDesc(net, 0) : NULL;
	struct vmm__nic_net of = { .xml = xml, .active = net && virNetworkIsActive(net) == 1 };
	struct vmm_net *def = NULL;
	struct vmm_err why = { 0 };
	int rc = *nic->network ? vmm_net_load(t->folder, nic->network, &def, &why) : 0;

	virResetLastError();
	if (rc < 0 && rc != VMM_ENOTFOUND)
		of.why = why.text;
	of.net = def;
	rc = vmm__trace_nic(tr, nic, &of, taps);
	vmm_net_free(def);
	if (net)
		virNetworkFree(net);
	return rc;
}

static int trace_nics(struct task *t, const char *xml)
{
	struct vmm__asker ask = { ask_iface, ask_parent, t };
	struct vmm__trace tr = { .t = t->rows, .ask = &ask, .err = &t->err };
	VMM_STRV_AUTO taps = VMM_STRV_INIT;
	struct vmm__nic *nics = NULL;
	size_t n = 0;
	int rc = vmm__nics_read(xml, &nics, &n, &t->err);

	if (rc == 0)
		rc = vmm__net_taps(t->conn, &taps, &t->err);
	for (size_t i = 0; i < n && rc == 0; i++) {
		tr.nic = nics[i].mac;
		rc = trace_network(t, &tr, &nics[i], &taps);
	}
	vmm__nics_free(nics, n);
	return rc;
}

static int run_task(void *arg)
{
	struct task *t = arg;
	VMM_STR_AUTO xml = NULL;
	virDomainPtr dom;

	if (vmm_virt_open(t->uri, t->auth_file, &t->conn, &t->err) < 0)
		return vmm_err_prefix(&t->err, "host '%s'", t->host);
	dom = virDomainLookupByUUIDString(t->conn, t->uuid);
	if (dom)
		xml = virDomainGetXMLDesc(dom, 0);
	if (dom)
		virDomainFree(dom);
	if (!xml)
		return vmm_err_virt(&t->err, "host '%s'", t->host);
	list_devices(t);
	return trace_nics(t, xml);
}

/* ---- the call ---- */

static struct task *new_task(const struct vmm_place *place, const char *folder)
{
	static const char *const columns[] = { "nic", "level", "kind", "name", "detail", NULL };
	struct task *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->uuid = strdup(vmm_table_at(place->vm, 0, "uuid"));
	t->host = strdup(vmm_table_at(place->vm, 0, "host"));
	t->uri = strdup(vmm_table_at(place->host, 0, "uri"));
	t->auth_file = strdup(vmm_table_at(place->host, 0, "auth_file"));
	t->folder = strdup(folder);
	t->rows = vmm_table_new(columns);
	if (t->uuid && t->host && t->uri && t->auth_file && t->folder && t->rows)
		return t;
	free_task(t);
	return NULL;
}

struct answer {
	struct vmm_table *rows;
	const char *host;
	struct vmm_err *err;
};

static int ended(struct vmm_job *job, void *ctx)
{
	struct answer *a = ctx;
	struct task *t = job->arg;

	if (job->state == VMM_JOB_SKIPPED || job->code == VMM_ECANCEL)
		return vmm_err_set(a->err, VMM_ECANCEL, "cancelled");
	if (job->state == VMM_JOB_TIMEOUT)
		return vmm_err_set(a->err, VMM_EAGAIN, "host '%s': no answer within %g s", a->host,
				   (double)job->limit_ms / 1000);
	if (job->code < 0)
		return vmm_err_set(a->err, t->err.code, "%s", t->err.text);
	a->rows = t->rows;
	t->rows = NULL;
	return 0;
}

static int ask_host(const struct vmm_place *place, const char *folder,
		    const struct vmm_net_options *opt, struct vmm_table **out, struct vmm_err *err)
{
	const char *name = vmm_table_at(place->vm, 0, "host");
	struct answer a = { NULL, name, err };
	struct vmm_jobs_limits limits = { .jobs = 1, .give_up = true };
	struct vmm_job job = { .run = run_task,
			       .free_arg = free_task,
			       .limit_ms = opt->timeout_ms ? opt->timeout_ms : VMM__NET_TIMEOUT_MS };
	int rc;

	if (!vmm_table_rows(place->host))
		return vmm_err_set(err, VMM_ENOTFOUND, "its host '%s' is not declared", name);
	job.arg = new_task(place, folder);
	if (!job.arg)
		return vmm_err_nomem(err);
	rc = vmm_jobs_run(&job, 1, &limits, opt->cancel, ended, &a, err);
	if (rc == 0 && !a.rows)
		rc = err->code;
	if (rc == 0)
		*out = a.rows;
	return rc;
}

int vmm_net_trace(struct vmm_store *st, const char *selector, const char *folder,
		  const struct vmm_net_options *opt, struct vmm_table **out, char **changed,
		  struct vmm_err *err)
{
	struct vmm_scan_options look = { .timeout_ms = opt->timeout_ms, .cancel = opt->cancel };
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_place place = VMM_PLACE_INIT;
	int rc = vmm_inventory_read(st, &inv, err);

	if (rc == 0)
		rc = vmm_scan_locate(st, &inv, selector, &look, &place, err);
	if (rc == 0)
		rc = ask_host(&place, folder, opt, out, err);
	if (rc == 0) {
		*changed = place.changed;
		place.changed = NULL;
	}
	vmm_place_release(&place);
	return rc;
}
