/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The jobs, kept in memory: anybody can ask, so a question must not cost reading them all. A job never changes,
 * and one that comes or goes changes the time of the folder.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "boot/serve-internal.h"

#define SETTLED_S 2 /* a change may come in the same tick of the clock as the one before */
#define INSPECTED_MAX 64U
#define INSPECT_S 600
#define UNASKED "unknown machine" /* an inspection that nobody ordered */

struct vmm__boot_index {
	pthread_mutex_t lock;
	struct timespec changed;
	struct vmm_boot_job **jobs;
	size_t n;
};

struct vmm__boot_index *vmm__boot_index_new(void)
{
	struct vmm__boot_index *ix = calloc(1, sizeof(*ix));

	if (ix)
		pthread_mutex_init(&ix->lock, NULL);
	return ix;
}

static void clear(struct vmm__boot_index *ix)
{
	for (size_t i = 0; i < ix->n; i++)
		vmm_boot_job_free(ix->jobs[i]);
	free(ix->jobs);
	ix->jobs = NULL;
	ix->n = 0;
}

void vmm__boot_index_free(struct vmm__boot_index *ix)
{
	if (!ix)
		return;
	clear(ix);
	pthread_mutex_destroy(&ix->lock);
	free(ix);
}

static void load(struct vmm_boot_server *s, struct vmm__boot_index *ix)
{
	VMM_STRV_AUTO ids = VMM_STRV_INIT;
	struct vmm_err err;

	clear(ix);
	if (vmm_boot_job_list(s->o.boot, &ids, &err) < 0) {
		vmm__boot_say(s, "error", NULL, NULL, "%s", err.text);
		return;
	}
	ix->jobs = calloc(ids.n + 1, sizeof(*ix->jobs));
	for (size_t i = 0; ix->jobs && i < ids.n; i++) {
		int ret = vmm_boot_job_read(s->o.boot, ids.s[i], &ix->jobs[ix->n], &err);

		if (ret == 0)
			ix->n++;
		else if (ret != VMM_ENOTFOUND)
			vmm__boot_say(s, "error", NULL, ids.s[i], "%s", err.text);
	}
}

static void refresh(struct vmm_boot_server *s)
{
	struct vmm__boot_index *ix = s->index;
	int fd = vmm__boot_folder(s->o.boot, "jobs");
	struct stat st = { 0 };

	if (fd >= 0) {
		fstat(fd, &st);
		close(fd);
	}
	if (st.st_mtim.tv_sec == ix->changed.tv_sec && st.st_mtim.tv_nsec == ix->changed.tv_nsec &&
	    time(NULL) - st.st_mtim.tv_sec > SETTLED_S)
		return;
	ix->changed = st.st_mtim;
	load(s, ix);
}

static bool is_unasked(const struct vmm_boot_job *job)
{
	return job->inspect && strcmp(job->name, UNASKED) == 0;
}

static enum vmm__boot_found look(struct vmm_boot_server *s, const struct vmm__boot_claims *c,
				 char id[VMM_BOOT_ID_LEN + 1])
{
	enum vmm__boot_found found = VMM__BOOT_UNKNOWN;
	char mac[VMM_BOOT_MAC_LEN + 1];

	if (!vmm_boot_mac(c->mac, mac))
		return found;
	for (size_t i = 0; i < s->index->n; i++) {
		const struct vmm_boot_job *job = s->index->jobs[i];
		bool same = vmm_boot_job_is(job, c->uuid, mac, c->serial);
		bool ready;

		if (!same && !vmm_strv_has(&job->macs, mac))
			continue;
		ready = vmm_boot_ticket_ready(s->o.boot, job->id, NULL) == 0;
		if (ready)
			memcpy(id, job->id, sizeof(job->id));
		if (ready && same)
			return VMM__BOOT_READY;
		if (ready)
			found = VMM__BOOT_STRANGE;
		else if (found == VMM__BOOT_UNKNOWN && !is_unasked(job))
			found = VMM__BOOT_LOCAL;
	}
	return found;
}

enum vmm__boot_found vmm__boot_index_find(struct vmm_boot_server *s, const struct vmm__boot_claims *c,
					  char id[VMM_BOOT_ID_LEN + 1])
{
	enum vmm__boot_found found;

	pthread_mutex_lock(&s->index->lock);
	refresh(s);
	found = look(s, c, id);
	pthread_mutex_unlock(&s->index->lock);
	return found;
}

/* ---- inspections that nobody ordered ---- */

/* Its arming holds, or it was heard of lately. */
static bool is_alive(struct vmm_boot_server *s, const struct vmm_boot_job *job)
{
	char folder[VMM__BOOT_PATH];
	enum vmm_boot_state state = vmm_boot_job_state(s->o.boot, job->id);

	vmm__boot_job_path(folder, job->id, "");
	if (state == VMM_BOOT_GIVEN || state == VMM_BOOT_SESSION)
		return !vmm_boot_is_older(s->o.boot, folder, "events", INSPECT_S);
	return state != VMM_BOOT_ENDED && vmm_boot_ticket_ready(s->o.boot, job->id, NULL) == 0;
}

/* When there are too many, one that is over goes; never one that goes on, for anybody can ask. */
static int make_room(struct vmm_boot_server *s, struct vmm_err *err)
{
	const struct vmm_boot_job *over = NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->index->n; i++)
		n += is_unasked(s->index->jobs[i]);
	if (n < INSPECTED_MAX)
		return 0;
	for (size_t i = 0; i < s->index->n && !over; i++)
		if (is_unasked(s->index->jobs[i]) && !is_alive(s, s->index->jobs[i]))
			over = s->index->jobs[i];
	if (over)
		return vmm_boot_job_remove(s->o.boot, over->id, err);
	return vmm_err_set(err, VMM_EAGAIN, "%u unknown machines are being inspected already",
			   INSPECTED_MAX);
}

static const struct vmm_boot_job *find_unasked(struct vmm_boot_server *s,
					       const struct vmm__boot_claims *c)
{
	for (size_t i = 0; i < s->index->n; i++)
		if (is_unasked(s->index->jobs[i]) &&
		    vmm_boot_job_is(s->index->jobs[i], c->uuid, c->mac, c->serial))
			return s->index->jobs[i];
	return NULL;
}

static int begin(struct vmm__boot_request *r, const struct vmm__boot_claims *c,
		 char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err)
{
	struct vmm_boot_server *s = r->s;
	const struct vmm_boot_job *job = find_unasked(s, c);
	int ret;

	if (!job) {
		ret = make_room(s, err);
		return ret < 0 ? ret
			       : vmm_boot_job_inspect(s->o.boot, UNASKED, c->uuid, c->mac, id, err);
	}
	memcpy(id, job->id, sizeof(job->id));
	if (vmm_boot_job_state(s->o.boot, id) == VMM_BOOT_ENDED)
		return vmm_err_set(err, VMM_EREFUSED, "it was inspected");
	if (!vmm__boot_peer_allowed(r, job)) /* to arm it anew would end what goes on */
		return vmm_err_set(err, VMM_EREFUSED, "another interface asks for it");
	return 0;
}

int vmm__boot_inspect(struct vmm__boot_request *r, const struct vmm__boot_claims *c,
		      char id[VMM_BOOT_ID_LEN + 1], struct vmm_err *err)
{
	struct vmm_boot_server *s = r->s;
	int ret;

	pthread_mutex_lock(&s->index->lock);
	refresh(s);
	ret = begin(r, c, id, err);
	if (ret == 0)
		ret = vmm_boot_job_arm(s->o.boot, id, INSPECT_S, err);
	pthread_mutex_unlock(&s->index->lock);
	return ret;
}

void vmm__boot_index_forget(struct vmm__boot_index *ix)
{
	pthread_mutex_lock(&ix->lock);
	ix->changed = (struct timespec){ 0 };
	pthread_mutex_unlock(&ix->lock);
}
