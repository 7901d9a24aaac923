/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

static char folder[] = "/tmp/test-file.XXXXXX";

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Those in it, the innermost first. */
static void remove_all(const char *const *names)
{
	for (; *names; names++) {
		VMM_BUF_AUTO path = VMM_BUF_INIT;

		vmm_buf_addf(&path, "%s/%s", folder, *names);
		assert_int_equal(remove(path.data), 0);
	}
}

static void folders_get_their_modes(void **state)
{
	static const char *const made[] = { "a/b/c", "a/b", "a", NULL };
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	struct vmm_err err;

	(void)state;
	vmm_buf_addf(&path, "%s/a//b/c/", folder);
	assert_int_equal(vmm_make_folders(path.data, 0750, 0700, &err), 0);
	path.data[path.len - 1] = '\0';
	assert_int_equal(mode_of(path.data), 0700);
	path.data[path.len - 3] = '\0';
	assert_int_equal(mode_of(path.data), 0750);
	/* What is there stays as it is. */
	assert_int_equal(vmm_make_folders(path.data, 0700, 0700, &err), 0);
	assert_int_equal(mode_of(path.data), 0750);
	remove_all(made);
}

static void a_file_is_no_folder(void **state)
{
	static const char *const made[] = { "f", NULL };
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	VMM_BUF_AUTO said = VMM_BUF_INIT;
	struct vmm_err err;
	int fd;

	(void)state;
	vmm_buf_addf(&path, "%s/f", folder);
	fd = open(path.data, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	vmm_buf_adds(&path, "/d");
	vmm_buf_addf(&said, "cannot make '%s': Not a directory", path.data);
	assert_int_equal(vmm_make_folders(path.data, 0700, 0700, &err), VMM_EFAIL);
	assert_string_equal(err.text, said.data);
	remove_all(made);
}

static void all_of_it_is_written(void **state)
{
	static char text[1 << 16], back[sizeof(text) + 1];
	FILE *f = tmpfile();

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)test_random(256);
	assert_int_equal(vmm_write_fd(fileno(f), text, sizeof(text)), 0);
	assert_int_equal(pread(fileno(f), back, sizeof(back), 0), sizeof(text));
	assert_memory_equal(text, back, sizeof(text));
	fclose(f);
	errno = 0;
	assert_int_equal(vmm_write_fd(-1, text, 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(vmm_write_fd(-1, text, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_get_their_modes),
		cmocka_unit_test(a_file_is_no_folder),
		cmocka_unit_test(all_of_it_is_written),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	umask(022);
	failed = RUN(tests);
	return rmdir(folder) < 0 || failed;
}
