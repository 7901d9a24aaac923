/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Power operations on libvirt's test driver: what is done, what is left, what is refused. */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "power/power.h"
#include "virt/virt.h"

static const char node[] =
	"<node><domain type='test'><name>vm</name><memory>65536</memory><vcpu>1</vcpu>"
	"<os><type>hvm</type></os></domain></node>";

struct fixture {
	char file[32];
	virConnectPtr conn;
	virDomainPtr dom;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char uri[64];
	int fd;

	if (!f)
		return -1;
	snprintf(f->file, sizeof(f->file), "/tmp/vmm-test-XXXXXX");
	fd = mkstemp(f->file);
	if (fd < 0 || write(fd, node, sizeof(node) - 1) < 0)
		return -1;
	close(fd);
	snprintf(uri, sizeof(uri), "test://%s", f->file);
	if (vmm_virt_open(uri, NULL, &f->conn, NULL) < 0)
		return -1;
	f->dom = virDomainLookupByName(f->conn, "vm");
	*state = f;
	return f->dom ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	virDomainFree(f->dom);
	virConnectClose(f->conn);
	unlink(f->file);
	free(f);
	return 0;
}

static void does(struct fixture *f, const char *name, bool something)
{
	const struct vmm_power_options opt = { .timeout_ms = 2000 };
	struct vmm_err err = { 0 };
	bool did = !something;

	if (vmm_power(f->dom, (enum vmm_power_op)vmm_power_parse(name), &opt, &did, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	if (did != something)
		fail_msg("%s: did %d", name, did);
}

static void is_refused(struct fixture *f, const char *name, const char *why)
{
	const struct vmm_power_options opt = { .timeout_ms = 2000 };
	struct vmm_err err = { 0 };
	bool did;

	assert_int_equal(vmm_power(f->dom, (enum vmm_power_op)vmm_power_parse(name), &opt, &did, &err),
			 VMM_EREFUSED);
	if (!strstr(err.text, why))
		fail_msg("%s: '%s' does not say '%s'", name, err.text, why);
}

static void parses_names(void **state)
{
	(void)state;
	assert_int_equal(vmm_power_parse("on"), VMM_POWER_ON);
	assert_int_equal(vmm_power_parse("save"), VMM_POWER_SAVE);
	assert_int_equal(vmm_power_parse("On"), -1);
	assert_int_equal(vmm_power_parse(""), -1);
}

static void running(void **state)
{
	does(*state, "on", false);
	does(*state, "resume", false);
	does(*state, "reboot", true);
	does(*state, "shutdown", true);
	does(*state, "shutdown", false);
}

static void off(void **state)
{
	does(*state, "off", true);
	does(*state, "off", false);
	is_refused(*state, "save", "it is off");
	is_refused(*state, "reboot", "it is off");
	is_refused(*state, "reset", "it is off");
	is_refused(*state, "suspend", "it is off");
	is_refused(*state, "resume", "it is off");
	does(*state, "on", true);
	does(*state, "on", false);
}

static void paused(void **state)
{
	does(*state, "suspend", true);
	does(*state, "suspend", false);
	is_refused(*state, "on", "resume it first");
	is_refused(*state, "shutdown", "resume it first");
	is_refused(*state, "reboot", "resume it first");
	does(*state, "resume", true);
	does(*state, "suspend", true);
	does(*state, "off", true);
}

static void saved(void **state)
{
	does(*state, "save", true);
	does(*state, "save", false);
	does(*state, "on", true);
}

static void forced(void **state)
{
	const struct vmm_power_options opt = { .timeout_ms = 2000, .force = true };
	struct fixture *f = *state;
	bool did = false;

	does(f, "suspend", true);
	assert_int_equal(vmm_power(f->dom, VMM_POWER_SHUTDOWN, &opt, &did, NULL), 0);
	assert_true(did);
	does(f, "off", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_names),
		cmocka_unit_test_setup_teardown(running, set_up, tear_down),
		cmocka_unit_test_setup_teardown(off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(paused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(saved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forced, set_up, tear_down),
	};

	return RUN(tests);
}
