/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The copy of an image in a pool: whether anybody needs it, and how it goes when nobody does. */
#include <stdlib.h>
#include <string.h>

#include "volume/internal.h"

#define PREFIX "vmm-"
#define PREFIX_LEN 4

bool vmm__copy_is_named(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot == name + PREFIX_LEN + VMM__VOLUME_HEX && !strchr(dot + 1, '.') &&
	       strncmp(name, PREFIX, PREFIX_LEN) == 0 &&
	       strspn(name + PREFIX_LEN, "0123456789abcdef") == VMM__VOLUME_HEX;
}

static bool mentions(const struct vmm_table *t, const char *column, const char *hex)
{
	for (size_t r = 0; r < vmm_table_rows(t); r++)
		if (strstr(vmm_table_at(t, r, column), hex))
			return true;
	return false;
}

/* The journal first: work that begins later sees that the image is gone. */
int vmm__copy_in_state(struct vmm_store *st, const char *name, struct vmm_err *err)
{
	static const char *const tables[] = { "images", NULL };
	VMM_STR_AUTO hex = strndup(name + PREFIX_LEN, VMM__VOLUME_HEX);
	VMM_TABLE_AUTO *images = NULL;
	VMM_TABLE_AUTO *open = NULL;

	if (!hex)
		return vmm_err_nomem(err);
	if (vmm_intent_list(st, &open, err) < 0 || vmm_store_read(st, tables, &images, err) < 0)
		return err->code;
	return mentions(open, "detail", hex) || mentions(images, "sha256", hex);
}

int vmm__copy_needed(const struct vmm__copying *c, struct vmm_err *err)
{
	int ret = vmm__copy_in_state(c->at->st, c->name, err);

	return ret ? ret : vmm__volume_used(c->pool, c->name, err);
}

static int refuse_if_needed(const struct vmm__copying *c, struct vmm_err *err)
{
	int ret = vmm__copy_needed(c, err);

	return ret > 0 ? vmm_err_set(err, VMM_EAGAIN, "it is needed since just now") : ret;
}

/*
 * The mark first: from then on nobody takes it for an image, and once more it is looked whether somebody has
 * before.
 */
static int take_away(struct vmm__copying *c, struct vmm_err *err)
{
	if (refuse_if_needed(c, err) < 0 || vmm_volume_remove(c->at, c->ok, err) < 0)
		return err->code;
	if (refuse_if_needed(c, err) == 0)
		return vmm_volume_remove(c->at, c->name, err);
	vmm__volume_mark(c, NULL);
	return err->code;
}

int vmm__copy_remove(struct vmm__copying *c, struct vmm_err *err)
{
	VMM_BUF_AUTO subject = VMM_BUF_INIT;
	int ret;

	vmm_buf_addf(&subject, "%s/%s/%s", c->at->host, c->at->pool, c->name);
	if (subject.failed)
		return vmm_err_nomem(err);
	/* Without the sha256: that would be work that needs it. */
	ret = vmm_intent_begin(c->at->st, VMM_VOLUME_OP, subject.data, "removing", &c->intent, err);
	if (ret < 0)
		return ret;
	ret = take_away(c, err);
	vmm__turn_end(c, ret < 0 ? "failed" : "removed");
	return ret;
}
