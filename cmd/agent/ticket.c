/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ticket: whom to ask, the key that this one must have, and what it asks for to let us in. */
#include <fcntl.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/rows.h"

void agent_ticket_release(struct agent_ticket *t)
{
	if (t->token)
		explicit_bzero(t->token, strlen(t->token));
	free(t->server);
	free(t->pin);
	free(t->token);
	free(t->job);
}

static int take_line(struct agent_ticket *t, const char *line, struct vmm_err *err)
{
	const struct {
		const char *key;
		char **to;
	} keys[] = {
		{ "server=", &t->server },
		{ "pin=", &t->pin },
		{ "token=", &t->token },
		{ "job=", &t->job },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t n = strlen(keys[i].key);

		if (strncmp(line, keys[i].key, n) != 0)
			continue;
		free(*keys[i].to);
		*keys[i].to = strdup(line + n);
		return *keys[i].to ? 0 : vmm_err_nomem(err);
	}
	return 0; /* of a later version */
}

static int check(const struct agent_ticket *t, struct vmm_err *err)
{
	if (!t->server || !t->pin || !t->token)
		return vmm_err_set(err, VMM_EINPUT, "it needs server, pin and token");
	if (strncmp(t->server, "https://", 8) != 0)
		return vmm_err_set(err, VMM_EINPUT, "its server is not https");
	return 0;
}

int agent_ticket_read(const char *path, struct agent_ticket *t, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	VMM_STR_AUTO text = NULL;
	VMM_STRV_AUTO lines = VMM_STRV_INIT;
	size_t len = 0;
	int ret;

	if (fd < 0)
		return vmm_err_unreadable(err, "cannot open the ticket '%s'", path);
	ret = vmm_read_fd(path, fd, 64 * 1024, &text, &len, err);
	close(fd);
	if (ret == 0 && vmm_strv_split(&lines, text, "\n") < 0)
		ret = vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < lines.n; i++) {
		ret = take_line(t, lines.s[i], err);
		explicit_bzero(lines.s[i], strlen(lines.s[i]));
	}
	if (text)
		explicit_bzero(text, len);
	if (ret == 0)
		ret = check(t, err);
	if (ret == 0 && unlink(path) < 0)
		ret = vmm_err_errno(err, "cannot remove the ticket");
	return ret < 0 ? vmm_err_prefix(err, "cannot use the ticket '%s'", path) : 0;
}
