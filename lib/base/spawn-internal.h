/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two files of spawn share: starting a program, and being there while it runs. */
#ifndef VMM_BASE_SPAWN_INTERNAL_H
#define VMM_BASE_SPAWN_INTERNAL_H

#include <sys/types.h>

#include "base/spawn.h"

struct vmm__child {
	pid_t pid;
	int out, err; /* our ends of its pipes; -1: none */
};

/* On failure nothing runs and nothing is open. */
int vmm__spawn_start(const struct vmm_spawn *what, struct vmm__child *child, struct vmm_err *err);
/* Kills it with its group and waits for its end; nothing to do when pid is -1. */
void vmm__spawn_kill(struct vmm__child *child);

#endif
