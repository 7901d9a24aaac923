/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	agent-image.c		kernel and initramfs, made aside and put in their place
 *	agent-kernel.c		where the kernel and its modules come from
 *	agent-modules.c		the drivers
 *	agent-programs.c	programs and the libraries they are linked with
 *	agent-files.c		copies
 *	cpio.c			a folder as an archive that the kernel unpacks
 */
#ifndef VMM_DEPLOY_AGENT_INTERNAL_H
#define VMM_DEPLOY_AGENT_INTERNAL_H

#include "base/spawn.h"
#include "deploy/agent-image.h"

struct vmm__agent_build {
	const struct vmm_agent_image *what;
	struct vmm_agent_made *made;
	char *work, *root;               /* folders; root is the initramfs's */
	char *kernel, *modules, *depmod; /* files and lib/modules/VERSION */
};

/* ---- agent-files.c ---- */

/* DIR/NAME, the caller's; NULL: out of memory. */
char *vmm__path(const char *dir, const char *name);
int vmm__make_folders(const char *path, struct vmm_err *err);
/* The folders above are made too; a file that is there is replaced. */
int vmm__copy_to(const char *from, const char *to, unsigned mode, struct vmm_err *err);
int vmm__write_to(const char *path, const char *text, unsigned mode, struct vmm_err *err);
void vmm__remove_tree(const char *path);
/* A program in PATH, or where administrators' programs are; NULL: there is none. */
char *vmm__find_program(const char *name);
/* Runs argv with its output kept; at most 10 minutes. */
int vmm__run(const struct vmm__agent_build *b, const char *const *argv, const char *dir,
	     struct vmm_spawned *got, struct vmm_err *err);

/* ---- the steps ---- */

int vmm__agent_kernel(struct vmm__agent_build *b, struct vmm_err *err);
int vmm__agent_modules(struct vmm__agent_build *b, struct vmm_err *err);
int vmm__agent_programs(struct vmm__agent_build *b, struct vmm_err *err);

/*
 * Appends a tree to an open file, in the form "newc": sorted, of root, without times. A device for the
 * console is added, which the kernel opens before anything is mounted.
 */
int vmm__cpio(const char *root, int fd, struct vmm_err *err);

#endif
