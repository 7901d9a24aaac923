/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a boot server and an agent would write into the boot folder, for tests that need no machine:
 *
 *	agent-helper BOOT NAME WHAT...
 *
 * waits for an armed job of the machine NAME and takes its ticket; then does, in order, each WHAT:
 *	STAGE:STATE[:TEXT]	an event; STAGE is a number
 *	progress:DONE:TOTAL	of stage 6
 *	end:TEXT		the event end
 *	log:TEXT		a line of the log
 *	sleep:MS
 *	again			waits until it is armed again (the same job or another)
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "boot/spool.h"

#define WAIT_MS 60000

static struct vmm_boot *boot;
static const char *name;
static char id[VMM_BOOT_ID_LEN + 1];

static void die(const char *what, const char *why)
{
	fprintf(stderr, "agent-helper: %s: %s\n", what, why);
	exit(1);
}

static bool find(void)
{
	VMM_STRV_AUTO ids = VMM_STRV_INIT;

	vmm_boot_job_list(boot, &ids, NULL);
	for (size_t i = 0; i < ids.n; i++) {
		VMM_BOOT_JOB_AUTO *job = NULL;

		if (vmm_boot_job_read(boot, ids.s[i], &job, NULL) == 0 &&
		    strcmp(job->name, name) == 0 &&
		    vmm_boot_job_state(boot, ids.s[i]) == VMM_BOOT_ARMED) {
			memcpy(id, ids.s[i], sizeof(id));
			return true;
		}
	}
	return false;
}

static void begin(void)
{
	char token[VMM_BOOT_SECRET_LEN + 1], key[VMM_BOOT_SECRET_LEN + 1];
	uint64_t until = vmm_clock_ms() + WAIT_MS;
	struct vmm_err err;

	while (!find()) {
		if (vmm_clock_ms() > until)
			die(name, "no armed job");
		vmm_sleep_ms(20);
	}
	if (vmm_boot_ticket_give(boot, id, 60, token, &err) < 0 ||
	    vmm_boot_ticket_take(boot, token, id, &err) < 0 ||
	    vmm_boot_session_make(boot, id, "127.0.0.1", 600, key, &err) < 0)
		die("ticket", err.text);
}

static void event(const char *source, unsigned stage, const char *state, const char *text,
		  uint64_t done, uint64_t total)
{
	const struct vmm_boot_event e = { source, stage, state, text, done, total };
	struct vmm_err err;

	if (vmm_boot_event_add(boot, id, &e, &err) < 0)
		die("event", err.text);
}

static void act(char *what)
{
	char *state = strchr(what, ':'), *text;

	if (strcmp(what, "again") == 0) {
		begin();
		return;
	}
	if (!state)
		die(what, "what is that?");
	*state++ = '\0';
	text = strchr(state, ':');
	if (text)
		*text++ = '\0';
	if (strcmp(what, "sleep") == 0)
		vmm_sleep_ms(strtoull(state, NULL, 10));
	else if (strcmp(what, "end") == 0)
		event("agent", 0, "end", state, 0, 0);
	else if (strcmp(what, "log") == 0)
		vmm_boot_log_add(boot, id, state, strlen(state), NULL);
	else if (strcmp(what, "progress") == 0)
		event("agent", 6, "progress", "", strtoull(state, NULL, 10),
		      strtoull(text ? text : "0", NULL, 10));
	else
		event(what[0] < '4' ? "boot" : "agent", (unsigned)strtoul(what, NULL, 10), state,
		      text ? text : "", 0, 0);
}

int main(int argc, char **argv)
{
	struct vmm_err err;

	if (argc < 3)
		die("usage", "BOOT NAME WHAT...");
	if (vmm_boot_open(argv[1], true, &boot, &err) < 0)
		die(argv[1], err.text);
	name = argv[2];
	begin();
	for (int i = 3; i < argc; i++)
		act(argv[i]);
	vmm_boot_close(boot);
	return 0;
}
