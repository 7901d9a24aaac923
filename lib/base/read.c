/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rows.h"

/* One byte more than a file says it has, so that its end is met without growing again. */
static size_t first_guess(int fd, size_t max)
{
	struct stat st;
	size_t guess = 64 * 1024;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0)
		guess = (size_t)st.st_size + 1;
	return guess > max ? max : guess;
}

/* As read(), from the descriptor to the end of b. */
static ssize_t read_more(int fd, struct vmm_buf *b, size_t room)
{
	ssize_t n;

	vmm_buf_reserve(b, room);
	if (b->failed) {
		errno = ENOMEM;
		return -1;
	}
	do {
		n = read(fd, b->data + b->len, room);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		b->len += (size_t)n;
		b->data[b->len] = '\0';
	}
	return n;
}

int vmm_read_fd(const char *source, int fd, size_t max, char **text, size_t *len, struct vmm_err *err)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	size_t room = first_guess(fd, max);
	size_t got;

	for (;;) {
		ssize_t n = read_more(fd, &b, room ? room : 1);

		if (n < 0)
			return vmm_err_unreadable(err, "cannot read '%s'", source);
		if (b.len > max)
			return vmm_err_set(err, VMM_EINPUT, "'%s' is larger than %zu bytes", source,
					   max);
		if (n == 0)
			break;
		/* The byte beyond max tells too large from just as large. */
		room = b.cap - b.len - 1;
		if (room < 4096)
			room = b.cap;
		if (room > max - b.len)
			room = max - b.len + 1;
	}
	got = b.len;
	*text = vmm_buf_steal(&b);
	if (!*text)
		return vmm_err_nomem(err);
	*len = got;
	return 0;
}
