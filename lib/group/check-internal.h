/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group being looked over: shared by check.c and check-rules.c. */
#ifndef VMM_GROUP_CHECK_INTERNAL_H
#define VMM_GROUP_CHECK_INTERNAL_H

#include "group/internal.h"

/* A VM of the group, or one that is only named so far. */
struct vmm__subject {
	const char *name, *uuid, *host; /* host: NULL if there is none */
};

struct vmm__checking {
	const struct vmm_group *group;
	const struct vmm_inventory *inv;
	vmm_group_found *found;
	void *arg;
	struct vmm_err *err;
	struct vmm__subject *subjects;
	size_t *hosts; /* rows of inv->hosts */
	size_t nsubjects, nhosts;
	bool *has_vm, *has_host; /* by rule, then subject or host */
};

/* "FILE:LINE: [rule name] …" */
int vmm__found(struct vmm__checking *c, const struct vmm_rule *r, bool warning, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* What several rules say together. */
int vmm__check_rules(struct vmm__checking *c);

#endif
