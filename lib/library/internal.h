/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of lib/library share. */
#ifndef VMM_LIBRARY_INTERNAL_H
#define VMM_LIBRARY_INTERNAL_H

#include <nettle/sha2.h>

#include "base/buf.h"
#include "library/library.h"

/* ---- name.c ---- */

struct vmm__spec {
	char *name, *version; /* version NULL: none was given */
};

void vmm__spec_release(struct vmm__spec *spec);
int vmm__spec_parse(const char *text, struct vmm__spec *out, struct vmm_err *err);
bool vmm__is_sha256(const char *text);

/* ---- find.c ---- */

extern const char *const vmm__images_tables[]; /* "images", NULL */

/* A table as the store has it, whose key is `image`, with name, version and path; row by row. */
int vmm__images_view(const struct vmm_table *stored, const char *root, struct vmm_table **out,
		     struct vmm_err *err);
/* Appends a row as the store has it. */
int vmm__image_store(struct vmm_table *stored, const struct vmm_image *img, struct vmm_err *err);
/* The latest of the name, or the one of the version; -1: none. */
long vmm__images_row(const struct vmm_table *images, const char *name, const char *version);
bool vmm__images_has_content(const struct vmm_table *images, const char *sha256);

/* ---- folder.c ---- */

struct vmm__library {
	char *root;
	int blobs; /* the folder sha256; -1: there is none */
	int lock;  /* -1: not locked */
};

#define VMM__LIBRARY_INIT    \
	{                    \
		NULL, -1, -1 \
	}
#define VMM__LIBRARY_AUTO __attribute__((cleanup(vmm__library_close))) struct vmm__library

#define VMM__NEW ".new-" /* what the names of files begin with that are not content yet */

/* $VMM_LIBRARY, else `library` in the state; the caller's. */
char *vmm__library_root(const struct vmm_store *st, struct vmm_err *err);
int vmm__library_open(const struct vmm_store *st, bool create, struct vmm__library *lib,
		      struct vmm_err *err);
void vmm__library_close(struct vmm__library *lib);
/* Against others that add, remove or check. Closing ends it. */
int vmm__library_lock(struct vmm__library *lib, struct vmm_err *err);
void vmm__library_unlock(struct vmm__library *lib);
/* "cannot VERB 'ROOT/sha256/NAME': " and errno. */
int vmm__library_err(const struct vmm__library *lib, const char *verb, const char *name,
		     struct vmm_err *err);

/* ---- temp.c ---- */

/* A file on its way into the library, locked while its maker lives. */
struct vmm__temp {
	char name[32]; /* in lib->blobs; "" none */
	int fd;
};

#define VMM__TEMP_INIT \
	{              \
		"", -1 \
	}

int vmm__temp_new(struct vmm__library *lib, struct vmm__temp *t, struct vmm_err *err);
void vmm__temp_drop(const struct vmm__library *lib, struct vmm__temp *t);
char *vmm__temp_path(const struct vmm__library *lib, const struct vmm__temp *t);
/* Under the lock: whether the maker of this file is alive. */
bool vmm__temp_lives(const struct vmm__library *lib, const char *name);
/* Under the lock: the file becomes this content, and keeps its own name until vmm__temp_drop(). */
int vmm__temp_publish(const struct vmm__library *lib, const struct vmm__temp *t, const char *sha256,
		      struct vmm_err *err);
/* Under the lock: the content gets a second name, so that what a kill leaves of its removal is known. */
int vmm__temp_mark(const struct vmm__library *lib, const char *sha256, struct vmm__temp *t,
		   struct vmm_err *err);

/* ---- data-hash.c ---- */

#define VMM__BLOCK 4096

struct vmm__data_hash {
	struct sha256_ctx hash;
	uint64_t at;
	char block[VMM__BLOCK]; /* the one that `at` is in, so far */
};

void vmm__data_hash_init(struct vmm__data_hash *d);
void vmm__data_hash_bytes(struct vmm__data_hash *d, const char *bytes, size_t n);
void vmm__data_hash_hole(struct vmm__data_hash *d, uint64_t n);
void vmm__data_hash_end(struct vmm__data_hash *d, char sha256[VMM_SHA256_LEN + 1]);

/* ---- copy.c: bytes are hashed, and written where there is something to write ---- */

struct vmm__copy {
	int to;                            /* -1: nowhere, hash only */
	const struct vmm_image_sink *sink; /* instead of `to`; may be NULL */
	bool stream;                       /* no file that can have holes */
	uint64_t size, max;
	uint64_t total; /* for the progress; 0: not known */
	bool data;      /* there was another byte than zero */
	const char *subject, *stage;
	const struct vmm_cancel *cancel;
	struct vmm_progress_sink *progress;
	struct sha256_ctx hash;
	bool skip_whole;                  /* `hash` is not wanted */
	struct vmm__data_hash *data_hash; /* wanted too; may be NULL */
	uint64_t reported;
};

void vmm__copy_init(struct vmm__copy *c, int to, const char *subject, const char *stage);
/* A vmm_spawn_fn; the arg is the copy. */
int vmm__copy_bytes(void *copy, const char *bytes, size_t n, struct vmm_err *err);
/* All that there is: of a stream to its end, of a file whole and by its holes. `what` is for errors. */
int vmm__copy_stream(struct vmm__copy *c, int from, const char *what, struct vmm_err *err);
int vmm__copy_file(struct vmm__copy *c, int from, const char *what, struct vmm_err *err);
/* The file gets its length, and *sha256 what was copied; with skip_whole it is not set. */
int vmm__copy_end(struct vmm__copy *c, char sha256[VMM_SHA256_LEN + 1], struct vmm_err *err);
void vmm__hash_say(struct sha256_ctx *hash, char sha256[VMM_SHA256_LEN + 1]);

/* ---- fetch.c ---- */

bool vmm__is_url(const char *from);
/* From `src` through the copy. */
int vmm__fetch(const struct vmm_image_source *src, struct vmm__copy *c, struct vmm_err *err);

/* ---- format.c, header.c, qemu-info.c, probe.c ---- */

enum vmm__taken { VMM__TAKEN, VMM__PACKED, VMM__FOREIGN };

struct vmm__magic {
	const char *name;
	enum vmm__taken taken;
};

/* What the bytes say; NULL: nothing that is known. -1: they can't be read. */
int vmm__magic_find(int fd, uint64_t size, const struct vmm__magic **out);
/* The word as we have it ("vhd" is vpc), NULL: none. */
const char *vmm__format_word(const char *text);
/* Whether a raw disk begins like this: with the mark of a boot sector or of a GPT. */
bool vmm__looks_bootable(int fd);
int vmm__read_at(int fd, uint64_t at, void *out, size_t n);
/* Refuses what names another file, or isn't whole by itself, by looking at its header alone. */
int vmm__header_check(int fd, uint64_t size, const char *format, struct vmm_err *err);
/* What qemu-img says of it. */
int vmm__qemu_info(const char *path, const char *format, uint64_t *virtual_size, struct vmm_err *err);

struct vmm__found {
	const char *format;
	uint64_t virtual_size;
};

/* Decides what a file is; `c` is the copy that wrote it. Errors are "it is …", for a prefix. */
int vmm__probe(const struct vmm_image_source *src, int fd, const char *path,
	       const struct vmm__copy *c, struct vmm__found *out, struct vmm_err *err);

#endif
