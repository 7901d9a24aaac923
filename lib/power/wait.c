/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that a guest may miss or ignore. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "power/internal.h"
#include "virt/virt.h"

_Static_assert(VIR_DOMAIN_SHUTDOWN_SIGNAL == (int)VIR_DOMAIN_REBOOT_SIGNAL, "one flag for both");

#define POLL_MS 100
/* A guest that is still booting misses the button: it is pressed again, ever more patiently. */
#define REPEAT_MS 2000
#define REPEAT_MORE_MS 1000

struct wait {
	const struct vmm__guest *g;
	const struct vmm_power_options *opt;
	int (*request)(virDomainPtr dom, unsigned flags);
	int (*reached)(const struct wait *w, struct vmm_err *err); /* 1, 0 or an error */
	const struct vmm__reboot_watch *watch;
	const char *what; /* "shut down" */
};

static bool cancelled(const struct wait *w)
{
	return w->opt->cancel && w->opt->cancel->level >= 2;
}

/*
 * A container without initctl is to be told by a signal. libvirt would know, but its lxc driver
 * takes the missing pipe for a request that was heard.
 */
static unsigned how_again(virDomainPtr dom)
{
	const char *type = virConnectGetType(virDomainGetConnect(dom));

	return type && strcmp(type, "LXC") == 0 ? VIR_DOMAIN_SHUTDOWN_SIGNAL : 0;
}

/* Polls until it is reached, the time is over, or the user has had enough. */
static int wait_until(const struct wait *w, struct vmm_err *err)
{
	uint64_t start = vmm_clock_ms(), pause = REPEAT_MS, again = start + pause;

	for (;;) {
		uint64_t now = vmm_clock_ms();
		int rc = w->reached(w, err);

		if (rc)
			return rc < 0 ? rc : 0;
		if (cancelled(w))
			return vmm_err_set(err, VMM_ECANCEL,
					   "it was asked to %s and has not done so yet", w->what);
		if (now - start + w->opt->spent_ms >= w->opt->timeout_ms)
			return vmm_err_set(err, VMM_EFAIL,
					   "it did not %s within %" PRIu64 " s and runs on",
					   w->what, w->opt->timeout_ms / 1000);
		if (now >= again) {
			w->request(w->g->dom, how_again(w->g->dom));
			pause += REPEAT_MORE_MS;
			again = now + pause;
		}
		vmm_sleep_ms(POLL_MS);
	}
}

static int ask_and_wait(const struct wait *w, struct vmm_err *err)
{
	if (w->request(w->g->dom, 0) < 0)
		return vmm_err_virt(err, "cannot ask it to %s", w->what);
	return w->opt->timeout_ms ? wait_until(w, err) : 0;
}

static int is_off(const struct wait *w, struct vmm_err *err)
{
	int state, reason;
	int rc = vmm__power_state(w->g, &state, &reason, err);

	return rc < 0 ? rc : !vmm_virt_active(state);
}

int vmm__power_shutdown(const struct vmm__guest *g, const struct vmm_power_options *opt,
			struct vmm_err *err)
{
	const struct wait w = {
		.g = g,
		.opt = opt,
		.request = virDomainShutdownFlags,
		.reached = is_off,
		.what = "shut down",
	};
	int rc = ask_and_wait(&w, err);

	if (rc == 0 || rc == VMM_EAGAIN || rc == VMM_ECANCEL || !opt->force)
		return rc;
	return virDomainDestroy(g->dom) < 0 ? vmm_err_virt(err, "off") : 0;
}

/* The event, or a guest that goes off instead of restarting (its <on_reboot> says so). */
static int has_rebooted(const struct wait *w, struct vmm_err *err)
{
	return vmm__reboot_seen(w->watch) ? 1 : is_off(w, err);
}

int vmm__power_reboot(const struct vmm__guest *g, const struct vmm_power_options *opt,
		      struct vmm_err *err)
{
	const char *type = virConnectGetType(virDomainGetConnect(g->dom));
	struct vmm__reboot_watch *watch = opt->timeout_ms ? vmm__reboot_watch(g->dom) : NULL;
	struct vmm_power_options patience = *opt;
	const struct wait w = {
		.g = g,
		.opt = &patience,
		.request = virDomainReboot,
		.reached = has_rebooted,
		.watch = watch,
		.what = "reboot",
	};
	int rc;

	/* Drivers without the event can only be believed; the test driver is done at once. */
	if (!watch || (type && strcmp(type, "TEST") == 0))
		patience.timeout_ms = 0;
	rc = ask_and_wait(&w, err);
	vmm__reboot_unwatch(watch);
	return rc;
}
