/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request becomes before any machine is touched: who it is, and that it may be. */
#include <stdlib.h>
#include <string.h>

#include "base/hostlist.h"
#include "base/num.h"
#include "base/rows.h"
#include "bmc/bmc.h"
#include "deploy/internal.h"

static bool given(const char *s)
{
	return s && *s;
}

/* ---- which machine ---- */

/* By its UUID, else by its name. */
static long known(const struct vmm__planning *pl, const struct vmm_deploy_request *req)
{
	char uuid[VMM_UUID_LEN + 1];

	if (given(req->uuid))
		return vmm_uuid_parse(req->uuid, uuid) ? vmm__machine_row(pl->machines, "uuid", uuid)
						       : -1;
	return given(req->name) ? vmm__machine_row(pl->machines, "name", req->name) : -1;
}

/* What is asked for, else what is known of it. */
static int choose(const struct vmm__planning *pl, long row, const char *column, const char *asked,
		  char **out, struct vmm_err *err)
{
	const char *text = given(asked) ? asked
			   : row >= 0   ? vmm_table_at(pl->machines, (size_t)row, column)
					: "";

	*out = strdup(text);
	return *out ? 0 : vmm_err_nomem(err);
}

static int read_macs(struct vmm__task *k, const char *cell)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;

	if (vmm_list_split(&items, cell) < 0)
		return vmm_err_nomem(&k->err);
	for (size_t i = 0; i < items.n; i++) {
		char mac[VMM_BOOT_MAC_LEN + 1];

		if (!vmm_boot_mac(items.s[i], mac))
			return vmm_err_set(&k->err, VMM_EINPUT, "'%s' is no MAC address", items.s[i]);
		if (vmm_strv_add(&k->macs, mac) < 0)
			return vmm_err_nomem(&k->err);
	}
	return 0;
}

/* It is recorded, for commands that run elsewhere. */
static int find_auth(struct vmm__task *k)
{
	char *whole = *k->bmc_auth ? realpath(k->bmc_auth, NULL) : NULL;

	if (!whole)
		return vmm_err_set(&k->err, VMM_EINPUT,
				   "no file with the credentials of its BMC '%s'%s%s", k->bmc,
				   *k->bmc_auth ? ": " : "", k->bmc_auth);
	free(k->bmc_auth);
	k->bmc_auth = whole;
	return 0;
}

/* The URL, the file, and what the profile may leave open. */
static int check_bmc(struct vmm__task *k)
{
	struct vmm_bmc *b = NULL;

	if (*k->firmware && strcmp(k->firmware, "bios") != 0 && strcmp(k->firmware, "uefi") != 0)
		return vmm_err_set(&k->err, VMM_EINPUT, "firmware '%s' is neither bios nor uefi",
				   k->firmware);
	if (!*k->bmc)
		return 0;
	if (vmm_bmcurl_check(k->bmc, &k->err) < 0 || find_auth(k) < 0 ||
	    vmm_bmc_new(k->bmc, k->bmc_auth, &b, &k->err) < 0)
		return k->err.code;
	vmm_bmc_free(b);
	return 0;
}

static int identify(const struct vmm__planning *pl, const struct vmm_deploy_request *req, long row,
		    struct vmm__task *k)
{
	VMM_STR_AUTO macs = NULL;
	char uuid[VMM_UUID_LEN + 1];

	if (choose(pl, row, "uuid", req->uuid, &k->uuid, &k->err) < 0 ||
	    choose(pl, row, "serial", req->serial, &k->serial, &k->err) < 0 ||
	    choose(pl, row, "bmc", req->bmc, &k->bmc, &k->err) < 0 ||
	    choose(pl, row, "bmc_auth", req->bmc_auth, &k->bmc_auth, &k->err) < 0 ||
	    choose(pl, row, "firmware", req->firmware, &k->firmware, &k->err) < 0 ||
	    choose(pl, row, "macs", req->macs, &macs, &k->err) < 0 || read_macs(k, macs) < 0)
		return k->err.code;
	if (!*k->uuid || !k->macs.n)
		return vmm_err_set(&k->err, VMM_EINPUT,
				   "its %s is not known, and nothing else proves which machine it is",
				   *k->uuid ? "MAC address" : "UUID");
	if (!vmm_uuid_parse(k->uuid, uuid))
		return vmm_err_set(&k->err, VMM_EINPUT, "'%s' is no UUID", k->uuid);
	memcpy(k->uuid, uuid, sizeof(uuid));
	return check_bmc(k);
}

/* ---- its name ---- */

static bool name_is_free(const struct vmm__planning *pl, const char *name)
{
	return !vmm_strv_has(&pl->names, name) && vmm_inventory_host(pl->inv, name) < 0 &&
	       vmm__machine_row(pl->machines, "name", name) < 0;
}

/* The first of the profile's names that nobody has. */
static int invent(const struct vmm__planning *pl, struct vmm__task *k)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	if (!*k->p->pattern)
		return vmm_err_set(&k->err, VMM_EINPUT,
				   "it has no name, and the profile has none for it");
	if (vmm_hostlist_expand(k->p->pattern, &names, &k->err) < 0)
		return k->err.code;
	for (size_t i = 0; i < names.n; i++)
		if (name_is_free(pl, names.s[i])) {
			k->name = strdup(names.s[i]);
			return k->name ? 0 : vmm_err_nomem(&k->err);
		}
	return vmm_err_set(&k->err, VMM_EREFUSED, "all names of '%s' are taken", k->p->pattern);
}

static int name_it(const struct vmm__planning *pl, const char *asked, long row, struct vmm__task *k)
{
	if (choose(pl, row, "name", asked, &k->name, &k->err) < 0)
		return k->err.code;
	if (!*k->name) {
		free(k->name);
		k->name = NULL;
		return invent(pl, k);
	}
	return vmm_machine_name_check(k->name, &k->err);
}

/* ---- that it may be ---- */

/*
 * A host that is at work is not switched off because somebody mistook a row. One that has its system from
 * an earlier run keeps it, and lacks something else.
 */
static int check_host(const struct vmm_inventory *inv, const struct vmm__task *k, struct vmm_err *err)
{
	for (size_t r = 0; r < vmm_table_rows(inv->hosts); r++) {
		const char *name = vmm_table_at(inv->hosts, r, "name");
		bool same = strcmp(vmm_table_at(inv->hosts, r, "uuid"), k->uuid) == 0;

		if (!same && strcmp(name, k->name) == 0)
			return vmm_err_set(err, VMM_EREFUSED, "there is a host of that name already");
		if (same && strcmp(name, k->name) != 0)
			return vmm_err_set(err, VMM_EREFUSED,
					   "it is host '%s': deploy it by that name, or remove that host "
					   "first",
					   name);
		if (same && !k->wipe && !k->written)
			return vmm_err_set(err, VMM_EREFUSED,
					   "it is host '%s'; --wipe %s makes it anew all the same",
					   name, k->name);
	}
	return 0;
}

static int check_twice(struct vmm__planning *pl, struct vmm__task *k)
{
	long other = vmm__machine_row(pl->machines, "name", k->name);

	if (vmm_strv_has(&pl->names, k->name) || vmm_strv_has(&pl->uuids, k->uuid))
		return vmm_err_set(&k->err, VMM_EREFUSED, "it is named twice");
	if (*k->bmc && vmm_strv_has(&pl->bmcs, k->bmc))
		return vmm_err_set(&k->err, VMM_EREFUSED, "another one has its BMC '%s'", k->bmc);
	if (vmm_strv_add(&pl->names, k->name) < 0 || vmm_strv_add(&pl->uuids, k->uuid) < 0 ||
	    (*k->bmc && vmm_strv_add(&pl->bmcs, k->bmc) < 0))
		return vmm_err_nomem(&k->err);
	if (other >= 0 && strcmp(vmm_table_at(pl->machines, (size_t)other, "uuid"), k->uuid) != 0)
		return vmm_err_set(&k->err, VMM_EREFUSED, "another machine has that name (UUID %s)",
				   vmm_table_at(pl->machines, (size_t)other, "uuid"));
	return 0;
}

/* What is known of it allows it. */
static int look(struct vmm__task *k, const struct vmm_inventory *inv, const struct vmm_table *machines)
{
	long row = vmm__machine_row(machines, "uuid", k->uuid);
	int ret = 0;

	k->known = row >= 0;
	if (k->opt.resume && k->known)
		ret = vmm__recall(k, machines, (size_t)row);
	return ret ? ret : check_host(inv, k, &k->err);
}

int vmm__plan(struct vmm__planning *pl, const struct vmm_deploy_request *req, struct vmm__task *k)
{
	long row = known(pl, req);

	if (row < 0 && given(req->name) && !given(req->uuid) && !given(req->macs))
		return vmm_err_set(&k->err, VMM_ENOTFOUND,
				   "nothing is known of '%s': give its UUID and MAC address, or rows of "
				   "host-discover",
				   req->name);
	if (identify(pl, req, row, k) < 0 || name_it(pl, req->name, row, k) < 0)
		return k->err.code;
	k->wipe = pl->opt->wipe && vmm_strv_has(pl->opt->wipe, k->name);
	if (check_twice(pl, k) < 0)
		return k->err.code;
	return look(k, pl->inv, pl->machines);
}

int vmm__plan_again(struct vmm__task *k)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	VMM_TABLE_AUTO *machines = NULL;

	if (vmm_inventory_read(k->st, &inv, &k->err) < 0 ||
	    vmm__machines_read(k->st, &machines, &k->err) < 0)
		return k->err.code;
	return look(k, &inv, machines);
}
