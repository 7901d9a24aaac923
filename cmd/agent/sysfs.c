/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short answers of /sys and /proc. What isn't there is empty. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/num.h"

static char *trimmed(char *text)
{
	char *end;

	text[strcspn(text, "\n")] = '\0';
	for (end = text + strlen(text); end > text && isspace((unsigned char)end[-1]);)
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return strdup(text);
}

static char *read_first_line(const char *path)
{
	char text[512] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return trimmed(text);
}

__attribute__((format(printf, 1, 0))) static char *read_line(const char *fmt, va_list ap)
{
	VMM_STR_AUTO path = NULL;

	if (vasprintf(&path, fmt, ap) < 0) {
		path = NULL;
		return NULL;
	}
	return read_first_line(path);
}

char *agent_read_line(const char *fmt, ...)
{
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = read_line(fmt, ap);
	va_end(ap);
	return line;
}

uint64_t agent_read_number(const char *fmt, ...)
{
	VMM_STR_AUTO text = NULL;
	uint64_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	text = read_line(fmt, ap);
	va_end(ap);
	return text && vmm_num_u64("number", text, 0, UINT64_MAX, &n, NULL) == 0 ? n : 0;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int agent_names(const char *folder, struct vmm_strv *names)
{
	DIR *dir = opendir(folder);
	int ret = 0;

	for (struct dirent *e; dir && ret == 0 && (e = readdir(dir));)
		if (e->d_name[0] != '.')
			ret = vmm_strv_add(names, e->d_name);
	if (dir)
		closedir(dir);
	if (names->n)
		qsort(names->s, names->n, sizeof(*names->s), by_name);
	return ret;
}
