/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of a host. */
#include <string.h>

#include "virt/virt.h"

int vmm_virt_memory(virConnectPtr conn, unsigned long long *total, unsigned long long *not_used)
{
	/* That many there are on Linux; asking for the number first is a round trip more. */
	virNodeMemoryStats stats[4];
	int n = 4;

	memset(stats, 0, sizeof(stats));
	if (virNodeGetMemoryStats(conn, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats, &n, 0) < 0)
		return -1;
	*total = *not_used = 0;
	for (int i = 0; i < n && i < 4; i++) {
		if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_TOTAL) == 0)
			*total = stats[i].value * 1024;
		else
			*not_used += stats[i].value * 1024;
	}
	return 0;
}
