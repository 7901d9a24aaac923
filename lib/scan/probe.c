/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at single objects. */
#include <stdlib.h>
#include <string.h>

#include "scan/scan-internal.h"
#include "virt/virt.h"

static struct vmm__visit *visit_to(const char *uri, const char *auth_file, uint64_t timeout_ms)
{
	static const char *const columns[] = { "name", "uri", "auth_file", NULL };
	const struct vmm_scan_options opt = { .timeout_ms = timeout_ms, .full = true };
	VMM_TABLE_AUTO *hosts = vmm_table_new(columns);
	struct vmm__visit *v;

	if (!hosts || vmm_table_add(hosts) < 0 || vmm_table_set(hosts, 0, 1, uri) < 0 ||
	    vmm_table_set(hosts, 0, 2, auth_file ? auth_file : "") < 0)
		return NULL;
	v = vmm__visit_new(hosts, 0, &opt);
	if (v)
		v->host_only = true;
	return v;
}

int vmm_scan_probe(const char *uri, const char *auth_file, uint64_t timeout_ms,
		   struct vmm_table **host, struct vmm_err *err)
{
	const struct vmm_scan_options opt = { .jobs = 1 };
	struct vmm__visit *v = visit_to(uri, auth_file, timeout_ms);
	struct vmm__outcome o = { 0 };
	int rc = v ? vmm__visit_all(&v, 1, &opt, &o, err) : vmm_err_nomem(err);

	if (rc == 0 && o.code) {
		rc = o.code;
		if (err)
			*err = o.err;
	} else if (rc == 0 && vmm_table_put(o.host, 0, "seen", o.at) < 0) {
		rc = vmm_err_nomem(err);
	} else if (rc == 0) {
		*host = o.host;
		o.host = NULL;
	}
	vmm__outcome_release(&o);
	return rc;
}
