/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bars of subjects whose names are not made for a terminal. */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "frame/bars.h"

/* What the bars have written to stderr for this subject. */
static void shown_of(const char *subject, char *out, size_t size)
{
	struct vmm_progress_sink *sink;
	struct vmm_err err;
	FILE *file = tmpfile();
	int old = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(file);
	assert_true(old >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
	assert_int_equal(cmd_bars_new("bars", &sink, &err), 0);
	vmm_progress_report(sink, &(struct vmm_progress){ .subject = subject,
							  .stage = "memory",
							  .done = 1,
							  .total = 2,
							  .downtime_ms = -1 });
	cmd_bars_free(sink);
	assert_true(dup2(old, STDERR_FILENO) >= 0);
	close(old);
	rewind(file);
	n = fread(out, 1, size - 1, file);
	out[n] = '\0';
	fclose(file);
}

/* The second byte of U+06DB is a terminal's CSI where it knows bytes only. */
static void ascii_only(void **state)
{
	char text[1024];

	(void)state;
	shown_of("vm\xdb\x9b"
		 "2J\033[2J",
		 text, sizeof(text));
	assert_non_null(strstr(text, "vm%db%9b2J%1b[2J "));
	for (const char *c = text; *c; c++)
		assert_true((unsigned char)*c < 0x80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ascii_only),
	};

	return RUN(tests);
}
