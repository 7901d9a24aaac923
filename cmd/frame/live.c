/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/live.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/clock.h"
#include "scan/scan.h"

struct scanner {
	__typeof__(vmm_scan_visit) *visit;
	__typeof__(vmm_scan_free) *release;
};

static int load(struct scanner *s, struct vmm_err *err)
{
	void *lib = dlopen("libvmm.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!lib)
		return vmm_err_set(err, VMM_EFAIL, "cannot load libvmm: %s", dlerror());
	/* ISO C has no way from an object pointer to a function pointer; POSIX's is this. */
	*(void **)&s->visit = dlsym(lib, "vmm_scan_visit");
	*(void **)&s->release = dlsym(lib, "vmm_scan_free");
	if (!s->visit || !s->release)
		return vmm_err_set(err, VMM_EFAIL, "libvmm is of another version: %s", dlerror());
	return 0;
}

static int merge(struct cmd_run *c, struct vmm_inventory *inv, const struct vmm_scan *scan)
{
	char now[VMM_TIME_LEN + 1];

	for (size_t i = 0; i < scan->n; i++)
		if (!scan->seen[i].answered)
			cmd_say(c, "host '%s': %s", scan->seen[i].name, scan->seen[i].error);
	vmm_time_now(now);
	if (vmm_inventory_apply(inv->hosts, inv->vms, scan->seen, scan->n, now, NULL, &c->err) < 0)
		return c->err.code;
	*c->err.text = '\0';
	if (scan->failed == 0)
		return VMM_OK;
	return scan->failed < scan->n ? VMM_EPART : VMM_EAGAIN;
}

static int visit(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f)
{
	struct vmm_scan_options opt = {
		.timeout_ms = c->timeout_ms,
		.full = cmd_wants(c, "disks") || cmd_wants(c, "nics") ||
			cmd_wants(c, "addresses") || cmd_wants(c, "snapshots") ||
			cmd_wants(c, "template") || cmd_wants(c, "image"),
	};
	struct vmm_scan *scan = NULL;
	struct scanner scanner = { NULL, NULL };
	int ret = load(&scanner, &c->err);

	if (ret == 0)
		ret = scanner.visit(inv, f->host_rows, f->nhosts, &opt, &scan, &c->err);
	if (ret == 0) {
		ret = merge(c, inv, scan);
		scanner.release(scan);
	}
	return ret;
}

int cmd_vms(struct cmd_run *c, bool live,
	    int (*work)(struct cmd_run *c, struct vmm_inventory *inv, const struct cmd_filter *f))
{
	struct vmm_store *st = cmd_store(c);
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct cmd_filter f = { 0 };
	int ret, worked;

	if (!st || vmm_inventory_read(st, &inv, &c->err) < 0)
		return c->err.code;
	ret = cmd_filter_read(c, &inv, &f);
	if (ret == VMM_OK && live)
		ret = visit(c, &inv, &f);
	if (ret == VMM_OK || (live && (ret == VMM_EPART || ret == VMM_EAGAIN))) {
		worked = work(c, &inv, &f);
		ret = worked < 0 ? worked : ret;
	}
	cmd_filter_release(&f);
	return ret;
}
