/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct vmm_cancel cancel;

/* Ready to be written: a handler can't put them together. */
static char first[128], second[128];

static void say(const char *text)
{
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return; /* nobody listens any more; nothing to be done in a handler */
}

static void raised(int sig)
{
	cancel.level++;
	if (cancel.level == 1)
		say(first);
	else if (cancel.level == 2)
		say(second);
	else
		_exit(128 + sig);
}

static void word(const char *name)
{
	const char *start = isatty(STDERR_FILENO) ? "\n" : ""; /* behind the terminal's ^C */

	snprintf(first, sizeof(first),
		 "%s%s: interrupted: starting nothing new; once more aborts what runs\n", start,
		 name);
	snprintf(second, sizeof(second), "%s%s: interrupted again: aborting what runs\n", start,
		 name);
}

/*
 * libvirt's ssh would be in the terminal's foreground with us, and the first Ctrl-C would cut the
 * connections over which the work is to be finished.
 */
static void leave_group(void)
{
	setpgid(0, 0);
}

struct vmm_cancel *cmd_signals_catch(const char *name)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = raised, .sa_flags = SA_RESTART };

	word(name);
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &sa, NULL);
	pthread_atfork(NULL, NULL, leave_group);
	return &cancel;
}

void cmd_signals_are_the_end(void)
{
	snprintf(first, sizeof(first), "%s", isatty(STDERR_FILENO) ? "\n" : "");
}
