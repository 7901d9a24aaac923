/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks the state over, and the work that a crash cut short; with --repair it mends both. */
#include <string.h>

#include "deploy/deploy.h"
#include "frame/frame.h"
#include "library/library.h"
#include "migrate/migrate.h"
#include "pool/pool.h"
#include "power/batch.h"
#include "provision/provision.h"
#include "run/run.h"
#include "volume/volume.h"

#define MEND_MS (5 * 60 * 1000)

static int repair, offline, abort_moves;

/* clang-format off */
static const struct poptOption options[] = {
	{ "repair", 0, POPT_ARG_NONE, &repair, 0, "mend what can be mended", NULL },
	{ "abort", 0, POPT_ARG_NONE, &abort_moves, 0,
		"with --repair: end migrations that are still under way though their client is dead",
		NULL },
	{ "offline", 0, POPT_ARG_NONE, &offline, 0, "look at the state only, ask no host", NULL },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "kind", VMM_TEXT, false, "state, library, lease, copy, volume, vm, run, migration or deploy" },
	{ "object", VMM_TEXT, false, "the table, the journal, the image, the address, the volume, the VM, the run or the machine" },
	{ "finding", VMM_TEXT, false, "what is wrong, and what was done" },
	{ "mended", VMM_BOOL, false, "whether it is right again" },
	CMD_COLUMNS_END
};
/* clang-format on */

static void report(struct cmd_run *c, const char *kind, const char *object, const char *finding,
		   bool mended)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	cmd_tally(c, mended ? VMM_OK : VMM_EFAIL);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "kind", kind) < 0 ||
	    vmm_table_put(t, 0, "object", object) < 0 || vmm_table_put(t, 0, "finding", finding) < 0 ||
	    vmm_table_put(t, 0, "mended", mended ? "yes" : "no") < 0 || cmd_row(c, t, 0) < 0)
		cmd_say(c, "%s '%s': %s", kind, object, finding);
}

static void found_in_state(const char *object, const char *what, bool mended, void *arg)
{
	report(arg, "state", object, what, mended);
}

static void found_in_library(const char *object, const char *what, bool mended, void *arg)
{
	report(arg, "library", object, what, mended);
}

static void found_copy(const char *volume, const char *what, bool mended, void *arg)
{
	report(arg, "copy", volume, what, mended);
}

static void found_volume(const char *volume, const char *what, bool mended, void *arg)
{
	report(arg, "volume", volume, what, mended);
}

static void found_vm(const char *vm, const char *what, bool mended, void *arg)
{
	report(arg, "vm", vm, what, mended);
}

static void found_migration(const char *vm, const char *what, bool mended, void *arg)
{
	report(arg, "migration", vm, what, mended);
}

static void found_run(const char *run, const char *what, bool mended, void *arg)
{
	report(arg, "run", run, what, mended);
}

static void found_deploy(const char *machine, const char *what, bool mended, void *arg)
{
	report(arg, "deploy", machine, what, mended);
}

/* Asks no host. */
static int mend_deploy(struct cmd_run *c)
{
	int ret = vmm_deploy_mend(c->store, repair, found_deploy, c, &c->err);

	return ret == VMM_EPART || ret == VMM_EINPUT ? 0 : ret;
}

/* Who has leaked one is for `ippool gc`, which gives the holder time. */
static int check_leases(struct cmd_run *c)
{
	VMM_TABLE_AUTO *t = NULL;
	struct vmm_pools *pools = NULL;
	int ret = vmm_pools_open(c->store, &pools, &c->err);

	if (ret == 0)
		ret = vmm_pool_check(pools, NULL, &t, &c->err);
	vmm_pools_close(pools);
	if (ret == VMM_EINPUT) /* the table that can't be read has been told of */
		return 0;
	for (size_t r = 0; ret == 0 && r < vmm_table_rows(t); r++)
		if (strcmp(vmm_table_at(t, r, "finding"), "leaked") != 0)
			report(c, "lease", vmm_table_at(t, r, "address"),
			       vmm_table_at(t, r, "detail"), false);
	return ret;
}

/* Without the hosts it can only be said that there is something to be looked at. */
static int list_unfinished(struct cmd_run *c)
{
	VMM_TABLE_AUTO *t = NULL;
	int ret = vmm_provision_mend(c->store, false, 0, found_vm, c, &c->err);

	if ((ret < 0 && ret != VMM_EPART) || vmm_intent_list(c->store, &t, &c->err) < 0 ||
	    vmm_volume_mend(c->store, false, 0, found_copy, c, &c->err) < 0)
		return c->err.code;
	for (size_t r = 0; r < vmm_table_rows(t); r++)
		if (strcmp(vmm_table_at(t, r, "op"), "migrate") == 0 &&
		    strcmp(vmm_table_at(t, r, "alive"), "yes") != 0)
			report(c, "migration", vmm_table_at(t, r, "subject"),
			       "unfinished; only its hosts can tell where it is", false);
	return cmd_status(c);
}

static int run(struct cmd_run *c)
{
	struct vmm_store *st;
	int ret;

	if (abort_moves && (!repair || offline))
		return vmm_err_set(&c->err, VMM_EINPUT, "--abort is for --repair%s",
				   offline ? ", not with --offline" : "");
	st = cmd_store(c);
	if (!st || vmm_store_check(st, repair, found_in_state, c, &c->err) < 0 ||
	    vmm_library_check(st, repair, found_in_library, c, &c->err) < 0 || mend_deploy(c) < 0 ||
	    check_leases(c) < 0 || vmm_power_mend(st, repair, found_vm, c, &c->err) < 0 ||
	    vmm_run_mend(st, repair, found_run, c, &c->err) < 0)
		return c->err.code;
	if (offline)
		return list_unfinished(c);
	ret = vmm_migrate_mend(st, repair, abort_moves, c->timeout_ms ? c->timeout_ms : MEND_MS,
			       found_migration, c, &c->err);
	if (ret < 0 && ret != VMM_EPART)
		return ret;
	ret = vmm_volume_mend(st, repair, c->timeout_ms ? c->timeout_ms : MEND_MS, found_copy, c,
			      &c->err);
	if (ret < 0)
		return ret;
	ret = vmm_provision_mend(st, repair, c->timeout_ms ? c->timeout_ms : MEND_MS, found_vm, c,
				 &c->err);
	if (ret < 0 && ret != VMM_EPART)
		return ret;
	/* Last: what was cut short is ended, and needs none any more. */
	ret = vmm_volume_unused(st, repair, c->timeout_ms ? c->timeout_ms : MEND_MS, found_volume,
				c, &c->err);
	return ret < 0 ? ret : cmd_status(c);
}

static const struct cmd vmm_fsck = {
	.name = "vmm-fsck",
	.operands = "",
	.summary = "Find, and with --repair mend, what crashes left in the state and on the hosts.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_TIMEOUT,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&vmm_fsck, argc, argv);
}
