/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plan does not bring about. */
#include <string.h>

#include "base/buf.h"
#include "base/hostlist.h"
#include "base/strv.h"
#include "plan/internal.h"

static int add(struct vmm_strv *left, struct vmm_buf *text)
{
	int rc = text->failed ? VMM_ENOMEM : vmm_strv_add(left, text->data);

	vmm_buf_reset(text);
	return rc;
}

static bool is_unwell(const struct vmm_fleet_host *h, const char *why)
{
	return h->unwell && !h->excluded && (!why || strcmp(h->closed, why) == 0);
}

/* Hosts, folded; where a name can't be, how many. */
static int say_hosts(const struct vmm_strv *names, struct vmm_buf *text)
{
	VMM_BUF_AUTO folded = VMM_BUF_INIT;

	if (names->n == 1)
		vmm_buf_addf(text, "host '%s'", names->s[0]);
	else if (vmm_hostlist_fold(names, &folded, NULL) < 0)
		vmm_buf_addf(text, "%zu hosts", names->n);
	else
		vmm_buf_addf(text, "hosts %s", folded.data);
	return folded.failed ? VMM_ENOMEM : 0;
}

/* All for the same reason as the first. */
static int say_unwell(const struct vmm_fleet *f, size_t first, struct vmm_buf *text)
{
	const char *why = f->hosts[first].closed;
	VMM_STRV_AUTO names = VMM_STRV_INIT;

	for (size_t i = first; i < f->nhosts; i++)
		if (is_unwell(&f->hosts[i], why) && vmm_strv_add(&names, f->hosts[i].name) < 0)
			return VMM_ENOMEM;
	if (say_hosts(&names, text) < 0)
		return VMM_ENOMEM;
	vmm_buf_addf(text, " %s left out: %s", names.n == 1 ? "is" : "are", why);
	return 0;
}

static bool was_said(const struct vmm_fleet *f, size_t host)
{
	for (size_t i = 0; i < host; i++)
		if (is_unwell(&f->hosts[i], f->hosts[host].closed))
			return true;
	return false;
}

int vmm__left_unwell(const struct vmm_fleet *f, struct vmm_strv *left)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->nhosts; i++) {
		if (!is_unwell(&f->hosts[i], NULL) || was_said(f, i))
			continue;
		rc = say_unwell(f, i, &text);
		if (rc == 0)
			rc = add(left, &text);
	}
	return rc;
}

int vmm__left_banned(const struct vmm_fleet *f, const bool *banned, struct vmm_strv *left)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int rc = 0;

	for (size_t v = 0; rc == 0 && v < f->nvms; v++) {
		if (!banned[v])
			continue;
		vmm_buf_adds(&text, "VM '");
		vmm__vm_say(f, (uint32_t)v, &text);
		vmm_buf_adds(&text, "' stays: no order of moves has room for it on its way");
		rc = add(left, &text);
	}
	return rc;
}

/* Why none of the hosts that a rule is content with gets the VM; NULL: that is not told in a word. */
static const char *no_host(const struct vmm__place *p, const struct vmm__rule *r, uint32_t vm)
{
	const struct vmm__rule *other;
	bool open = false;

	for (uint32_t h = 0; h < p->f->nhosts; h++) {
		if (p->f->hosts[h].group != r->group || !vmm__rule_likes(r, h) ||
		    !vmm__place_open(p, h))
			continue;
		open = true;
		if (!vmm__place_fits(p, vm, h))
			continue;
		other = vmm__rule_worsened(p, vm, h);
		return other ? other->said : NULL;
	}
	return open ? "no host for it has room" : "no host for it is open";
}

static const char *why_broken(const struct vmm__place *p, const struct vmm__rule *r, uint32_t vm)
{
	if (p->f->vms[vm].fixed)
		return p->f->vms[vm].fixed;
	return r->hosts || r->text->kind == VMM_MUST || r->text->kind == VMM_SHOULD
		       ? no_host(p, r, vm)
		       : NULL;
}

/* The first VM that is to blame stands for all of them. */
static void say_broken(const struct vmm__place *p, size_t rule, struct vmm_buf *text)
{
	const struct vmm__rule *r = &p->f->more->rules[rule];
	uint32_t first = VMM__NONE;
	const char *why = NULL;
	size_t n = 0;

	for (size_t i = 0; i < r->nvms; i++)
		if (vmm__rule_blames(p, rule, r->vms[i])) {
			first = n == 0 ? r->vms[i] : first;
			n++;
		}
	vmm_buf_addf(text, "group '%s': ", p->f->groups[r->group]->name);
	vmm_buf_addf(text, r->names ? "%s stay on one host: VM '" : "%s stays broken: VM '", r->said);
	if (first != VMM__NONE) {
		vmm__vm_say(p->f, first, text);
		why = why_broken(p, r, first);
	}
	vmm_buf_adds(text, "'");
	if (n > 1)
		vmm_buf_addf(text, " and %zu more", n - 1);
	if (why)
		vmm_buf_addf(text, " (%s)", why);
}

static int say_full(const struct vmm__place *p, struct vmm_strv *left)
{
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	for (uint32_t h = 0; h < p->f->nhosts; h++)
		if (vmm__host_over(p, h) > 0 && vmm_strv_add(&names, p->f->hosts[h].name) < 0)
			return VMM_ENOMEM;
	if (names.n == 0)
		return 0;
	if (say_hosts(&names, &text) < 0)
		return VMM_ENOMEM;
	vmm_buf_adds(&text, names.n == 1 ? " stays fuller than it may be"
					 : " stay fuller than they may be");
	return add(left, &text);
}

int vmm__left_broken(const struct vmm__place *p, struct vmm_strv *left)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < p->f->more->nrules; i++) {
		if (vmm__rule_broken(p, i) == 0)
			continue;
		say_broken(p, i, &text);
		rc = add(left, &text);
	}
	return rc < 0 ? rc : say_full(p, left);
}
