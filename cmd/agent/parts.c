/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The partitions that the image brought, as sfdisk and blkid tell of them. */
#include <ctype.h>

#include "agent/agent.h"
#include "base/num.h"

/* One word that blkid knows of a device, into *value; "" where it knows none. */
static int probe(struct agent *a, const char *node, const char *tag, char **value, struct vmm_err *err)
{
	const char *argv[] = { "blkid", "-p", "-o", "value", "-s", tag, "--", node, NULL };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	int ret = agent_run(a, argv, NULL, &got, err);

	if (ret < 0 && got.status != 2)
		return ret;
	got.out.data[strcspn(got.out.data, "\n")] = '\0';
	*value = strdup(got.out.data);
	return *value ? 0 : vmm_err_nomem(err);
}

void agent_parts_release(struct agent_parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		free(parts->p[i].node);
		free(parts->p[i].fs);
	}
	free(parts->p);
	*parts = (struct agent_parts){ NULL };
}

static unsigned number_of(const char *node)
{
	const char *end = node + strlen(node);
	uint64_t n = 0;

	while (end > node && isdigit((unsigned char)end[-1]))
		end--;
	return vmm_num_u64("partition", end, 1, 1024, &n, NULL) == 0 ? (unsigned)n : 0;
}

static bool is_esp(const char *type)
{
	return strcasecmp(type, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B") == 0 ||
	       strcasecmp(type, "ef") == 0;
}

static int by_start(const void *a, const void *b)
{
	const struct agent_part *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int add_part(struct agent *a, struct agent_parts *parts, const char *node, uint64_t start,
		    const char *type, struct vmm_err *err)
{
	struct agent_part *p = &parts->p[parts->n++];

	p->node = strdup(node);
	p->start = start;
	p->number = number_of(node);
	p->esp = is_esp(type);
	return p->node ? probe(a, node, "TYPE", &p->fs, err) : vmm_err_nomem(err);
}

static int add_table(struct agent *a, struct agent_parts *parts, const json_t *table,
		     struct vmm_err *err)
{
	const json_t *list = json_object_get(table, "partitions");
	const char *label = json_string_value(json_object_get(table, "label"));
	int ret = 0;

	parts->table = true;
	parts->gpt = label && strcmp(label, "gpt") == 0;
	parts->p = calloc(json_array_size(list) + 1, sizeof(*parts->p));
	if (!parts->p)
		return vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *node = json_string_value(json_object_get(one, "node"));
		const char *type = json_string_value(json_object_get(one, "type"));

		if (node)
			ret = add_part(a, parts, node,
				       (uint64_t)json_integer_value(json_object_get(one, "start")),
				       type ? type : "", err);
	}
	qsort(parts->p, parts->n, sizeof(*parts->p), by_start);
	return ret;
}

static int read_table(struct agent *a, struct agent_parts *parts, struct vmm_err *err)
{
	const char *argv[] = { "sfdisk", "--json", "--", a->disk->path, NULL };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	int ret = agent_run(a, argv, NULL, &got, err);
	json_t *said;

	if (ret < 0)
		return ret;
	said = json_loadb(got.out.data, got.out.len, 0, NULL);
	ret = said ? add_table(a, parts, json_object_get(said, "partitiontable"), err)
		   : vmm_err_set(err, VMM_EFAIL, "cannot understand what sfdisk says");
	json_decref(said);
	return ret;
}

int agent_parts_read(struct agent *a, struct agent_parts *parts, struct vmm_err *err)
{
	VMM_STR_AUTO table = NULL;
	int ret = probe(a, a->disk->path, "PTTYPE", &table, err);

	if (ret == 0 && *table) {
		ret = read_table(a, parts, err);
	} else if (ret == 0) {
		parts->p = calloc(1, sizeof(*parts->p));
		ret = parts->p ? add_part(a, parts, a->disk->path, 0, "", err) : vmm_err_nomem(err);
	}
	if (ret < 0)
		agent_parts_release(parts);
	return ret;
}
