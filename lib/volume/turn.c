/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose turn it is to bring an image to a pool, by the journal: intents "image-copy", subject
 * HOST/POOL/VOLUME. Of one host only one can be open. Those of hosts that may share the pool are told
 * apart by their detail: "making" is noted before the volume is made, and "waiting" when it could
 * not be, because there is one. What is there without anybody making it is what a crash left, and
 * the oldest of those who wait throws it away: there is always one oldest, and none is made
 * while it is there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "volume/internal.h"

static int make_subject(const struct vmm__copying *c, struct vmm_buf *out, struct vmm_err *err)
{
	vmm_buf_addf(out, "%s/%s/%s", c->at->host, c->at->pool, c->name);
	return out->failed ? vmm_err_nomem(err) : 0;
}

static bool is_op(const struct vmm_table *t, size_t row)
{
	return strcmp(vmm_table_at(t, row, "op"), VMM_VOLUME_OP) == 0;
}

/* Somebody died over it: what is left of that we see to, as vmm__turn_is_first() says. */
static int take_dead(struct vmm__copying *c, const char *subject, struct vmm_err *err)
{
	struct vmm_table *t = NULL;
	int ret = vmm_intent_list(c->at->st, &t, err);

	for (size_t r = 0; ret == 0 && r < vmm_table_rows(t); r++) {
		uint64_t id;

		if (!is_op(t, r) || strcmp(vmm_table_at(t, r, "subject"), subject) != 0 ||
		    strcmp(vmm_table_at(t, r, "alive"), "yes") == 0)
			continue;
		ret = vmm_intent_id(t, r, &id, err);
		if (ret == 0)
			ret = vmm_intent_take(c->at->st, id, err);
		if (ret == 0)
			ret = vmm_intent_end(c->at->st, id, "given up", err);
	}
	vmm_table_free(t);
	return ret;
}

int vmm__turn_take(struct vmm__copying *c, struct vmm_err *err)
{
	VMM_BUF_AUTO subject = VMM_BUF_INIT;
	struct vmm_err why = { 0 };
	int ret = make_subject(c, &subject, err);

	if (ret < 0)
		return ret;
	ret = vmm_intent_begin(c->at->st, VMM_VOLUME_OP, subject.data, c->img->sha256, &c->intent,
			       &why);
	if (ret == VMM_EREFUSED) {
		ret = take_dead(c, subject.data, &why);
		return ret == 0 || ret == VMM_EAGAIN || ret == VMM_EREFUSED
			       ? 0
			       : vmm_err_set(err, why.code, "%s", why.text);
	}
	if (ret == 0)
		return 1;
	return ret == VMM_EAGAIN ? 0 : vmm_err_set(err, why.code, "%s", why.text);
}

int vmm__turn_note(struct vmm__copying *c, bool making, struct vmm_err *err)
{
	VMM_BUF_AUTO detail = VMM_BUF_INIT;

	/* With the sha256, so that the image is not removed meanwhile. */
	vmm_buf_addf(&detail, "%s %s", making ? "making" : "waiting", c->img->sha256);
	if (detail.failed)
		return vmm_err_nomem(err);
	return vmm_intent_note(c->at->st, c->intent, detail.data, err);
}

/* Another host's, for a pool and a volume of the same names. */
static bool is_rival(const struct vmm__copying *c, const struct vmm_table *t, size_t row)
{
	VMM_BUF_AUTO end = VMM_BUF_INIT;
	const char *subject = vmm_table_at(t, row, "subject");
	size_t n = strlen(subject);

	vmm_buf_addf(&end, "/%s/%s", c->at->pool, c->name);
	return is_op(t, row) && strcmp(vmm_table_at(t, row, "alive"), "yes") == 0 && n > end.len &&
	       strcmp(subject + n - end.len, end.data) == 0;
}

int vmm__turn_is_first(struct vmm__copying *c, struct vmm_err *err)
{
	struct vmm_table *t = NULL;
	int ret = vmm_intent_list(c->at->st, &t, err);
	int first = 1;

	for (size_t r = 0; ret == 0 && r < vmm_table_rows(t); r++) {
		uint64_t id;

		if (!is_rival(c, t, r))
			continue;
		ret = vmm_intent_id(t, r, &id, err);
		if (ret == 0 && id != c->intent &&
		    (id < c->intent || strncmp(vmm_table_at(t, r, "detail"), "waiting", 7) != 0))
			first = 0;
	}
	vmm_table_free(t);
	return ret < 0 ? ret : first;
}

void vmm__turn_end(struct vmm__copying *c, const char *result)
{
	if (c->intent)
		vmm_intent_end(c->at->st, c->intent, result, NULL);
	c->intent = 0;
}
