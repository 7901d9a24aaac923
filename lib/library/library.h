/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library: images of disks, scripts, drivers and answer files, each stored once by its
 * content, under as many names and versions as one likes.
 *
 *	struct vmm_image img = VMM_IMAGE_INIT;
 *
 *	if (vmm_image_find(st, "debian:12", &img, err) < 0 || vmm_image_open(&img, &fd, err) < 0)
 *		return …;
 *	…img.format, img.virtual_size, img.path…
 *	vmm_image_release(&img);
 *
 * NAME:VERSION is one image, NAME the one of its versions that is the latest: versions are compared
 * as strverscmp(3) does, so 9 comes before 12 and 12.5 before 12.10. Both are of letters,
 * digits, '.', '_' and '-' and begin with neither '.' nor '-'.
 *
 * The table `images` (vmm-images(5)) says which there are, the folder $VMM_LIBRARY, usually
 * `library` in the state, holds their content: sha256/HEX, written once and never changed. A
 * library belongs to one state.
 *
 * An addition is written aside, synced, and gets its name and its row under the lock of the library.
 * Killed at any moment it leaves a file `.new-…` at most, which vmm_library_check() takes away.
 * Nothing is locked while content is fetched, hashed or looked at.
 *
 * What is brought in is not trusted: its format is told by its first bytes and never by
 * qemu-img's guessing, an image that names another file (backing file, external data file, extents) is
 * refused before qemu-img sees it, and qemu-img runs within limits.
 */
#ifndef VMM_LIBRARY_LIBRARY_H
#define VMM_LIBRARY_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/jobs.h"
#include "base/progress.h"
#include "base/strv.h"
#include "base/table.h"
#include "store/store.h"

#define VMM_SHA256_LEN 64

struct vmm_image {
	char *name, *version;
	char *kind;                  /* image script driver answer */
	char *format;                /* raw qcow2 vmdk vpc vhdx iso; of other kinds also file */
	char *labels;                /* a list cell */
	char *added;                 /* when */
	char *path;                  /* of the content */
	uint64_t size, virtual_size; /* bytes: of the file; of the disk that a guest sees */
	char sha256[VMM_SHA256_LEN + 1];
	char data_sha256[VMM_SHA256_LEN + 1]; /* of its data alone, as in vmm-images(5); "": not known */
};

#define VMM_IMAGE_INIT \
	{              \
		NULL   \
	}
#define VMM_IMAGE_AUTO __attribute__((cleanup(vmm_image_release))) struct vmm_image

void vmm_image_release(struct vmm_image *img);

/* ---- finding ---- */

/* By NAME or NAME:VERSION. VMM_ENOTFOUND, VMM_EINPUT. */
int vmm_image_find(struct vmm_store *st, const char *spec, struct vmm_image *out,
		   struct vmm_err *err);
/* Its content, to read. VMM_EFAIL when that is missing or has another size. */
int vmm_image_open(const struct vmm_image *img, int *fd, struct vmm_err *err);

/*
 * All of them: image name version kind format size virtual_size sha256 labels added path, by name
 * and then from the first version to the latest. `image` is NAME:VERSION.
 */
int vmm_images_read(struct vmm_store *st, struct vmm_table **out, struct vmm_err *err);
/*
 * The rows that the operands name, in the order of the table: NAME (all its versions, or with `latest`
 * that one), NAME:VERSION. No operands: all. One that names nothing is VMM_ENOTFOUND. `rows` has room
 * for vmm_table_rows(images).
 */
int vmm_images_select(const struct vmm_table *images, const struct vmm_strv *operands, bool latest,
		      size_t *rows, size_t *n, struct vmm_err *err);
/* A row of that table as a struct, and back, appended to a table. */
int vmm_image_get(const struct vmm_table *images, size_t row, struct vmm_image *out,
		  struct vmm_err *err);
int vmm_image_put(struct vmm_table *t, const struct vmm_image *img, struct vmm_err *err);

/* ---- adding ---- */

struct vmm_image_source {
	const char *spec; /* NAME or NAME:VERSION; without one: 1, or the latest, a whole number, and one */
	const char *from;   /* a file's path, an http or https URL, or NULL: fd */
	int fd;             /* is read to its end */
	const char *kind;   /* NULL: image */
	const char *format; /* NULL: told by its content; vhd is another word for vpc */
	const char *sha256; /* what it has to be; NULL: not known. Needed for http */
	const char *labels; /* a list cell; NULL: none, or those that it has */
	uint64_t max;       /* bytes; 0: 64 GiB from fd or a URL, anything from a file */
	uint64_t limit_ms;  /* for a URL; 0: as long as it makes headway */
	bool dry_run;       /* all but the last step */
	const struct vmm_cancel *cancel;    /* level 2 ends it; may be NULL */
	struct vmm_progress_sink *progress; /* may be NULL */
};

/*
 * Fetches, looks at and adds; *out is what is there then. The same content under the same name again
 * is fine. VMM_EREFUSED: the version has other content, or the content is nothing to be taken.
 * VMM_EFAIL: it has another sha256; it could not be fetched or written. VMM_ECANCEL.
 */
int vmm_image_add(struct vmm_store *st, const struct vmm_image_source *src, struct vmm_image *out,
		  struct vmm_err *err);

/* ---- removing ---- */

/*
 * Who uses it, a phrase each, appended: "template 'web'" for a definition below $VMM_CONF whose key image,
 * script, driver or answer names it; "VM 'x' (UUID)" for a row of the table vms whose list `image`
 * has its sha256 (when no other image has the same content) or NAME:VERSION; "migrate of UUID" for
 * an open intent whose detail has its sha256 or NAME:VERSION between blanks or quotes.
 *
 * So a program that makes something of an image begins its intent with the sha256 in its detail, then
 * looks the image up again, and writes `image` into vms before it ends the intent.
 */
int vmm_image_users(struct vmm_store *st, const struct vmm_image *img, struct vmm_strv *users,
		    struct vmm_err *err);
/*
 * Takes it out, and its content when nothing else has the same. NAME has to have one version only.
 * VMM_EREFUSED: in use, by what says err.
 */
int vmm_image_rm(struct vmm_store *st, const char *spec, bool dry_run, struct vmm_image *out,
		 struct vmm_err *err);

/* ---- the content ---- */

/* Reads it whole. VMM_EFAIL: it is not what was added, or can't be read. */
int vmm_image_verify(const struct vmm_image *img, const struct vmm_cancel *cancel,
		     struct vmm_progress_sink *progress, struct vmm_err *err);

/*
 * The content in its order, to be sent somewhere: bytes, and runs of zeros. What they return other than
 * 0 ends it. VMM_EFAIL at the end: it is damaged, and what was sent is to be thrown away.
 */
struct vmm_image_sink {
	int (*data)(void *arg, const char *bytes, size_t n, struct vmm_err *err);
	int (*hole)(void *arg, uint64_t n, struct vmm_err *err);
	void *arg;
};
int vmm_image_send(const struct vmm_image *img, const struct vmm_image_sink *sink,
		   const struct vmm_cancel *cancel, struct vmm_progress_sink *progress,
		   struct vmm_err *err);

struct vmm_images_verify {
	unsigned jobs; /* at a time; 0: one for each processor */
	bool fail_fast;
	const struct vmm_cancel *cancel;
	struct vmm_progress_sink *progress;
	/* Called for each row, in the caller's thread: 0, or what vmm_image_verify() returned and said. */
	int (*done)(size_t row, int code, const char *error, void *ctx);
	void *ctx;
};
/* Many; content that several rows have is read once. */
int vmm_images_verify(const struct vmm_table *images, const size_t *rows, size_t n,
		      const struct vmm_images_verify *how, struct vmm_err *err);

struct vmm_image_export {
	const char *file; /* NULL: fd */
	int fd;
	const char *format; /* NULL: as it is */
	bool force;         /* over a file that exists; else that is VMM_EREFUSED */
	const struct vmm_cancel *cancel;
	struct vmm_progress_sink *progress;
};
/*
 * A copy of the content, checked against its sha256 on the way; a file is written aside and sparse, and
 * gets its name when it is whole. Into another format by qemu-img.
 */
int vmm_image_export(struct vmm_store *st, const struct vmm_image *img,
		     const struct vmm_image_export *to, struct vmm_err *err);

/* As vmm_store_check(): left-over files, content that is missing, has another size, or has no row. */
int vmm_library_check(struct vmm_store *st, bool repair, vmm_store_found *found, void *arg,
		      struct vmm_err *err);

#endif
