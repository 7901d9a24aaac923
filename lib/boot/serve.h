/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The boot server: what machines ask over HTTP (firmware, iPXE) and over TLS (the agent).
 *
 *	struct vmm_boot_serve o = { .boot = b, .address = "10.0.0.1", … };
 *
 *	vmm_boot_server_new(&o, &s, err);	(as root, if a port needs it: binds)
 *	vmm_boot_drop("boot", err);
 *	vmm_boot_server_start(s, err);		(threads of its own)
 *	for (; going on; sleep 1 s) vmm_boot_server_tick(s);
 *	vmm_boot_server_free(s);
 *
 * Over plain HTTP, which anybody can read and ask: the scripts of iPXE, the agent's kernel and initramfs,
 * and a ticket, once each time a job is armed, for whoever claims to be the job's machine. Over TLS with the
 * ticket's pinned key: the ticket for a session, and with that the job's files. Nothing of a job without it.
 *
 * A request is limited in its size and its time, an address in its connections. Each is told to
 * log(), which is called from several threads with one line, without a line feed and with no byte that a
 * terminal would not show: "event=ticket peer=10.0.0.7 job=… text".
 */
#ifndef VMM_BOOT_SERVE_H
#define VMM_BOOT_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "boot/spool.h"

struct vmm_boot_server;

/* Everything is borrowed until vmm_boot_server_free(). */
struct vmm_boot_serve {
	struct vmm_boot *boot;
	const char *address; /* IPv4, of this machine; where machines reach it */
	uint16_t http_port, tls_port;
	const char *ipxe;     /* folder with undionly.kpxe and snponly.efi; NULL: none */
	const char *append;   /* to the agent's kernel command line; may be NULL */
	bool inspect_unknown; /* a machine without a job is inspected, else it boots locally */
	uint64_t ticket_s, session_s; /* how long they are valid; 0: 300, 43200 */
	void (*log)(void *arg, const char *line);
	void *log_arg;
};

int vmm_boot_server_new(const struct vmm_boot_serve *o, struct vmm_boot_server **out,
			struct vmm_err *err);
/* Makes the key and certificate if there are none. */
int vmm_boot_server_start(struct vmm_boot_server *s, struct vmm_err *err);
/* Ends connections that take too long, and what is sent for a session that is over. */
void vmm_boot_server_tick(struct vmm_boot_server *s);
/* Reads the jobs anew. */
void vmm_boot_server_reload(struct vmm_boot_server *s);
void vmm_boot_server_free(struct vmm_boot_server *s);

/* The first IPv4 address of an interface and its netmask. */
int vmm_boot_interface(const char *interface, char address[16], char netmask[16],
		       struct vmm_err *err);

/*
 * Becomes that user for good, with its group only, without a way to more rights or a core dump. What programs started later
 * need to serve DHCP (CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_NET_ADMIN) is handed on to them but is not in
 * effect here. One who is no root already stays as he is (user may be NULL then).
 */
int vmm_boot_drop(const char *user, struct vmm_err *err);

/* Tells the service manager, if there is one ($NOTIFY_SOCKET): "READY=1". */
void vmm_boot_notify(const char *state);

#endif
