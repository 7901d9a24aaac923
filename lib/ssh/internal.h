/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 *	connect.c	a socket, within a limit
 *	session.c	the server is the right one, and lets us in
 *	run.c		a command
 *	known.c		files of known hosts
 */
#ifndef VMM_SSH_INTERNAL_H
#define VMM_SSH_INTERNAL_H

#include <libssh2.h>

#include "ssh/ssh.h"

#define VMM__SSH_PORT 22

struct vmm_ssh {
	int fd;
	LIBSSH2_SESSION *session;
	const struct vmm_cancel *cancel;
	char *what; /* "user@address", for errors */
};

/* The socket, or a negative code. */
int vmm__ssh_connect(const char *address, unsigned port, uint64_t until,
		     const struct vmm_cancel *cancel, struct vmm_err *err);
/* "WHAT: FORMATTED: what libssh2 says"; returns `code`. */
int vmm__ssh_err(struct vmm_ssh *s, int code, struct vmm_err *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* 0: libssh2 may have something to do; VMM_EAGAIN: the time is over; VMM_ECANCEL. */
int vmm__ssh_wait(struct vmm_ssh *s, uint64_t until, struct vmm_err *err);
/* The keys that a file has of a server, as "TYPE BASE64 …", appended. */
int vmm__known_keys(const char *file, const char *address, unsigned port, struct vmm_strv *keys,
		    struct vmm_err *err);
/* The file, also where it is the usual one; the caller's. */
int vmm__known_path(const char *file, char **out, struct vmm_err *err);
/* The caller's; NULL: out of memory. */
char *vmm__base64(const char *bytes, size_t n);

#endif
