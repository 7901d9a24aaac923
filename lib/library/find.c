/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of images: read, ordered, found. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "library/internal.h"

const char *const vmm__images_tables[] = { "images", NULL };

void vmm_image_release(struct vmm_image *img)
{
	free(img->name);
	free(img->version);
	free(img->kind);
	free(img->format);
	free(img->labels);
	free(img->added);
	free(img->path);
	*img = (struct vmm_image)VMM_IMAGE_INIT;
}

/* ---- the table ---- */

static int split_row(struct vmm_table *t, size_t row, struct vmm_err *err)
{
	struct vmm__spec spec = { NULL, NULL };
	int ret = vmm__spec_parse(vmm_table_at(t, row, "image"), &spec, err);

	if (ret == 0 && !spec.version)
		ret = vmm_err_set(err, VMM_EINPUT, "image '%s' has no version", spec.name);
	if (ret == 0 && !vmm__is_sha256(vmm_table_at(t, row, "sha256")))
		ret = vmm_err_set(err, VMM_EINPUT, "image '%s' has no sha256", spec.name);
	if (ret == 0 && *vmm_table_at(t, row, "data_sha256") &&
	    !vmm__is_sha256(vmm_table_at(t, row, "data_sha256")))
		ret = vmm_err_set(err, VMM_EINPUT, "image '%s' has a bad data_sha256", spec.name);
	if (ret < 0)
		vmm_err_prefix(err, "table images");
	else if (vmm_table_put(t, row, "name", spec.name) < 0 ||
		 vmm_table_put(t, row, "version", spec.version) < 0)
		ret = vmm_err_nomem(err);
	vmm__spec_release(&spec);
	return ret;
}

static int by_version(const struct vmm_table *t, size_t a, size_t b, void *arg)
{
	int cmp = strcmp(vmm_table_at(t, a, "name"), vmm_table_at(t, b, "name"));

	(void)arg;
	return cmp ? cmp : strverscmp(vmm_table_at(t, a, "version"), vmm_table_at(t, b, "version"));
}

/* In this order, whatever else there is behind them. */
static struct vmm_table *new_table(void)
{
	static const char *const columns[] = { "image",  "name",  "version",      "kind",
					       "format", "size",  "virtual_size", "sha256",
					       "labels", "added", "path",         NULL };

	return vmm_table_new(columns);
}

static int put_path(struct vmm_table *t, size_t row, const char *root)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	vmm_buf_addf(&path, "%s/sha256/%s", root, vmm_table_at(t, row, "sha256"));
	return path.failed ? VMM_ENOMEM : vmm_table_put(t, row, "path", path.data);
}

int vmm__images_view(const struct vmm_table *stored, const char *root, struct vmm_table **out,
		     struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = new_table();
	int ret = t ? 0 : vmm_err_nomem(err);

	for (size_t r = 0; ret == 0 && r < vmm_table_rows(stored); r++) {
		if (vmm_table_copy_row(t, stored, r) < 0 || put_path(t, r, root) < 0)
			ret = vmm_err_nomem(err);
		else
			ret = split_row(t, r, err);
	}
	if (ret < 0)
		return ret;
	*out = t;
	t = NULL;
	return 0;
}

int vmm_images_read(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err)
{
	VMM_STR_AUTO root = vmm__library_root(st, err);
	VMM_TABLE_AUTO *stored = NULL;
	int ret = root ? vmm_store_read(st, vmm__images_tables, &stored, err) : VMM_EINPUT;

	if (ret == 0)
		ret = vmm__images_view(stored, root, out, err);
	if (ret == 0)
		vmm_table_sort_by(*out, by_version, NULL);
	return ret;
}

long vmm__images_row(const struct vmm_table *t, const char *name, const char *version)
{
	long latest = -1;

	for (size_t r = 0; r < vmm_table_rows(t); r++) {
		const char *v = vmm_table_at(t, r, "version");

		if (strcmp(vmm_table_at(t, r, "name"), name) != 0)
			continue;
		if (version && strcmp(v, version) == 0)
			return (long)r;
		if (!version &&
		    (latest < 0 || strverscmp(v, vmm_table_at(t, (size_t)latest, "version")) > 0))
			latest = (long)r;
	}
	return latest;
}

bool vmm__images_has_content(const struct vmm_table *t, const char *sha256)
{
	return vmm_table_find(t, vmm_table_col(t, "sha256"), sha256) >= 0;
}

/* ---- several ---- */

static int mark(const struct vmm_table *t, const char *operand, bool latest, bool *marked,
		struct vmm_err *err)
{
	struct vmm__spec spec;
	int ret = vmm__spec_parse(operand, &spec, err);
	long row;

	if (ret < 0)
		return ret;
	row = vmm__images_row(t, spec.name, spec.version);
	if (row < 0)
		ret = vmm_err_set(err, VMM_ENOTFOUND, "no image '%s' is in the library", operand);
	else
		marked[row] = true;
	for (size_t r = 0; ret == 0 && !latest && !spec.version && r < vmm_table_rows(t); r++)
		if (strcmp(vmm_table_at(t, r, "name"), spec.name) == 0)
			marked[r] = true;
	vmm__spec_release(&spec);
	return ret;
}

static void mark_all(const struct vmm_table *t, bool latest, bool *marked)
{
	for (size_t r = 0; r < vmm_table_rows(t); r++)
		marked[r] = !latest ||
			    vmm__images_row(t, vmm_table_at(t, r, "name"), NULL) == (long)r;
}

int vmm_images_select(const struct vmm_table *t, const struct vmm_strv *operands, bool latest,
		      size_t *rows, size_t *n, struct vmm_err *err)
{
	size_t total = vmm_table_rows(t), chosen = 0;
	bool *marked = calloc(total + 1, sizeof(*marked));
	int ret = 0;

	if (!marked)
		return vmm_err_nomem(err);
	if (operands->n == 0)
		mark_all(t, latest, marked);
	for (size_t i = 0; ret == 0 && i < operands->n; i++)
		ret = mark(t, operands->s[i], latest, marked, err);
	for (size_t r = 0; ret == 0 && r < total; r++)
		if (marked[r])
			rows[chosen++] = r;
	free(marked);
	if (ret == 0)
		*n = chosen;
	return ret;
}

/* ---- one ---- */

static int get_number(const struct vmm_table *t, size_t row, const char *column, uint64_t *out,
		      struct vmm_err *err)
{
	int ret = vmm_num_u64(column, vmm_table_at(t, row, column), 0, INT64_MAX, out, err);

	if (ret < 0)
		vmm_err_prefix(err, "image '%s'", vmm_table_at(t, row, "image"));
	return ret;
}

int vmm_image_get(const struct vmm_table *t, size_t row, struct vmm_image *out, struct vmm_err *err)
{
	struct vmm_image img = VMM_IMAGE_INIT;
	int ret = get_number(t, row, "size", &img.size, err);

	if (ret == 0)
		ret = get_number(t, row, "virtual_size", &img.virtual_size, err);
	if (ret < 0)
		return ret;
	img.name = strdup(vmm_table_at(t, row, "name"));
	img.version = strdup(vmm_table_at(t, row, "version"));
	img.kind = strdup(vmm_table_at(t, row, "kind"));
	img.format = strdup(vmm_table_at(t, row, "format"));
	img.labels = strdup(vmm_table_at(t, row, "labels"));
	img.added = strdup(vmm_table_at(t, row, "added"));
	img.path = strdup(vmm_table_at(t, row, "path"));
	snprintf(img.sha256, sizeof(img.sha256), "%s", vmm_table_at(t, row, "sha256"));
	snprintf(img.data_sha256, sizeof(img.data_sha256), "%s", vmm_table_at(t, row, "data_sha256"));
	if (!img.name || !img.version || !img.kind || !img.format || !img.labels || !img.added ||
	    !img.path) {
		vmm_image_release(&img);
		return vmm_err_nomem(err);
	}
	*out = img;
	return 0;
}

int vmm__image_store(struct vmm_table *t, const struct vmm_image *img, struct vmm_err *err)
{
	char size[24], virtual_size[24];
	VMM_BUF_AUTO key = VMM_BUF_INIT;
	long added = vmm_table_add(t);
	size_t row = (size_t)added;

	snprintf(size, sizeof(size), "%" PRIu64, img->size);
	snprintf(virtual_size, sizeof(virtual_size), "%" PRIu64, img->virtual_size);
	vmm_buf_addf(&key, "%s:%s", img->name, img->version);
	if (key.failed || added < 0 || vmm_table_put(t, row, "image", key.data) < 0 ||
	    vmm_table_put(t, row, "kind", img->kind) < 0 ||
	    vmm_table_put(t, row, "format", img->format) < 0 ||
	    vmm_table_put(t, row, "size", size) < 0 ||
	    vmm_table_put(t, row, "virtual_size", virtual_size) < 0 ||
	    vmm_table_put(t, row, "sha256", img->sha256) < 0 ||
	    vmm_table_put(t, row, "labels", img->labels) < 0 ||
	    vmm_table_put(t, row, "added", img->added) < 0 ||
	    vmm_table_put(t, row, "data_sha256", img->data_sha256) < 0)
		return vmm_err_nomem(err);
	return 0;
}

int vmm_image_put(struct vmm_table *t, const struct vmm_image *img, struct vmm_err *err)
{
	size_t row = vmm_table_rows(t);
	int ret = vmm__image_store(t, img, err);

	if (ret == 0 && (vmm_table_put(t, row, "name", img->name) < 0 ||
			 vmm_table_put(t, row, "version", img->version) < 0 ||
			 vmm_table_put(t, row, "path", img->path) < 0))
		ret = vmm_err_nomem(err);
	return ret;
}

int vmm_image_find(struct vmm_store *st, const char *text, struct vmm_image *out, struct vmm_err *err)
{
	VMM_TABLE_AUTO *images = NULL;
	struct vmm__spec spec;
	int ret = vmm__spec_parse(text, &spec, err);
	long row;

	if (ret < 0)
		return ret;
	ret = vmm_images_read(st, &images, err);
	if (ret == 0) {
		row = vmm__images_row(images, spec.name, spec.version);
		if (row < 0)
			ret = vmm_err_set(err, VMM_ENOTFOUND, "no image '%s' is in the library",
					  text);
		else
			ret = vmm_image_get(images, (size_t)row, out, err);
	}
	vmm__spec_release(&spec);
	return ret;
}

int vmm_image_open(const struct vmm_image *img, int *out, struct vmm_err *err)
{
	int fd = open(img->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int ret = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		ret = errno == ENOENT
			      ? vmm_err_set(err, VMM_EFAIL, "the content of '%s:%s' is missing",
					    img->name, img->version)
			      : vmm_err_errno(err, "cannot open '%s'", img->path);
	else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != img->size)
		ret = vmm_err_set(err, VMM_EFAIL,
				  "the content of '%s:%s' has %lld bytes instead of %" PRIu64,
				  img->name, img->version, (long long)st.st_size, img->size);
	if (ret == 0)
		*out = fd;
	else if (fd >= 0)
		close(fd);
	return ret;
}
