/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Power and boot device of servers, by their BMCs. */
#include <stdlib.h>
#include <string.h>

#include "base/rows.h"
#include "bmc/batch.h"
#include "frame/frame.h"
#include "frame/servers.h"

static char *auth_file;
static int persistent, uefi, force;

/* clang-format off */
#define AUTH_OPTION \
	{ "bmc-auth", 0, POPT_ARG_STRING, &auth_file, 0, \
		"file with the credentials of the BMCs that have none declared", "FILE" }

static const struct poptOption options[] = {
	AUTH_OPTION,
	POPT_TABLEEND
};

static const struct poptOption down_options[] = {
	AUTH_OPTION,
	{ "force", 0, POPT_ARG_NONE, &force, 0, "also a host on which VMs run", NULL },
	POPT_TABLEEND
};

static const struct poptOption boot_options[] = {
	AUTH_OPTION,
	{ "persistent", 0, POPT_ARG_NONE, &persistent, 0,
		"for all starts from now on (usual: for the next one)", NULL },
	{ "uefi", 0, POPT_ARG_NONE, &uefi, 0, "by UEFI (usual: by BIOS)", NULL },
	POPT_TABLEEND
};

#define COLUMNS(boot_on_request) \
	{ "name", VMM_TEXT, false, "the host's name" }, \
	{ "bmc", VMM_TEXT, false, "where its BMC is" }, \
	{ "power", VMM_TEXT, false, "on, off or unknown, as last read from the BMC" }, \
	{ "boot", VMM_LIST, boot_on_request, "the boot device that is set, as read: pxe, persistent, uefi, ..." }, \
	{ "wanted", VMM_LIST, false, "what was asked for" }, \
	{ "result", VMM_TEXT, false, \
		"done, already, possible, failed (not as asked), unknown, refused, aborted, skipped" }, \
	{ "seconds", VMM_NUMBER, false, "how long it took" }, \
	{ "error", VMM_TEXT, false, "why not" }, \
	{ "bmc_auth", VMM_TEXT, true, "file with the BMC's credentials" }, \
	CMD_COLUMNS_END

static const struct cmd_column power_columns[] = { COLUMNS(true) };
static const struct cmd_column boot_columns[] = { COLUMNS(false) };
/* clang-format on */

/* A server of the batch. Those that are not to be touched have a row and are left out of it. */
struct item {
	const struct cmd_server *server;
	uint64_t claim; /* the intent that keeps others from it; 0: none */
};

struct work {
	struct cmd_run *c;
	struct vmm_bmc_batch_options opt;
	struct item *items;
	struct vmm_bmc_target *targets;
	size_t n;
};

static void boot_cell(const struct vmm_bmc_boot *boot, struct vmm_buf *cell)
{
	vmm_list_add(cell, vmm_bmc_device_words[boot->device]);
	if (boot->persistent)
		vmm_list_add(cell, "persistent");
	if (boot->uefi)
		vmm_list_add(cell, "uefi");
}

static void wanted_cell(const struct vmm_bmc_batch_options *opt, struct vmm_buf *cell)
{
	if (opt->act == VMM_BMC_ACT_BOOT)
		boot_cell(&opt->boot, cell);
	else if (opt->act == VMM_BMC_ACT_POWER)
		vmm_list_add(cell, opt->op == VMM_BMC_ON || opt->op == VMM_BMC_CYCLE ? "on" : "off");
}

static int print(struct work *w, const struct cmd_server *s, const struct vmm_bmc_result *r)
{
	struct cmd_run *c = w->c;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	VMM_BUF_AUTO boot = VMM_BUF_INIT;
	VMM_BUF_AUTO wanted = VMM_BUF_INIT;
	char seconds[CMD_SECONDS_LEN];

	cmd_tally(c, r->code);
	if (r->boot)
		boot_cell(r->boot, &boot);
	wanted_cell(&w->opt, &wanted);
	if (boot.failed || wanted.failed || !t || vmm_table_add(t) < 0 ||
	    vmm_table_put(t, 0, "name", s->name) < 0 || vmm_table_put(t, 0, "bmc", s->url) < 0 ||
	    vmm_table_put(t, 0, "bmc_auth", s->auth) < 0 ||
	    vmm_table_put(t, 0, "power", vmm_bmc_power_word(r->power)) < 0 ||
	    vmm_table_put(t, 0, "boot", boot.data) < 0 ||
	    vmm_table_put(t, 0, "wanted", wanted.data) < 0 ||
	    vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    vmm_table_put(t, 0, "error", r->error) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int done(const struct vmm_bmc_result *r, void *ctx)
{
	struct work *w = ctx;
	struct item *item = &w->items[r->target];

	/* Should this fail, it ends with this process. */
	if (item->claim)
		vmm_intent_end(w->c->store, item->claim, r->result, NULL);
	return print(w, item->server, r);
}

static int refuse(struct work *w, const struct cmd_server *s, const struct vmm_err *why)
{
	const struct vmm_bmc_result r = { .result = "refused", .error = why->text, .code = why->code };

	return print(w, s, &r);
}

static bool changes(const struct work *w)
{
	return w->opt.act != VMM_BMC_ACT_STATUS;
}

/* One server is not switched on by one command while another one switches it off. */
static int claim(struct work *w, struct item *item, struct vmm_err *err)
{
	VMM_BUF_AUTO subject = VMM_BUF_INIT;
	struct vmm_store *st = cmd_store(w->c);

	vmm_buf_addf(&subject, "bmc:%s", item->server->key);
	if (!st || subject.failed) {
		*err = w->c->err;
		return st ? vmm_err_nomem(err) : err->code;
	}
	return vmm_intent_begin(st, "host-power", subject.data, NULL, &item->claim, err);
}

static int check(const struct work *w, const struct cmd_server *s, struct vmm_err *err)
{
	bool down = w->opt.act == VMM_BMC_ACT_POWER && w->opt.op != VMM_BMC_ON;

	if (!*s->url)
		return vmm_err_set(err, VMM_EREFUSED,
				   "no BMC is declared for it that could be used; host-set --bmc");
	if (!*s->auth)
		return vmm_err_set(err, VMM_EREFUSED,
				   "no credentials for its BMC; --bmc-auth, or host-set --bmc-auth");
	if (down && s->vms > 0 && !force)
		return vmm_err_set(err, VMM_EREFUSED,
				   "%lu %s on it, as last seen; move them, or --force", s->vms,
				   s->vms == 1 ? "VM runs" : "VMs run");
	return 0;
}

static int add(struct work *w, const struct cmd_server *s)
{
	struct item item = { .server = s };
	struct vmm_err err;
	int rc = check(w, s, &err);

	if (rc == 0 && changes(w) && !w->c->dry_run)
		rc = claim(w, &item, &err);
	if (rc < 0)
		return refuse(w, s, &err);
	w->items[w->n] = item;
	w->targets[w->n++] = (struct vmm_bmc_target){ .url = s->url, .auth_file = s->auth };
	return 0;
}

static int run_batch(struct work *w, const struct cmd_servers *s)
{
	struct cmd_run *c = w->c;
	int rc;

	w->items = calloc(s->n + 1, sizeof(*w->items));
	w->targets = calloc(s->n + 1, sizeof(*w->targets));
	rc = w->items && w->targets ? 0 : vmm_err_nomem(&c->err);
	for (size_t i = 0; rc == 0 && i < s->n; i++)
		rc = add(w, &s->list[i]);
	if (rc == 0)
		rc = vmm_bmc_batch(w->targets, w->n, &w->opt, done, w, &c->err);
	free(w->items);
	free(w->targets);
	return rc;
}

static int choose(struct cmd_run *c, struct vmm_bmc_batch_options *opt)
{
	static const char *const verbs[] = { "on", "off", "cycle", "soft", NULL };
	const char *verb = c->cmd->verb;
	int word;

	if (strcmp(verb, "status") == 0) {
		opt->act = VMM_BMC_ACT_STATUS;
		opt->ask_boot = cmd_wants(c, "boot");
		return 0;
	}
	if (strcmp(verb, "boot-device") == 0) {
		word = cmd_opt_word("DEVICE", vmm_bmc_device_words, c->args.s[0], &c->err);
		if (word < 0)
			return word;
		opt->act = VMM_BMC_ACT_BOOT;
		opt->boot = (struct vmm_bmc_boot){ .device = (enum vmm_bmc_device)word,
						   .persistent = persistent,
						   .uefi = uefi };
		vmm_strv_del(&c->args, 0);
		return 0;
	}
	opt->act = VMM_BMC_ACT_POWER;
	opt->op = (enum vmm_bmc_op)cmd_opt_word("VERB", verbs, verb, &c->err);
	return 0;
}

static int run(struct cmd_run *c)
{
	struct work w = { .c = c,
			  .opt = { .dry_run = c->dry_run,
				   .timeout_ms = c->timeout_ms,
				   .jobs = c->jobs,
				   .fail_fast = c->fail_fast,
				   .cancel = c->cancel } };
	struct cmd_servers servers = { .auth_file = auth_file };
	int rc = choose(c, &w.opt);

	if (rc == 0)
		rc = cmd_servers_read(c, &servers);
	if (rc == 0)
		rc = run_batch(&w, &servers);
	cmd_servers_release(&servers);
	return rc == 0 ? cmd_status(c) : rc;
}

#define USES (CMD_ROWS | CMD_BATCH | CMD_FAIL_FAST | CMD_TIMEOUT)

/* clang-format off */
static const struct cmd commands_of[] = {
	{ .name = "host-power", .verb = "on", .operands = "HOST...",
	  .summary = "Switch servers on, and wait until their BMCs say so.",
	  .options = options, .columns = power_columns, .uses = USES | CMD_DRY_RUN,
	  .min_args = 1, .run = run },
	{ .name = "host-power", .verb = "off", .operands = "HOST...",
	  .summary = "Switch servers off at once, and wait until their BMCs say so.",
	  .options = down_options, .columns = power_columns, .uses = USES | CMD_DRY_RUN,
	  .min_args = 1, .run = run },
	{ .name = "host-power", .verb = "cycle", .operands = "HOST...",
	  .summary = "Switch servers off at once and, once they are off, on.",
	  .options = down_options, .columns = power_columns, .uses = USES | CMD_DRY_RUN,
	  .min_args = 1, .run = run },
	{ .name = "host-power", .verb = "soft", .operands = "HOST...",
	  .summary = "Ask the systems of servers to end, and wait until they are off.",
	  .options = down_options, .columns = power_columns, .uses = USES | CMD_DRY_RUN,
	  .min_args = 1, .run = run },
	{ .name = "host-power", .verb = "status", .operands = "[HOST...]",
	  .summary = "Ask BMCs whether their servers are on.",
	  .options = options, .columns = power_columns, .uses = USES, .run = run },
	{ .name = "host-power", .verb = "boot-device", .operands = "pxe|disk|cdrom|bios|none HOST...",
	  .summary = "Set what servers start from, and read it back.",
	  .options = boot_options, .columns = boot_columns, .uses = USES | CMD_DRY_RUN,
	  .min_args = 2, .run = run },
};
/* clang-format on */

static const struct cmd *const commands[] = { &commands_of[0],
					      &commands_of[1],
					      &commands_of[2],
					      &commands_of[3],
					      &commands_of[4],
					      &commands_of[5],
					      NULL };

static const struct cmd host_power = {
	.name = "host-power",
	.operands = "",
	.summary = "Power and boot device of servers, by their BMCs.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_power, argc, argv);
}
