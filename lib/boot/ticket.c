/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A job's way from armed to a session. Each step takes the file of the one before away by a rename, which
 * of several askers only one can do, and is on the disk before its secret leaves this process:
 *
 *	armed	until when a ticket may be given out
 *	given	the same file, once one was
 *	ticket	hash, until when it may be used
 *	used	the same file, once it was presented
 *	session	hash, until when, from which address
 *	ended	no session any more
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "boot/internal.h"

#define SMALL 1024

static const char *const all[] = { "armed", "given", "ticket", "used", "session", "ended", NULL };

const char *vmm_boot_state_name(enum vmm_boot_state state)
{
	static const char *const names[] = { "idle", "armed", "given", "session", "ended" };

	return names[state];
}

static bool job_has(struct vmm_boot *b, const char *id, const char *file)
{
	char path[VMM__BOOT_PATH];

	vmm__boot_job_path(path, id, file);
	return vmm__boot_has(b, path);
}

enum vmm_boot_state vmm_boot_job_state(struct vmm_boot *b, const char *id)
{
	if (vmm__boot_id(id, NULL) < 0)
		return VMM_BOOT_IDLE;
	if (job_has(b, id, "ended"))
		return VMM_BOOT_ENDED;
	if (job_has(b, id, "session"))
		return VMM_BOOT_SESSION;
	if (job_has(b, id, "given"))
		return VMM_BOOT_GIVEN;
	return job_has(b, id, "armed") ? VMM_BOOT_ARMED : VMM_BOOT_IDLE;
}

static int put(struct vmm_boot *b, const char *id, const char *name, const struct vmm_buf *text,
	       struct vmm_err *err)
{
	char folder[VMM__BOOT_PATH];

	if (text->failed)
		return vmm_err_nomem(err);
	vmm__boot_job_path(folder, id, "");
	return vmm__boot_put(b, folder, name, 0600, text->data, text->len, true, err);
}

static uint64_t later(uint64_t seconds)
{
	return (uint64_t)time(NULL) + seconds;
}

int vmm_boot_job_disarm(struct vmm_boot *b, const char *id, struct vmm_err *err)
{
	char folder[VMM__BOOT_PATH];
	int ret = vmm__boot_id(id, err);

	if (ret < 0)
		return ret;
	vmm__boot_job_path(folder, id, "");
	return vmm__boot_unlink(b, folder, all, err);
}

int vmm_boot_job_arm(struct vmm_boot *b, const char *id, uint64_t seconds, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int ret = vmm_boot_job_disarm(b, id, err);

	vmm_buf_addf(&text, "%" PRIu64 "\n", later(seconds));
	return ret < 0 ? ret : put(b, id, "armed", &text, err);
}

/* The words of a small file, at least n of them. */
static int read_words(struct vmm_boot *b, const char *id, const char *name, size_t n,
		      struct vmm_strv *words, struct vmm_err *err)
{
	char path[VMM__BOOT_PATH];
	VMM_STR_AUTO text = NULL;
	size_t len;
	int ret;

	vmm__boot_job_path(path, id, name);
	ret = vmm__boot_read(b, path, SMALL, &text, &len, err);
	if (ret == 0 && vmm_strv_split(words, text, " \n") < 0)
		ret = vmm_err_nomem(err);
	if (ret == 0 && words->n < n)
		ret = vmm_err_set(err, VMM_EFAIL, "'%s' is not as it should be", path);
	return ret;
}

static int in_time(const char *until, const char *what, struct vmm_err *err)
{
	uint64_t t;
	int ret = vmm_num_u64(what, until, 0, UINT64_MAX, &t, err);

	if (ret == 0 && (uint64_t)time(NULL) > t)
		ret = vmm_err_set(err, VMM_EREFUSED, "%s has expired", what);
	return ret;
}

int vmm_boot_ticket_ready(struct vmm_boot *b, const char *id, struct vmm_err *err)
{
	VMM_STRV_AUTO words = VMM_STRV_INIT;
	int ret = vmm__boot_id(id, err);

	if (ret == 0)
		ret = read_words(b, id, "armed", 1, &words, err);
	if (ret == VMM_ENOTFOUND || (ret == 0 && job_has(b, id, "ended")))
		return vmm_err_set(err, VMM_EREFUSED, "job %s is not armed", id);
	return ret < 0 ? ret : in_time(words.s[0], "the arming", err);
}

static int put_secret(struct vmm_boot *b, const char *id, const char *name, const char *secret,
		      uint64_t seconds, const char *address, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	char hash[VMM_BOOT_SHA_LEN + 1];

	vmm__boot_hash(secret, VMM_BOOT_SECRET_LEN, hash);
	vmm_buf_addf(&text, "%s %" PRIu64 " %s\n", hash, later(seconds), address);
	return put(b, id, name, &text, err);
}

int vmm_boot_ticket_give(struct vmm_boot *b, const char *id, uint64_t seconds,
			 char token[VMM_BOOT_SECRET_LEN + 1], struct vmm_err *err)
{
	char folder[VMM__BOOT_PATH], made[VMM_BOOT_SECRET_LEN + 1];
	int ret = vmm_boot_ticket_ready(b, id, err);

	if (ret < 0)
		return ret;
	vmm__boot_job_path(folder, id, "");
	ret = vmm__boot_rename(b, folder, "armed", "given", err);
	if (ret == VMM_ENOTFOUND)
		return vmm_err_set(err, VMM_EREFUSED, "job %s is not armed", id);
	if (ret == 0)
		ret = vmm__boot_secret(id, made, err);
	if (ret == 0)
		ret = put_secret(b, id, "ticket", made, seconds, "-", err);
	if (ret == 0)
		memcpy(token, made, sizeof(made));
	return ret;
}

/* Whether the file holds the secret's hash; its words then. */
static bool holds(struct vmm_boot *b, const char *id, const char *name, const char *secret,
		  struct vmm_strv *words)
{
	char hash[VMM_BOOT_SHA_LEN + 1];

	if (read_words(b, id, name, 3, words, NULL) < 0 || strlen(words->s[0]) != VMM_BOOT_SHA_LEN)
		return false;
	vmm__boot_hash(secret, VMM_BOOT_SECRET_LEN, hash);
	return vmm__boot_same(hash, words->s[0], VMM_BOOT_SHA_LEN);
}

static bool owner_of(const char *secret, char id[VMM_BOOT_ID_LEN + 1])
{
	if (!vmm__boot_is_hex(secret, VMM_BOOT_SECRET_LEN))
		return false;
	memcpy(id, secret, VMM_BOOT_ID_LEN);
	id[VMM_BOOT_ID_LEN] = '\0';
	return true;
}

int vmm_boot_ticket_take(struct vmm_boot *b, const char *token, char id[VMM_BOOT_ID_LEN + 1],
			 struct vmm_err *err)
{
	VMM_STRV_AUTO fresh = VMM_STRV_INIT, used = VMM_STRV_INIT;
	char folder[VMM__BOOT_PATH];
	int ret = VMM_ENOTFOUND;

	if (!owner_of(token, id))
		return vmm_err_set(err, VMM_ENOTFOUND, "it is no ticket");
	vmm__boot_job_path(folder, id, "");
	if (holds(b, id, "ticket", token, &fresh))
		ret = vmm__boot_rename(b, folder, "ticket", "used", err);
	if (ret == 0)
		return in_time(fresh.s[1], "the ticket", err);
	if (ret != VMM_ENOTFOUND)
		return ret;
	if (holds(b, id, "used", token, &used))
		return vmm_err_set(err, VMM_EREFUSED, "the ticket has been used already");
	return vmm_err_set(err, VMM_ENOTFOUND, "nobody was given this ticket");
}

int vmm_boot_session_make(struct vmm_boot *b, const char *id, const char *address, uint64_t seconds,
			  char key[VMM_BOOT_SECRET_LEN + 1], struct vmm_err *err)
{
	char made[VMM_BOOT_SECRET_LEN + 1];
	int ret = vmm__boot_id(id, err);

	if (ret == 0)
		ret = vmm__boot_secret(id, made, err);
	if (ret == 0)
		ret = put_secret(b, id, "session", made, seconds, address, err);
	if (ret == 0)
		memcpy(key, made, sizeof(made));
	return ret;
}

int vmm_boot_session_find(struct vmm_boot *b, const char *key, const char *address,
			  char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err)
{
	VMM_STRV_AUTO words = VMM_STRV_INIT;

	if (!owner_of(key, id) || !holds(b, id, "session", key, &words))
		return vmm_err_set(err, VMM_ENOTFOUND, "there is no such session");
	if (strcmp(words.s[2], address) != 0)
		return vmm_err_set(err, VMM_EREFUSED, "the session is another address's");
	if (job_has(b, id, "ended"))
		return vmm_err_set(err, VMM_EREFUSED, "the job has ended");
	return in_time(words.s[1], "the session", err);
}
