/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <fcntl.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "virt/virt.h"

static void open_fails(const char *uri, const char *auth_file, int code, const char *why)
{
	virConnectPtr c = NULL;
	struct vmm_err err = { 0 };

	assert_int_equal(vmm_virt_open(uri, auth_file, &c, &err), code);
	assert_null(c);
	if (!strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
}

static void opens(void **state)
{
	virConnectPtr c = NULL;

	(void)state;
	assert_int_equal(vmm_virt_open("test:///default", NULL, &c, NULL), 0);
	assert_int_equal(virConnectClose(c), 0);
	open_fails("qemu+ext:///system?command=/bin/true", NULL, VMM_EINPUT, "transport");
	open_fails("qemu+unix:///system?socket=/nonexistent/sock", NULL, VMM_EAGAIN,
		   "No such file or directory");
	open_fails("qemu+tcp://127.0.0.1:1/system", NULL, VMM_EAGAIN, "Connection refused");
	open_fails("test:///nonexistent.xml", NULL, VMM_EFAIL, "cannot connect: ");
}

static void checks_the_auth_file(void **state)
{
	static const char uri[] = "test:///default";
	char dir[] = "/tmp/vmm-test-XXXXXX", file[64], link[64];
	virConnectPtr c = NULL;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/a &c", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	open_fails(uri, file, VMM_EINPUT, "No such file");
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(vmm_virt_open(uri, file, &c, NULL), 0);
	virConnectClose(c);
	assert_int_equal(fchmod(fd, 0640), 0);
	open_fails(uri, file, VMM_EREFUSED, "mode 640");
	assert_int_equal(fchmod(fd, 0604), 0);
	open_fails(uri, file, VMM_EREFUSED, "mode 604");
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(symlink(file, link), 0);
	open_fails(uri, link, VMM_EREFUSED, "not a regular file");
	open_fails(uri, dir, VMM_EREFUSED, "not a regular file");
	open_fails(uri, "auth.conf", VMM_EINPUT, "not an absolute path");
	if (geteuid() == 0) {
		assert_int_equal(fchown(fd, 65534, 0), 0);
		open_fails(uri, file, VMM_EREFUSED, "another user");
	}
	close(fd);
	unlink(link);
	unlink(file);
	rmdir(dir);
}

static void wraps_errors(void **state)
{
	struct vmm_err err = { 0 };
	virConnectPtr c = NULL;

	(void)state;
	assert_int_equal(vmm_virt_open("test:///default", NULL, &c, &err), 0);
	assert_null(virDomainLookupByName(c, "nope"));
	assert_int_equal(vmm_err_virt(&err, "VM '%s'", "nope"), VMM_ENOTFOUND);
	assert_string_equal(err.text, "VM 'nope': domain not found");
	assert_null(virNetworkLookupByName(c, "nope"));
	assert_int_equal(vmm_err_virt(&err, "net"), VMM_ENOTFOUND);
	assert_true(virNodeGetMemoryStats(c, 0, NULL, &(int){ 0 }, 0) < 0);
	assert_int_equal(vmm_err_virt(&err, "stats"), VMM_EREFUSED);
	/* Nothing went wrong in libvirt. */
	virResetLastError();
	assert_int_equal(vmm_err_virt(&err, "x"), VMM_EFAIL);
	virConnectClose(c);
}

static void names_states(void **state)
{
	static const struct {
		int state, reason;
		const char *name;
	} cases[] = {
		{ VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, "normal" },
		{ VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_POSTCOPY, "migrating" },
		{ VIR_DOMAIN_BLOCKED, 0, "normal" },
		{ VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, "paused" },
		{ VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION, "migrating" },
		{ VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_IOERROR, "error" },
		{ VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_POSTCOPY_FAILED, "error" },
		{ VIR_DOMAIN_SHUTDOWN, 0, "warning" },
		{ VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_CRASHED, "stop" },
		{ VIR_DOMAIN_CRASHED, 0, "error" },
		{ VIR_DOMAIN_PMSUSPENDED, 0, "suspended" },
		{ VIR_DOMAIN_NOSTATE, 0, "unknown" },
		{ 999, 0, "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(vmm_virt_state(cases[i].state, cases[i].reason), cases[i].name);
	assert_false(vmm_virt_active(VIR_DOMAIN_SHUTOFF));
	assert_true(vmm_virt_active(VIR_DOMAIN_PAUSED));
}

static void knows_what_drivers_can(void **state)
{
	(void)state;
	assert_true(vmm_virt_can(vmm_virt_caps("qemu"), "live"));
	assert_true(vmm_virt_can(vmm_virt_caps("qemu"), "autostart"));
	assert_false(vmm_virt_can(vmm_virt_caps("qemu"), "auto"));
	assert_false(vmm_virt_can(vmm_virt_caps("lxc"), "live"));
	assert_false(vmm_virt_can(vmm_virt_caps("nope"), "live"));
	assert_false(vmm_virt_can("", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens),
		cmocka_unit_test(checks_the_auth_file),
		cmocka_unit_test(wraps_errors),
		cmocka_unit_test(names_states),
		cmocka_unit_test(knows_what_drivers_can),
	};

	return RUN(tests);
}
