/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared between the files of this folder only. */
#ifndef VMM_GROUP_INTERNAL_H
#define VMM_GROUP_INTERNAL_H

#include "base/buf.h"
#include "group/group.h"
#include "group/state.h"

/* Which resource has this name; VMM_RESOURCES: none. */
enum vmm_resource vmm__resource(const char *name);

/*
 * Strict values; errors begin with `what`. A number such as 1 or 0.25, at most `max`; a percentage from 0 to `max`
 * as a fraction; an amount of a resource.
 */
int vmm__decimal(const char *what, const char *text, double max, double *out, struct vmm_err *err);
int vmm__percentage(const char *what, const char *text, double max, double *out, struct vmm_err *err);
int vmm__amount(const char *what, const char *text, enum vmm_resource r, struct vmm_amount *out,
		struct vmm_err *err);

/* A list as vmm_conf_list() reads it, but commas between brackets part nothing: "h[1,3], h5". */
int vmm__items(const struct vmm_conf_entry *e, struct vmm_strv *out, struct vmm_err *err);
/* "KEY=VALUE"; VMM_EINPUT. */
int vmm__label_check(const char *label, struct vmm_err *err);

/* What the file says, and the usual where it says nothing; g->conf may be NULL. */
int vmm__settings_read(struct vmm_group *g, struct vmm_err *err);
int vmm__rules_read(struct vmm_group *g, struct vmm_err *err);
int vmm__models_read(struct vmm_group *g, struct vmm_err *err);

/* Both add to `why` what keeps a host from fitting a model, a place. */
void vmm__model_fit(const struct vmm_model *m, const struct vmm_table *hosts, size_t row,
		    struct vmm_buf *why);
void vmm__place_fit(const struct vmm_place *p, const struct vmm_inventory *inv,
		    const struct vmm_table *logicals, size_t row, struct vmm_buf *why);
/* VMs that run there, or may. */
size_t vmm__running_on(const struct vmm_table *vms, const char *host);

#endif
