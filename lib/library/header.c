/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The headers of images, as far as they can name other files. This comes before qemu-img, of which
 * some versions open what an image names though they are only asked what it is.
 */
#include <endian.h>

#include "library/internal.h"

#define DESCRIPTOR_MAX ((size_t)64 * 1024)

static uint64_t be64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static uint32_t be32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static uint64_t le64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static int cut_off(struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EREFUSED, "its header is cut off");
}

/* ---- qcow2: all numbers big-endian ---- */

#define QCOW2_BACKING 8
#define QCOW2_CRYPT 32
#define QCOW2_INCOMPATIBLE 72
#define QCOW2_CORRUPT 2
#define QCOW2_DATA_FILE 4

static int check_qcow2(int fd, struct vmm_err *err)
{
	unsigned char h[104] = { 0 };
	size_t n = sizeof(h);

	if (vmm__read_at(fd, 0, h, 72) < 0)
		return cut_off(err);
	if (be32(h + 4) >= 3 && vmm__read_at(fd, 72, h + 72, n - 72) < 0)
		return cut_off(err);
	if (be64(h + QCOW2_BACKING))
		return vmm_err_set(err, VMM_EREFUSED, "it has a backing file");
	if (be64(h + QCOW2_INCOMPATIBLE) & QCOW2_DATA_FILE)
		return vmm_err_set(err, VMM_EREFUSED, "it has an external data file");
	if (be64(h + QCOW2_INCOMPATIBLE) & QCOW2_CORRUPT)
		return vmm_err_set(err, VMM_EREFUSED, "it is marked as corrupt");
	if (be32(h + QCOW2_CRYPT))
		return vmm_err_set(err, VMM_EREFUSED, "it is encrypted");
	return 0;
}

/* ---- vmdk: numbers little-endian; what it is made of stands in a text inside ---- */

#define VMDK_CAPACITY 12
#define VMDK_DESCRIPTOR 28 /* where, how long: in sectors */
/* There QEMU and libvirt look for a backing file, whatever the header says. */
#define VMDK_USUAL 1

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strcasestr(text, word))) {
		text += strlen(word);
		n++;
	}
	return n;
}

static size_t count_lines(const char *text, const char *word)
{
	size_t n = 0, len = strlen(word);

	while (text) {
		text += strspn(text, "\r\n");
		n += strncasecmp(text, word, len) == 0;
		text = strpbrk(text, "\r\n");
	}
	return n;
}

static int check_descriptor(const char *text, struct vmm_err *err)
{
	size_t extents = count_lines(text, "RW ") + count_lines(text, "RDONLY ") +
			 count_lines(text, "NOACCESS ");
	size_t single = count_lines(text, "createType=\"monolithicSparse\"") +
			count_lines(text, "createType=\"streamOptimized\"");

	if (single != 1 || extents > 1)
		return vmm_err_set(err, VMM_EREFUSED, "it is one of several files");
	/* Those who open it find these words in the middle of a line too. */
	if (count(text, "parentFileNameHint") || count(text, "parentCID=") != 1 ||
	    count(text, "parentCID=ffffffff") != 1)
		return vmm_err_set(err, VMM_EREFUSED, "it has a backing file");
	return 0;
}

static int check_vmdk(int fd, struct vmm_err *err)
{
	char text[DESCRIPTOR_MAX + 1];
	unsigned char h[64];
	uint64_t at, n;

	if (vmm__read_at(fd, 0, h, sizeof(h)) < 0)
		return cut_off(err);
	at = le64(h + VMDK_DESCRIPTOR);
	n = le64(h + VMDK_DESCRIPTOR + 8);
	if (le64(h + VMDK_CAPACITY) == 0 || at == 0 || n == 0)
		return vmm_err_set(err, VMM_EREFUSED, "it is one of several files");
	if (at != VMDK_USUAL)
		return vmm_err_set(err, VMM_EREFUSED, "its descriptor is not where it should be");
	if (n > DESCRIPTOR_MAX / 512 || vmm__read_at(fd, at * 512, text, (size_t)n * 512) < 0)
		return cut_off(err);
	text[n * 512] = '\0';
	return check_descriptor(text, err);
}

/* ---- vpc: big-endian; of a fixed one the header is at its end ---- */

#define VPC_TYPE 60
enum { VPC_FIXED = 2, VPC_DYNAMIC = 3, VPC_DIFFERENCING = 4 };

static int check_vpc(int fd, uint64_t size, struct vmm_err *err)
{
	unsigned char h[512];
	uint32_t type;

	if (size < sizeof(h) || vmm__read_at(fd, 0, h, sizeof(h)) < 0)
		return cut_off(err);
	if (memcmp(h, "conectix", 8) != 0 && vmm__read_at(fd, size - sizeof(h), h, sizeof(h)) < 0)
		return cut_off(err);
	type = be32(h + VPC_TYPE);
	if (type == VPC_DIFFERENCING)
		return vmm_err_set(err, VMM_EREFUSED, "it has a backing file");
	if (type != VPC_FIXED && type != VPC_DYNAMIC)
		return vmm_err_set(err, VMM_EREFUSED, "it is a vpc of unknown type %u", type);
	return 0;
}

int vmm__header_check(int fd, uint64_t size, const char *format, struct vmm_err *err)
{
	if (strcmp(format, "qcow2") == 0)
		return check_qcow2(fd, err);
	if (strcmp(format, "vmdk") == 0)
		return check_vmdk(fd, err);
	if (strcmp(format, "vpc") == 0)
		return check_vpc(fd, size, err);
	return 0;
}
