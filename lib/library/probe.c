/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file is, and whether it is taken. Formats have their marks; a raw disk has none of its
 * own, and what is raw when nothing else fits would be any text or any archive. So without
 * being told it is only what has the mark of a boot sector or of a GPT.
 */
#include "library/internal.h"

#define DISK_MIN ((uint64_t)1024 * 1024)
#define SECTOR 512

static int check_raw(const struct vmm__copy *c, struct vmm_err *err)
{
	if (c->size < DISK_MIN)
		return vmm_err_set(err, VMM_EREFUSED, "a disk of less than 1 MiB is none");
	if (c->size % SECTOR)
		return vmm_err_set(err, VMM_EREFUSED,
				   "it is no whole number of sectors of 512 bytes");
	return 0;
}

static int refuse_mark(const struct vmm__magic *m, struct vmm_err *err)
{
	if (m->taken == VMM__PACKED)
		return vmm_err_set(err, VMM_EREFUSED, "it is packed (%s); unpack it first", m->name);
	return vmm_err_set(err, VMM_EREFUSED, "it is %s, which is not taken; convert it first",
			   m->name);
}

static int choose_format(const struct vmm_image_source *src, int fd, const struct vmm__magic *m,
			 const char **format, struct vmm_err *err)
{
	const char *stated = src->format ? vmm__format_word(src->format) : NULL;

	if (m && m->taken != VMM__TAKEN)
		return refuse_mark(m, err);
	/* A disk may begin with the file system of an ISO, and is then whatever one says. */
	if (stated && m && strcmp(stated, m->name) != 0 &&
	    !(strcmp(stated, "raw") == 0 && strcmp(m->name, "iso") == 0))
		return vmm_err_set(err, VMM_EREFUSED, "it is %s and not %s", m->name, stated);
	if (stated && !m && strcmp(stated, "raw") != 0)
		return vmm_err_set(err, VMM_EREFUSED, "it is not %s", stated);
	if (!stated && !m && !vmm__looks_bootable(fd))
		return vmm_err_set(err, VMM_EREFUSED,
				   "it has no known format and no boot sector; a raw disk needs "
				   "--disk-format raw, a script, driver or answer file --kind");
	*format = stated ? stated : m ? m->name : "raw";
	return 0;
}

static int probe_image(const struct vmm_image_source *src, int fd, const char *path,
		       const struct vmm__copy *c, struct vmm__found *out, struct vmm_err *err)
{
	const struct vmm__magic *m;
	int ret;

	if (!c->data)
		return vmm_err_set(err, VMM_EREFUSED, "it holds nothing but zeros");
	if (vmm__magic_find(fd, c->size, &m) < 0)
		return vmm_err_errno(err, "cannot read it");
	ret = choose_format(src, fd, m, &out->format, err);
	if (ret < 0)
		return ret;
	out->virtual_size = c->size;
	if (strcmp(out->format, "raw") == 0)
		return check_raw(c, err);
	if (strcmp(out->format, "iso") == 0)
		return 0;
	ret = vmm__header_check(fd, c->size, out->format, err);
	return ret < 0 ? ret : vmm__qemu_info(path, out->format, &out->virtual_size, err);
}

/* Not for qemu-img's eyes: an ISO is told, all else is a file. */
static int probe_file(const struct vmm_image_source *src, int fd, const struct vmm__copy *c,
		      struct vmm__found *out, struct vmm_err *err)
{
	const char *stated = src->format ? vmm__format_word(src->format) : NULL;
	const struct vmm__magic *m;
	bool iso;

	if (vmm__magic_find(fd, c->size, &m) < 0)
		return vmm_err_errno(err, "cannot read it");
	iso = m && strcmp(m->name, "iso") == 0;
	if (stated && strcmp(stated, "iso") == 0 && !iso)
		return vmm_err_set(err, VMM_EREFUSED, "it is not iso");
	out->format = stated ? stated : iso ? "iso" : "file";
	out->virtual_size = c->size;
	return 0;
}

int vmm__probe(const struct vmm_image_source *src, int fd, const char *path,
	       const struct vmm__copy *c, struct vmm__found *out, struct vmm_err *err)
{
	if (c->size == 0)
		return vmm_err_set(err, VMM_EREFUSED, "it is empty");
	if (!src->kind || strcmp(src->kind, "image") == 0)
		return probe_image(src, fd, path, c, out, err);
	return probe_file(src, fd, c, out, err);
}
