/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The programs: busybox for the usual ones, this machine's for what busybox can't do, each with the
 * libraries that the dynamic loader names.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "deploy/agent-internal.h"

static const struct {
	const char *name;
	bool needed;
} tools[] = { { "sfdisk", true },      { "wipefs", true },      { "blkid", true },
	      { "e2fsck", true },      { "resize2fs", true },   { "ssh-keygen", true },
	      { "kmod", true },        { "xfs_growfs", false }, { "xfs_repair", false },
	      { "efibootmgr", false }, { "mdadm", false },      { "ipmitool", false },
	      { "hdparm", false },     { "nvme", false } };

/* Better than busybox's, which don't know what all modules need. */
static const char *const kmod_names[] = { "modprobe", "depmod", "insmod",
					  "rmmod",    "lsmod",  "modinfo" };

/* The loader that the program asks for; "" for none: it is static. */
static int find_loader(const char *program, char *loader, size_t size, struct vmm_err *err)
{
	int fd = open(program, O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr head;
	int ret = 0;

	*loader = '\0';
	if (fd < 0)
		return vmm_err_unreadable(err, "cannot open '%s'", program);
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64)
		ret = vmm_err_set(err, VMM_EINPUT, "'%s' is no program of 64 bits", program);
	for (unsigned i = 0; ret == 0 && i < head.e_phnum; i++) {
		Elf64_Phdr part;
		off_t at = (off_t)(head.e_phoff + (uint64_t)i * sizeof(part));

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			ret = vmm_err_set(err, VMM_EINPUT, "'%s' is cut short", program);
		else if (part.p_type == PT_INTERP && part.p_filesz < size &&
			 pread(fd, loader, part.p_filesz, (off_t)part.p_offset) > 0)
			loader[part.p_filesz] = '\0';
	}
	close(fd);
	return ret;
}

/* Libraries keep their path. */
static int copy_library(struct vmm__agent_build *b, const char *path, struct vmm_err *err)
{
	VMM_STR_AUTO to = vmm__path(b->root, path + 1);

	if (!to)
		return vmm_err_nomem(err);
	return access(to, F_OK) == 0 ? 0 : vmm__copy_to(path, to, 0755, err);
}

/* Of "\tlibc.so.6 => /lib/…/libc.so.6 (0x…)" or "\t/lib64/ld-linux… (0x…)" the path. */
static int copy_listed(struct vmm__agent_build *b, char *line, struct vmm_err *err)
{
	char *path = strchr(line, '/');

	if (strstr(line, "not found"))
		return vmm_err_set(err, VMM_EINPUT, "a library is missing: %s", line);
	if (!path)
		return 0; /* the kernel's own */
	path[strcspn(path, " ")] = '\0';
	return copy_library(b, path, err);
}

static int copy_libraries(struct vmm__agent_build *b, const char *program, struct vmm_err *err)
{
	char loader[256];
	const char *argv[] = { loader, "--list", program, NULL };
	struct vmm_spawn what = VMM_SPAWN_INIT;
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	VMM_STRV_AUTO lines = VMM_STRV_INIT;
	int ret = find_loader(program, loader, sizeof(loader), err);

	if (ret < 0 || !*loader)
		return ret;
	what.argv = argv;
	what.limit_ms = 30000;
	ret = vmm_spawn(&what, &got, err);
	if (ret == 0)
		ret = copy_library(b, loader, err);
	if (ret == 0 && vmm_strv_split(&lines, got.out.data, "\n") < 0)
		ret = vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < lines.n; i++)
		ret = copy_listed(b, lines.s[i], err);
	return ret < 0 ? vmm_err_prefix(err, "cannot take '%s' along", program) : 0;
}

static int add_program(struct vmm__agent_build *b, const char *from, const char *name,
		       struct vmm_err *err)
{
	VMM_STR_AUTO folder = vmm__path(b->root, "bin");
	VMM_STR_AUTO to = folder ? vmm__path(folder, name) : NULL;
	int ret = to ? vmm__copy_to(from, to, 0755, err) : vmm_err_nomem(err);

	return ret ? ret : copy_libraries(b, from, err);
}

static int add_tools(struct vmm__agent_build *b, struct vmm_err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof(tools) / sizeof(tools[0]); i++) {
		VMM_STR_AUTO from = vmm__find_program(tools[i].name);

		if (from)
			ret = add_program(b, from, tools[i].name, err);
		else if (tools[i].needed)
			ret = vmm_err_set(err, VMM_EINPUT, "the program '%s' is not installed",
					  tools[i].name);
		else if (vmm_strv_add(&b->made->without, tools[i].name) < 0)
			ret = vmm_err_nomem(err);
	}
	return ret;
}

/* A name that is taken stays what it is. */
static int link_name(struct vmm__agent_build *b, const char *to, const char *name, struct vmm_err *err)
{
	VMM_STR_AUTO folder = vmm__path(b->root, "bin");
	VMM_STR_AUTO path = folder ? vmm__path(folder, name) : NULL;

	if (!path)
		return vmm_err_nomem(err);
	if (symlink(to, path) < 0 && errno != EEXIST)
		return vmm_err_errno(err, "cannot make '%s'", path);
	return 0;
}

/* Its list has its own name too, which is taken. */
static int link_busybox(struct vmm__agent_build *b, const char *busybox, struct vmm_err *err)
{
	const char *argv[] = { busybox, "--list", NULL };
	struct vmm_spawn what = VMM_SPAWN_INIT;
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int ret;

	what.argv = argv;
	what.limit_ms = 30000;
	ret = vmm_spawn(&what, &got, err);
	if (ret == 0 && vmm_strv_split(&names, got.out.data, "\n") < 0)
		ret = vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < names.n; i++)
		if (*names.s[i])
			ret = link_name(b, "busybox", names.s[i], err);
	return ret;
}

static int add_busybox(struct vmm__agent_build *b, struct vmm_err *err)
{
	VMM_STR_AUTO from = vmm__find_program("busybox");
	char loader[256];
	int ret;

	if (!from)
		return vmm_err_set(err, VMM_EINPUT, "the program 'busybox' is not installed");
	ret = find_loader(from, loader, sizeof(loader), err);
	if (ret == 0 && *loader)
		ret = vmm_err_set(err, VMM_EINPUT,
				  "'%s' is not static (package busybox-static has one that is)",
				  from);
	if (ret == 0)
		ret = add_program(b, from, "busybox", err);
	return ret ? ret : link_busybox(b, from, err);
}

static int add_script(struct vmm__agent_build *b, const char *name, const char *to,
		      struct vmm_err *err)
{
	VMM_STR_AUTO from = vmm__path(b->what->scripts, name);
	VMM_STR_AUTO at = vmm__path(b->root, to);

	return from && at ? vmm__copy_to(from, at, 0755, err) : vmm_err_nomem(err);
}

static int add_text(struct vmm__agent_build *b, const char *name, const char *text,
		    struct vmm_err *err)
{
	VMM_STR_AUTO at = vmm__path(b->root, name);

	return at ? vmm__write_to(at, text, 0644, err) : vmm_err_nomem(err);
}

int vmm__agent_programs(struct vmm__agent_build *b, struct vmm_err *err)
{
	int ret = add_tools(b, err);

	for (size_t i = 0; ret == 0 && i < sizeof(kmod_names) / sizeof(kmod_names[0]); i++)
		ret = link_name(b, "kmod", kmod_names[i], err);
	if (ret == 0)
		ret = add_busybox(b, err);
	if (ret == 0)
		ret = add_program(b, b->what->agent, "vmm-agent", err);
	if (ret == 0)
		ret = add_script(b, "init", "init", err);
	if (ret == 0)
		ret = add_script(b, "dhcp", "vmm/dhcp", err);
	if (ret == 0)
		ret = add_script(b, "both", "bin/vmm-both", err);
	/* ssh-keygen wants to know who it is. */
	if (ret == 0)
		ret = add_text(b, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\n", err);
	return ret ? ret : add_text(b, "etc/group", "root:x:0:\n", err);
}
