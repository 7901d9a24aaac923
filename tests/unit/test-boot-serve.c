/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <ftw.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot/dhcp-internal.h"
#include "boot/serve-internal.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void ranges(void **state)
{
	static const struct {
		const char *text;
		uint64_t from, length;
	} samples[] = {
		{ "bytes=0-9", 0, 10 },
		{ "bytes=5-", 5, 95 },
		{ "bytes=99-500", 99, 1 },
		{ "bytes=100-", 0, 0 },
		{ "bytes=9-5", 0, 0 },
		{ "bytes=-5", 0, 0 },
		{ "bytes=0-1,3-4", 0, 0 },
		{ "bytes= 1-2", 0, 0 },
		{ "octets=1-2", 0, 0 },
		{ "bytes=1", 0, 0 },
		{ "bytes=1-2-3", 0, 0 },
		{ "", 0, 0 },
		{ "bytes=99999999999999999999999-", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint64_t from = 0, length = 0;
		unsigned status = vmm__boot_range(samples[i].text, 100, &from, &length);

		assert_int_equal(status, samples[i].length ? 0 : 416);
		assert_int_equal(from, samples[i].from);
		assert_int_equal(length, samples[i].length);
	}
	assert_int_equal(vmm__boot_range("bytes=0-", 0, &(uint64_t){ 0 }, &(uint64_t){ 0 }), 416);
}

static void neighbours(void **state)
{
	static const char arp[] =
		"IP address       HW type     Flags       HW address            Mask     Device\n"
		"10.0.0.7         0x1         0x2         52:54:00:00:00:07     *        br0\n"
		"10.0.0.8         0x1         0x0         00:00:00:00:00:00     *        br0\n";
	VMM_STRV_AUTO macs = VMM_STRV_INIT;

	(void)state;
	assert_int_equal(vmm_strv_add(&macs, "52:54:00:00:00:07"), 0);
	assert_true(vmm__boot_arp_allows(arp, "10.0.0.7", &macs));
	assert_true(vmm__boot_arp_allows(arp, "10.0.0.8", &macs));
	assert_true(vmm__boot_arp_allows(arp, "10.0.0.9", &macs));
	macs.s[0][16] = '8';
	assert_false(vmm__boot_arp_allows(arp, "10.0.0.7", &macs));
	assert_true(vmm__boot_arp_allows("", "10.0.0.7", &macs));
}

static void the_archive_has_whole_blocks(void **state)
{
	VMM_BUF_AUTO out = VMM_BUF_INIT;

	(void)state;
	vmm__boot_cpio(&out, "token=x\n", 8);
	assert_int_equal(out.len % 512, 0);
	assert_memory_equal(out.data, "070701", 6);
	assert_non_null(memmem(out.data, out.len, "vmm/ticket", 11));
}

static void ranges_of_addresses(void **state)
{
	static const char *const bad[] = { "",
					   "10.0.0.1",
					   "10.0.0.9-10.0.0.1",
					   "10.0.0.1-x",
					   "10.0.0.1-10.0.0.9\nport=53",
					   "10.0.0.1-10.0.0.2-10.0.0.3" };
	char first[16], last[16];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_boot_dhcp_range(bad[i], first, last, NULL), VMM_EINPUT);
	assert_int_equal(vmm_boot_dhcp_range("10.0.0.1-10.0.0.9", first, last, NULL), 0);
	assert_string_equal(last, "10.0.0.9");
}

static void no_line_comes_from_outside(void **state)
{
	struct vmm_boot_dhcp_options o = { .interface = "lo",
					   .address = "127.0.0.1",
					   .netmask = "255.0.0.0",
					   .proxy = true,
					   .ipxe = "/x\nuser=root" };
	VMM_BUF_AUTO out = VMM_BUF_INIT;

	(void)state;
	assert_int_equal(vmm__boot_dhcp_conf(&o, "/boot", &out, NULL), VMM_EINPUT);
	o.ipxe = NULL;
	assert_int_equal(vmm__boot_dhcp_conf(&o, "/boot\n", &out, NULL), VMM_EINPUT);
	assert_int_equal(vmm__boot_dhcp_conf(&o, "/boot", &out, NULL), 0);
	assert_non_null(strstr(out.data, "dhcp-range=127.0.0.0,proxy,255.0.0.0\n"));
	assert_null(strstr(out.data, "enable-tftp"));
}

/* Root becomes another, and has no way back; whoever it is leaves no core dump. */
static void rights_are_given_up(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		const char *user = geteuid() == 0 ? "nobody" : NULL;
		struct rlimit core = { 0, 0 };

		_exit(vmm_boot_drop(user, NULL) < 0    ? 1
		      : geteuid() == 0                 ? 2
		      : setresuid(0, 0, 0) == 0        ? 3
		      : prctl(PR_GET_DUMPABLE) != 0    ? 4
		      : getrlimit(RLIMIT_CORE, &core)  ? 5
		      : core.rlim_cur || core.rlim_max ? 6
						       : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A full disk is no reason to end, and with that the transfers. */
static void hosts_that_cannot_be_written(void **state)
{
	struct vmm_boot_dhcp_options o = { .interface = "lo",
					   .address = "127.0.0.1",
					   .netmask = "255.0.0.0",
					   .proxy = true,
					   .known = true };
	char root[] = "/tmp/test-boot.XXXXXX", path[64];
	struct vmm_boot_dhcp *d;
	struct vmm_boot *b;

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(vmm_boot_open(root, true, &b, NULL), 0);
	assert_int_equal(vmm_boot_dhcp_new(b, &o, &d, NULL), 0);
	snprintf(path, sizeof(path), "%s/run/hosts", root);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(vmm_boot_dhcp_tick(d, NULL), VMM_EAGAIN);
	vmm_boot_dhcp_free(d);
	vmm_boot_close(b);
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- inspections that nobody ordered ---- */

#define INSPECTED_MAX 64

static int inspect_nth(struct vmm_boot_server *s, unsigned n, char id[VMM_BOOT_ID_LEN + 1])
{
	char uuid[] = "00000000-0000-4000-8000-0000000000ab", mac[VMM_BOOT_MAC_LEN + 1];
	char empty[] = "";
	struct vmm__boot_claims c = { uuid, mac, empty, empty };
	struct vmm__boot_request r = { .s = s, .peer = "10.0.0.9" };

	snprintf(mac, sizeof(mac), "52:54:00:b3:00:%02x", n);
	return vmm__boot_inspect(&r, &c, id, NULL);
}

/* Strangers can fill it, and push out nothing that goes on. */
static void inspections_are_not_pushed_out(void **state)
{
	char root[] = "/tmp/test-boot.XXXXXX", ids[INSPECTED_MAX][VMM_BOOT_ID_LEN + 1];
	char token[VMM_BOOT_SECRET_LEN + 1], id[VMM_BOOT_ID_LEN + 1];
	const struct vmm_boot_event begin = { "boot", 2, "begin", "", 0, 0 };
	const struct vmm_boot_event end = { "agent", 0, "end", "done", 0, 0 };
	struct vmm_boot_server s = { .index = vmm__boot_index_new() };

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(vmm_boot_open(root, true, &s.o.boot, NULL), 0);
	for (unsigned i = 0; i < INSPECTED_MAX; i++) {
		assert_int_equal(inspect_nth(&s, i, ids[i]), 0);
		assert_int_equal(vmm_boot_event_add(s.o.boot, ids[i], &begin, NULL), 0);
		if (i % 2)
			assert_int_equal(vmm_boot_ticket_give(s.o.boot, ids[i], 60, token, NULL), 0);
	}
	assert_int_equal(inspect_nth(&s, INSPECTED_MAX, id), VMM_EAGAIN);
	assert_int_equal(vmm_boot_event_add(s.o.boot, ids[7], &end, NULL), 0);
	assert_int_equal(inspect_nth(&s, INSPECTED_MAX, id), 0);
	assert_int_equal(inspect_nth(&s, INSPECTED_MAX + 1, id), VMM_EAGAIN);
	for (unsigned i = 0; i < INSPECTED_MAX; i++)
		assert_int_equal(vmm_boot_job_state(s.o.boot, ids[i]), i == 7  ? VMM_BOOT_IDLE
								       : i % 2 ? VMM_BOOT_GIVEN
									       : VMM_BOOT_ARMED);
	vmm__boot_index_free(s.index);
	vmm_boot_close(s.o.boot);
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(the_archive_has_whole_blocks),
		cmocka_unit_test(ranges_of_addresses),
		cmocka_unit_test(no_line_comes_from_outside),
		cmocka_unit_test(rights_are_given_up),
		cmocka_unit_test(hosts_that_cannot_be_written),
		cmocka_unit_test(inspections_are_not_pushed_out),
	};

	return RUN(tests);
}
