/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host must have before anything is made there, and libvirt looks for only when a guest starts. */
#include <libvirt/virterror.h>

#include "provision/internal.h"
#include "virt/virt.h"

static int check_network(struct vmm__making *k, const char *name)
{
	virNetworkPtr net = virNetworkLookupByName(k->conn, name);

	if (!net && virGetLastErrorCode() == VIR_ERR_NO_NETWORK)
		return vmm_err_set(&k->err, VMM_ENOTFOUND, "host '%s' has no network '%s'",
				   k->what.host, name);
	if (!net)
		return vmm_err_virt(&k->err, "cannot look for network '%s' on '%s'", name,
				    k->what.host);
	virNetworkFree(net);
	return 0;
}

int vmm__has_networks(struct vmm__making *k)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < k->t->nnics; i++)
		ret = check_network(k, k->t->nics[i].network);
	return ret;
}
