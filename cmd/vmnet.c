/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical networks: made the same on many hosts, looked over, taken away; a VM's way to the wire. */
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "frame/filter.h"
#include "frame/frame.h"
#include "net/net.h"

static int adopt, live;

/* clang-format off */
static const struct poptOption apply_options[] = {
	CMD_FILTER_HOST_OPTIONS,
	{ "adopt", 0, POPT_ARG_NONE, &adopt, 0,
		"take over networks of these names that vmm-utils did not make", NULL },
	POPT_TABLEEND
};

static const struct poptOption host_options[] = {
	CMD_FILTER_HOST_OPTIONS,
	POPT_TABLEEND
};

static const struct poptOption list_options[] = {
	CMD_FILTER_HOST_OPTIONS,
	{ "live", 0, POPT_ARG_NONE, &live, 0, "ask the hosts now; nothing is recorded", NULL },
	POPT_TABLEEND
};

static const struct cmd_column result_columns[] = {
	{ "network", VMM_TEXT, false, "its name" },
	{ "host", VMM_TEXT, false, "where" },
	{ "result", VMM_TEXT, false, "what came of it" },
	{ "what", VMM_TEXT, false, "what was done, or how it differs from its definition" },
	{ "error", VMM_TEXT, false, "why not" },
	CMD_COLUMNS_END
};

static const struct cmd_column list_columns[] = {
	{ "network", VMM_TEXT, false, "its name" },
	{ "type", VMM_TEXT, false, "bridge, isolated, nat, routed or openvswitch" },
	{ "vlan", VMM_NUMBER, false, "its VLAN" },
	{ "mtu", VMM_NUMBER, false, "its MTU" },
	{ "pools", VMM_LIST, false, "where its addresses come from" },
	{ "host", VMM_TEXT, false, "a host that it belongs on" },
	{ "bridge", VMM_TEXT, false, "of that host; none: chosen by libvirt" },
	{ "state", VMM_LIST, false, "there: ok, or what 'vmnet check' found; none: never looked at" },
	{ "seen", VMM_TEXT, true, "when that was" },
	{ "what", VMM_TEXT, true, "how it differs from its definition" },
	{ "error", VMM_TEXT, true, "why it was not looked at" },
	CMD_COLUMNS_END
};

static const struct cmd_column trace_columns[] = {
	{ "nic", VMM_TEXT, false, "the interface, by its MAC address" },
	{ "level", VMM_NUMBER, false,
		"1 interface, 2 VM network, 3 logical network, 4 virtual switch, 5 device" },
	{ "kind", VMM_TEXT, false, "what it is; unknown: libvirt can't tell" },
	{ "name", VMM_TEXT, false, "its name on the host" },
	{ "detail", VMM_TEXT, false, "what is known of it" },
	CMD_COLUMNS_END
};
/* clang-format on */

/* ---- which networks, on which hosts ---- */

struct job {
	struct vmm_inventory inv;
	struct vmm_net **nets;
	struct vmm_strv names;
	struct vmm_net_work *work;
	size_t **rows; /* of each */
	size_t n;
	struct cmd_filter filter; /* --host and --group */
};

static void job_release(struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		vmm_net_free(j->nets[i]);
		free(j->rows[i]);
	}
	free(j->nets);
	free(j->rows);
	free(j->work);
	cmd_filter_release(&j->filter);
	vmm_strv_release(&j->names);
	vmm_inventory_release(&j->inv);
}

/* Whether --host or --group was given. */
static bool limited(void)
{
	return cmd_filter_text.hosts || cmd_filter_text.groups;
}

static bool allowed(const struct job *j, size_t row)
{
	for (size_t i = 0; i < j->filter.nhosts; i++)
		if (j->filter.host_rows[i] == row)
			return true;
	return false;
}

/* The hosts a network belongs on, and of these the ones that are admitted. */
static int place(struct cmd_run *c, struct job *j, size_t i)
{
	static const struct vmm_strv all = VMM_STRV_INIT;
	struct vmm_net_work *w = &j->work[i];
	size_t n, kept = 0;

	j->rows[i] = calloc(vmm_table_rows(j->inv.hosts) + 1, sizeof(**j->rows));
	if (!j->rows[i])
		return vmm_err_nomem(&c->err);
	if (vmm_inventory_hosts(&j->inv, j->nets[i] ? &j->nets[i]->hosts : &all, j->rows[i], &n,
				&c->err) < 0)
		return vmm_err_prefix(&c->err, "network '%s'", j->names.s[i]);
	for (size_t r = 0; r < n; r++)
		if (allowed(j, j->rows[i][r]))
			j->rows[i][kept++] = j->rows[i][r];
	*w = (struct vmm_net_work){ j->nets[i], j->names.s[i], j->rows[i], kept };
	if (kept == 0 && j->filter.nhosts > 0 && limited() && c->args.n > 0)
		return vmm_err_set(&c->err, VMM_EINPUT,
				   "network '%s' belongs on none of these hosts", j->names.s[i]);
	return 0;
}

static int read_names(struct cmd_run *c, struct job *j)
{
	for (size_t i = 0; i < c->args.n; i++)
		if (!vmm_strv_has(&j->names, c->args.s[i]) &&
		    vmm_strv_add(&j->names, c->args.s[i]) < 0)
			return vmm_err_nomem(&c->err);
	return c->args.n ? 0 : vmm_conf_names(vmm_conf_folder(), VMM_NET_KIND, &j->names, &c->err);
}

/* The operands, or all definitions. A network that is to go needs none. */
static int job_read(struct cmd_run *c, bool defined, struct job *j)
{
	struct vmm_store *st = cmd_store(c);

	memset(j, 0, sizeof(*j));
	if (!st || vmm_inventory_read(st, &j->inv, &c->err) < 0 || read_names(c, j) < 0)
		return c->err.code;
	j->nets = calloc(j->names.n + 1, sizeof(struct vmm_net *));
	j->rows = calloc(j->names.n + 1, sizeof(size_t *));
	j->work = calloc(j->names.n + 1, sizeof(*j->work));
	if (!j->nets || !j->rows || !j->work)
		return vmm_err_nomem(&c->err);
	j->n = j->names.n;
	if (cmd_filter_read(c, &j->inv, &j->filter) < 0)
		return c->err.code;
	for (size_t i = 0; i < j->n; i++) {
		if (defined &&
		    vmm_net_load(vmm_conf_folder(), j->names.s[i], &j->nets[i], &c->err) < 0)
			return c->err.code;
		if (place(c, j, i) < 0)
			return c->err.code;
	}
	return 0;
}

/* ---- apply, check, rm ---- */

static int print(const struct vmm_net_result *r, void *ctx)
{
	struct cmd_run *c = ctx;
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	cmd_tally(c, r->code);
	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "network", r->network) < 0 ||
	    vmm_table_put(t, 0, "host", r->host) < 0 || vmm_table_put(t, 0, "result", r->result) < 0 ||
	    vmm_table_put(t, 0, "what", r->what) < 0 || vmm_table_put(t, 0, "error", r->error) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

static int batch(struct cmd_run *c, enum vmm_net_op op)
{
	struct vmm_net_options opt = { .jobs = c->jobs,
				       .timeout_ms = c->timeout_ms,
				       .adopt = adopt,
				       .dry_run = c->dry_run,
				       .fail_fast = c->fail_fast,
				       .cancel = c->cancel };
	struct job j;
	int ret = job_read(c, op != VMM_NET_REMOVE, &j);

	if (c->args.n == 0) {
		opt.stray_hosts = j.filter.host_rows;
		opt.nstray_hosts = j.filter.nhosts;
	}
	if (ret == 0)
		ret = vmm_net_batch(c->store, &j.inv, op, j.work, j.n, &opt, print, c, &c->err);
	job_release(&j);
	return ret < 0 ? ret : cmd_status(c);
}

static int apply(struct cmd_run *c)
{
	return batch(c, VMM_NET_APPLY);
}

static int check(struct cmd_run *c)
{
	return batch(c, VMM_NET_CHECK);
}

static int take_away(struct cmd_run *c)
{
	return batch(c, VMM_NET_REMOVE);
}

/* ---- list ---- */

static int put_number(struct vmm_table *t, const char *column, unsigned n)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	if (n)
		vmm_buf_addf(&cell, "%u", n);
	return cell.failed ? VMM_ENOMEM : vmm_table_put(t, 0, column, cell.data);
}

static int list_one(struct cmd_run *c, const struct vmm_net *net, const char *host,
		    const struct vmm_table *seen)
{
	long r = vmm_net_recorded_row(seen, net->name, host ? host : "");
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);

	if (!t || (r < 0 ? vmm_table_add(t) : vmm_table_copy_row(t, seen, (size_t)r)) < 0 ||
	    vmm_table_put(t, 0, "network", net->name) < 0 ||
	    vmm_table_put(t, 0, "host", host ? host : "") < 0 ||
	    vmm_table_put(t, 0, "type", vmm_net_type(net->type)) < 0 ||
	    vmm_table_put(t, 0, "bridge", host ? vmm_net_bridge(net, host) : net->bridge) < 0 ||
	    put_number(t, "vlan", net->vlan) < 0 || put_number(t, "mtu", net->mtu) < 0 ||
	    vmm_list_put(t, 0, "pools", &net->pools) < 0)
		return vmm_err_nomem(&c->err);
	return cmd_row(c, t, 0);
}

/* What a live look finds, in the shape of what is recorded. */
static int collect(const struct vmm_net_result *r, void *ctx)
{
	struct vmm_table *t = ctx;
	VMM_BUF_AUTO at = VMM_BUF_INIT;
	VMM_BUF_AUTO state = VMM_BUF_INIT;
	long row = vmm_net_recorded_row(t, r->network, r->host);

	vmm_buf_addf(&at, "%s/%s", r->host, r->network);
	if (row >= 0)
		vmm_buf_adds(&state, vmm_table_at(t, (size_t)row, "state"));
	else
		row = vmm_table_add(t);
	vmm_list_add(&state, r->result);
	if (row < 0 || at.failed || state.failed || vmm_table_put(t, (size_t)row, "at", at.data) < 0 ||
	    vmm_table_put(t, (size_t)row, "state", state.data) < 0 ||
	    vmm_table_put(t, (size_t)row, "what", r->what) < 0)
		return VMM_ENOMEM;
	return vmm_table_put(t, (size_t)row, "error", r->error);
}

static int look(struct cmd_run *c, const struct job *j, struct vmm_table **out)
{
	static const char *const columns[] = { "at", "state", "what", "error", NULL };
	struct vmm_net_options opt = { .timeout_ms = c->timeout_ms, .dry_run = true };

	if (!live)
		return vmm_net_recorded(c->store, out, &c->err);
	*out = vmm_table_new(columns);
	if (!*out)
		return vmm_err_nomem(&c->err);
	return vmm_net_batch(c->store, &j->inv, VMM_NET_CHECK, j->work, j->n, &opt, collect, *out,
			     &c->err);
}

/* A row for each host; of a network that belongs on none, one row. */
static int list_net(struct cmd_run *c, const struct job *j, size_t i, const struct vmm_table *seen)
{
	const struct vmm_net_work *w = &j->work[i];
	int ret = 0;

	if (w->nhosts == 0 && !limited())
		return list_one(c, w->net, NULL, seen);
	for (size_t r = 0; r < w->nhosts && ret == 0; r++)
		ret = list_one(c, w->net, vmm_table_at(j->inv.hosts, w->hosts[r], "name"), seen);
	return ret;
}

static int list(struct cmd_run *c)
{
	VMM_TABLE_AUTO *seen = NULL;
	struct job j;
	int ret = job_read(c, true, &j);

	if (ret == 0)
		ret = look(c, &j, &seen);
	for (size_t i = 0; i < j.n && ret == 0; i++)
		ret = list_net(c, &j, i, seen);
	job_release(&j);
	return ret;
}

/* ---- trace ---- */

static int trace(struct cmd_run *c)
{
	struct vmm_net_options opt = { .timeout_ms = c->timeout_ms, .cancel = c->cancel };
	VMM_TABLE_AUTO *t = NULL;
	VMM_STR_AUTO changed = NULL;
	int ret;

	if (!cmd_store(c))
		return c->err.code;
	ret = vmm_net_trace(c->store, c->args.s[0], vmm_conf_folder(), &opt, &t, &changed, &c->err);
	if (changed)
		cmd_say(c, "VM '%s': %s", c->args.s[0], changed);
	return ret < 0 ? ret : cmd_rows(c, t);
}

static const struct cmd vmnet_apply = {
	.name = "vmnet",
	.verb = "apply",
	.operands = "NETWORK...",
	.summary = "Make networks on hosts as they are defined, and mend what drifted.",
	.options = apply_options,
	.columns = result_columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_FAIL_FAST | CMD_DRY_RUN | CMD_TIMEOUT,
	.min_args = 1,
	.run = apply,
};

static const struct cmd vmnet_check = {
	.name = "vmnet",
	.verb = "check",
	.operands = "[NETWORK...]",
	.summary = "Tell where hosts differ from the definitions; without NETWORK of all.",
	.options = host_options,
	.columns = result_columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_TIMEOUT,
	.run = check,
};

static const struct cmd vmnet_list = {
	.name = "vmnet",
	.verb = "list",
	.operands = "[NETWORK...]",
	.summary = "List definitions and the hosts they belong on.",
	.options = list_options,
	.columns = list_columns,
	.uses = CMD_ROWS | CMD_TIMEOUT,
	.run = list,
};

static const struct cmd vmnet_rm = {
	.name = "vmnet",
	.verb = "rm",
	.operands = "NETWORK...",
	.summary = "Remove networks from hosts; the definition stays.",
	.options = host_options,
	.columns = result_columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_FAIL_FAST | CMD_DRY_RUN | CMD_TIMEOUT,
	.min_args = 1,
	.run = take_away,
};

static const struct cmd vmnet_trace = {
	.name = "vmnet",
	.verb = "trace",
	.operands = "VM",
	.summary = "Follow a VM's interfaces to the physical device.",
	.columns = trace_columns,
	.uses = CMD_ROWS | CMD_TIMEOUT,
	.min_args = 1,
	.max_args = 1,
	.run = trace,
};

static const struct cmd *const commands[] = { &vmnet_apply, &vmnet_check, &vmnet_list,
					      &vmnet_rm,    &vmnet_trace, NULL };

static const struct cmd vmnet = {
	.name = "vmnet",
	.operands = "",
	.summary = "Logical networks, defined once and made the same on many hosts.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return cmd_main(&vmnet, argc, argv);
}
