/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the boot server share. */
#ifndef VMM_BOOT_SERVE_INTERNAL_H
#define VMM_BOOT_SERVE_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>

#include "base/buf.h"
#include "boot/internal.h"
#include "boot/serve.h"

#define VMM__BOOT_ADDRESS 46

struct vmm__boot_conn;
struct vmm__boot_index;

struct vmm_boot_server {
	struct vmm_boot_serve o;
	int http_fd, tls_fd;
	struct MHD_Daemon *http, *tls;
	char *key, *cert;
	char pin[64];         /* sha256//… */
	pthread_mutex_t lock; /* of conns */
	struct vmm__boot_conn *conns;
	struct vmm__boot_index *index;
};

struct vmm__boot_request;

/* Answers; 0, or the HTTP status of a plain refusal. */
typedef unsigned vmm__boot_answer(struct vmm__boot_request *r);

struct vmm__boot_route {
	const char *method, *path;
	bool prefix;  /* path is the beginning only */
	bool session; /* only with a valid one */
	bool once;    /* to ask for its head only would use it up */
	size_t body_max;
	vmm__boot_answer *answer;
};

struct vmm__boot_request {
	struct vmm_boot_server *s;
	struct MHD_Connection *connection;
	const struct vmm__boot_route *route;
	const char *url;
	char peer[VMM__BOOT_ADDRESS];
	char job[VMM_BOOT_ID_LEN + 1]; /* of the session */
	const char *key;               /* the session's, libmicrohttpd's; NULL: there is none */
	struct vmm_buf body;
};

extern const struct vmm__boot_route vmm__boot_http_routes[], vmm__boot_tls_routes[];

/* ---- http.c ---- */

struct MHD_Daemon *vmm__boot_listen(struct vmm_boot_server *s, bool tls);

/* ---- answer.c: each queues the answer and returns 0, or a status ---- */

unsigned vmm__boot_answer_text(struct vmm__boot_request *r, const char *type, const char *text,
			       size_t n);
/* A regular file, all of it or the part that a Range header asks for. Takes the descriptor. */
unsigned vmm__boot_answer_fd(struct vmm__boot_request *r, int fd, bool ranges);
/* By its path in the boot folder. */
unsigned vmm__boot_answer_file(struct vmm__boot_request *r, const char *path, bool ranges);
/* "bytes=1-5" of a file of that size. 0, or 416. */
unsigned vmm__boot_range(const char *text, uint64_t size, uint64_t *from, uint64_t *length);

/* ---- conns.c ---- */

void vmm__boot_conn_notify(void *server, struct MHD_Connection *c, void **context,
			   enum MHD_ConnectionNotificationCode what);
/* Its request is whole and is being answered; NULL: it waits for the next one. */
void vmm__boot_conn_busy(struct vmm_boot_server *s, struct MHD_Connection *c,
			 const struct vmm__boot_request *r);
/* Ends those that take too long, and those that get what a session is over for. */
void vmm__boot_conns_sweep(struct vmm_boot_server *s);

/* ---- machine.c: who asks ---- */

struct vmm__boot_claims {
	char *uuid, *mac, *serial, *platform; /* never NULL */
};

void vmm__boot_claims_release(struct vmm__boot_claims *c);
/* Of the form's fields in the body, else of the query. */
int vmm__boot_claims_read(struct vmm__boot_request *r, struct vmm__boot_claims *c);
/*
 * The address's link-layer address is one of the job's, or is not known here. `arp`: a text like that of
 * /proc/net/arp.
 */
bool vmm__boot_arp_allows(const char *arp, const char *address, const struct vmm_strv *macs);
bool vmm__boot_peer_allowed(struct vmm__boot_request *r, const struct vmm_boot_job *job);

/* ---- index.c: the jobs, read once ---- */

struct vmm__boot_index *vmm__boot_index_new(void);
void vmm__boot_index_free(struct vmm__boot_index *ix);
/* All is read anew. */
void vmm__boot_index_forget(struct vmm__boot_index *ix);
enum vmm__boot_found {
	VMM__BOOT_UNKNOWN, /* no job names this machine */
	VMM__BOOT_LOCAL,   /* one does, and it has nothing to do */
	VMM__BOOT_READY,   /* one does and is armed: id is set */
	VMM__BOOT_STRANGE, /* an armed job names this MAC, but another machine: id is set */
};
enum vmm__boot_found vmm__boot_index_find(struct vmm_boot_server *s, const struct vmm__boot_claims *c,
					  char id[VMM_BOOT_ID_LEN + 1]);
/*
 * A job that inspects this machine, armed. VMM_EREFUSED: it was inspected, or is, and another asks; VMM_EAGAIN: as many as may be are
 * going on.
 */
int vmm__boot_inspect(struct vmm__boot_request *r, const struct vmm__boot_claims *c,
		      char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err);

/* ---- text.c ---- */

void vmm__boot_script_first(const struct vmm_boot_server *s, struct vmm_buf *out);
void vmm__boot_script_local(struct vmm_buf *out);
void vmm__boot_script_agent(const struct vmm_boot_server *s, struct vmm_buf *out);
/* A cpio archive (newc) of the file /vmm/ticket, a multiple of 512 bytes. */
void vmm__boot_cpio(struct vmm_buf *out, const char *text, size_t n);

/* ---- tls.c ---- */

int vmm__boot_tls_load(struct vmm_boot_server *s, struct vmm_err *err);

/* ---- say.c ---- */

/* A line of the log. job may be NULL. The text comes last and may hold any byte. */
void vmm__boot_say(struct vmm_boot_server *s, const char *event, const char *peer, const char *job,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* An event of the job, of the server's own, and the same in the log. */
void vmm__boot_tell(struct vmm__boot_request *r, const char *job, unsigned stage, const char *state,
		    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
