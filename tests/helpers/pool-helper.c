/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Address pools from a shell, for tests and tests/bench: what one process does that lives long.
 *
 *	pool-helper checkout STATE POOL N	N times one address, each for another holder: prints them
 *	pool-helper append FILE N		N times a record like that, by write() and fdatasync()
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "pool/pool.h"

static int checkout(struct vmm_pools *p, const char *pool, uint64_t i, struct vmm_err *err)
{
	char holder[48];
	struct vmm_pool_ask ask = { .pool = pool, .holder = holder };
	VMM_TABLE_AUTO *rows = NULL;
	int rc;

	snprintf(holder, sizeof(holder), "%ld-%" PRIu64, (long)getpid(), i);
	rc = vmm_pool_checkout(p, &ask, 1, VMM_POOL_ALL, &rows, err);
	if (rc == 0)
		puts(vmm_table_at(rows, 0, "address"));
	return rc;
}

static int do_checkout(const char *state, const char *pool, uint64_t n, struct vmm_err *err)
{
	struct vmm_store *st;
	struct vmm_pools *p = NULL;
	int rc = vmm_store_open(state, &st, err);

	if (rc < 0)
		return rc;
	rc = vmm_pools_open(st, &p, err);
	for (uint64_t i = 0; i < n && rc == 0; i++)
		rc = checkout(p, pool, i, err);
	vmm_pools_close(p);
	vmm_store_close(st);
	return rc;
}

static int do_append(const char *file, uint64_t n, struct vmm_err *err)
{
	static const char line[] = "set\tbig\t10.0.10.10\t12345-1000\t2026-01-01T00:00:00Z\t\t\n";
	int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	int rc = fd < 0 ? VMM_EFAIL : 0;

	for (uint64_t i = 0; i < n && rc == 0; i++)
		if (write(fd, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1 ||
		    fdatasync(fd) < 0)
			rc = VMM_EFAIL;
	if (rc < 0)
		vmm_err_errno(err, "cannot write '%s'", file);
	if (fd >= 0)
		close(fd);
	return rc;
}

int main(int argc, char **argv)
{
	struct vmm_err err = { .text = "" };
	uint64_t n = 0;
	int rc = VMM_EINPUT;

	if (argc > 3 && vmm_num_u64("N", argv[argc - 1], 0, INT32_MAX, &n, &err) < 0)
		argc = 0;
	if (argc == 5 && strcmp(argv[1], "checkout") == 0)
		rc = do_checkout(argv[2], argv[3], n, &err);
	else if (argc == 4 && strcmp(argv[1], "append") == 0)
		rc = do_append(argv[2], n, &err);
	if (rc < 0)
		fprintf(stderr, "pool-helper: %s\n", err.text);
	return vmm_err_exit(rc);
}
