/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machine profiles: what is refused, and the files that follow from one. */
#include "test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deploy/internal.h"

#define KEY "ssh-keys =\n  ssh-ed25519 AAAA someone\n"
#define SOUND "image = debian:12\n" KEY "[disk]\nsize = 100G-2T\nkind = ssd\n"

static char folder[] = "deploy-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 && mkdir("machines", 0700) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	unlink("machines/m.conf");
	rmdir("machines");
	return chdir("..") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static int load(const char *text, struct vmm_profile **p, struct vmm_err *err)
{
	FILE *f = fopen("machines/m.conf", "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return vmm_profile_load(".", "m", p, err);
}

static struct vmm_profile *sound(const char *text)
{
	struct vmm_profile *p = NULL;
	struct vmm_err err;

	if (load(text, &p, &err) != 0)
		fail_msg("%s", err.text);
	return p;
}

static void a_profile_is_read(void **state)
{
	struct vmm_profile *p =
		sound(SOUND "[script bios]\nfile = bios\nwhen = firmware\n"
			    "[driver]\nfile = nic\nmatch = pci:8086:1572, model:PowerEdge*\n"
			    "[deadlines]\nimage = 90s\n");

	(void)state;
	assert_string_equal(p->image, "debian:12");
	assert_string_equal(p->role, "plain");
	assert_string_equal(p->user, "root");
	assert_int_equal(p->disk.min, 100ULL << 30);
	assert_int_equal(p->disk.max, 2ULL << 40);
	assert_string_equal(p->scripts[0].when, "firmware");
	assert_int_equal(p->drivers[0].match.n, 2);
	assert_int_equal(p->limits[VMM_STAGE_IMAGE], 90000);
	assert_true(p->limits[VMM_STAGE_BOOT] > 0);
	assert_true(p->zero_rest);
	vmm_profile_free(p);
}

static void what_is_wrong_has_its_line(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{ "[disk]\nsize = 1G-\n", "m.conf:1: lacks image" },
		{ "image = a:b:c\n[disk]\nsize = 1G-\n", "m.conf:1: image: 'a:b:c'" },
		{ "image = i\n", "lacks a rule which disk is written" },
		{ "image = i\n[disk]\n", "m.conf:2: lacks a rule which disk" },
		{ "image = i\n[disk]\nsize = 100G\n", "m.conf:3: size: '100G' is not MIN-MAX" },
		{ "image = i\n[disk]\nsize = -\n", "m.conf:3: size" },
		{ "image = i\n[disk]\nsize = 2T-1T\n", "m.conf:3: size: '2T-1T' runs backwards" },
		{ "image = i\n[disk]\nkind = tape\n", "m.conf:3: " },
		{ "image = i\nname = Node[1-3]\n[disk]\nsize = 1G-\n", "m.conf:2: 'Node1' cannot be" },
		{ "image = i\nname = n[1-\n[disk]\nsize = 1G-\n", "m.conf:2: " },
		{ "image = i\nuser = ro ot\n[disk]\nsize = 1G-\n",
		  "m.conf:2: 'ro ot' is no user name" },
		{ "image = i\ntimezone = ../x y\n[disk]\nsize = 1G-\n", "m.conf:2: " },
		{ "image = i\nssh-keys = x\n[disk]\nsize = 1G-\n", "m.conf:2: 'x' is no public key" },
		{ SOUND "[script]\nfile = f\n", "lacks when" },
		{ SOUND "[script]\nfile = f\nwhen = later\n", "later" },
		{ SOUND "[driver]\nfile = f\nmatch = pci:8086\n", "match: 'pci:8086' is neither" },
		{ SOUND "[nic]\nip4 = p\n", "[nic] lacks match" },
		{ SOUND "[nic]\nmatch = mac:1\n", "match: 'mac:1' is neither" },
		{ SOUND "[nic]\nmatch = 1\nbond = b\n", "there is no [bond b]" },
		{ SOUND "[nic]\nmatch = 1\nbridge = b\nip4 = p\n[bridge b]\n",
		  "an address for what is part of bridge 'b'" },
		{ SOUND "[bond]\n", "[bond] needs a label" },
		{ SOUND "[bridge elevenchars]\n", "needs a label" },
		{ SOUND "[bond x]\n[bridge x]\n", "there is a [bond x] too" },
		{ SOUND "[deadlines]\nimage = 0\n", "no time at all" },
		{ SOUND "[deadlines]\nlunch = 1h\n", "lunch" },
		{ SOUND "[vars]\n9x = 1\n", "variable '9x'" },
		{ SOUND "[certificates]\nca = a\n", "[certificates] lacks cert" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct vmm_profile *p = NULL;
		struct vmm_err err = { 0 };

		assert_int_not_equal(load(bad[i].text, &p, &err), 0);
		if (!strstr(err.text, bad[i].error))
			fail_msg("%zu: '%s' lacks '%s'", i, err.text, bad[i].error);
	}
}

static const char *text_of(const struct vmm__files *files, const char *path)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->f[i].path, path) == 0)
			return files->f[i].text;
	return "(none)";
}

#define NET "etc/systemd/network/"

static struct vmm_strv macs, dns;

static void custom(const struct vmm_profile *p, const struct vmm_machine_place *places,
		   struct vmm__files *files)
{
	struct vmm_machine m = { .name = "node1",
				 .uuid = "00000000-0000-4000-8000-000000000001",
				 .macs = &macs,
				 .places = places,
				 .first_boot = "#!/bin/sh\n" };
	struct vmm_err err;

	if (vmm__custom_files(p, &m, files, &err) != 0)
		fail_msg("%s", err.text);
}

static void a_bond_in_a_bridge(void **state)
{
	struct vmm_profile *p = sound(
		"domain = example.org\ntimezone = Europe/Berlin\n" SOUND
		"[nic a]\nmatch = 1\nbond = up\n[nic b]\nmatch = 2\nbond = up\n"
		"[bond up]\nmode = 802.3ad\nbridge = br0\nmtu = 9000\n[bridge br0]\nip4 = p\n");
	struct vmm_machine_place places[4] = { { { NULL } } };
	struct vmm__files files = { NULL };

	(void)state;
	places[3].ip4 = (struct vmm_machine_address){ "10.0.0.5", "10.0.0.1", 24, 0, &dns };
	custom(p, places, &files);
	assert_string_equal(text_of(&files, "etc/hostname"), "node1\n");
	assert_string_equal(text_of(&files, "etc/hosts"),
			    "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
			    "10.0.0.5 node1.example.org node1\n");
	assert_string_equal(text_of(&files, "etc/localtime"), "../usr/share/zoneinfo/Europe/Berlin");
	assert_string_equal(text_of(&files, "etc/resolv.conf"),
			    "search example.org\nnameserver 10.0.0.2\n");
	assert_string_equal(text_of(&files, "root/.ssh/authorized_keys"),
			    "ssh-ed25519 AAAA someone\n");
	assert_string_equal(text_of(&files, NET "20-a.network"),
			    "[Match]\nMACAddress=52:54:00:00:00:01\n\n[Network]\nBond=up\n");
	assert_string_equal(
		text_of(&files, NET "10-up.netdev"),
		"[NetDev]\nName=up\nKind=bond\n\n[Bond]\nMode=802.3ad\nMIIMonitorSec=100ms\n");
	assert_string_equal(text_of(&files, NET "10-up.network"),
			    "[Match]\nName=up\n\n[Link]\nMTUBytes=9000\n\n[Network]\nBridge=br0\n");
	assert_string_equal(text_of(&files, NET "10-br0.network"),
			    "[Match]\nName=br0\n\n[Network]\nAddress=10.0.0.5/24\nGateway=10.0.0.1\n"
			    "DNS=10.0.0.2\nDomains=example.org\n");
	vmm__files_release(&files);
	vmm_profile_free(p);
}

static void a_vlan_and_a_user(void **state)
{
	struct vmm_profile *p =
		sound("user = admin\n" SOUND "[nic eth]\nmatch = pci:0000:01:00.0\nip4 = p\n");
	struct vmm_machine_place places[1] = { { { NULL } } };
	struct vmm__files files = { NULL };

	(void)state;
	places[0].ip4 = (struct vmm_machine_address){ "10.0.0.5", NULL, 24, 42, NULL };
	custom(p, places, &files);
	assert_string_equal(text_of(&files, NET "20-eth.network"),
			    "[Match]\nPath=pci-0000:01:00.0\n\n[Network]\nVLAN=eth.42\n"
			    "LinkLocalAddressing=no\n");
	assert_string_equal(text_of(&files, NET "10-eth.42.netdev"),
			    "[NetDev]\nName=eth.42\nKind=vlan\n\n[VLAN]\nId=42\n");
	assert_string_equal(text_of(&files, NET "10-eth.42.network"),
			    "[Match]\nName=eth.42\n\n[Network]\nAddress=10.0.0.5/24\n");
	assert_string_equal(text_of(&files, "etc/sudoers.d/vmm-admin"),
			    "admin ALL=(ALL) NOPASSWD:ALL\n");
	assert_string_equal(text_of(&files, "root/.ssh/authorized_keys"), "(none)");
	assert_non_null(strstr(text_of(&files, "etc/vmm/user"), "useradd -m -s /bin/bash admin\n"));
	vmm__files_release(&files);
	vmm_profile_free(p);
}

static void without_networks_by_dhcp(void **state)
{
	struct vmm_profile *p = sound(SOUND);
	struct vmm__files files = { NULL };

	(void)state;
	custom(p, NULL, &files);
	assert_string_equal(text_of(&files, NET "20-nic1.network"),
			    "[Match]\nMACAddress=52:54:00:00:00:01\n\n[Network]\nDHCP=yes\n\n"
			    "[DHCPv4]\nClientIdentifier=mac\n");
	vmm__files_release(&files);
	vmm_profile_free(p);
}

static void a_nic_that_nobody_knows(void **state)
{
	struct vmm_profile *p = sound(SOUND "[nic]\nmatch = 3\n");
	struct vmm_machine_place places[1] = { { { NULL } } };
	struct vmm_machine m = { .name = "n", .uuid = "", .macs = &macs, .places = places };
	VMM_BUF_AUTO tar = VMM_BUF_INIT;
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_profile_custom(p, &m, &tar, &err), VMM_EREFUSED);
	assert_string_equal(err.text, "the profile speaks of NIC 3, but 2 are known of it");
	vmm_profile_free(p);
}

static void the_same_gives_the_same_bytes(void **state)
{
	struct vmm_profile *p = sound(SOUND);
	struct vmm_machine m = { .name = "n1", .uuid = "", .macs = &macs };
	VMM_BUF_AUTO a = VMM_BUF_INIT;
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	(void)state;
	assert_int_equal(vmm_profile_custom(p, &m, &a, NULL), 0);
	assert_int_equal(vmm_profile_custom(p, &m, &b, NULL), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	assert_int_equal(a.len % 512, 0);
	assert_memory_equal(a.data + 257, "ustar\00000", 8);
	vmm_profile_free(p);
}

/* ---- what the agent reports ---- */

static void hardware_becomes_a_row(void **state)
{
	static const char json[] =
		"{\"uuid\":\"u\",\"serial\":\"s\",\"manufacturer\":\"Acme, Inc.\",\"product\":\"p\","
		"\"firmware\":\"uefi\",\"cpus\":{\"model\":\"fast\",\"count\":8},\"memory\":1024,"
		"\"boot_mac\":\"b\",\"nics\":[{\"name\":\"e0\",\"mac\":\"a\",\"link\":false},"
		"{\"name\":\"e1\",\"mac\":\"b\",\"link\":true}],"
		"\"disks\":[{\"name\":\"sda\",\"kind\":\"ssd\",\"size\":4096,\"serial\":\"1,2\"}]}";
	VMM_TABLE_AUTO *t = NULL;

	(void)state;
	assert_int_equal(vmm__hardware_row(json, sizeof(json) - 1, &t, NULL), 0);
	assert_string_equal(vmm_table_at(t, 0, "vendor"), "Acme, Inc.");
	assert_string_equal(vmm_table_at(t, 0, "firmware"), "uefi");
	assert_string_equal(vmm_table_at(t, 0, "cpus"), "8");
	assert_string_equal(vmm_table_at(t, 0, "memory"), "1024");
	assert_string_equal(vmm_table_at(t, 0, "macs"), "b,a");
	assert_string_equal(vmm_table_at(t, 0, "nics"), "e0:a:down,e1:b:up");
	assert_string_equal(vmm_table_at(t, 0, "disks"), "sda:ssd:4096:1\\,2");
	vmm_table_free(t);
	t = NULL;
	assert_int_equal(vmm__hardware_row("{}", 2, &t, NULL), 0);
	assert_string_equal(vmm_table_at(t, 0, "macs"), "");
	assert_int_equal(vmm__hardware_row("[]", 2, &t, NULL), VMM_EINPUT);
	assert_int_equal(vmm__hardware_row("x", 1, &t, NULL), VMM_EINPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_is_read),
		cmocka_unit_test(what_is_wrong_has_its_line),
		cmocka_unit_test(a_bond_in_a_bridge),
		cmocka_unit_test(a_vlan_and_a_user),
		cmocka_unit_test(without_networks_by_dhcp),
		cmocka_unit_test(a_nic_that_nobody_knows),
		cmocka_unit_test(the_same_gives_the_same_bytes),
		cmocka_unit_test(hardware_becomes_a_row),
	};

	if (vmm_strv_add(&macs, "52:54:00:00:00:01") < 0 ||
	    vmm_strv_add(&macs, "52:54:00:00:00:02") < 0 || vmm_strv_add(&dns, "10.0.0.2") < 0)
		return 1;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
