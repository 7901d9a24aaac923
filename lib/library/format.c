/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file says that it is, by the bytes at certain places. */
#include <errno.h>
#include <unistd.h>

#include "library/internal.h"

struct mark {
	uint64_t at; /* FROM_END: counted from there */
	bool from_end;
	const char *bytes;
	size_t n;
	struct vmm__magic magic;
};

#define MARK(at, bytes, name, taken)                 \
	{                                            \
		at, false, bytes, sizeof(bytes) - 1, \
		{                                    \
			name, taken                  \
		}                                    \
	}

/* In the order of how sure they are: a hybrid ISO has the marks of a disk as well. */
static const struct mark marks[] = {
	MARK(0, "QFI\xfb\0\0\0\2", "qcow2", VMM__TAKEN),
	MARK(0, "QFI\xfb\0\0\0\3", "qcow2", VMM__TAKEN),
	MARK(0, "QFI\xfb", "qcow", VMM__FOREIGN),
	MARK(0, "KDMV", "vmdk", VMM__TAKEN),
	MARK(0, "vhdxfile", "vhdx", VMM__TAKEN),
	MARK(0, "conectix", "vpc", VMM__TAKEN),
	MARK(0, "COWD", "vmdk of ESX 2", VMM__FOREIGN),
	MARK(0, "# Disk DescriptorFile", "vmdk in several files", VMM__FOREIGN),
	MARK(0, "QED\0", "qed", VMM__FOREIGN),
	MARK(0x40, "\x7f\x10\xda\xbe", "vdi", VMM__FOREIGN),
	MARK(0, "WithoutFreeSpace", "parallels", VMM__FOREIGN),
	MARK(0, "WithouFreSpacExt", "parallels", VMM__FOREIGN),
	MARK(0, "LUKS\xba\xbe", "luks", VMM__FOREIGN),
	MARK(0, "\x1f\x8b", "gzip", VMM__PACKED),
	MARK(0, "BZh", "bzip2", VMM__PACKED),
	MARK(0,
	     "\xfd"
	     "7zXZ\0",
	     "xz", VMM__PACKED),
	MARK(0, "\x28\xb5\x2f\xfd", "zstd", VMM__PACKED),
	MARK(0, "\x04\x22\x4d\x18", "lz4", VMM__PACKED),
	MARK(0, "PK\3\4", "zip", VMM__PACKED),
	MARK(0, "7z\xbc\xaf\x27\x1c", "7z", VMM__PACKED),
	MARK(257, "ustar", "tar", VMM__PACKED),
	MARK(32769, "CD001", "iso", VMM__TAKEN),
	{ 512, true, "conectix", 8, { "vpc", VMM__TAKEN } },
};

int vmm__read_at(int fd, uint64_t at, void *out, size_t n)
{
	char *p = out;

	while (n) {
		ssize_t r = pread(fd, p, n, (off_t)at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return -1;
		p += r;
		at += (uint64_t)r;
		n -= (size_t)r;
	}
	return 0;
}

static int has_mark(int fd, uint64_t size, const struct mark *m, bool *has)
{
	char bytes[24];
	uint64_t at = m->at;

	*has = false;
	if (m->from_end)
		at = size < m->at ? size : size - m->at;
	if (at + m->n > size)
		return 0;
	if (vmm__read_at(fd, at, bytes, m->n) < 0)
		return -1;
	*has = memcmp(bytes, m->bytes, m->n) == 0;
	return 0;
}

int vmm__magic_find(int fd, uint64_t size, const struct vmm__magic **out)
{
	*out = NULL;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		bool has;

		if (has_mark(fd, size, &marks[i], &has) < 0)
			return -1;
		if (!has)
			continue;
		*out = &marks[i].magic;
		return 0;
	}
	return 0;
}

bool vmm__looks_bootable(int fd)
{
	char sector[512];

	if (vmm__read_at(fd, 0, sector, sizeof(sector)) == 0 &&
	    memcmp(sector + 510, "\x55\xaa", 2) == 0)
		return true;
	return (vmm__read_at(fd, 512, sector, 8) == 0 && memcmp(sector, "EFI PART", 8) == 0) ||
	       (vmm__read_at(fd, 4096, sector, 8) == 0 && memcmp(sector, "EFI PART", 8) == 0);
}

const char *vmm__format_word(const char *text)
{
	static const char *const words[] = { "raw", "qcow2", "vmdk", "vpc", "vhdx", "iso", "file" };

	if (strcmp(text, "vhd") == 0)
		return "vpc";
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(text, words[i]) == 0)
			return words[i];
	return NULL;
}
