/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>

#include "base/hostlist.h"

static void words(struct vmm_strv *v, const char *text)
{
	vmm_strv_release(v);
	assert_int_equal(vmm_strv_split(v, text, " "), 0);
}

static void assert_words(const struct vmm_strv *v, const char *text)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	for (size_t i = 0; i < v->n; i++)
		vmm_buf_addf(&b, "%s%s", i ? " " : "", v->s[i]);
	assert_string_equal(b.data, text);
}

static void expands(void **state)
{
	static const char *const samples[][2] = {
		{ "h1", "h1" },
		{ "h[1-3,7]", "h1 h2 h3 h7" },
		{ "rack[01-02]n[1-2]", "rack01n1 rack01n2 rack02n1 rack02n2" },
		{ "h1,h[4-5],a", "h1 h4 h5 a" },
		{ "h[08-10].x", "h08.x h09.x h10.x" },
		{ "h[098-100]", "h098 h099 h100" },
		{ "h[99-101]", "h99 h100 h101" },
		{ "h[0-0]", "h0" },
		{ "[1-2]", "1 2" },
		{ "[1-2][3-4]", "13 14 23 24" },
		{ "h[3,1,1]", "h3 h1 h1" },
		{ "h[007]", "h007" },
		{ "h[999999999999999998-999999999999999999]",
		  "h999999999999999998 h999999999999999999" },
		{ "a-b.example,\xc3\xa4", "a-b.example \xc3\xa4" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		VMM_STRV_AUTO v = VMM_STRV_INIT;
		struct vmm_err err = { 0 };

		if (vmm_hostlist_expand(samples[i][0], &v, &err) < 0)
			fail_msg("%s", err.text);
		assert_words(&v, samples[i][1]);
	}
}

static void padding_grows(void **state)
{
	VMM_STRV_AUTO v = VMM_STRV_INIT;

	(void)state;
	assert_int_equal(vmm_hostlist_expand("h[01-100]", &v, NULL), 0);
	assert_int_equal(v.n, 100);
	assert_string_equal(v.s[0], "h01");
	assert_string_equal(v.s[99], "h100");
}

static void refuses(void **state)
{
	static const char *const bad[][2] = {
		{ "", "'': no name at byte 1" },
		{ ",", "',': no name at byte 1" },
		{ "a,", "'a,': no name at byte 3" },
		{ "a,,b", "'a,,b': no name at byte 3" },
		{ "h[", "'h[': no number at byte 3" },
		{ "h[]", "'h[]': no number at byte 3" },
		{ "h[1", "'h[1': neither ',' nor ']' at byte 4" },
		{ "h[1-", "'h[1-': no number at byte 5" },
		{ "h[1-2", "'h[1-2': neither" },
		{ "h[1,]", "'h[1,]': no number at byte 5" },
		{ "h[-1]", "'h[-1]': no number at byte 3" },
		{ "h[1-2-3]", "'h[1-2-3]': neither ',' nor ']' at byte 6" },
		{ "h[1-9/2]", "'h[1-9/2]': neither" },
		{ "h[a-c]", "'h[a-c]': no number at byte 3" },
		{ "h[[1]]", "'h[[1]]': no number at byte 3" },
		{ "h[1[2]]", "'h[1[2]]': neither" },
		{ "h]", "'h]': ']' without '[' at byte 2" },
		{ "h1 h2", "'h1 h2': blank or control character at byte 3" },
		{ "h\t", "'h%09': blank or control character at byte 2" },
		{ "h[3-1]", "'h[3-1]': range runs backwards at byte 3" },
		{ "h[001-10]", "'h[001-10]': ends of the range differ in width at byte 3" },
		{ "h[1-010]", "'h[1-010]': ends of the range differ in width at byte 3" },
		{ "h[01-002]", "'h[01-002]': ends" },
		{ "h[1234567890123456789]", "'h[1234567890123456789]': number too long at byte 3" },
		{ "h[1-100001]", "'h[1-100001]': more than 100000 names" },
		{ "h[1-999999999999999999]", "'h[1-999999999999999999]': more than" },
		{ "h[1-1000][1-1000]", "'h[1-1000][1-1000]': more than" },
		{ "h[1-60000],h[1-60000]", "'h[1-60000],h[1-60000]': more than" },
		{ "h[1-60000,1-60000]", "'h[1-60000,1-60000]': more than" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		VMM_STRV_AUTO v = VMM_STRV_INIT;
		struct vmm_err err = { 0 };

		vmm_strv_add(&v, "before");
		assert_int_equal(vmm_hostlist_expand(bad[i][0], &v, &err), VMM_EINPUT);
		assert_int_equal(v.n, 1);
		if (strncmp(err.text, bad[i][1], strlen(bad[i][1])) != 0)
			fail_msg("'%s' where '%s' was expected", err.text, bad[i][1]);
	}
}

static void limits_are_reached(void **state)
{
	VMM_STRV_AUTO v = VMM_STRV_INIT;
	char name[VMM_HOSTLIST_NAME + 2];

	(void)state;
	assert_int_equal(vmm_hostlist_expand("h[1-100000]", &v, NULL), 0);
	assert_int_equal(v.n, VMM_HOSTLIST_MAX);
	assert_int_equal(vmm_hostlist_expand("more", &v, NULL), 0); /* a text of its own */
	memset(name, 'x', sizeof(name));
	name[VMM_HOSTLIST_NAME + 1] = '\0';
	assert_int_equal(vmm_hostlist_expand(name, &v, NULL), VMM_EINPUT);
	assert_false(vmm_hostlist_is_name(name));
	name[VMM_HOSTLIST_NAME] = '\0';
	assert_int_equal(vmm_hostlist_expand(name, &v, NULL), 0);
	assert_true(vmm_hostlist_is_name(name));
}

static void folds(void **state)
{
	static const char *const samples[][2] = {
		{ "h1", "h1" },
		{ "h7 h3 h2 h1 h2", "h[1-3,7]" },
		{ "h1 h2", "h[1-2]" },
		{ "rack01n1 rack01n2 rack02n1 rack02n2", "rack[01-02]n[1-2]" },
		{ "h8 h9 h10 h11", "h[8-11]" },
		{ "h08 h09 h10 h11", "h[08-11]" },
		{ "h98 h99 h100", "h[98-100]" },
		{ "h099 h100", "h[099-100]" },
		{ "h1 h01 h2 h02", "h[1-2,01-02]" },
		{ "h9 h010", "h[9,010]" },
		{ "h1.dc2 h2.dc2 h3.dc2", "h[1-3].dc2" },
		{ "10.0.0.1 10.0.0.2 10.0.1.1", "10.0.0.[1-2],10.0.1.1" },
		{ "b a h2 h10 h1", "a,b,h[1-2,10]" },
		{ "x h10a h9b", "h9b,h10a,x" },
		{ "1 2 3", "[1-3]" },
		{ "h1234567890123456789 h1234567890123456790",
		  "h1234567890123456789,h1234567890123456790" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		VMM_STRV_AUTO v = VMM_STRV_INIT;
		VMM_BUF_AUTO b = VMM_BUF_INIT;

		words(&v, samples[i][0]);
		assert_int_equal(vmm_hostlist_fold(&v, &b, NULL), 0);
		assert_string_equal(b.data, samples[i][1]);
	}
}

static void fold_refuses_what_is_no_name(void **state)
{
	static const char *const bad[] = { "", "a,b", "h[1]", "a\tb", "]", "\x7f" };
	struct vmm_err err;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		VMM_STRV_AUTO v = VMM_STRV_INIT;
		VMM_BUF_AUTO b = VMM_BUF_INIT;

		vmm_strv_add(&v, "h1");
		vmm_strv_add(&v, bad[i]);
		assert_int_equal(vmm_hostlist_fold(&v, &b, &err), VMM_EINPUT);
		assert_int_equal(b.len, 0);
	}
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t sort_unique(struct vmm_strv *v)
{
	size_t kept = 0;

	if (v->n)
		qsort(v->s, v->n, sizeof(char *), by_bytes);
	for (size_t i = 0; i < v->n; i++) {
		if (kept && strcmp(v->s[kept - 1], v->s[i]) == 0)
			free(v->s[i]);
		else
			v->s[kept++] = v->s[i];
	}
	v->n = kept;
	return kept;
}

static void random_sets_come_back(void **state)
{
	static const char *const sets[] = { "0129a", "01", "h0123456789.-", NULL };

	(void)state;
	for (int i = 0; i < 6000; i++) {
		VMM_STRV_AUTO names = VMM_STRV_INIT;
		VMM_STRV_AUTO back = VMM_STRV_INIT;
		VMM_BUF_AUTO text = VMM_BUF_INIT;
		struct vmm_err err = { 0 };
		char name[8];

		for (unsigned n = test_random(40); n; n--) {
			test_random_text(name, sizeof(name), sets[i % 4]);
			if (vmm_hostlist_is_name(name))
				vmm_strv_add(&names, name);
		}
		assert_int_equal(vmm_hostlist_fold(&names, &text, &err), 0);
		if (text.len && vmm_hostlist_expand(text.data, &back, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(back.n, sort_unique(&names)); /* none twice */
		sort_unique(&back);
		for (size_t k = 0; k < names.n; k++)
			assert_string_equal(back.s[k], names.s[k]);
	}
}

static void random_text_is_survived(void **state)
{
	char text[24];
	int good = 0;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		VMM_STRV_AUTO v = VMM_STRV_INIT;

		test_random_text(text, sizeof(text), i % 2 ? "h[]-,0129" : "h[1-,2]");
		if (vmm_hostlist_expand(text, &v, NULL) == 0)
			good++;
		for (size_t k = 0; k < v.n; k++)
			assert_true(vmm_hostlist_is_name(v.s[k]));
	}
	assert_true(good > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands),
		cmocka_unit_test(padding_grows),
		cmocka_unit_test(refuses),
		cmocka_unit_test(limits_are_reached),
		cmocka_unit_test(folds),
		cmocka_unit_test(fold_refuses_what_is_no_name),
		cmocka_unit_test(random_sets_come_back),
		cmocka_unit_test(random_text_is_survived),
	};

	return RUN(tests);
}
