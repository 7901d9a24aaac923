/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One VM on its way, shared by the files of this folder.
 *
 * A struct vmm__move is self-contained: it owns its strings, connections and its own handle on
 * the state. So a thread that is stuck in a call to a dead host can be left behind with it
 * (base/jobs.h). Order: plan (batch.c) > check*.c > live.c, cold.c or copy.c > settling (mend.c).
 */
#ifndef VMM_MIGRATE_INTERNAL_H
#define VMM_MIGRATE_INTERNAL_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "base/buf.h"
#include "base/strv.h"
#include "migrate/migrate.h"
#include "migrate/settle.h"
#include "virt/domxml.h"
#include "virt/virt.h"
#include "volume/volume.h"

/* One end of the way. */
struct vmm__end {
	char *host, *uri, *auth_file, *group, *hypervisor, *caps;
	char *migrate_uri, *peer_uri; /* of a target */
	char *uuid;                   /* of the machine, "" where libvirt doesn't tell */
	bool maint;
	virConnectPtr conn;
	virDomainPtr dom; /* NULL: not (yet) looked up, or not there */
};

/* A disk that has to be copied: both ends use the same path. */
struct vmm__copy {
	char *target, *path, *format;
	uint64_t capacity, allocation; /* bytes */
	bool readonly;                 /* not the hypervisor's to copy */
	bool making, made;             /* the volume on the target: announced; there, and ours */
};

struct vmm__move {
	struct vmm_migrate_options opt;
	char *name, *uuid;
	struct vmm__end src, dst;
	struct vmm_store *st; /* its own */
	uint64_t intent;      /* 0: none yet */
	bool abort;           /* settling ends a migration that is still under way */

	/* found by the check */
	struct vmm_domxml *dom; /* what its XML says */
	const char *state;      /* vmm_virt_state() */
	char *expected;         /* NULL, or the host where it has to be */
	bool by_name;           /* the request names it so */
	bool may_roam;          /* it ran when last seen, or another host knows it too */
	uint64_t checked_at;    /* vmm_clock_ms() */
	uint64_t deadline;      /* of carrying it out */
	bool active, paused, persistent, autostart;
	bool stale; /* it is not where the inventory says */
	struct vmm__story story;
	struct vmm__copy *copies;
	size_t ncopies;
	uint64_t mem_needed, mem_free; /* bytes, of the target */
	struct vmm_strv reasons;       /* against it */

	uint64_t part, whole; /* what progress has told last */

	/* the outcome */
	int64_t downtime_ms;
	uint64_t bytes, ms;
	struct vmm_err err;
};

void vmm__move_free(void *move);
/* Tells progress, and remembers how far it was. */
void vmm__move_report(struct vmm__move *m, const struct vmm_progress *p);
/* Its connections. That takes as long as the hosts like: in a job only. */
void vmm__move_close(struct vmm__move *m);
/* Of n, those that are not NULL, within two seconds; what a silent host holds is left to a thread. */
void vmm__moves_free(struct vmm__move *const *moves, size_t n);
/* The method that AUTO stands for, once `active` is known. */
enum vmm_migrate_method vmm__move_method(const struct vmm__move *m);
const char *vmm__method_name(enum vmm_migrate_method method);

/* Adds a reason against the move. */
void vmm__against(struct vmm__move *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Connects an end within a time limit (the old connection is dropped). */
int vmm__end_open(struct vmm__end *e, uint64_t limit_ms, struct vmm_err *err);
/* That takes as long as the host likes. */
void vmm__end_close(struct vmm__end *e);
/* Fills in what the inventory declares of a host; false: it does not know it. */
bool vmm__end_fill(struct vmm__end *e, const struct vmm_inventory *inv, const char *host);

/*
 * Connects both ends and collects the reasons. 0: checked (see reasons); an error: could not
 * be checked, a host does not answer or the VM is gone (m->stale).
 */
int vmm__check(struct vmm__move *m);
void vmm__check_recorded(struct vmm__move *m); /* what needs no connection */
void vmm__check_guest(struct vmm__move *m);    /* what it is and does on its source */
void vmm__check_target(struct vmm__move *m);   /* machine, CPU, memory, names */
void vmm__check_networks(struct vmm__move *m);
void vmm__check_disks(struct vmm__move *m); /* fills copies */

/* The journal: what mend.c needs to know after a crash. */
int vmm__intent_begin(struct vmm__move *m);
int vmm__intent_note(struct vmm__move *m, struct vmm_err *err);
void vmm__intent_end(struct vmm__move *m, const char *result);
/* The other way round: a move with what the journal tells. */
int vmm__intent_read(const char *detail, struct vmm__move *m, struct vmm_err *err);

/* Carries it out; on failure the VM has been settled and err says where it is. */
int vmm__carry_out(struct vmm__move *m);
int vmm__live(struct vmm__move *m);
int vmm__cold(struct vmm__move *m);
/* The call to libvirt, peer-to-peer or not; sets m->dst.dom. */
int vmm__call(struct vmm__move *m, virTypedParameterPtr params, int n, unsigned flags);

/* Watches a live migration from a thread of its own: progress, stalls, limits, Ctrl-C. NULL: m->err. */
struct vmm__monitor;
struct vmm__monitor *vmm__monitor_start(struct vmm__move *m);
/* Ends it. An error, and why: the monitor has ended the migration. */
int vmm__monitor_stop(struct vmm__monitor *mon, struct vmm_err *why);

/* Disks: volumes on the target, their content (stopped VMs), and taking copies away. */
int vmm__copies_make(struct vmm__move *m);
int vmm__copies_fill(struct vmm__move *m, bool readonly_only);
int vmm__copies_remove(struct vmm__move *m, struct vmm__end *end, struct vmm_err *err);
/* Adds which of them lie on the target. */
void vmm__copies_tell(const struct vmm__move *m, struct vmm_buf *sentence);
/* Whether it is certain that nothing was ever written to it. */
bool vmm__volume_blank(virConnectPtr conn, virStorageVolPtr vol);
/* Of the whole content of a qcow2 file. */
bool vmm__qcow2_blank(const unsigned char *file, size_t n);

/*
 * Looks at both ends anew and, with `repair`, does what settle.h says. True: the matter is closed.
 * `sentence` gets where the VM is and what was done.
 */
bool vmm__settle_move(struct vmm__move *m, bool repair, struct vmm_buf *sentence);

#endif
