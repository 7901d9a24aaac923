/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BMCs without any: URLs, credentials, bytes, and how a change ends, with one that is made up. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bmc/internal.h"

#define SECRET "sesame-9Qx7"

static void urls(void **state)
{
	static const char *const bad[] = {
		"",
		"10.0.0.1",
		"ipmi:10.0.0.1",
		"ipmi://",
		"IPMI://10.0.0.1",
		"http://10.0.0.1",
		"ipmi+ext://10.0.0.1",
		"ipmi://10.0.1",
		"ipmi://10.0.0.256",
		"ipmi://10.0.0.1:0",
		"ipmi://10.0.0.1:65536",
		"ipmi://10.0.0.1:",
		"ipmi://10.0.0.1/x",
		"ipmi://10.0.0.1?command=id",
		"ipmi://-oProxyCommand=id",
		"ipmi://a b",
		"ipmi://a\nb",
		"ipmi://$(id)",
		"ipmi://@10.0.0.1",
		"ipmi://a;b@10.0.0.1",
		"ipmi://-",
		"ipmi://a..b",
		"ipmi://::1",
		"ipmi://[::1",
		"ipmi://[10.0.0.1]",
		"ipmi://[::1]x",
	};
	struct vmm_bmcurl u;
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_bmcurl_parse("ipmi://10.0.0.7", &u, &err), 0);
	assert_string_equal(u.host, "10.0.0.7");
	assert_string_equal(u.user, "");
	assert_int_equal(u.port, 623);
	assert_int_equal(vmm_bmcurl_parse("ipmi://root@bmc-1.rack:6230", &u, &err), 0);
	assert_string_equal(u.host, "bmc-1.rack");
	assert_string_equal(u.user, "root");
	assert_int_equal(u.port, 6230);
	assert_int_equal(vmm_bmcurl_parse("ipmi://[fe80::1]:6230", &u, &err), 0);
	assert_string_equal(u.host, "fe80::1");
	assert_true(u.ip6);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_bmcurl_check(bad[i], &err), VMM_EINPUT);
	vmm_bmcurl_check("fe80::1", &err);
	assert_string_equal(err.text, "BMC 'fe80::1': is ipmi://[fe80::1] meant?");
}

static void no_password_in_urls(void **state)
{
	static const char *const urls[] = {
		"ipmi://admin:" SECRET "@10.0.0.1",    "admin:" SECRET "@10.0.0.1",
		"http://admin:" SECRET "@10.0.0.1",    "ipmi://:" SECRET "@x",
		"ipmi://admin:" SECRET "://@10.0.0.1", "ipmi://a:" SECRET "@b@10.0.0.1",
	};
	struct vmm_err err;

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		assert_int_equal(vmm_bmcurl_check(urls[i], &err), VMM_EINPUT);
		assert_null(strstr(err.text, SECRET));
	}
}

/* A file of this text and mode; its name is good until the next one. */
static const char *file_of(const char *text, mode_t mode)
{
	static char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/vmm-test-bmc.%d", (int)getpid());
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}

static int remove_file(void **state)
{
	(void)state;
	unlink(file_of("", 0600));
	return 0;
}

static void credentials(void **state)
{
	struct vmm__bmc_auth a;
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm__bmc_auth_read(file_of("# rack 1\nuser = admin\npassword = " SECRET "\n",
						    0600),
					    &a, &err),
			 0);
	assert_string_equal(a.user, "admin");
	assert_string_equal(a.password, SECRET);
	assert_int_equal(a.privilege, 3);
	assert_int_equal(a.cipher, 3);
	assert_int_equal(a.workarounds, 0x10);
	assert_false(a.has_k_g);
	assert_int_equal(vmm__bmc_auth_read(file_of("password=p=#\"' x\nprivilege = administrator\ncipher = "
						    "17\nk_g = 0x00ff\nworkarounds = sun20, intel20\n",
						    0400),
					    &a, &err),
			 0);
	assert_string_equal(a.password, "p=#\"' x");
	assert_int_equal(a.privilege, 4);
	assert_int_equal(a.cipher, 17);
	assert_int_equal(a.workarounds, 0x0a);
	assert_true(a.has_k_g && a.k_g[0] == 0 && a.k_g[1] == 0xff && a.k_g[2] == 0);
}

static void refused_credentials(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0644, 0666, 0777 };
	struct vmm__bmc_auth a;
	struct vmm_err err;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(vmm__bmc_auth_read(file_of("password = x\n", modes[i]), &a, &err),
				 VMM_EREFUSED);
		assert_non_null(strstr(err.text, "others may read or write"));
	}
	assert_int_equal(vmm__bmc_auth_read("/tmp", &a, &err), VMM_EREFUSED);
	assert_int_equal(vmm__bmc_auth_read("/nowhere/at/all", &a, &err), VMM_EINPUT);
}

/* Whatever is wrong with the file: the message has none of it. */
static void nothing_told_of_credentials(void **state)
{
	static const char *const texts[] = {
		SECRET "\n",
		"user = admin\n" SECRET " = x\n",
		"user = admin\npassword " SECRET "\n",
		"[" SECRET "]\nx = y\n",
		"[ipmi]\npassword = " SECRET "\n",
		"password =\n    " SECRET "\n",
		"password = x\npassword = " SECRET "\n",
		"password = " SECRET SECRET "\n",
		"password = x\nuser = " SECRET SECRET "\n",
		"password = x\nprivilege = " SECRET "\n",
		"password = x\ncipher = " SECRET "\n",
		"password = x\nk_g = 0x" SECRET "\n",
		"password = x\nworkarounds = " SECRET "\n",
		"password = x\ncipher = 0\n",
		"user = " SECRET "\n",
		"password = " SECRET "\x01\n",
		"password = " SECRET "\xff\n",
		"",
	};
	struct vmm__bmc_auth a;
	struct vmm_err err;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(vmm__bmc_auth_read(file_of(texts[i], 0600), &a, &err), VMM_EINPUT);
		assert_null(strstr(err.text, "sesame"));
	}
}

/* Where the text is in the memory that this process may write to. The needle itself is never whole there. */
static unsigned copies_of(const char *head, const char *tail)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int mem = open("/proc/self/mem", O_RDONLY);
	size_t nh = strlen(head), nt = strlen(tail);
	unsigned found = 0;
	char line[512];

	assert_true(maps && mem >= 0);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to;
		char *bytes;
		ssize_t n;

		if (sscanf(line, "%lx-%lx rw", &from, &to) != 2 || !strstr(line, " rw") ||
		    to - from > 64u << 20)
			continue;
		bytes = malloc(to - from);
		n = bytes ? pread(mem, bytes, to - from, (off_t)from) : -1;
		for (ssize_t i = 0; i + (ssize_t)(nh + nt) <= n; i++)
			found += memcmp(bytes + i, head, nh) == 0 &&
				 memcmp(bytes + i + nh, tail, nt) == 0;
		if (bytes)
			explicit_bzero(bytes, to - from);
		free(bytes);
	}
	close(mem);
	fclose(maps);
	return found;
}

static void passwords_are_wiped(void **state)
{
	char text[64], *word;
	struct vmm_bmc *b;
	struct vmm_err err;
	enum vmm_bmc_power power;
	const char *path;

	(void)state;
	/* Put together at run time, so that the program's own text doesn't have it. */
	snprintf(text, sizeof(text), "password = %s%s\n", "wipe-", "me-4Zk1");
	path = file_of(text, 0600);
	word = text + 11;
	explicit_bzero(word, strlen(word));
	assert_int_equal(vmm_bmc_new("ipmi://127.0.0.1:9", path, &b, &err), 0);
	assert_true(copies_of("wipe-", "me-4Zk1") > 0);
	/* FreeIPMI had it too. */
	assert_int_equal(vmm_bmc_power_get(b, 1, &power, &err), VMM_EAGAIN);
	vmm_bmc_free(b);
	assert_int_equal(copies_of("wipe-", "me-4Zk1"), 0);
}

/* Whoever has read one leaves no core dump. */
static void passwords_get_into_no_file(void **state)
{
	const char *file = file_of("password = x\n", 0600);
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct vmm__bmc_auth a;
		struct rlimit core;

		_exit(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0   ? 1
		      : vmm__bmc_auth_read(file, &a, NULL) < 0 ? 2
		      : prctl(PR_GET_DUMPABLE) != 0            ? 3
		      : getrlimit(RLIMIT_CORE, &core)          ? 4
		      : core.rlim_cur || core.rlim_max         ? 5
							       : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void guids(void **state)
{
	static const char want[] = "00112233-4455-4677-8899-aabbccddeeff";
	static const unsigned char smbios[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x46,
						  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	static const unsigned char rfc[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77,
					       0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	unsigned char ipmi[16];
	char uuid[VMM_UUID_LEN + 1];

	(void)state;
	for (int i = 0; i < 16; i++)
		ipmi[i] = rfc[15 - i];
	vmm__bmc_guid_uuid(smbios, uuid);
	assert_string_equal(uuid, want);
	vmm__bmc_guid_uuid(ipmi, uuid);
	assert_string_equal(uuid, want);
	vmm__bmc_guid_uuid(rfc, uuid);
	assert_string_equal(uuid, want);
	assert_true(vmm_bmc_guid_is(smbios, want));
	assert_true(vmm_bmc_guid_is(ipmi, "00112233-4455-4677-8899-AABBCCDDEEFF"));
	assert_true(vmm_bmc_guid_is(rfc, want));
	ipmi[7] ^= 1;
	assert_false(vmm_bmc_guid_is(ipmi, want));
	assert_false(vmm_bmc_guid_is(rfc, "nonsense"));
}

static void boot_flags(void **state)
{
	static const unsigned char silent[2] = { 0, 4 }, other[2] = { 0x80, 15 << 2 };
	unsigned char flags[2];
	struct vmm_bmc_boot boot, back;

	(void)state;
	for (int device = VMM_BMC_NO_DEVICE; device <= VMM_BMC_BIOS; device++)
		for (int bits = 0; bits < 4; bits++) {
			boot = (struct vmm_bmc_boot){ (enum vmm_bmc_device)device, bits & 1,
						      bits & 2, false };
			vmm__ipmi_boot_encode(&boot, flags);
			vmm__ipmi_boot_decode(flags, &back);
			assert_true(back.told && back.device == boot.device &&
				    back.persistent == boot.persistent && back.uefi == boot.uefi);
		}
	boot = (struct vmm_bmc_boot){ VMM_BMC_CDROM, true, true, false };
	vmm__ipmi_boot_encode(&boot, flags);
	assert_true(flags[0] == 0xe0 && flags[1] == 0x14);
	vmm__ipmi_boot_decode(silent, &back);
	assert_false(back.told);
	assert_int_equal(back.device, VMM_BMC_PXE);
	vmm__ipmi_boot_decode(other, &back);
	assert_int_equal(back.device, VMM_BMC_NO_DEVICE);
}

static void ranges(void **state)
{
	static const char *const bad[] = { "bmc1",        "10.0.0.[1-300]", "10.0.0.1/24",
					   "10.0.0.0/33", "10.0.0.0/8",     "10.0.0.0/",
					   "::1/64",      "10.0.0.0/24/1",  "" };
	VMM_STRV_AUTO v = VMM_STRV_INIT;
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_bmc_range_expand("10.0.0.[9-11],::1", &v, &err), 0);
	assert_int_equal(v.n, 4);
	assert_string_equal(v.s[2], "10.0.0.11");
	assert_int_equal(vmm_bmc_range_expand("10.0.0.4/30", &v, &err), 0);
	assert_int_equal(v.n, 6);
	assert_string_equal(v.s[4], "10.0.0.5");
	assert_string_equal(v.s[5], "10.0.0.6");
	assert_int_equal(vmm_bmc_range_expand("10.0.0.4/31", &v, &err), 0);
	assert_int_equal(v.n, 8);
	assert_int_equal(vmm_bmc_range_expand("255.255.255.255/32", &v, &err), 0);
	assert_int_equal(v.n, 9);
	assert_int_equal(vmm_bmc_range_expand("10.1.0.0/16", &v, &err), 0);
	assert_int_equal(v.n, 9 + 65534);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_bmc_range_expand(bad[i], &v, &err), VMM_EINPUT);
}

/* ---- how changes end: a BMC that does what the test says ---- */

static struct {
	enum vmm_bmc_power power;
	struct vmm_bmc_boot boot;
	bool told;
	bool obeys;
	int open_code, get_code, set_code; /* what the calls answer */
	int silent_after;                  /* calls of set, from then on no answer */
	int takes_at;                      /* the call of set that has an effect */
	int opened, closed, sets;
} fake;

static int say(int code, struct vmm_err *err)
{
	return code ? vmm_err_set(err, (enum vmm_code)code, "made up") : 0;
}

static int fake_open(struct vmm_bmc *b, struct vmm_err *err)
{
	if (fake.open_code)
		return say(fake.open_code, err);
	fake.opened++;
	b->session = &fake;
	return 0;
}

static void fake_close(struct vmm_bmc *b)
{
	(void)b;
	fake.closed++;
}

static int answer(int code, struct vmm_err *err)
{
	return say(fake.silent_after && fake.sets >= fake.silent_after ? VMM_EAGAIN : code, err);
}

static int fake_power_get(struct vmm_bmc *b, enum vmm_bmc_power *power, struct vmm_err *err)
{
	(void)b;
	*power = fake.power;
	return answer(fake.get_code, err);
}

static int fake_power_set(struct vmm_bmc *b, enum vmm_bmc_op op, struct vmm_err *err)
{
	(void)b;
	fake.sets++;
	if (fake.obeys && fake.sets >= fake.takes_at)
		fake.power = op == VMM_BMC_ON ? VMM_BMC_POWER_ON : VMM_BMC_POWER_OFF;
	return say(fake.set_code, err);
}

static int fake_boot_get(struct vmm_bmc *b, struct vmm_bmc_boot *boot, struct vmm_err *err)
{
	(void)b;
	*boot = fake.boot;
	boot->told = fake.told;
	return answer(fake.get_code, err);
}

static int fake_boot_set(struct vmm_bmc *b, const struct vmm_bmc_boot *boot, struct vmm_err *err)
{
	(void)b;
	fake.sets++;
	if (fake.obeys)
		fake.boot = *boot;
	return say(fake.set_code, err);
}

static const struct vmm__bmc_driver driver = {
	.scheme = "fake",
	.open = fake_open,
	.close = fake_close,
	.power_get = fake_power_get,
	.power_set = fake_power_set,
	.boot_get = fake_boot_get,
	.boot_set = fake_boot_set,
};

static struct vmm_bmc *made_up(void)
{
	struct vmm_bmc *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	memset(&fake, 0, sizeof(fake));
	fake.power = VMM_BMC_POWER_OFF;
	fake.obeys = fake.told = true;
	b->driver = &driver;
	return b;
}

static void as_asked(void **state)
{
	struct vmm_bmc *b = made_up();
	struct vmm_bmc_outcome o;

	(void)state;
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_OFF, 1000, &o), 0);
	assert_true(o.verdict == VMM_BMC_AS_ASKED && o.already && fake.sets == 0);
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_SOFT, 1000, &o), 0);
	assert_true(o.already && fake.sets == 0);
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_ON, 1000, &o), 0);
	assert_true(o.verdict == VMM_BMC_AS_ASKED && !o.already && fake.sets == 1);
	assert_int_equal(o.power, VMM_BMC_POWER_ON);
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_CYCLE, 1000, &o), 0);
	assert_true(!o.already && fake.sets == 3 && o.power == VMM_BMC_POWER_ON);
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_SOFT, 1000, &o), 0);
	assert_true(fake.sets == 4 && o.power == VMM_BMC_POWER_OFF);
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_CYCLE, 1000, &o), 0);
	assert_true(!o.already && fake.sets == 5 && o.power == VMM_BMC_POWER_ON);
	assert_int_equal(fake.opened, 1);
	vmm_bmc_free(b);
	assert_int_equal(fake.closed, 1);
}

static void not_as_asked(void **state)
{
	struct vmm_bmc *b = made_up();
	struct vmm_bmc_outcome o;

	(void)state;
	fake.obeys = false;
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_ON, 400, &o), VMM_EFAIL);
	assert_true(o.verdict == VMM_BMC_NOT_AS_ASKED && o.power == VMM_BMC_POWER_OFF);
	assert_non_null(strstr(o.err.text, "it is off"));
	assert_int_equal(fake.sets, 1);
	/* It says no. */
	fake.set_code = VMM_EREFUSED;
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_CYCLE, 400, &o), VMM_EFAIL);
	assert_true(o.verdict == VMM_BMC_NOT_AS_ASKED && o.power == VMM_BMC_POWER_OFF);
	assert_non_null(strstr(o.err.text, "made up"));
	/* It keeps another device than it was told. */
	fake.set_code = 0;
	fake.boot.device = VMM_BMC_DISK;
	assert_int_equal(vmm_bmc_boot_set(b, &(struct vmm_bmc_boot){ .device = VMM_BMC_PXE }, 400, &o),
			 VMM_EFAIL);
	assert_true(o.verdict == VMM_BMC_NOT_AS_ASKED && o.boot.device == VMM_BMC_DISK);
	/* The device, but not how. */
	assert_int_equal(
		vmm_bmc_boot_set(b, &(struct vmm_bmc_boot){ .device = VMM_BMC_DISK, .uefi = true },
				 400, &o),
		VMM_EFAIL);
	assert_int_equal(o.verdict, VMM_BMC_NOT_AS_ASKED);
	vmm_bmc_free(b);
}

static void unknown(void **state)
{
	struct vmm_bmc *b = made_up();
	struct vmm_bmc_outcome o;

	(void)state;
	/* It was off, was told, and falls silent: it may be on. */
	fake.silent_after = 1;
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_ON, 500, &o), VMM_EAGAIN);
	assert_true(o.verdict == VMM_BMC_UNKNOWN && o.power == VMM_BMC_POWER_UNKNOWN);
	assert_true(fake.closed > 0);
	vmm_bmc_free(b);

	b = made_up();
	fake.open_code = VMM_EREFUSED;
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_OFF, 500, &o), VMM_EREFUSED);
	assert_true(o.verdict == VMM_BMC_UNKNOWN && fake.sets == 0);
	assert_int_equal(vmm_bmc_boot_set(b, &(struct vmm_bmc_boot){ .device = VMM_BMC_PXE }, 500, &o),
			 VMM_EREFUSED);
	assert_int_equal(o.verdict, VMM_BMC_UNKNOWN);
	vmm_bmc_free(b);

	b = made_up();
	fake.told = false;
	assert_int_equal(vmm_bmc_boot_set(b, &(struct vmm_bmc_boot){ .device = VMM_BMC_PXE }, 500, &o),
			 0);
	assert_int_equal(vmm_bmc_boot_set(b,
					  &(struct vmm_bmc_boot){ .device = VMM_BMC_PXE,
								  .persistent = true },
					  500, &o),
			 VMM_EFAIL);
	assert_true(o.verdict == VMM_BMC_UNKNOWN && o.boot.device == VMM_BMC_PXE);
	vmm_bmc_free(b);
}

static void stopped(void **state)
{
	struct vmm_bmc *b = made_up();
	struct vmm_cancel cancel = { 2 };
	struct vmm_bmc_outcome o;

	(void)state;
	vmm_bmc_watch(b, &cancel);
	assert_int_equal(vmm_bmc_power(b, VMM_BMC_ON, 500, &o), VMM_ECANCEL);
	assert_true(o.verdict == VMM_BMC_UNKNOWN && fake.sets == 0);
	vmm_bmc_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(no_password_in_urls),
		cmocka_unit_test_teardown(credentials, remove_file),
		cmocka_unit_test_teardown(refused_credentials, remove_file),
		cmocka_unit_test_teardown(nothing_told_of_credentials, remove_file),
		cmocka_unit_test_teardown(passwords_are_wiped, remove_file),
		cmocka_unit_test_teardown(passwords_get_into_no_file, remove_file),
		cmocka_unit_test(guids),
		cmocka_unit_test(boot_flags),
		cmocka_unit_test(ranges),
		cmocka_unit_test(as_asked),
		cmocka_unit_test(not_as_asked),
		cmocka_unit_test(unknown),
		cmocka_unit_test(stopped),
	};

	return RUN(tests);
}
