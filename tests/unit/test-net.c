/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical networks without a host: definitions, their XML, what of it is compared, a way to the wire. */
#include "folder.h"
#include "test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rows.h"
#include "net/net-internal.h"

/* A folder of definitions for one test. */
struct place {
	char top[32];
	struct vmm_err err;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char path[64];

	snprintf(p->top, sizeof(p->top), "/tmp/vmm-net.XXXXXX");
	if (!mkdtemp(p->top)) {
		free(p);
		return -1;
	}
	snprintf(path, sizeof(path), "%s/networks", p->top);
	*state = p;
	return mkdir(path, 0700);
}

static int teardown(void **state)
{
	struct place *p = *state;
	int rc = folder_remove(p->top);

	free(p);
	return rc;
}

static void define(struct place *p, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/networks/%s.conf", p->top, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct vmm_net *load(struct place *p, const char *name)
{
	struct vmm_net *net = NULL;

	if (vmm_net_load(p->top, name, &net, &p->err) < 0)
		fail_msg("%s", p->err.text);
	return net;
}

/* What the definition `text` comes to on host h2. */
static void xml_is(struct place *p, const char *text, const char *want)
{
	VMM_BUF_AUTO xml = VMM_BUF_INIT;
	struct vmm_net *net;

	define(p, "n", text);
	net = load(p, "n");
	assert_int_equal(vmm_net_xml(net, "h2", &xml, &p->err), 0);
	if (!strstr(xml.data, want))
		fail_msg("not there: %s\nin: %s", want, xml.data);
	vmm_net_free(net);
}

static void test_xml(void **state)
{
	struct place *p = *state;

	xml_is(p, "type = bridge\nbridge = br0\n[host h2]\nbridge = br1\n",
	       "<network>\n  <name>n</name>\n  <metadata>\n    <vmm:network "
	       "xmlns:vmm='urn:vmm-utils:1'/>\n  </metadata>\n  <forward mode='bridge'/>\n"
	       "  <bridge name='br1'/>\n</network>\n");
	/* MTU and VLAN of a bridge that libvirt does not make are not libvirt's. */
	xml_is(p, "type = bridge\nbridge = br0\nmtu = 9000\nvlan = 7\n",
	       "  <forward mode='bridge'/>\n  <bridge name='br0'/>\n</network>\n");
	xml_is(p, "type = openvswitch\nbridge = ovs0\nvlan = 20\n",
	       "  <bridge name='ovs0'/>\n  <virtualport type='openvswitch'/>\n  <vlan>\n"
	       "    <tag id='20'/>\n  </vlan>\n</network>\n");
	xml_is(p, "type = openvswitch\nbridge = ovs0\nvlan = 1\ntrunk = 20-21, 4094\n",
	       "  <vlan trunk='yes'>\n    <tag id='1' nativeMode='untagged'/>\n    <tag id='20'/>\n"
	       "    <tag id='21'/>\n    <tag id='4094'/>\n  </vlan>\n");
	xml_is(p, "type = isolated\nmtu = 1400\n",
	       "  </metadata>\n  <mtu size='1400'/>\n  <dns enable='no'/>\n</network>\n");
	xml_is(p, "type = nat\naddress = 10.1.0.1/24\ndevice = eth0\n",
	       "  <forward mode='nat' dev='eth0'/>\n  <dns enable='no'/>\n"
	       "  <ip family='ipv4' address='10.1.0.1' prefix='24'/>\n</network>\n");
	xml_is(p,
	       "type = routed\naddress = 10.1.0.1/24, FD00:0::1/64\n"
	       "dhcp = 10.1.0.9-10.1.0.10, fd00::9-fd00::a, 10.1.0.20-10.1.0.20\n",
	       "  <forward mode='route'/>\n"
	       "  <ip family='ipv4' address='10.1.0.1' prefix='24'>\n    <dhcp>\n"
	       "      <range start='10.1.0.9' end='10.1.0.10'/>\n"
	       "      <range start='10.1.0.20' end='10.1.0.20'/>\n    </dhcp>\n  </ip>\n"
	       "  <ip family='ipv6' address='fd00::1' prefix='64'>\n    <dhcp>\n"
	       "      <range start='fd00::9' end='fd00::a'/>\n    </dhcp>\n  </ip>\n</network>\n");
}

static void test_include(void **state)
{
	struct place *p = *state;
	struct vmm_net *net;

	define(p, "base",
	       "type = openvswitch\nbridge = ovs0\nvlan = 20\npools = a, b\nmtu = 9000\n"
	       "[host h1]\nbridge = ovs1\n[host h2]\nbridge = ovs2\n");
	define(p, "top", "include = base\nvlan = 30\npools = c\n[host h2]\nbridge = ovs3\n");
	net = load(p, "top");
	assert_string_equal(net->name, "top");
	assert_int_equal(net->type, VMM_NET_OPENVSWITCH);
	assert_int_equal(net->vlan, 30);
	assert_int_equal(net->mtu, 9000);
	assert_int_equal(net->pools.n, 1);
	assert_string_equal(net->pools.s[0], "c");
	assert_string_equal(vmm_net_bridge(net, "h1"), "ovs1");
	assert_string_equal(vmm_net_bridge(net, "h2"), "ovs3");
	assert_string_equal(vmm_net_bridge(net, "h3"), "ovs0");
	vmm_net_free(net);
}

/* The definition n is refused, "PLACE: WHY". */
static void bad(struct place *p, const char *text, const char *where, const char *why)
{
	struct vmm_net *net = NULL;
	char want[128];

	define(p, "n", text);
	snprintf(want, sizeof(want), "%s/networks/n.conf%s: ", p->top, where);
	assert_int_equal(vmm_net_load(p->top, "n", &net, &p->err), VMM_EINPUT);
	assert_null(net);
	if (strncmp(p->err.text, want, strlen(want)) != 0 || !strstr(p->err.text, why))
		fail_msg("'%s' is not '%s… %s'", p->err.text, want, why);
}

static void test_bad(void **state)
{
	struct place *p = *state;
	struct vmm_net *net = NULL;

	bad(p, "", "", "says no type");
	bad(p, "type = token-ring\n", ":1", "token-ring");
	bad(p, "type = bridge\n", ":1", "type bridge needs a bridge");
	bad(p, "type = nat\n", ":1", "type nat needs an address");
	bad(p, "type = isolated\nspeed = 9\n", ":2", "speed");
	bad(p, "type = isolated\n\nvlan = 4095\n", ":3", "4095");
	bad(p, "type = isolated\nvlan = 5\n", ":2", "vlan goes with type bridge, openvswitch");
	bad(p, "type = isolated\nmtu = 67\n", ":2", "67");
	bad(p, "type = bridge\nbridge = br0\ntrunk = 3\n", ":3", "trunk goes with type openvswitch");
	bad(p, "type = bridge\nbridge = br0\ndhcp = 10.0.0.1-10.0.0.2\n", ":3", "dhcp goes with");
	bad(p, "type = bridge\nbridge = br0'/><x a='\n", ":2", "something else than letters");
	bad(p, "type = bridge\nbridge = sixteencharacter\n", ":2", "longer than 15");
	bad(p, "type = openvswitch\nbridge = o\ntrunk = 5-3\n", ":3", "run backwards");
	bad(p, "type = openvswitch\nbridge = o\ntrunk = 5, 4-6\n", ":3", "twice");
	bad(p, "type = isolated\naddress = 10.0.0.1\n", ":2", "has no /PREFIX");
	bad(p, "type = isolated\naddress = 10.0.0.256/24\n", ":2", "is no IP address");
	bad(p, "type = isolated\naddress = 10.0.0.1/31\n", ":2", "31");
	bad(p, "type = isolated\naddress = 10.0.0.1/24\ndhcp = yes\n", ":3", "FIRST-LAST");
	bad(p, "type = isolated\naddress = 10.0.0.1/24\ndhcp = 10.0.0.9-10.0.0.2\n", ":3",
	    "backwards");
	bad(p, "type = isolated\naddress = 10.0.0.1/24\ndhcp = 10.0.1.2-10.0.1.3\n", ":3",
	    "is in the net of no address");
	bad(p, "type = isolated\naddress = 10.0.0.1/24\ndhcp = 10.0.0.9-10.0.1.3\n", ":3",
	    "is in the net of no address");
	bad(p, "include = gone\n", ":1", "there is no definition");
	bad(p, "include = n\n", ":1", "include one another");
	bad(p, "include = ../n\n", ":1", "something else than letters");
	bad(p, "type = isolated\n[host]\nbridge = b\n", ":2", "without a name");
	bad(p, "type = isolated\n[host h1]\ntype = nat\n", ":3", "type");
	assert_int_equal(vmm_net_load(p->top, "gone", &net, &p->err), VMM_ENOTFOUND);
	assert_int_equal(vmm_net_load(p->top, "../n", &net, &p->err), VMM_EINPUT);
}

/* How `xml` differs from the definition n. */
static void differs(const struct vmm_net *net, const char *xml, const char *want)
{
	VMM_BUF_AUTO wanted = VMM_BUF_INIT;
	VMM_BUF_AUTO out = VMM_BUF_INIT;
	struct vmm__facts a = { 0 }, b = { 0 };

	assert_int_equal(vmm_net_xml(net, "h", &wanted, NULL), 0);
	assert_int_equal(vmm__facts_read(wanted.data, &b, NULL), 0);
	assert_true(b.ours);
	assert_int_equal(vmm__facts_read(xml, &a, NULL), 0);
	vmm__facts_compare(&a, &b, &out);
	assert_string_equal(out.data, want);
	vmm__facts_release(&a);
	vmm__facts_release(&b);
}

static void test_differs(void **state)
{
	struct place *p = *state;
	struct vmm_net *net;

	define(p, "n", "type = nat\naddress = 10.1.0.1/24\nmtu = 9000\n");
	net = load(p, "n");
	/* What libvirt fills in is no difference, nor is another way of writing. */
	differs(net,
		"<network connections='2'><name>n</name><uuid>u</uuid><forward mode='nat'><nat>"
		"<port start='1024' end='65535'/></nat></forward><bridge name='virbr3' stp='on' "
		"delay='0'/><mtu size='9000'/><mac address='52:54:00:01:02:03'/>"
		"<dns enable='no'/><ip address='10.1.0.1' netmask='255.255.255.0'/></network>",
		"");
	differs(net,
		"<network><name>n</name><bridge name='virbr3'/><dns><host ip='10.1.0.2'/></dns>"
		"<ip address='10.1.0.2' prefix='24'><dhcp><range start='10.1.0.5' end='10.1.0.6'/>"
		"<host ip='10.1.0.7'/></dhcp></ip><portgroup name='x'/><route/></network>",
		"type isolated, not nat; mtu none, not 9000; address 10.1.0.2/24, not 10.1.0.1/24; "
		"dhcp 10.1.0.5-10.1.0.6, host, not none; dns edited, not no; "
		"other portgroup, route, not none");
	vmm_net_free(net);
	define(p, "n", "type = openvswitch\nbridge = o\nvlan = 1\ntrunk = 2\n");
	net = load(p, "n");
	differs(net,
		"<network><name>n</name><forward mode='bridge'/><bridge name='o'/>"
		"<vlan><tag id='1'/></vlan><virtualport type='802.1Qbh'/></network>",
		"type bridge, not openvswitch; vlan 1, not 1 untagged, 2 trunk; "
		"other virtualport, not none");
	vmm_net_free(net);
}

static void test_mark(void **state)
{
	struct vmm__facts f = { 0 };

	(void)state;
	assert_int_equal(vmm__facts_read("<network><metadata><a:b xmlns:a='urn:a'/></metadata></network>",
					 &f, NULL),
			 0);
	assert_false(f.ours);
	vmm__facts_release(&f);
	assert_int_equal(vmm__facts_read("<network><metadata><a xmlns='urn:vmm-utils:1'/></metadata>"
					 "<uuid>u</uuid></network>",
					 &f, NULL),
			 0);
	assert_true(f.ours);
	assert_string_equal(f.uuid, "u");
	vmm__facts_release(&f);
	assert_int_equal(vmm__facts_read("<network>", &f, NULL), VMM_EINPUT);
}

/* ---- the way to the wire, on a host with a bridge on a VLAN on a bond ---- */

static char *iface(void *ctx, const char *name)
{
	static const char *const all[][2] = {
		{ "br0", "<interface type='bridge' name='br0'><mtu size='9000'/><bridge stp='off'>"
			 "<interface type='ethernet' name='vnet3'/>"
			 "<interface type='ethernet' name='mytap'/>"
			 "<interface type='vlan' name='bond0.20'/>"
			 "</bridge></interface>" },
		{ "bond0.20", "<interface type='vlan' name='bond0.20'><vlan tag='20'>"
			      "<interface name='bond0'/></vlan></interface>" },
		{ "bond0", "<interface type='bond' name='bond0'><bond mode='802.3ad'>"
			   "<interface type='ethernet' name='eth0'/>"
			   "<interface type='ethernet' name='eth1'/></bond></interface>" },
		{ "eth0", "<interface type='ethernet' name='eth0'><link speed='10000' state='up'/>"
			  "<mac address='02:00:00:00:00:01'/></interface>" },
		{ "loop0", "<interface type='vlan' name='loop0'><vlan tag='1'>"
			   "<interface name='loop0'/></vlan></interface>" },
	};

	(void)ctx;
	for (size_t i = 0; i < COUNT(all); i++)
		if (strcmp(all[i][0], name) == 0)
			return strdup(all[i][1]);
	return NULL;
}

static char *parent(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "eth0") == 0 ? strdup("pci_0000_03_00_0") : strdup("computer");
}

/* The rows without their first column, a line each. */
static void rows_are(struct vmm_table *t, const char *want)
{
	VMM_BUF_AUTO out = VMM_BUF_INIT;

	for (size_t r = 0; r < vmm_table_rows(t); r++)
		vmm_buf_addf(&out, "%s %s %s|%s\n", vmm_table_at(t, r, "level"),
			     vmm_table_at(t, r, "kind"), vmm_table_at(t, r, "name"),
			     vmm_table_at(t, r, "detail"));
	assert_string_equal(out.data, want);
}

static void trace(const char *domain, const struct vmm__nic_net *of, const char *want)
{
	struct vmm__asker ask = { iface, parent, NULL };
	VMM_TABLE_AUTO *t = vmm_table_new(NULL);
	struct vmm_err err;
	struct vmm__trace tr = { t, "mac", &ask, &err };
	VMM_STRV_AUTO taps = VMM_STRV_INIT;
	struct vmm__nic *nics = NULL;
	size_t n = 0;

	assert_int_equal(vmm_strv_add(&taps, "mytap"), 0);
	assert_int_equal(vmm__nics_read(domain, &nics, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_int_equal(vmm__trace_nic(&tr, nics, of, &taps), 0);
	rows_are(t, want);
	vmm__nics_free(nics, n);
}

#define NIC(inside) "<domain><devices><interface type='" inside "</interface></devices></domain>"

static void test_trace(void **state)
{
	struct place *p = *state;
	struct vmm__nic_net none = { 0 };
	struct vmm__nic_net of = {
		.xml = "<network><name>n</name><forward mode='bridge'/><bridge name='br0'/></network>",
		.active = true,
	};
	struct vmm_net *net;

	define(p, "n", "type = bridge\nbridge = br0\nvlan = 20\npools = a, b\n");
	of.net = net = load(p, "n");
	trace(NIC("bridge'><mac address='52:54:00:00:00:01'/><source network='n' bridge='br0'/>"
		  "<target dev='vnet0'/><model type='virtio'/>"),
	      &of,
	      "1 tap vnet0|mac 52:54:00:00:00:01, model virtio\n"
	      "2 network n|active, type bridge, not made by vmm-utils\n"
	      "3 bridge n|vlan 20, pools a b\n"
	      "4 bridge br0|stp off, mtu 9000\n"
	      "5 vlan bond0.20|VLAN 20, on bond0, virtual\n"
	      "5 bond bond0|mode 802.3ad, virtual\n"
	      "5 ethernet eth0|link up, 10000 Mb/s, mac 02:00:00:00:00:01, device pci_0000_03_00_0\n"
	      "5 unknown eth1|libvirt tells nothing of this device\n");
	vmm_net_free(net);
	trace(NIC("network'><source network='gone'/>"), &none,
	      "1 nic |\n2 missing gone|the host has no network of that name\n"
	      "3 none gone|there is no definition of that name\n4 none |network\n5 none |\n");
	trace(NIC("direct'><source dev='eth0' mode='bridge'/>"), &none,
	      "1 nic |\n2 none |not plugged into a libvirt network\n3 none |\n4 macvtap eth0|bridge\n"
	      "5 ethernet eth0|link up, 10000 Mb/s, mac 02:00:00:00:00:01, device pci_0000_03_00_0\n");
	trace(NIC("bridge'><source bridge='ovs0'/><virtualport type='openvswitch'/>"
		  "<vlan><tag id='9'/></vlan><link state='down'/>"),
	      &none,
	      "1 nic |link down\n2 none |not plugged into a libvirt network\n3 none |\n"
	      "4 openvswitch ovs0|vlan 9, libvirt tells nothing of it\n"
	      "5 unknown |libvirt cannot tell the ports of an Open vSwitch\n");
	trace(NIC("direct'><source dev='loop0' mode='vepa'/>"), &none,
	      "1 nic |\n2 none |not plugged into a libvirt network\n3 none |\n4 macvtap loop0|vepa\n"
	      "5 vlan loop0|VLAN 1, on loop0, virtual\n5 vlan loop0|VLAN 1, on loop0, virtual\n"
	      "5 vlan loop0|VLAN 1, on loop0, virtual\n5 vlan loop0|VLAN 1, on loop0, virtual\n");
}

#define NET_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NET_TEST(test_xml),     NET_TEST(test_include),      NET_TEST(test_bad),
		NET_TEST(test_differs), cmocka_unit_test(test_mark), NET_TEST(test_trace),
	};

	return RUN(tests);
}
