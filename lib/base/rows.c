/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/rows.h"

#include <string.h>

int vmm_rows_parse(const char *source, const char *text, size_t len, struct vmm_table **out,
		   struct vmm_err *err)
{
	size_t i = 0;

	while (i < len && memchr(" \t\r\n", text[i], 4))
		i++;
	if (i < len && (text[i] == '{' || text[i] == '['))
		return vmm_json_parse(source, text, len, out, err);
	return vmm_tsv_parse(source, text, len, out, err);
}
