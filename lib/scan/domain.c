/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One VM, all that can be known of it. */
#include <string.h>

#include "base/clock.h"
#include "scan/scan-internal.h"
#include "virt/virt.h"

#define AGENT_TIME_MS 2000

static const char *yes_no(int flag)
{
	return flag ? "yes" : "no";
}

static int put_all(struct vmm_table *vms, size_t row, const char *const pairs[][2], size_t n,
		   struct vmm_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = vmm__cell(vms, row, pairs[i][0], pairs[i][1], err);
	return rc;
}

/* What goes without its XML. Empty: the driver doesn't know. */
static int put_basics(virDomainPtr dom, const char *host, int state, int reason,
		      struct vmm_table *vms, size_t row, struct vmm_err *err)
{
	char uuid[VIR_UUID_STRING_BUFLEN], now[VMM_TIME_LEN + 1];
	int persistent = virDomainIsPersistent(dom), autostart = 0;
	bool told = virDomainGetAutostart(dom, &autostart) == 0;
	const char *s = vmm_virt_state(state, reason);

	if (virDomainGetUUIDString(dom, uuid) < 0)
		return vmm_err_virt(err, "cannot read the UUID");
	vmm_time_now(now);
	const char *const pairs[][2] = {
		{ "uuid", uuid },
		{ "host", host },
		{ "name", virDomainGetName(dom) },
		{ "state", s },
		{ "last", s },
		{ "seen", now },
		{ "autostart", told ? yes_no(autostart) : "" },
		{ "persistent", persistent < 0 ? "" : yes_no(persistent) },
	};
	return put_all(vms, row, pairs, sizeof(pairs) / sizeof(*pairs), err);
}

static int put_details(virDomainPtr dom, int state, struct vmm_table *vms, size_t row,
		       struct vmm_err *err)
{
	const struct vmm__asked asked = { dom, row };
	struct vmm__detail d = { 0 };
	int rc = vmm__detail_xml(dom, vms, row, &d, err);

	/* A name that XML can't hold, by virDomainRename(): all but the details is known. */
	if (rc == VMM_EINPUT)
		return 0;
	if (rc == 0)
		rc = vmm__detail_snapshots(dom, vms, row, err);
	if (rc < 0 || !vmm_virt_active(state))
		return rc;
	if (!d.agent || state != VIR_DOMAIN_RUNNING)
		return vmm__detail_addresses(dom, vms, row, &d, err);
	return vmm__agents_ask(&asked, 1, "", "", vms, vmm_clock_ms() + AGENT_TIME_MS, err);
}

int vmm_scan_domain(virDomainPtr dom, const char *host, struct vmm_table *vms, struct vmm_err *err)
{
	static const char *const empty[] = { "vcpus", "mem", "guest", "addresses", "also" };
	int state, reason, rc = 0;
	long row;

	if (virDomainGetState(dom, &state, &reason, 0) < 0)
		return vmm_err_virt(err, "cannot read the state");
	row = vmm_table_add(vms);
	if (row < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty) && rc == 0; i++)
		rc = vmm__cell(vms, (size_t)row, empty[i], "", err);
	if (rc == 0)
		rc = put_basics(dom, host, state, reason, vms, (size_t)row, err);
	if (rc == 0)
		rc = put_details(dom, state, vms, (size_t)row, err);
	if (rc < 0)
		vmm_table_del(vms, (size_t)row);
	return rc;
}
