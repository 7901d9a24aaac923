/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transaction: lock, read, let the caller change the tables, commit those that differ. */
#include "store/folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rows.h"

struct change {
	const char *const *names;
	size_t n;
	struct vmm_table **tables;
	struct vmm_buf *old; /* their text as it was */
	struct vmm__edit *edits;
	size_t nedits;
};

static int change_init(struct change *c, struct vmm_err *err)
{
	c->tables = calloc(c->n + 1, sizeof(struct vmm_table *));
	c->old = calloc(c->n + 1, sizeof(*c->old));
	c->edits = calloc(c->n + 1, sizeof(*c->edits));
	if (!c->tables || !c->old || !c->edits)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < c->n; i++)
		c->old[i] = c->edits[i].text = (struct vmm_buf)VMM_BUF_INIT;
	return 0;
}

static void change_release(struct change *c)
{
	for (size_t i = 0; c->tables && c->old && c->edits && i < c->n; i++) {
		vmm_table_free(c->tables[i]);
		vmm_buf_release(&c->old[i]);
		vmm_buf_release(&c->edits[i].text);
	}
	free(c->tables);
	free(c->old);
	free(c->edits);
}

int vmm__table_read(const struct vmm__dir *d, const char *name, struct vmm_buf *text,
		    struct vmm_table **out, struct vmm_err *err)
{
	VMM_BUF_AUTO source = VMM_BUF_INIT;
	VMM_STR_AUTO file = vmm__table_file(name);
	VMM_STR_AUTO bytes = NULL;
	size_t len = 0;
	int fd, rc;

	if (!file)
		return vmm_err_nomem(err);
	rc = vmm__file_open(d, file, O_RDONLY, &fd, err);
	if (rc < 0)
		return rc;
	if (fd >= 0) {
		rc = vmm__file_read(d, file, fd, &bytes, &len, err);
		close(fd);
		if (rc < 0)
			return rc;
		vmm_buf_add(text, bytes, len);
	}
	vmm_buf_addf(&source, "%s/%s", d->path, file);
	return text->failed ? vmm_err_nomem(err)
			    : vmm_tsv_parse(source.data, text->data, text->len, out, err);
}

int vmm__table_text(const char *name, struct vmm_table *t, struct vmm_buf *out, struct vmm_err *err)
{
	vmm_table_sort(t);
	for (size_t i = 0; i < vmm_table_rows(t); i++) {
		const char *key = vmm_table_cols(t) ? vmm_table_get(t, i, 0) : "";

		if (!*key)
			return vmm_err_set(err, VMM_EINPUT, "table '%s': a row without a key", name);
		if (i > 0 && strcmp(key, vmm_table_get(t, i - 1, 0)) == 0)
			return vmm_err_set(err, VMM_EINPUT,
					   "table '%s': two rows have the key '%s'", name, key);
	}
	if (vmm_table_cols(t))
		vmm_tsv_format(out, t);
	return out->failed ? vmm_err_nomem(err) : 0;
}

/* The tables whose text is another now. */
static int collect_edits(struct change *c, struct vmm_err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		struct vmm__edit *e = &c->edits[c->nedits];
		int rc;

		vmm_buf_reset(&e->text);
		rc = vmm__table_text(c->names[i], c->tables[i], &e->text, err);
		if (rc < 0)
			return rc;
		if (e->text.len == c->old[i].len &&
		    memcmp(e->text.data, c->old[i].data, e->text.len) == 0)
			continue;
		e->name = c->names[i];
		c->nedits++;
	}
	return 0;
}

static int change_locked(const struct vmm__dir *d, struct change *c, vmm_store_fn *fn, void *arg,
			 struct vmm_err *err)
{
	struct vmm__record last = VMM__RECORD_INIT;
	int rc = vmm__record_read(d, &last, err);

	if (rc == 0)
		rc = vmm__roll_forward(d, &last, err);
	for (size_t i = 0; rc == 0 && i < c->n; i++)
		rc = vmm__table_read(d, c->names[i], &c->old[i], &c->tables[i], err);
	if (rc == 0)
		rc = fn(c->tables, arg, err);
	if (rc == 0)
		rc = collect_edits(c, err);
	if (rc == 0 && c->nedits)
		rc = vmm__commit(d, &last, c->edits, c->nedits, err);
	vmm__record_release(&last);
	return rc;
}

int vmm__folder_change(struct vmm_store *st, const char *const *names, size_t n, vmm_store_fn *fn,
		       void *arg, struct vmm_err *err)
{
	struct change c = { .names = names, .n = n };
	struct vmm__locked l;
	int rc = vmm__lock((struct vmm__folder *)st, &l, err);

	if (rc < 0)
		return rc;
	rc = change_init(&c, err);
	if (rc == 0)
		rc = change_locked(&l.dir, &c, fn, arg, err);
	vmm__unlock(&l);
	change_release(&c);
	return rc;
}
