/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For vmm-fsck: what kills have left of runs. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/strv.h"
#include "run/internal.h"

static size_t lines(const char *file)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	size_t n = 0;

	if (vmm__record_load(file, &text, NULL) == 0)
		for (size_t i = 0; i < text.len; i++)
			n += text.data[i] == '\n';
	return n > 0 ? n - 1 : 0;
}

static void tell_of(const struct vmm__record *rec, vmm_run_found *found, void *ctx)
{
	VMM_BUF_AUTO what = VMM_BUF_INIT;

	vmm_buf_addf(&what,
		     "cut short with %zu of %zu steps ended; plan-run --resume goes on, "
		     "plan-run --discard gives it up",
		     lines(rec->results), lines(rec->plan));
	found(rec->name, what.data, false, ctx);
}

static bool is_of(const char *file, const struct vmm_table *open)
{
	for (size_t r = 0; r < vmm_table_rows(open); r++) {
		const char *name = vmm_table_at(open, r, "subject");
		size_t len = strlen(name);

		if (strcmp(vmm_table_at(open, r, "op"), VMM__RUN_OP) == 0 &&
		    strncmp(file, name, len) == 0 && file[len] == '.')
			return true;
	}
	return false;
}

/* A file comes after its intent: one that has none by now, though it is there, has ended. */
static int sweep(struct vmm_store *st, const struct vmm_strv *files, const char *folder,
		 bool repair, vmm_run_found *found, void *ctx, struct vmm_err *err)
{
	VMM_TABLE_AUTO *open = NULL;

	if (vmm_intent_list(st, &open, err) < 0)
		return err ? (int)err->code : VMM_EFAIL;
	for (size_t i = 0; i < files->n; i++) {
		VMM_BUF_AUTO file = VMM_BUF_INIT;

		vmm_buf_addf(&file, "%s/%s", folder, files->s[i]);
		if (file.failed)
			return vmm_err_nomem(err);
		if (is_of(files->s[i], open))
			continue;
		found(files->s[i], "left over from a run that has ended",
		      repair && unlink(file.data) == 0, ctx);
	}
	return 0;
}

static int list_files(const char *folder, struct vmm_strv *files, struct vmm_err *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : vmm_err_errno(err, "cannot read '%s'", folder);
	while (rc == 0 && (e = readdir(dir)))
		if (*e->d_name != '.' && vmm_strv_add(files, e->d_name) < 0)
			rc = vmm_err_nomem(err);
	closedir(dir);
	vmm_strv_sort(files, 0);
	return rc;
}

int vmm_run_mend(struct vmm_store *st, bool repair, vmm_run_found *found, void *ctx,
		 struct vmm_err *err)
{
	VMM_TABLE_AUTO *open = NULL;
	VMM_STRV_AUTO files = VMM_STRV_INIT;
	struct vmm__record *rec;
	int rc = vmm_intent_list(st, &open, err);

	for (size_t r = 0; rc == 0 && r < vmm_table_rows(open); r++) {
		if (strcmp(vmm_table_at(open, r, "op"), VMM__RUN_OP) != 0 ||
		    strcmp(vmm_table_at(open, r, "alive"), "yes") == 0)
			continue;
		rec = vmm__record_new(st, vmm_table_at(open, r, "subject"), err);
		if (!rec)
			return err ? (int)err->code : VMM_EFAIL;
		tell_of(rec, found, ctx);
		vmm__record_free(rec);
	}
	rec = rc == 0 ? vmm__record_new(st, "", err) : NULL;
	if (!rec)
		return rc < 0 ? rc : 0;
	rc = list_files(rec->folder, &files, err);
	if (rc == 0)
		rc = sweep(st, &files, rec->folder, repair, found, ctx, err);
	vmm__record_free(rec);
	return rc;
}
