/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several items in one cell: "a,b\,c". */
#include <string.h>

#include "base/rows.h"

void vmm_list_add(struct vmm_buf *cell, const char *item)
{
	if (cell->len)
		vmm_buf_addc(cell, ',');
	if (!*item)
		vmm_buf_adds(cell, "\\e");
	for (; *item; item++) {
		if (*item == ',' || *item == '\\')
			vmm_buf_addc(cell, '\\');
		vmm_buf_addc(cell, *item);
	}
}

void vmm_list_join(struct vmm_buf *cell, const struct vmm_strv *items)
{
	for (size_t i = 0; i < items->n; i++)
		vmm_list_add(cell, items->s[i]);
}

int vmm_list_put(struct vmm_table *t, size_t row, const char *column, const struct vmm_strv *items)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	vmm_list_join(&cell, items);
	return cell.failed ? VMM_ENOMEM : vmm_table_put(t, row, column, cell.data);
}

/* One item, unescaped; returns where it ends: at a ',' or the NUL. */
static const char *item(struct vmm_buf *out, const char *s)
{
	for (; *s && *s != ','; s++) {
		if (*s == '\\' && s[1] == 'e') {
			s++;
			continue;
		}
		if (*s == '\\' && (s[1] == ',' || s[1] == '\\'))
			s++;
		vmm_buf_addc(out, *s);
	}
	return s;
}

int vmm_list_split(struct vmm_strv *items, const char *cell)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	if (!*cell)
		return 0;
	for (;; cell++) {
		vmm_buf_reset(&b);
		cell = item(&b, cell);
		if (b.failed || vmm_strv_add(items, b.data) < 0)
			return VMM_ENOMEM;
		if (!*cell)
			return 0;
	}
}
