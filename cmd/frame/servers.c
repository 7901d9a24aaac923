/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/servers.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bmcurl.h"
#include "base/hostlist.h"
#include "base/num.h"
#include "inventory/inventory.h"

#define STDIN_MAX (256u << 20)

struct reader {
	struct cmd_run *c;
	struct cmd_servers *s;
	struct vmm_inventory inv; /* read when a host is named */
};

static void release(struct cmd_server *server)
{
	free(server->name);
	free(server->url);
	free(server->auth);
	free(server->key);
}

void cmd_servers_release(struct cmd_servers *s)
{
	for (size_t i = 0; i < s->n; i++)
		release(&s->list[i]);
	free(s->list);
	s->list = NULL;
	s->n = 0;
}

static int read_inventory(struct reader *r)
{
	struct vmm_store *st = r->inv.hosts ? NULL : cmd_store(r->c);

	if (r->inv.hosts)
		return 0;
	return st && vmm_inventory_read(st, &r->inv, &r->c->err) == 0 ? 0 : r->c->err.code;
}

static char *key_of(const char *url)
{
	struct vmm_bmcurl u;
	VMM_BUF_AUTO key = VMM_BUF_INIT;

	if (vmm_bmcurl_parse(url, &u, NULL) == 0)
		vmm_buf_addf(&key, "%s:%u", u.host, u.port);
	return vmm_buf_steal(&key);
}

static bool is_there(const struct cmd_servers *s, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (*key && strcmp(s->list[i].key, key) == 0)
			return true;
	return false;
}

static int append(struct cmd_servers *s, const struct cmd_server *new)
{
	struct cmd_server *list = reallocarray(s->list, s->n + 1, sizeof(*list));

	if (!list)
		return VMM_ENOMEM;
	s->list = list;
	s->list[s->n++] = *new;
	return 0;
}

/* A URL that somebody wrote into the state by hand may hold a password: one that is none is not shown. */
static int add(struct reader *r, const char *name, const char *url, const char *auth,
	       unsigned long vms)
{
	struct cmd_servers *s = r->s;
	struct cmd_server new = { .vms = vms, .key = key_of(url) };

	if (new.key && is_there(s, new.key)) {
		free(new.key);
		return 0;
	}
	new.name = strdup(name);
	new.url = new.key ? strdup(*new.key ? url : "") : NULL;
	new.auth = strdup(*auth || !s->auth_file ? auth : s->auth_file);
	if (new.name &&new.url &&new.auth && append(s, &new) == 0)
		return 0;
	release(&new);
	return vmm_err_nomem(&r->c->err);
}

static int add_host(struct reader *r, size_t row)
{
	const struct vmm_table *hosts = r->inv.hosts;
	uint64_t vms = 0;

	vmm_num_u64("running", vmm_table_at(hosts, row, "running"), 0, UINT32_MAX, &vms, NULL);
	return add(r, vmm_table_at(hosts, row, "name"), vmm_table_at(hosts, row, "bmc"),
		   vmm_table_at(hosts, row, "bmc_auth"), (unsigned long)vms);
}

static int add_hosts(struct reader *r, const struct vmm_strv *names)
{
	size_t *rows, n;
	int rc = read_inventory(r);

	if (rc < 0)
		return rc;
	rows = calloc(vmm_table_rows(r->inv.hosts) + 1, sizeof(*rows));
	rc = rows ? vmm_inventory_hosts(&r->inv, names, rows, &n, &r->c->err)
		  : vmm_err_nomem(&r->c->err);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (names->n > 0 || *vmm_table_at(r->inv.hosts, rows[i], "bmc"))
			rc = add_host(r, rows[i]);
	free(rows);
	return rc;
}

/* An IPv6 address in brackets is no range. What is no URL either way is told of as the one that it would be. */
static int add_urls(struct reader *r, const char *text)
{
	VMM_STRV_AUTO urls = VMM_STRV_INIT;
	int rc = vmm_bmcurl_check(text, &r->c->err);

	if (rc == 0)
		return add(r, "", text, "", 0);
	if (!strchr(text, '[') || vmm_hostlist_expand(text, &urls, NULL) < 0)
		return rc;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < urls.n; i++) {
		rc = vmm_bmcurl_check(urls.s[i], &r->c->err);
		if (rc == 0)
			rc = add(r, "", urls.s[i], "", 0);
	}
	return rc;
}

static int add_row(struct reader *r, const struct vmm_table *t, size_t row)
{
	const char *name = vmm_table_at(t, row, "name"), *url = vmm_table_at(t, row, "bmc");
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	if (*url) {
		if (vmm_bmcurl_check(url, &r->c->err) < 0)
			return vmm_err_prefix(&r->c->err, "stdin: row %zu", row + 1);
		return add(r, name, url, vmm_table_at(t, row, "bmc_auth"), 0);
	}
	if (!*name)
		return vmm_err_set(&r->c->err, VMM_EINPUT,
				   "stdin: row %zu names no server (columns bmc and bmc_auth, or name)",
				   row + 1);
	return vmm_strv_add(&names, name) < 0 ? vmm_err_nomem(&r->c->err) : add_hosts(r, &names);
}

static int add_rows(struct reader *r)
{
	VMM_STR_AUTO text = NULL;
	VMM_TABLE_AUTO *t = NULL;
	size_t len;
	int rc = 0;

	if (vmm_read_fd("stdin", STDIN_FILENO, STDIN_MAX, &text, &len, &r->c->err) < 0 ||
	    vmm_rows_parse("stdin", text, len, &t, &r->c->err) < 0)
		return r->c->err.code;
	if (vmm_table_cols(t) > 0 && vmm_table_col(t, "bmc") < 0 && vmm_table_col(t, "name") < 0)
		return vmm_err_set(&r->c->err, VMM_EINPUT,
				   "stdin: the header '%s' has none of the columns bmc, name",
				   vmm_table_colname(t, 0));
	for (size_t row = 0; rc == 0 && row < vmm_table_rows(t); row++)
		rc = add_row(r, t, row);
	return rc;
}

/* An address that is no host's name is that of a BMC, and needs to be said as one. */
static int hint(struct reader *r, const struct vmm_strv *names)
{
	struct in6_addr any;

	for (size_t i = 0; i < names->n; i++)
		if (inet_pton(AF_INET, names->s[i], &any) == 1 ||
		    inet_pton(AF_INET6, names->s[i], &any) == 1)
			return vmm_bmcurl_check(names->s[i], &r->c->err);
	return r->c->err.code;
}

static int add_operands(struct reader *r)
{
	const struct vmm_strv *args = &r->c->args;
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int rc = 0;

	if (args->n == 1 && strcmp(args->s[0], "-") == 0)
		return add_rows(r);
	for (size_t i = 0; rc == 0 && i < args->n; i++)
		if (vmm_bmcurl_looks(args->s[i]))
			rc = add_urls(r, args->s[i]);
		else if (vmm_strv_add(&names, args->s[i]) < 0)
			rc = vmm_err_nomem(&r->c->err);
	if (rc == 0 && (names.n > 0 || args->n == 0))
		rc = add_hosts(r, &names);
	return rc == VMM_ENOTFOUND ? hint(r, &names) : rc;
}

int cmd_servers_read(struct cmd_run *c, struct cmd_servers *s)
{
	struct reader r = { .c = c, .s = s, .inv = VMM_INVENTORY_INIT };
	int rc = add_operands(&r);

	vmm_inventory_release(&r.inv);
	if (rc < 0)
		cmd_servers_release(s);
	return rc;
}
