/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An image of a disk as what is sent to machines: its blocks in use, and the map of them (base/blockmap.h).
 *
 *	VMM_BLOCKMAP_AUTO m = VMM_BLOCKMAP_INIT;
 *
 *	if (vmm_blockmap_make(&m, image_fd, image, data_fd, NULL, NULL, err) < 0) …;
 *	vmm_blockmap_format(&text, &m);
 */
#ifndef VMM_DEPLOY_BLOCKS_H
#define VMM_DEPLOY_BLOCKS_H

#include "base/blockmap.h"
#include "base/jobs.h"
#include "base/progress.h"

/*
 * Fills an empty map from a raw image, a file or a block device, in one pass, and writes the blocks in
 * use to `data` from where it stands, packed where that makes them smaller. Holes are not read, and blocks of zeros are not in use. `what`
 * names the image in errors and progress (stage "map"). The caller syncs `data`. VMM_EINPUT: the image can't be
 * read, is empty, isn't of whole sectors of 512 bytes or changes its size meanwhile; VMM_EFAIL: `data` can't be
 * written; VMM_ECANCEL at level 2.
 */
int vmm_blockmap_make(struct vmm_blockmap *m, int image, const char *what, int data,
		      const struct vmm_cancel *cancel, struct vmm_progress_sink *progress,
		      struct vmm_err *err);

#endif
