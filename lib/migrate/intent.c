/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A move in the journal: its detail is one JSON row, all that is needed to mend it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rows.h"
#include "migrate/internal.h"

static const char *yes(bool b)
{
	return b ? "yes" : "no";
}

/* The disks that are copied, as TARGET:PATH: those that the target has, or those that it may have. */
static int put_copies(struct vmm__move *m, struct vmm_table *t, const char *column, bool made)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	for (size_t i = 0; i < m->ncopies; i++) {
		VMM_BUF_AUTO item = VMM_BUF_INIT;

		if (m->copies[i].made != made || !(made || m->copies[i].making))
			continue;
		vmm_buf_addf(&item, "%s:%s", m->copies[i].target, m->copies[i].path);
		vmm_list_add(&cell, item.data);
	}
	return cell.failed ? -1 : vmm_table_put(t, 0, column, cell.data);
}

static char *detail(struct vmm__move *m)
{
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	if (!t || vmm_table_add(t) < 0 || vmm_table_put(t, 0, "vm", m->name) < 0 ||
	    vmm_table_put(t, 0, "from", m->src.host) < 0 ||
	    vmm_table_put(t, 0, "to", m->dst.host) < 0 ||
	    vmm_table_put(t, 0, "from_uuid", m->src.uuid) < 0 ||
	    vmm_table_put(t, 0, "to_uuid", m->dst.uuid) < 0 ||
	    vmm_table_put(t, 0, "method", vmm__method_name(vmm__move_method(m))) < 0 ||
	    vmm_table_put(t, 0, "offline", yes(m->story.offline)) < 0 ||
	    vmm_table_put(t, 0, "stopped", yes(m->story.stopped_by_us)) < 0 ||
	    vmm_table_put(t, 0, "paused", yes(m->story.paused_by_us)) < 0 ||
	    vmm_table_put(t, 0, "transient", yes(m->story.transient)) < 0 ||
	    vmm_table_put(t, 0, "target_knew", yes(m->story.target_knew)) < 0 ||
	    vmm_table_put(t, 0, "autostart", yes(m->autostart)) < 0 ||
	    put_copies(m, t, "making", false) < 0 || put_copies(m, t, "made", true) < 0)
		return NULL;
	vmm_buf_addc(&b, '{');
	for (size_t c = 0; c < vmm_table_cols(t); c++)
		vmm_json_member(&b, c > 0, vmm_table_colname(t, c), vmm_table_get(t, 0, (int)c),
				VMM_TEXT);
	vmm_buf_addc(&b, '}');
	return vmm_buf_steal(&b);
}

int vmm__intent_begin(struct vmm__move *m)
{
	VMM_STR_AUTO text = detail(m);

	if (!text)
		return vmm_err_nomem(&m->err);
	return vmm_intent_begin(m->st, "migrate", m->uuid, text, &m->intent, &m->err);
}

int vmm__intent_note(struct vmm__move *m, struct vmm_err *err)
{
	VMM_STR_AUTO text = detail(m);

	if (!text)
		return vmm_err_nomem(err);
	return vmm_intent_note(m->st, m->intent, text, err);
}

/* Failing to write the end leaves the intent to vmm-fsck, which will find nothing to mend. */
void vmm__intent_end(struct vmm__move *m, const char *result)
{
	if (m->intent && vmm_intent_end(m->st, m->intent, result, NULL) == 0)
		m->intent = 0;
}

static int read_copies(const char *cell, bool made, struct vmm__move *m, struct vmm_err *err)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	struct vmm__copy *more;

	if (vmm_list_split(&items, cell) < 0)
		return vmm_err_nomem(err);
	more = realloc(m->copies, (m->ncopies + items.n + 1) * sizeof(*more));
	if (!more)
		return vmm_err_nomem(err);
	m->copies = more;
	for (size_t i = 0; i < items.n; i++) {
		const char *colon = strchr(items.s[i], ':');
		struct vmm__copy *c = &m->copies[m->ncopies];

		if (!colon)
			continue;
		*c = (struct vmm__copy){ .target = strndup(items.s[i], (size_t)(colon - items.s[i])),
					 .path = strdup(colon + 1),
					 .making = true,
					 .made = made };
		m->ncopies++;
		if (!c->target || !c->path)
			return vmm_err_nomem(err);
	}
	return 0;
}

static bool is_yes(const struct vmm_table *t, const char *column)
{
	return strcmp(vmm_table_at(t, 0, column), "yes") == 0;
}

int vmm__intent_read(const char *text, struct vmm__move *m, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;

	if (vmm_json_parse("journal", text, strlen(text), &t, err) < 0)
		return err->code;
	if (vmm_table_rows(t) != 1)
		return vmm_err_set(err, VMM_EINPUT, "journal: a migration without its detail");
	m->name = strdup(vmm_table_at(t, 0, "vm"));
	m->src.host = strdup(vmm_table_at(t, 0, "from"));
	m->dst.host = strdup(vmm_table_at(t, 0, "to"));
	m->src.uuid = strdup(vmm_table_at(t, 0, "from_uuid"));
	m->dst.uuid = strdup(vmm_table_at(t, 0, "to_uuid"));
	if (!m->name || !m->src.host || !m->dst.host || !m->src.uuid || !m->dst.uuid)
		return vmm_err_nomem(err);
	m->story.offline = is_yes(t, "offline");
	m->story.stopped_by_us = is_yes(t, "stopped");
	m->story.paused_by_us = is_yes(t, "paused");
	m->story.transient = is_yes(t, "transient");
	m->story.target_knew = is_yes(t, "target_knew");
	m->autostart = is_yes(t, "autostart");
	m->opt.method = strcmp(vmm_table_at(t, 0, "method"), "move") == 0 ? VMM_MIGRATE_MOVE
									  : VMM_MIGRATE_AUTO;
	if (read_copies(vmm_table_at(t, 0, "making"), false, m, err) < 0)
		return err->code;
	return read_copies(vmm_table_at(t, 0, "made"), true, m, err);
}
