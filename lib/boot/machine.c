/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who asks: what a machine says of itself, and what the network knows of its address. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/percent.h"
#include "base/rows.h"
#include "base/strv.h"
#include "boot/serve-internal.h"

#define ARP_MAX ((size_t)1 << 20)

void vmm__boot_claims_release(struct vmm__boot_claims *c)
{
	free(c->uuid);
	free(c->mac);
	free(c->serial);
	free(c->platform);
}

/* A field of a form (a=b&c=d), decoded; NULL: it isn't there. */
static char *form_field(const char *form, const char *name)
{
	VMM_STRV_AUTO fields = VMM_STRV_INIT;
	size_t n = strlen(name);

	if (vmm_strv_split(&fields, form, "&") < 0)
		return NULL;
	for (size_t i = 0; i < fields.n; i++) {
		char *field = fields.s[i];
		VMM_BUF_AUTO value = VMM_BUF_INIT;

		if (strncmp(field, name, n) != 0 || field[n] != '=')
			continue;
		for (char *plus = field; (plus = strchr(plus, '+'));)
			*plus = ' ';
		return vmm_percent_decode(&value, field + n + 1) ? vmm_buf_steal(&value) : NULL;
	}
	return NULL;
}

static char *read_claim(struct vmm__boot_request *r, const char *name)
{
	char *value = r->body.len ? form_field(r->body.data, name) : NULL;
	const char *query;

	if (value)
		return value;
	query = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
	return strdup(query ? query : "");
}

int vmm__boot_claims_read(struct vmm__boot_request *r, struct vmm__boot_claims *c)
{
	c->uuid = read_claim(r, "uuid");
	c->mac = read_claim(r, "mac");
	c->serial = read_claim(r, "serial");
	c->platform = read_claim(r, "platform");
	if (c->uuid && c->mac && c->serial && c->platform)
		return 0;
	vmm__boot_claims_release(c);
	return VMM_ENOMEM;
}

/* IP address, HW type, Flags, HW address, Mask, Device; flag 2: complete. */
static bool line_forbids(const char *line, const char *address, const struct vmm_strv *macs)
{
	char ip[64], flags[16], mac[32], norm[VMM_BOOT_MAC_LEN + 1];

	if (sscanf(line, "%63s %*31s %15s %31s", ip, flags, mac) != 3 || strcmp(ip, address) != 0)
		return false;
	return (strtoul(flags, NULL, 16) & 2) && vmm_boot_mac(mac, norm) && macs->n &&
	       !vmm_strv_has(macs, norm);
}

bool vmm__boot_arp_allows(const char *arp, const char *address, const struct vmm_strv *macs)
{
	for (const char *line = arp; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (line_forbids(line, address, macs))
			return false;
	}
	return true;
}

bool vmm__boot_peer_allowed(struct vmm__boot_request *r, const struct vmm_boot_job *job)
{
	int fd = open("/proc/net/arp", O_RDONLY | O_CLOEXEC);
	VMM_STR_AUTO text = NULL;
	size_t len;
	bool read = fd >= 0 && vmm_read_fd("/proc/net/arp", fd, ARP_MAX, &text, &len, NULL) == 0;

	if (fd >= 0)
		close(fd);
	return read && vmm__boot_arp_allows(text, r->peer, &job->macs);
}
