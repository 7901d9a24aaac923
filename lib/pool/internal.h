/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internal to lib/pool: addresses as numbers, spans of them, pools as they are used, leases. */
#ifndef VMM_POOL_INTERNAL_H
#define VMM_POOL_INTERNAL_H

#include <stdbool.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "pool/pool.h"
#include "store/log.h"

/* ---- addr.c ---- */

typedef unsigned __int128 vmm__num;

enum vmm__family { VMM__IP4, VMM__IP6, VMM__MAC };

struct vmm__addr {
	enum vmm__family family;
	vmm__num num;
};

#define VMM__ADDR_LEN 46 /* with its NUL */

unsigned vmm__addr_bits(enum vmm__family family); /* 32, 128, 48 */
/* False: not an address of any family. */
bool vmm__addr_parse(const char *text, struct vmm__addr *out);
void vmm__addr_format(struct vmm__addr a, char out[VMM__ADDR_LEN]);

/* ---- spans.c: from first to last, both in; in order, apart from each other ---- */

struct vmm__span {
	vmm__num first, last;
};
struct vmm__spans {
	struct vmm__span *s;
	size_t n, cap;
};

void vmm__spans_release(struct vmm__spans *v);
/* 0 or VMM_ENOMEM. vmm__spans_add() leaves no order: vmm__spans_sort() makes it. */
int vmm__spans_add(struct vmm__spans *v, vmm__num first, vmm__num last);
void vmm__spans_sort(struct vmm__spans *v);
int vmm__spans_take(struct vmm__spans *v, vmm__num first, vmm__num last);
/* The span that holds num, or the one behind it; v->n where there is none. */
size_t vmm__spans_find(const struct vmm__spans *v, vmm__num num);
bool vmm__spans_has(const struct vmm__spans *v, vmm__num num);
/* "A", "A-B" or "A/PREFIX"; *prefix (may be NULL) is set for the last form only. */
int vmm__span_parse(const char *what, const char *text, enum vmm__family *family,
		    struct vmm__span *out, int *prefix, struct vmm_err *err);
void vmm__span_format(enum vmm__family family, struct vmm__span s, struct vmm_buf *out);

/* ---- heap.c: the lowest key first ---- */

struct vmm__heap {
	struct vmm__heap_item {
		vmm__num key;
		uint32_t of;
	} * items;
	size_t n, cap;
};
int vmm__heap_push(struct vmm__heap *h, vmm__num key, uint32_t of);
void vmm__heap_pop(struct vmm__heap *h); /* what was items[0] */

/* ---- define.c: a row of the table is right, and what it says ---- */

struct vmm__def {
	enum vmm__family family;
	struct vmm__spans ranges, open; /* all there is, and of that what may be given out */
};

extern const char *const vmm__pool_columns[];
void vmm__pooldef_release(struct vmm__def *d);
/* With `strict` all is looked at and the row is completed; without, what is needed to use it. */
int vmm__pooldef_read(struct vmm_table *t, size_t row, bool strict, struct vmm__def *out,
		      struct vmm_err *err);

/* ---- index.c: the leases, by address and by holder ---- */

#define VMM__NONE UINT32_MAX

struct vmm__lease {
	vmm__num num;
	const char *holder;              /* of the arena */
	time_t since, expires, missing;  /* 0: never, not */
	uint32_t pool;                   /* VMM__NONE: this place is free */
	uint32_t next_addr, next_holder; /* chains; next_addr of a free place: the next free one */
	uint8_t family;
};

/* A pool by its name, that the table or a lease mentions. */
struct vmm__pool {
	char *name;
	long row; /* of the table; -1: it has none */
	struct vmm__def def;
	/*
	 * All that is open below `next` is leased or in `freed`. An entry of `freed` may be out of
	 * date; it is looked at when it comes up.
	 */
	vmm__num next;
	struct vmm__heap freed;
};

struct vmm__index {
	struct vmm__lease *leases;
	uint32_t n, cap, live, free;
	uint32_t *by_addr, *by_holder; /* cap of each: a power of two */
	struct vmm__heap ends;         /* by the time when they expire; may be out of date too */
	struct vmm__arena holders;
	char last_text[24]; /* a time that was read, and which it is */
	time_t last_time;
	struct vmm__pool *pools;
	uint32_t npools;
	/* Records that gave an address to one while another held it. */
	struct vmm__double {
		uint32_t pool;
		struct vmm__addr addr;
		char *holder, *other;
	} * doubles;
	size_t ndoubles;
};

extern const char *const vmm__lease_columns[];

/* Opens p->log, which tells p->index. */
int vmm__index_open(struct vmm_pools *p, struct vmm_err *err);

/* A lease as the cells of its record. */
struct vmm__lease_text {
	char address[VMM__ADDR_LEN], since[24], expires[24], missing[24];
	const char *cells[6];
};
void vmm__lease_say(const struct vmm__index *ix, const struct vmm__lease *l,
		    struct vmm__lease_text *out);

void vmm__index_release(struct vmm__index *ix);
/* The number of a pool, made where there is none; VMM__NONE: out of memory. */
uint32_t vmm__index_pool(struct vmm__index *ix, const char *name);
/* The lease of an address, or of a holder the first and the next; VMM__NONE. */
uint32_t vmm__index_find(const struct vmm__index *ix, uint32_t pool, struct vmm__addr addr);
uint32_t vmm__index_held(const struct vmm__index *ix, const char *holder);
uint32_t vmm__index_next_held(const struct vmm__index *ix, uint32_t lease);

/* ---- pools.c ---- */

struct vmm_pools {
	struct vmm_store *st;
	struct vmm_log *log;
	struct vmm_table *defs;
	uint64_t changes; /* of the tables when defs was read */
	struct vmm__index index;
	time_t now; /* of this call */
};

/* Reads the log and, if it is another one, the table. */
int vmm__pools_read(struct vmm_pools *p, struct vmm_err *err);
/* The same for a change, in which the log has been read: the time and the table. */
int vmm__pools_begin(struct vmm_pools *p, struct vmm_err *err);
/* A defined pool. */
int vmm__pools_find(struct vmm_pools *p, const char *name, struct vmm__pool **out,
		    struct vmm_err *err);
/* An empty table of leases, and a row in it. */
struct vmm_table *vmm__lease_table(void);
int vmm__lease_row(const struct vmm_pools *p, const struct vmm__lease *l, struct vmm_table *t);
/* Records in a change: a lease as *l says (its holder may be anywhere), and the end of one. */
int vmm__lease_set(struct vmm_pools *p, const struct vmm__lease *l, struct vmm_err *err);
int vmm__lease_del(struct vmm_pools *p, uint32_t lease, struct vmm_err *err);
bool vmm__lease_expired(const struct vmm_pools *p, const struct vmm__lease *l);
/* The leases that `want` admits, in the order of pools and addresses; the caller frees *out. */
typedef bool vmm__want(const struct vmm_pools *p, const struct vmm__lease *l, const void *arg);
int vmm__lease_select(const struct vmm_pools *p, vmm__want *want, const void *arg, uint32_t **out,
		      size_t *n, struct vmm_err *err);
/* The pool that a call is about: *out is VMM__NONE for `name` NULL. A lease's pool will do too. */
int vmm__pools_named(struct vmm_pools *p, const char *name, uint32_t *out, struct vmm_err *err);

/* ---- holders.c: whom the inventory knows ---- */

struct vmm__holders {
	struct vmm_table *tables[3], *open;
	struct vmm_index *uuids, *names, *hosts, *machines, *deployed;
};
int vmm__holders_read(struct vmm_store *st, struct vmm__holders *h, struct vmm_err *err);
void vmm__holders_release(struct vmm__holders *h);
bool vmm__holders_know(const struct vmm__holders *h, const char *holder);

/* ---- asks.c ---- */

/* Several asks; meet() does one, of which it adds rows. */
struct vmm__asks {
	struct vmm_pools *p;
	struct vmm_pool_ask *asks;
	size_t n;
	enum vmm_pool_mode mode;
	int (*meet)(struct vmm__asks *a, const struct vmm_pool_ask *ask, struct vmm_err *err);
	struct vmm_table *rows;
};

/* In one change; *rows are the caller's. */
int vmm__asks_meet(struct vmm__asks *a, struct vmm_table **rows, struct vmm_err *err);

#endif
