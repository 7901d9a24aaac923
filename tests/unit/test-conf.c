/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"

static struct vmm_conf *parse(const char *text)
{
	struct vmm_conf *c = NULL;
	struct vmm_err err = { 0 };

	if (vmm_conf_parse("f", text, strlen(text), &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void sections_keys_and_lines(void **state)
{
	VMM_CONF_AUTO *c = parse("# head\n"
				 "include = base\n"
				 "\n"
				 "[nic]\n"
				 "network=a # b \t\n"
				 "[ nic  eth1 ]\n"
				 "mac = 52:54:00:00:00:01");
	const struct vmm_conf_section *s;

	(void)state;
	assert_int_equal(c->n, 3);
	assert_string_equal(vmm_conf_text(&c->sections[0], "include", NULL), "base");
	s = vmm_conf_next(c, "nic", NULL);
	assert_null(s->label);
	assert_int_equal(s->line, 4);
	assert_string_equal(vmm_conf_text(s, "network", NULL), "a # b");
	assert_string_equal(vmm_conf_text(s, "mac", "none"), "none");
	s = vmm_conf_next(c, "nic", s);
	assert_string_equal(s->label, "eth1");
	assert_int_equal(vmm_conf_find(s, "mac")->line, 7);
	assert_null(vmm_conf_next(c, "nic", s));
	assert_int_equal(vmm_conf_count(c, "nic"), 2);
	assert_int_equal(vmm_conf_count(c, ""), 1);
	assert_int_equal(vmm_conf_count(c, "disk"), 0);
}

static void values_go_on(void **state)
{
	VMM_CONF_AUTO *c = parse("a =\n"
				 "    #cloud-config\n"
				 "    users:\n"
				 "      - x  \n"
				 "\n"
				 "    [end]\n"
				 "\n"
				 "b = 1,\n"
				 "\t2\n"
				 "c =\n");
	const struct vmm_conf_section *s = &c->sections[0];

	(void)state;
	assert_string_equal(vmm_conf_text(s, "a", ""), "#cloud-config\nusers:\n  - x\n\n[end]");
	assert_int_equal(vmm_conf_find(s, "a")->line, 1);
	assert_int_equal(vmm_conf_find(s, "a")->text_line, 2);
	assert_string_equal(vmm_conf_text(s, "b", ""), "1,\n2");
	assert_int_equal(vmm_conf_find(s, "b")->text_line, 8);
	assert_string_equal(vmm_conf_text(s, "c", NULL), "");
}

/* Each with the start of the sentence that refuses it. */
static const struct {
	const char *text;
	size_t len; /* 0: as long as the text */
	const char *says;
} bad[] = {
	{ "a", 0, "f:1: neither " },
	{ "\n a = b\n", 0, "f:2: an indented line" },
	{ "a = b\n# c\n  d\n", 0, "f:3: an indented line" },
	{ "a =\n\n  d\n", 0, "f:3: an indented line" },
	{ "[s]\n  d\n", 0, "f:2: an indented line" },
	{ "a =\n    b\n  c\n", 0, "f:3: not indented as the value's line 2 is" },
	{ "a =\n\tb\n        c\n", 0, "f:3: not indented" },
	{ "a = 1\n\n[s]\na = 1\nb = 2\na = 3\n", 0, "f:6: 'a' is there twice, also in line 4" },
	{ "[s\n", 0, "f:1: a section is [name]" },
	{ "[s] x\n", 0, "f:1: a section is [name]" },
	{ "[]\n", 0, "f:1: '' is no name" },
	{ "[a b c]\n", 0, "f:1: 'b c' is no name" },
	{ "[a/b]\n", 0, "f:1: 'a/b' is no name" },
	{ "[n ../x]\n", 0, "f:1: '../x' is no name" },
	{ "= b\n", 0, "f:1: '' is no key" },
	{ "a b = c\n", 0, "f:1: 'a b' is no key" },
	{ "a$(id) = c\n", 0, "f:1: 'a$(id)' is no key" },
	{ "; c\n", 0, "f:1: neither" },
	{ "a = b\0c\n", 8, "f:1: a NUL byte" },
	{ "a = b\n\0", 7, "f:2: a NUL byte" },
	{ "a = b\r\n", 0, "f:1: a carriage return" },
	{ "a = b\n# \x1b[2J\n", 0, "f:2: a control character, %1b" },
	{ "a = \x7f\n", 0, "f:1: a control character, %7f" },
	{ "a = \xc3\x28\n", 0, "f:1: not UTF-8" },
	{ "a = \xed\xa0\x80\n", 0, "f:1: not UTF-8" },
	{ "a = \xe2\x82", 0, "f:1: not UTF-8" },
	{ "\xef\xbb\xbf"
	  "a = b\n",
	  0, "f:1: a byte order mark" },
};

static void bad_files_are_refused_with_their_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t len = bad[i].len ? bad[i].len : strlen(bad[i].text);
		struct vmm_err err = { .text = "accepted" };
		struct vmm_conf *c = NULL;

		assert_int_equal(vmm_conf_parse("f", bad[i].text, len, &c, &err), VMM_EINPUT);
		if (strncmp(err.text, bad[i].says, strlen(bad[i].says)) != 0)
			fail_msg("'%s': %s", bad[i].text, err.text);
		assert_null(c);
	}
}

static void lines_have_a_limit(void **state)
{
	VMM_CONF_AUTO *c = NULL;
	struct vmm_err err;
	size_t len = (64 << 10) + 1;
	char *text = malloc(len);

	(void)state;
	memset(text, 'x', len);
	memcpy(text, "a = ", 4);
	assert_int_equal(vmm_conf_parse("f", text, len, &c, &err), VMM_EINPUT);
	assert_string_equal(err.text, "f:1: a line of more than 64 KiB");
	assert_int_equal(vmm_conf_parse("f", text, len - 1, &c, &err), 0);
	assert_int_equal(strlen(vmm_conf_text(&c->sections[0], "a", "")), len - 5);
	free(text);
}

static void any_bytes_do_no_harm(void **state)
{
	static const char alphabet[] = "a= \t\n\n#[].x\\\"\xc3\xa4\xff";
	char text[200];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = test_random(sizeof(text));
		struct vmm_conf *c = NULL;
		struct vmm_err err = { 0 };

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[test_random(sizeof(alphabet))];
		if (vmm_conf_parse("f", text, len, &c, &err) < 0)
			assert_memory_equal(err.text, "f:", 2);
		vmm_conf_free(c);
	}
}

static const char *const top_keys[] = { "include", "size", NULL };
static const char *const nic_keys[] = { "network", NULL };
static const struct vmm_conf_form forms[] = {
	{ .section = "", .keys = top_keys },
	{ .section = "nic", .keys = nic_keys, .many = true, .labels = true },
	{ .section = "vars" },
	{ .section = NULL },
};

static void what_may_stand_there(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "size = 1\n[nic]\n[nic]\n[nic a]\n[vars]\nanything = x\n", NULL },
		{ "[vars]\n[nic]\nnetwork = a\n", NULL },
		{ "sise = 1\n", "f:1: unknown key 'sise'; known here: include, size" },
		{ "[nic]\n[disk]\n", "f:2: unknown section [disk]; known here: [nic], [vars]" },
		{ "[vars x]\n", "f:1: section [vars] takes no label" },
		{ "[vars]\n[nic]\n[vars]\n", "f:3: section [vars] is there twice, also in line 1" },
		{ "[nic a]\n[nic a]\n", "f:2: section [nic a] is there twice, also in line 1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		VMM_CONF_AUTO *c = parse(cases[i].text);
		struct vmm_err err = { 0 };
		int code = vmm_conf_check(c, forms, &err);

		assert_int_equal(code, cases[i].says ? VMM_EINPUT : 0);
		assert_string_equal(err.text, cases[i].says ? cases[i].says : "");
	}
}

static void values_are_strict(void **state)
{
	static const char *const words[] = { "bios", "uefi", NULL };
	VMM_CONF_AUTO *c = parse("n = 5\nbig = 9x\ns = 2G\nyes = yes\nmaybe = maybe\nfw = uefi\n");
	const struct vmm_conf_section *s = &c->sections[0];
	struct vmm_err err;
	uint64_t n = 1;
	size_t word = 0;
	bool flag = false;

	(void)state;
	assert_int_equal(vmm_conf_u64(s, "n", 1, 9, &n, &err), 0);
	assert_int_equal(n, 5);
	assert_int_equal(vmm_conf_u64(s, "gone", 1, 9, &n, &err), 0);
	assert_int_equal(n, 5);
	assert_int_equal(vmm_conf_u64(s, "big", 1, 9, &n, &err), VMM_EINPUT);
	assert_memory_equal(err.text, "f:2: ", 5);
	assert_int_equal(vmm_conf_size(s, "s", &n, &err), 0);
	assert_int_equal(n, 2ull << 30);
	assert_int_equal(vmm_conf_bool(s, "yes", &flag, &err), 0);
	assert_true(flag);
	assert_int_equal(vmm_conf_bool(s, "maybe", &flag, &err), VMM_EINPUT);
	assert_string_equal(err.text, "f:5: maybe: 'maybe' is none of: no, yes");
	assert_int_equal(vmm_conf_word(s, "fw", words, &word, &err), 0);
	assert_int_equal(word, 1);
}

static void lists(void **state)
{
	static const struct {
		const char *text;
		const char *items[4];
		bool wrong;
	} cases[] = {
		{ "l =\n", { NULL } },
		{ "l = a\n", { "a" } },
		{ "l = a b , c\n", { "a b", "c" } },
		{ "l =\n a,\n b\n\n c\n", { "a", "b", "c" } },
		{ "l = a,\n", { NULL }, true },
		{ "l = a,,b\n", { NULL }, true },
		{ "l = ,a\n", { NULL }, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		VMM_CONF_AUTO *c = parse(cases[i].text);
		VMM_STRV_AUTO items = VMM_STRV_INIT;
		struct vmm_err err;
		int code = vmm_conf_list(&c->sections[0].entries[0], &items, &err);

		assert_int_equal(code, cases[i].wrong ? VMM_EINPUT : 0);
		for (size_t k = 0; !code && k < COUNT(cases[i].items); k++) {
			if (!cases[i].items[k]) {
				assert_int_equal(items.n, k);
				break;
			}
			assert_string_equal(items.s[k], cases[i].items[k]);
		}
	}
}

static void missing_and_unreadable_files(void **state)
{
	struct vmm_conf *c = NULL;
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_conf_load("/nonexistent/x", &c, &err), VMM_ENOTFOUND);
	assert_string_equal(err.text, "no file '/nonexistent/x'");
	assert_int_equal(vmm_conf_load("/", &c, &err), VMM_EINPUT);
	assert_null(c);
}

static void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void names_of_a_folder(void **state)
{
	static const char *const files[] = { "k/b.conf", "k/a.1.conf", "k/.x.conf", "k/c.conf~",
					     "k/.conf",  "k/-r.conf",  "k/a b.conf" };
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	char dir[] = "conf-XXXXXX";
	struct vmm_err err;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(vmm_conf_names(dir, "k", &names, &err), 0);
	assert_int_equal(names.n, 0);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("k", 0700), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		touch(files[i]);
	assert_int_equal(vmm_conf_names(".", "k", &names, &err), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(files[i]);
	assert_true(rmdir("k") == 0 && chdir("..") == 0 && rmdir(dir) == 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.s[0], "a.1");
	assert_string_equal(names.s[1], "b");
	assert_false(vmm_conf_is_name("../x"));
	assert_false(vmm_conf_is_name(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_keys_and_lines),
		cmocka_unit_test(values_go_on),
		cmocka_unit_test(bad_files_are_refused_with_their_line),
		cmocka_unit_test(lines_have_a_limit),
		cmocka_unit_test(any_bytes_do_no_harm),
		cmocka_unit_test(what_may_stand_there),
		cmocka_unit_test(values_are_strict),
		cmocka_unit_test(lists),
		cmocka_unit_test(missing_and_unreadable_files),
		cmocka_unit_test(names_of_a_folder),
	};

	return RUN(tests);
}
