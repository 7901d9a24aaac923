/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "define/internal.h"

static const char *const dns[] = { "192.0.2.53", "2001:db8::53", NULL };

__attribute__((format(printf, 2, 3))) static const char *text(struct vmm_example *ex,
							      const char *fmt, ...)
{
	char s[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	return vmm_strv_add(&ex->texts, s) < 0 ? NULL : ex->texts.s[ex->texts.n - 1];
}

/* RFC 5737, RFC 3849: addresses for documentation. Only what the NIC has a pool for. */
static bool fill_nic(struct vmm_example *ex, const struct vmm_template_nic *like, unsigned nr)
{
	struct vmm_instance_nic *nic = &ex->nics[nr];

	nic->mac = text(ex, "52:54:00:00:00:%02x", (nr + 1) & 0xff);
	if (*like->ip4) {
		nic->ip4 = text(ex, "192.0.2.%u", 10 + nr % 200);
		nic->ip4_prefix = 24;
		nic->ip4_gateway = "192.0.2.1";
	}
	if (*like->ip6) {
		nic->ip6 = text(ex, "2001:db8::%x", 0x10 + nr);
		nic->ip6_prefix = 64;
		nic->ip6_gateway = "2001:db8::1";
	}
	if (*like->ip4 || *like->ip6)
		nic->dns = dns;
	return nic->mac && (!*like->ip4 || nic->ip4) && (!*like->ip6 || nic->ip6);
}

int vmm_example_init(struct vmm_example *ex, const struct vmm_template *t, struct vmm_err *err)
{
	bool ok = true, seeded = t->guest.kind != VMM_GUEST_PLAIN;
	const char *seed;

	*ex = (struct vmm_example){ 0 };
	ex->nics = calloc(t->nnics + 1, sizeof(*ex->nics));
	ex->disks = calloc(t->ndisks + 1, sizeof(*ex->disks));
	if (!ex->nics || !ex->disks)
		return vmm_err_nomem(err);
	for (unsigned i = 0; i < t->nnics && ok; i++)
		ok = fill_nic(ex, &t->nics[i], i);
	for (unsigned i = 0; i < t->ndisks && ok; i++) {
		ex->disks[i].path =
			text(ex, "/pools/%s/example-%u.%s", t->disks[i].pool, i, t->disks[i].format);
		ok = ex->disks[i].path;
	}
	seed = seeded ? text(ex, "/pools/%s/example-seed.iso", t->disks[0].pool) : NULL;
	ex->vm = (struct vmm_instance){
		.name = "example",
		.uuid = "00000000-0000-4000-8000-000000000001",
		.type = "kvm",
		.arch = "x86_64",
		.image_sha256 = "0000000000000000000000000000000000000000000000000000000000000000",
		.seed = seed,
		.nics = ex->nics,
		.disks = ex->disks,
	};
	return ok && (seed || !seeded) ? 0 : vmm_err_nomem(err);
}

void vmm_example_release(struct vmm_example *ex)
{
	free(ex->nics);
	free(ex->disks);
	vmm_strv_release(&ex->texts);
}
