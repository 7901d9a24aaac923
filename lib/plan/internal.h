/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internal to lib/plan: resolved rules, where VMs are at a time of planning, moves. */
#ifndef VMM_PLAN_INTERNAL_H
#define VMM_PLAN_INTERNAL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/table.h"
#include "plan/balance.h"
#include "plan/fleet.h"

#define VMM__NONE UINT32_MAX

/* ---- fleet.c and fleet-*.c ---- */

/* A rule about VMs on hosts of a fleet: together, apart, must, never, should. */
struct vmm__rule {
	const struct vmm_rule *text;
	const char *said; /* "apart web" */
	/* Nobody wrote it: its VMs have one name, and no host has two of them, not even for a while. */
	bool names;
	size_t group;
	uint32_t *vms; /* those that run; of one name: all */
	size_t nvms;
	bool *hosts; /* of all hosts: those that it names; NULL: it is about VMs alone */
};

struct vmm__fleet {
	struct vmm__arena text;
	struct vmm__rule *rules;
	size_t nrules;
	/* The rules of VM v are of[from[v]] to of[from[v + 1] - 1]. */
	uint32_t *of, *from;
};

/* A table that is being read, and what errors name. */
struct vmm__sheet {
	const struct vmm_table *t;
	const char *file;
	int line; /* column */
};
/* Returns VMM_EINPUT; "FILE:LINE: …". */
int vmm__sheet_wrong(const struct vmm__sheet *s, size_t row, struct vmm_err *err, const char *fmt,
		     ...) __attribute__((format(printf, 4, 5)));
/* No cell is too long to be one. */
int vmm__sheet_check(const struct vmm__sheet *s, struct vmm_err *err);
int vmm__sheet_need(const struct vmm__sheet *s, const char *column, struct vmm_err *err);
/* A cell that holds a whole number, or a decimal one. An empty one and no column (-1): NAN. */
int vmm__sheet_u64(const struct vmm__sheet *s, size_t row, int col, double *out, struct vmm_err *err);
int vmm__sheet_decimal(const struct vmm__sheet *s, size_t row, int col, double *out,
		       struct vmm_err *err);

/* The rows of a table in the order in which planners see them; the caller frees it. */
uint32_t *vmm__rows_sorted(const struct vmm_table *t, int first, int second, int third);

int vmm__fleet_hosts(struct vmm_fleet *f, const struct vmm_fleet_input *in, struct vmm_err *err);
int vmm__fleet_vms(struct vmm_fleet *f, const struct vmm_fleet_input *in, struct vmm_err *err);
int vmm__fleet_rules(struct vmm_fleet *f, struct vmm_err *err);
/* The host of that name, or VMM__NONE. */
uint32_t vmm__fleet_host(const struct vmm_fleet *f, const char *name);

/* ---- place.c, rule.c, score.c: where VMs are at a time of planning, and how good that is ---- */

/* Of a group's open hosts, each resource: how many have it, and what they use of it as shares. */
struct vmm__sums {
	double n[VMM_RESOURCES], sum[VMM_RESOURCES], squares[VMM_RESOURCES];
	double mid[VMM_RESOURCES]; /* what shares are measured from: squares of small numbers are exact */
	double score;
	double memory; /* bytes that its open hosts have */
	size_t open;
};

/* How often a rule is broken is `n` less `kept`; together is counted when it is asked for. */
struct vmm__count {
	uint32_t *on; /* together, apart: how many of its VMs each host has */
	uint32_t kept;
	uint32_t most; /* it may not become broken more often than that */
};

struct vmm__place {
	const struct vmm_fleet *f;
	uint32_t *at;                  /* of each VM */
	uint32_t *first, *next, *prev; /* the running VMs of a host, a list */
	double (*load)[VMM_RESOURCES]; /* of each host */
	double (*top)[VMM_RESOURCES];  /* that no move to it may pass; at first its room */
	double (*per)[VMM_RESOURCES];  /* a host's 1 / capacity; 0: does not count in the score */
	double (*x)[VMM_RESOURCES];    /* load as a share, less mid */
	struct vmm__sums *sums;        /* of each group */
	struct vmm__count *counts;     /* of each rule */
};

/* All VMs where they are now. NULL: out of memory. */
struct vmm__place *vmm__place_new(const struct vmm_fleet *f);
void vmm__place_free(struct vmm__place *p);
void vmm__place_cleanup(struct vmm__place **p);
#define VMM__PLACE_AUTO __attribute__((cleanup(vmm__place_cleanup))) struct vmm__place
void vmm__place_move(struct vmm__place *p, uint32_t vm, uint32_t to);
/* A move that is taken back: then all is as it was to the last bit, but for the order of the hosts' lists. */
struct vmm__saved {
	uint32_t vm, hosts[2];
	double load[2][VMM_RESOURCES], x[2][VMM_RESOURCES];
	struct vmm__sums sums;
};
void vmm__place_try(struct vmm__place *p, uint32_t vm, uint32_t to, struct vmm__saved *saved);
void vmm__place_back(struct vmm__place *p, const struct vmm__saved *saved);
/* Whether nothing that the VM uses passes what the host may be used. */
bool vmm__place_fits(const struct vmm__place *p, uint32_t vm, uint32_t to);
/* The same for a VM that is there already, once another one has left. */
bool vmm__place_keeps(const struct vmm__place *p, uint32_t vm, uint32_t leaver);
/* Whether a host may get VMs; the group of a VM. */
bool vmm__place_open(const struct vmm__place *p, uint32_t host);
size_t vmm__vm_group(const struct vmm_fleet *f, uint32_t vm);
/* Whether it isn't there yet (waiting-internal.h). */
bool vmm__waits(const struct vmm_fleet *f, uint32_t vm);

/* Hard and soft rules: how often they are broken; by how much load passes the room of open hosts, as shares. */
struct vmm__broken {
	long hard, soft;
	double over;
};
/* By how much a move would change that; `over` is left out where both hosts stay within their room. */
struct vmm__broken vmm__broken_by(const struct vmm__place *p, uint32_t vm, uint32_t to);
struct vmm__broken vmm__broken_now(const struct vmm__place *p, size_t group);
/* <0: a is better. */
int vmm__broken_compare(const struct vmm__broken *a, const struct vmm__broken *b);
/* How often one rule is broken, and whether a VM is among those to blame. */
uint32_t vmm__rule_broken(const struct vmm__place *p, size_t rule);
bool vmm__rule_blames(const struct vmm__place *p, size_t rule, uint32_t vm);
/* Whether a rule about hosts is content with this one. */
bool vmm__rule_likes(const struct vmm__rule *r, uint32_t host);
/* Whether the host has, or gets by the VM, two VMs of one name. */
bool vmm__rule_crowds(const struct vmm__place *p, size_t rule, uint32_t vm, uint32_t host);
/* By how much more often it is broken when the VM, which is one of its own, goes there. */
long vmm__rule_change(const struct vmm__place *p, size_t rule, uint32_t vm, uint32_t to);
/* The first of the VM's rules that would be broken more often than it is; NULL: none. */
const struct vmm__rule *vmm__rule_worsened(const struct vmm__place *p, uint32_t vm, uint32_t to);
/* Whether a rule about hosts wants the VM where it is and not there: no other one can be there in its place. */
bool vmm__rules_forbid(const struct vmm__place *p, uint32_t vm, uint32_t to);
/*
 * Whether no hard rule is broken more often than it was at best since the beginning: when the VM goes there, `first`
 * (VMM__NONE: none) having gone before; as it is, those of the VM.
 */
bool vmm__rules_allow(const struct vmm__place *p, uint32_t first, uint32_t vm, uint32_t to);
bool vmm__rules_hold(const struct vmm__place *p, uint32_t vm);
/* As it is, is what must not become worse. */
void vmm__rules_keep(struct vmm__place *p, uint32_t vm);
void vmm__rules_move(struct vmm__place *p, uint32_t vm, uint32_t from, uint32_t to);
double vmm__host_over(const struct vmm__place *p, uint32_t host);

void vmm__score_begin(struct vmm__place *p);
void vmm__score_move(struct vmm__place *p, uint32_t vm, uint32_t from, uint32_t to);
/* The standard deviation of one resource. */
double vmm__deviation(const struct vmm__sums *s, int resource);
/* By how much the score of the group falls when the VM moves. */
double vmm__gain(const struct vmm__place *p, uint32_t vm, uint32_t to);
/* What is known of some hosts: 1 / capacity is from per[0] to per[1], and x the least that one of them uses (less mid). */
struct vmm__range {
	double per[2][VMM_RESOURCES], x[VMM_RESOURCES];
};
struct vmm__range vmm__range_of(const struct vmm__place *p, uint32_t host);
/* None of them gains more. */
double vmm__gain_in(const struct vmm__place *p, uint32_t vm, const struct vmm__range *range);

/* ---- balance.c and what it is made of ---- */

/* Why a VM is moved. */
enum vmm__motive { VMM__EVEN, VMM__RULE, VMM__OVER, VMM__AWAY };
struct vmm__reason {
	enum vmm__motive motive;
	uint32_t of; /* the resource, the rule, the host */
};

/* tree.c: the open hosts of a group; a node has `n` of them from `from` on, or two children: the next one and `right`. */
struct vmm__node {
	struct vmm__range range;
	uint32_t from, n, right;
};
struct vmm__tree {
	struct vmm__node *nodes;
	uint32_t *hosts, *roots, n, nroots;
	size_t group;
	unsigned age;
};

/* Tries that are left, for all groups together: a bound of time that is the same on every machine. */
struct vmm__budget {
	uint64_t mends, exchanges, pairs, others;
};

struct vmm__balance {
	struct vmm__place *p;
	const struct vmm_balance_options *opt;
	double *toll;               /* of each VM: what its move has to gain at least */
	uint32_t *order;            /* of each VM: 1 for the first that was moved; 0: at home */
	struct vmm__reason *reason; /* of each VM */
	uint32_t *vms, *vms_from;   /* by group; vms_from has one more than there are groups */
	uint32_t *hosts, *hosts_from;
	uint32_t *rank;      /* of each host: where it is in hosts[] */
	uint32_t *class;     /* hosts of one class have about the same capacities */
	uint32_t *sky, nsky; /* candidates, see skyline.c */
	struct vmm__tree tree;
	struct vmm__budget budget;
	uint32_t turn;
	uint64_t moved, bytes;
	uint32_t mended;    /* how often something was */
	const bool *banned; /* of each VM: it can't be moved, as has turned out; may be NULL */
	/* Called when the moves have become other ones. NULL: nobody wants to know. */
	void (*changed)(struct vmm__balance *b, void *arg);
	void *arg;
};

/* VMs that go somewhere together; what that gains less what it costs. */
struct vmm__try {
	uint32_t vm[4], to[4];
	size_t n;
	double value;
};

int vmm__balance_init(struct vmm__balance *b, const struct vmm_fleet *f,
		      const struct vmm_balance_options *opt, struct vmm_err *err);
void vmm__balance_release(struct vmm__balance *b);
/* Mends and evens out: afterwards b->p is as it is to be. */
int vmm__balance_run(struct vmm__balance *b, struct vmm_err *err);

/* The least gain of a move, of any VM. */
double vmm__balance_toll(const struct vmm__balance *b, size_t group, uint64_t cost);
bool vmm__balance_mendable(const struct vmm__balance *b, uint32_t vm);
bool vmm__balance_movable(const struct vmm__balance *b, uint32_t vm);
/*
 * What the tolls that are paid change by when the VM goes there. This and the next do not look at where it is but at
 * where it was applied last, so that a move can be tried.
 */
double vmm__balance_fee(const struct vmm__balance *b, uint32_t vm, uint32_t to);
/* Whether the limits of moves and bytes allow it. */
bool vmm__balance_affords(const struct vmm__balance *b, const struct vmm__try *t);
void vmm__balance_apply(struct vmm__balance *b, const struct vmm__try *t, struct vmm__reason why);

/* skyline.c: of the group, the hosts that a VM without rules may go to with the most gain. */
void vmm__skyline(struct vmm__balance *b, size_t group);
void vmm__classes(struct vmm__balance *b);
/* tree.c: as hosts are now. */
void vmm__tree_update(struct vmm__balance *b, size_t group);
/* What the best host of a node would gain if it had the least of all: none of them gains more. */
double vmm__tree_gain(const struct vmm__balance *b, uint32_t vm, uint32_t node);

/*
 * descend.c: the best move; exchange.c: the best exchange of VMs by two hosts, of those that are looked at; pairs.c:
 * the best two moves; instead.c: where the limits allow no more moves, the best one instead of another. n is 0: none.
 */
struct vmm__try vmm__best_single(struct vmm__balance *b, size_t group);
struct vmm__try vmm__best_exchange(struct vmm__balance *b, size_t group, uint64_t *budget);
struct vmm__try vmm__best_pair(struct vmm__balance *b, size_t group, uint64_t *budget);
struct vmm__try vmm__best_instead(struct vmm__balance *b, size_t group, uint64_t *budget);
/* The open hosts that are furthest from the mean, the first most of all; how many. */
#define VMM__WORST 8
size_t vmm__find_worst(const struct vmm__balance *b, size_t group, uint32_t worst[VMM__WORST]);
/* mend.c: until no more can be mended. */
int vmm__mend(struct vmm__balance *b, size_t group, struct vmm_err *err);

/* ---- schedule.c: moves in waves ---- */

struct vmm__step {
	uint32_t vm, from, to, wave;
	bool park;
	double gain;
};
struct vmm__schedule {
	struct vmm__step *steps;
	size_t n;
	uint32_t *dropped; /* VMs that can't go where they should: no order of moves has room for it */
	size_t ndropped;
};
/*
 * VMs in the order in which they should go, to where they are in `goal`. At every instant all that arrives
 * has come before anything leaves, and still all fits; VMs that are to be apart do not even meet on their way.
 * Where each waits for another one, one is parked elsewhere for a while. `level` groups: no host becomes fuller of
 * memory than the fullest is, not even for a while.
 */
int vmm__schedule(const struct vmm_fleet *f, const uint32_t *goal, const uint32_t *vms, size_t n,
		  unsigned per_host, const bool *level, struct vmm__schedule *out,
		  struct vmm_err *err);
void vmm__schedule_release(struct vmm__schedule *s);

/* A schedule in the making, for schedule.c and park.c. */
struct vmm__waves {
	const struct vmm_fleet *f;
	uint32_t *goal;
	unsigned per_host;
	struct vmm__schedule *out;
	struct vmm__place *p; /* its loads: what arrives counts, and what leaves does to the wave's end */
	uint32_t *left, nleft; /* VMs that are still to go, in order */
	uint32_t *at,
		*coming; /* of each VM: where it is; where it arrives in this wave, or VMM__NONE */
	unsigned *busy;  /* of each host: moves of this wave */
	bool *parked;    /* of each VM */
	uint32_t wave;
};
bool vmm__waves_room(const struct vmm__waves *w, uint32_t vm, uint32_t to, uint32_t leaver);
void vmm__waves_step(struct vmm__waves *w, uint32_t vm, uint32_t to, bool park);
/* Parks one VM that another one waits for. False: none can be. */
bool vmm__park(struct vmm__waves *w);

/* ---- left.c: what a plan does not bring about, in sentences ---- */

/* Hosts that are closed though nobody asked for that, in a line for each reason. */
int vmm__left_unwell(const struct vmm_fleet *f, struct vmm_strv *left);
int vmm__left_banned(const struct vmm_fleet *f, const bool *banned, struct vmm_strv *left);
/* Where `p` is as the plan leaves it. */
int vmm__left_broken(const struct vmm__place *p, struct vmm_strv *left);

/* ---- plan-rows.c ---- */

/* Why a step is made, in words. */
void vmm__reason_say(const struct vmm_fleet *f, const struct vmm__step *s,
		     const struct vmm__reason *why, struct vmm_buf *out);
/* A VM's name; where that would be another one's too, HOST/NAME. In a plan a UUID says enough. */
void vmm__vm_say(const struct vmm_fleet *f, uint32_t vm, struct vmm_buf *out);
void vmm__vm_row(const struct vmm_fleet *f, uint32_t vm, struct vmm_buf *out);
int vmm__plan_rows(const struct vmm_fleet *f, const struct vmm__schedule *s,
		   const struct vmm__reason *reasons, struct vmm_table **out, struct vmm_err *err);

#endif
