/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For commands whose operands are servers with a BMC: hosts (a name, a range, @GROUP) that one is
 * declared for; URLs of BMCs, in which there may be ranges; "-": rows on stdin with the columns bmc and
 * bmc_auth, or the name of a declared host.
 *
 *	struct cmd_servers s = { .auth_file = auth_file };
 *
 *	if (cmd_servers_read(c, &s) < 0) …;
 *	cmd_servers_release(&s);
 */
#ifndef CMD_SERVERS_H
#define CMD_SERVERS_H

#include "frame/frame.h"

struct cmd_server {
	char *name;        /* "": a BMC of which no more is known */
	char *url;         /* "": none, or none that can be used */
	char *auth;        /* "": none */
	char *key;         /* of the BMC, whoever logs in: "10.0.0.1:623" */
	unsigned long vms; /* that run on it, as last seen */
};

struct cmd_servers {
	const char *auth_file; /* for those that no other is known of; NULL: none. Set by the caller */
	struct cmd_server *list;
	size_t n;
};

/* One BMC that is named twice is there once. No operands: all hosts that have one. */
int cmd_servers_read(struct cmd_run *c, struct cmd_servers *s);
void cmd_servers_release(struct cmd_servers *s);

#endif
