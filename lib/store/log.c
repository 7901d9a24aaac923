/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/log.h"

#include <stdlib.h>
#include <string.h>

#include "store/backend.h"

int vmm_log_open(struct vmm_store *st, const char *name, const char *const *columns,
		 const struct vmm_log_ops *ops, void *arg, struct vmm_log **out, struct vmm_err *err)
{
	const struct vmm_log init = { .name = name, .columns = columns, .ops = ops, .arg = arg };

	if (!vmm__name_is_valid(name) || strchr(name, '/'))
		return vmm_err_set(err, VMM_EINPUT, "'%s' cannot be the name of a log", name);
	return st->backend->log_open(st, &init, out, err);
}

void vmm_log_close(struct vmm_log *log)
{
	if (log)
		log->backend->close(log);
}

int vmm_log_read(struct vmm_log *log, struct vmm_err *err)
{
	return log->backend->read(log, err);
}

int vmm_log_change(struct vmm_log *log, vmm_log_fn *fn, void *arg, struct vmm_err *err)
{
	int rc;

	log->told = false;
	rc = log->backend->change(log, fn, arg, err);
	/* The index was told of records that are not there. */
	if (rc < 0 && log->told) {
		log->ops->reset(log->arg);
		log->backend->rewind(log);
	}
	return rc;
}

int vmm_log_set(struct vmm_log *log, const char *const *cells, struct vmm_err *err)
{
	if (log->backend->add(log, "set", cells) < 0)
		return vmm_err_nomem(err);
	log->told = true;
	return log->ops->set(log->arg, cells, err);
}

int vmm_log_del(struct vmm_log *log, const char *const *cells, struct vmm_err *err)
{
	if (log->backend->add(log, "del", cells) < 0)
		return vmm_err_nomem(err);
	log->told = true;
	return log->ops->del(log->arg, cells, err);
}

int vmm_log_keep(struct vmm_log *log, const char *const *cells)
{
	return log->backend->add(log, "set", cells);
}
