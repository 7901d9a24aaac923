/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "pool/internal.h"

/* ---- addresses, spans, definitions ---- */

static void addresses(void **state)
{
	static const char *const same[] = { "0.0.0.1", "255.255.255.255", "fd00::1",
					    "::ffff:1.2.3.4", "52:54:00:ab:cd:ef" };
	static const char *const bad[] = { "",
					   "1",
					   "1.2.3",
					   "1.2.3.256",
					   "01.2.3.4",
					   "1.2.3.4 ",
					   "52:54:00:ab:cd",
					   "52-54-00-ab-cd-ef",
					   "fd00::g",
					   "::1%lo",
					   "52:54:00:ab:cd:eg",
					   "1.2.3.4/8" };
	char text[VMM__ADDR_LEN];
	struct vmm__addr a;

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		assert_true(vmm__addr_parse(same[i], &a));
		vmm__addr_format(a, text);
		assert_string_equal(text, same[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(vmm__addr_parse(bad[i], &a));
	assert_true(vmm__addr_parse("52:54:00:AB:cd:EF", &a));
	assert_int_equal(a.family, VMM__MAC);
	assert_true((uint64_t)a.num == 0x525400abcdef);
}

/* Against a bit for each of 256 numbers. */
static void spans(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct vmm__spans v = { NULL, 0, 0 };
		bool in[256] = { false };

		for (unsigned k = test_random(6); k > 0; k--) {
			unsigned a = test_random(256), b = a + test_random(256 - a);

			assert_int_equal(vmm__spans_add(&v, a, b), 0);
			memset(in + a, true, b - a + 1);
		}
		vmm__spans_sort(&v);
		for (unsigned k = test_random(4); k > 0; k--) {
			unsigned a = test_random(256), b = a + test_random(256 - a);

			assert_int_equal(vmm__spans_take(&v, a, b), 0);
			memset(in + a, false, b - a + 1);
		}
		for (unsigned i = 0; i < 256; i++)
			assert_int_equal(vmm__spans_has(&v, i), in[i]);
		for (size_t i = 0; i + 1 < v.n; i++)
			assert_true(v.s[i].last < v.s[i + 1].first);
		vmm__spans_release(&v);
	}
}

struct definition {
	const char *type, *ranges, *reserved, *prefix, *gateway;
	uint64_t size; /* 0: refused */
	const char *why;
};

static void definitions(void **state)
{
	static const struct definition all[] = {
		{ "", "10.0.0.0/24", "", "", "", 254, NULL },
		{ "ip4", "10.0.0.0/24", "", "", "10.0.0.1", 253, NULL },
		{ "", "10.0.0.10-10.0.0.19", "", "", "", 10, NULL },
		{ "", "10.0.0.10-10.0.0.19,10.0.0.30", "10.0.0.12-10.0.0.13", "24", "10.0.0.1", 9,
		  NULL },
		{ "", "10.0.0.0-10.0.0.3", "", "24", "", 3, NULL },
		{ "", "10.0.0.250-10.0.0.255", "", "24", "", 5, NULL },
		{ "", "10.0.0.0/31", "", "", "", 2, NULL },
		{ "", "10.0.0.7/32", "", "", "", 1, NULL },
		{ "", "10.0.0.0/8", "10.128.0.0/9", "", "", (1u << 23) - 1, NULL },
		{ "", "fd00::/120", "", "", "fe80::1", 255, NULL },
		{ "", "fd00::/64", "", "", "fd00::1", UINT64_MAX - 1, NULL },
		{ "vip", "fd00::10-fd00::1f", "", "", "", 16, NULL },
		{ "mac", "52:54:00:00:00:00-52:54:00:00:00:ff", "52:54:00:00:00:10", "", "", 255,
		  NULL },
		{ "", "", "", "", "", 0, "no range given" },
		{ "ip5", "10.0.0.0/24", "", "", "", 0, "not one of" },
		{ "ip6", "10.0.0.0/24", "", "", "", 0, "an IPv4 address in a pool of type ip6" },
		{ "vip", "52:54:00:00:00:00", "", "", "", 0, "a MAC address in a pool of type vip" },
		{ "", "10.0.0.0/24,fd00::1", "", "", "", 0, "an IPv6 address" },
		{ "", "10.0.0.1/24", "", "", "", 0, "is 10.0.0.0/24 meant" },
		{ "", "10.0.0.0/33", "", "", "", 0, "33 is not from 0 to 32" },
		{ "", "10.0.0.9-10.0.0.1", "", "", "", 0, "its end is before its start" },
		{ "", "10.0.0.1-", "", "", "", 0, "'' is not an address" },
		{ "", "10.0.0.1-fd00::1", "", "", "", 0, "two kinds" },
		{ "", "10.0.0.1-10.0.0.9,10.0.0.5", "", "", "", 0, "overlaps another one" },
		{ "", "127.0.0.0/24", "", "", "", 0, "no interface can have" },
		{ "", "200.0.0.0-240.0.0.0", "", "", "", 0, "no interface can have" },
		{ "", "0.0.0.0/0", "", "", "", 0, "no interface can have" },
		{ "", "ff02::/64", "", "", "", 0, "no interface can have" },
		{ "", "01:00:00:00:00:00", "", "", "", 0, "no interface can have" },
		{ "", "52:ff:ff:ff:ff:ff-54:00:00:00:00:00", "", "", "", 0, "no interface can have" },
		{ "", "10.0.0.0/24,10.0.1.0/24", "", "", "", 0, "not in one network of prefix 24" },
		{ "", "10.0.0.0/24", "", "", "10.0.1.1", 0, "not in the network" },
		{ "", "10.0.0.0/24", "", "", "fd00::1", 0, "not an address of this kind" },
		{ "", "10.0.0.0/24", "10.0.1.1", "", "", 0, "not in the ranges" },
		{ "", "10.0.0.5", "10.0.0.5", "", "", 0, "no address of the ranges is left" },
		{ "mac", "52:54:00:00:00:00", "", "24", "", 0, "not for MAC" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct vmm_table *t = vmm_table_new(NULL);
		struct vmm__def d;
		struct vmm_err err = { .text = "" };
		vmm__num size = 0;
		int rc;

		vmm_table_add(t);
		vmm_table_put(t, 0, "pool", "p");
		vmm_table_put(t, 0, "type", all[i].type);
		vmm_table_put(t, 0, "ranges", all[i].ranges);
		vmm_table_put(t, 0, "reserved", all[i].reserved);
		vmm_table_put(t, 0, "prefix", all[i].prefix);
		vmm_table_put(t, 0, "gateway", all[i].gateway);
		rc = vmm__pooldef_read(t, 0, true, &d, &err);
		if (all[i].why) {
			assert_int_equal(rc, VMM_EINPUT);
			if (!strstr(err.text, all[i].why))
				fail_msg("%s: says '%s'", all[i].ranges, err.text);
		} else {
			if (rc < 0)
				fail_msg("%s: says '%s'", all[i].ranges, err.text);
			for (size_t k = 0; k < d.open.n; k++)
				size += d.open.s[k].last - d.open.s[k].first + 1;
			if (size != all[i].size)
				fail_msg("%s: %llu addresses", all[i].ranges,
					 (unsigned long long)size);
			vmm__pooldef_release(&d);
		}
		vmm_table_free(t);
	}
}

/* ---- leases, against the simplest thing that could be right ---- */

#define SIZE 64 /* addresses 10.0.0.1 on */

struct model {
	struct vmm_store *st;
	struct vmm_pools *p[2]; /* two handles, used in turn: each sees what the other did */
	char path[64];
	char holder[SIZE][8]; /* "": free */
};

static void must(int rc, const struct vmm_err *err)
{
	if (rc < 0)
		fail_msg("%s", err->text);
}

static void start(struct model *m)
{
	struct vmm_table *row = vmm_table_new(NULL);
	struct vmm_err err = { .text = "" };

	memset(m, 0, sizeof(*m));
	snprintf(m->path, sizeof(m->path), "/tmp/vmm-test-pool.XXXXXX");
	assert_non_null(mkdtemp(m->path));
	must(vmm_store_open(m->path, &m->st, &err), &err);
	must(vmm_pools_open(m->st, &m->p[0], &err), &err);
	must(vmm_pools_open(m->st, &m->p[1], &err), &err);
	vmm_table_add(row);
	vmm_table_put(row, 0, "pool", "p");
	vmm_table_put(row, 0, "ranges", "10.0.0.1-10.0.0.64");
	must(vmm_pool_create(m->p[0], row, false, &err), &err);
	vmm_table_free(row);
}

static void end(struct model *m)
{
	static const char *const files[] = { "leases.log", "leases.lock", "pools.tsv", "commit",
					     "lock" };
	char file[128];

	vmm_pools_close(m->p[0]);
	vmm_pools_close(m->p[1]);
	vmm_store_close(m->st);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(file, sizeof(file), "%s/%s", m->path, files[i]);
		unlink(file);
	}
	assert_int_equal(rmdir(m->path), 0);
}

static size_t held(const struct model *m, const char *holder)
{
	size_t n = 0;

	for (size_t i = 0; i < SIZE; i++)
		n += strcmp(m->holder[i], holder) == 0;
	return n;
}

/* What the holder has, lowest first, then the lowest free ones. */
static void model_checkout(struct model *m, const char *holder, size_t want, size_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < SIZE && n < want; i++)
		if (strcmp(m->holder[i], holder) == 0)
			out[n++] = i;
	for (size_t i = 0; i < SIZE && n < want; i++)
		if (!*m->holder[i]) {
			snprintf(m->holder[i], sizeof(m->holder[i]), "%s", holder);
			out[n++] = i;
		}
}

static void checkout(struct model *m, struct vmm_pools *p, const char *holder, unsigned n)
{
	struct vmm_pool_ask ask = { .pool = "p", .holder = holder, .n = n };
	struct vmm_err err = { .text = "" };
	struct vmm_table *rows = NULL;
	size_t want[SIZE], can = held(m, holder) + held(m, "");
	int rc = vmm_pool_checkout(p, &ask, 1, VMM_POOL_ALL, &rows, &err);

	if (n > can) {
		assert_int_equal(rc, VMM_EREFUSED);
		assert_non_null(strstr(err.text, "exhausted"));
		return;
	}
	must(rc, &err);
	model_checkout(m, holder, n, want);
	assert_int_equal(vmm_table_rows(rows), n);
	for (size_t i = 0; i < n; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.0.0.%zu", want[i] + 1);
		assert_string_equal(vmm_table_at(rows, i, "address"), text);
	}
	vmm_table_free(rows);
}

static void checkin(struct model *m, struct vmm_pools *p, const char *holder, bool all)
{
	struct vmm_err err = { .text = "" };
	struct vmm_table *freed = NULL;
	size_t which = test_random(SIZE), n = 0;
	char text[32];
	int rc;

	snprintf(text, sizeof(text), "10.0.0.%zu", which + 1);
	rc = vmm_pool_checkin(p, "p", holder, all ? NULL : text, &freed, &err);
	if (!all && *m->holder[which] && strcmp(m->holder[which], holder) != 0) {
		assert_int_equal(rc, VMM_EREFUSED);
		return;
	}
	must(rc, &err);
	for (size_t i = 0; i < SIZE; i++)
		if ((all || i == which) && strcmp(m->holder[i], holder) == 0) {
			*m->holder[i] = '\0';
			n++;
		}
	assert_int_equal(vmm_table_rows(freed), n);
	vmm_table_free(freed);
}

static void as_the_model(void **state)
{
	struct vmm_err err = { .text = "" };
	struct vmm_table *t;
	struct model m;

	(void)state;
	start(&m);
	for (int round = 0; round < 4000; round++) {
		struct vmm_pools *p = m.p[test_random(2)];
		char holder[8];

		snprintf(holder, sizeof(holder), "h%u", test_random(12));
		if (test_random(5) < 3)
			checkout(&m, p, holder, 1 + test_random(9));
		else
			checkin(&m, p, holder, test_random(2));
	}
	must(vmm_pool_leases(m.p[0], "p", NULL, &t, &err), &err);
	assert_int_equal(vmm_table_rows(t), SIZE - held(&m, ""));
	vmm_table_free(t);
	end(&m);
}

/* Of several asks all are met, or with VMM_POOL_EACH each by itself. */
static void several(void **state)
{
	struct vmm_pool_ask asks[] = { { .pool = "p", .holder = "a", .n = 60 },
				       { .pool = "p", .holder = "b", .n = 5 },
				       { .pool = "p", .holder = "c", .n = 4 } };
	struct vmm_err err = { .text = "" };
	struct vmm_table *t = NULL;
	struct model m;

	(void)state;
	start(&m);
	assert_int_equal(vmm_pool_checkout(m.p[0], asks, 3, VMM_POOL_ALL, &t, &err), VMM_EREFUSED);
	must(vmm_pool_leases(m.p[0], NULL, NULL, &t, &err), &err);
	assert_int_equal(vmm_table_rows(t), 0);
	vmm_table_free(t);
	must(vmm_pool_checkout(m.p[0], asks, 3, VMM_POOL_EACH, &t, &err), &err);
	assert_int_equal(asks[0].code, 0);
	assert_int_equal(asks[1].code, VMM_EREFUSED);
	assert_int_equal(asks[2].code, 0);
	assert_int_equal(vmm_table_rows(t), 65);
	assert_string_equal(vmm_table_at(t, 60, "error"),
			    "pool 'p' is exhausted: 4 of 5 addresses are free");
	assert_string_equal(vmm_table_at(t, 64, "address"), "10.0.0.64");
	vmm_table_free(t);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),   cmocka_unit_test(spans),
		cmocka_unit_test(definitions), cmocka_unit_test(as_the_model),
		cmocka_unit_test(several),
	};

	return RUN(tests);
}
