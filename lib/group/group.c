/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A group's file is read, or the usual stands for it. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "group/internal.h"
#include "inventory/inventory.h"

static const char *const top_keys[] = { "description", "mode",      "aggressiveness", "interval",
					"rounds",      "hold-down", "failures",       NULL };
static const char *const reserve_keys[] = { "cpu", "memory", NULL };
static const char *const capacity_keys[] = { "disk", "net", NULL };
static const char *const vms_keys[] = { "vms", NULL };
static const char *const both_keys[] = { "vms", "hosts", NULL };
static const char *const priority_keys[] = { "vms", "value", NULL };
static const char *const model_keys[] = { "cpus", "memory", "arch", "cpu-model", "labels", NULL };
static const char *const logical_keys[] = { "model", NULL };
static const struct vmm_conf_form forms[] = {
	{ .section = "", .keys = top_keys },
	{ .section = "reserve", .keys = reserve_keys },
	{ .section = "limit", .keys = vmm_resource_names },
	{ .section = "weight", .keys = vmm_resource_names },
	{ .section = "capacity", .keys = capacity_keys },
	{ .section = "together", .keys = vms_keys, .many = true, .labels = true },
	{ .section = "apart", .keys = vms_keys, .many = true, .labels = true },
	{ .section = "must", .keys = both_keys, .many = true, .labels = true },
	{ .section = "never", .keys = both_keys, .many = true, .labels = true },
	{ .section = "should", .keys = both_keys, .many = true, .labels = true },
	{ .section = "pin", .keys = vms_keys, .many = true, .labels = true },
	{ .section = "exclude", .keys = both_keys, .many = true, .labels = true },
	{ .section = "priority", .keys = priority_keys, .many = true, .labels = true },
	{ .section = "model", .keys = model_keys, .many = true, .labels = true },
	{ .section = "logical", .keys = logical_keys, .many = true, .labels = true },
	{ .section = NULL },
};

struct vmm_group *vmm_group_new(const char *name)
{
	VMM_GROUP_AUTO *g = calloc(1, sizeof(*g));
	struct vmm_group *out = g;

	if (!g || vmm_strv_add(&g->texts, name) < 0 || vmm__settings_read(g, NULL) < 0)
		return NULL;
	g->name = g->texts.s[0];
	g = NULL;
	return out;
}

static int read_file(struct vmm_group *g, const char *path, struct vmm_err *err)
{
	int code = vmm_conf_load(path, &g->conf, err);

	if (!code)
		code = vmm_conf_check(g->conf, forms, err);
	if (!code)
		code = vmm__settings_read(g, err);
	if (!code)
		code = vmm__rules_read(g, err);
	return code ? code : vmm__models_read(g, err);
}

static int read_own(struct vmm_group *g, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct vmm_err why;
	int code;

	if (!*g->name)
		return 0;
	code = vmm_name_check("group", g->name, err);
	if (code)
		return code;
	vmm_buf_addf(&path, "%s/" VMM_GROUP_KIND "/%s.conf", vmm_conf_folder(), g->name);
	if (path.failed)
		return vmm_err_nomem(err);
	code = read_file(g, path.data, &why);
	if (code && code != VMM_ENOTFOUND)
		return vmm_err_set(err, why.code, "%s", why.text);
	return 0;
}

int vmm_group_load(const char *path, const char *name, struct vmm_group **out, struct vmm_err *err)
{
	VMM_GROUP_AUTO *g = vmm_group_new(name);
	int code;

	if (!g)
		return vmm_err_nomem(err);
	code = path ? read_file(g, path, err) : read_own(g, err);
	if (!code) {
		*out = g;
		g = NULL;
	}
	return code;
}

void vmm_group_free(struct vmm_group *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->nrules; i++) {
		vmm_strv_release(&g->rules[i].vms);
		vmm_strv_release(&g->rules[i].hosts);
	}
	for (size_t i = 0; i < g->nmodels; i++)
		vmm_strv_release(&g->models[i].labels);
	free(g->rules);
	free(g->models);
	free(g->logicals);
	vmm_strv_release(&g->texts);
	vmm_conf_free(g->conf);
	free(g);
}

void vmm_group_cleanup(struct vmm_group **g)
{
	vmm_group_free(*g);
}
