/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: what is included, overridden and refused, and the domain that comes of them. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/rows.h"
#include "define/define.h"
#include "virt/made.h"
#include "virt/domxml.h"
#include "virt/xmlget.h"

static char folder[] = "define-XXXXXX";
static char *written[64];
static size_t nwritten;

static void put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	for (size_t i = 0; i < nwritten; i++)
		if (strcmp(written[i], file) == 0)
			return;
	written[nwritten++] = strdup(file);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 && mkdir("templates", 0700) == 0 &&
			       mkdir("hardware", 0700) == 0 && mkdir("guests", 0700) == 0
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	(void)state;
	rmdir("templates");
	rmdir("hardware");
	rmdir("guests");
	return chdir("..") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

/* What a test wrote; each starts with profiles that are sound. */
static int before(void **state)
{
	(void)state;
	put("hardware/hw.conf", "vcpus = 2\nmemory = 2G\n");
	put("guests/os.conf", "ssh-keys =\n  ssh-rsa AAAA a\n");
	put("templates/t.conf", "image = i\nhardware = hw\nguest = os\n[nic]\nnetwork = n\n");
	return 0;
}

static int after(void **state)
{
	(void)state;
	for (size_t i = 0; i < nwritten; i++) {
		unlink(written[i]);
		free(written[i]);
	}
	nwritten = 0;
	return 0;
}

static struct vmm_template *load(const char *name, const struct vmm_override *o)
{
	struct vmm_template *t = NULL;
	struct vmm_err err = { 0 };

	if (vmm_template_load(".", name, o, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static void refuses(const char *says, const struct vmm_override *o)
{
	struct vmm_template *t = NULL;
	struct vmm_err err = { .text = "accepted" };

	if (vmm_template_load(".", "t", o, &t, &err) == 0)
		vmm_template_free(t);
	if (strncmp(err.text, says, strlen(says)) != 0)
		fail_msg("wanted: %s\ngot: %s", says, err.text);
}

static void defaults(void **state)
{
	VMM_TEMPLATE_AUTO *t = load("t", NULL);

	(void)state;
	assert_string_equal(t->name, "t");
	assert_string_equal(t->file, "./templates/t.conf");
	assert_int_equal(t->hardware.vcpus, 2);
	assert_int_equal(t->hardware.memory, 2ull << 30);
	assert_string_equal(t->hardware.cpu, "host-model");
	assert_int_equal(t->guest.kind, VMM_GUEST_CLOUD_INIT);
	assert_int_equal(t->guest.ssh_keys.n, 1);
	assert_int_equal(t->nnics, 1);
	assert_string_equal(t->nics[0].model, "virtio");
	assert_int_equal(t->ndisks, 1);
	assert_string_equal(t->disks[0].pool, "default");
	assert_string_equal(t->disks[0].format, "qcow2");
	assert_false(t->disks[0].full);
	assert_int_equal(t->hosts.n, 0);
}

static void included_and_overridden(void **state)
{
	VMM_TEMPLATE_AUTO *t = NULL;

	(void)state;
	put("templates/_a.conf", "image = a\nhardware = hw\ndomain = example.org\n"
				 "[nic front]\nnetwork = a\nip4 = p\n[nic]\nnetwork = more\n"
				 "[vars]\nx = a\ny = a\n[place]\nhosts = h1, h2\n");
	put("templates/_b.conf", "include = _a\nguest = os\n[disk root]\nsize = 1G\n");
	put("templates/t.conf", "include = _a, _b\nimage = t\ndomain =\n"
				"[nic front]\nnetwork = t\n[nic]\nnetwork = last\n"
				"[disk root]\nbus = scsi\n[vars]\ny =\n");
	t = load("t", NULL);
	assert_string_equal(t->image, "t");
	assert_string_equal(t->domain, "");
	assert_int_equal(t->nnics, 3);
	assert_string_equal(t->nics[0].network, "t");
	assert_string_equal(t->nics[0].ip4, "p");
	assert_string_equal(t->nics[1].network, "more");
	assert_string_equal(t->nics[2].network, "last");
	assert_int_equal(t->ndisks, 1);
	assert_int_equal(t->disks[0].size, 1ull << 30);
	assert_string_equal(t->disks[0].bus, "scsi");
	assert_int_equal(t->hosts.n, 2);
}

static void rows_override(void **state)
{
	static const struct vmm_override o[] = {
		{ "image", "other:2" }, { "vcpus", "8" },   { "memory", "512M" },
		{ "size", "5G" },       { "host", "h9" },   { "var.role", "$(id)" },
		{ "full", "yes" },      { "user", "root" }, { NULL, NULL },
	};
	VMM_TEMPLATE_AUTO *t = NULL;

	(void)state;
	put("templates/t.conf", "image = i\nhardware = hw\nguest = os\n[disk]\nsize = 1G\n"
				"[disk]\nsize = 2G\n[place]\nhosts = h1, h2\n");
	t = load("t", o);
	assert_string_equal(t->image, "other:2");
	assert_int_equal(t->hardware.vcpus, 8);
	assert_int_equal(t->hardware.memory, 512 << 20);
	assert_int_equal(t->disks[0].size, 5ull << 30);
	assert_true(t->disks[0].full);
	assert_int_equal(t->disks[1].size, 2ull << 30);
	assert_int_equal(t->hosts.n, 1);
	assert_string_equal(t->hosts.s[0], "h9");
	assert_string_equal(t->guest.user, "root");
	assert_true(vmm_override_known("vcpus") && vmm_override_known("var.x"));
	assert_false(vmm_override_known("name") || vmm_override_known("var."));
}

static void bad_overrides(void **state)
{
	static const struct {
		const char *key, *value, *says;
	} bad[] = {
		{ "vcpus", "many", "override 'vcpus': vcpus" },
		{ "colour", "red", "unknown override 'colour'" },
		{ "hardware", "../hw", "override 'hardware': '../hw' is no name of a hardware" },
		{ "guest", "none", "override 'guest': no guest profile 'none'" },
		{ "image", "a/b", "override 'image': image: 'a/b' is neither NAME nor" },
		{ "format", "raw", "override 'format': a linked clone is qcow2" },
		{ "var.x", "\xff", "override 'var.x': variable 'x' is not UTF-8" },
		{ "var.name", "v", "override 'var.name': variable 'name' is there already" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct vmm_override o[] = { { bad[i].key, bad[i].value }, { NULL, NULL } };

		refuses(bad[i].says, o);
	}
}

#define SOUND "image = i\nhardware = hw\nguest = os\n"

static void bad_templates(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "include = t\n" SOUND, "./templates/t.conf:1: include: 't' includes itself" },
		{ "include = gone\n" SOUND, "./templates/t.conf:1: no template 'gone': no file" },
		{ "include = ../t\n" SOUND, "./templates/t.conf:1: '../t' is no name of a" },
		{ "hardware = hw\n", "./templates/t.conf:1: lacks image" },
		{ "image = i\n\nhardware = x\nguest = os\n",
		  "./templates/t.conf:3: no hardware profile 'x'" },
		{ SOUND "[nic]\nmodel = e1000\n", "./templates/t.conf:4: [nic] lacks network" },
		{ SOUND "[nic]\nnetwork = a b\n", "./templates/t.conf:5: network: 'a b' is no" },
		{ SOUND "[nic]\nnetwrok = a\n", "./templates/t.conf:5: unknown key 'netwrok'" },
		{ SOUND "[disk]\n[disk]\n", "./templates/t.conf:5: [disk] lacks size" },
		{ SOUND "[disk]\nsize = 1X\n", "./templates/t.conf:5: size" },
		{ SOUND "[disk]\nformat = raw\n", "./templates/t.conf:5: a linked clone" },
		{ SOUND "[disk]\n[disk]\nsize = 1G\nfull = yes\n",
		  "./templates/t.conf:7: full is for the first disk" },
		{ SOUND "[vars]\na.b = 1\n", "./templates/t.conf:5: variable 'a.b'" },
		{ SOUND "[place]\nrule = luck\n", "./templates/t.conf:5: rule: 'luck' is none of" },
		{ SOUND "[place]\nhosts = a,,b\n", "./templates/t.conf:5: hosts: an empty item" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		put("templates/t.conf", bad[i].text);
		refuses(bad[i].says, NULL);
	}
}

static void bad_profiles(void **state)
{
	static const struct {
		const char *file, *text, *says;
	} bad[] = {
		{ "hardware/hw.conf", "vcpus = 0\n", "./hardware/hw.conf:1: vcpus" },
		{ "hardware/hw.conf", "memory = 1K\n", "./hardware/hw.conf:1: memory: at least" },
		{ "hardware/hw.conf", "cpu = fast\n", "./hardware/hw.conf:1: cpu: 'fast' is none" },
		{ "hardware/hw.conf", "cpu = custom\n", "./hardware/hw.conf:1: cpu = custom needs" },
		{ "hardware/hw.conf", "machine = a'b\n", "./hardware/hw.conf:1: machine: " },
		{ "hardware/hw.conf", "xml =\n  <a>\n  <b>\n  </a>\n", "./hardware/hw.conf:4: " },
		{ "hardware/hw.conf", "\nxml = <name>x</name>\n",
		  "./hardware/hw.conf:2: not for a profile to say: 'name'" },
		{ "hardware/hw.conf", "xml =\n  <a/>\n  text\n",
		  "./hardware/hw.conf:3: not in any element: 'text'" },
		{ "hardware/hw.conf", "xml = </domain><domain>\n", "./hardware/hw.conf:1: " },
		{ "guests/os.conf", "kind = magic\n", "./guests/os.conf:1: kind: 'magic' is none" },
		{ "guests/os.conf", "kind = unattend\n", "./guests/os.conf:1: kind = unattend needs" },
		{ "guests/os.conf", "kind = plain\nuser-data = x\n",
		  "./guests/os.conf:2: user-data is for kind = cloud-init" },
		{ "guests/os.conf", "user-data = x\n", "./guests/os.conf:1: user-data must begin" },
		{ "guests/os.conf", "user-data-file = gone.yaml\n",
		  "./guests/os.conf:1: cannot read './guests/gone.yaml': " },
		{ "guests/os.conf", "user-data =\n  #cloud-config\n  a: ${b}\n",
		  "./guests/os.conf:3: unknown variable" },
		{ "guests/os.conf", "user-data =\n  #cloud-config\n  a: ${nic2.ip4}\n",
		  "./guests/os.conf:3: unknown variable, or one that has no value here: 'nic2" },
		{ "guests/os.conf", "network-config =\n  version: 2\n  a: [\n",
		  "./guests/os.conf:4: YAML: " },
		{ "guests/os.conf", "ssh-keys =\n  # mine\n  me@host\n",
		  "./guests/os.conf:3: 'me@host' is no public key of ssh" },
		{ "guests/os.conf", "user = a;b\n", "./guests/os.conf:1: 'a;b' is no user name" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		before(NULL);
		put(bad[i].file, bad[i].text);
		refuses(bad[i].says, NULL);
	}
}

static void includes_have_an_end(void **state)
{
	char file[64], text[64];

	(void)state;
	put("hardware/a.conf", "include = b\n");
	put("hardware/b.conf", "include = a\n");
	put("templates/t.conf", "image = i\nhardware = a\nguest = os\n");
	refuses("./hardware/b.conf:1: include: 'a' includes itself: it is included by b, which is "
		"included by a",
		NULL);
	for (int i = 0; i < 20; i++) {
		snprintf(file, sizeof(file), "hardware/d%d.conf", i);
		snprintf(text, sizeof(text), "include = d%d\n", i + 1);
		put(file, text);
	}
	put("templates/t.conf", "image = i\nhardware = d0\nguest = os\n");
	refuses("./hardware/d15.conf:1: include: more than 16 files deep", NULL);
}

/* An instance of the template, with values for an example. */
static char *domain(const char *type)
{
	VMM_TEMPLATE_AUTO *t = load("t", NULL);
	struct vmm_example ex = { 0 };
	struct vmm_err err = { 0 };
	char *xml = NULL;

	assert_int_equal(vmm_example_init(&ex, t, &err), 0);
	ex.vm.type = type;
	ex.vm.image = "i:1";
	if (vmm_define_domain(t, &ex.vm, &xml, &err) < 0)
		fail_msg("%s", err.text);
	vmm_example_release(&ex);
	return xml;
}

static void assert_xml(const char *xml, const char *path, const char *want)
{
	VMM_STR_AUTO got = vmm_xml_get(xml, path);

	if (!got || strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s, in\n%s", path, got ? got : "not there", want, xml);
}

static void hardware_becomes_a_domain(void **state)
{
	(void)state;
	put("hardware/hw.conf", "firmware = uefi-secure\ntpm = yes\ncpu = host-passthrough\n"
				"graphics = vnc\nmachine = q35\narch = x86_64\n");
	{
		VMM_STR_AUTO xml = domain("kvm");
		VMM_STR_AUTO emulated = domain("qemu");

		assert_xml(xml, "domain/os@firmware", "efi");
		assert_xml(xml, "domain/os/firmware/feature@enabled", "yes");
		assert_xml(xml, "domain/features/smm@state", "on");
		assert_xml(xml, "domain/devices/tpm/backend@version", "2.0");
		assert_xml(xml, "domain/devices/graphics/listen@address", "127.0.0.1");
		assert_xml(xml, "domain/cpu@mode", "host-passthrough");
		assert_xml(emulated, "domain/cpu@mode", "maximum");
		assert_xml(emulated, "domain@type", "qemu");
	}
	put("hardware/hw.conf", "cpu = custom\ncpu-model = EPYC\nfirmware = uefi\n");
	{
		VMM_STR_AUTO xml = domain("kvm");

		assert_xml(xml, "domain/cpu/model", "EPYC");
		assert_xml(xml, "domain/os/firmware/feature@enabled", "no");
		assert_xml(xml, "domain/devices/video/model@type", "none");
	}
}

static void further_xml_is_merged(void **state)
{
	VMM_STR_AUTO xml = NULL;

	(void)state;
	put("hardware/hw.conf",
	    "vcpus = 4\n"
	    "xml =\n"
	    "  <!-- of our own -->\n"
	    "  <vcpu placement='static'/>\n"
	    "  <cpu mode='host-model'><topology sockets='1' cores='2' threads='2'/></cpu>\n"
	    "  <clock><timer name='hpet' present='yes'/><timer name='tsc' mode='native'/></clock>\n"
	    "  <memoryBacking><hugepages/></memoryBacking>\n"
	    "  <devices>\n"
	    "    <video><model type='vga'/></video>\n"
	    "    <watchdog model='i6300esb' action='reset'/>\n"
	    "    <disk type='file' device='cdrom'><target dev='sdz' bus='sata'/></disk>\n"
	    "  </devices>\n"
	    "  <qemu:commandline><qemu:arg value='-S'/></qemu:commandline>\n");
	xml = domain("kvm");
	assert_xml(xml, "domain/vcpu", "4");
	assert_xml(xml, "domain/vcpu@placement", "static");
	assert_xml(xml, "domain/cpu/topology@cores", "2");
	assert_xml(xml, "domain/devices/video/model@type", "vga");
	assert_xml(xml, "domain/devices/watchdog@action", "reset");
	assert_non_null(strstr(xml, "<timer name=\"hpet\" present=\"yes\"/>"));
	assert_null(strstr(xml, "present=\"no\""));
	assert_non_null(strstr(xml, "<timer name=\"tsc\" mode=\"native\"/>"));
	assert_non_null(strstr(xml, "<hugepages/>"));
	assert_non_null(strstr(xml, "dev=\"vda\""));
	assert_non_null(strstr(xml, "dev=\"sdz\""));
	assert_non_null(strstr(xml, "<qemu:arg value=\"-S\"/>"));
	assert_null(strstr(xml, "type=\"none\""));
}

static void hostile_names_stay_names(void **state)
{
	VMM_TEMPLATE_AUTO *t = load("t", NULL);
	struct vmm_example ex = { 0 };
	struct vmm_domxml *d = NULL;
	VMM_STR_AUTO xml = NULL;
	struct vmm_err err;
	VMM_SEED_AUTO seed = { 0 };

	(void)state;
	assert_int_equal(vmm_example_init(&ex, t, &err), 0);
	ex.vm.name = "a'\"<b>&amp;$(id)\n]]>";
	ex.disks[0].path = "/p/\"><source file='/etc/shadow'/>";
	assert_int_equal(vmm_define_domain(t, &ex.vm, &xml, &err), 0);
	assert_int_equal(vmm_domxml_parse(xml, &d, &err), 0);
	assert_string_equal(d->name, ex.vm.name);
	assert_string_equal(d->disks[0].source, ex.disks[0].path);
	vmm_domxml_free(d);
	assert_int_equal(vmm_define_seed(t, &ex.vm, &seed, &err), VMM_EINPUT);
	assert_non_null(strstr(err.text, "can't be the guest's host name"));
	vmm_str_release(&xml);
	ex.vm.name = "a\x01z";
	assert_int_equal(vmm_define_domain(t, &ex.vm, &xml, &err), VMM_EINPUT);
	ex.vm.name = "a\xffz";
	assert_int_equal(vmm_define_domain(t, &ex.vm, &xml, &err), VMM_EINPUT);
	assert_null(xml);
	vmm_example_release(&ex);
}

static void host_names(void **state)
{
	static const char *const good[] = { "a", "web-1", "web_1", "a.example.org", "1a" };
	static const char *const bad[] = { "",     "-a",  "a b",      ".a",  "a.",
					   "a..b", "a/b", "\xc3\xa4", "a\n", "$(id)" };
	VMM_TEMPLATE_AUTO *t = load("t", NULL);
	struct vmm_example ex = { 0 };
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_example_init(&ex, t, &err), 0);
	for (size_t i = 0; i < COUNT(good); i++) {
		VMM_SEED_AUTO seed = { 0 };

		ex.vm.name = good[i];
		assert_int_equal(vmm_define_seed(t, &ex.vm, &seed, &err), 0);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		VMM_SEED_AUTO seed = { 0 };

		ex.vm.name = bad[i];
		if (vmm_define_seed(t, &ex.vm, &seed, &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
	}
	vmm_example_release(&ex);
}

static void what_it_was_made_of_is_found_again(void **state)
{
	struct vmm_made made = { NULL };
	struct vmm_err err;
	VMM_STR_AUTO xml = NULL;

	(void)state;
	put("templates/t.conf", SOUND "[nic]\nnetwork = n\nip4 = p\nip6 = q\n"
				      "[nic]\nnetwork = m\nip4 = p\nmac = r\n");
	xml = domain("kvm");
	assert_int_equal(vmm_made_parse(xml, &made, &err), 0);
	assert_string_equal(made.template, "t");
	assert_string_equal(made.image, "i:1");
	assert_int_equal(strlen(made.image_sha256), 64);
	assert_int_equal(made.disks.n, 2);
	assert_string_equal(made.disks.s[1], "/pools/default/example-seed.iso");
	assert_int_equal(made.pools.n, 3);
	assert_string_equal(made.pools.s[2], "r");
	vmm_made_release(&made);
	assert_int_equal(vmm_made_parse("<domain><metadata><x/></metadata></domain>", &made, &err),
			 VMM_ENOTFOUND);
	assert_int_equal(vmm_made_parse("<domain", &made, &err), VMM_EINPUT);
}

static const char *file_of(const struct vmm_seed *seed, const char *name)
{
	for (size_t i = 0; i < seed->n; i++)
		if (strcmp(seed->files[i].name, name) == 0)
			return seed->files[i].text;
	fail_msg("no %s", name);
	return NULL;
}

static void seeds_follow_from_the_instance(void **state)
{
	VMM_TEMPLATE_AUTO *t = NULL;
	struct vmm_example ex = { 0 };
	VMM_SEED_AUTO seed = { 0 };
	struct vmm_err err;
	const char *network;

	(void)state;
	put("templates/t.conf", SOUND "domain = example.org\n[nic]\nnetwork = n\n"
				      "[nic]\nnetwork = m\nip4 = p\nip6 = q\n"
				      "[nic]\nnetwork = m\nip4 = p\n");
	t = load("t", NULL);
	assert_int_equal(vmm_example_init(&ex, t, &err), 0);
	ex.vm.name = "web1";
	ex.nics[2].mtu = 9000;
	assert_int_equal(vmm_define_seed(t, &ex.vm, &seed, &err), 0);
	assert_string_equal(seed.label, "cidata");
	assert_int_equal(seed.n, 3);
	assert_string_equal(file_of(&seed, "user-data"),
			    "#cloud-config\nhostname: \"web1\"\nfqdn: \"web1.example.org\"\n"
			    "manage_etc_hosts: localhost\nssh_authorized_keys:\n"
			    "  - \"ssh-rsa AAAA a\"\n");
	network = file_of(&seed, "network-config");
	assert_non_null(strstr(network, "  eth0:\n    match:\n      macaddress: "
					"\"52:54:00:00:00:01\"\n    set-name: \"eth0\"\n"
					"    dhcp4: true\n"));
	assert_non_null(strstr(network, "    mtu: 9000\n    addresses:\n      - "
					"\"192.0.2.12/24\"\n    nameservers:"));
	/* One way out, though two NICs have a gateway. */
	assert_non_null(strstr(network, "gateway4: \"192.0.2.1\""));
	assert_null(strstr(strstr(network, "gateway4: \"192.0.2.1\"") + 1, "gateway4: \"192.0.2.1\""));
	vmm_example_release(&ex);
}

static void the_same_seed_gives_the_same_image(void **state)
{
	VMM_TEMPLATE_AUTO *t = load("t", NULL);
	struct vmm_example ex = { 0 };
	VMM_SEED_AUTO seed = { 0 };
	struct vmm_err err;
	char *bytes[2];
	size_t len[2];
	struct stat st;

	(void)state;
	if (access("/usr/bin/xorriso", X_OK) < 0)
		skip();
	assert_int_equal(vmm_example_init(&ex, t, &err), 0);
	assert_int_equal(vmm_define_seed(t, &ex.vm, &seed, &err), 0);
	vmm_example_release(&ex);
	for (int i = 0; i < 2; i++) {
		int fd;

		if (i)
			sleep(2); /* the clock of ISO 9660 has seconds */
		if (vmm_seed_iso(&seed, "seed.iso", NULL, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(stat("seed.iso", &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(vmm_seed_iso(&seed, "seed.iso", NULL, &err), VMM_EFAIL);
		fd = open("seed.iso", O_RDONLY);
		assert_int_equal(vmm_read_fd("seed.iso", fd, 64 << 20, &bytes[i], &len[i], &err), 0);
		close(fd);
		unlink("seed.iso");
	}
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(bytes[0], bytes[1], len[0]);
	assert_memory_equal(bytes[0] + 32768 + 40, "cidata", 6);
	free(bytes[0]);
	free(bytes[1]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, before, after)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(defaults),
		T(included_and_overridden),
		T(rows_override),
		T(bad_overrides),
		T(bad_templates),
		T(bad_profiles),
		T(includes_have_an_end),
		T(hardware_becomes_a_domain),
		T(further_xml_is_merged),
		T(hostile_names_stay_names),
		T(host_names),
		T(what_it_was_made_of_is_found_again),
		T(seeds_follow_from_the_instance),
		T(the_same_seed_gives_the_same_image),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
