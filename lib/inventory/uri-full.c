/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>

#include "inventory/uri-internal.h"
#include "inventory/uri.h"

static void add_escaped(struct vmm_buf *out, const char *s)
{
	for (; *s; s++) {
		if (isascii(*s) && (isalnum((unsigned char)*s) || strchr("/._-", *s)))
			vmm_buf_addc(out, *s);
		else
			vmm_buf_addf(out, "%%%02x", (unsigned char)*s);
	}
}

int vmm_uri_full(const char *uri, const char *auth_file, struct vmm_buf *out, struct vmm_err *err)
{
	struct vmm__uri u;
	int rc = vmm__uri_parse(uri, &u, err);
	char sep = rc == 0 && u.query ? '&' : '?';

	if (rc == 0) {
		vmm_buf_adds(out, uri);
		if (u.transport == VMM__SSH && !vmm__uri_has_param(&u, "no_tty")) {
			vmm_buf_addf(out, "%cno_tty=1", sep);
			sep = '&';
		}
		if (*auth_file) {
			vmm_buf_addf(out, "%cauthfile=", sep);
			add_escaped(out, auth_file);
		}
		rc = out->failed ? vmm_err_nomem(err) : 0;
	}
	vmm__uri_release(&u);
	return rc;
}
