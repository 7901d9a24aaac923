/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* networks/NAME.conf as a struct vmm_net. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "net/net-internal.h"

#define INCLUDES_MAX 8

static const char *const types[] = { "bridge", "isolated", "nat", "routed", "openvswitch", NULL };

const char *const vmm__net_keys[VMM__NET_KEYS + 1] = { "include", "type",  "bridge", "device",
						       "mtu",     "vlan",  "trunk",  "address",
						       "dhcp",    "pools", "hosts",  NULL };
static const char *const host_keys[] = { "bridge", "device", NULL };
static const struct vmm_conf_form forms[] = {
	{ .section = "", .keys = vmm__net_keys },
	{ .section = "host", .keys = host_keys, .many = true, .labels = true },
	{ 0 },
};

const char *vmm_net_type(enum vmm_net_type type)
{
	return types[type];
}

static int text(const struct vmm_conf_section *s, const char *key, char **out, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);
	char *copy;

	if (!e)
		return 0;
	copy = strdup(e->value);
	if (!copy)
		return vmm_err_nomem(err);
	free(*out);
	*out = copy;
	return 0;
}

/* An interface of the kernel's: such names also need no escapes in XML. */
static int device(const struct vmm_conf_section *s, const char *key, char **out, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);
	struct vmm_err why;

	if (e && vmm_name_check(key, e->value, &why) < 0)
		return vmm_conf_wrong(e, err, "%s", why.text);
	if (e && strlen(e->value) > 15)
		return vmm_conf_wrong(e, err, "%s '%s' is longer than 15 characters", key, e->value);
	return text(s, key, out, err);
}

/* A list replaces the one that an included file gave. `check` gets an item and adds it to out. */
static int list(const struct vmm_conf_section *s, const char *key, struct vmm_strv *out,
		int (*check)(const char *item, struct vmm_strv *out, struct vmm_err *err),
		struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(s, key);
	VMM_STRV_AUTO items = VMM_STRV_INIT;
	struct vmm_err why;

	if (!e)
		return 0;
	vmm_strv_release(out);
	if (vmm_conf_list(e, &items, err) < 0)
		return VMM_EINPUT;
	for (size_t i = 0; i < items.n; i++)
		if (check(items.s[i], out, &why) < 0)
			return vmm_conf_wrong(e, err, "%s", why.text);
	return 0;
}

static int number(const struct vmm_conf_section *s, const char *key, uint64_t min, uint64_t max,
		  unsigned *out, struct vmm_err *err)
{
	uint64_t n = *out;

	if (vmm_conf_u64(s, key, min, max, &n, err) < 0)
		return VMM_EINPUT;
	*out = (unsigned)n;
	return 0;
}

static int read_dhcp(const struct vmm_conf_section *s, struct vmm_net *net, struct vmm_err *err)
{
	if (strcmp(vmm_conf_text(s, "dhcp", ""), "no") != 0)
		return list(s, "dhcp", &net->dhcp, vmm__net_range, err);
	vmm_strv_release(&net->dhcp);
	return 0;
}

/* Remembers where each key was said last, for errors that come of several. */
static int note_places(const struct vmm_conf_section *s, struct vmm__places *where,
		       struct vmm_err *err)
{
	for (size_t i = 0; vmm__net_keys[i]; i++) {
		const struct vmm_conf_entry *e = vmm_conf_find(s, vmm__net_keys[i]);
		char *place;

		if (!e)
			continue;
		if (asprintf(&place, "%s:%zu", e->file, e->line) < 0)
			return vmm_err_nomem(err);
		free(where->key[i]);
		where->key[i] = place;
	}
	return 0;
}

static int read_top(const struct vmm_conf *c, struct vmm_net *net, struct vmm__places *where,
		    struct vmm_err *err)
{
	const struct vmm_conf_section *s = vmm_conf_next(c, "", NULL);
	size_t type = net->type;

	if (vmm_conf_word(s, "type", types, &type, err) < 0 ||
	    device(s, "bridge", &net->bridge, err) < 0 || device(s, "device", &net->device, err) < 0 ||
	    number(s, "mtu", 68, 65535, &net->mtu, err) < 0 ||
	    number(s, "vlan", 1, 4094, &net->vlan, err) < 0 ||
	    list(s, "trunk", &net->trunk, vmm__net_tags, err) < 0 ||
	    list(s, "address", &net->addresses, vmm__net_address, err) < 0 ||
	    read_dhcp(s, net, err) < 0 || list(s, "pools", &net->pools, vmm__net_name, err) < 0 ||
	    list(s, "hosts", &net->hosts, vmm__net_any, err) < 0)
		return VMM_EINPUT;
	net->type = (enum vmm_net_type)type;
	return note_places(s, where, err);
}

static long at(const struct vmm_net *net, const char *host)
{
	for (size_t i = 0; i < net->at_host.n; i++)
		if (strcmp(net->at_host.s[i], host) == 0)
			return (long)i;
	return -1;
}

static int read_host(const struct vmm_conf_section *s, struct vmm_net *net, struct vmm_err *err)
{
	long i;

	if (!s->label)
		return vmm_err_set(err, VMM_EINPUT, "%s:%zu: [host] without a name", s->file,
				   s->line);
	i = at(net, s->label);
	if (i < 0) {
		if (vmm_strv_add(&net->at_host, s->label) < 0 ||
		    vmm_strv_add(&net->at_bridge, "") < 0 || vmm_strv_add(&net->at_device, "") < 0)
			return vmm_err_nomem(err);
		i = (long)net->at_host.n - 1;
	}
	if (device(s, "bridge", &net->at_bridge.s[i], err) < 0)
		return VMM_EINPUT;
	return device(s, "device", &net->at_device.s[i], err);
}

static int read_file(const char *folder, const char *name, struct vmm_net *net,
		     struct vmm__places *where, struct vmm_err *err);

static int read_include(const struct vmm_conf *c, const char *folder, struct vmm_net *net,
			struct vmm__places *where, struct vmm_err *err)
{
	const struct vmm_conf_entry *e = vmm_conf_find(vmm_conf_next(c, "", NULL), "include");
	struct vmm_err why;
	int rc;

	if (!e)
		return 0;
	if (++where->includes > INCLUDES_MAX)
		return vmm_conf_wrong(e, err, "more than %d files include one another", INCLUDES_MAX);
	if (vmm_name_check("include", e->value, &why) < 0)
		return vmm_conf_wrong(e, err, "%s", why.text);
	rc = read_file(folder, e->value, net, where, &why);
	if (rc == VMM_ENOTFOUND)
		return vmm_conf_wrong(e, err, "%s", why.text);
	return rc < 0 ? vmm_err_set(err, why.code, "%s", why.text) : 0;
}

static int read_file(const char *folder, const char *name, struct vmm_net *net,
		     struct vmm__places *where, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	VMM_CONF_AUTO *c = NULL;

	vmm_buf_addf(&path, "%s/" VMM_NET_KIND "/%s.conf", folder, name);
	if (path.failed)
		return vmm_err_nomem(err);
	if (access(path.data, F_OK) < 0 && errno == ENOENT)
		return vmm_err_set(err, VMM_ENOTFOUND, "there is no definition '%s'", path.data);
	if (vmm_conf_load(path.data, &c, err) < 0 || vmm_conf_check(c, forms, err) < 0 ||
	    read_include(c, folder, net, where, err) < 0 || read_top(c, net, where, err) < 0)
		return err->code;
	for (const struct vmm_conf_section *s = NULL; (s = vmm_conf_next(c, "host", s));)
		if (read_host(s, net, err) < 0)
			return err->code;
	free(net->file);
	net->file = vmm_buf_steal(&path);
	return net->file ? 0 : vmm_err_nomem(err);
}

int vmm_net_load(const char *folder, const char *name, struct vmm_net **out, struct vmm_err *err)
{
	struct vmm__places where = { 0 };
	struct vmm_net *net;
	struct vmm_err why;
	int rc = vmm_name_check("network", name, err);

	if (rc < 0)
		return rc;
	net = calloc(1, sizeof(*net));
	if (!net)
		return vmm_err_nomem(err);
	net->type = VMM_NET_TYPE_NONE;
	net->name = strdup(name);
	net->bridge = strdup("");
	net->device = strdup("");
	rc = net->name && net->bridge && net->device ? 0 : vmm_err_nomem(&why);
	if (rc == 0)
		rc = read_file(folder, name, net, &where, &why);
	if (rc == 0)
		rc = vmm__net_rules(net, &where, &why);
	for (size_t i = 0; i < VMM__NET_KEYS; i++)
		free(where.key[i]);
	if (rc < 0) {
		vmm_net_free(net);
		return vmm_err_set(err, rc, "%s", why.text);
	}
	*out = net;
	return 0;
}

void vmm_net_free(struct vmm_net *net)
{
	if (!net)
		return;
	free(net->name);
	free(net->file);
	free(net->bridge);
	free(net->device);
	vmm_strv_release(&net->trunk);
	vmm_strv_release(&net->addresses);
	vmm_strv_release(&net->dhcp);
	vmm_strv_release(&net->pools);
	vmm_strv_release(&net->hosts);
	vmm_strv_release(&net->at_host);
	vmm_strv_release(&net->at_bridge);
	vmm_strv_release(&net->at_device);
	free(net);
}

static const char *pick(const struct vmm_net *net, const struct vmm_strv *own, const char *host,
			const char *otherwise)
{
	long i = at(net, host);

	return i >= 0 && *own->s[i] ? own->s[i] : otherwise;
}

const char *vmm_net_bridge(const struct vmm_net *net, const char *host)
{
	return pick(net, &net->at_bridge, host, net->bridge);
}

const char *vmm_net_device(const struct vmm_net *net, const char *host)
{
	return pick(net, &net->at_device, host, net->device);
}
