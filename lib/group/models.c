/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What servers are to be for: models, and the logical hosts that want one. */
#include <stdlib.h>
#include <string.h>

#include "group/internal.h"

static int read_name(const struct vmm_conf_section *s, const char **out, struct vmm_err *err)
{
	if (!s->label)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: [%s] without a name", s->file, s->line,
				   s->name);
	*out = s->label;
	return 0;
}

static int read_labels(const struct vmm_conf_entry *e, struct vmm_strv *labels, struct vmm_err *err)
{
	int code = vmm_conf_list(e, labels, err);

	for (size_t i = 0; i < labels->n && !code; i++)
		code = vmm_conf_at(e, vmm__label_check(labels->s[i], err), err);
	return code;
}

static int read_model(struct vmm_model *m, const struct vmm_conf_section *s, struct vmm_err *err)
{
	const struct vmm_conf_entry *labels = vmm_conf_find(s, "labels");
	int code = read_name(s, &m->name, err);

	m->file = s->file;
	m->line = s->line;
	m->arch = vmm_conf_text(s, "arch", "");
	m->cpu_model = vmm_conf_text(s, "cpu-model", "");
	if (!code)
		code = vmm_conf_u64(s, "cpus", 0, 1 << 20, &m->cpus, err);
	if (!code)
		code = vmm_conf_size(s, "memory", &m->memory, err);
	return !code && labels ? read_labels(labels, &m->labels, err) : code;
}

static const struct vmm_model *find_model(const struct vmm_group *g, const char *name)
{
	for (size_t i = 0; i < g->nmodels; i++)
		if (strcmp(g->models[i].name, name) == 0)
			return &g->models[i];
	return NULL;
}

static int read_logical(const struct vmm_group *g, struct vmm_logical *l,
			const struct vmm_conf_section *s, struct vmm_err *err)
{
	const char *model = "";
	int code = read_name(s, &l->name, err);

	l->file = s->file;
	l->line = s->line;
	if (!code)
		code = vmm_conf_need(s, s->file, "model", &model, err);
	if (code)
		return code;
	l->model = find_model(g, model);
	return l->model ? 0
			: vmm_conf_wrong(vmm_conf_find(s, "model"), err,
					 "model: there is no section [model %s]", model);
}

int vmm__models_read(struct vmm_group *g, struct vmm_err *err)
{
	const struct vmm_conf_section *s;
	int code = 0;

	g->models = calloc(g->conf->n, sizeof(*g->models));
	g->logicals = calloc(g->conf->n, sizeof(*g->logicals));
	if (!g->models || !g->logicals)
		return vmm_err_nomem(err);
	for (s = NULL; !code && (s = vmm_conf_next(g->conf, "model", s));)
		code = read_model(&g->models[g->nmodels++], s, err);
	for (s = NULL; !code && (s = vmm_conf_next(g->conf, "logical", s));)
		code = read_logical(g, &g->logicals[g->nlogicals++], s, err);
	return code;
}
