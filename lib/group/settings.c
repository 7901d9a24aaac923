/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of a group, with their usual values, and all that is in force as a table. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "group/internal.h"

#define LIMIT_MAX 1000
#define WEIGHT_MAX 1000
#define COUNT_MAX 1000

const char *const vmm_resource_names[] = { "cpu", "memory", "disk", "net", NULL };

typedef int reader(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err);

static int read_description(struct vmm_group *g, const char *key, const char *text,
			    struct vmm_err *err)
{
	(void)key;
	(void)err;
	g->description = text;
	return 0;
}

static int read_mode(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	g->automatic = strcmp(text, "automatic") == 0;
	if (g->automatic || strcmp(text, "manual") == 0)
		return 0;
	return vmm_err_set(err, VMM_EINPUT, "%s: '%s' is none of: manual, automatic", key, text);
}

static int read_count(const char *key, const char *text, uint64_t min, uint64_t max, unsigned *out,
		      struct vmm_err *err)
{
	uint64_t n;
	int code = vmm_num_u64(key, text, min, max, &n, err);

	if (!code)
		*out = (unsigned)n;
	return code;
}

static int read_aggressiveness(struct vmm_group *g, const char *key, const char *text,
			       struct vmm_err *err)
{
	return read_count(key, text, 1, 5, &g->aggressiveness, err);
}

static int read_rounds(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	return read_count(key, text, 1, COUNT_MAX, &g->rounds, err);
}

static int read_failures(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	return read_count(key, text, 0, COUNT_MAX, &g->failures, err);
}

static int read_interval(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	int code = vmm_num_duration(key, text, &g->interval_ms, err);

	return !code && !g->interval_ms ? vmm_err_set(err, VMM_EINPUT, "%s: no time at all", key)
					: code;
}

static int read_hold_down(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	return vmm_num_duration(key, text, &g->hold_down_ms, err);
}

static int read_reserve(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	enum vmm_resource r = vmm__resource(key);

	return vmm__amount(key, text, r, &g->reserve[r], err);
}

static int read_limit(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	double *limit = &g->limit[vmm__resource(key)];
	int code;

	*limit = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	code = vmm__percentage(key, text, LIMIT_MAX, limit, err);
	return !code && *limit == 0
		       ? vmm_err_set(err, VMM_EINPUT,
				     "%s: 0%% leaves room for nothing; 'none' is no limit", key)
		       : code;
}

static int read_weight(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	return vmm__decimal(key, text, WEIGHT_MAX, &g->weight[vmm__resource(key)], err);
}

static int read_capacity(struct vmm_group *g, const char *key, const char *text, struct vmm_err *err)
{
	return vmm_num_size(key, text, &g->capacity[vmm__resource(key)], err);
}

static const struct setting {
	const char *section, *key, *usual;
	reader *read;
} settings[] = {
	{ "", "description", "", read_description },
	{ "", "mode", "manual", read_mode },
	{ "", "aggressiveness", "3", read_aggressiveness },
	{ "", "interval", "5m", read_interval },
	{ "", "rounds", "3", read_rounds },
	{ "", "hold-down", "1h", read_hold_down },
	{ "", "failures", "0", read_failures },
	{ "reserve", "cpu", "0", read_reserve },
	{ "reserve", "memory", "0", read_reserve },
	{ "limit", "cpu", "none", read_limit },
	{ "limit", "memory", "100%", read_limit },
	{ "limit", "disk", "none", read_limit },
	{ "limit", "net", "none", read_limit },
	{ "weight", "cpu", "1", read_weight },
	{ "weight", "memory", "1", read_weight },
	{ "weight", "disk", "0", read_weight },
	{ "weight", "net", "0", read_weight },
	{ "capacity", "disk", "0", read_capacity },
	{ "capacity", "net", "0", read_capacity },
};
#define SETTINGS (sizeof(settings) / sizeof(*settings))

static const struct vmm_conf_entry *find(const struct vmm_group *g, const struct setting *s)
{
	return g->conf ? vmm_conf_find(vmm_conf_next(g->conf, s->section, NULL), s->key) : NULL;
}

int vmm__settings_read(struct vmm_group *g, struct vmm_err *err)
{
	int code = 0;

	for (size_t i = 0; i < SETTINGS && !code; i++) {
		const struct setting *s = &settings[i];
		const struct vmm_conf_entry *e = find(g, s);

		code = s->read(g, s->key, e ? e->value : s->usual, err);
		if (e)
			vmm_conf_at(e, code, err);
	}
	return code;
}

/* ---- as a table ---- */

static int put(struct vmm_table *t, const char *section, const char *label, const char *key,
	       const char *value, const char *from)
{
	long row = vmm_table_add(t);

	if (row < 0 || vmm_table_put(t, (size_t)row, "section", section) < 0 ||
	    vmm_table_put(t, (size_t)row, "label", label) < 0 ||
	    vmm_table_put(t, (size_t)row, "key", key) < 0 ||
	    vmm_table_put(t, (size_t)row, "value", value) < 0)
		return VMM_ENOMEM;
	return vmm_table_put(t, (size_t)row, "from", from);
}

static int put_entry(struct vmm_table *t, const struct vmm_conf_section *s,
		     const struct vmm_conf_entry *e)
{
	VMM_BUF_AUTO from = VMM_BUF_INIT;

	vmm_buf_addf(&from, "%s:%zu", e->file, e->line);
	return from.failed ? VMM_ENOMEM
			   : put(t, s->name, s->label ? s->label : "", e->key, e->value, from.data);
}

static int put_settings(struct vmm_table *t, const struct vmm_group *g)
{
	int code = 0;

	for (size_t i = 0; i < SETTINGS && !code; i++) {
		const struct setting *s = &settings[i];
		const struct vmm_conf_entry *e = find(g, s);

		code = e ? put_entry(t, vmm_conf_next(g->conf, s->section, NULL), e)
			 : put(t, s->section, "", s->key, s->usual, "usual");
	}
	return code;
}

/* Rules, models and logical hosts: what has a label. */
static int put_labelled(struct vmm_table *t, const struct vmm_conf *c)
{
	for (size_t i = 0; c && i < c->n; i++)
		for (size_t k = 0; c->sections[i].label && k < c->sections[i].n; k++)
			if (put_entry(t, &c->sections[i], &c->sections[i].entries[k]) < 0)
				return VMM_ENOMEM;
	return 0;
}

int vmm_group_settings(const struct vmm_group *g, struct vmm_table **out, struct vmm_err *err)
{
	static const char *const columns[] = { "section", "label", "key", "value", "from", NULL };
	struct vmm_table *t = vmm_table_new(columns);

	if (!t || put_settings(t, g) < 0 || put_labelled(t, g->conf) < 0) {
		vmm_table_free(t);
		return vmm_err_nomem(err);
	}
	*out = t;
	return 0;
}
