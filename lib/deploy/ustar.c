/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files as a tar archive (POSIX ustar): the same files give the same bytes. */
#include <stdio.h>
#include <string.h>

#include "deploy/internal.h"

#define BLOCK 512
#define MTIME 946684800 /* 2000-01-01: no matter when, but always the same */

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100];
	char magic[6], version[2], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};

static void octal(char *field, size_t size, unsigned long value)
{
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

static void checksum(struct header *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	snprintf(h->sum, sizeof(h->sum), "%06o", sum);
}

static int add(struct vmm_buf *out, const char *path, char type, unsigned mode, const char *text,
	       struct vmm_err *err)
{
	size_t size = type == '0' ? strlen(text) : 0;
	struct header h = { .type = type, .magic = "ustar", .version = { '0', '0' } };

	if (strlen(path) >= sizeof(h.name) || (type == '2' && strlen(text) >= sizeof(h.link)))
		return vmm_err_set(err, VMM_EINPUT, "'%s' is too long a name", path);
	memcpy(h.name, path, strlen(path));
	if (type == '2')
		memcpy(h.link, text, strlen(text));
	octal(h.mode, sizeof(h.mode), mode);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), size);
	octal(h.mtime, sizeof(h.mtime), MTIME);
	memcpy(h.uname, "root", 4);
	memcpy(h.gname, "root", 4);
	checksum(&h);
	vmm_buf_add(out, &h, sizeof(h));
	if (size) {
		static const char zeros[BLOCK];

		vmm_buf_add(out, text, size);
		vmm_buf_add(out, zeros, (BLOCK - size % BLOCK) % BLOCK);
	}
	return 0;
}

/* The folders of a path that the last one before it did not have. */
static int add_folders(struct vmm_buf *out, const char *before, const char *path, unsigned mode,
		       struct vmm_err *err)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - path) + 1;
		VMM_STR_AUTO folder = strndup(path, n);
		/* What holds keys is for its owner alone: sshd insists on it. */
		bool closed = strcmp(folder ? folder : "", "root/.ssh/") == 0;

		if (!folder)
			return vmm_err_nomem(err);
		if (before && strncmp(before, folder, n) == 0)
			continue;
		/* Not those that every system has, with modes of its own. */
		if (!strchr(folder, '/')[1])
			continue;
		if (add(out, folder, '5', closed ? 0700 : mode, "", err) < 0)
			return err->code;
	}
	return 0;
}

int vmm__ustar(const struct vmm__files *files, struct vmm_buf *out, struct vmm_err *err)
{
	static const char end[2 * BLOCK];
	const char *before = NULL;

	for (size_t i = 0; i < files->n; i++) {
		const struct vmm__file *f = &files->f[i];

		if (add_folders(out, before, f->path, 0755, err) < 0 ||
		    add(out, f->path, f->link ? '2' : '0', f->mode, f->text, err) < 0)
			return err->code;
		before = f->path;
	}
	vmm_buf_add(out, end, sizeof(end));
	return out->failed ? vmm_err_nomem(err) : 0;
}
