/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows from stdin, batch by batch. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "frame/frame.h"

#define BATCH_MAX ((size_t)16 << 20)
#define STDIN_MAX ((size_t)256 << 20)

struct stream {
	struct cmd_run *c;
	int (*work)(struct cmd_run *c, const struct vmm_table *rows);
	struct vmm_buf text; /* what was read and not worked on yet, behind the header */
	size_t header;       /* its length; 0: it has not come yet */
	bool json, end;
};

static bool can_read(void)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

/* Waits for something, and takes what else there is. */
static int fill(struct stream *s)
{
	char chunk[65536];
	size_t had = s->text.len;

	do {
		ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vmm_err_errno(&s->c->err, "cannot read 'stdin'");
		if (n == 0)
			s->end = true;
		vmm_buf_add(&s->text, chunk, (size_t)n);
		if (s->text.failed)
			return vmm_err_nomem(&s->c->err);
		if (s->text.len > STDIN_MAX)
			return vmm_err_set(&s->c->err, VMM_EINPUT, "stdin: too much at once");
	} while (!s->end && (s->json || (s->text.len - had < BATCH_MAX && can_read())));
	return 0;
}

static int work(struct stream *s, size_t len)
{
	VMM_TABLE_AUTO *rows = NULL;

	if (vmm_rows_parse("stdin", s->text.data, len, &rows, &s->c->err) < 0)
		return s->c->err.code;
	return vmm_table_rows(rows) ? s->work(s->c, rows) : 0;
}

/* The header stays, and the lines that are whole go to work. */
static int work_lines(struct stream *s)
{
	const char *feed = memchr(s->text.data, '\n', s->text.len);
	const char *last = memrchr(s->text.data, '\n', s->text.len);
	size_t len;
	int rc;

	if (!s->header && feed)
		s->header = (size_t)(feed + 1 - s->text.data);
	len = s->end ? s->text.len : last ? (size_t)(last + 1 - s->text.data) : 0;
	if (len <= s->header && !s->end)
		return 0;
	rc = work(s, len);
	memmove(s->text.data + s->header, s->text.data + len, s->text.len - len);
	s->text.len -= len - s->header;
	return rc;
}

int cmd_stream(struct cmd_run *c, int (*fn)(struct cmd_run *c, const struct vmm_table *rows))
{
	struct stream s = { .c = c, .work = fn, .text = VMM_BUF_INIT };
	int rc = 0;

	while (!s.end && rc == 0) {
		rc = fill(&s);
		if (rc == 0 && !s.header && !s.json)
			s.json = strspn(s.text.data, " \t\r\n") < s.text.len &&
				 strchr("{[", s.text.data[strspn(s.text.data, " \t\r\n")]);
		if (rc == 0 && s.json)
			rc = s.end ? work(&s, s.text.len) : 0;
		else if (rc == 0)
			rc = work_lines(&s);
	}
	vmm_buf_release(&s.text);
	return rc;
}
