/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options with which a host is declared, for host-add and host-set. */
#ifndef CMD_DECLARE_H
#define CMD_DECLARE_H

#include "frame/frame.h"

struct cmd_declare_text {
	char *group, *migrate_uri, *peer_uri, *auth_file, *maint, *bmc, *bmc_auth;
	char **label, **unlabel;
};
extern struct cmd_declare_text cmd_declare_text;

/* clang-format off */
#define CMD_DECLARE_OPTIONS \
	{ "group", 'g', POPT_ARG_STRING, &cmd_declare_text.group, 0, "its group", "GROUP" }, \
	{ "migrate-uri", 0, POPT_ARG_STRING, &cmd_declare_text.migrate_uri, 0, \
		"where it receives migrations, such as tcp://10.0.0.1", "URI" }, \
	{ "peer-uri", 0, POPT_ARG_STRING, &cmd_declare_text.peer_uri, 0, \
		"where the other hosts' libvirtd reaches its libvirtd", "URI" }, \
	{ "auth-file", 0, POPT_ARG_STRING, &cmd_declare_text.auth_file, 0, \
		"file with its credentials, in the format of libvirt's auth.conf", "FILE" }, \
	{ "bmc", 0, POPT_ARG_STRING, &cmd_declare_text.bmc, 0, \
		"where its BMC is, such as ipmi://10.0.0.1", "URL" }, \
	{ "bmc-auth", 0, POPT_ARG_STRING, &cmd_declare_text.bmc_auth, 0, \
		"file with the BMC's credentials", "FILE" }, \
	{ "label", 'l', POPT_ARG_ARGV, &cmd_declare_text.label, 0, \
		"a label; may be given again", "KEY=VALUE" }, \
	{ "maint", 0, POPT_ARG_STRING, &cmd_declare_text.maint, 0, \
		"in maintenance: no VM is moved to it", "yes|no" }
/* clang-format on */

/* Whether any of them was given. */
bool cmd_declares(void);
/* One row of the declared columns that the options give, as vmm_inventory_set_host() takes it. */
int cmd_declared(struct cmd_run *c, struct vmm_table **row);

#endif
