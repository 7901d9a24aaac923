/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a machine's first boot to the inventory: ssh, the role, the host, its networks. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rows.h"
#include "deploy/internal.h"
#include "net/net.h"
#include "scan/scan.h"
#include "ssh/ssh.h"

#define TRY_MS 10000
#define POLL_MS 1000
#define PROBE_MS 60000
#define TABLE_MAX ((size_t)4 << 20)

/* ---- where it is ---- */

/* A word of each line that has another word: an address beside a MAC address. */
static void find_beside(const char *text, const char *mac, size_t column, struct vmm_strv *out)
{
	VMM_STRV_AUTO lines = VMM_STRV_INIT;

	if (vmm_strv_split(&lines, text, "\n") < 0)
		return;
	for (size_t i = 0; i < lines.n; i++) {
		VMM_STRV_AUTO words = VMM_STRV_INIT;
		VMM_STRV_AUTO full = VMM_STRV_INIT;

		if (!strcasestr(lines.s[i], mac) || vmm_strv_split(&words, lines.s[i], " \t") < 0)
			continue;
		for (size_t w = 0; w < words.n; w++)
			if (*words.s[w] && vmm_strv_add(&full, words.s[w]) < 0)
				return;
		if (full.n > column && !vmm_strv_has(out, full.s[column]))
			vmm_strv_add(out, full.s[column]);
	}
}

/* Takes the descriptor. */
static void find_in(int fd, const struct vmm_strv *macs, size_t column, struct vmm_strv *out)
{
	VMM_STR_AUTO text = NULL;
	size_t len;

	if (fd < 0)
		return;
	if (vmm_read_fd("addresses", fd, TABLE_MAX, &text, &len, NULL) == 0)
		for (size_t i = 0; i < macs->n; i++)
			find_beside(text, macs->s[i], column, out);
	close(fd);
}

/* What it holds, else what the DHCP server gave it, else what the kernel has heard of. */
static void find_addresses(struct vmm__task *k, struct vmm_strv *out)
{
	for (size_t i = 0; i < k->addresses.n; i++)
		vmm_strv_add(out, k->addresses.s[i]);
	if (out->n)
		return;
	find_in(vmm_boot_open_file(k->boot, "run/leases"), &k->macs, 2, out);
	find_in(open("/proc/net/arp", O_RDONLY | O_CLOEXEC), &k->macs, 0, out);
}

/* ---- until it lets us in ---- */

/* Where it waits is the first that is looked at when that takes long. */
static void tell_where(struct vmm__task *k, const struct vmm_strv *addresses, struct vmm_buf *told)
{
	VMM_BUF_AUTO now = VMM_BUF_INIT;

	vmm_list_join(&now, addresses);
	if (now.failed || !addresses->n || (told->len && strcmp(told->data, now.data) == 0))
		return;
	vmm__log(k, k->stage, "waits for ssh at %s", now.data);
	vmm_buf_release(told);
	vmm_buf_adds(told, now.data);
}

static int try_all(struct vmm__task *k, uint64_t until, struct vmm_buf *told, struct vmm_ssh **s,
		   char **address)
{
	VMM_STRV_AUTO addresses = VMM_STRV_INIT;
	int ret = vmm_err_set(&k->err, VMM_EAGAIN, "no address of it is known");

	find_addresses(k, &addresses);
	tell_where(k, &addresses, told);
	for (size_t i = 0; i < addresses.n && ret < 0 && ret != VMM_ECANCEL; i++) {
		uint64_t now = vmm_clock_ms();
		const struct vmm_ssh_to to = { .address = addresses.s[i],
					       .user = k->p->user,
					       .key = k->opt.key,
					       .host_keys = &k->host_keys,
					       .timeout_ms = until - now < TRY_MS ? until - now
										  : TRY_MS,
					       .cancel = k->opt.cancel };

		if (now >= until)
			break;
		ret = vmm_ssh_open(&to, s, &k->err);
		if (ret == 0)
			*address = strdup(addresses.s[i]);
	}
	return ret == 0 && !*address ? vmm_err_nomem(&k->err) : ret;
}

/*
 * It restarts first, and until then who answers may be another: so a wrong key is no reason to
 * give up, but never one to go on.
 */
static int wait_for_ssh(struct vmm__task *k, uint64_t until, struct vmm_ssh **s, char **address)
{
	VMM_BUF_AUTO told = VMM_BUF_INIT;
	int ret;

	if (!k->host_keys.n)
		return vmm_err_set(&k->err, VMM_EFAIL, "the agent told of no host key to know it by");
	for (;;) {
		ret = try_all(k, until, &told, s, address);
		if (ret == 0 || ret == VMM_ECANCEL || ret == VMM_EINPUT || ret == VMM_ENOMEM)
			break;
		if (k->opt.cancel && k->opt.cancel->level >= 2)
			return vmm_err_set(&k->err, VMM_ECANCEL, "aborted while it was waited for");
		if (vmm_clock_ms() + POLL_MS >= until)
			return vmm_err_prefix(&k->err, "it has its system, but");
		vmm_sleep_ms(POLL_MS);
	}
	if (ret == 0)
		k->err = (struct vmm_err){ 0 };
	return ret;
}

/* ---- its role ---- */

static int run_role(struct vmm__task *k, struct vmm_ssh *s, uint64_t until)
{
	VMM_STR_AUTO text = NULL;
	VMM_BUF_AUTO out = VMM_BUF_INIT;
	struct vmm__role r = { .p = k->p, .name = k->p->role, .host = k->name, .user = k->p->user };
	uint64_t now = vmm_clock_ms();
	int ret;

	if (vmm__role_read(k->opt.conf, r.name, &text, &k->err) < 0)
		return k->err.code;
	r.text = text;
	r.limit_ms = until > now ? until - now : 1;
	vmm__log(k, k->stage, "role %s", r.name);
	ret = vmm__role_run(s, &r, &out, &k->err);
	vmm__log_append(k, out.data, out.len);
	return ret;
}

/* ---- its row ---- */

void vmm__host_uri(const char *user, const char *address, const char *key, struct vmm_buf *out)
{
	bool six = strchr(address, ':');

	vmm_buf_addf(out, "qemu+ssh://%s@%s%s%s/system", user, six ? "[" : "", address,
		     six ? "]" : "");
	if (key)
		vmm_buf_addf(out, "?keyfile=%s", key);
}

static int merge(struct vmm_table *row, const struct vmm_table *seen)
{
	for (size_t i = 0; i < vmm_table_cols(seen); i++)
		if (vmm_table_put(row, 0, vmm_table_colname(seen, i),
				  vmm_table_get(seen, 0, (int)i)) < 0)
			return VMM_ENOMEM;
	return 0;
}

/* The key is known, but not to libvirt's ssh. */
static int probe(struct vmm__task *k, const char *uri, struct vmm_table **seen)
{
	if (vmm_scan_probe(uri, "", PROBE_MS, seen, &k->err) == 0)
		return 0;
	if (k->opt.known_hosts && strcasestr(k->err.text, "host key verification failed"))
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "its libvirtd: ssh does not look for host keys in '%s': "
				   "UserKnownHostsFile in ~/.ssh/config has to name it",
				   k->opt.known_hosts);
	return vmm_err_prefix(&k->err, "its libvirtd");
}

static int declare(struct vmm__task *k, const char *uri)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_TABLE_AUTO *row = vmm_table_new(NULL);
	VMM_TABLE_AUTO *seen = NULL;
	long at;

	if (!row || vmm_table_add(row) < 0 || vmm_table_put(row, 0, "name", k->name) < 0 ||
	    vmm_table_put(row, 0, "uri", uri) < 0 || vmm_table_put(row, 0, "group", k->p->group) < 0 ||
	    vmm_table_put(row, 0, "bmc", k->bmc) < 0 ||
	    vmm_table_put(row, 0, "bmc_auth", k->bmc_auth) < 0)
		return vmm_err_nomem(&k->err);
	if (probe(k, uri, &seen) < 0)
		return k->err.code;
	if (merge(row, seen) < 0)
		return vmm_err_nomem(&k->err);
	if (vmm_inventory_read(k->st, &inv, &k->err) < 0)
		return k->err.code;
	at = vmm_inventory_host(&inv, k->name);
	if (at >= 0 && *vmm_table_at(inv.hosts, (size_t)at, "uuid") &&
	    strcmp(vmm_table_at(inv.hosts, (size_t)at, "uuid"), k->uuid) != 0)
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "it is ready, but there is a host of that name now");
	if (at >= 0)
		return vmm_inventory_set_host(k->st, k->name, row, &k->err);
	return vmm_inventory_add_host(k->st, row, false, NULL, &k->err);
}

/* ---- its networks ---- */

static int network_done(const struct vmm_net_result *r, void *ctx)
{
	struct vmm__task *k = ctx;

	vmm__log(k, k->stage, "network %s: %s%s%s", r->network, r->result, *r->error ? ": " : "",
		 r->error);
	if (r->code < 0 && !k->err.code)
		vmm_err_set(&k->err, VMM_EFAIL, "network '%s': %s", r->network, r->error);
	return 0;
}

static int apply_network(struct vmm__task *k, const struct vmm_inventory *inv, const char *name)
{
	const struct vmm_net_options opt = { .timeout_ms = PROBE_MS, .cancel = k->opt.cancel };
	struct vmm_net_work work = { .nhosts = 0 };
	struct vmm_net *net = NULL;
	long host = vmm_inventory_host(inv, k->name);
	size_t *rows, n = 0, here = (size_t)host;
	int ret;

	if (vmm_net_load(k->opt.conf, name, &net, &k->err) < 0)
		return k->err.code;
	rows = calloc(vmm_table_rows(inv->hosts) + 1, sizeof(*rows));
	ret = rows ? vmm_inventory_hosts(inv, &net->hosts, rows, &n, &k->err)
		   : vmm_err_nomem(&k->err);
	for (size_t i = 0; ret == 0 && host >= 0 && i < n; i++)
		if (rows[i] == here)
			work = (struct vmm_net_work){ .net = net, .hosts = &here, .nhosts = 1 };
	if (ret == 0 && work.nhosts)
		ret = vmm_net_batch(k->st, inv, VMM_NET_APPLY, &work, 1, &opt, network_done, k,
				    &k->err);
	free(rows);
	vmm_net_free(net);
	return ret ? ret : (int)k->err.code;
}

/* Those that are for all hosts, for its group or for it. */
static int apply_networks(struct vmm__task *k)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int ret = vmm_inventory_read(k->st, &inv, &k->err);

	if (ret == 0)
		ret = vmm_conf_names(k->opt.conf, VMM_NET_KIND, &names, &k->err);
	for (size_t i = 0; i < names.n && ret == 0; i++)
		ret = apply_network(k, &inv, names.s[i]);
	return ret;
}

/* ---- together ---- */

static int introduce(struct vmm__task *k, const char *address)
{
	VMM_BUF_AUTO uri = VMM_BUF_INIT;
	int ret = vmm_known_hosts_set(k->opt.known_hosts, address, 0, &k->host_keys, &k->err);

	vmm__host_uri(k->p->user, address, k->opt.key, &uri);
	if (uri.failed)
		return vmm_err_nomem(&k->err);
	if (ret < 0 || strcmp(k->p->role, "plain") == 0)
		return ret;
	ret = declare(k, uri.data);
	if (ret == 0)
		vmm__log(k, k->stage, "declared as host %s%s%s", k->name,
			 *k->p->group ? " of group " : "", k->p->group);
	return ret ? ret : apply_networks(k);
}

int vmm__finish(struct vmm__task *k)
{
	uint64_t until = vmm_clock_ms() + k->p->limits[VMM_STAGE_ROLE];
	VMM_STR_AUTO address = NULL;
	struct vmm_ssh *s = NULL;
	int ret;

	k->stage = VMM_STAGE_ROLE;
	vmm__progress(k, 0, 0);
	vmm__log(k, k->stage, "begin");
	ret = vmm__deploy_record(k, "deploying");
	if (ret == 0)
		ret = wait_for_ssh(k, until, &s, &address);
	if (ret == 0 && !k->addresses.n && vmm_strv_add(&k->addresses, address) < 0)
		ret = vmm_err_nomem(&k->err);
	if (ret == 0)
		vmm__log(k, k->stage,
			 "it answers by ssh at %s, with the host key that is known of it", address);
	if (ret == 0 && strcmp(k->p->role, "plain") != 0)
		ret = run_role(k, s, until);
	vmm_ssh_close(s);
	return ret ? ret : introduce(k, address);
}
