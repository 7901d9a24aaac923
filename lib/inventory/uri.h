/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connection and migration URIs: which are let in.
 *
 * A URI can run code: the transport "ext" and the parameter "command" start a program, "netcat"
 * is pasted into a remote shell. So there is a list of what may stand in one (vmm-hosts(5)), and
 * everything else is refused, when a host is declared and again when it is used.
 */
#ifndef VMM_INVENTORY_URI_H
#define VMM_INVENTORY_URI_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A connection URI: schemes qemu xen lxc bhyve vz esx vpx gsx hyperv test; transports none,
 * unix, tcp, tls, ssh, libssh, libssh2; per transport a list of parameters with checked
 * values; host, user and path without anything an option or a shell could be made of.
 * No passwords in it. VMM_EINPUT with the part that is wrong.
 */
int vmm_uri_check(const char *uri, struct vmm_err *err);
/* A migration URI: tcp:HOST[:PORT], tcp://HOST[:PORT], rdma://HOST[:PORT]. */
int vmm_uri_check_migration(const char *uri, struct vmm_err *err);
/*
 * Whether another host can use this URI as it stands, so that libvirtd can talk to libvirtd:
 * transport tcp or tls with a host name.
 */
bool vmm_uri_is_peer(const char *uri);

/*
 * What libvirt is to get: the checked URI, no questions from ssh, and the file with the
 * credentials where auth_file is not "".
 */
int vmm_uri_full(const char *uri, const char *auth_file, struct vmm_buf *out, struct vmm_err *err);

#endif
