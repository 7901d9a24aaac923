/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request becomes before any host is asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/num.h"
#include "provision/internal.h"
#include "virt/virt.h"

#define NAME_MAX_LEN 63

void vmm__making_free(void *task)
{
	struct vmm__making *k = task;

	if (!k)
		return;
	if (k->dom)
		virDomainFree(k->dom);
	if (k->conn)
		virConnectClose(k->conn);
	vmm_template_free(k->t);
	vmm_image_release(&k->image);
	vmm__what_release(&k->what);
	vmm_strv_release(&k->addresses);
	free(k->uri);
	free(k->auth_file);
	free(k->arch);
	free(k->base);
	vmm_store_close(k->st);
	free(k);
}

/* A host name: that is what the guest will be called, and files of its disks. */
static int check_name(const char *name, struct vmm_err *err)
{
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_LEN || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n ||
	    name[0] == '-' || name[n - 1] == '-')
		return vmm_err_set(err, VMM_EINPUT,
				   "'%s' cannot be a guest's host name: 1 to %d of a-z, 0-9 and '-', which "
				   "is neither first nor last",
				   name, NAME_MAX_LEN);
	return 0;
}

static int new_uuid(char out[VMM_UUID_LEN + 1], struct vmm_err *err)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return vmm_err_errno(err, "cannot make a UUID");
	b[6] = (b[6] & 0x0f) | 0x40; /* RFC 9562, version 4 */
	b[8] = (b[8] & 0x3f) | 0x80;
	for (size_t i = 0, at = 0; i < sizeof(b); i++)
		at += (size_t)snprintf(out + at, VMM_UUID_LEN + 1 - at, "%s%02x",
				       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	return 0;
}

/* Whether a NIC that the inventory knows of has one of the addresses that its UUID would give. */
static bool mac_in_use(const struct vmm_inventory *inv, const char *uuid, size_t nnics)
{
	for (size_t i = 0; i < nnics; i++) {
		VMM_STR_AUTO mac = vmm__mac_of(uuid, i);

		for (size_t v = 0; mac && v < vmm_table_rows(inv->vms); v++)
			if (strstr(vmm_table_at(inv->vms, v, "nics"), mac))
				return true;
	}
	return false;
}

static int choose_uuid(struct vmm__making *k, const struct vmm_inventory *inv)
{
	char uuid[VMM_UUID_LEN + 1];

	do {
		if (new_uuid(uuid, &k->err) < 0)
			return k->err.code;
	} while (mac_in_use(inv, uuid, k->t->nnics));
	k->what.uuid = strdup(uuid);
	return k->what.uuid ? 0 : vmm_err_nomem(&k->err);
}

static int set_host(struct vmm__making *k, const struct vmm_inventory *inv, long row)
{
	size_t h = (size_t)row;

	k->what.host = strdup(vmm_table_at(inv->hosts, h, "name"));
	k->what.host_uuid = strdup(vmm_table_at(inv->hosts, h, "uuid"));
	k->uri = strdup(vmm_table_at(inv->hosts, h, "uri"));
	k->auth_file = strdup(vmm_table_at(inv->hosts, h, "auth_file"));
	k->arch = strdup(vmm_table_at(inv->hosts, h, "arch"));
	return k->what.host && k->what.host_uuid && k->uri && k->auth_file && k->arch
		       ? 0
		       : vmm_err_nomem(&k->err);
}

/* A profile says how much memory and how many processors. */
static bool asks(const struct vmm_override *o, const char *key)
{
	for (; o && o->key; o++)
		if (strcmp(o->key, key) == 0 ||
		    (strcmp(o->key, "hardware") == 0 && strcmp(key, "image") != 0))
			return true;
	return false;
}

/* One of this name is there: it will be looked at where it is. */
static int meet(struct vmm__making *k, const struct vmm_inventory *inv, long row)
{
	const char *host = vmm_table_at(inv->vms, (size_t)row, "host");
	long h = vmm_inventory_host(inv, host);

	k->exists = true;
	k->what.uuid = strdup(vmm_table_at(inv->vms, (size_t)row, "uuid"));
	if (!k->what.uuid)
		return vmm_err_nomem(&k->err);
	if (k->t->hosts.n > 0 && !vmm_strv_has(&k->t->hosts, host))
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "there is a VM of that name on '%s', which is not a host asked for",
				   host);
	if (h < 0)
		return vmm_err_set(&k->err, VMM_ENOTFOUND, "its host '%s' is not declared", host);
	return set_host(k, inv, h);
}

/* A disk that ends before its image does would hold half a file system. */
static int check_size(struct vmm__making *k)
{
	uint64_t size = k->t->disks[0].size;

	if (size == 0 || size >= k->image.virtual_size)
		return 0;
	return vmm_err_set(&k->err, VMM_EREFUSED,
			   "a first disk of %llu bytes is smaller than image '%s:%s', which has %llu",
			   (unsigned long long)size, k->image.name, k->image.version,
			   (unsigned long long)k->image.virtual_size);
}

int vmm__making_plan(struct vmm__making *k, const struct vmm_provision_request *req,
		     struct vmm__place *place, const char *conf)
{
	long row;

	if (check_name(req->name, &k->err) < 0 ||
	    vmm_template_load(conf, req->template, req->overrides, &k->t, &k->err) < 0 ||
	    vmm_image_find(k->st, k->t->image, &k->image, &k->err) < 0)
		return k->err.code;
	if (strcmp(k->image.kind, "image") != 0)
		return vmm_err_set(&k->err, VMM_EINPUT, "'%s' is no image of a disk, but of kind %s",
				   k->t->image, k->image.kind);
	if (strcmp(k->image.format, "vhdx") == 0)
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "image '%s' is vhdx, which libvirt cannot use; imglib export "
				   "--disk-format=qcow2 makes one of it that is fit to be added",
				   k->t->image);
	k->what.name = strdup(req->name);
	k->what.image = strdup(k->image.sha256);
	k->what.scratch = strdup("");
	if (!k->what.name || !k->what.image || !k->what.scratch)
		return vmm_err_nomem(&k->err);
	row = vmm_table_find(place->inv->vms, vmm_table_col(place->inv->vms, "name"), req->name);
	if (row >= 0) {
		k->asks_image = asks(req->overrides, "image");
		k->asks_memory = asks(req->overrides, "memory");
		k->asks_vcpus = asks(req->overrides, "vcpus");
		return meet(k, place->inv, row);
	}
	if (check_size(k) < 0 || vmm__leases_check(k) < 0)
		return k->err.code;
	row = vmm__place(place, k->t, &k->err);
	if (row < 0)
		return k->err.code;
	if (set_host(k, place->inv, row) < 0)
		return k->err.code;
	return choose_uuid(k, place->inv);
}

uint64_t vmm__connect_ms(const struct vmm__making *k)
{
	return k->opt.timeout_ms < VMM__CONNECT_MS ? k->opt.timeout_ms : VMM__CONNECT_MS;
}

int vmm__making_connect(struct vmm__making *k)
{
	if (k->conn)
		return 0;
	return vmm_virt_open_host(k->what.host, k->uri, k->auth_file, vmm__connect_ms(k), &k->conn,
				  &k->err);
}
