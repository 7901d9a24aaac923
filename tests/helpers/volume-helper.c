/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lib/volume for scripts; images and state as of VMM_STATE.
 *
 *	volume-helper image URI HOST POOL IMAGE			prints the volume
 *	volume-helper clone URI HOST POOL IMAGE NAME BYTES	on top of it; `full`: without it
 *	volume-helper full URI HOST POOL IMAGE NAME BYTES
 *	volume-helper rm URI HOST POOL NAME
 *
 * With VOLUME_WAIT_MS another's copy is waited for so long, else a minute.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "virt/virt.h"
#include "volume/volume.h"

static int clone(const struct vmm_volume_place *at, const struct vmm_image *img, const char *base,
		 char **argv, struct vmm_err *err)
{
	uint64_t bytes;
	int ret = vmm_num_u64("bytes", argv[7], 0, INT64_MAX, &bytes, err);

	if (ret < 0)
		return ret;
	return vmm_volume_clone(at, img, base, argv[6], bytes,
				strcmp(argv[1], "full") == 0 ? "qcow2" : NULL, err);
}

static int with_image(const struct vmm_volume_place *at, int argc, char **argv, struct vmm_err *err)
{
	VMM_IMAGE_AUTO img = VMM_IMAGE_INIT;
	char *name = NULL;
	int ret = vmm_image_find(at->st, argv[5], &img, err);

	if (ret == 0)
		ret = vmm_volume_image(at, &img, &name, err);
	if (ret == 0)
		puts(name);
	if (ret == 0 && argc == 8)
		ret = clone(at, &img, name, argv, err);
	free(name);
	return ret;
}

int main(int argc, char **argv)
{
	const char *wait_ms = getenv("VOLUME_WAIT_MS");
	struct vmm_volume_place at = { .wait_ms = wait_ms ? strtoull(wait_ms, NULL, 10) : 60000 };
	struct vmm_err err = { 0 };
	char *url = vmm_store_url(&err);
	int ret = VMM_EINPUT;

	if (argc < 6 || !url)
		return 2;
	at.host = argv[3];
	at.pool = argv[4];
	ret = vmm_store_open(url, &at.st, &err);
	if (ret == 0)
		ret = vmm_virt_open(argv[2], NULL, &at.conn, &err);
	if (ret == 0)
		ret = strcmp(argv[1], "rm") == 0 ? vmm_volume_remove(&at, argv[5], &err)
						 : with_image(&at, argc, argv, &err);
	if (ret < 0)
		fprintf(stderr, "volume-helper: %s\n", err.text);
	if (at.conn)
		virConnectClose(at.conn);
	vmm_store_close(at.st);
	free(url);
	return vmm_err_exit(ret);
}
