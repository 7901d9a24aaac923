/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The definition of a pool: a row of the table, taken apart and looked at. */
#include <inttypes.h>
#include <string.h>

#include "base/num.h"
#include "base/rows.h"
#include "pool/internal.h"

#define NAME_MAX_LEN 100

const char *const vmm__pool_columns[] = { "pool",    "type",    "ranges", "reserved",
					  "prefix",  "gateway", "dns",    "vlan",
					  "network", "created", NULL };

/* A row on its way to a definition. */
struct reading {
	struct vmm_table *t;
	size_t row;
	struct vmm__def *d;
	int prefix; /* -1: not known */
	struct vmm_err *err;
};

static const char *cell(const struct reading *r, const char *column)
{
	return vmm_table_at(r->t, r->row, column);
}

static int put(struct reading *r, const char *column, const char *value)
{
	return vmm_table_put(r->t, r->row, column, value) < 0 ? vmm_err_nomem(r->err) : 0;
}

static const char *family_name(enum vmm__family family)
{
	return family == VMM__IP4 ? "an IPv4" : family == VMM__IP6 ? "an IPv6" : "a MAC";
}

static bool is_type(const char *type)
{
	return strcmp(type, "ip4") == 0 || strcmp(type, "ip6") == 0 || strcmp(type, "mac") == 0 ||
	       strcmp(type, "vip") == 0;
}

static bool type_has(const char *type, enum vmm__family family)
{
	static const char *const names[] = { "ip4", "ip6", "mac" };

	return strcmp(type, names[family]) == 0 || (family != VMM__MAC && strcmp(type, "vip") == 0);
}

/* Letters, digits, . _ -, not first . or -, as the names of hosts. */
static int check_name(const struct reading *r, const char *what, const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_LEN || *name == '.' || *name == '-' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != len)
		return vmm_err_set(r->err, VMM_EINPUT,
				   "%s '%s': must be of letters, digits, . _ -, and not start with "
				   ". or -",
				   what, name);
	return 0;
}

/* ---- ranges ---- */

static bool overlap(struct vmm__span a, struct vmm__span b)
{
	return a.first <= b.last && b.first <= a.last;
}

/* What no interface can have: of IPv4 0/8, 127/8 and 224/3, of IPv6 ::/8 and ff00::/8, group MACs. */
static bool usable(enum vmm__family family, struct vmm__span s)
{
	static const struct vmm__span ip4[] = { { 0, 0x00ffffff },
						{ 0x7f000000, 0x7fffffff },
						{ 0xe0000000, 0xffffffff } };
	const vmm__num top = (vmm__num)0xff << 120;

	switch (family) {
	case VMM__IP4:
		return !overlap(s, ip4[0]) && !overlap(s, ip4[1]) && !overlap(s, ip4[2]);
	case VMM__IP6:
		return s.first >> 120 != 0 && s.last < top;
	case VMM__MAC:
		return s.first != 0 && s.first >> 40 == s.last >> 40 && !(s.first >> 40 & 1);
	}
	return false;
}

static int read_range(struct reading *r, const char *text, bool first)
{
	enum vmm__family family;
	struct vmm__span s;
	int prefix = -1;

	if (vmm__span_parse("--range", text, &family, &s, &prefix, r->err) < 0)
		return VMM_EINPUT;
	if (first)
		r->d->family = family;
	if (family != r->d->family || !type_has(cell(r, "type"), family))
		return vmm_err_set(r->err, VMM_EINPUT,
				   "--range '%s': %s address in a pool of type %s", text,
				   family_name(family), cell(r, "type"));
	if (!usable(family, s))
		return vmm_err_set(r->err, VMM_EINPUT,
				   "--range '%s': has addresses that no interface can have", text);
	for (size_t i = 0; i < r->d->ranges.n; i++)
		if (overlap(r->d->ranges.s[i], s))
			return vmm_err_set(r->err, VMM_EINPUT,
					   "--range '%s': overlaps another one of the pool", text);
	if (prefix >= 0 && r->prefix < 0 && family != VMM__MAC)
		r->prefix = prefix;
	return vmm__spans_add(&r->d->ranges, s.first, s.last) < 0 ? vmm_err_nomem(r->err) : 0;
}

/* The type, where it isn't given, is that of the first address. */
static int read_ranges(struct reading *r)
{
	static const char *const names[] = { "ip4", "ip6", "mac" };
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	enum vmm__family family;
	struct vmm__span s;
	int rc = 0;

	if (vmm_list_split(&items, cell(r, "ranges")) < 0)
		return vmm_err_nomem(r->err);
	if (!items.n)
		return vmm_err_set(r->err, VMM_EINPUT, "no range given; see --help");
	if (*cell(r, "type") && !is_type(cell(r, "type")))
		return vmm_err_set(r->err, VMM_EINPUT, "--type '%s': not one of ip4 ip6 mac vip",
				   cell(r, "type"));
	if (!*cell(r, "type") && vmm__span_parse("--range", items.s[0], &family, &s, NULL, r->err) < 0)
		return VMM_EINPUT;
	if (!*cell(r, "type"))
		rc = put(r, "type", names[family]);
	for (size_t i = 0; i < items.n && rc == 0; i++)
		rc = read_range(r, items.s[i], i == 0);
	return rc;
}

/* ---- the network around them ---- */

static struct vmm__span network_of(const struct reading *r, vmm__num num)
{
	unsigned bits = vmm__addr_bits(r->d->family);
	vmm__num host = r->prefix == (int)bits ? 0
					       : ~(vmm__num)0 >> (128 - bits + (unsigned)r->prefix);

	return (struct vmm__span){ num & ~host, num | host };
}

static int read_prefix(struct reading *r)
{
	const char *text = cell(r, "prefix");
	struct vmm__span net;
	char number[16];
	uint64_t n;

	if (*text && r->d->family == VMM__MAC)
		return vmm_err_set(r->err, VMM_EINPUT, "--prefix: not for MAC addresses");
	if (*text && vmm_num_u64("--prefix", text, 1, vmm__addr_bits(r->d->family), &n, r->err) < 0)
		return VMM_EINPUT;
	if (*text)
		r->prefix = (int)n;
	if (r->prefix < 0)
		return 0;
	net = network_of(r, r->d->ranges.s[0].first);
	for (size_t i = 0; i < r->d->ranges.n; i++)
		if (r->d->ranges.s[i].first < net.first || r->d->ranges.s[i].last > net.last)
			return vmm_err_set(r->err, VMM_EINPUT,
					   "the ranges are not in one network of prefix %d; "
					   "say which with --prefix, or make several pools",
					   r->prefix);
	snprintf(number, sizeof(number), "%d", r->prefix);
	return put(r, "prefix", number);
}

/* The network's own address and, of IPv4, the broadcast address; not in networks of one or two. */
static int take_edges(struct reading *r)
{
	unsigned bits = vmm__addr_bits(r->d->family);
	struct vmm__span net;
	int rc;

	if (r->prefix < 0 || (unsigned)r->prefix + 1 >= bits)
		return 0;
	net = network_of(r, r->d->ranges.s[0].first);
	rc = vmm__spans_take(&r->d->open, net.first, net.first);
	if (rc == 0 && r->d->family == VMM__IP4)
		rc = vmm__spans_take(&r->d->open, net.last, net.last);
	return rc < 0 ? vmm_err_nomem(r->err) : 0;
}

static int read_gateway(struct reading *r)
{
	const char *text = cell(r, "gateway");
	char form[VMM__ADDR_LEN];
	struct vmm__span net;
	struct vmm__addr a;

	if (!*text)
		return 0;
	if (!vmm__addr_parse(text, &a) || a.family != r->d->family || a.family == VMM__MAC)
		return vmm_err_set(r->err, VMM_EINPUT,
				   "--gateway '%s': not an address of this kind of pool", text);
	if (r->prefix >= 0) {
		net = network_of(r, r->d->ranges.s[0].first);
		/* Of IPv6 it usually has a link-local address. */
		if ((a.num < net.first || a.num > net.last) &&
		    (a.family == VMM__IP4 || a.num >> 118 != 0x3fa))
			return vmm_err_set(r->err, VMM_EINPUT,
					   "--gateway '%s': not in the network of the ranges", text);
	}
	if (vmm__spans_take(&r->d->open, a.num, a.num) < 0)
		return vmm_err_nomem(r->err);
	vmm__addr_format(a, form);
	return put(r, "gateway", form);
}

static int read_reserved(struct reading *r)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;

	if (vmm_list_split(&items, cell(r, "reserved")) < 0)
		return vmm_err_nomem(r->err);
	for (size_t i = 0; i < items.n; i++) {
		enum vmm__family family;
		struct vmm__span s;
		bool touches = false;

		if (vmm__span_parse("--reserve", items.s[i], &family, &s, NULL, r->err) < 0)
			return VMM_EINPUT;
		for (size_t k = 0; k < r->d->ranges.n && family == r->d->family; k++)
			touches = touches || overlap(r->d->ranges.s[k], s);
		if (!touches)
			return vmm_err_set(r->err, VMM_EINPUT,
					   "--reserve '%s': not in the ranges of the pool",
					   items.s[i]);
		if (vmm__spans_take(&r->d->open, s.first, s.last) < 0)
			return vmm_err_nomem(r->err);
	}
	return 0;
}

/* ---- the rest ---- */

static int read_dns(struct reading *r)
{
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	struct vmm__addr a;

	if (vmm_list_split(&items, cell(r, "dns")) < 0)
		return vmm_err_nomem(r->err);
	if (items.n && r->d->family == VMM__MAC)
		return vmm_err_set(r->err, VMM_EINPUT, "--dns: not for MAC addresses");
	for (size_t i = 0; i < items.n; i++)
		if (!vmm__addr_parse(items.s[i], &a) || a.family == VMM__MAC)
			return vmm_err_set(r->err, VMM_EINPUT, "--dns '%s': not an address",
					   items.s[i]);
	return 0;
}

static int read_rest(struct reading *r)
{
	const char *vlan = cell(r, "vlan"), *network = cell(r, "network");
	uint64_t n;

	if (check_name(r, "pool", cell(r, "pool")) < 0 || read_dns(r) < 0)
		return VMM_EINPUT;
	if (*vlan && vmm_num_u64("--vlan", vlan, 1, 4094, &n, r->err) < 0)
		return VMM_EINPUT;
	return *network ? check_name(r, "--network", network) : 0;
}

void vmm__pooldef_release(struct vmm__def *d)
{
	vmm__spans_release(&d->ranges);
	vmm__spans_release(&d->open);
}

static int make_open(struct reading *r)
{
	vmm__spans_sort(&r->d->ranges);
	for (size_t i = 0; i < r->d->ranges.n; i++)
		if (vmm__spans_add(&r->d->open, r->d->ranges.s[i].first, r->d->ranges.s[i].last) < 0)
			return vmm_err_nomem(r->err);
	return 0;
}

int vmm__pooldef_read(struct vmm_table *t, size_t row, bool strict, struct vmm__def *out,
		      struct vmm_err *err)
{
	struct vmm__def d = { .family = VMM__IP4 };
	struct reading r = { t, row, &d, -1, err };
	int rc = read_ranges(&r);

	if (rc == 0)
		rc = make_open(&r);
	if (rc == 0)
		rc = read_prefix(&r);
	if (rc == 0)
		rc = take_edges(&r);
	if (rc == 0)
		rc = read_gateway(&r);
	if (rc == 0)
		rc = read_reserved(&r);
	if (rc == 0 && strict)
		rc = read_rest(&r);
	if (rc == 0 && strict && !d.open.n)
		rc = vmm_err_set(err, VMM_EINPUT, "no address of the ranges is left to give out");
	if (rc < 0)
		vmm__pooldef_release(&d);
	else
		*out = d;
	return rc;
}
