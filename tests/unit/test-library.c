/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library as other parts of the project use it. What is taken and refused is in tests/cli/imglib.t. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library/library.h"

struct world {
	char dir[32];
	struct vmm_store *st;
	struct vmm_err err;
};

static int setup(void **state)
{
	static struct world w;

	w = (struct world){ .dir = "/tmp/vmm-unit.XXXXXX" };
	unsetenv("VMM_LIBRARY");
	if (!mkdtemp(w.dir))
		return -1;
	setenv("VMM_CONF", w.dir, 1);
	*state = &w;
	return vmm_store_open(w.dir, &w.st, &w.err);
}

static int teardown(void **state)
{
	static const char *const files[] = { "library/sha256", "library/lock", "library",
					     "images.tsv",     "vms.tsv",      "commit",
					     "journal.tsv",    "lock",         "owners" };
	struct world *w = *state;
	VMM_TABLE_AUTO *t = NULL;
	char path[200];

	if (vmm_images_read(w->st, &t, NULL) == 0)
		for (size_t r = 0; r < vmm_table_rows(t); r++)
			unlink(vmm_table_at(t, r, "path"));
	vmm_store_close(w->st);
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->dir, files[i]);
		remove(path);
	}
	return rmdir(w->dir);
}

/* Content that is nothing but this text. */
static int add(struct world *w, const char *spec, const char *text, struct vmm_image *out)
{
	struct vmm_image_source src = { .spec = spec, .kind = "script" };
	int fds[2], ret;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
	close(fds[1]);
	src.fd = fds[0];
	ret = vmm_image_add(w->st, &src, out, &w->err);
	close(fds[0]);
	return ret;
}

static void add_ok(struct world *w, const char *spec, const char *text)
{
	struct vmm_image img = VMM_IMAGE_INIT;

	assert_int_equal(add(w, spec, text, &img), 0);
	vmm_image_release(&img);
}

static void is_version(struct world *w, const char *spec, const char *version)
{
	struct vmm_image img = VMM_IMAGE_INIT;

	assert_int_equal(vmm_image_find(w->st, spec, &img, &w->err), 0);
	assert_string_equal(img.version, version);
	vmm_image_release(&img);
}

static void what_is_added_is_found(void **state)
{
	struct world *w = *state;
	struct vmm_image img = VMM_IMAGE_INIT, found = VMM_IMAGE_INIT;
	char text[8] = "";
	int fd;

	assert_int_equal(add(w, "hello", "abc", &img), 0);
	/* The example of the standard. */
	assert_string_equal(img.sha256,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(vmm_image_find(w->st, "hello", &found, &w->err), 0);
	assert_string_equal(found.name, "hello");
	assert_string_equal(found.version, "1");
	assert_string_equal(found.kind, "script");
	assert_string_equal(found.format, "file");
	assert_string_equal(found.path, img.path);
	assert_string_equal(found.added, img.added);
	assert_int_equal(found.size, 3);
	assert_int_equal(found.virtual_size, 3);
	assert_int_equal(vmm_image_open(&found, &fd, &w->err), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	close(fd);
	vmm_image_release(&img);
	vmm_image_release(&found);
	assert_int_equal(vmm_image_find(w->st, "nobody", &found, &w->err), VMM_ENOTFOUND);
	assert_int_equal(vmm_image_find(w->st, "hello:2", &found, &w->err), VMM_ENOTFOUND);
	assert_int_equal(vmm_image_find(w->st, "../hello", &found, &w->err), VMM_EINPUT);
}

static void the_latest_has_the_highest_number(void **state)
{
	struct world *w = *state;

	add_ok(w, "n:9", "nine");
	add_ok(w, "n:12", "twelve");
	add_ok(w, "n:10", "ten");
	is_version(w, "n", "12");
	is_version(w, "n:9", "9");
	add_ok(w, "n", "more");
	is_version(w, "n", "13");
	add_ok(w, "n:13.1", "dot");
	is_version(w, "n", "13.1");
}

static void damage_is_seen(void **state)
{
	struct world *w = *state;
	struct vmm_image img = VMM_IMAGE_INIT;
	int fd;

	assert_int_equal(add(w, "hello", "abc", &img), 0);
	assert_int_equal(vmm_image_verify(&img, NULL, NULL, &w->err), 0);
	assert_int_equal(chmod(img.path, 0600), 0);
	fd = open(img.path, O_WRONLY);
	assert_int_equal(pwrite(fd, "B", 1, 1), 1);
	assert_int_equal(vmm_image_verify(&img, NULL, NULL, &w->err), VMM_EFAIL);
	assert_int_equal(ftruncate(fd, 2), 0);
	close(fd);
	assert_int_equal(vmm_image_open(&img, &fd, &w->err), VMM_EFAIL);
	assert_string_equal(w->err.text, "the content of 'hello:1' has 2 bytes instead of 3");
	unlink(img.path);
	assert_int_equal(vmm_image_open(&img, &fd, &w->err), VMM_EFAIL);
	assert_string_equal(w->err.text, "the content of 'hello:1' is missing");
	vmm_image_release(&img);
}

struct sent {
	uint64_t data, holes;
};

static int count_data(void *arg, const char *bytes, size_t n, struct vmm_err *err)
{
	(void)bytes;
	(void)err;
	((struct sent *)arg)->data += n;
	return 0;
}

static int count_hole(void *arg, uint64_t n, struct vmm_err *err)
{
	(void)err;
	((struct sent *)arg)->holes += n;
	return 0;
}

/* 100 GiB of zeros to hash would take minutes. */
static void holes_cost_nothing_when_sent(void **state)
{
	const uint64_t size = ((uint64_t)100 << 30) + 700;
	struct world *w = *state;
	char path[] = "/tmp/vmm-unit-sparse.XXXXXX", name[] = "big", version[] = "1";
	int fd = mkstemp(path);
	struct vmm_image img = {
		.name = name,
		.version = version,
		.path = path,
		.size = size,
		.data_sha256 = "8a4a77ea34b846b469d78f0874f4a5a3edae064d68c1a57364e7feaccf6d6bd9",
	};
	struct sent sent = { 0, 0 };
	struct vmm_image_sink sink = { count_data, count_hole, &sent };

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(pwrite(fd, "x", 1, 5 << 20), 1);
	assert_int_equal(pwrite(fd, "end", 3, (off_t)size - 3), 3);
	assert_int_equal(vmm_image_send(&img, &sink, NULL, NULL, &w->err), 0);
	assert_int_equal(sent.data + sent.holes, size);
	assert_true(sent.data < 1 << 20);

	/* The same data in another place, none, and other data are damage. */
	assert_int_equal(pwrite(fd, "\0", 1, 5 << 20), 1);
	assert_int_equal(vmm_image_send(&img, &sink, NULL, NULL, &w->err), VMM_EFAIL);
	assert_int_equal(pwrite(fd, "x", 1, 6 << 20), 1);
	assert_int_equal(vmm_image_send(&img, &sink, NULL, NULL, &w->err), VMM_EFAIL);
	assert_int_equal(pwrite(fd, "\0", 1, 6 << 20), 1);
	assert_int_equal(pwrite(fd, "y", 1, 5 << 20), 1);
	assert_int_equal(vmm_image_send(&img, &sink, NULL, NULL, &w->err), VMM_EFAIL);
	assert_int_equal(pwrite(fd, "x", 1, 5 << 20), 1);
	assert_int_equal(vmm_image_send(&img, &sink, NULL, NULL, &w->err), 0);
	close(fd);
	unlink(path);
}

/* As provisioning does it: an intent first, then the VM's row. */
static void work_under_way_keeps_it(void **state)
{
	struct world *w = *state;
	struct vmm_image img = VMM_IMAGE_INIT, gone = VMM_IMAGE_INIT;
	char detail[100];
	uint64_t id;

	assert_int_equal(add(w, "hello", "abc", &img), 0);
	snprintf(detail, sizeof(detail), "image=%s host=h1", img.sha256);
	assert_int_equal(vmm_intent_begin(w->st, "create", "vm1", detail, &id, &w->err), 0);
	assert_int_equal(vmm_image_rm(w->st, "hello", false, &gone, &w->err), VMM_EREFUSED);
	assert_string_equal(w->err.text, "cannot remove 'hello': in use by create 'vm1'");
	assert_int_equal(vmm_intent_end(w->st, id, "done", &w->err), 0);
	assert_int_equal(vmm_image_rm(w->st, "hello", false, &gone, &w->err), 0);
	assert_string_equal(gone.sha256, img.sha256);
	assert_int_equal(access(img.path, F_OK), -1);
	vmm_image_release(&img);
	vmm_image_release(&gone);
}

static void another_name_keeps_the_content(void **state)
{
	struct world *w = *state;
	struct vmm_image img = VMM_IMAGE_INIT, gone = VMM_IMAGE_INIT;
	struct vmm_strv users = VMM_STRV_INIT;
	char detail[100];
	uint64_t id;

	assert_int_equal(add(w, "one", "abc", &img), 0);
	add_ok(w, "two", "abc");
	snprintf(detail, sizeof(detail), "%s", img.sha256);
	/* Who has the content keeps neither name, as long as there is another. */
	assert_int_equal(vmm_intent_begin(w->st, "create", "vm1", detail, &id, &w->err), 0);
	assert_int_equal(vmm_image_users(w->st, &img, &users, &w->err), 0);
	assert_int_equal(users.n, 0);
	assert_int_equal(vmm_image_rm(w->st, "one", false, &gone, &w->err), 0);
	vmm_image_release(&gone);
	assert_int_equal(access(img.path, F_OK), 0);
	assert_int_equal(vmm_image_rm(w->st, "two", false, &gone, &w->err), VMM_EREFUSED);
	vmm_image_release(&img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_added_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(the_latest_has_the_highest_number, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(holes_cost_nothing_when_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(work_under_way_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(another_name_keeps_the_content, setup, teardown),
	};

	return RUN(tests);
}
