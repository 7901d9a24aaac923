/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a VM moves, stays, or does not go to some host: said of what the plan leaves. */
#include <stdio.h>
#include <string.h>

#include "plan/internal.h"

struct answer {
	uint32_t vm, to;
	const char *verdict;
	double gain;
	struct vmm_buf reason;
};

static const char *const columns[] = { "vm", "uuid", "from", "to", "verdict", "gain", "reason", NULL };

/* By NAME or HOST/NAME. */
static bool is_called(const struct vmm_fleet *f, uint32_t vm, const char *text)
{
	const char *host = f->hosts[f->vms[vm].host].name, *name = f->vms[vm].name;
	size_t len = strlen(host);

	return strcmp(name, text) == 0 || (strncmp(text, host, len) == 0 && text[len] == '/' &&
					   strcmp(text + len + 1, name) == 0);
}

static int find_vm(const struct vmm_fleet *f, const char *text, uint32_t *out, struct vmm_err *err)
{
	uint32_t found = VMM__NONE;

	for (uint32_t v = 0; v < f->nvms; v++) {
		bool uuid = *text && strcmp(f->vms[v].uuid, text) == 0;

		if (!uuid && !is_called(f, v, text))
			continue;
		if (!uuid && found != VMM__NONE)
			return vmm_err_set(err, VMM_EREFUSED, "VM '%s' is ambiguous: on %s and %s",
					   text, f->hosts[f->vms[found].host].name,
					   f->hosts[f->vms[v].host].name);
		found = v;
		if (uuid)
			break;
	}
	*out = found;
	return found != VMM__NONE ? 0 : vmm_err_set(err, VMM_ENOTFOUND, "no VM '%s'", text);
}

/* What keeps a VM from a host, whatever the move gains; false: nothing does. */
static bool kept_out(const struct vmm__place *p, uint32_t vm, uint32_t to, struct vmm_buf *out)
{
	const struct vmm_fleet_host *h = &p->f->hosts[to];
	const struct vmm__rule *rule;

	if (h->group != vmm__vm_group(p->f, vm))
		vmm_buf_addf(out, "%s is in another group", h->name);
	else if (h->closed)
		vmm_buf_addf(out, "%s: %s", h->name, h->closed);
	else if ((rule = vmm__rule_worsened(p, vm, to)))
		vmm_buf_addf(out, rule->names ? "%s has a VM of that name" : "%s would be broken",
			     rule->names ? h->name : rule->said);
	else if (!vmm__place_fits(p, vm, to))
		vmm_buf_addf(out, "%s has no room for it", h->name);
	else
		return false;
	return true;
}

static const char *why_still(const struct vmm_fleet_vm *v, const struct vmm__place *p, uint32_t vm)
{
	if (v->fixed)
		return v->fixed;
	if (v->held)
		return "moved not long ago";
	return vmm__place_open(p, p->at[vm]) ? NULL : "its host is closed: plan-drain empties it";
}

static void weigh(const struct vmm__balance *b, struct answer *a)
{
	double needed = vmm__balance_fee(b, a->vm, a->to);

	a->gain = vmm__gain(b->p, a->vm, a->to);
	if (a->gain <= 0)
		vmm_buf_addf(&a->reason, "the score would not fall");
	else if (isinf(needed))
		vmm_buf_addf(&a->reason, "no more than broken rules is to be mended");
	else if (a->gain <= needed)
		vmm_buf_addf(&a->reason, "it gains less than the %.6f that a move must", needed);
	else
		vmm_buf_addf(&a->reason, "the limits allow no more moves");
}

static void why_not(const struct vmm__balance *b, struct answer *a)
{
	const char *still = why_still(&b->p->f->vms[a->vm], b->p, a->vm);

	a->verdict = "not";
	if (b->p->at[a->vm] == a->to) {
		a->verdict = b->order[a->vm] ? "moves" : "stays";
		vmm_buf_addf(&a->reason, "%s", b->order[a->vm] ? "it goes there" : "it is there");
	} else if (still) {
		vmm_buf_addf(&a->reason, "%s", still);
	} else if (!kept_out(b->p, a->vm, a->to, &a->reason)) {
		weigh(b, a);
	}
}

/* The host to which it would go rather than to any other one. */
static uint32_t second_best(const struct vmm__balance *b, uint32_t vm)
{
	uint32_t best = VMM__NONE;
	double most = -INFINITY;
	VMM_BUF_AUTO why = VMM_BUF_INIT;

	for (uint32_t h = 0; h < b->p->f->nhosts; h++) {
		double gain;

		vmm_buf_reset(&why);
		if (h == b->p->at[vm] || kept_out(b->p, vm, h, &why))
			continue;
		gain = vmm__gain(b->p, vm, h);
		if (gain <= most)
			continue;
		most = gain;
		best = h;
	}
	return best;
}

static void why(const struct vmm__balance *b, struct answer *a)
{
	const struct vmm_fleet_vm *v = &b->p->f->vms[a->vm];
	const char *still = why_still(v, b->p, a->vm);

	if (b->order[a->vm]) {
		const struct vmm__step s = { .vm = a->vm };

		a->verdict = "moves";
		a->to = b->p->at[a->vm];
		a->gain = -vmm__gain(b->p, a->vm, (uint32_t)v->host);
		vmm__reason_say(b->p->f, &s, &b->reason[a->vm], &a->reason);
		return;
	}
	a->verdict = "stays";
	if (still) {
		vmm_buf_addf(&a->reason, "%s", still);
		return;
	}
	a->to = second_best(b, a->vm);
	if (a->to == VMM__NONE)
		vmm_buf_addf(&a->reason, "no other host has room for it or may have it");
	else
		weigh(b, a);
}

static int add_row(struct vmm_table *t, const struct vmm_fleet *f, const struct answer *a)
{
	const struct vmm_fleet_vm *v = &f->vms[a->vm];
	char gain[40] = "";
	long row = vmm_table_add(t);
	int rc = 0;

	if (!isnan(a->gain))
		snprintf(gain, sizeof(gain), "%.6f", fabs(a->gain) < 5e-7 ? 0 : a->gain);
	const char *cells[] = { v->name,
				v->uuid,
				f->hosts[v->host].name,
				a->to == VMM__NONE ? "" : f->hosts[a->to].name,
				a->verdict,
				gain,
				a->reason.data };

	for (int i = 0; i < 7; i++)
		rc |= vmm_table_set(t, (size_t)row, i, cells[i]);
	return row < 0 || rc || a->reason.failed ? VMM_ENOMEM : 0;
}

static int answer(const struct vmm_fleet *f, const struct vmm_balance_options *opt,
		  struct answer *a, struct vmm_err *err)
{
	struct vmm__balance b;
	int rc = vmm__balance_init(&b, f, opt, err);

	if (rc < 0)
		return rc;
	rc = vmm__balance_run(&b, err);
	if (rc == 0)
		(a->to == VMM__NONE ? why : why_not)(&b, a);
	vmm__balance_release(&b);
	return rc;
}

int vmm_balance_why(const struct vmm_fleet *f, const struct vmm_balance_options *opt,
		    const char *vm, const char *host, struct vmm_table **rows, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = vmm_table_new(columns);
	struct answer a = { .to = VMM__NONE, .gain = NAN, .reason = VMM_BUF_INIT };
	int rc = find_vm(f, vm, &a.vm, err);

	if (rc < 0)
		return rc;
	if (host)
		a.to = vmm__fleet_host(f, host);
	if (host && a.to == VMM__NONE)
		return vmm_err_set(err, VMM_ENOTFOUND, "no host '%s'", host);
	rc = answer(f, opt, &a, err);
	if (rc == 0 && (!t || add_row(t, f, &a) < 0))
		rc = vmm_err_nomem(err);
	vmm_buf_release(&a.reason);
	if (rc < 0)
		return rc;
	*rows = t;
	t = NULL;
	return 0;
}
