/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New VMs from a template; prints a row for each. */
#include <stdlib.h>
#include <string.h>

#include "frame/frame.h"
#include "provision/provision.h"

static int start, full;
static char *host, *size, *wait_for, **sets;

/* clang-format off */
static const struct poptOption options[] = {
	{ "host", 0, POPT_ARG_STRING, &host, 0, "make them on this host", "HOST" },
	{ "size", 0, POPT_ARG_STRING, &size, 0, "grow the first disk to this", "SIZE" },
	{ "full", 0, POPT_ARG_NONE, &full, 0, "copy the image, instead of a linked clone", NULL },
	{ "set", 0, POPT_ARG_ARGV, &sets, 0,
		"override what the template says; may be repeated", "KEY=VALUE" },
	{ "start", 0, POPT_ARG_NONE, &start, 0, "start them", NULL },
	{ "wait", 0, POPT_ARG_STRING, &wait_for, 0, "start them and wait until they have, or answer by, that",
		"address|agent|ssh" },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "name", VMM_TEXT, false, "the VM" },
	{ "uuid", VMM_TEXT, false, "the VM" },
	{ "host", VMM_TEXT, false, "where it is" },
	{ "addresses", VMM_LIST, false, "IP addresses that it holds" },
	{ "result", VMM_TEXT, false,
		"done, already (nothing to do), possible, refused, failed, aborted, skipped, unknown" },
	{ "seconds", VMM_NUMBER, false, "how long it took" },
	{ "error", VMM_TEXT, false, "why not" },
	{ "template", VMM_TEXT, true, "what it is made of" },
	CMD_COLUMNS_END
};
/* clang-format on */

static const char *const waits[] = { "address", "agent", "ssh", NULL };

static int print(const struct vmm_provision_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	char seconds[CMD_SECONDS_LEN];

	cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "name", r->name) < 0 ||
	    vmm_table_put(t, 0, "uuid", r->uuid) < 0 || vmm_table_put(t, 0, "host", r->host) < 0 ||
	    vmm_table_put(t, 0, "addresses", r->addresses) < 0 ||
	    vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "seconds", cmd_seconds(r->ms, seconds)) < 0 ||
	    vmm_table_put(t, 0, "error", r->error) < 0 ||
	    vmm_table_put(t, 0, "template", r->template) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

/* ---- overrides: those of the command line, then those of the row ---- */

struct overrides {
	struct vmm_override *list; /* ends with a NULL key */
	struct vmm_strv texts;
	size_t n;
};

static void release(struct overrides *o)
{
	free(o->list);
	vmm_strv_release(&o->texts);
}

static int read_sets(struct cmd_run *c, struct overrides *o)
{
	size_t most = 3;

	for (char **s = sets; s && *s; s++)
		most++;
	o->list = calloc(most + 1, sizeof(*o->list));
	if (!o->list)
		return vmm_err_nomem(&c->err);
	if (host)
		o->list[o->n++] = (struct vmm_override){ "host", host };
	if (size)
		o->list[o->n++] = (struct vmm_override){ "size", size };
	if (full)
		o->list[o->n++] = (struct vmm_override){ "full", "yes" };
	for (char **s = sets; s && *s; s++) {
		char *equals = strchr(*s, '=');

		if (!equals)
			return vmm_err_set(&c->err, VMM_EINPUT, "--set '%s': not KEY=VALUE", *s);
		*equals = '\0';
		if (!vmm_override_known(*s))
			return vmm_err_set(&c->err, VMM_EINPUT,
					   "--set: no key '%s'; tmpl-apply(1) lists them", *s);
		o->list[o->n++] = (struct vmm_override){ *s, equals + 1 };
	}
	return 0;
}

/* Empty cells say nothing. */
static int read_row(const struct vmm_table *t, size_t row, const struct overrides *all,
		    struct vmm_override **out, struct vmm_err *err)
{
	struct vmm_override *list = calloc(all->n + vmm_table_cols(t) + 1, sizeof(*list));
	size_t n = all->n;

	if (!list)
		return vmm_err_nomem(err);
	memcpy(list, all->list, n * sizeof(*list));
	for (size_t col = 0; col < vmm_table_cols(t); col++) {
		const char *key = vmm_table_colname(t, col), *value = vmm_table_at(t, row, key);

		if (*value && vmm_override_known(key))
			list[n++] = (struct vmm_override){ key, value };
	}
	*out = list;
	return 0;
}

/* A UUID, which may stand there too, is that of another one: it gets one of its own. */
static const char *name_of(const struct vmm_table *rows, size_t row)
{
	const char *name = vmm_table_at(rows, row, "name");

	return *name ? name : vmm_table_at(rows, row, "vm");
}

static int requests(struct cmd_run *c, const char *template, const struct vmm_strv *names,
		    const struct vmm_table *rows, const struct overrides *all,
		    struct vmm_provision_request *req, struct vmm_override **own)
{
	for (size_t i = 0; i < names->n; i++) {
		req[i] = (struct vmm_provision_request){ template, names->s[i], all->list };
		if (!rows)
			continue;
		req[i].name = name_of(rows, i);
		if (!*req[i].name)
			return vmm_err_set(&c->err, VMM_EINPUT, "stdin: row %zu has no name", i + 1);
		if (read_row(rows, i, all, &own[i], &c->err) < 0)
			return c->err.code;
		req[i].overrides = own[i];
	}
	return 0;
}

static int apply(struct cmd_run *c, const char *template, const struct overrides *all,
		 const struct vmm_provision_options *opt)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	VMM_TABLE_AUTO *rows = NULL;
	struct vmm_provision_request *req;
	struct vmm_override **own;
	int ret;

	if (cmd_selectors(c, &names, &rows) < 0)
		return c->err.code;
	req = calloc(names.n + 1, sizeof(*req));
	own = calloc(names.n + 1, sizeof(struct vmm_override *));
	ret = req && own ? requests(c, template, &names, rows, all, req, own)
			 : vmm_err_nomem(&c->err);
	if (ret == 0)
		ret = vmm_provision(c->store, req, names.n, opt, print, c, &c->err);
	for (size_t i = 0; own && i < names.n; i++)
		free(own[i]);
	free(own);
	free(req);
	return ret < 0 ? ret : cmd_status(c);
}

static int run(struct cmd_run *c)
{
	struct vmm_provision_options opt = { .start = start || wait_for,
					     .dry_run = c->dry_run,
					     .timeout_ms = c->timeout_ms,
					     .jobs = c->jobs,
					     .per_host = c->per_host,
					     .fail_fast = c->fail_fast,
					     .cancel = c->cancel,
					     .progress = c->progress };
	struct overrides all = { 0 };
	int word = wait_for ? cmd_opt_word("--wait", waits, wait_for, &c->err) : -1, ret;
	VMM_STR_AUTO template = NULL;

	if (wait_for && word < 0)
		return word;
	template = strdup(c->args.s[0]);
	if (!template)
		return vmm_err_nomem(&c->err);
	opt.wait = (enum vmm_wait)(word + 1);
	vmm_strv_del(&c->args, 0);
	ret = cmd_store(c) ? read_sets(c, &all) : c->err.code;
	if (ret == 0)
		ret = apply(c, template, &all, &opt);
	release(&all);
	return ret;
}

static const struct cmd tmpl_apply = {
	.name = "tmpl-apply",
	.operands = "TEMPLATE NAME...",
	.summary = "Make VMs from a template.",
	.options = options,
	.columns = columns,
	.words = (const struct cmd_words[]){ { "wait", waits }, { NULL, NULL } },
	.uses = CMD_ROWS | CMD_BATCH | CMD_PER_HOST | CMD_FAIL_FAST | CMD_PROGRESS | CMD_STDIN |
		CMD_DRY_RUN | CMD_TIMEOUT,
	.min_args = 2,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&tmpl_apply, argc, argv);
}
