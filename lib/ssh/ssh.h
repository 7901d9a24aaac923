/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commands on another machine, over ssh, to a server that is known.
 *
 *	struct vmm_ssh_to to = { .address = "10.0.0.5", .user = "root", .key = file,
 *				 .host_keys = &keys, .timeout_ms = 10000 };
 *	struct vmm_ssh_command what = { .line = "uname -r", .limit_ms = 5000 };
 *	VMM_SSH_DONE_AUTO got = VMM_SSH_DONE_INIT;
 *	struct vmm_ssh *s;
 *
 *	if (vmm_ssh_open(&to, &s, err) < 0) …;
 *	if (vmm_ssh_run(s, &what, &got, err) == 0 && got.status == 0)
 *		puts(got.out.data);
 *	vmm_ssh_close(s);
 *
 * The server's key is checked against `host_keys` (lines as "ssh-ed25519 AAAA…") or, without, against the
 * file `known_hosts`; one that is not there is VMM_EREFUSED, and nothing is sent to it. Who we are is
 * shown by the private key in the file `key`, which must be readable by its owner only, or without one
 * by the ssh agent and the usual files of ~/.ssh. No passwords.
 *
 * Each call ends within its limit: VMM_EAGAIN. At level 2 of `cancel` it ends with VMM_ECANCEL. A
 * connection is for one thread.
 */
#ifndef VMM_SSH_SSH_H
#define VMM_SSH_SSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jobs.h"
#include "base/strv.h"

struct vmm_ssh;

struct vmm_ssh_to {
	const char *address; /* of IPv4 or IPv6, or a name */
	unsigned port;       /* 0: 22 */
	const char *user;
	const char *key;                  /* file; NULL: the agent and the usual ones */
	const struct vmm_strv *host_keys; /* NULL or empty: known_hosts */
	const char *known_hosts;          /* file; NULL: ~/.ssh/known_hosts */
	uint64_t timeout_ms;              /* to connect and log in */
	const struct vmm_cancel *cancel;  /* may be NULL; borrowed until it is closed */
};

/* VMM_EAGAIN: nobody answers (yet); VMM_EREFUSED: it is not the server, or does not let us in. */
int vmm_ssh_open(const struct vmm_ssh_to *to, struct vmm_ssh **out, struct vmm_err *err);
void vmm_ssh_close(struct vmm_ssh *s);

/*
 * What vmm_ssh_open() would say of the file `key` and vmm_known_hosts_set() of where `known_hosts` is, before
 * there is a server; either may be NULL. VMM_EINPUT, VMM_EREFUSED.
 */
int vmm_ssh_files_check(const char *key, const char *known_hosts, struct vmm_err *err);

struct vmm_ssh_command {
	const char *line; /* for the user's shell there: a value in it has to be quoted */
	const char *in;   /* what it reads from stdin; NULL: nothing */
	size_t in_len;
	uint64_t limit_ms;
	size_t out_max; /* of stdout and stderr together at least the last so many bytes are kept; 0: 64 KiB */
};

struct vmm_ssh_done {
	int status;         /* its exit status; -1: ended otherwise */
	struct vmm_buf out; /* stdout and stderr as they came */
};
#define VMM_SSH_DONE_INIT                         \
	{                                         \
		.status = -1, .out = VMM_BUF_INIT \
	}
void vmm_ssh_done_release(struct vmm_ssh_done *d);
#define VMM_SSH_DONE_AUTO __attribute__((cleanup(vmm_ssh_done_release))) struct vmm_ssh_done

/* 0: it ran, and *got says how it ended, also where that was not well. */
int vmm_ssh_run(struct vmm_ssh *s, const struct vmm_ssh_command *what, struct vmm_ssh_done *got,
		struct vmm_err *err);

/* A value as one word of a shell; appended. */
void vmm_ssh_quote(struct vmm_buf *out, const char *value);

/* Appends "TYPE BASE64" of a line that has them and maybe a comment; false: it is no public key. */
bool vmm_ssh_host_key(const char *line, struct vmm_buf *out);

/*
 * From now on the server at this address (and port; 0: 22) has these keys and no others: the file of
 * known hosts is written anew, aside and renamed, with what else is in it as it was. Calls take turns,
 * also between processes. NULL: ~/.ssh/known_hosts.
 */
int vmm_known_hosts_set(const char *file, const char *address, unsigned port,
			const struct vmm_strv *keys, struct vmm_err *err);

#endif
