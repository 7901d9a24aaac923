/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom a rule means. */
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/percent.h"
#include "base/rows.h"
#include "group/internal.h"

/* Patterns are what people write, and they see a name as a terminal shows it. Most look the same there. */
static bool shown_otherwise(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name >= 0x7f || *name == '%' || *name == '\\')
			return true;
	return false;
}

static bool like(const struct vmm_strv *patterns, const char *name)
{
	char uuid[VMM_UUID_LEN + 1];

	for (size_t i = 0; i < patterns->n; i++)
		if (fnmatch(patterns->s[i], name, 0) == 0 && !vmm_uuid_parse(patterns->s[i], uuid))
			return true;
	return false;
}

bool vmm_rule_has_vm(const struct vmm_rule *r, const char *name, const char *uuid)
{
	VMM_BUF_AUTO shown = VMM_BUF_INIT;

	for (size_t i = 0; i < r->vms.n; i++)
		if (strcasecmp(r->vms.s[i], uuid) == 0)
			return true;
	if (like(&r->vms, name))
		return true;
	if (!r->vms.n || !shown_otherwise(name))
		return false;
	vmm_percent_encode(&shown, name);
	return !shown.failed && like(&r->vms, shown.data);
}

static bool has_label(const char *labels, const char *label)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;

	return vmm_list_split(&items, labels) == 0 && vmm_strv_has(&items, label);
}

bool vmm_rule_has_host(const struct vmm_rule *r, const char *name, const char *labels)
{
	for (size_t i = 0; i < r->hosts.n; i++)
		if (strchr(r->hosts.s[i], '=') ? has_label(labels, r->hosts.s[i])
					       : strcmp(r->hosts.s[i], name) == 0)
			return true;
	return false;
}
