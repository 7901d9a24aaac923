/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "deploy/internal.h"

struct vmm__task *vmm__deploy_task_new(struct vmm_store *st, const struct vmm_deploy_options *opt,
				       struct vmm_err *err)
{
	struct vmm__task *k = calloc(1, sizeof(*k));

	if (!k) {
		vmm_err_nomem(err);
		return NULL;
	}
	k->opt = *opt;
	k->opt.wipe = NULL; /* borrowed from who may be gone by then */
	if (vmm_store_dup(st, &k->st, err) < 0) {
		free(k);
		return NULL;
	}
	return k;
}

void vmm__deploy_task_free(void *task)
{
	struct vmm__task *k = task;

	if (!k)
		return;
	for (size_t i = 0; k->dns && i < vmm_table_rows(k->leases); i++)
		vmm_strv_release(&k->dns[i]);
	free(k->dns);
	free(k->places);
	vmm_table_free(k->leases);
	vmm_profile_free(k->p);
	vmm_image_release(&k->image);
	vmm_strv_release(&k->macs);
	vmm_strv_release(&k->script_sha);
	vmm_strv_release(&k->driver_sha);
	vmm_strv_release(&k->host_keys);
	vmm_strv_release(&k->addresses);
	vmm_boot_close(k->boot);
	vmm_store_close(k->st);
	free(k->name);
	free(k->uuid);
	free(k->serial);
	free(k->bmc);
	free(k->bmc_auth);
	free(k->firmware);
	free(k->first_boot);
	free(k->log);
	free(k->disk_id);
	free(k);
}
