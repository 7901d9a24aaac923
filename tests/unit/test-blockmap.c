/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "deploy/blocks.h"

#define HASH "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"
#define HEAD "offset\tlength\tstored\tsha256\n"
#define MIB ((uint64_t)1024 * 1024)

static int file(uint64_t size)
{
	int fd = memfd_create("image", 0);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void put(int fd, uint64_t at, char byte, size_t n)
{
	char *bytes = malloc(n);

	memset(bytes, byte, n);
	assert_int_equal(pwrite(fd, bytes, n, (off_t)at), n);
	free(bytes);
}

static void make(struct vmm_blockmap *m, int image, int data)
{
	struct vmm_err err = { 0 };

	if (vmm_blockmap_make(m, image, "image", data, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* What is stored of a range, as it is on the disk. */
static void unpack(const struct vmm_range *r, int data, uint64_t from, char *out)
{
	char *stored = malloc(r->stored);

	assert_int_equal(pread(data, stored, r->stored, (off_t)from), r->stored);
	if (r->stored < r->length)
		assert_int_equal(ZSTD_decompress(out, r->length, stored, r->stored), r->length);
	else
		memcpy(out, stored, r->length);
	free(stored);
}

/* Puts an image together again from its map and data, and compares every byte. */
static void assert_same_image(const struct vmm_blockmap *m, int image, int data)
{
	char *is = calloc(1, m->size), *should = malloc(m->size);
	uint64_t from = 0;

	assert_int_equal(pread(image, should, m->size, 0), m->size);
	for (size_t i = 0; i < m->n; i++) {
		const struct vmm_range *r = &m->ranges[i];

		assert_in_range(r->stored, 1, r->length);
		unpack(r, data, from, is + r->offset);
		assert_true(vmm_range_holds(r, is + r->offset));
		from += r->stored;
	}
	assert_int_equal(from, m->stored);
	assert_int_equal(lseek(data, 0, SEEK_END), from);
	assert_memory_equal(is, should, m->size);
	free(is);
	free(should);
}

static void holes_and_zeros_are_not_in_use(void **state)
{
	int image = file(16 * MIB), data = file(0);
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;

	(void)state;
	put(image, 0, 1, 10);                           /* part of a block */
	put(image, 8192, 0, 8192);                      /* written zeros */
	put(image, 3 * MIB, 2, 5 * MIB);                /* longer than a range */
	put(image, 16 * MIB - VMM_BLOCK, 3, VMM_BLOCK); /* the end */
	make(&m, image, data);
	assert_int_equal(m.n, 4);
	assert_int_equal(m.ranges[0].length, VMM_BLOCK);
	assert_int_equal(m.ranges[1].offset, 3 * MIB);
	assert_int_equal(m.ranges[1].length, 4 * MIB);
	assert_int_equal(m.ranges[2].length, MIB);
	assert_int_equal(m.used, 5 * MIB + 2 * VMM_BLOCK);
	assert_same_image(&m, image, data);
	close(image);
	close(data);
}

static void an_image_of_zeros(void **state)
{
	int image = file(MIB), data = file(0);
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;

	(void)state;
	make(&m, image, data);
	assert_int_equal(m.n, 0);
	assert_int_equal(m.size, MIB);
	close(image);
	close(data);
}

static void images_that_are_none(void **state)
{
	static const uint64_t sizes[] = { 0, 511, 4097 };
	struct vmm_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		int image = file(sizes[i]);
		VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;

		assert_int_equal(vmm_blockmap_make(&m, image, "x", image, NULL, NULL, &err),
				 VMM_EINPUT);
		assert_non_null(strstr(err.text, "'x' is no disk image"));
		close(image);
	}
}

/* Blocks at random, some of them zeros; sizes that are not of whole blocks. */
static void any_image_comes_back(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		uint64_t size = 512 * (uint64_t)(1 + test_random(40000));
		int image = file(size), data = file(0);
		VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
		VMM_BLOCKMAP_AUTO again = VMM_BLOCKMAP_INIT;
		VMM_BUF_AUTO text = VMM_BUF_INIT;

		for (unsigned i = test_random(60); i; i--) {
			uint64_t at = test_random((unsigned)size);
			uint64_t n = 1 + test_random(i % 7 ? 9000 : 6000000);

			put(image, at, (char)test_random(3), n < size - at ? n : size - at);
		}
		make(&m, image, data);
		assert_same_image(&m, image, data);
		vmm_blockmap_format(&text, &m);
		assert_int_equal(vmm_blockmap_parse(&again, "m", text.data, text.len, size, NULL), 0);
		assert_int_equal(again.n, m.n);
		assert_int_equal(again.used, m.used);
		assert_int_equal(again.stored, m.stored);
		for (size_t i = 0; i < m.n; i++)
			assert_memory_equal(&again.ranges[i], &m.ranges[i], sizeof(*m.ranges));
		close(image);
		close(data);
	}
}

static void maps_that_break_a_rule(void **state)
{
	static const char *const bad[][2] = {
		{ "", "m:1: no line feed" },
		{ "offset\tlength\n", "m:1: not a block map's header" },
		{ "<html>error 500</html>\n", "m:1: not a block map's header" },
		{ HEAD "0\t4096\t4096\t" HASH, "m:2: no line feed" },
		{ HEAD "0\t4096\n", "m:2: not an offset" },
		{ HEAD "\n", "m:2: not an offset" },
		{ HEAD "0\t4096\t4096\t" HASH "0\n", "m:2: not a sha256" },
		{ HEAD "0\t4096\t4096\tAD" HASH "\n", "m:2: not a sha256" },
		{ HEAD "-1\t4096\t4096\t" HASH "\n", "m:2: offset" },
		{ HEAD "0\t0\t0\t" HASH "\n", "m:2: length" },
		{ HEAD "0\t4198400\t4198400\t" HASH "\n", "m:2: length" },
		{ HEAD "0\t4096\t0\t" HASH "\n", "m:2: stored" },
		{ HEAD "0\t4096\t4097\t" HASH "\n", "m:2: stored" },
		{ HEAD "1\t4096\t4096\t" HASH "\n", "m:2: not of whole blocks" },
		{ HEAD "0\t512\t512\t" HASH "\n", "m:2: not of whole blocks" },
		{ HEAD "12288\t4096\t4096\t" HASH "\n", "m:2: offset" },
		{ HEAD "8192\t4096\t4096\t" HASH "\n", "m:2: beyond the image's end" },
		{ HEAD "0\t4096\t4096\t" HASH "\n0\t4096\t4096\t" HASH "\n", "m:3: not behind" },
		{ HEAD "4096\t4096\t4096\t" HASH "\n0\t4096\t4096\t" HASH "\n", "m:3: not behind" },
		{ HEAD "0\t8192\t8192\t" HASH "\n4096\t4096\t4096\t" HASH "\n", "m:3: not behind" },
		{ HEAD "18446744073709551615\t4096\t4096\t" HASH "\n", "m:2: offset" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
		struct vmm_err err = { 0 };

		assert_int_equal(vmm_blockmap_parse(&m, "m", bad[i][0], strlen(bad[i][0]), 8704, &err),
				 VMM_EINPUT);
		if (strncmp(err.text, bad[i][1], strlen(bad[i][1])) != 0)
			fail_msg("'%s' where '%s' was expected", err.text, bad[i][1]);
		assert_int_equal(m.n, 0);
	}
}

static void the_last_range_may_end_with_the_image(void **state)
{
	static const char text[] = HEAD "0\t4096\t4096\t" HASH "\n8192\t512\t512\t" HASH "\n";
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;

	(void)state;
	assert_int_equal(vmm_blockmap_parse(&m, "m", text, sizeof(text) - 1, 8704, NULL), 0);
	assert_int_equal(m.used, 4608);
}

static void a_flipped_bit_shows(void **state)
{
	int image = file(MIB), data = file(0);
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
	char bytes[VMM_BLOCK];

	(void)state;
	put(image, 4096, 5, VMM_BLOCK);
	make(&m, image, data);
	unpack(&m.ranges[0], data, 0, bytes);
	assert_true(vmm_range_holds(&m.ranges[0], bytes));
	bytes[4095] ^= 1;
	assert_false(vmm_range_holds(&m.ranges[0], bytes));
	close(image);
	close(data);
}

static void a_hash_is_that_of_the_bytes(void **state)
{
	static const char zeros[VMM_BLOCK];
	struct vmm_range r = { .length = VMM_BLOCK, .stored = VMM_BLOCK };
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	(void)state;
	vmm_range_hash(&r, zeros);
	assert_int_equal(vmm_blockmap_add(&m, &r), 0);
	vmm_blockmap_format(&text, &m);
	assert_string_equal(text.data, HEAD "0\t4096\t4096\t" HASH "\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holes_and_zeros_are_not_in_use),
		cmocka_unit_test(an_image_of_zeros),
		cmocka_unit_test(images_that_are_none),
		cmocka_unit_test(any_image_comes_back),
		cmocka_unit_test(maps_that_break_a_rule),
		cmocka_unit_test(the_last_range_may_end_with_the_image),
		cmocka_unit_test(a_flipped_bit_shows),
		cmocka_unit_test(a_hash_is_that_of_the_bytes),
	};

	return RUN(tests);
}
