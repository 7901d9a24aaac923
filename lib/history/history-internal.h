/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of records, as this folder's files share them. */
#ifndef VMM_HISTORY_INTERNAL_H
#define VMM_HISTORY_INTERNAL_H

#include "base/buf.h"
#include "base/strv.h"
#include "history/history.h"

#define VMM__HISTORY_FOLDER "load"
#define VMM__DAY_LEN 10 /* 2026-11-22 */
#define VMM__DAY_S 86400
#define VMM__AHEAD_S 3600 /* how far ahead the clock of a record may have been */

/* The digits behind the point of a column's numbers; -1: it is text. */
int vmm__history_digits(const char *column);

/* The folder's path, the caller's; NULL and *err where the state has no folder. */
char *vmm__history_folder(struct vmm_store *st, struct vmm_err *err);
/* hosts-2026-11-22.tsv; `day` may be longer than a day, as a time is. */
int vmm__history_file(enum vmm_history kind, const char *day, struct vmm_buf *out);
/* The day of a file of either kind, or of one kind if it is not -1; NULL: the name of something else. */
const char *vmm__history_day(const char *name, int kind);
/* Whether it is one of these, written aside. */
bool vmm__history_is_aside(const char *name);
/* The names of the files (of that kind, or -1: both), by day; a folder that isn't there has none. */
int vmm__history_files(const char *folder, int kind, struct vmm_strv *out, struct vmm_err *err);

/* The time of the last record of a file; 0: it has none. */
int vmm__history_last(const char *folder, const char *name, time_t *time, struct vmm_err *err);

/* Whoever writes has the lock; no record is lost while the oldest go. *fd is closed to let it go. */
int vmm__history_lock(const char *folder, int *fd, struct vmm_err *err);
/* Under the lock. `newest`: the time of the newest record. */
int vmm__history_prune(const char *folder, time_t newest, const struct vmm_history_limits *limits,
		       struct vmm_err *err);

#endif
