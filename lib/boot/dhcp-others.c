/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether this DHCP server would be one too many. */
#include "boot/dhcp.h"

#include <stdio.h>
#include <string.h>

struct others {
	const struct vmm_boot_dhcp_options *o;
	void (*log)(void *arg, const char *line);
	void *arg;
	size_t n; /* that are in our way; with proxy: that we need */
};

static void found_server(void *arg, const char *server, bool leases, bool boots)
{
	struct others *s = arg;
	char line[128];

	if (strcmp(server, s->o->address) == 0)
		return;
	snprintf(line, sizeof(line), "event=dhcp another server answers: %s (%s%s%s)", server,
		 leases ? "gives addresses" : "", leases && boots ? ", " : "",
		 boots ? "says what to boot" : "");
	s->log(s->arg, line);
	s->n += leases || !s->o->proxy;
}

int vmm_boot_dhcp_look(const struct vmm_boot_dhcp_options *o, uint64_t ms, bool force,
		       void (*log)(void *arg, const char *line), void *arg, struct vmm_err *err)
{
	struct others s = { .o = o, .log = log, .arg = arg };
	int ret = vmm_boot_dhcp_probe(o->interface, ms, found_server, &s, err);

	if (ret < 0)
		return ret;
	if (o->proxy && !s.n)
		log(arg, "event=dhcp no server gives addresses here, as --proxy needs");
	if (s.n && o->range && !force)
		return vmm_err_set(err, VMM_EREFUSED,
				   "another DHCP server answers at '%s': --proxy works beside it, "
				   "--force in spite of it",
				   o->interface);
	return 0;
}
