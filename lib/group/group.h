/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups of hosts: the settings and rules that people write, groups/NAME.conf (vmm-groups(5)).
 * Text only: what a pattern matches is for the reader of a fleet (plan/fleet.h) to find out.
 *
 *	struct vmm_group *g;
 *
 *	if (vmm_group_load(path, "prod", &g, err) < 0) …;
 *	for (size_t i = 0; i < g->nrules; i++)
 *		…g->rules[i]…;
 *	vmm_group_free(g);
 *
 * A group owns what is in it: all text is borrowed from it. Shares are fractions (0.05 is "5%").
 * Errors of a file are VMM_EINPUT and begin with "FILE:LINE: ".
 */
#ifndef VMM_GROUP_GROUP_H
#define VMM_GROUP_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/table.h"

#define VMM_GROUP_KIND "groups"

/* What hosts have and VMs use: processors, bytes, bytes a second, bytes a second. */
enum vmm_resource { VMM_CPU, VMM_MEMORY, VMM_DISK, VMM_NET, VMM_RESOURCES };
extern const char *const vmm_resource_names[]; /* cpu memory disk net, then NULL */

/* "4G" or "5%": as much as both together say (one of them is 0). */
struct vmm_amount {
	double share;   /* of what the host has */
	uint64_t fixed; /* in the resource's unit */
};

enum vmm_rule_kind {
	VMM_TOGETHER, /* these VMs on one host */
	VMM_APART,    /* no two of them on one host */
	VMM_MUST,     /* these VMs on these hosts and no others */
	VMM_NEVER,    /* not on these hosts */
	VMM_SHOULD,   /* rather on these hosts */
	VMM_PIN,      /* these VMs stay where they are */
	VMM_EXCLUDE,  /* these VMs or hosts are left alone; what they use counts */
	VMM_PRIORITY, /* who gets a place first when there is not enough for all */
	VMM_RULES
};
extern const char *const vmm_rule_names[]; /* together apart …, then NULL; sections have these names */

struct vmm_rule {
	enum vmm_rule_kind kind;
	const char *label, *file;
	size_t line;
	/* VMs: shell patterns for their names, or UUIDs. Hosts: names (ranges are expanded), KEY=VALUE (a label). */
	struct vmm_strv vms, hosts;
	unsigned priority; /* 0 to 9, 5 is usual, 9 is first */
};

/* What a server is to be for (N2): the least it must have. 0 and "": any. */
struct vmm_model {
	const char *name, *arch, *cpu_model, *file;
	size_t line;
	uint64_t cpus, memory;
	struct vmm_strv labels; /* KEY=VALUE, all of them */
};
struct vmm_logical {
	const char *name, *file;
	size_t line;
	const struct vmm_model *model;
};

struct vmm_group {
	struct vmm_conf *conf;
	const char *name, *description;
	bool automatic;          /* mode */
	unsigned aggressiveness; /* 1 to 5 */
	unsigned rounds;   /* automatic: an imbalance must hold for so many before anything moves */
	unsigned failures; /* of hosts, for which room is kept */
	uint64_t interval_ms, hold_down_ms;
	struct vmm_amount reserve[VMM_RESOURCES]; /* kept free on each host */
	/* Shares of a host less its reserve: no VM goes where it would be passed. May be above 1; 0: none. */
	double limit[VMM_RESOURCES];
	double weight[VMM_RESOURCES];     /* in the score; 0: does not count */
	uint64_t capacity[VMM_RESOURCES]; /* of a host, where it does not tell; 0: not known */
	struct vmm_rule *rules;
	size_t nrules;
	struct vmm_model *models;
	size_t nmodels;
	struct vmm_logical *logicals;
	size_t nlogicals;
	struct vmm_strv texts; /* what is from no file */
};

/*
 * `path` NULL: groups/NAME.conf in vmm_conf_folder(); if that is not there, and for the name "" (of hosts in no
 * group), the usual settings. A `path` that isn't there is VMM_ENOTFOUND.
 */
int vmm_group_load(const char *path, const char *name, struct vmm_group **out, struct vmm_err *err);
/* The usual settings and no rules. NULL: out of memory. */
struct vmm_group *vmm_group_new(const char *name);
void vmm_group_free(struct vmm_group *g);
void vmm_group_cleanup(struct vmm_group **g);
#define VMM_GROUP_AUTO __attribute__((cleanup(vmm_group_cleanup))) struct vmm_group

/*
 * All settings and rules as they are in force, columns section label key value from: a row for each, also for
 * those that are not in the file; `from` is "FILE:LINE" or "usual".
 */
int vmm_group_settings(const struct vmm_group *g, struct vmm_table **out, struct vmm_err *err);

/*
 * The groups that rows of hosts name, each once, in the order of their names. `path` is one file for all; NULL: each
 * has its own, and the group "" none; "": none has. vmm_groups_free() frees the groups too.
 */
int vmm_groups_load(const struct vmm_table *hosts, const char *path, struct vmm_group ***out,
		    size_t *n, struct vmm_err *err);
void vmm_groups_free(struct vmm_group **groups, size_t n);

/* Whether a rule's patterns mean this VM; this host, whose labels are "disk=ssd,rack=7". */
bool vmm_rule_has_vm(const struct vmm_rule *r, const char *name, const char *uuid);
bool vmm_rule_has_host(const struct vmm_rule *r, const char *name, const char *labels);

#endif
