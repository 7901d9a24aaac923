/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"

const char *vmm_conf_folder(void)
{
	const char *folder = secure_getenv("VMM_CONF");

	return folder && *folder ? folder : "/etc/vmm";
}

bool vmm_conf_is_name(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return *name && *name != '.' && *name != '-' && !name[strspn(name, chars)] &&
	       strlen(name) <= 200;
}

/* NAME of "NAME.conf". */
static int add_name(struct vmm_strv *names, const char *file)
{
	size_t len = strlen(file);
	VMM_STR_AUTO name = NULL;

	if (len < 6 || strcmp(file + len - 5, ".conf") != 0)
		return 0;
	name = strndup(file, len - 5);
	if (!name)
		return VMM_ENOMEM;
	return vmm_conf_is_name(name) ? vmm_strv_add(names, name) : 0;
}

int vmm_conf_names(const char *folder, const char *kind, struct vmm_strv *names, struct vmm_err *err)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	size_t first = names->n;
	const struct dirent *e;
	int code = 0;
	DIR *dir;

	vmm_buf_addf(&path, "%s/%s", folder, kind);
	dir = path.failed ? NULL : opendir(path.data);
	if (!dir)
		return errno == ENOENT && !path.failed
			       ? 0
			       : vmm_err_errno(err, "cannot read '%s'", path.data);
	while (!code && (errno = 0, e = readdir(dir)))
		code = add_name(names, e->d_name);
	if (code)
		vmm_err_nomem(err);
	else if (errno)
		code = vmm_err_errno(err, "cannot read '%s'", path.data);
	closedir(dir);
	if (!code)
		vmm_strv_sort(names, first);
	return code;
}
