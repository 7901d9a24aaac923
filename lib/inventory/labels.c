/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of hosts, "KEY=VALUE" items of a list cell. */
#include <stdlib.h>
#include <string.h>

#include "base/rows.h"
#include "inventory/inventory.h"

static size_t key_len(const char *label)
{
	return strcspn(label, "=");
}

/* Not by the whole text: '=' sorts behind '.' and '-', so "a.b=1" would come before "a=1". */
static int compare_keys(const char *a, const char *b)
{
	size_t la = key_len(a), lb = key_len(b);
	int cmp = memcmp(a, b, la < lb ? la : lb);

	return cmp != 0 ? cmp : (la > lb) - (la < lb);
}

static int by_key(const void *a, const void *b)
{
	return compare_keys(*(char *const *)a, *(char *const *)b);
}

/* The labels of `old` but the one that has the same key as `label`. */
static int others(struct vmm_strv *out, const char *old, const char *label)
{
	VMM_STRV_AUTO before = VMM_STRV_INIT;
	int rc = vmm_list_split(&before, old);

	for (size_t i = 0; i < before.n && rc == 0; i++)
		if (compare_keys(before.s[i], label) != 0)
			rc = vmm_strv_add(out, before.s[i]);
	return rc;
}

static int print(struct vmm_strv *labels, struct vmm_buf *out, struct vmm_err *err)
{
	if (labels->n > 1)
		qsort(labels->s, labels->n, sizeof(*labels->s), by_key);
	vmm_list_join(out, labels);
	return out->failed ? vmm_err_nomem(err) : 0;
}

int vmm_labels_set(const char *old, const char *label, struct vmm_buf *out, struct vmm_err *err)
{
	VMM_STRV_AUTO labels = VMM_STRV_INIT;
	VMM_STR_AUTO key = strndup(label, key_len(label));

	if (!key)
		return vmm_err_nomem(err);
	if (!label[key_len(label)])
		return vmm_err_set(err, VMM_EINPUT, "label '%s' is not KEY=VALUE", label);
	if (vmm_name_check("label key", key, err) < 0)
		return VMM_EINPUT;
	if (others(&labels, old, label) < 0 || vmm_strv_add(&labels, label) < 0)
		return vmm_err_nomem(err);
	return print(&labels, out, err);
}

int vmm_labels_unset(const char *old, const char *key, struct vmm_buf *out, struct vmm_err *err)
{
	VMM_STRV_AUTO labels = VMM_STRV_INIT;
	int rc = vmm_name_check("label key", key, err);

	if (rc < 0)
		return rc;
	if (others(&labels, old, key) < 0)
		return vmm_err_nomem(err);
	return print(&labels, out, err);
}
