/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds BMCs in ranges of addresses, and asks them, or the servers themselves, what those are. */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rows.h"
#include "bmc/batch.h"
#include "deploy/inspect.h"
#include "frame/frame.h"
#include "inventory/inventory.h"

#define WAIT_MS 2000

static int inspects, elsewhere;
static char *auth_file, *wait_text;

/* clang-format off */
static const struct poptOption options[] = {
	{ "bmc-auth", 0, POPT_ARG_STRING, &auth_file, 0,
		"file with the BMCs' credentials; without it they are only found", "FILE" },
	{ "inspect", 0, POPT_ARG_NONE, &inspects, 0,
		"start those that are off from the network, to report what they have", NULL },
	{ "served-elsewhere", 0, POPT_ARG_NONE, &elsewhere, 0,
		"the boot server runs on another machine", NULL },
	{ "wait", 0, POPT_ARG_STRING, &wait_text, 0,
		"how long an address may take to answer (usual: 2s)", "TIME" },
	POPT_TABLEEND
};

static const struct cmd_column columns[] = {
	{ "name", VMM_TEXT, false, "the host that this BMC is declared for" },
	{ "bmc", VMM_TEXT, false, "where it is" },
	{ "vendor", VMM_TEXT, false, "who made the server" },
	{ "product", VMM_TEXT, false, "what it is" },
	{ "serial", VMM_TEXT, false, "its serial number" },
	{ "uuid", VMM_TEXT, false, "its UUID" },
	{ "power", VMM_TEXT, false, "on, off or unknown" },
	{ "firmware", VMM_TEXT, false, "bios or uefi: how it is to start, where the BMC tells" },
	{ "boot", VMM_TEXT, true, "what it is to start from: none, pxe, disk, cdrom, bios" },
	{ "bmc_auth", VMM_TEXT, false, "the file with the credentials" },
	{ "macs", VMM_LIST, false, "with --inspect: addresses of its network cards, first the one it booted from" },
	{ "cpus", VMM_NUMBER, false, "with --inspect: processors" },
	{ "memory", VMM_BYTES, false, "with --inspect: memory" },
	{ "disks", VMM_LIST, false, "with --inspect: NAME:KIND:BYTES:SERIAL of each" },
	{ "nics", VMM_LIST, true, "with --inspect: NAME:MAC:up|down of each" },
	{ "cpu", VMM_TEXT, true, "with --inspect: what processor" },
	{ "error", VMM_TEXT, false, "why no more is known" },
	{ "seconds", VMM_NUMBER, true, "how long it took to ask" },
	CMD_COLUMNS_END
};
/* clang-format on */

struct search {
	struct cmd_run *c;
	const char *auth;        /* NULL: they are only found */
	struct vmm_table *hosts; /* with a BMC: address, name */
	struct vmm_index *by_address;
	struct vmm_strv found; /* addresses */
	struct vmm_strv urls;
	struct vmm_table **slots; /* of each URL its row, until that is printed */
	bool *whole;              /* and whether all is known that will be */
	size_t next;              /* the first that is not printed yet */
	size_t *of;               /* of each inspection its URL */
};

/* One row, or NULL: out of memory. */
static struct vmm_table *describe(struct search *s, size_t i, const struct vmm_bmc_result *r)
{
	static const struct vmm_bmc_identity nothing = { .has_guid = false };
	const struct vmm_bmc_identity *id = r->id ? r->id : &nothing;
	const struct vmm_bmc_boot *boot = r->boot;
	struct vmm_table *t = vmm_table_new(NULL);
	long known = vmm_index_find(s->by_address, s->found.s[i]);
	char seconds[CMD_SECONDS_LEN];
	const char *const cells[][2] = {
		{ "name", known < 0 ? "" : vmm_table_at(s->hosts, (size_t)known, "name") },
		{ "bmc", s->urls.s[i] },
		{ "vendor", id->manufacturer },
		{ "product", id->product },
		{ "serial", id->serial },
		{ "uuid", id->uuid },
		{ "power", vmm_bmc_power_word(r->power) },
		{ "firmware", boot && boot->told ? boot->uefi ? "uefi" : "bios" : "" },
		{ "boot", boot ? vmm_bmc_device_words[boot->device] : "" },
		{ "bmc_auth", s->auth ? s->auth : "" },
		{ "error", r->error },
		{ "seconds", cmd_seconds(r->ms, seconds) },
	};

	if (t && vmm_table_add(t) < 0) {
		vmm_table_free(t);
		return NULL;
	}
	for (size_t k = 0; t && k < sizeof(cells) / sizeof(*cells); k++)
		if (vmm_table_put(t, 0, cells[k][0], cells[k][1]) < 0) {
			vmm_table_free(t);
			return NULL;
		}
	return t;
}

/* ---- rows, in the order of the addresses ---- */

static int print_next(struct search *s)
{
	int rc = cmd_row(s->c, s->slots[s->next], 0);

	vmm_table_free(s->slots[s->next]);
	s->slots[s->next++] = NULL;
	return rc;
}

static int print_whole(struct search *s)
{
	int rc = 0;

	while (rc == 0 && s->next < s->urls.n && s->whole[s->next])
		rc = print_next(s);
	return rc;
}

/* Of those that were given up. */
static int print_rest(struct search *s)
{
	int rc = 0;

	while (rc == 0 && s->next < s->urls.n)
		if (s->slots[s->next])
			rc = print_next(s);
		else
			s->next++;
	return rc;
}

static int done(const struct vmm_bmc_result *r, void *ctx)
{
	struct search *s = ctx;
	bool waits = inspects && r->id && *r->id->uuid;

	s->slots[r->target] = describe(s, r->target, r);
	if (!s->slots[r->target])
		return vmm_err_nomem(&s->c->err);
	if (waits)
		return 0;
	cmd_tally(s->c, r->code);
	s->whole[r->target] = true;
	return print_whole(s);
}

/* ---- what the servers have ---- */

static int inspected(const struct vmm_inspect_result *r, void *ctx)
{
	struct search *s = ctx;
	const struct vmm_table *hw = r->hardware;
	struct vmm_table *row = s->slots[s->of[r->request]];

	cmd_tally(s->c, r->code);
	for (size_t k = 0; hw && k < vmm_table_cols(hw); k++)
		if (*vmm_table_get(hw, 0, (int)k) && vmm_table_put(row, 0, vmm_table_colname(hw, k),
								   vmm_table_get(hw, 0, (int)k)) < 0)
			return vmm_err_nomem(&s->c->err);
	if (vmm_table_put(row, 0, "error", r->error) < 0)
		return vmm_err_nomem(&s->c->err);
	s->whole[s->of[r->request]] = true;
	return print_whole(s);
}

static size_t requests(struct search *s, struct vmm_inspect_request *req)
{
	size_t n = 0;

	for (size_t i = 0; i < s->urls.n; i++) {
		if (!s->slots[i] || s->whole[i])
			continue;
		s->of[n] = i;
		req[n++] = (struct vmm_inspect_request){ .uuid = vmm_table_at(s->slots[i], 0, "uuid"),
							 .bmc = s->urls.s[i],
							 .bmc_auth = s->auth };
	}
	return n;
}

static int inspect(struct search *s)
{
	const struct vmm_inspect_options opt = { .timeout_ms = s->c->timeout_ms,
						 .jobs = s->c->jobs,
						 .served_elsewhere = elsewhere,
						 .cancel = s->c->cancel };
	struct vmm_inspect_request *req = calloc(s->urls.n + 1, sizeof(*req));
	size_t n;
	int rc;

	if (!req)
		return vmm_err_nomem(&s->c->err);
	n = requests(s, req);
	rc = n ? vmm_inspect(s->c->store, req, n, &opt, inspected, s, &s->c->err) : 0;
	free(req);
	return rc;
}

static int identify(struct search *s)
{
	const struct vmm_bmc_batch_options opt = { .act = VMM_BMC_ACT_IDENTIFY,
						   .timeout_ms = inspects ? 0 : s->c->timeout_ms,
						   .jobs = inspects ? 0 : s->c->jobs,
						   .cancel = s->c->cancel };
	struct vmm_bmc_target *targets = calloc(s->urls.n + 1, sizeof(*targets));
	int rc;

	if (!targets)
		return vmm_err_nomem(&s->c->err);
	for (size_t i = 0; i < s->urls.n; i++)
		targets[i] = (struct vmm_bmc_target){ .url = s->urls.s[i], .auth_file = s->auth };
	rc = vmm_bmc_batch(targets, s->urls.n, &opt, done, s, &s->c->err);
	free(targets);
	return rc;
}

/* Nobody is asked: they are there, that is all. */
static int print_found(struct search *s)
{
	struct vmm_bmc_result r = { .error = "" };
	int rc = 0;

	for (; rc == 0 && r.target < s->urls.n; r.target++)
		rc = done(&r, s);
	return rc;
}

static int make_slots(struct search *s)
{
	s->slots = calloc(s->urls.n + 1, sizeof(struct vmm_table *));
	s->whole = calloc(s->urls.n + 1, sizeof(*s->whole));
	s->of = calloc(s->urls.n + 1, sizeof(*s->of));
	return s->slots && s->whole && s->of ? 0 : vmm_err_nomem(&s->c->err);
}

static void release(struct search *s)
{
	for (size_t i = 0; s->slots && i < s->urls.n; i++)
		vmm_table_free(s->slots[i]);
	free(s->slots);
	free(s->whole);
	free(s->of);
	vmm_strv_release(&s->found);
	vmm_strv_release(&s->urls);
	vmm_index_free(s->by_address);
	vmm_table_free(s->hosts);
}

/* Which declared host has which BMC. */
static int read_hosts(struct search *s)
{
	struct vmm_store *st = cmd_store(s->c);
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_bmcurl u;

	if (!st || vmm_inventory_read(st, &inv, &s->c->err) < 0)
		return s->c->err.code;
	s->hosts = vmm_table_new(NULL);
	for (size_t r = 0; s->hosts && r < vmm_table_rows(inv.hosts); r++) {
		long row;

		if (vmm_bmcurl_parse(vmm_table_at(inv.hosts, r, "bmc"), &u, NULL) < 0)
			continue;
		row = vmm_table_add(s->hosts);
		if (vmm_table_put(s->hosts, (size_t)row, "address", u.host) < 0 ||
		    vmm_table_put(s->hosts, (size_t)row, "name",
				  vmm_table_at(inv.hosts, r, "name")) < 0)
			return vmm_err_nomem(&s->c->err);
	}
	if (s->hosts)
		s->by_address = vmm_index_new(s->hosts, vmm_table_need(s->hosts, "address"));
	return s->by_address ? 0 : vmm_err_nomem(&s->c->err);
}

static int keep(struct search *s, const char *address)
{
	VMM_BUF_AUTO url = VMM_BUF_INIT;

	vmm_buf_addf(&url, strchr(address, ':') ? "ipmi://[%s]" : "ipmi://%s", address);
	if (url.failed || vmm_strv_add(&s->found, address) < 0 || vmm_strv_add(&s->urls, url.data) < 0)
		return vmm_err_nomem(&s->c->err);
	return 0;
}

/* Those that answer, each once. */
static int keep_answered(struct search *s, const struct vmm_strv *addresses, const bool *answered)
{
	VMM_TABLE_AUTO *t = vmm_table_new((const char *const[]){ "address", NULL });
	struct vmm_index *ix = NULL;
	int rc = t ? 0 : vmm_err_nomem(&s->c->err);

	for (size_t i = 0; rc == 0 && i < addresses->n; i++)
		if (answered[i] && vmm_table_set(t, (size_t)vmm_table_add(t), 0, addresses->s[i]) < 0)
			rc = vmm_err_nomem(&s->c->err);
	if (rc == 0 && !(ix = vmm_index_new(t, 0)))
		rc = vmm_err_nomem(&s->c->err);
	for (size_t r = 0; rc == 0 && r < vmm_table_rows(t); r++)
		if (vmm_index_find(ix, vmm_table_get(t, r, 0)) == (long)r)
			rc = keep(s, vmm_table_get(t, r, 0));
	vmm_index_free(ix);
	return rc;
}

static int ping(struct search *s)
{
	VMM_STRV_AUTO addresses = VMM_STRV_INIT;
	uint64_t wait_ms = WAIT_MS;
	struct cmd_run *c = s->c;
	bool *answered;
	int rc = 0;

	if (wait_text && vmm_num_duration("--wait", wait_text, &wait_ms, &c->err) < 0)
		return c->err.code;
	for (size_t i = 0; rc == 0 && i < c->args.n; i++)
		rc = vmm_bmc_range_expand(c->args.s[i], &addresses, &c->err);
	if (rc < 0)
		return rc;
	answered = calloc(addresses.n + 1, sizeof(*answered));
	if (!answered)
		return vmm_err_nomem(&c->err);
	rc = vmm_bmc_ping(&addresses, wait_ms, c->cancel, answered, &c->err);
	if (rc == 0)
		rc = keep_answered(s, &addresses, answered);
	free(answered);
	return rc;
}

static int run(struct cmd_run *c)
{
	/* So that the rows mean the same wherever they are read. One that is not there is told of in each. */
	VMM_STR_AUTO whole = auth_file ? realpath(auth_file, NULL) : NULL;
	struct search s = { .c = c, .auth = whole ? whole : auth_file };
	int rc;

	if (inspects && !s.auth)
		return vmm_err_set(&c->err, VMM_EINPUT, "--inspect needs --bmc-auth");
	rc = read_hosts(&s);
	if (rc == 0)
		rc = ping(&s);
	if (rc == 0)
		rc = make_slots(&s);
	if (rc == 0)
		rc = s.auth ? identify(&s) : print_found(&s);
	if (rc == 0 && inspects)
		rc = inspect(&s);
	if (rc == 0)
		rc = print_rest(&s);
	release(&s);
	return rc == 0 ? cmd_status(c) : rc;
}

static const struct cmd host_discover = {
	.name = "host-discover",
	.operands = "RANGE...",
	.summary = "Find BMCs in ranges of addresses, and ask them what their servers are.",
	.options = options,
	.columns = columns,
	.uses = CMD_ROWS | CMD_BATCH | CMD_TIMEOUT,
	.min_args = 1,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&host_discover, argc, argv);
}
