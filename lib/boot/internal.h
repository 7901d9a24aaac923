/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the boot folder share. */
#ifndef VMM_BOOT_INTERNAL_H
#define VMM_BOOT_INTERNAL_H

#include <stdio.h>
#include <sys/types.h>

#include "base/buf.h"
#include "boot/spool.h"

#define VMM__BOOT_NEW ".new-"
#define VMM__BOOT_PATH 128 /* of what lies in the folder, relative to it */

struct vmm_boot {
	int root, lock;
	char *path;
	uid_t uid; /* the server's; 0: nobody's yet */
	gid_t gid;
};

/* ---- the folders in it; lists that end with NULL ---- */

extern const char *const vmm__boot_served[]; /* root's: the server reads them */
extern const char *const vmm__boot_own[];    /* the server's; the last says whose */

/* ---- files; paths are relative to the folder ---- */

/* Follows no symbolic link and doesn't leave the folder. -1 and errno. */
int vmm__boot_open(const struct vmm_boot *b, const char *path, int flags, mode_t mode);
/* The folder's descriptor. -1 and errno. */
int vmm__boot_folder(const struct vmm_boot *b, const char *path);
/* "cannot VERB 'ROOT/PATH': why"; VMM_ENOTFOUND when errno says so. */
int vmm__boot_err(const struct vmm_boot *b, const char *verb, const char *path, struct vmm_err *err);
/* The file's text, at most max bytes. */
int vmm__boot_read(const struct vmm_boot *b, const char *path, size_t max, char **text, size_t *len,
		   struct vmm_err *err);
bool vmm__boot_has(const struct vmm_boot *b, const char *path);
/* By root: what was made becomes the server's; what it only reads, its group's. -1 and errno. */
int vmm__boot_give(const struct vmm_boot *b, int fd);
int vmm__boot_keep(const struct vmm_boot *b, int fd);

/* In a folder that is open: written whole for the server; synced. -1 and errno. */
int vmm__boot_put_at(const struct vmm_boot *b, int folder, const char *name, mode_t mode,
		     const char *bytes, size_t n);
/* Written aside, synced if asked for, and renamed to folder/name. */
int vmm__boot_put(const struct vmm_boot *b, const char *folder, const char *name, mode_t mode,
		  const char *bytes, size_t n, bool sync, struct vmm_err *err);
/* Durable. VMM_ENOTFOUND: there is no `from`. */
int vmm__boot_rename(const struct vmm_boot *b, const char *folder, const char *from, const char *to,
		     struct vmm_err *err);
/* Durable too; that it isn't there is no error. */
int vmm__boot_unlink(const struct vmm_boot *b, const char *folder, const char *const *names,
		     struct vmm_err *err);
/* A folder with its files; what can't go stays. */
void vmm__boot_clear(int folder, const char *name);
/* All that `from` has, from its start on, and its hash. -1 and errno. */
int vmm__boot_copy(int from, int to, char sha256[VMM_BOOT_SHA_LEN + 1], uint64_t *size);

/* ---- secrets ---- */

int vmm__boot_random(char *hex, size_t digits, struct vmm_err *err);
void vmm__boot_hash(const char *bytes, size_t n, char hex[VMM_BOOT_SHA_LEN + 1]);
/* In a time that doesn't tell how much is equal. */
bool vmm__boot_same(const char *a, const char *b, size_t n);
bool vmm__boot_is_hex(const char *text, size_t digits);
/* A new secret of the job. */
int vmm__boot_secret(const char *id, char out[VMM_BOOT_SECRET_LEN + 1], struct vmm_err *err);

/* ---- jobs ---- */

void vmm__boot_job_path(char out[VMM__BOOT_PATH], const char *id, const char *file);
/* Refuses what is no ID. */
int vmm__boot_id(const char *id, struct vmm_err *err);
int vmm__boot_job_parse(const char *source, const char *text, size_t len, struct vmm_boot_job **out,
			struct vmm_err *err);

#endif
