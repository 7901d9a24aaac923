/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens, on the console and to the server. That a report was lost ends no job. */
#include <unistd.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/rows.h"

/* Reports are short, and the work waits for them. */
#define PATIENCE_MS 30000
#define END_PATIENCE_MS ((uint64_t)300 * 1000)
#define TEXT_MAX ((size_t)60 * 1024)

void agent_log_bytes(struct agent *a, const char *bytes, size_t n)
{
	fwrite(bytes, 1, n, stderr);
	if (!a->http)
		return;
	while (n) {
		size_t part = n < TEXT_MAX ? n : TEXT_MAX;

		(void)agent_post(a->http, "/v1/log", bytes, part, NULL, PATIENCE_MS, NULL);
		bytes += part;
		n -= part;
	}
}

void agent_log(struct agent *a, const char *fmt, ...)
{
	VMM_BUF_AUTO line = VMM_BUF_INIT;
	VMM_STR_AUTO text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return;
	}
	vmm_buf_addf(&line, "%d %s: %s\n", (int)a->stage, agent_stage_name(a->stage), text);
	agent_log_bytes(a, line.data, line.len);
}

static int send(struct agent *a, const char *state, const char *text, uint64_t done, uint64_t total,
		uint64_t patience)
{
	VMM_BUF_AUTO json = VMM_BUF_INIT;
	size_t len = strlen(text);

	vmm_buf_addf(&json, "{\"stage\":%d,\"state\":", (int)a->stage);
	vmm_json_string(&json, state);
	vmm_buf_adds(&json, ",\"text\":");
	vmm_json_string(&json, text + (len > TEXT_MAX / 4 ? len - TEXT_MAX / 4 : 0));
	vmm_buf_addf(&json, ",\"done\":%llu,\"total\":%llu}", (unsigned long long)done,
		     (unsigned long long)total);
	if (json.failed || !a->http)
		return VMM_ENOMEM;
	return agent_post(a->http, "/v1/event", json.data, json.len, NULL, patience, NULL);
}

void agent_event(struct agent *a, const char *state, const char *text)
{
	fprintf(stderr, "%d %s: %s%s%s\n", (int)a->stage, agent_stage_name(a->stage), state,
		*text ? ": " : "", text);
	(void)send(a, state, text, 0, 0, PATIENCE_MS);
}

/* One that is lost is followed by another, so nothing waits for it. */
void agent_progress(struct agent *a, uint64_t done, uint64_t total)
{
	(void)send(a, "progress", "", done, total, 0);
}

void agent_end(struct agent *a, int code, const struct vmm_err *why)
{
	const char *word = code == 0 ? "done" : code == VMM_EREFUSED ? "refused" : "failed";
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	if (code < 0)
		agent_event(a, code == VMM_EREFUSED ? "refused" : "failed", why->text);
	vmm_buf_addf(&text, "%s%s%s", word, code < 0 ? ": " : "", code < 0 ? why->text : "");
	fprintf(stderr, "end: %s\n", text.data);
	(void)send(a, "end", text.data, 0, 0, END_PATIENCE_MS);
}
