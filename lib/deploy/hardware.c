/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent's report of a machine as a row. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/rows.h"
#include "deploy/internal.h"

static const char *text(const json_t *root, const char *key)
{
	const char *s = json_string_value(json_object_get(root, key));

	return s ? s : "";
}

static uint64_t number(const json_t *root, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(root, key));

	return n > 0 ? (uint64_t)n : 0;
}

static void list_macs(const json_t *root, struct vmm_buf *cell)
{
	const char *first = text(root, "boot_mac");
	const json_t *nic;
	size_t i;

	if (*first)
		vmm_list_add(cell, first);
	json_array_foreach(json_object_get(root, "nics"), i,
			   nic) if (*text(nic, "mac") && strcmp(text(nic, "mac"), first) != 0)
		vmm_list_add(cell, text(nic, "mac"));
}

static void list_nics(const json_t *root, struct vmm_buf *cell)
{
	const json_t *nic;
	size_t i;

	json_array_foreach(json_object_get(root, "nics"), i, nic)
	{
		VMM_BUF_AUTO one = VMM_BUF_INIT;

		vmm_buf_addf(&one, "%s:%s:%s", text(nic, "name"), text(nic, "mac"),
			     json_is_true(json_object_get(nic, "link")) ? "up" : "down");
		cell->failed |= one.failed;
		vmm_list_add(cell, one.failed ? "" : one.data);
	}
}

static void list_disks(const json_t *root, struct vmm_buf *cell)
{
	const json_t *disk;
	size_t i;

	json_array_foreach(json_object_get(root, "disks"), i, disk)
	{
		VMM_BUF_AUTO one = VMM_BUF_INIT;

		vmm_buf_addf(&one, "%s:%s:%" PRIu64 ":%s", text(disk, "name"), text(disk, "kind"),
			     number(disk, "size"), text(disk, "serial"));
		cell->failed |= one.failed;
		vmm_list_add(cell, one.failed ? "" : one.data);
	}
}

static int put_list(struct vmm_table *t, const char *column, const json_t *root,
		    void (*list)(const json_t *root, struct vmm_buf *cell))
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	list(root, &cell);
	return cell.failed ? VMM_ENOMEM : vmm_table_put(t, 0, column, cell.len ? cell.data : "");
}

static int put_number(struct vmm_table *t, const char *column, uint64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	return vmm_table_put(t, 0, column, n ? digits : "");
}

static int fill(struct vmm_table *t, const json_t *root)
{
	const json_t *cpus = json_object_get(root, "cpus");
	const char *const texts[][2] = {
		{ "uuid", text(root, "uuid") },           { "serial", text(root, "serial") },
		{ "vendor", text(root, "manufacturer") }, { "product", text(root, "product") },
		{ "firmware", text(root, "firmware") },   { "cpu", text(cpus, "model") },
	};

	if (vmm_table_add(t) < 0)
		return VMM_ENOMEM;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (vmm_table_put(t, 0, texts[i][0], texts[i][1]) < 0)
			return VMM_ENOMEM;
	if (put_number(t, "cpus", number(cpus, "count")) < 0 ||
	    put_number(t, "memory", number(root, "memory")) < 0 ||
	    put_list(t, "macs", root, list_macs) < 0 || put_list(t, "nics", root, list_nics) < 0)
		return VMM_ENOMEM;
	return put_list(t, "disks", root, list_disks);
}

int vmm__hardware_row(const char *json, size_t n, struct vmm_table **out, struct vmm_err *err)
{
	json_t *root = json_loadb(json, n, JSON_REJECT_DUPLICATES, NULL);
	struct vmm_table *t = vmm_table_new(NULL);
	int ret = 0;

	if (!json_is_object(root))
		ret = vmm_err_set(err, VMM_EINPUT, "the agent's report can't be read");
	else if (!t || fill(t, root) < 0)
		ret = vmm_err_nomem(err);
	json_decref(root);
	if (ret == 0)
		*out = t;
	else
		vmm_table_free(t);
	return ret;
}
