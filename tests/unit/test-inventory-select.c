/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Selectors and conditions: which host, which VM is meant. */
#include "readable.h"

#include <stdlib.h>

#include "inventory/inventory.h"

#define U "00000000-0000-0000-0000-00000000000"

static const char hosts_text[] = "h1 lab\n"
				 "h2 lab\n"
				 "h3 prod\n"
				 "h10 -\n";
static const char vms_text[] = U "1 h1 web normal\n" U "2 h2 web stop\n" U "3 h2 db normal\n" U
				 "4 h3 a%62 normal\n" U "5 h3 ab normal\n" U "6 h3 c\\d paused\n" U
				 "7 h9 lost unknown\n" U "8 h1 " U "a normal\n" U "9 h2 " U
				 "3 normal\n" U "a h3 many normal\n" U "b h3 x/y normal\n";

static struct vmm_inventory load(const char *vms)
{
	return (struct vmm_inventory){ readable_parse("name group", hosts_text),
				       readable_parse("uuid host name state", vms) };
}

/* ---- one VM ---- */

struct find_case {
	const char *selector;
	int code;
	const char *answer; /* the uuid's last digit, or the error */
};

static const struct find_case find_cases[] = {
	{ "db", 0, "3" },
	{ "h1/web", 0, "1" },
	{ "h2/web", 0, "2" },
	{ "h3/web", VMM_ENOTFOUND, "no VM 'h3/web' is known" },
	{ "/web", VMM_ENOTFOUND, "no VM '/web' is known" },
	{ "h1/", VMM_ENOTFOUND, "no VM 'h1/' is known" },
	{ "h1/web/x", VMM_ENOTFOUND, "no VM 'h1/web/x' is known" },
	{ "x/y", 0, "b" },
	{ "h3/x/y", 0, "b" },
	{ "x%2Fy", 0, "b" },
	{ "", VMM_ENOTFOUND, "no VM '' is known" },
	{ "DB", VMM_ENOTFOUND, "no VM 'DB' is known" },
	{ "lost", 0, "7" },
	{ "web", VMM_EREFUSED, "VM 'web' is ambiguous: h1/web (" U "1), h2/web (" U "2)" },

	/* as it stands, and as a terminal shows it */
	{ "c\\d", 0, "6" },
	{ "c%5cd", 0, "6" },
	{ "h3/c%5Cd", 0, "6" },
	{ "%64b", 0, "3" },
	{ "%zz", VMM_ENOTFOUND, "no VM '%zz' is known" },
	{ "a%2562", 0, "4" },
	{ "ab", 0, "5" },
	{ "a%62", VMM_EREFUSED, "VM 'a%62' is ambiguous: h3/a%2562 (" U "4), h3/ab (" U "5)" },

	/* by uuid, also when another VM is called like it */
	{ U "1", 0, "1" },
	{ U "A", 0, "a" },
	{ U "a", 0, "a" },
	{ U "3", 0, "3" },
	{ "h1/" U "a", 0, "8" },
	{ "h2/" U "3", 0, "9" },
	{ U "c", VMM_ENOTFOUND, "no VM '" U "c' is known" },
};

static void find_vm(void **state)
{
	const struct find_case *c = *state;
	VMM_INVENTORY_AUTO inv = load(vms_text);
	struct vmm_err err = { .text = "" };
	size_t row = 99;
	int rc = vmm_inventory_find_vm(&inv, c->selector, &row, &err);

	assert_string_equal(rc == 0 ? vmm_table_at(inv.vms, row, "uuid") + strlen(U) : err.text,
			    c->answer);
	assert_int_equal(rc, c->code);
	assert_true(rc == 0 || row == 99);
}

static void find_vm_shows_five(void **state)
{
	VMM_INVENTORY_AUTO inv = load("u1 h1 x -\nu2 h1 x -\nu3 h1 x -\nu4 h1 x -\n"
				      "u5 h1 x -\nu6 h1 x -\nu7 h1 x -\n");
	struct vmm_err err;
	size_t row;

	(void)state;
	assert_int_equal(vmm_inventory_find_vm(&inv, "x", &row, &err), VMM_EREFUSED);
	assert_string_equal(err.text, "VM 'x' is ambiguous: h1/x (u1), h1/x (u2), h1/x (u3), "
				      "h1/x (u4), h1/x (u5) and 2 more");
}

/* ---- hosts ---- */

struct hosts_case {
	const char *operands; /* parted by blanks */
	int code;
	const char *answer; /* names parted by blanks, or the error */
};

static const struct hosts_case hosts_cases[] = {
	{ "", 0, "h1 h2 h3 h10" },
	{ "h2", 0, "h2" },
	{ "h3 h1 h3", 0, "h1 h3" },
	{ "h[1-3]", 0, "h1 h2 h3" },
	{ "h1,h10", 0, "h1 h10" },
	{ "@lab", 0, "h1 h2" },
	{ "@prod h10", 0, "h3 h10" },
	{ "h4", VMM_ENOTFOUND, "no host 'h4' is declared" },
	{ "h[1-4]", VMM_ENOTFOUND, "no host 'h4' is declared" },
	{ "@none", VMM_ENOTFOUND, "no host is in group 'none'" },
	{ "@", VMM_EINPUT, "'@' without the name of a group" },
};

static void check_hosts(const struct vmm_inventory *inv, const struct hosts_case *c)
{
	VMM_STRV_AUTO operands = readable_words(c->operands);
	VMM_BUF_AUTO names = VMM_BUF_INIT;
	struct vmm_err err;
	size_t rows[4], n = 99;
	int rc = vmm_inventory_hosts(inv, &operands, rows, &n, &err);

	assert_int_equal(rc, c->code);
	for (size_t i = 0; rc == 0 && i < n; i++)
		vmm_buf_addf(&names, "%s%s", i > 0 ? " " : "",
			     vmm_table_at(inv->hosts, rows[i], "name"));
	assert_string_equal(rc == 0 ? names.data : err.text, c->answer);
}

static void hosts(void **state)
{
	VMM_INVENTORY_AUTO inv = load("");

	(void)state;
	for (size_t i = 0; i < sizeof(hosts_cases) / sizeof(*hosts_cases); i++)
		check_hosts(&inv, &hosts_cases[i]);
}

static void one_host(void **state)
{
	VMM_INVENTORY_AUTO inv = load("");

	(void)state;
	/* These are not in the order of bytes. */
	assert_int_equal(vmm_inventory_host(&inv, "h1"), 0);
	assert_int_equal(vmm_inventory_host(&inv, "h10"), 3);
	assert_int_equal(vmm_inventory_host(&inv, "h11"), -1);
	assert_int_equal(vmm_inventory_host(&inv, ""), -1);
}

/* ---- conditions ---- */

struct match_case {
	const char *hosts, *groups, *states, *names;
	const char *answer; /* the uuids' last digits */
};

static const struct match_case match_cases[] = {
	{ "", "", "", "", "123456789ab" },
	{ "h2", "", "", "", "239" },
	{ "h1 h9", "", "", "", "178" },
	{ "", "lab", "", "", "12389" },
	{ "", "lab prod", "stop paused", "", "26" },
	{ "", "", "unknown", "", "7" },
	{ "", "", "", "web", "12" },
	{ "", "", "", "w* d?", "123" },
	{ "", "", "", "c%5c*", "6" },
	{ "h1", "prod", "", "", "" },
};

static void check_match(const struct vmm_inventory *inv, const struct match_case *c)
{
	VMM_STRV_AUTO in_hosts = readable_words(c->hosts);
	VMM_STRV_AUTO groups = readable_words(c->groups);
	VMM_STRV_AUTO states = readable_words(c->states);
	VMM_STRV_AUTO names = readable_words(c->names);
	struct vmm_vm_filter filter = { &in_hosts, &groups, &states, &names };
	VMM_BUF_AUTO found = VMM_BUF_INIT;

	for (size_t r = 0; r < vmm_table_rows(inv->vms); r++)
		if (vmm_inventory_match(inv, r, &filter))
			vmm_buf_adds(&found, vmm_table_at(inv->vms, r, "uuid") + strlen(U));
	assert_string_equal(found.data, c->answer);
}

static void match(void **state)
{
	const struct vmm_vm_filter any = { NULL, NULL, NULL, NULL };
	VMM_INVENTORY_AUTO inv = load(vms_text);

	(void)state;
	for (size_t i = 0; i < sizeof(match_cases) / sizeof(*match_cases); i++)
		check_match(&inv, &match_cases[i]);
	assert_true(vmm_inventory_match(&inv, 6, &any));
}

static void group(void **state)
{
	VMM_INVENTORY_AUTO inv = load(vms_text);

	(void)state;
	assert_string_equal(vmm_inventory_group(&inv, 0), "lab");
	assert_string_equal(vmm_inventory_group(&inv, 3), "prod");
	assert_string_equal(vmm_inventory_group(&inv, 6), "");
}

static void names(void **state)
{
	static const char *const good[] = { "h1", "a.b-c_d", "_x", "9" };
	static const char *const bad[][2] = {
		{ "", "group is empty" },
		{ "-a", "group '-a' begins with '-'" },
		{ ".a", "group '.a' begins with '.'" },
		{ "a b", "group 'a b' has something else than letters, digits, '.', '_', '-'" },
		{ "a/b", "group 'a/b' has something else than letters, digits, '.', '_', '-'" },
		{ "\xc3\xa4", "group '\xc3\xa4' has something else than letters, digits, '.', "
			      "'_', '-'" },
	};
	char longest[255];
	struct vmm_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(vmm_name_check("group", good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(vmm_name_check("group", bad[i][0], &err), VMM_EINPUT);
		assert_string_equal(err.text, bad[i][1]);
	}
	memset(longest, 'a', 254);
	longest[254] = '\0';
	assert_int_equal(vmm_name_check("group", longest, &err), VMM_EINPUT);
	assert_int_equal(vmm_name_check("group", longest + 1, &err), 0);
}

#define N_FIND (sizeof(find_cases) / sizeof(*find_cases))

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(find_vm_shows_five),
		cmocka_unit_test(hosts),
		cmocka_unit_test(one_host),
		cmocka_unit_test(match),
		cmocka_unit_test(group),
		cmocka_unit_test(names),
	};
	struct CMUnitTest tests[N_FIND + sizeof(others) / sizeof(*others)];

	for (size_t i = 0; i < N_FIND; i++)
		tests[i] = (struct CMUnitTest){ .name = find_cases[i].selector,
						.test_func = find_vm,
						.initial_state = (void *)(uintptr_t)&find_cases[i] };
	memcpy(tests + N_FIND, others, sizeof(others));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
