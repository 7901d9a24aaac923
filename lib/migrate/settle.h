/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * After a migration that did not end well: which host has the VM, and what is to be done.
 *
 * Pure: from what both hosts say, and the journal, to a verdict. Its rule: a copy is taken away
 * only where the other one is certain to be whole, and nothing is started or resumed
 * unless the other host has answered that it does not run it.
 */
#ifndef VMM_MIGRATE_SETTLE_H
#define VMM_MIGRATE_SETTLE_H

#include <stdbool.h>

/* What a host says of the VM. */
enum vmm__sight {
	VMM__UNREACHABLE,
	VMM__ABSENT,
	VMM__STOPPED, /* defined, not active */
	VMM__RUNNING,
	VMM__PAUSED,   /* by a person or an error: it is whole */
	VMM__HALFWAY,  /* by migration: whole on a source, perhaps not on a target */
	VMM__POSTCOPY, /* its memory is spread over both */
	VMM__SIGHTS
};

/* What the journal tells. */
struct vmm__story {
	bool offline;       /* the way goes by definitions, not by a running process */
	bool stopped_by_us; /* it ran, and was shut down for the move */
	bool paused_by_us;  /* it ran, and was paused for the rest of the way */
	bool target_knew;   /* the target had a definition of it before */
	bool transient;     /* it has no definition: ended, it leaves no trace */
};

enum vmm__where {
	VMM__CANT_TELL,
	VMM__AT_SOURCE,
	VMM__AT_TARGET,
	VMM__ON_BOTH, /* two whole copies: a person must choose */
	VMM__NOWHERE,
};

struct vmm__verdict {
	enum vmm__where where;
	bool resume_source, start_source, start_target;
	bool destroy_source, destroy_target;   /* end the process there */
	bool undefine_source, undefine_target; /* take the definition away */
	bool sure;                             /* once these steps are done the matter is closed */
};

struct vmm__verdict vmm__settle(enum vmm__sight source, enum vmm__sight target,
				const struct vmm__story *story);

#endif
