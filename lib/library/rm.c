/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing: refused while in use; first the row goes, then the content that nothing else has. */
#include <stdlib.h>
#include <unistd.h>

#include "base/rows.h"
#include "library/internal.h"

struct removal {
	const char *key, *sha256;
	bool last; /* out: no other row has the content */
};

static int count_versions(const struct vmm_table *t, const char *name)
{
	int n = 0;

	for (size_t r = 0; r < vmm_table_rows(t); r++)
		n += strcmp(vmm_table_at(t, r, "name"), name) == 0;
	return n;
}

/* The latest is not what somebody means who has an old one in mind. */
static int find_one(struct vmm_store *st, const char *text, struct vmm_image *out, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;
	int ret = vmm_image_find(st, text, out, err);

	if (ret < 0 || strchr(text, ':'))
		return ret;
	ret = vmm_images_read(st, &t, err);
	if (ret == 0 && count_versions(t, text) > 1)
		ret = vmm_err_set(err, VMM_EREFUSED, "'%s' has several versions; say %s:VERSION",
				  text, text);
	if (ret < 0)
		vmm_image_release(out);
	return ret;
}

static int refuse_used(struct vmm_store *st, const struct vmm_image *img, struct vmm_err *err)
{
	VMM_STRV_AUTO users = VMM_STRV_INIT;
	VMM_BUF_AUTO list = VMM_BUF_INIT;
	int ret = vmm_image_users(st, img, &users, err);

	if (ret < 0 || users.n == 0)
		return ret;
	for (size_t i = 0; i < users.n; i++)
		vmm_buf_addf(&list, "%s%s", i ? ", " : "", users.s[i]);
	return vmm_err_set(err, VMM_EREFUSED, "in use by %s", list.data);
}

static int change(struct vmm_table **tables, void *arg, struct vmm_err *err)
{
	struct vmm_table *t = tables[0];
	struct removal *r = arg;
	long row = vmm_table_find(t, vmm_table_col(t, "image"), r->key);

	if (row < 0 || strcmp(vmm_table_at(t, (size_t)row, "sha256"), r->sha256) != 0)
		return vmm_err_set(err, VMM_EAGAIN, "somebody else changed it just now");
	vmm_table_del(t, (size_t)row);
	r->last = !vmm__images_has_content(t, r->sha256);
	return 0;
}

static int remove_locked(struct vmm_store *st, const struct vmm__library *lib,
			 const struct vmm_image *img, struct vmm_err *err)
{
	VMM_BUF_AUTO key = VMM_BUF_INIT;
	struct removal r = { .sha256 = img->sha256 };
	struct vmm__temp mark = VMM__TEMP_INIT;
	int ret;

	vmm_buf_addf(&key, "%s:%s", img->name, img->version);
	if (key.failed)
		return vmm_err_nomem(err);
	r.key = key.data;
	ret = refuse_used(st, img, err);
	if (ret == 0)
		ret = vmm__temp_mark(lib, img->sha256, &mark, err);
	if (ret < 0)
		return ret;
	ret = vmm_store_change(st, vmm__images_tables, change, &r, err);
	if (ret == 0 && r.last && unlinkat(lib->blobs, img->sha256, 0) < 0 && mark.name[0])
		ret = vmm__library_err(lib, "remove", img->sha256, err);
	vmm__temp_drop(lib, &mark);
	return ret;
}

static int remove_image(struct vmm_store *st, const struct vmm_image *img, struct vmm_err *err)
{
	VMM__LIBRARY_AUTO lib = VMM__LIBRARY_INIT;
	int ret = vmm__library_open(st, true, &lib, err);

	if (ret == 0)
		ret = vmm__library_lock(&lib, err);
	return ret < 0 ? ret : remove_locked(st, &lib, img, err);
}

int vmm_image_rm(struct vmm_store *st, const char *text, bool dry_run, struct vmm_image *out,
		 struct vmm_err *err)
{
	VMM_IMAGE_AUTO img = VMM_IMAGE_INIT;
	int ret = find_one(st, text, &img, err);

	if (ret == 0)
		ret = dry_run ? refuse_used(st, &img, err) : remove_image(st, &img, err);
	if (ret < 0) {
		vmm_err_prefix(err, "cannot remove '%s'", text);
		return ret;
	}
	*out = img;
	img = (struct vmm_image)VMM_IMAGE_INIT;
	return 0;
}
