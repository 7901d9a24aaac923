/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "migrate/settle.h"

#define HUH VMM__CANT_TELL
#define SRC VMM__AT_SOURCE
#define TGT VMM__AT_TARGET
#define TWO VMM__ON_BOTH
#define NIL VMM__NOWHERE

/*
 * Source down, target across. The reasons behind the less obvious ones:
 *
 * - A target's processors start only after the source's have stopped for good, so a target that
 *   runs has it, whatever an unreachable source might say; and a source that runs has it.
 * - A source paused by migration is whole until it is told to end. If the target is absent or
 *   halfway as well, it never ran there: the source goes on. If it is stopped, it may have run
 *   there and ended since: its disks would be ahead of the source's memory.
 * - A target that is halfway while the source is stopped or gone has lost its sender.
 * - Two that are stopped: see vmm__settle().
 *
 * A definition that the target did not have before, and that lies there while the source has the VM,
 * came with the migration and goes with it: left there, somebody might start it.
 */
/* clang-format off */
static const enum vmm__where table[VMM__SIGHTS][VMM__SIGHTS] = {
	/*                  unreach. absent stopped running paused halfway postcopy */
	[VMM__UNREACHABLE] = { HUH,   HUH,   HUH,    TGT,    HUH,   HUH,    HUH },
	[VMM__ABSENT]      = { HUH,   NIL,   TGT,    TGT,    TGT,   HUH,    HUH },
	[VMM__STOPPED]     = { HUH,   SRC,   HUH,    TGT,    TGT,   HUH,    HUH },
	[VMM__RUNNING]     = { SRC,   SRC,   SRC,    TWO,    TWO,   SRC,    HUH },
	[VMM__PAUSED]      = { SRC,   SRC,   SRC,    TWO,    TWO,   SRC,    HUH },
	[VMM__HALFWAY]     = { HUH,   SRC,   HUH,    TGT,    TWO,   SRC,    HUH },
	[VMM__POSTCOPY]    = { HUH,   HUH,   HUH,    TGT,    HUH,   HUH,    HUH },
};
/* clang-format on */

struct vmm__verdict vmm__settle(enum vmm__sight source, enum vmm__sight target,
				const struct vmm__story *story)
{
	struct vmm__verdict v = { 0 };

	if (story->paused_by_us && source == VMM__PAUSED)
		source = VMM__HALFWAY;
	v.where = table[source][target];
	/*
	 * By definitions: the target's is written before the source's goes, so while the source
	 * has one it counts. Live, two stopped ones mean that the guest ended after it had
	 * moved or before: with disks of their own only a person can tell which is newer.
	 */
	if (story->offline && source == VMM__STOPPED && target == VMM__STOPPED)
		v.where = VMM__AT_SOURCE;
	/* Without a definition, absent on the target may mean that it ran there and has ended. */
	if (story->transient && source == VMM__HALFWAY && target == VMM__ABSENT)
		v.where = VMM__CANT_TELL;
	if (v.where == VMM__AT_SOURCE) {
		v.sure = target != VMM__UNREACHABLE;
		v.destroy_target = target == VMM__HALFWAY;
		v.undefine_target = (target == VMM__STOPPED || v.destroy_target) &&
				    !story->target_knew;
		v.resume_source = source == VMM__HALFWAY;
		v.start_source = source == VMM__STOPPED && story->stopped_by_us;
	}
	if (v.where == VMM__AT_TARGET) {
		v.sure = source != VMM__UNREACHABLE;
		v.destroy_source = source == VMM__HALFWAY || source == VMM__POSTCOPY;
		v.undefine_source = v.destroy_source || source == VMM__STOPPED;
		v.start_target = target == VMM__STOPPED && story->stopped_by_us;
	}
	if (v.where == VMM__NOWHERE)
		v.sure = true; /* both said so: it was removed, or ended and had no definition */
	return v;
}
