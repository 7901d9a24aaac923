/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An image of a VM, step by step: each is in the journal before it is taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "provision/internal.h"
#include "virt/virt.h"

int vmm__capture_note(struct vmm__capture *c)
{
	return vmm__what_note(c->st, c->intent, &c->what, &c->err);
}

static int say_supermin(struct vmm__capture *c)
{
	struct vmm_err first = c->err;

	return vmm_err_set(&c->err, first.code,
			   "%s (libguestfs cannot begin here; libguestfs-test-tool tells why)",
			   first.text);
}

int vmm__capture_run(struct vmm__capture *c, const char *const *argv, struct vmm_spawned *got)
{
	static const char *const pass[] = { "LIBGUESTFS_BACKEND",
					    "LIBGUESTFS_BACKEND_SETTINGS",
					    "LIBGUESTFS_CACHEDIR",
					    "LIBGUESTFS_HV",
					    "LIBGUESTFS_MEMSIZE",
					    "LIBGUESTFS_PATH",
					    "SUPERMIN_KERNEL",
					    "SUPERMIN_MODULES",
					    "SUPERMIN_KERNEL_VERSION",
					    "HOME",
					    "TMPDIR",
					    NULL };
	const char *set[] = { NULL, NULL, NULL };
	VMM_BUF_AUTO tmp = VMM_BUF_INIT;
	struct vmm_spawn what = VMM_SPAWN_INIT;
	uint64_t now = vmm_clock_ms();

	vmm_buf_addf(&tmp, "LIBGUESTFS_TMPDIR=%s", c->what.scratch);
	if (tmp.failed)
		return vmm_err_nomem(&c->err);
	set[0] = tmp.data;
	/* Without libvirt between: that would need a daemon here. */
	if (!getenv("LIBGUESTFS_BACKEND"))
		set[1] = "LIBGUESTFS_BACKEND=direct";
	what.argv = argv;
	what.pass = pass;
	what.set = set;
	what.cancel = c->opt.cancel;
	what.limit_ms = c->deadline > now ? c->deadline - now : 1;
	if (vmm_spawn(&what, got, &c->err) == 0)
		return 0;
	/* It could not begin, mostly for want of a kernel, and itself says no more. */
	if (strstr(c->err.text, "supermin"))
		return say_supermin(c);
	return c->err.code;
}

/* ---- before ---- */

static int check_stopped(struct vmm__capture *c)
{
	int active = virDomainIsActive(c->dom);

	if (active < 0)
		return vmm_err_virt(&c->err, "cannot look at it");
	if (active > 0)
		return vmm_err_set(&c->err, VMM_EREFUSED,
				   "it is not stopped; vm-power shutdown stops it");
	return 0;
}

static int check(struct vmm__capture *c)
{
	if (check_stopped(c) < 0)
		return c->err.code;
	if (virDomainHasManagedSaveImage(c->dom, 0) == 1)
		return vmm_err_set(&c->err, VMM_EREFUSED,
				   "it is suspended to disk, so its disks are not at rest");
	return vmm__disk_find(c);
}

/* A random name, so that the journal has it before there is such a folder. */
static int choose_scratch(struct vmm__capture *c)
{
	const char *tmp = getenv("TMPDIR");
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	uint64_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return vmm_err_errno(&c->err, "cannot get a random number");
	vmm_buf_addf(&b, "%s/" VMM__CAPTURE "%016llx", tmp && *tmp == '/' ? tmp : "/var/tmp",
		     (unsigned long long)n);
	free(c->what.scratch);
	c->what.scratch = vmm_buf_steal(&b);
	return c->what.scratch ? 0 : vmm_err_nomem(&c->err);
}

static int begin(struct vmm__capture *c)
{
	if (choose_scratch(c) < 0)
		return c->err.code;
	return vmm__what_begin(c->st, VMM__CAPTURE_OP, c->what.uuid, &c->what, &c->intent, &c->err);
}

/* ---- the work ---- */

static void report(struct vmm__capture *c, const char *stage)
{
	struct vmm_progress p = { .subject = c->what.name, .stage = stage, .downtime_ms = -1 };

	vmm_progress_report(c->opt.progress, &p);
}

static int make_scratch(struct vmm__capture *c)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	if (mkdir(c->what.scratch, 0700) < 0) {
		vmm_err_errno(&c->err, "cannot make folder '%s'", c->what.scratch);
		*c->what.scratch = '\0'; /* what has that name is not ours */
		return c->err.code;
	}
	vmm_buf_addf(&b, "%s/disk", c->what.scratch);
	c->file = vmm_buf_steal(&b);
	return c->file ? 0 : vmm_err_nomem(&c->err);
}

/* Without blocks of zeros, snapshots, and what a guest's file system has given back. */
static int compact(struct vmm__capture *c, char **out)
{
	const char *argv[12] = { "qemu-img", "convert", "-f", "raw", "-O", "qcow2" };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	size_t n = 6;

	vmm_buf_addf(&b, "%s/image", c->what.scratch);
	if (b.failed)
		return vmm_err_nomem(&c->err);
	if (c->opt.compress)
		argv[n++] = "-c";
	argv[n++] = "--";
	argv[n++] = c->file;
	argv[n] = b.data;
	report(c, "compact");
	if (vmm__capture_run(c, argv, &got) < 0)
		return c->err.code;
	unlink(c->file);
	*out = vmm_buf_steal(&b);
	return 0;
}

static int labels(struct vmm__capture *c, struct vmm_buf *cell)
{
	VMM_BUF_AUTO from = VMM_BUF_INIT;
	VMM_BUF_AUTO os = VMM_BUF_INIT;
	VMM_BUF_AUTO first = VMM_BUF_INIT;

	vmm_buf_addf(&from, "captured-from=%s", c->what.name);
	vmm_buf_addf(&os, "os=%s", c->os ? c->os : "");
	if (from.failed || os.failed)
		return vmm_err_nomem(&c->err);
	if (vmm_labels_set("", from.data, &first, &c->err) < 0)
		return c->err.code;
	return vmm_labels_set(first.data, c->os ? os.data : from.data, cell, &c->err);
}

static int add(struct vmm__capture *c, const char *file)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;
	struct vmm_image_source src = { .spec = c->spec,
					.from = file,
					.format = "qcow2",
					.cancel = c->opt.cancel,
					.progress = c->opt.progress };

	if (labels(c, &cell) < 0)
		return c->err.code;
	src.labels = cell.data;
	return vmm_image_add(c->st, &src, &c->image, &c->err);
}

static int work(struct vmm__capture *c)
{
	VMM_STR_AUTO file = NULL;

	if (make_scratch(c) < 0)
		return c->err.code;
	report(c, "copy");
	/* Who started it meanwhile, past us, has been writing to it. */
	if (vmm__disk_copy(c) < 0 || check_stopped(c) < 0)
		return c->err.code;
	if (!c->opt.keep_identity) {
		report(c, "generalize");
		if (vmm__generalize(c) < 0)
			return c->err.code;
	}
	if (compact(c, &file) < 0)
		return c->err.code;
	return add(c, file);
}

/* ---- afterwards ---- */

int vmm__capture_undo(struct vmm_store *st, virConnectPtr conn, const struct vmm__what *w,
		      struct vmm_err *err)
{
	int ret = vmm__volumes_remove(st, conn, w, err);

	vmm__scratch_remove(w->scratch);
	/* A program that has outlived us may still be putting something there. */
	if (ret == 0 && *w->scratch && access(w->scratch, F_OK) == 0)
		ret = vmm_err_set(err, VMM_EFAIL, "folder '%s' is in use", w->scratch);
	return ret;
}

#define LEFT "run vmm-fsck, for a copy of its disk is left (%s)"

int vmm__capture(struct vmm__capture *c)
{
	struct vmm_err why;
	int ret;

	if (begin(c) < 0)
		return c->err.code;
	/* Its intent comes before the look at it: from now on nobody here starts or moves it. */
	ret = check(c);
	if (ret == 0)
		ret = work(c);
	if (vmm__capture_undo(c->st, c->conn, &c->what, &why) == 0)
		vmm_intent_end(c->st, c->intent, vmm_err_word(ret, "done"), NULL);
	else if (ret < 0)
		vmm_err_prefix(&c->err, LEFT, why.text);
	else
		ret = vmm_err_set(&c->err, VMM_EFAIL, LEFT, why.text);
	return ret;
}

/* Only says what vmm__capture() would before its work. */
int vmm__capture_check(struct vmm__capture *c)
{
	VMM_TABLE_AUTO *open = NULL;

	if (vmm_intent_list(c->st, &open, &c->err) < 0 ||
	    vmm_intent_check(open, c->what.uuid, &c->err) < 0)
		return c->err.code;
	return check(c);
}
