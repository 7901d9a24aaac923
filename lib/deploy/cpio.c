/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "deploy/agent-internal.h"

struct archive {
	FILE *out;
	unsigned number;
};

struct member {
	const char *name;
	unsigned mode, major, minor;
	size_t size;
};

static void pad(struct archive *a, size_t n)
{
	static const char zeros[4];

	fwrite(zeros, 1, (4 - n % 4) % 4, a->out);
}

/* The numbers: inode mode uid gid links mtime size devmajor devminor rdevmajor rdevminor name check. */
static void put_header(struct archive *a, const struct member *m)
{
	size_t len = strlen(m->name) + 1;

	fprintf(a->out, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", ++a->number,
		m->mode, 0, 0, 1, 0, m->size, 0, 0, m->major, m->minor, len, 0);
	fwrite(m->name, 1, len, a->out);
	pad(a, 110 + len);
}

static int put_file(struct archive *a, const FTSENT *e, struct member *m, struct vmm_err *err)
{
	FILE *in = fopen(e->fts_accpath, "re");
	char chunk[65536];
	size_t left = (size_t)e->fts_statp->st_size;

	if (!in)
		return vmm_err_errno(err, "cannot read '%s'", e->fts_path);
	m->size = left;
	put_header(a, m);
	while (left) {
		size_t n = fread(chunk, 1, left < sizeof(chunk) ? left : sizeof(chunk), in);

		if (!n)
			break;
		fwrite(chunk, 1, n, a->out);
		left -= n;
	}
	fclose(in);
	pad(a, m->size);
	return left ? vmm_err_set(err, VMM_EFAIL, "cannot read '%s'", e->fts_path) : 0;
}

static int put_link(struct archive *a, const FTSENT *e, struct member *m, struct vmm_err *err)
{
	char to[PATH_MAX];
	ssize_t n = readlink(e->fts_accpath, to, sizeof(to));

	if (n < 0)
		return vmm_err_errno(err, "cannot read '%s'", e->fts_path);
	m->size = (size_t)n;
	put_header(a, m);
	fwrite(to, 1, m->size, a->out);
	pad(a, m->size);
	return 0;
}

static int put_entry(struct archive *a, const FTSENT *e, size_t skip, struct vmm_err *err)
{
	struct member m = { .name = e->fts_path + skip, .mode = e->fts_statp->st_mode };

	switch (e->fts_info) {
	case FTS_D:
		if (e->fts_level > 0)
			put_header(a, &m);
		return 0;
	case FTS_F:
		return put_file(a, e, &m, err);
	case FTS_SL:
	case FTS_SLNONE:
		return put_link(a, e, &m, err);
	case FTS_DP:
		return 0;
	default:
		return vmm_err_set(err, VMM_EFAIL, "cannot read '%s': %s", e->fts_path,
				   strerror(e->fts_errno));
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int put_tree(struct archive *a, const char *root, struct vmm_err *err)
{
	char *const paths[] = { (char *)root, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	int ret = 0;

	if (!tree)
		return vmm_err_errno(err, "cannot read '%s'", root);
	for (const FTSENT *e; ret == 0 && (e = fts_read(tree));)
		ret = put_entry(a, e, strlen(root) + 1, err);
	fts_close(tree);
	return ret;
}

int vmm__cpio(const char *root, int fd, struct vmm_err *err)
{
	static const struct member console = { "dev/console", S_IFCHR | 0600, 5, 1, 0 };
	static const struct member end = { .name = "TRAILER!!!" };
	struct archive a = { .out = fdopen(dup(fd), "we") };
	int ret;

	if (!a.out)
		return vmm_err_errno(err, "cannot write the archive");
	ret = put_tree(&a, root, err);
	put_header(&a, &console);
	put_header(&a, &end);
	if ((ferror(a.out) | fclose(a.out)) && ret == 0)
		ret = vmm_err_errno(err, "cannot write the archive");
	return ret;
}
