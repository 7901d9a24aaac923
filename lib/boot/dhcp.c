/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps dnsmasq running. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "boot/dhcp-internal.h"
#include "boot/internal.h"

#define BACKOFF_MIN_MS 1000
#define BACKOFF_MAX_MS 30000
#define SOUND_MS 60000 /* one that ran that long starts anew at once */
#define HOSTS_EVERY_MS 1000

struct vmm_boot_dhcp {
	struct vmm_boot *b;
	struct vmm_boot_dhcp_options o;
	char *argument; /* --conf-file=…, which nobody else's dnsmasq has */
	char *hosts;    /* what run/hosts holds */
	pid_t pid;      /* 0: it doesn't run */
	uint64_t started, again, backoff, hosts_next;
};

static void end_left_over(struct vmm_boot_dhcp *d)
{
	VMM_STR_AUTO text = NULL;
	uint64_t pid;
	size_t len;

	if (vmm__boot_read(d->b, "run/dnsmasq.pid", 64, &text, &len, NULL) < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	if (vmm_num_u64("pid", text, 2, INT32_MAX, &pid, NULL) == 0)
		vmm__boot_dhcp_end((long)pid, d->argument);
}

static int write_conf(struct vmm_boot_dhcp *d, struct vmm_err *err)
{
	VMM_BUF_AUTO conf = VMM_BUF_INIT;
	int ret = vmm__boot_dhcp_conf(&d->o, vmm_boot_root(d->b), &conf, err);

	return ret < 0 ? ret
		       : vmm__boot_put(d->b, "run", "dnsmasq.conf", 0640, conf.data, conf.len,
				       false, err);
}

int vmm_boot_dhcp_new(struct vmm_boot *b, const struct vmm_boot_dhcp_options *o,
		      struct vmm_boot_dhcp **out, struct vmm_err *err)
{
	struct vmm_boot_dhcp *d = calloc(1, sizeof(*d));
	VMM_BUF_AUTO argument = VMM_BUF_INIT;
	int ret;

	if (!d)
		return vmm_err_nomem(err);
	d->b = b;
	d->o = *o;
	d->backoff = BACKOFF_MIN_MS;
	vmm_buf_addf(&argument, "--conf-file=%s/run/dnsmasq.conf", vmm_boot_root(b));
	d->argument = vmm_buf_steal(&argument);
	ret = d->argument ? write_conf(d, err) : vmm_err_nomem(err);
	if (ret < 0) {
		vmm_boot_dhcp_free(d);
		return ret;
	}
	end_left_over(d);
	*out = d;
	return 0;
}

/* The addresses of all machines that have a job, a line each. */
static char *list_hosts(struct vmm_boot *b)
{
	VMM_STRV_AUTO ids = VMM_STRV_INIT;
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	if (vmm_boot_job_list(b, &ids, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < ids.n; i++) {
		VMM_BOOT_JOB_AUTO *job = NULL;

		if (vmm_boot_job_read(b, ids.s[i], &job, NULL) < 0)
			continue;
		for (size_t m = 0; m < job->macs.n; m++)
			vmm_buf_addf(&text, "%s\n", job->macs.s[m]);
	}
	return vmm_buf_steal(&text);
}

static int refresh_hosts(struct vmm_boot_dhcp *d, struct vmm_err *err)
{
	char *text = list_hosts(d->b);
	int ret;

	d->hosts_next = vmm_clock_ms() + HOSTS_EVERY_MS;
	if (!text || (d->hosts && strcmp(text, d->hosts) == 0)) {
		free(text);
		return 0;
	}
	ret = vmm__boot_put(d->b, "run", "hosts", 0640, text, strlen(text), false, err);
	if (ret < 0) {
		d->hosts_next += BACKOFF_MAX_MS;
		free(text);
		return ret;
	}
	free(d->hosts);
	d->hosts = text;
	vmm_boot_dhcp_reload(d);
	return 0;
}

/* All signals as by default, and none blocked: the server waits for its own by blocking them. */
static int start(struct vmm_boot_dhcp *d, struct vmm_err *err)
{
	const char *const argv[] = { "setpriv",   "--pdeathsig",      "TERM",
				     "--",        "dnsmasq",          "--keep-in-foreground",
				     d->argument, "--log-facility=-", NULL };
	posix_spawnattr_t attr;
	sigset_t all, none;
	int ret;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	ret = posix_spawnp(&d->pid, argv[0], NULL, &attr, (char **)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	d->started = vmm_clock_ms();
	if (ret == 0)
		return 0;
	d->pid = 0;
	errno = ret;
	return vmm_err_errno(err, "cannot start '%s'", argv[0]);
}

/* It has ended: when it is started again. */
static int mourn(struct vmm_boot_dhcp *d, int status, struct vmm_err *err)
{
	uint64_t now = vmm_clock_ms();

	d->pid = 0;
	if (now - d->started > SOUND_MS)
		d->backoff = BACKOFF_MIN_MS;
	d->again = now + d->backoff;
	vmm_err_set(err, VMM_EAGAIN, "dnsmasq has ended with %s %d; started again in %u s",
		    WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		    (unsigned)(d->backoff / 1000));
	d->backoff = 2 * d->backoff < BACKOFF_MAX_MS ? 2 * d->backoff : BACKOFF_MAX_MS;
	return VMM_EAGAIN;
}

int vmm_boot_dhcp_tick(struct vmm_boot_dhcp *d, struct vmm_err *err)
{
	int status;

	if (d->o.known && vmm_clock_ms() >= d->hosts_next && refresh_hosts(d, err) < 0)
		return VMM_EAGAIN;
	if (d->pid && waitpid(d->pid, &status, WNOHANG) == d->pid)
		return mourn(d, status, err);
	return d->pid || vmm_clock_ms() < d->again ? 0 : start(d, err);
}

void vmm_boot_dhcp_reload(struct vmm_boot_dhcp *d)
{
	if (d->pid)
		kill(d->pid, SIGHUP);
}

static void stop(struct vmm_boot_dhcp *d)
{
	uint64_t end = vmm_clock_ms() + 3000;

	kill(d->pid, SIGTERM);
	while (waitpid(d->pid, NULL, WNOHANG) == 0) {
		if (vmm_clock_ms() > end)
			kill(d->pid, SIGKILL);
		vmm_sleep_ms(20);
	}
}

void vmm_boot_dhcp_free(struct vmm_boot_dhcp *d)
{
	if (!d)
		return;
	if (d->pid)
		stop(d);
	free(d->argument);
	free(d->hosts);
	free(d);
}
