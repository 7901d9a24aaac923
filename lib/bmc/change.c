/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes: sent, and read back until they are there. */
#include <stdio.h>

#include "base/clock.h"
#include "bmc/internal.h"

#define FIRST_PAUSE_MS 100
#define PAUSE_MAX_MS 1000
/* What was taken and has had no effect is sent again: some BMCs are deaf for seconds after a change. */
#define AGAIN_MS 5000

/* What is to become of the server, and how it is found out. */
struct goal {
	int (*read)(struct vmm_bmc *b, void *arg, struct vmm_err *err);
	int (*send)(struct vmm_bmc *b, void *arg, struct vmm_err *err);
	bool (*reached)(const struct goal *g);
	/* Into the sentence: what was found in its place. */
	void (*differs)(const struct goal *g, char *text, size_t size);
	bool once; /* it is sent one time only */
	enum vmm_bmc_op op;
	enum vmm_bmc_power want, power;
	struct vmm_bmc_boot boot, found;
};

static int unknown(struct vmm_bmc_outcome *o)
{
	o->verdict = VMM_BMC_UNKNOWN;
	o->power = VMM_BMC_POWER_UNKNOWN;
	return o->err.code;
}

static int not_as_asked(const struct goal *g, struct vmm_bmc_outcome *o, const char *why)
{
	char found[128];

	g->differs(g, found, sizeof(found));
	o->verdict = VMM_BMC_NOT_AS_ASKED;
	return vmm_err_set(&o->err, VMM_EFAIL, "%s; %s", found, why);
}

static int as_asked(struct vmm_bmc_outcome *o, bool sent)
{
	o->verdict = VMM_BMC_AS_ASKED;
	o->already = !sent;
	o->err = (struct vmm_err){ 0 };
	return 0;
}

/* It doesn't take the command. What it was before is what it is. */
static int refused(const struct goal *g, struct vmm_bmc_outcome *o, bool known)
{
	const struct vmm_err why = o->err;

	return why.code == VMM_ECANCEL || !known ? unknown(o) : not_as_asked(g, o, why.text);
}

/*
 * What was read last counts. A BMC that falls silent after it was told something leaves it unknown, even
 * if it said before that all was as it had been.
 */
static int reach(struct vmm_bmc *b, struct goal *g, bool must_send, struct vmm_bmc_outcome *o)
{
	uint64_t sent_at = 0, pause = FIRST_PAUSE_MS;
	bool sent = false;

	for (;;) {
		if (sent || !must_send) {
			if (vmm__bmc_ask(b, g->read, g, &o->err) < 0)
				return unknown(o);
			if (g->reached(g))
				return as_asked(o, sent);
			if (vmm__bmc_left(b) <= pause)
				return not_as_asked(g, o, "the time is over");
		}
		if (!sent || (!g->once && vmm_clock_ms() - sent_at >= AGAIN_MS)) {
			int rc = vmm__bmc_ask(b, g->send, g, &o->err);

			if (rc == VMM_EAGAIN)
				return unknown(o);
			if (rc < 0)
				return refused(g, o, sent || !must_send);
			sent = true;
			sent_at = vmm_clock_ms();
			continue;
		}
		vmm_sleep_ms(pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
}

/* ---- power ---- */

static int read_power(struct vmm_bmc *b, void *arg, struct vmm_err *err)
{
	struct goal *g = arg;

	return b->driver->power_get(b, &g->power, err);
}

static int send_power(struct vmm_bmc *b, void *arg, struct vmm_err *err)
{
	struct goal *g = arg;

	return b->driver->power_set(b, g->op, err);
}

static bool power_reached(const struct goal *g)
{
	return g->power == g->want;
}

static void power_differs(const struct goal *g, char *text, size_t size)
{
	snprintf(text, size, "it is %s", vmm_bmc_power_word(g->power));
}

static int reach_power(struct vmm_bmc *b, enum vmm_bmc_op op, struct vmm_bmc_outcome *o)
{
	struct goal g = { .read = read_power,
			  .send = send_power,
			  .reached = power_reached,
			  .differs = power_differs,
			  .once = op == VMM_BMC_SOFT,
			  .op = op,
			  .want = op == VMM_BMC_ON ? VMM_BMC_POWER_ON : VMM_BMC_POWER_OFF };
	int rc;

	*o = (struct vmm_bmc_outcome){ .verdict = VMM_BMC_UNKNOWN };
	rc = reach(b, &g, false, o);
	if (o->verdict != VMM_BMC_UNKNOWN)
		o->power = g.power;
	return rc;
}

int vmm_bmc_power(struct vmm_bmc *b, enum vmm_bmc_op op, uint64_t timeout_ms,
		  struct vmm_bmc_outcome *o)
{
	int rc;

	b->deadline = vmm_clock_ms() + timeout_ms;
	if (op != VMM_BMC_CYCLE)
		return reach_power(b, op, o);
	/* The BMC's own way to do both can't be read back: it may be done, or not have begun. */
	rc = reach_power(b, VMM_BMC_OFF, o);
	return rc == 0 ? reach_power(b, VMM_BMC_ON, o) : rc;
}

/* ---- boot device ---- */

static int read_boot(struct vmm_bmc *b, void *arg, struct vmm_err *err)
{
	struct goal *g = arg;

	return b->driver->boot_get(b, &g->found, err);
}

static int send_boot(struct vmm_bmc *b, void *arg, struct vmm_err *err)
{
	struct goal *g = arg;

	return b->driver->boot_set(b, &g->boot, err);
}

/* With no device, nothing is said about how it would be started. */
static bool plain(const struct vmm_bmc_boot *boot)
{
	return boot->device == VMM_BMC_NO_DEVICE || (!boot->persistent && !boot->uefi);
}

static bool boot_reached(const struct goal *g)
{
	if (g->found.device != g->boot.device)
		return false;
	/* What it doesn't tell is settled when the device is. */
	return !g->found.told || g->boot.device == VMM_BMC_NO_DEVICE ||
	       (g->found.persistent == g->boot.persistent && g->found.uefi == g->boot.uefi);
}

static void boot_differs(const struct goal *g, char *text, size_t size)
{
	const struct vmm_bmc_boot *f = &g->found;

	snprintf(text, size, "its boot device is %s%s%s", vmm_bmc_device_words[f->device],
		 f->persistent ? ", persistent" : ", once", f->uefi ? ", by UEFI" : ", by BIOS");
}

int vmm_bmc_boot_set(struct vmm_bmc *b, const struct vmm_bmc_boot *boot, uint64_t timeout_ms,
		     struct vmm_bmc_outcome *o)
{
	struct goal g = { .read = read_boot,
			  .send = send_boot,
			  .reached = boot_reached,
			  .differs = boot_differs,
			  .boot = *boot };
	int rc;

	*o = (struct vmm_bmc_outcome){ .verdict = VMM_BMC_UNKNOWN };
	b->deadline = vmm_clock_ms() + timeout_ms;
	/* Always sent: one that was set for the next start may run out soon. */
	rc = reach(b, &g, true, o);
	if (o->verdict != VMM_BMC_UNKNOWN)
		o->boot = g.found;
	if (rc == 0 && !g.found.told && !plain(boot)) {
		o->verdict = VMM_BMC_UNKNOWN;
		return vmm_err_set(&o->err, VMM_EFAIL,
				   "the boot device is %s, but the BMC doesn't tell whether it is "
				   "persistent or by UEFI",
				   vmm_bmc_device_words[boot->device]);
	}
	return rc;
}
