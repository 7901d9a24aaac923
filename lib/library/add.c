/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adding: what was asked is checked, the content brought aside and looked at, then published. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "library/internal.h"

/* A stream may have no end. */
#define STREAM_MAX ((uint64_t)64 * 1024 * 1024 * 1024)

struct add {
	struct vmm_store *st;
	const struct vmm_image_source *src;
	struct vmm__library lib;
	struct vmm__temp temp;
	struct vmm__spec spec;
	struct vmm__copy copy;
	struct vmm__found found;
	struct vmm__data_hash data_hash;
	char sha256[VMM_SHA256_LEN + 1], data_sha256[VMM_SHA256_LEN + 1];
	struct vmm_image image;
};

/* ---- what was asked ---- */

static bool is_kind(const char *text)
{
	static const char *const kinds[] = { "image", "script", "driver", "answer" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(text, kinds[i]) == 0)
			return true;
	return false;
}

static const char *kind_of(const struct vmm_image_source *src)
{
	return src->kind ? src->kind : "image";
}

static int check_source(const struct vmm_image_source *src, struct vmm_err *err)
{
	bool image = strcmp(kind_of(src), "image") == 0;
	const char *format = src->format ? vmm__format_word(src->format) : NULL;

	if (!is_kind(kind_of(src)))
		return vmm_err_set(err, VMM_EINPUT,
				   "kind '%s' is none of image, script, driver, answer", src->kind);
	if (src->format && (!format || (image && strcmp(format, "file") == 0)))
		return vmm_err_set(err, VMM_EINPUT,
				   "disk format '%s' is none of raw, qcow2, vmdk, vhd, vhdx, iso",
				   src->format);
	if (format && !image && strcmp(format, "iso") != 0 && strcmp(format, "file") != 0)
		return vmm_err_set(err, VMM_EINPUT, "a %s is an iso or a file, not %s", src->kind,
				   format);
	if (src->sha256 && !vmm__is_sha256(src->sha256))
		return vmm_err_set(err, VMM_EINPUT,
				   "sha256 '%s' is not 64 hexadecimal digits in lower case",
				   src->sha256);
	return 0;
}

/* ---- bringing it ---- */

/* Who names a link may not know what it leads to; who waits at a pipe does so with "-". */
static int open_file(const char *path, int *out, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return vmm_err_set(err, VMM_EREFUSED,
				   "'%s' is a symbolic link; name the file itself", path);
	if (fd < 0 || fstat(fd, &st) < 0) {
		vmm_err_errno(err, "cannot open '%s'", path);
		if (fd >= 0)
			close(fd);
		return VMM_EFAIL;
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return vmm_err_set(err, VMM_EREFUSED, "'%s' is no regular file", path);
	}
	*out = fd;
	return 0;
}

static int bring_file(struct add *a, struct vmm_err *err)
{
	int fd = -1;
	int ret = open_file(a->src->from, &fd, err);

	if (ret == 0)
		ret = vmm__copy_file(&a->copy, fd, a->src->from, err);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int bring(struct add *a, struct vmm_err *err)
{
	const struct vmm_image_source *src = a->src;
	struct vmm__copy *c = &a->copy;
	int ret;

	vmm__copy_init(c, a->temp.fd, src->spec, "copy");
	c->cancel = src->cancel;
	c->progress = src->progress;
	vmm__data_hash_init(&a->data_hash);
	c->data_hash = &a->data_hash;
	c->max = src->max ? src->max : STREAM_MAX;
	if (!src->from) {
		ret = vmm__copy_stream(c, src->fd, "standard input", err);
	} else if (vmm__is_url(src->from)) {
		ret = vmm__fetch(src, c, err);
	} else {
		c->max = src->max;
		ret = bring_file(a, err);
	}
	if (ret == 0)
		ret = vmm__copy_end(c, a->sha256, err);
	if (ret == 0)
		vmm__data_hash_end(&a->data_hash, a->data_sha256);
	return ret;
}

/* ---- looking at it ---- */

static int look(struct add *a, struct vmm_err *err)
{
	VMM_STR_AUTO path = vmm__temp_path(&a->lib, &a->temp);
	int ret;

	if (!path)
		return vmm_err_nomem(err);
	if (a->src->sha256 && strcmp(a->src->sha256, a->sha256) != 0)
		return vmm_err_set(err, VMM_EFAIL, "its sha256 is %s and not %s", a->sha256,
				   a->src->sha256);
	ret = vmm__probe(a->src, a->temp.fd, path, &a->copy, &a->found, err);
	if (ret == 0 && (fchmod(a->temp.fd, 0400) < 0 || fsync(a->temp.fd) < 0))
		ret = vmm__library_err(&a->lib, "write", a->temp.name, err);
	return ret;
}

/* ---- the row ---- */

static int next_version(const struct vmm_table *t, long latest, char *out, size_t size,
			struct vmm_err *err)
{
	const char *last = latest < 0 ? "0" : vmm_table_at(t, (size_t)latest, "version");
	uint64_t n;

	if (vmm_num_u64("version", last, 0, INT64_MAX - 1, &n, NULL) < 0)
		return vmm_err_set(err, VMM_EINPUT,
				   "the latest version, '%s', is no number to go on from: say NAME:VERSION",
				   last);
	snprintf(out, size, "%" PRIu64, n + 1);
	return 0;
}

static bool same(const struct vmm_table *t, size_t row, const struct add *a)
{
	return strcmp(vmm_table_at(t, row, "sha256"), a->sha256) == 0 &&
	       strcmp(vmm_table_at(t, row, "kind"), kind_of(a->src)) == 0 &&
	       strcmp(vmm_table_at(t, row, "format"), a->found.format) == 0;
}

static int make_image(struct add *a, const char *version, struct vmm_err *err)
{
	char now[VMM_TIME_LEN + 1];
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct vmm_image *i = &a->image;

	vmm_time_now(now);
	vmm_buf_addf(&path, "%s/sha256/%s", a->lib.root, a->sha256);
	vmm_image_release(i);
	i->name = strdup(a->spec.name);
	i->version = strdup(version);
	i->kind = strdup(kind_of(a->src));
	i->format = strdup(a->found.format);
	i->labels = strdup(a->src->labels ? a->src->labels : "");
	i->added = strdup(now);
	i->path = vmm_buf_steal(&path);
	i->size = a->copy.size;
	i->virtual_size = a->found.virtual_size;
	memcpy(i->sha256, a->sha256, sizeof(i->sha256));
	memcpy(i->data_sha256, a->data_sha256, sizeof(i->data_sha256));
	if (!i->name || !i->version || !i->kind || !i->format || !i->labels || !i->added || !i->path)
		return vmm_err_nomem(err);
	return 0;
}

/* It is there already: only what people say about it may be new. */
static int use_row(struct vmm_table *stored, const struct vmm_table *t, size_t row, struct add *a,
		   struct vmm_err *err)
{
	vmm_image_release(&a->image);
	if (a->src->labels && (vmm_table_put(stored, row, "labels", a->src->labels) < 0))
		return vmm_err_nomem(err);
	if (vmm_image_get(t, row, &a->image, err) < 0)
		return VMM_EINPUT;
	if (!a->src->labels)
		return 0;
	free(a->image.labels);
	a->image.labels = strdup(a->src->labels);
	return a->image.labels ? 0 : vmm_err_nomem(err);
}

static int new_row(struct vmm_table *stored, const struct vmm_table *t, long latest, struct add *a,
		   struct vmm_err *err)
{
	const char *version = a->spec.version;
	char next[24];
	int ret = 0;

	if (!version) {
		ret = next_version(t, latest, next, sizeof(next), err);
		version = next;
	}
	if (ret == 0)
		ret = make_image(a, version, err);
	return ret < 0 ? ret : vmm__image_store(stored, &a->image, err);
}

static int change_row(struct vmm_table **tables, void *arg, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;
	struct add *a = arg;
	int ret = vmm__images_view(tables[0], a->lib.root, &t, err);
	long row;

	if (ret < 0)
		return ret;
	row = vmm__images_row(t, a->spec.name, a->spec.version);
	if (row >= 0 && same(t, (size_t)row, a))
		return use_row(tables[0], t, (size_t)row, a, err);
	if (row >= 0 && a->spec.version)
		return vmm_err_set(err, VMM_EREFUSED,
				   "this version is there already, and is something else");
	return new_row(tables[0], t, row, a, err);
}

/* Only to see what would come of it. */
static int try_row(struct add *a, struct vmm_err *err)
{
	struct vmm_table *t = NULL;
	int ret = vmm_store_read(a->st, vmm__images_tables, &t, err);

	if (ret == 0)
		ret = change_row(&t, a, err);
	vmm_table_free(t);
	return ret;
}

/* Content without a row goes again; whether it has one is looked up, for it may have had one before. */
static void take_back(struct add *a)
{
	struct vmm_table *t = NULL;

	if (vmm_store_read(a->st, vmm__images_tables, &t, NULL) == 0 &&
	    !vmm__images_has_content(t, a->sha256))
		unlinkat(a->lib.blobs, a->sha256, 0);
	vmm_table_free(t);
}

static int publish(struct add *a, struct vmm_err *err)
{
	int ret = vmm__library_lock(&a->lib, err);

	if (ret == 0)
		ret = vmm__temp_publish(&a->lib, &a->temp, a->sha256, err);
	if (ret < 0)
		return ret;
	ret = vmm_store_change(a->st, vmm__images_tables, change_row, a, err);
	if (ret < 0)
		take_back(a);
	return ret;
}

static int add(struct add *a, struct vmm_err *err)
{
	int ret = vmm__library_open(a->st, true, &a->lib, err);

	if (ret == 0)
		ret = vmm__temp_new(&a->lib, &a->temp, err);
	if (ret == 0)
		ret = bring(a, err);
	if (ret == 0)
		ret = look(a, err);
	if (ret == 0)
		ret = a->src->dry_run ? try_row(a, err) : publish(a, err);
	vmm__temp_drop(&a->lib, &a->temp);
	vmm__library_close(&a->lib);
	return ret;
}

int vmm_image_add(struct vmm_store *st, const struct vmm_image_source *src, struct vmm_image *out,
		  struct vmm_err *err)
{
	struct add a = { .st = st,
			 .src = src,
			 .lib = VMM__LIBRARY_INIT,
			 .temp = VMM__TEMP_INIT,
			 .image = VMM_IMAGE_INIT };
	int ret = vmm__spec_parse(src->spec, &a.spec, err);

	if (ret < 0)
		return ret;
	ret = check_source(src, err);
	if (ret == 0)
		ret = add(&a, err);
	if (ret == 0)
		*out = a.image;
	else
		vmm_image_release(&a.image);
	if (ret < 0)
		vmm_err_prefix(err, "cannot add '%s'", src->spec);
	vmm__spec_release(&a.spec);
	return ret;
}
