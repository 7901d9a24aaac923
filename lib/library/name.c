/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of images: they stand in definitions, in rows and on command lines, and never become a path. */
#include <stdlib.h>

#include "base/conf.h"
#include "library/internal.h"

#define LEN_MAX 100

void vmm__spec_release(struct vmm__spec *spec)
{
	free(spec->name);
	free(spec->version);
	*spec = (struct vmm__spec){ NULL, NULL };
}

static int check(const char *what, const char *text, struct vmm_err *err)
{
	if (!vmm_conf_is_name(text))
		return vmm_err_set(err, VMM_EINPUT,
				   "%s '%s' is not made of letters, digits, '_', '.', '-', or begins "
				   "with one of the last two",
				   what, text);
	if (strlen(text) > LEN_MAX)
		return vmm_err_set(err, VMM_EINPUT, "%s is longer than %d characters", what, LEN_MAX);
	return 0;
}

int vmm__spec_parse(const char *text, struct vmm__spec *out, struct vmm_err *err)
{
	const char *colon = strchr(text, ':');
	struct vmm__spec spec = { NULL, NULL };
	int ret = 0;

	spec.name = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
	if (colon)
		spec.version = strdup(colon + 1);
	if (!spec.name || (colon && !spec.version))
		ret = vmm_err_nomem(err);
	if (ret == 0)
		ret = check("image name", spec.name, err);
	if (ret == 0 && colon)
		ret = check("version", spec.version, err);
	if (ret < 0)
		vmm__spec_release(&spec);
	else
		*out = spec;
	return ret;
}

bool vmm__is_sha256(const char *text)
{
	return strlen(text) == VMM_SHA256_LEN && strspn(text, "0123456789abcdef") == VMM_SHA256_LEN;
}
