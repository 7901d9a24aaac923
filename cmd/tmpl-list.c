/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the templates, a row each. */
#include <inttypes.h>
#include <stdio.h>

#include "base/conf.h"
#include "base/num.h"
#include "define/define.h"
#include "frame/frame.h"

/* clang-format off */
static const struct cmd_column columns[] = {
	{ "name", VMM_TEXT, false, "" },
	{ "image", VMM_TEXT, false, "that the first disk is made of" },
	{ "hardware", VMM_TEXT, false, "hardware profile" },
	{ "guest", VMM_TEXT, false, "guest profile" },
	{ "nics", VMM_LIST, false, "the network of each" },
	{ "disks", VMM_LIST, false, "the size of each; image: as large as that" },
	{ "description", VMM_TEXT, false, "" },
	{ "file", VMM_TEXT, false, "where it is written" },
	{ "vcpus", VMM_NUMBER, true, "processors" },
	{ "mem", VMM_BYTES, true, "memory" },
	{ "kind", VMM_TEXT, true, "plain, cloud-init or unattend" },
	{ "pools", VMM_LIST, true, "address pools" },
	CMD_COLUMNS_END
};
/* clang-format on */

struct row {
	struct vmm_table *t;
	size_t nr;
	bool bad;
};

static void put(struct row *r, const char *column, const char *value)
{
	r->bad |= vmm_table_put(r->t, r->nr, column, value) < 0;
}

static void put_number(struct row *r, const char *column, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	put(r, column, text);
}

static void put_lists(struct row *r, const struct vmm_template *t)
{
	VMM_BUF_AUTO nics = VMM_BUF_INIT;
	VMM_BUF_AUTO disks = VMM_BUF_INIT;
	VMM_BUF_AUTO pools = VMM_BUF_INIT;

	for (size_t i = 0; i < t->nnics; i++) {
		const char *of[] = { t->nics[i].ip4, t->nics[i].ip6, t->nics[i].mac };

		vmm_list_add(&nics, t->nics[i].network);
		for (size_t k = 0; k < 3; k++)
			if (*of[k])
				vmm_list_add(&pools, of[k]);
	}
	for (size_t i = 0; i < t->ndisks; i++) {
		char size[8];

		vmm_list_add(&disks, t->disks[i].size
					     ? vmm_num_human(t->disks[i].size, size, sizeof(size))
					     : "image");
	}
	r->bad |= nics.failed || disks.failed || pools.failed;
	put(r, "nics", nics.data);
	put(r, "disks", disks.data);
	put(r, "pools", pools.data);
}

static int print(struct cmd_run *c, const struct vmm_template *t)
{
	static const char *const kinds[] = { "plain", "cloud-init", "unattend" };
	VMM_TABLE_AUTO *rows = vmm_table_new(NULL);
	struct row r = { .t = rows };

	if (!rows || vmm_table_add(rows) < 0)
		return vmm_err_nomem(&c->err);
	put(&r, "name", t->name);
	put(&r, "image", t->image);
	put(&r, "hardware", t->hardware_name);
	put(&r, "guest", t->guest_name);
	put_lists(&r, t);
	put(&r, "description", t->description);
	put(&r, "file", t->file);
	put_number(&r, "vcpus", t->hardware.vcpus);
	put_number(&r, "mem", t->hardware.memory);
	put(&r, "kind", kinds[t->guest.kind]);
	return r.bad ? vmm_err_nomem(&c->err) : cmd_row(c, rows, 0);
}

static int list(struct cmd_run *c, const char *name)
{
	VMM_TEMPLATE_AUTO *t = NULL;
	int code = vmm_template_load(vmm_conf_folder(), name, NULL, &t, &c->err);

	cmd_tally(c, code);
	if (code) {
		cmd_say(c, "%s", c->err.text);
		return 0;
	}
	return print(c, t);
}

static int run(struct cmd_run *c)
{
	VMM_STRV_AUTO all = VMM_STRV_INIT;
	const struct vmm_strv *names = c->args.n ? &c->args : &all;

	if (!c->args.n && vmm_conf_names(vmm_conf_folder(), "templates", &all, &c->err) < 0)
		return c->err.code;
	for (size_t i = 0; i < names->n; i++) {
		/* Those are parts of others. */
		if (!c->args.n && *names->s[i] == '_')
			continue;
		if (list(c, names->s[i]) < 0)
			return c->err.code;
	}
	return cmd_status(c);
}

static const struct cmd tmpl_list = {
	.name = "tmpl-list",
	.operands = "[TEMPLATE...]",
	.summary = "List the templates of $VMM_CONF.",
	.columns = columns,
	.uses = CMD_ROWS,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&tmpl_list, argc, argv);
}
