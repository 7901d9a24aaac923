/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happened to a job: lines that are only ever added. A line that was cut by a crash ends where the
 * next writer puts a line feed; readers pass over what isn't a whole record.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rows.h"
#include "boot/internal.h"

#define TEXT_MAX ((size_t)65536)
#define EVENTS_MAX ((off_t)8 << 20)
#define STRANGERS_MAX ((off_t)1 << 20)        /* they can't fill it up */
#define END_ROOM ((off_t)3 * (off_t)TEXT_MAX) /* a job that has said too much can still end */
#define LOG_MAX ((off_t)16 << 20)

static const char header[] = "time\tsource\tstage\tstate\tdone\ttotal\ttext\n";

const char *vmm_boot_stage(unsigned number)
{
	static const char *const names[] = { "",        "discover", "boot",    "authorise", "agent",
					     "scripts", "image",    "drivers", "customise", "role" };

	return number <= VMM_BOOT_STAGES ? names[number] : "";
}

static void add_text(struct vmm_buf *line, const char *text)
{
	size_t n = strnlen(text, TEXT_MAX);
	VMM_STR_AUTO cut = strndup(text, n);

	if (cut)
		vmm_tsv_cell(line, cut);
	else
		line->failed = true;
}

static void format_event(struct vmm_buf *line, const struct vmm_boot_event *e)
{
	char now[VMM_TIME_LEN + 1];

	vmm_time_now(now);
	vmm_buf_addf(line, "%s\t", now);
	vmm_tsv_cell(line, e->source);
	vmm_buf_addf(line, "\t%u\t", e->stage);
	vmm_tsv_cell(line, e->state);
	if (e->total)
		vmm_buf_addf(line, "\t%" PRIu64 "\t%" PRIu64 "\t", e->done, e->total);
	else
		vmm_buf_adds(line, "\t\t\t");
	add_text(line, e->text);
	vmm_buf_addc(line, '\n');
}

/* A record that was cut off is ended first, so that this one stands by itself. */
static int write_record(int fd, off_t size, const struct vmm_buf *line)
{
	VMM_BUF_AUTO all = VMM_BUF_INIT;
	char last = '\n';

	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		return -1;
	if (last != '\n')
		vmm_buf_addc(&all, '\n');
	if (size == 0)
		vmm_buf_adds(&all, header);
	vmm_buf_add(&all, line->data, line->len);
	return all.failed ? -1 : vmm_write_fd(fd, all.data, all.len);
}

static int append(struct vmm_boot *b, const char *path, const struct vmm_buf *line, off_t max,
		  bool record, bool sync, struct vmm_err *err)
{
	int fd = vmm__boot_open(b, path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, 0640), ret = 0;
	struct stat st;

	if (fd < 0)
		return vmm__boot_err(b, "write", path, err);
	if (vmm__boot_give(b, fd) < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &st) < 0)
		ret = vmm__boot_err(b, "write", path, err);
	else if (st.st_size + (off_t)line->len > max)
		ret = vmm_err_set(err, VMM_EREFUSED, "'%s' is full", path);
	else if ((record ? write_record(fd, st.st_size, line)
			 : vmm_write_fd(fd, line->data, line->len)) < 0 ||
		 (sync && fdatasync(fd) < 0))
		ret = vmm__boot_err(b, "write", path, err);
	close(fd);
	return ret;
}

/* Up to what size of the file it is added. Anybody can be refused, and can ask for a boot script. */
static off_t room_for(const struct vmm_boot_event *e)
{
	if (strcmp(e->source, "boot") == 0 &&
	    (strcmp(e->state, "begin") == 0 || strcmp(e->state, "refused") == 0))
		return STRANGERS_MAX;
	return strcmp(e->state, "end") == 0 ? EVENTS_MAX + END_ROOM : EVENTS_MAX;
}

static int end_job(struct vmm_boot *b, const char *id, struct vmm_err *err)
{
	char folder[VMM__BOOT_PATH];

	vmm__boot_job_path(folder, id, "");
	return vmm__boot_put(b, folder, "ended", 0640, "", 0, true, err);
}

int vmm_boot_event_add(struct vmm_boot *b, const char *id, const struct vmm_boot_event *e,
		       struct vmm_err *err)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;
	char path[VMM__BOOT_PATH];
	int ret = vmm__boot_id(id, err);

	if (ret < 0)
		return ret;
	format_event(&line, e);
	if (line.failed)
		return vmm_err_nomem(err);
	vmm__boot_job_path(path, id, "events");
	ret = append(b, path, &line, room_for(e), true, strcmp(e->state, "progress") != 0, err);
	if (strcmp(e->state, "end") == 0 && ret != VMM_ENOTFOUND) {
		int ended = end_job(b, id, ret < 0 ? NULL : err);

		ret = ret < 0 ? ret : ended;
	}
	return ret;
}

int vmm_boot_log_add(struct vmm_boot *b, const char *id, const char *bytes, size_t n,
		     struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	char path[VMM__BOOT_PATH];
	int ret = vmm__boot_id(id, err);

	if (ret < 0)
		return ret;
	vmm_buf_add(&text, bytes, n);
	if (text.failed)
		return vmm_err_nomem(err);
	vmm__boot_job_path(path, id, "log");
	return append(b, path, &text, LOG_MAX, false, false, err);
}

int vmm_boot_inspect_put(struct vmm_boot *b, const char *id, const char *json, size_t n,
			 struct vmm_err *err)
{
	char folder[VMM__BOOT_PATH];
	int ret = vmm__boot_id(id, err);

	if (ret < 0)
		return ret;
	vmm__boot_job_path(folder, id, "");
	return vmm__boot_put(b, folder, "inspect.json", 0640, json, n, true, err);
}

static struct vmm_table *new_table(void)
{
	static const char *const columns[] = { "time", "source", "stage", "state",
					       "done", "total",  "text",  NULL };

	return vmm_table_new(columns);
}

/* One line, without its end. What is no record (one that was cut) is passed over. */
static int read_line(struct vmm_table *t, const char *line, size_t n)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	VMM_TABLE_AUTO *one = NULL;

	if (n + 1 == strlen(header) && memcmp(line, header, n) == 0)
		return 0;
	vmm_buf_adds(&text, header);
	vmm_buf_add(&text, line, n);
	vmm_buf_addc(&text, '\n');
	if (text.failed)
		return VMM_ENOMEM;
	if (vmm_tsv_parse("events", text.data, text.len, &one, NULL) < 0 || vmm_table_rows(one) != 1)
		return 0;
	return vmm_table_copy_row(t, one, 0) < 0 ? VMM_ENOMEM : 0;
}

static int read_lines(struct vmm_table *t, const char *text, size_t len, uint64_t *offset)
{
	const char *at = text, *end;
	int ret = 0;

	while (ret == 0 && (end = memchr(at, '\n', len - (size_t)(at - text)))) {
		ret = read_line(t, at, (size_t)(end - at));
		at = end + 1;
	}
	if (ret == 0)
		*offset += (uint64_t)(at - text);
	return ret;
}

int vmm_boot_events(struct vmm_boot *b, const char *id, uint64_t *offset, struct vmm_table **out,
		    struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = new_table();
	VMM_STR_AUTO text = NULL;
	char path[VMM__BOOT_PATH];
	size_t len = 0;
	int fd, ret = vmm__boot_id(id, err);

	if (ret < 0 || !t)
		return ret < 0 ? ret : vmm_err_nomem(err);
	vmm__boot_job_path(path, id, "events");
	fd = vmm__boot_open(b, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0 && errno != ENOENT)
		return vmm__boot_err(b, "read", path, err);
	if (fd >= 0 && lseek(fd, (off_t)*offset, SEEK_SET) < 0)
		ret = vmm__boot_err(b, "read", path, err);
	else if (fd >= 0)
		ret = vmm_read_fd(path, fd, (size_t)(EVENTS_MAX + END_ROOM), &text, &len, err);
	if (fd >= 0)
		close(fd);
	if (ret == 0 && text && read_lines(t, text, len, offset) < 0)
		ret = vmm_err_nomem(err);
	if (ret == 0) {
		*out = t;
		t = NULL;
	}
	return ret;
}
