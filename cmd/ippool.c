/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Address pools: made, looked at, and addresses given out and taken back. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "frame/frame.h"
#include "pool/pool.h"

#define GRACE_MS (24ull * 3600 * 1000)

static char *type, *prefix, *gateway, *vlan, *network;
static char **range, **reserve, **dns;
static char *holder, *number, *addr, *ttl, *grace;
static int force;

/* clang-format off */
static const struct poptOption create_options[] = {
	{ "range", 'r', POPT_ARG_ARGV, &range, 0,
		"its addresses: A-B, A or NETWORK/PREFIX; may be given again", "RANGE,..." },
	{ "type", 't', POPT_ARG_STRING, &type, 0,
		"ip4, ip6, mac or vip (usual: what the first address is)", "TYPE" },
	{ "reserve", 0, POPT_ARG_ARGV, &reserve, 0,
		"addresses among them that are not given out", "RANGE,..." },
	{ "prefix", 0, POPT_ARG_STRING, &prefix, 0,
		"length of the network's prefix (usual: that of the first range, if it has one)", "N" },
	{ "gateway", 0, POPT_ARG_STRING, &gateway, 0, "the gateway; it is not given out", "ADDRESS" },
	{ "dns", 0, POPT_ARG_ARGV, &dns, 0, "name servers", "ADDRESS,..." },
	{ "vlan", 0, POPT_ARG_STRING, &vlan, 0, "the VLAN, 1 to 4094", "N" },
	{ "network", 0, POPT_ARG_STRING, &network, 0, "the network the addresses belong to", "NAME" },
	POPT_TABLEEND
};

#define HOLDER_OPTION \
	{ "for", 0, POPT_ARG_STRING, &holder, 0, "who holds them: any text, for a VM its UUID", "HOLDER" }

static const struct poptOption checkout_options[] = {
	HOLDER_OPTION,
	{ "number", 'n', POPT_ARG_STRING, &number, 0, "how many addresses (usual: 1)", "N" },
	{ "addr", 0, POPT_ARG_STRING, &addr, 0, "this address and no other", "ADDRESS" },
	{ "ttl", 0, POPT_ARG_STRING, &ttl, 0, "for so long (30m, 12h, 7d; usual: for ever)", "TIME" },
	POPT_TABLEEND
};

static const struct poptOption checkin_options[] = {
	HOLDER_OPTION,
	{ "addr", 0, POPT_ARG_STRING, &addr, 0, "this address and no other", "ADDRESS" },
	POPT_TABLEEND
};

static const struct poptOption show_options[] = {
	{ "for", 0, POPT_ARG_STRING, &holder, 0, "only what he holds", "HOLDER" },
	POPT_TABLEEND
};

static const struct poptOption gc_options[] = {
	{ "grace", 0, POPT_ARG_STRING, &grace, 0,
		"how long a holder must have been missing (usual: 1d)", "TIME" },
	POPT_TABLEEND
};

static const struct poptOption rm_options[] = {
	{ "force", 0, POPT_ARG_NONE, &force, 0, "also a pool with leases: they are taken back", NULL },
	POPT_TABLEEND
};

static const struct cmd_column pool_columns[] = {
	{ "pool", VMM_TEXT, false, "its name" },
	{ "type", VMM_TEXT, false, "ip4, ip6, mac or vip" },
	{ "ranges", VMM_LIST, false, "its addresses" },
	{ "size", VMM_NUMBER, false, "how many it gives out" },
	{ "used", VMM_NUMBER, false, "how many are leased" },
	{ "free", VMM_NUMBER, false, "the rest of them" },
	{ "prefix", VMM_NUMBER, false, "length of the network's prefix" },
	{ "gateway", VMM_TEXT, false, "the gateway" },
	{ "dns", VMM_LIST, false, "name servers" },
	{ "vlan", VMM_NUMBER, false, "the VLAN" },
	{ "network", VMM_TEXT, false, "the network they belong to" },
	{ "reserved", VMM_LIST, true, "addresses that are not given out" },
	{ "created", VMM_TEXT, true, "when the pool was made" },
	CMD_COLUMNS_END
};

static const struct cmd_column lease_columns[] = {
	{ "address", VMM_TEXT, false, "the address" },
	{ "pool", VMM_TEXT, false, "of which pool" },
	{ "type", VMM_TEXT, false, "ip4, ip6, mac or vip" },
	{ "prefix", VMM_NUMBER, false, "length of the network's prefix" },
	{ "gateway", VMM_TEXT, false, "the gateway" },
	{ "dns", VMM_LIST, false, "name servers" },
	{ "vlan", VMM_NUMBER, false, "the VLAN" },
	{ "network", VMM_TEXT, false, "the network it belongs to" },
	{ "holder", VMM_TEXT, false, "who holds it" },
	{ "since", VMM_TEXT, false, "since when" },
	{ "expires", VMM_TEXT, false, "until when, if not for ever" },
	{ "error", VMM_TEXT, false, "why there is none, in a batch" },
	{ "missing", VMM_TEXT, true, "when gc found that nobody knows its holder" },
	CMD_COLUMNS_END
};

static const struct cmd_column check_columns[] = {
	{ "finding", VMM_TEXT, false,
		"double (held twice), foreign (not the pool's to give) or leaked (holder unknown)" },
	{ "pool", VMM_TEXT, false, "the pool" },
	{ "address", VMM_TEXT, false, "the address" },
	{ "holder", VMM_TEXT, false, "who holds it" },
	{ "since", VMM_TEXT, false, "since when" },
	{ "detail", VMM_TEXT, false, "what is wrong, in words" },
	CMD_COLUMNS_END
};
/* clang-format on */

static const char *const types[] = { "ip4", "ip6", "mac", "vip", NULL };
static const struct cmd_words create_words[] = { { "type", types }, { NULL, NULL } };

static struct vmm_pools *pools;

/* Prints a table, which it frees. */
static int print(struct cmd_run *c, struct vmm_table *t)
{
	int rc = cmd_rows(c, t);

	vmm_table_free(t);
	return rc;
}

/* ---- create, rm ---- */

static int put_list(struct cmd_run *c, struct vmm_table *row, const char *column, char **values)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;

	if (cmd_opt_list(c, values, &items) < 0)
		return c->err.code;
	return vmm_list_put(row, 0, column, &items) < 0 ? vmm_err_nomem(&c->err) : 0;
}

static int put_definition(struct cmd_run *c, struct vmm_table *row)
{
	const char *const cells[][2] = { { "pool", c->args.s[0] }, { "type", type },
					 { "prefix", prefix },     { "gateway", gateway },
					 { "vlan", vlan },         { "network", network } };

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		if (cells[i][1] && vmm_table_put(row, 0, cells[i][0], cells[i][1]) < 0)
			return vmm_err_nomem(&c->err);
	if (put_list(c, row, "ranges", range) < 0 || put_list(c, row, "reserved", reserve) < 0 ||
	    put_list(c, row, "dns", dns) < 0)
		return c->err.code;
	return 0;
}

static int run_create(struct cmd_run *c)
{
	VMM_TABLE_AUTO *row = vmm_table_new(NULL);
	struct vmm_table *t;

	if (!row || vmm_table_add(row) < 0)
		return vmm_err_nomem(&c->err);
	if (put_definition(c, row) < 0 || vmm_pool_create(pools, row, c->dry_run, &c->err) < 0)
		return c->err.code;
	if (c->dry_run)
		return cmd_rows(c, row);
	return vmm_pool_list(pools, c->args.s[0], &t, &c->err) < 0 ? c->err.code : print(c, t);
}

static int run_rm(struct cmd_run *c)
{
	int rc = 0;

	for (size_t i = 0; i < c->args.n && rc == 0; i++) {
		struct vmm_table *t = NULL;

		rc = vmm_pool_list(pools, c->args.s[i], &t, &c->err);
		if (rc == 0)
			rc = vmm_pool_rm(pools, c->args.s[i], force, c->dry_run, &c->err);
		if (rc == 0)
			rc = cmd_rows(c, t);
		vmm_table_free(t);
	}
	return rc;
}

/* ---- checkout, checkin ---- */

static int read_ttl(struct cmd_run *c, const char *text, uint64_t *seconds)
{
	uint64_t ms = 0;

	*seconds = 0;
	if (!text || !*text)
		return 0;
	if (vmm_num_duration("--ttl", text, &ms, &c->err) < 0)
		return c->err.code;
	if (ms < 1000)
		return vmm_err_set(&c->err, VMM_EINPUT, "--ttl '%s': must be a second at least",
				   text);
	*seconds = ms / 1000;
	return 0;
}

static int make_ask(struct cmd_run *c, struct vmm_pool_ask *ask, const char *n, const char *ttl_text)
{
	uint64_t count = 1;

	if (*n && vmm_num_u64("--number", n, 1, 1000000, &count, &c->err) < 0)
		return c->err.code;
	ask->n = (unsigned)count;
	return read_ttl(c, ttl_text, &ask->ttl_s);
}

static const char *or_else(const char *cell, const char *option)
{
	return *cell || !option ? cell : option;
}

static int answer(struct cmd_run *c, struct vmm_pool_ask *asks, size_t n, enum vmm_pool_mode mode)
{
	struct vmm_table *t;
	int rc = strcmp(c->cmd->verb, "checkout") == 0
			 ? vmm_pool_checkout(pools, asks, n, mode, &t, &c->err)
			 : vmm_pool_checkin_all(pools, asks, n, mode, &t, &c->err);

	for (size_t i = 0; i < n && rc == 0; i++)
		cmd_tally(c, asks[i].code);
	return rc ? rc : print(c, t);
}

static int answer_rows(struct cmd_run *c, const struct vmm_table *rows)
{
	size_t n = vmm_table_rows(rows);
	struct vmm_pool_ask *asks = calloc(n, sizeof(*asks));
	int rc = asks ? 0 : vmm_err_nomem(&c->err);

	for (size_t i = 0; i < n && rc == 0; i++) {
		asks[i].pool = vmm_table_at(rows, i, "pool");
		asks[i].holder = or_else(vmm_table_at(rows, i, "holder"), holder);
		asks[i].addr = or_else(vmm_table_at(rows, i, "address"), addr);
		rc = make_ask(c, &asks[i], or_else(vmm_table_at(rows, i, "n"), number),
			      or_else(vmm_table_at(rows, i, "ttl"), ttl));
		if (rc < 0)
			vmm_err_prefix(&c->err, "stdin: row %zu", i + 1);
	}
	if (rc == 0)
		rc = answer(c, asks, n, VMM_POOL_EACH);
	free(asks);
	return rc;
}

static int run_change(struct cmd_run *c)
{
	struct vmm_pool_ask ask = { .holder = holder, .addr = addr };
	int rc;

	if (c->args.n && strcmp(c->args.s[0], "-") == 0) {
		rc = cmd_stream(c, answer_rows);
		return rc ? rc : cmd_status(c);
	}
	ask.pool = c->args.n ? c->args.s[0] : NULL;
	if (!holder)
		return vmm_err_set(&c->err, VMM_EINPUT, "--for is missing; see --help");
	rc = make_ask(c, &ask, number ? number : "", ttl);
	return rc ? rc : answer(c, &ask, 1, VMM_POOL_ALL);
}

/* ---- list, show, check, gc: of the pools named, or of all ---- */

static int get(struct cmd_run *c, const char *pool, struct vmm_table **out)
{
	uint64_t ms = GRACE_MS;

	switch (c->cmd->verb[0]) {
	case 'l':
		return vmm_pool_list(pools, pool, out, &c->err);
	case 's':
		return vmm_pool_leases(pools, pool, holder, out, &c->err);
	case 'c':
		return vmm_pool_check(pools, pool, out, &c->err);
	default:
		if (grace && vmm_num_duration("--grace", grace, &ms, &c->err) < 0)
			return c->err.code;
		return vmm_pool_gc(pools, pool, ms / 1000, c->dry_run, out, &c->err);
	}
}

static int run_each(struct cmd_run *c)
{
	int rc = 0;

	for (size_t i = 0; (i == 0 || i < c->args.n) && rc == 0; i++) {
		struct vmm_table *t;

		rc = get(c, c->args.n ? c->args.s[i] : NULL, &t);
		if (rc < 0)
			break;
		for (size_t r = 0; c->cmd->columns == check_columns && r < vmm_table_rows(t); r++)
			cmd_tally(c, VMM_EFAIL);
		rc = print(c, t);
	}
	return rc ? rc : cmd_status(c);
}

static int run(struct cmd_run *c)
{
	const char *verb = c->cmd->verb;
	struct vmm_store *st = cmd_store(c);
	int rc;

	if (!st || vmm_pools_open(st, &pools, &c->err) < 0)
		return c->err.code;
	if (strcmp(verb, "create") == 0)
		rc = run_create(c);
	else if (strcmp(verb, "rm") == 0)
		rc = run_rm(c);
	else if (strncmp(verb, "check", 5) == 0 && verb[5])
		rc = run_change(c);
	else
		rc = run_each(c);
	vmm_pools_close(pools);
	return rc;
}

/* clang-format off */
static const struct cmd commands_of[] = {
	{ .name = "ippool", .verb = "create", .operands = "POOL",
	  .summary = "Make a pool of addresses, print its row.",
	  .options = create_options, .columns = pool_columns, .words = create_words,
	  .uses = CMD_ROWS | CMD_DRY_RUN,
	  .min_args = 1, .max_args = 1, .run = run },
	{ .name = "ippool", .verb = "checkout", .operands = "POOL",
	  .summary = "Give addresses to a holder, print a row for each; - reads rows: pool holder ...",
	  .options = checkout_options, .columns = lease_columns, .uses = CMD_ROWS,
	  .min_args = 1, .max_args = 1, .run = run },
	{ .name = "ippool", .verb = "checkin", .operands = "[POOL]",
	  .summary = "Take a holder's addresses back, of one pool or of all, print a row for each.",
	  .options = checkin_options, .columns = lease_columns, .uses = CMD_ROWS,
	  .max_args = 1, .run = run },
	{ .name = "ippool", .verb = "list", .operands = "[POOL...]",
	  .summary = "List pools: their addresses, and how many are leased.",
	  .columns = pool_columns, .uses = CMD_ROWS, .run = run },
	{ .name = "ippool", .verb = "show", .operands = "[POOL...]",
	  .summary = "List leases: which address is whose.",
	  .options = show_options, .columns = lease_columns, .uses = CMD_ROWS, .run = run },
	{ .name = "ippool", .verb = "check", .operands = "[POOL...]",
	  .summary = "List leases that are double, foreign or leaked; status 1 if there are any.",
	  .columns = check_columns, .uses = CMD_ROWS, .run = run },
	{ .name = "ippool", .verb = "gc", .operands = "[POOL...]",
	  .summary = "Take back what has expired or whose holder the inventory has not known for long.",
	  .options = gc_options, .columns = lease_columns, .uses = CMD_ROWS | CMD_DRY_RUN,
	  .run = run },
	{ .name = "ippool", .verb = "rm", .operands = "POOL...",
	  .summary = "Remove pools, print the row of each.",
	  .options = rm_options, .columns = pool_columns, .uses = CMD_ROWS | CMD_DRY_RUN,
	  .min_args = 1, .run = run },
};
/* clang-format on */

static const struct cmd *const commands[] = { &commands_of[0], &commands_of[1], &commands_of[2],
					      &commands_of[3], &commands_of[4], &commands_of[5],
					      &commands_of[6], &commands_of[7], NULL };

static const struct cmd ippool = {
	.name = "ippool",
	.operands = "",
	.summary = "Pools of IP, MAC and virtual IP addresses, and who holds which.",
	.commands = commands,
};

int main(int argc, char **argv)
{
	return cmd_main(&ippool, argc, argv);
}
