/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names, columns and the lock. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "history/history-internal.h"

#define WAIT_MS 10
#define ASIDE ".new" /* as vmm_replace_file() has it */

static const char *const host_columns[] = { "time",    "seconds", "name",     "cpu",
					    "cpu_own", "steal",   "pressure", "mem_used",
					    "mem_own", "disk_rd", "disk_wr",  "disk_iops",
					    "disk_ms", "net_rx",  "net_tx",   NULL };
static const char *const vm_columns[] = { "time",      "seconds",   "uuid",    "host",
					  "name",      "cpu",       "steal",   "mem_actual",
					  "mem_rss",   "mem_guest", "disk_rd", "disk_wr",
					  "disk_iops", "disk_ms",   "net_rx",  "net_tx",
					  NULL };

const char *const *vmm_history_columns(enum vmm_history kind)
{
	return kind == VMM_HISTORY_HOSTS ? host_columns : vm_columns;
}

const char *vmm_history_key(enum vmm_history kind)
{
	return kind == VMM_HISTORY_HOSTS ? "name" : "uuid";
}

int vmm__history_digits(const char *column)
{
	static const struct {
		const char *column;
		int digits;
	} digits[] = {
		{ "time", -1 },     { "uuid", -1 },   { "host", -1 },   { "name", -1 },
		{ "seconds", 3 },   { "cpu", 3 },     { "steal", 3 },   { "pressure", 1 },
		{ "disk_iops", 1 }, { "disk_ms", 3 }, { "cpu_own", 3 },
	};

	for (size_t i = 0; i < sizeof(digits) / sizeof(*digits); i++)
		if (strcmp(digits[i].column, column) == 0)
			return digits[i].digits;
	return 0;
}

char *vmm__history_folder(struct vmm_store *st, struct vmm_err *err)
{
	const char *state = vmm_store_folder(st);
	struct vmm_buf b = VMM_BUF_INIT;
	char *path;

	if (!state) {
		vmm_err_set(err, VMM_EREFUSED, "this kind of state keeps no history of load");
		return NULL;
	}
	vmm_buf_addf(&b, "%s/" VMM__HISTORY_FOLDER, state);
	path = vmm_buf_steal(&b);
	if (!path)
		vmm_err_nomem(err);
	return path;
}

static const char *prefix(enum vmm_history kind)
{
	return kind == VMM_HISTORY_HOSTS ? "hosts-" : "vms-";
}

int vmm__history_file(enum vmm_history kind, const char *day, struct vmm_buf *out)
{
	vmm_buf_addf(out, "%s%.*s.tsv", prefix(kind), VMM__DAY_LEN, day);
	return out->failed ? VMM_ENOMEM : 0;
}

const char *vmm__history_day(const char *name, int kind)
{
	for (int k = VMM_HISTORY_HOSTS; k <= VMM_HISTORY_VMS; k++) {
		const char *p = prefix((enum vmm_history)k);
		size_t n = strlen(p);
		char time[VMM_TIME_LEN + 1] = "2000-00-00T00:00:00Z";
		time_t t;

		if ((kind >= 0 && k != kind) || strncmp(name, p, n) != 0 ||
		    strlen(name) != n + VMM__DAY_LEN + 4 ||
		    strcmp(name + n + VMM__DAY_LEN, ".tsv") != 0)
			continue;
		memcpy(time, name + n, VMM__DAY_LEN);
		if (vmm_time_parse(time, &t) == 0)
			return name + n;
	}
	return NULL;
}

bool vmm__history_is_aside(const char *name)
{
	size_t len = strlen(name), end = strlen(ASIDE);
	VMM_STR_AUTO of = len > end ? strndup(name, len - end) : NULL;

	return of && strcmp(name + len - end, ASIDE) == 0 && vmm__history_day(of, -1);
}

static int by_day(const void *a, const void *b)
{
	const char *na = *(char *const *)a, *nb = *(char *const *)b;
	int cmp = strncmp(vmm__history_day(na, -1), vmm__history_day(nb, -1), VMM__DAY_LEN);

	return cmp ? cmp : strcmp(na, nb);
}

int vmm__history_files(const char *folder, int kind, struct vmm_strv *out, struct vmm_err *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *e;
	int rc = 0;

	if (!dir)
		return errno == ENOENT ? 0 : vmm_err_unreadable(err, "cannot read '%s'", folder);
	while (rc == 0 && (e = readdir(dir)))
		if (vmm__history_day(e->d_name, kind) && vmm_strv_add(out, e->d_name) < 0)
			rc = vmm_err_nomem(err);
	closedir(dir);
	if (rc == 0 && out->n)
		qsort(out->s, out->n, sizeof(*out->s), by_day);
	return rc;
}

/* Of the open file and not of the process: threads keep each other out as well. */
int vmm__history_lock(const char *folder, int *out, struct vmm_err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	uint64_t limit, until;
	int fd, rc = vmm_store_lock_timeout(&limit, err);

	if (rc < 0)
		return rc;
	vmm_buf_addf(&path, "%s/lock", folder);
	if (path.failed)
		return vmm_err_nomem(err);
	fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return vmm_err_errno(err, "cannot open '%s'", path.data);
	until = vmm_clock_ms() + limit;
	while ((rc = fcntl(fd, F_OFD_SETLK, &lock)) < 0 && (errno == EAGAIN || errno == EACCES) &&
	       vmm_clock_ms() < until)
		vmm_sleep_ms(WAIT_MS);
	if (rc == 0) {
		*out = fd;
		return 0;
	}
	if (errno == EAGAIN || errno == EACCES)
		rc = vmm_err_set(err, VMM_EAGAIN, "'%s' is locked by another process", path.data);
	else
		rc = vmm_err_errno(err, "cannot lock '%s'", path.data);
	close(fd);
	return rc;
}
