/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/declare.h"

#include <string.h>

#include "base/rows.h"
#include "inventory/inventory.h"

struct cmd_declare_text cmd_declare_text;

/* The values of an option that may be given again, as a list cell. */
static int put_list(struct cmd_run *c, struct vmm_table *row, const char *column, char **values)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	for (; values && *values; values++)
		vmm_list_add(&cell, *values);
	if (cell.failed || vmm_table_put(row, 0, column, cell.data) < 0)
		return vmm_err_nomem(&c->err);
	return 0;
}

static int check_path(struct cmd_run *c, const char *option, const char *path)
{
	if (path && *path && *path != '/')
		return vmm_err_set(&c->err, VMM_EINPUT, "%s '%s': not an absolute path", option,
				   path);
	return 0;
}

static int check(struct cmd_run *c)
{
	const struct cmd_declare_text *d = &cmd_declare_text;

	if (d->group && *d->group && vmm_name_check("--group", d->group, &c->err) < 0)
		return c->err.code;
	if (d->maint && *d->maint && strcmp(d->maint, "yes") != 0 && strcmp(d->maint, "no") != 0)
		return vmm_err_set(&c->err, VMM_EINPUT, "--maint '%s': not yes or no", d->maint);
	if (check_path(c, "--auth-file", d->auth_file) < 0)
		return c->err.code;
	return check_path(c, "--bmc-auth", d->bmc_auth);
}

bool cmd_declares(void)
{
	const struct cmd_declare_text *d = &cmd_declare_text;

	return d->group || d->migrate_uri || d->peer_uri || d->auth_file || d->maint || d->bmc ||
	       d->bmc_auth || d->label || d->unlabel;
}

int cmd_declared(struct cmd_run *c, struct vmm_table **out)
{
	const struct {
		const char *column, *value;
	} given[] = {
		{ "group", cmd_declare_text.group },
		{ "migrate_uri", cmd_declare_text.migrate_uri },
		{ "peer_uri", cmd_declare_text.peer_uri },
		{ "auth_file", cmd_declare_text.auth_file },
		{ "maint", cmd_declare_text.maint },
		{ "bmc", cmd_declare_text.bmc },
		{ "bmc_auth", cmd_declare_text.bmc_auth },
	};
	VMM_TABLE_AUTO *row = vmm_table_new(NULL);

	if (check(c) < 0)
		return c->err.code;
	if (!row || vmm_table_add(row) < 0)
		return vmm_err_nomem(&c->err);
	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
		if (given[i].value && vmm_table_put(row, 0, given[i].column, given[i].value) < 0)
			return vmm_err_nomem(&c->err);
	if (put_list(c, row, "label", cmd_declare_text.label) < 0 ||
	    put_list(c, row, "unlabel", cmd_declare_text.unlabel) < 0)
		return c->err.code;
	*out = row;
	row = NULL;
	return 0;
}
