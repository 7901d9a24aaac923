/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include "virt/domxml.h"

static struct vmm_domxml *parse(const char *xml)
{
	struct vmm_domxml *d = NULL;
	struct vmm_err err;

	if (vmm_domxml_parse(xml, &d, &err) < 0)
		fail_msg("%s", err.text);
	return d;
}

static void refused(const char *xml, const char *why)
{
	struct vmm_domxml *d = NULL;
	struct vmm_err err = { 0 };

	assert_int_equal(vmm_domxml_parse(xml, &d, &err), VMM_EINPUT);
	assert_null(d);
	if (!strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
}

static const char full[] =
	"<domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
	"<name>a&lt;b</name><uuid>7b2e1384-8ab5-479f-8948-2b0c54b4ac00</uuid>"
	"<memory unit='KiB'>2097152</memory><currentMemory unit='GiB'>1</currentMemory>"
	"<vcpu placement='static' current='2'>4</vcpu>"
	"<os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><nvram>/nv/a.fd</nvram>"
	"<kernel>/k</kernel><initrd>/i</initrd></os>"
	"<metadata><v:vm xmlns:v='urn:vmm-utils:1' template='web'>"
	"<v:image name='debian:12'/></v:vm></metadata>"
	"<cpu mode='custom' match='exact'><model fallback='forbid'>Broadwell</model></cpu>"
	"<devices><emulator>/usr/bin/qemu</emulator>"
	"<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>"
	"<source file='/p/a.qcow2'/><backingStore type='file'><format type='raw'/>"
	"<source file='/p/base.raw'/></backingStore><target dev='vda' bus='virtio'/></disk>"
	"<disk type='volume'><source pool='p' volume='v'/><target dev='vdb'/><shareable/></disk>"
	"<disk type='network' device='disk'><source protocol='rbd' name='pool/img'/>"
	"<target dev='vdc'/></disk>"
	"<disk type='block' device='lun'><source dev='/dev/sdx'/><target dev='sda'/></disk>"
	"<disk type='file' device='cdrom'><target dev='sdb'/><readonly/></disk>"
	"<interface type='network'><mac address='52:54:00:00:00:01'/>"
	"<source network='lab' bridge='virbr9'/><target dev='vnet0'/><model type='virtio'/>"
	"</interface>"
	"<interface type='direct'><source dev='eth0' mode='bridge'/></interface>"
	"<interface type='hostdev'><source><address type='pci'/></source></interface>"
	"<interface type='user'/>"
	"<hostdev mode='subsystem' type='pci'/>"
	"<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>"
	"<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' "
	"state='connected'/></channel>"
	"<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"
	"</devices>"
	"<qemu:commandline><qemu:arg value='-S'/></qemu:commandline></domain>";

static void reads_everything(void **state)
{
	struct vmm_domxml *d = parse(full);

	(void)state;
	assert_string_equal(d->type, "kvm");
	assert_string_equal(d->name, "a<b");
	assert_string_equal(d->uuid, "7b2e1384-8ab5-479f-8948-2b0c54b4ac00");
	assert_true(d->memory == 2048ull << 20);
	assert_true(d->current_memory == 1024ull << 20);
	assert_int_equal(d->vcpus, 2);
	assert_string_equal(d->arch, "x86_64");
	assert_string_equal(d->machine, "pc-q35-7.2");
	assert_string_equal(d->os_type, "hvm");
	assert_string_equal(d->nvram, "/nv/a.fd");
	assert_string_equal(d->kernel, "/k");
	assert_string_equal(d->initrd, "/i");
	assert_string_equal(d->emulator, "/usr/bin/qemu");
	assert_string_equal(d->cpu_mode, "custom");
	assert_non_null(strstr(d->cpu, "<model fallback=\"forbid\">Broadwell</model></cpu>"));
	assert_string_equal(d->agent, "connected");
	assert_true(d->tpm);
	assert_int_equal(d->nhostdevs, 2);
	assert_string_equal(d->made.template, "web");
	assert_string_equal(d->made.image, "debian:12");
	assert_string_equal(d->made.image_sha256, "");
	vmm_domxml_free(d);
}

static void reads_disks_and_nics(void **state)
{
	struct vmm_domxml *d = parse(full);
	static const char *const sources[] = { "/p/a.qcow2", "p/v", "rbd:pool/img", "/dev/sdx", "" };

	(void)state;
	assert_int_equal(d->ndisks, COUNT(sources));
	for (size_t i = 0; i < COUNT(sources); i++)
		assert_string_equal(d->disks[i].source, sources[i]);
	assert_string_equal(d->disks[0].format, "qcow2");
	assert_string_equal(d->disks[0].cache, "none");
	assert_string_equal(d->disks[0].backing, "/p/base.raw");
	assert_string_equal(d->disks[0].target, "vda");
	assert_string_equal(d->disks[1].pool, "p");
	assert_string_equal(d->disks[1].device, "disk");
	assert_string_equal(d->disks[1].backing, "");
	assert_true(d->disks[1].shareable);
	assert_string_equal(d->disks[3].device, "lun");
	assert_true(d->disks[4].readonly && d->disks[4].empty && !d->disks[0].empty);

	assert_int_equal(d->nnics, 4);
	assert_string_equal(d->nics[0].source, "lab");
	assert_string_equal(d->nics[0].mac, "52:54:00:00:00:01");
	assert_string_equal(d->nics[0].target, "vnet0");
	assert_string_equal(d->nics[0].model, "virtio");
	assert_string_equal(d->nics[1].source, "eth0");
	assert_string_equal(d->nics[3].source, "");
	assert_string_equal(d->nics[3].mac, "");
	vmm_domxml_free(d);
}

static void bears_what_is_missing(void **state)
{
	struct vmm_domxml *d = parse("<domain/>");

	(void)state;
	assert_string_equal(d->type, "");
	assert_string_equal(d->name, "");
	assert_string_equal(d->cpu, "");
	assert_string_equal(d->cpu_mode, "");
	assert_string_equal(d->nvram, "");
	assert_string_equal(d->agent, "");
	assert_int_equal(d->vcpus, 0);
	assert_int_equal(d->memory, 0);
	assert_int_equal(d->ndisks + d->nnics + d->nhostdevs, 0);
	assert_false(d->tpm);
	vmm_domxml_free(d);
	vmm_domxml_free(NULL);
}

static void agent_without_state_is_disconnected(void **state)
{
	struct vmm_domxml *d = parse("<domain><devices><channel type='unix'><target type='virtio' "
				     "name='org.qemu.guest_agent.0'/></channel></devices></domain>");

	(void)state;
	assert_string_equal(d->agent, "disconnected");
	vmm_domxml_free(d);
}

static void knows_the_units(void **state)
{
	static const struct {
		const char *xml;
		uint64_t bytes;
	} cases[] = {
		{ "<domain><memory>1024</memory></domain>", 1 << 20 },
		{ "<domain><memory unit='b'>512</memory></domain>", 512 },
		{ "<domain><memory unit='bytes'>\n 512\n</memory></domain>", 512 },
		{ "<domain><memory unit='KB'>1</memory></domain>", 1000 },
		{ "<domain><memory unit='k'>1</memory></domain>", 1024 },
		{ "<domain><memory unit='MiB'>1</memory></domain>", 1 << 20 },
		{ "<domain><memory unit='M'>1</memory></domain>", 1 << 20 },
		{ "<domain><memory unit='GB'>3</memory></domain>", 3000000000 },
		{ "<domain><memory unit='TiB'>1</memory></domain>", 1ull << 40 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct vmm_domxml *d = parse(cases[i].xml);

		assert_true(d->memory == cases[i].bytes && d->current_memory == cases[i].bytes);
		vmm_domxml_free(d);
	}
	refused("<domain><memory unit='kibi'>1</memory></domain>", "'kibi' is not a unit");
	refused("<domain><memory unit='iB'>1</memory></domain>", "unit");
	refused("<domain><memory>-1</memory></domain>", "memory");
	refused("<domain><memory>1 2</memory></domain>", "memory");
	refused("<domain><memory unit='EiB'>99</memory></domain>", "too much");
	refused("<domain><vcpu>x</vcpu></domain>", "vcpu");
}

static void refuses_what_is_not_a_domain(void **state)
{
	(void)state;
	refused("", "domain XML");
	refused("x", "domain XML");
	refused("<domain>", "domain XML");
	refused("<network/>", "<domain>");
	refused("<domain/><domain/>", "domain XML");
}

/* Neither a file nor a bomb gets in. */
static void refuses_doctypes(void **state)
{
	(void)state;
	refused("<!DOCTYPE domain><domain/>", "DOCTYPE");
	refused("<!DOCTYPE domain SYSTEM 'http://127.0.0.1:1/x.dtd'><domain/>", "DOCTYPE");
	refused("<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
		"<domain><name>&x;</name></domain>",
		"DOCTYPE");
	refused("<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;'>]><domain type='&c;'/>",
		"DOCTYPE");
	refused("<domain><name>&x;</name></domain>", "domain XML");
}

static void bears_random_bytes(void **state)
{
	char text[sizeof(full)];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct vmm_domxml *d = NULL;

		memcpy(text, full, sizeof(full));
		for (int k = 0; k < 3; k++)
			text[test_random(sizeof(full) - 1)] = (char)(1 + test_random(255));
		if (vmm_domxml_parse(text, &d, NULL) == 0)
			vmm_domxml_free(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_everything),
		cmocka_unit_test(reads_disks_and_nics),
		cmocka_unit_test(bears_what_is_missing),
		cmocka_unit_test(agent_without_state_is_disconnected),
		cmocka_unit_test(knows_the_units),
		cmocka_unit_test(refuses_what_is_not_a_domain),
		cmocka_unit_test(refuses_doctypes),
		cmocka_unit_test(bears_random_bytes),
	};

	return RUN(tests);
}
