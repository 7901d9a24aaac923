/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stage 6: the image on the disk that the rule names. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/clock.h"

/* That of an image of 2.8 TiB, all of it in use. */
#define MAP_MAX ((size_t)64 * 1024 * 1024)
#define EDGE ((uint64_t)1024 * 1024)

static int get_map(struct agent *a, struct vmm_blockmap *m, struct vmm_err *err)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	char sha256[VMM_SHA256_HEX + 1];
	int ret = agent_get(a->http, "/v1/map", MAP_MAX, &text, err);

	if (ret < 0)
		return ret;
	vmm_sha256_hex(text.data, text.len, sha256);
	if (strcmp(sha256, a->job.map_sha256) != 0)
		return vmm_err_set(err, VMM_EFAIL,
				   "the block map that came (%zu bytes) is not the job's", text.len);
	ret = vmm_blockmap_parse(m, "map", text.data, text.len, a->job.image_size, err);
	if (ret == 0 && a->job.image_used && m->used != a->job.image_used)
		ret = vmm_err_set(err, VMM_EFAIL, "the block map is not of this image");
	return ret;
}

/* Around the cache where that works: it would only take memory, and hide what the disk does. */
static int open_disk(const struct agent_disk *d, struct vmm_err *err)
{
	int fd = open(d->path, O_RDWR | O_EXCL | O_CLOEXEC | O_DIRECT);

	if (fd < 0 && errno == EINVAL)
		fd = open(d->path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		vmm_err_set(err, VMM_EREFUSED, "the disk '%s' is in use", d->path);
	else if (fd < 0)
		vmm_err_errno(err, "cannot open '%s'", d->path);
	return fd;
}

/* A disk that is left half written must not look whole, so its old tables go first. */
static int zero_edges(struct agent *a, int fd, struct vmm_err *err)
{
	uint64_t size = a->disk->size, edge = size < 2 * EDGE ? size / 2 : EDGE;
	int ret = agent_zero(a, fd, 0, edge, err);

	if (ret == 0)
		ret = agent_zero(a, fd, size - edge, size, err);
	if (ret == 0 && fsync(fd) < 0)
		ret = vmm_err_errno(err, "cannot write '%s'", a->disk->path);
	return ret;
}

static void log_rate(struct agent *a, const char *what, uint64_t bytes, uint64_t since)
{
	uint64_t ms = vmm_clock_ms() - since;

	agent_log(a, "%s: %llu bytes in %llu.%03llu s", what, (unsigned long long)bytes,
		  (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
}

static int write_image(struct agent *a, int fd, const struct vmm_blockmap *m, struct vmm_err *err)
{
	uint64_t start = vmm_clock_ms();
	int ret = zero_edges(a, fd, err);

	if (ret == 0)
		ret = agent_clean(a, fd, m, err);
	if (ret < 0)
		return ret;
	log_rate(a, "cleaned", a->disk->size, start);
	start = vmm_clock_ms();
	ret = agent_write(a, fd, m, err);
	if (ret < 0)
		return ret;
	log_rate(a, "written", m->used, start);
	start = vmm_clock_ms();
	ret = agent_verify(a, fd, m, err);
	if (ret == 0)
		log_rate(a, "verified", m->used, start);
	return ret;
}

/* The kernel looks for partitions anew; something that is slow to let go of the disk is waited for. */
static void reread_table(int fd)
{
	for (int i = 0; i < 20 && ioctl(fd, BLKRRPART) < 0 && errno == EBUSY; i++)
		vmm_sleep_ms(250);
}

int agent_image(struct agent *a, struct vmm_err *err)
{
	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
	int ret = get_map(a, &m, err), fd;

	if (ret < 0)
		return ret;
	fd = open_disk(a->disk, err);
	if (fd < 0)
		return err->code;
	agent_log(a, "%llu bytes of an image of %llu onto %s", (unsigned long long)m.used,
		  (unsigned long long)m.size, a->disk->path);
	ret = write_image(a, fd, &m, err);
	if (ret == 0)
		agent_progress(a, m.used, m.used);
	reread_table(fd);
	close(fd);
	return ret;
}
