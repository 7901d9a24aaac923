/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/strv.h"
#include "boot/serve-internal.h"

static unsigned queue(struct vmm__boot_request *r, unsigned status, struct MHD_Response *answer)
{
	enum MHD_Result sent;

	if (!answer)
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	MHD_add_response_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	sent = MHD_queue_response(r->connection, status, answer);
	MHD_destroy_response(answer);
	return sent == MHD_YES ? 0 : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

unsigned vmm__boot_answer_text(struct vmm__boot_request *r, const char *type, const char *text,
			       size_t n)
{
	/* It is copied: the parameter is not const for the sake of the other modes only. */
	struct MHD_Response *answer =
		MHD_create_response_from_buffer(n, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

	if (answer)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return queue(r, MHD_HTTP_OK, answer);
}

/* Two numbers, of which the second may be missing: then it is the last byte. */
static bool read_span(const char *text, uint64_t size, uint64_t *first, uint64_t *last)
{
	VMM_STRV_AUTO ends = VMM_STRV_INIT;

	*last = size - 1;
	return vmm_strv_split(&ends, text, "-") == 0 && ends.n == 2 &&
	       vmm_num_u64("range", ends.s[0], 0, INT64_MAX, first, NULL) == 0 &&
	       (!*ends.s[1] || vmm_num_u64("range", ends.s[1], 0, INT64_MAX, last, NULL) == 0);
}

unsigned vmm__boot_range(const char *text, uint64_t size, uint64_t *from, uint64_t *length)
{
	static const char unit[] = "bytes=";
	uint64_t first, last;

	if (strncmp(text, unit, strlen(unit)) != 0 || size == 0 ||
	    !read_span(text + strlen(unit), size, &first, &last) || first > last || first >= size)
		return MHD_HTTP_RANGE_NOT_SATISFIABLE;
	if (last >= size)
		last = size - 1;
	*from = first;
	*length = last - first + 1;
	return 0;
}

static unsigned answer_part(struct vmm__boot_request *r, int fd, uint64_t size, const char *range)
{
	uint64_t from, length;
	unsigned status = vmm__boot_range(range, size, &from, &length);
	struct MHD_Response *answer;
	char text[80];

	if (status) {
		close(fd);
		return status;
	}
	answer = MHD_create_response_from_fd_at_offset64(length, fd, from);
	if (!answer) {
		close(fd);
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
	snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, from,
		 from + length - 1, size);
	MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_RANGE, text);
	return queue(r, MHD_HTTP_PARTIAL_CONTENT, answer);
}

unsigned vmm__boot_answer_fd(struct vmm__boot_request *r, int fd, bool ranges)
{
	const char *range =
		MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_RANGE);
	struct MHD_Response *answer;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return MHD_HTTP_NOT_FOUND;
	}
	if (ranges && range)
		return answer_part(r, fd, (uint64_t)st.st_size, range);
	answer = MHD_create_response_from_fd64((uint64_t)st.st_size, fd);
	if (!answer) {
		close(fd);
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
	MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
	return queue(r, MHD_HTTP_OK, answer);
}

unsigned vmm__boot_answer_file(struct vmm__boot_request *r, const char *path, bool ranges)
{
	int fd = vmm__boot_open(r->s->o.boot, path, O_RDONLY | O_NONBLOCK, 0);

	return fd < 0 ? MHD_HTTP_NOT_FOUND : vmm__boot_answer_fd(r, fd, ranges);
}
