/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The folder backend: a table is a TSV file. Internal to lib/store.
 *
 *	NAME.tsv	a table; NAME may have a folder of its own: pools/web.tsv
 *	commit		the record of the last commit: its revision and the tables it changed
 *	lock		locked by whoever writes; its text is the pid of the last one who did
 *	journal.tsv	intents, append-only
 *	NAME.log	records of a log, append-only
 *	NAME.lock	locked by whoever changes that log
 *	owners		byte N is locked by the owner of intent N
 *
 * and, for moments or after a crash:
 *
 *	.NAME.REV-TAG	a table as commit REV-TAG has it, on its way to NAME.tsv
 *	.commit.new	the next record, not yet committed
 *	.commit.prev	the record before, kept until the new one is durable
 *	.journal.new	the journal without its oldest part
 *	.NAME.log.new	a log without what is out of date
 *	.NAME.log.old	the log before, until its successor's name is durable
 *
 * All but the locks, `owners`, logs and the journal are written once, under a name nobody reads, and
 * renamed: an open descriptor never sees its file change. How a commit is made is told in
 * folder-commit.c, why readers see all of it or nothing in folder-read.c.
 */
#ifndef VMM_STORE_FOLDER_H
#define VMM_STORE_FOLDER_H

#include <pthread.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/strv.h"
#include "store/backend.h"

#define VMM__FILE_MAX ((size_t)256 * 1024 * 1024)

struct vmm__folder {
	struct vmm_store store;
	char *path;
	uint64_t lock_ms;            /* how long to wait for the lock */
	pthread_mutex_t owners_lock; /* for what is below */
	int owners;   /* holds the lock of each open intent of ours; -1: there was none yet */
	char *commit; /* the path of the last commit's record; what was behind it: */
	int commit_fd;
	ino_t commit_ino;
	dev_t commit_dev;
	uint64_t changes; /* how often that was another one */
};

/* The folder, opened for one call. fd -1: it does not exist. */
struct vmm__dir {
	const char *path;
	int fd;
};

/* With `create` it is made, like mkdir -p, where it is missing. */
int vmm__dir_open(const struct vmm__folder *f, bool create, struct vmm__dir *d, struct vmm_err *err);
void vmm__dir_close(struct vmm__dir *d);

/* ---- folder-file.c: names are relative to the folder ---- */

/* "cannot VERB 'PATH/NAME': " and errno. */
int vmm__file_err(struct vmm_err *err, const char *verb, const struct vmm__dir *d, const char *name);
/* *fd is -1 when there is no such file and flags have no O_CREAT. */
int vmm__file_open(const struct vmm__dir *d, const char *name, int flags, int *fd,
		   struct vmm_err *err);
/* The whole of an open file; the text is the caller's. */
int vmm__file_read(const struct vmm__dir *d, const char *name, int fd, char **text, size_t *len,
		   struct vmm_err *err);
/* A new file, durable but for its name: that takes vmm__dir_sync(). On failure there is none. */
int vmm__file_write(const struct vmm__dir *d, const char *name, const char *text, size_t len,
		    struct vmm_err *err);
int vmm__file_rename(const struct vmm__dir *d, const char *from, const char *to, struct vmm_err *err);
bool vmm__file_exists(const struct vmm__dir *d, const char *name);
/* "pools" for pools/web, "" for what lies in the folder itself. */
int vmm__file_parent(const char *name, struct vmm_buf *out);
/* Makes the names in the folder (sub "") or one below it durable. */
int vmm__dir_sync(const struct vmm__dir *d, const char *sub, struct vmm_err *err);

/* ---- folder-lock.c ---- */

struct vmm__locked {
	struct vmm__dir dir;
	int fd;
};

/* Opens the folder (making it) and locks it against other writers. */
int vmm__lock(const struct vmm__folder *f, struct vmm__locked *l, struct vmm_err *err);
void vmm__unlock(struct vmm__locked *l);
/* The same with a lock file of one's own. */
int vmm__lock_file(const struct vmm__dir *d, int fd, uint64_t limit_ms, struct vmm_err *err);
void vmm__unlock_file(int fd);

/* ---- folder-record.c ---- */

struct vmm__record {
	uint64_t revision; /* 0: nothing was ever committed */
	char tag[17]; /* random: a revision that was taken back is not mistaken for its successor */
	struct vmm_strv tables;
};

#define VMM__RECORD_INIT                \
	{                               \
		.tables = VMM_STRV_INIT \
	}

void vmm__record_release(struct vmm__record *r);
int vmm__record_read(const struct vmm__dir *d, struct vmm__record *r, struct vmm_err *err);
bool vmm__record_same(const struct vmm__record *a, const struct vmm__record *b);
/* The revision after `last`, without tables. */
int vmm__record_next(const struct vmm__record *last, struct vmm__record *r, struct vmm_err *err);
int vmm__record_format(const struct vmm__record *r, struct vmm_buf *out);

int vmm__folder_changes(struct vmm_store *st, uint64_t *count, struct vmm_err *err);

/* pools/web.tsv, and pools/.web.REV-TAG; both the caller's, NULL without memory. */
char *vmm__table_file(const char *table);
char *vmm__aside_file(const char *table, const struct vmm__record *r);

/* ---- folder-read.c, folder-commit.c, folder-change.c ---- */

int vmm__folder_read(struct vmm_store *st, const char *const *names, size_t n,
		     struct vmm_table **out, struct vmm_err *err);

/* A table's new text. */
struct vmm__edit {
	const char *name;
	struct vmm_buf text;
};

/* The tables that the last commit still has aside. */
int vmm__left_aside(const struct vmm__dir *d, const struct vmm__record *last,
		    struct vmm_strv *tables, struct vmm_err *err);
/* Under the lock: brings them to their place. */
int vmm__roll_forward(const struct vmm__dir *d, const struct vmm__record *last, struct vmm_err *err);
/* Under the lock, after vmm__roll_forward(): all edits or none. */
int vmm__commit(const struct vmm__dir *d, const struct vmm__record *last,
		const struct vmm__edit *edits, size_t n, struct vmm_err *err);

/* Under the lock, after vmm__roll_forward(): a table and the text it was read from. */
int vmm__table_read(const struct vmm__dir *d, const char *name, struct vmm_buf *text,
		    struct vmm_table **out, struct vmm_err *err);
/* Sorts the table, refuses bad keys and writes it as text. */
int vmm__table_text(const char *name, struct vmm_table *t, struct vmm_buf *out, struct vmm_err *err);
int vmm__folder_change(struct vmm_store *st, const char *const *names, size_t n, vmm_store_fn *fn,
		       void *arg, struct vmm_err *err);

/* ---- folder-owner.c ---- */

int vmm__owner_hold(struct vmm__folder *f, const struct vmm__dir *d, uint64_t id,
		    struct vmm_err *err);
void vmm__owner_drop(struct vmm__folder *f, uint64_t id);
/* A descriptor for vmm__owner_lives(): it has to be another than the one that holds. -1: none. */
int vmm__owner_open(const struct vmm__dir *d, int *fd, struct vmm_err *err);
int vmm__owner_lives(const struct vmm__dir *d, int fd, uint64_t id, bool *lives, struct vmm_err *err);

/* ---- folder-journal.c ---- */

#define VMM__JOURNAL "journal.tsv"

enum vmm__column {
	VMM__ID,
	VMM__TIME,
	VMM__EVENT,
	VMM__OP,
	VMM__SUBJECT,
	VMM__HOST,
	VMM__PID,
	VMM__DETAIL,
	VMM__COLUMNS
};

/* Their names, then NULL. A journal may have more, and in another order. */
extern const char *const vmm__journal_columns[VMM__COLUMNS + 1];

/* One intent as its records leave it. The strings live as long as the journal. */
struct vmm__intent {
	uint64_t id;
	const char *op, *subject, *detail, *since, *host, *pid;
	bool ended;
};

struct vmm__journal {
	const struct vmm__dir *dir;
	int fd; /* -1: read without the lock */
	struct vmm_table *rows;
	int cols[VMM__COLUMNS];      /* where its columns stand */
	struct vmm__intent *intents; /* by id */
	size_t n, ended;
	uint64_t last_id;
	size_t good, size; /* bytes up to the last line feed; bytes in all */
};

struct vmm__event {
	uint64_t id;
	const char *event, *op, *subject, *detail;
};

/* `locked`: the caller holds the lock and means to append. */
int vmm__journal_load(const struct vmm__dir *d, bool locked, struct vmm__journal *j,
		      struct vmm_err *err);
void vmm__journal_release(struct vmm__journal *j);
/* NULL: no open intent has this id, or this subject. */
const struct vmm__intent *vmm__journal_find(const struct vmm__journal *j, uint64_t id);
const struct vmm__intent *vmm__journal_find_open(const struct vmm__journal *j, const char *subject);

/* ---- folder-append.c ---- */

/* One record, durable. May throw out old records first. */
int vmm__journal_append(struct vmm__journal *j, const struct vmm__event *e, struct vmm_err *err);
/* Cuts off a torn last line. */
int vmm__journal_cut(struct vmm__journal *j, struct vmm_err *err);
/* folder-compact.c: rewrites it without most of the ended intents, when it has grown. */
int vmm__journal_compact(struct vmm__journal *j, struct vmm_err *err);

/* ---- folder-intent.c ---- */

int vmm__folder_begin(struct vmm_store *st, const char *op, const char *subject, const char *detail,
		      uint64_t *id, struct vmm_err *err);
int vmm__folder_note(struct vmm_store *st, uint64_t id, const char *detail, struct vmm_err *err);
int vmm__folder_end(struct vmm_store *st, uint64_t id, const char *result, struct vmm_err *err);
int vmm__folder_list(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err);
int vmm__folder_take(struct vmm_store *st, uint64_t id, struct vmm_err *err);

/* ---- folder-log.c, folder-logread.c, folder-logcheck.c ---- */

struct vmm__folder_log {
	struct vmm_log log;
	const struct vmm__folder *folder;
	struct vmm__dir dir; /* opened when it is there, and kept */
	char *file;          /* NAME.log */
	char *aside, *old;   /* .NAME.log.new, .NAME.log.old */
	char *lock_file;     /* NAME.lock */
	int fd, lock_fd;     /* -1: not open yet */
	size_t cells;        /* of a line: the event and the columns */
	const char **cell;   /* room for one line */
	struct vmm_buf read; /* room for what is read */
	struct vmm_buf add;  /* lines on their way */
	size_t pos, lines;   /* told so far: bytes, and lines with the header */
	size_t added;        /* lines in `add` */
	ino_t ino;           /* of fd */
	dev_t dev;
	bool writable;  /* fd is */
	bool unsettled; /* some of what was told was read without the lock */
	bool fresh;     /* fd was opened since the last change: its name may not be durable */
	char last[128]; /* the bytes before pos, nlast of them */
	size_t nlast;
};

int vmm__folder_log_open(struct vmm_store *st, const struct vmm_log *init, struct vmm_log **out,
			 struct vmm_err *err);
/*
 * Tells what is behind pos. Not locked: a torn last line is left for a later reading, and what is
 * read is read twice, as in folder-journal.c. *size, where not NULL, is that of the file.
 */
int vmm__log_catch_up(struct vmm__folder_log *l, bool locked, size_t *size, struct vmm_err *err);
/* `text` is what was told last. */
void vmm__log_remember(struct vmm__folder_log *l, const char *text, size_t len);
/* Each log of the folder, under its lock. Must be called without the lock of the tables. */
int vmm__logs_check(const struct vmm__folder *f, const struct vmm__dir *d, bool repair,
		    vmm_store_found *found, void *arg, struct vmm_err *err);

/* ---- folder-check.c ---- */

int vmm__folder_check(struct vmm_store *st, bool repair, vmm_store_found *found, void *arg,
		      struct vmm_err *err);

#endif
