/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the agent share. It runs as the only program of a machine that has no system yet:
 * one job, from the ticket to the end, a thread or two for the image.
 *
 * Functions return 0 or a negative enum vmm_code and a sentence, as the library's do. VMM_EAGAIN is what
 * may work when it's tried again.
 */
#ifndef VMM_AGENT_H
#define VMM_AGENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blockmap.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/spawn.h"
#include "base/strv.h"

enum agent_stage { STAGE_AGENT = 4, STAGE_SCRIPTS, STAGE_IMAGE, STAGE_DRIVERS, STAGE_CUSTOMISE };

/* Where things are; tests have them elsewhere. */
struct agent_places {
	const char *ticket, *sys, *proc, *dev, *root, *work;
};

struct agent_ticket {
	char *server, *pin, *token, *job;
};

struct agent_disk {
	char *name, *path, *serial, *model, *wwid;
	const char *kind; /* hdd ssd nvme virtio */
	uint64_t size;
	bool can_zero, can_discard;
};

struct agent_nic {
	char *name, *mac, *driver, *pci;
	bool link;
	uint64_t speed; /* Mbit/s; 0: not known */
};

struct agent_hardware {
	char *uuid, *serial, *manufacturer, *product, *firmware_version, *cpu_model;
	char *boot_mac; /* "": not known */
	bool uefi;
	uint64_t cpus, sockets, memory;
	struct agent_disk *disks;
	struct agent_nic *nics;
	size_t n_disks, n_nics;
	struct vmm_strv pci; /* VENDOR:DEVICE */
};

struct agent_rule {
	const char *serial, *kind, *name; /* "": any */
	uint64_t min, max;                /* bytes; 0: none */
	const char *only; /* what an earlier start has told of its disk; "": there was none */
};

struct agent_file {
	const char *name, *sha256, *when; /* when: of scripts */
	const json_t *match;              /* of drivers */
};

/* Borrowed from `text`. */
struct agent_job {
	json_t *text;
	bool inspect, wipe, grow;
	const char *until; /* the last stage; "": all */
	const char *zero;  /* rest, all, trust */
	struct agent_rule disk;
	const char *image, *map_sha256; /* image "": none */
	uint64_t image_size, image_used;
	struct agent_file *scripts, *drivers;
	size_t n_scripts, n_drivers;
	const char *custom_sha256; /* "": none */
	uint64_t custom_size;
};

struct agent {
	struct agent_places at;
	struct agent_ticket ticket;
	struct agent_hardware hw;
	struct agent_job job;
	struct agent_http *http;
	const struct agent_disk *disk; /* the chosen one */
	enum agent_stage stage;        /* that is being worked on */
	uint64_t deadline;             /* of this stage, vmm_clock_ms() */
	bool mounted;
};

/* ticket.c: the file is removed once it was read. */
int agent_ticket_read(const char *path, struct agent_ticket *t, struct vmm_err *err);
void agent_ticket_release(struct agent_ticket *t);

/* http.c */
struct agent_http;
int agent_http_new(const struct agent_ticket *t, struct agent_http **out, struct vmm_err *err);
void agent_http_free(struct agent_http *h);
void agent_http_deadline(struct agent_http *h, uint64_t deadline);
/* POSTs text; answer may be NULL. It's tried for as long as patience_ms says. */
int agent_post(struct agent_http *h, const char *path, const char *text, size_t n,
	       struct vmm_buf *answer, uint64_t patience_ms, struct vmm_err *err);
int agent_get(struct agent_http *h, const char *path, size_t max, struct vmm_buf *out,
	      struct vmm_err *err);
/* Exchanges the ticket; from then on the handle has a session. */
int agent_authorise(struct agent_http *h, const struct agent_ticket *t,
		    const struct agent_hardware *hw, struct vmm_err *err);
/* Bytes of a resource; what the function refuses ends it. */
typedef int agent_sink(void *arg, const char *bytes, size_t n, struct vmm_err *err);
/* The bytes from `from` on of one that must have `total`. It goes on where a cut link left off. */
int agent_get_data(struct agent_http *h, const char *path, uint64_t total, agent_sink *sink,
		   void *arg, struct vmm_err *err);
/* A file whose content is known; size 0: not known. */
int agent_get_file(struct agent_http *h, const char *path, const char *sha256, uint64_t size,
		   const char *to, unsigned mode, struct vmm_err *err);

/* report.c */
void agent_log(struct agent *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void agent_log_bytes(struct agent *a, const char *bytes, size_t n);
void agent_event(struct agent *a, const char *state, const char *text);
void agent_progress(struct agent *a, uint64_t done, uint64_t total);
void agent_end(struct agent *a, int code, const struct vmm_err *why);

/* sysfs.c: the first line without blanks around, or ""; the caller's. */
char *agent_read_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
uint64_t agent_read_number(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The names in a folder, sorted; none where it isn't there. */
int agent_names(const char *folder, struct vmm_strv *names);

/* hardware.c, disks.c */
int agent_hardware_read(const struct agent_places *at, struct agent_hardware *hw,
			struct vmm_err *err);
void agent_hardware_release(struct agent_hardware *hw);
json_t *agent_hardware_json(const struct agent_hardware *hw);
int agent_disks_read(const struct agent_places *at, struct agent_hardware *hw, struct vmm_err *err);
void agent_disks_release(struct agent_hardware *hw);

/* job.c */
int agent_job_read(const char *text, size_t n, struct agent_job *job, struct vmm_err *err);
void agent_job_release(struct agent_job *job);
uint64_t agent_stage_limit(const struct agent_job *job, enum agent_stage stage);
const char *agent_stage_name(enum agent_stage stage);

/* choose.c: the one disk that the rule names. VMM_EREFUSED: there is none, there are several. */
int agent_choose(const struct agent_hardware *hw, const struct agent_rule *rule, uint64_t least,
		 const struct agent_disk **out, struct vmm_err *err);
/*
 * Tells the server by what the chosen disk is known again. VMM_EREFUSED: an earlier start of this job's
 * machine has chosen another one, and what it may overwrite is on that.
 */
int agent_pin(struct agent *a, struct vmm_err *err);
/* VMM_EREFUSED where the disk carries something. */
int agent_check_blank(struct agent *a, const struct agent_disk *d, struct vmm_err *err);

/* tools.c: a program of the initramfs, its output logged if it fails. */
int agent_run(struct agent *a, const char *const *argv, const char *in, struct vmm_spawned *got,
	      struct vmm_err *err);
/* The rest of what the stage may take. */
uint64_t agent_time_left(const struct agent *a);
/* VMM_EFAIL when there is none left. */
int agent_in_time(const struct agent *a, struct vmm_err *err);

/* scripts.c */
int agent_scripts(struct agent *a, struct vmm_err *err);
int agent_scripts_when(struct agent *a, const char *when, struct vmm_err *err);

/* image.c, write.c, zero.c, verify.c */
int agent_image(struct agent *a, struct vmm_err *err);
int agent_write(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err);
int agent_clean(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err);
int agent_zero(const struct agent *a, int fd, uint64_t from, uint64_t to, struct vmm_err *err);
int agent_verify(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err);
int agent_pwrite(int fd, const char *bytes, size_t n, uint64_t at, struct vmm_err *err);
int agent_pread(int fd, char *bytes, size_t n, uint64_t at, struct vmm_err *err);
/* Whole pages, for O_DIRECT; NULL: out of memory. free() it. */
char *agent_pages(size_t n);

/* parts.c: the partitions of the disk as sfdisk tells of them. */
struct agent_part {
	char *node, *fs;
	uint64_t start; /* sectors */
	unsigned number;
	bool esp;
};
struct agent_parts {
	struct agent_part *p; /* by their start; the disk itself where it has no table */
	size_t n;
	bool table, gpt;
};
int agent_parts_read(struct agent *a, struct agent_parts *parts, struct vmm_err *err);
void agent_parts_release(struct agent_parts *parts);

/* grow.c, root.c, drivers.c, customise.c, hostkeys.c, bootentry.c */
int agent_grow(struct agent *a, struct vmm_err *err);
int agent_mount_root(struct agent *a, struct vmm_err *err);
int agent_unmount_root(struct agent *a, struct vmm_err *err);
/* ROOT/PATH, never through a symbolic link out of it; -1 and errno. */
int agent_root_open(const struct agent *a, const char *path, int flags, unsigned mode);
/* Runs in the new system; argv begins behind "chroot", ROOT. */
int agent_run_in_root(struct agent *a, const char *const *argv, struct vmm_spawned *got,
		      struct vmm_err *err);
int agent_drivers(struct agent *a, struct vmm_err *err);
int agent_customise(struct agent *a, struct vmm_err *err);
int agent_host_keys(struct agent *a, struct vmm_err *err);
int agent_boot_entry(struct agent *a, struct vmm_err *err);

#endif
