/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a volume is as it was made: without anything in it, so that nothing is lost with it.
 *
 * A raw file has no block then. A qcow2 file has its tables, which are small and are read: no
 * snapshot, and not one table of clusters.
 */
#include <stdlib.h>
#include <string.h>

#include "migrate/internal.h"
#include "virt/xmlget.h"

#define TABLES_MAX (4u << 20) /* an empty qcow2 file of 100 TiB has less */

/* Offsets in a qcow2 header; all numbers are big-endian. */
enum {
	MAGIC = 0,
	VERSION = 4,
	BACKING = 8,
	L1_SIZE = 36,
	L1_OFFSET = 40,
	SNAPSHOTS = 60,
	NEEDS = 72
};
#define HEADER_MIN 80
#define QCOW2_MAGIC 0x514649fbu

static uint32_t u32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t u64(const unsigned char *p)
{
	return (uint64_t)u32(p) << 32 | u32(p + 4);
}

bool vmm__qcow2_blank(const unsigned char *file, size_t n)
{
	uint64_t at, len;

	if (n < HEADER_MIN || u32(file + MAGIC) != QCOW2_MAGIC)
		return false;
	if (u64(file + BACKING) || u32(file + SNAPSHOTS) ||
	    (u32(file + VERSION) >= 3 && u64(file + NEEDS)))
		return false;
	at = u64(file + L1_OFFSET);
	len = (uint64_t)u32(file + L1_SIZE) * 8;
	if (at > n || len > n - at)
		return false;
	for (uint64_t i = 0; i < len; i++)
		if (file[at + i])
			return false;
	return true;
}

/* All n bytes of it. */
static bool download(virConnectPtr conn, virStorageVolPtr vol, unsigned char *file, size_t n)
{
	virStreamPtr st = virStreamNew(conn, 0);
	size_t have = 0;
	int got = -1;

	if (st && virStorageVolDownload(vol, st, 0, n, 0) == 0)
		while (have < n && (got = virStreamRecv(st, (char *)file + have, n - have)) > 0)
			have += (size_t)got;
	if (st && (have < n || virStreamFinish(st) < 0))
		virStreamAbort(st);
	if (st)
		virStreamFree(st);
	return have == n;
}

static bool is_blank_qcow2(virConnectPtr conn, virStorageVolPtr vol)
{
	virStorageVolInfo info;
	unsigned char *file;
	bool blank;

	if (virStorageVolGetInfoFlags(vol, &info, VIR_STORAGE_VOL_GET_PHYSICAL) < 0 ||
	    info.allocation > TABLES_MAX)
		return false;
	file = malloc(info.allocation + 1);
	blank = file && download(conn, vol, file, info.allocation) &&
		vmm__qcow2_blank(file, info.allocation);
	free(file);
	return blank;
}

bool vmm__volume_blank(virConnectPtr conn, virStorageVolPtr vol)
{
	virStorageVolInfo info;
	VMM_STR_AUTO xml = virStorageVolGetXMLDesc(vol, 0);
	VMM_STR_AUTO format = xml ? vmm_xml_get(xml, "volume/target/format@type") : NULL;

	if (!format || virStorageVolGetInfo(vol, &info) < 0 || info.type != VIR_STORAGE_VOL_FILE)
		return false;
	if (strcmp(format, "raw") == 0)
		return info.allocation == 0;
	return strcmp(format, "qcow2") == 0 && is_blank_qcow2(conn, vol);
}
