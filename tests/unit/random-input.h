/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A random fleet (random-fleet.h) as the planners get it: tables whose rows are in any order, and groups' files. */
#ifndef VMM_RANDOM_INPUT_H
#define VMM_RANDOM_INPUT_H

#include "random-fleet.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rows.h"
#include "group/group.h"
#include "plan/fleet.h"

static void shuffle(unsigned *order, unsigned n, bool shuffled)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned k = shuffled ? below(i + 1) : i;

		order[i] = order[k];
		order[k] = i;
	}
}

static struct vmm_table *parse(struct vmm_buf *text)
{
	struct vmm_table *t;
	struct vmm_err err;

	if (vmm_tsv_parse("rows", text->data, text->len, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static double sum_of(const struct model *m, unsigned host, bool rss)
{
	double sum = 0;

	for (unsigned v = 0; v < m->nvms; v++)
		if (m->vms[v].host == host && m->vms[v].running)
			sum += rss ? m->vms[v].rss * GIB : m->vms[v].use[0];
	return sum;
}

static struct vmm_table *hosts_table(const struct model *m, bool shuffled)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	unsigned order[HOSTS];

	shuffle(order, m->nhosts, shuffled);
	vmm_buf_adds(&text, "name\tgroup\tcpus\tmem_total\tmaint\tcpu\tmem_used\n");
	for (unsigned i = 0; i < m->nhosts; i++) {
		const struct host *h = &m->hosts[order[i]];

		vmm_buf_addf(&text, "h%u\tg%u\t%.0f\t%.0f\t%s\t", order[i], h->group, h->cap[0],
			     h->cap[1], h->closed && !h->excluded ? "yes" : "no");
		if (h->told)
			vmm_buf_addf(&text, "%.3f\t%.0f\n", h->own[0] + sum_of(m, order[i], false),
				     h->own[1] + sum_of(m, order[i], true));
		else
			vmm_buf_adds(&text, "\t\n");
	}
	return parse(&text);
}

static struct vmm_table *vms_table(const struct model *m, bool shuffled)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	unsigned order[VMS];

	shuffle(order, m->nvms, shuffled);
	vmm_buf_adds(&text,
		     "uuid\tname\thost\tstate\tvcpus\tmem\tmem_rss\tcpu\tdisk_rd\tdisk_wr\tnet_rx\tnet_tx\n");
	for (unsigned i = 0; i < m->nvms; i++) {
		const struct vm *v = &m->vms[order[i]];
		bool measured = m->groups[m->hosts[v->host].group].measured;

		vmm_buf_addf(&text, "u%u\tv%u\th%u\t%s\t%.0f\t%.0f\t%.0f\t", order[i], order[i],
			     v->host, v->state, measured ? 64 : v->use[0], v->use[1], v->rss * GIB);
		if (measured && v->running)
			vmm_buf_addf(&text, "%.3f", v->use[0]);
		vmm_buf_addf(&text, "\t%.0f\t\t0\t%.0f\n", v->use[2], v->use[3]);
	}
	return parse(&text);
}

static void write_names(FILE *f, const char *key, const char *prefix, uint64_t set)
{
	bool first = true;

	for (unsigned i = 0; i < 64; i++) {
		if (!(set >> i & 1))
			continue;
		fprintf(f, "%s%s%u", first ? key : ", ", prefix, i);
		first = false;
	}
	if (!first)
		fprintf(f, "\n");
}

static bool has_hosts(const struct rule *r)
{
	return strchr("mnse", *r->kind) != NULL; /* must never should exclude */
}

static void write_limits(FILE *f, const double *limit)
{
	fprintf(f, "[limit]\n");
	for (int r = 0; r < RES; r++)
		if (limit[r] > 0)
			fprintf(f, "%s = %.0f%%\n", vmm_resource_names[r], limit[r] * 100);
		else
			fprintf(f, "%s = none\n", vmm_resource_names[r]);
}

static void write_weights(FILE *f, const double *weight)
{
	fprintf(f, "[weight]\n");
	for (int r = 0; r < RES; r++)
		fprintf(f, "%s = %g\n", vmm_resource_names[r], weight[r]);
}

static void write_rules(FILE *f, const struct model *m, unsigned g)
{
	fprintf(f,
		"aggressiveness = %u\n[reserve]\nmemory = %.0f\n[capacity]\ndisk = %.0f\nnet = %.0f\n",
		m->groups[g].aggressiveness, m->groups[g].reserve, m->groups[g].capacity[2],
		m->groups[g].capacity[3]);
	write_limits(f, m->groups[g].limit);
	write_weights(f, m->groups[g].weight);
	for (unsigned i = 0; i < m->nrules; i++) {
		if (m->rules[i].group != g)
			continue;
		fprintf(f, "[%s r%u]\n", m->rules[i].kind, i);
		write_names(f, "vms = ", "v", m->rules[i].vms);
		write_names(f, "hosts = ", "h", has_hosts(&m->rules[i]) ? m->rules[i].hosts : 0);
	}
}

static struct vmm_group *group_of(const struct model *m, unsigned g)
{
	char path[] = "rules-XXXXXX", name[16];
	FILE *f = fdopen(mkstemp(path), "w");
	struct vmm_group *group;
	struct vmm_err err;

	assert_non_null(f);
	write_rules(f, m, g);
	fclose(f);
	snprintf(name, sizeof(name), "g%u", g);
	if (vmm_group_load(path, name, &group, &err) < 0)
		fail_msg("FIRST=%u: %s", m->seed, err.text);
	unlink(path);
	return group;
}

/* A model as the planners get it. */
struct input {
	struct vmm_table *hosts, *vms;
	struct vmm_group *groups[GROUPS];
	struct vmm_fleet *fleet;
};

static void input_init(struct input *in, const struct model *m, bool shuffled)
{
	struct vmm_fleet_input text = { .hosts_file = "hosts",
					.vms_file = "vms",
					.ngroups = m->ngroups };
	struct vmm_err err;

	text.hosts = in->hosts = hosts_table(m, shuffled);
	text.vms = in->vms = vms_table(m, shuffled);
	for (unsigned g = 0; g < m->ngroups; g++)
		in->groups[g] = group_of(m, g);
	text.groups = in->groups;
	if (vmm_fleet_read(&text, &in->fleet, &err) < 0)
		fail_msg("FIRST=%u: %s", m->seed, err.text);
}

static void input_release(struct input *in, const struct model *m)
{
	vmm_fleet_free(in->fleet);
	for (unsigned g = 0; g < m->ngroups; g++)
		vmm_group_free(in->groups[g]);
	vmm_table_free(in->hosts);
	vmm_table_free(in->vms);
}

/* Whoever looks at a failure finds its fleet in the current folder. */
static void keep_text(const char *file, const struct vmm_table *t)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	FILE *f = fopen(file, "w");

	vmm_tsv_format(&text, t);
	if (f && fputs(text.data, f) >= 0)
		fclose(f);
}

static void keep(const struct model *m)
{
	struct vmm_table *hosts = hosts_table(m, false), *vms = vms_table(m, false);

	if (!getenv("KEEP"))
		return;
	keep_text("hosts", hosts);
	keep_text("vms", vms);
	for (unsigned g = 0; g < m->ngroups; g++) {
		char path[24];
		FILE *f;

		snprintf(path, sizeof(path), "g%u.conf", g);
		f = fopen(path, "w");
		write_rules(f, m, g);
		fclose(f);
	}
}

#endif
