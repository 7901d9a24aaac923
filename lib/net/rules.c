/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may stand in a definition, value by value and together. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "net/net-internal.h"

static int add(struct vmm_strv *out, const char *item, struct vmm_err *err)
{
	return vmm_strv_add(out, item) < 0 ? vmm_err_nomem(err) : 0;
}

int vmm__net_any(const char *item, struct vmm_strv *out, struct vmm_err *err)
{
	return add(out, item, err);
}

int vmm__net_name(const char *item, struct vmm_strv *out, struct vmm_err *err)
{
	int rc = vmm_name_check("name", item, err);

	return rc < 0 ? rc : add(out, item, err);
}

static int tag(const char *text, uint64_t *n, struct vmm_err *err)
{
	return vmm_num_u64("VLAN tag", text, 1, 4094, n, err);
}

int vmm__net_tags(const char *item, struct vmm_strv *out, struct vmm_err *err)
{
	const char *dash = strchr(item, '-');
	VMM_STR_AUTO first = strndup(item, dash ? (size_t)(dash - item) : strlen(item));
	uint64_t from, to;
	char text[24];

	if (!first)
		return vmm_err_nomem(err);
	if (tag(first, &from, err) < 0 || tag(dash ? dash + 1 : item, &to, err) < 0)
		return err->code;
	if (from > to)
		return vmm_err_set(err, VMM_EINPUT, "VLAN tags '%s' run backwards", item);
	for (; from <= to; from++) {
		snprintf(text, sizeof(text), "%" PRIu64, from);
		if (vmm_strv_has(out, text))
			return vmm_err_set(err, VMM_EINPUT, "VLAN tag %s is there twice", text);
		if (vmm_strv_add(out, text) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

/* In the one way there is to write an address, so that two of them can be compared as texts. */
static int parse(const char *text, struct vmm__address *a, char canon[INET6_ADDRSTRLEN],
		 struct vmm_err *err)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, a->bytes) == 1)
		a->len = 4;
	else if (inet_pton(AF_INET6, text, a->bytes) == 1)
		a->len = 16;
	else
		return vmm_err_set(err, VMM_EINPUT, "'%s' is no IP address", text);
	inet_ntop(a->len == 4 ? AF_INET : AF_INET6, a->bytes, canon, INET6_ADDRSTRLEN);
	return 0;
}

int vmm__net_address(const char *item, struct vmm_strv *out, struct vmm_err *err)
{
	char canon[INET6_ADDRSTRLEN], all[INET6_ADDRSTRLEN + 8];
	const char *slash = strchr(item, '/');
	VMM_STR_AUTO text = slash ? strndup(item, (size_t)(slash - item)) : NULL;
	struct vmm__address a;
	uint64_t prefix;

	if (!slash)
		return vmm_err_set(err, VMM_EINPUT, "address '%s' has no /PREFIX", item);
	if (!text)
		return vmm_err_nomem(err);
	if (parse(text, &a, canon, err) < 0 ||
	    vmm_num_u64("prefix", slash + 1, 1, a.len == 4 ? 30 : 126, &prefix, err) < 0)
		return err->code;
	snprintf(all, sizeof(all), "%s/%" PRIu64, canon, prefix);
	return add(out, all, err);
}

int vmm__net_range(const char *item, struct vmm_strv *out, struct vmm_err *err)
{
	char first[INET6_ADDRSTRLEN], last[INET6_ADDRSTRLEN], all[2 * INET6_ADDRSTRLEN + 1];
	const char *dash = strchr(item, '-');
	VMM_STR_AUTO text = dash ? strndup(item, (size_t)(dash - item)) : NULL;
	struct vmm__address a, b;

	if (!dash)
		return vmm_err_set(err, VMM_EINPUT, "dhcp is 'no' or FIRST-LAST: '%s'", item);
	if (!text)
		return vmm_err_nomem(err);
	if (parse(text, &a, first, err) < 0 || parse(dash + 1, &b, last, err) < 0)
		return err->code;
	if (a.len != b.len || memcmp(a.bytes, b.bytes, a.len) > 0)
		return vmm_err_set(err, VMM_EINPUT, "dhcp range '%s' runs backwards", item);
	snprintf(all, sizeof(all), "%s-%s", first, last);
	return add(out, all, err);
}

static bool within(const struct vmm__address *a, const struct vmm__address *net, unsigned prefix)
{
	if (a->len != net->len)
		return false;
	for (unsigned bit = 0; bit < prefix; bit++) {
		unsigned char mask = (unsigned char)(0x80 >> bit % 8);

		if ((a->bytes[bit / 8] ^ net->bytes[bit / 8]) & mask)
			return false;
	}
	return true;
}

bool vmm__net_in_subnet(const char *range, const char *address)
{
	char canon[INET6_ADDRSTRLEN];
	VMM_STR_AUTO first = strndup(range, strcspn(range, "-"));
	VMM_STR_AUTO net = strndup(address, strcspn(address, "/"));
	struct vmm__address a, b, n;
	unsigned prefix = (unsigned)strtoul(address + strcspn(address, "/") + 1, NULL, 10);

	return first && net && parse(first, &a, canon, NULL) == 0 &&
	       parse(range + strlen(first) + 1, &b, canon, NULL) == 0 &&
	       parse(net, &n, canon, NULL) == 0 && within(&a, &n, prefix) && within(&b, &n, prefix);
}

static const char *place(const struct vmm_net *net, const struct vmm__places *where, const char *key)
{
	for (size_t i = 0; vmm__net_keys[i]; i++)
		if (strcmp(vmm__net_keys[i], key) == 0 && where->key[i])
			return where->key[i];
	return net->file;
}

static int check_ranges(const struct vmm_net *net, const struct vmm__places *where,
			struct vmm_err *err)
{
	for (size_t i = 0; i < net->dhcp.n; i++) {
		size_t a = 0;

		while (a < net->addresses.n &&
		       !vmm__net_in_subnet(net->dhcp.s[i], net->addresses.s[a]))
			a++;
		if (a == net->addresses.n)
			return vmm_err_set(err, VMM_EINPUT, "%s: dhcp %s is in the net of no address",
					   place(net, where, "dhcp"), net->dhcp.s[i]);
	}
	return 0;
}

#define BIT(type) (1u << VMM_NET_##type)
#define OUTSIDE (BIT(BRIDGE) | BIT(OPENVSWITCH))
#define INSIDE (BIT(ISOLATED) | BIT(NAT) | BIT(ROUTED))

/* Which types a key goes with. */
static int check_key(const struct vmm_net *net, const struct vmm__places *where, const char *key,
		     bool said, unsigned types, struct vmm_err *err)
{
	VMM_BUF_AUTO list = VMM_BUF_INIT;

	if (!said || types & 1u << net->type)
		return 0;
	for (unsigned t = 0; t <= VMM_NET_OPENVSWITCH; t++)
		if (types & 1u << t)
			vmm_buf_addf(&list, "%s%s", list.len ? ", " : "",
				     vmm_net_type((enum vmm_net_type)t));
	return vmm_err_set(err, VMM_EINPUT, "%s: %s goes with type %s, and this is %s",
			   place(net, where, key), key, list.data, vmm_net_type(net->type));
}

static bool device_said(const struct vmm_net *net)
{
	for (size_t i = 0; i < net->at_device.n; i++)
		if (*net->at_device.s[i])
			return true;
	return *net->device;
}

int vmm__net_rules(const struct vmm_net *net, const struct vmm__places *where, struct vmm_err *err)
{
	bool routed = net->type == VMM_NET_NAT || net->type == VMM_NET_ROUTED;

	if (net->type == VMM_NET_TYPE_NONE)
		return vmm_err_set(err, VMM_EINPUT, "%s: says no type", net->file);
	if (check_key(net, where, "address", net->addresses.n, INSIDE, err) < 0 ||
	    check_key(net, where, "dhcp", net->dhcp.n, INSIDE, err) < 0 ||
	    check_key(net, where, "device", device_said(net), BIT(NAT) | BIT(ROUTED), err) < 0 ||
	    check_key(net, where, "vlan", net->vlan, OUTSIDE, err) < 0 ||
	    check_key(net, where, "trunk", net->trunk.n, BIT(OPENVSWITCH), err) < 0)
		return VMM_EINPUT;
	if (OUTSIDE & 1u << net->type && !*net->bridge && !net->at_host.n)
		return vmm_err_set(err, VMM_EINPUT, "%s: type %s needs a bridge",
				   place(net, where, "type"), vmm_net_type(net->type));
	if (routed && !net->addresses.n)
		return vmm_err_set(err, VMM_EINPUT, "%s: type %s needs an address",
				   place(net, where, "type"), vmm_net_type(net->type));
	return check_ranges(net, where, err);
}
