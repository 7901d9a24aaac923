/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bmc/bmc.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bmc/internal.h"

#define PAUSE_MS 200

static const struct vmm__bmc_driver *const drivers[] = { &vmm__bmc_ipmi };

const char *const vmm_bmc_device_words[] = { "none", "pxe", "disk", "cdrom", "bios", NULL };

const char *vmm_bmc_power_word(enum vmm_bmc_power power)
{
	static const char *const words[] = { "unknown", "on", "off" };

	return words[power];
}

static const struct vmm__bmc_driver *find_driver(const char *scheme)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (strcmp(drivers[i]->scheme, scheme) == 0)
			return drivers[i];
	return NULL;
}

int vmm_bmc_new(const char *url, const char *auth_file, struct vmm_bmc **out, struct vmm_err *err)
{
	struct vmm_bmc *b = calloc(1, sizeof(*b));
	int rc = b ? vmm_bmcurl_parse(url, &b->url, err) : vmm_err_nomem(err);

	if (rc == 0) {
		b->driver = find_driver(b->url.scheme);
		if (!b->driver)
			rc = vmm_err_set(err, VMM_EINPUT, "nothing here speaks %s", b->url.scheme);
	}
	if (rc == 0)
		rc = vmm__bmc_auth_read(auth_file, &b->auth, err);
	if (rc == 0 && *b->url.user)
		memcpy(b->auth.user, b->url.user, sizeof(b->auth.user));
	if (rc < 0)
		vmm_bmc_free(b);
	else
		*out = b;
	return rc;
}

static void end_session(struct vmm_bmc *b)
{
	if (b->session)
		b->driver->close(b);
	b->session = NULL;
}

void vmm_bmc_free(struct vmm_bmc *b)
{
	if (!b)
		return;
	end_session(b);
	explicit_bzero(b, sizeof(*b));
	free(b);
}

void vmm_bmc_watch(struct vmm_bmc *b, const struct vmm_cancel *cancel)
{
	b->cancel = cancel;
}

uint64_t vmm__bmc_left(const struct vmm_bmc *b)
{
	uint64_t now = vmm_clock_ms();

	return now < b->deadline ? b->deadline - now : 0;
}

bool vmm__bmc_cancelled(const struct vmm_bmc *b)
{
	return b->cancel && b->cancel->level >= 2;
}

static int ask_once(struct vmm_bmc *b,
		    int (*exchange)(struct vmm_bmc *b, void *arg, struct vmm_err *err), void *arg,
		    struct vmm_err *err)
{
	int rc = b->session ? 0 : b->driver->open(b, err);

	if (rc == 0)
		rc = exchange(b, arg, err);
	if (rc == VMM_EAGAIN)
		end_session(b);
	return rc;
}

int vmm__bmc_ask(struct vmm_bmc *b,
		 int (*exchange)(struct vmm_bmc *b, void *arg, struct vmm_err *err), void *arg,
		 struct vmm_err *err)
{
	for (;;) {
		int rc;

		if (vmm__bmc_cancelled(b))
			return vmm_err_set(err, VMM_ECANCEL, "stopped");
		rc = ask_once(b, exchange, arg, err);
		if (rc != VMM_EAGAIN || vmm__bmc_left(b) <= PAUSE_MS)
			return rc;
		vmm_sleep_ms(PAUSE_MS);
	}
}

static int exchange_power(struct vmm_bmc *b, void *arg, struct vmm_err *err)
{
	return b->driver->power_get(b, arg, err);
}

int vmm_bmc_power_get(struct vmm_bmc *b, uint64_t timeout_ms, enum vmm_bmc_power *power,
		      struct vmm_err *err)
{
	b->deadline = vmm_clock_ms() + timeout_ms;
	return vmm__bmc_ask(b, exchange_power, power, err);
}

static int exchange_boot(struct vmm_bmc *b, void *arg, struct vmm_err *err)
{
	return b->driver->boot_get(b, arg, err);
}

int vmm_bmc_boot_get(struct vmm_bmc *b, uint64_t timeout_ms, struct vmm_bmc_boot *boot,
		     struct vmm_err *err)
{
	b->deadline = vmm_clock_ms() + timeout_ms;
	return vmm__bmc_ask(b, exchange_boot, boot, err);
}

static int exchange_identity(struct vmm_bmc *b, void *arg, struct vmm_err *err)
{
	return b->driver->identify(b, arg, err);
}

int vmm_bmc_identify(struct vmm_bmc *b, uint64_t timeout_ms, struct vmm_bmc_identity *id,
		     struct vmm_err *err)
{
	b->deadline = vmm_clock_ms() + timeout_ms;
	return vmm__bmc_ask(b, exchange_identity, id, err);
}
