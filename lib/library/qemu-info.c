/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What qemu-img says of an image whose format is known, and whether that is what we take. */
#include <jansson.h>

#include "base/spawn.h"
#include "library/internal.h"

#define LIMIT_MS 30000
#define MEMORY_MAX ((uint64_t)1024 * 1024 * 1024)
#define CPU_MAX_S 20

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* Once more, with the eyes of the program that will open it. */
static int refuse(const json_t *info, const char *format, struct vmm_err *err)
{
	const json_t *data = json_object_get(json_object_get(info, "format-specific"), "data");
	const char *told = json_string_value(json_object_get(info, "format"));

	if (!told || strcmp(told, format) != 0)
		return vmm_err_set(err, VMM_EREFUSED, "qemu-img takes it for '%s'", told ? told : "");
	if (json_object_get(info, "backing-filename") ||
	    json_object_get(info, "full-backing-filename"))
		return vmm_err_set(err, VMM_EREFUSED, "it has a backing file");
	if (json_object_get(data, "data-file"))
		return vmm_err_set(err, VMM_EREFUSED, "it has an external data file");
	if (json_array_size(json_object_get(data, "extents")) > 1)
		return vmm_err_set(err, VMM_EREFUSED, "its data is in other files");
	if (is_true(info, "encrypted"))
		return vmm_err_set(err, VMM_EREFUSED, "it is encrypted");
	if (is_true(data, "corrupt"))
		return vmm_err_set(err, VMM_EREFUSED, "it is marked as corrupt");
	return 0;
}

static int read_info(const struct vmm_buf *text, const char *format, uint64_t *virtual_size,
		     struct vmm_err *err)
{
	json_t *info = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
	json_int_t n = json_integer_value(json_object_get(info, "virtual-size"));
	int ret;

	if (!json_is_object(info))
		ret = vmm_err_set(err, VMM_EFAIL, "what qemu-img says of it can't be read");
	else
		ret = refuse(info, format, err);
	if (ret == 0 && n <= 0)
		ret = vmm_err_set(err, VMM_EREFUSED, "its disk has no size");
	json_decref(info);
	if (ret == 0)
		*virtual_size = (uint64_t)n;
	return ret;
}

int vmm__qemu_info(const char *path, const char *format, uint64_t *virtual_size, struct vmm_err *err)
{
	const char *argv[] = { "qemu-img", "info", "--output=json", "-f", format, "--", path, NULL };
	struct vmm_spawn what = VMM_SPAWN_INIT;
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	struct vmm_err why = { 0 };
	int ret;

	what.argv = argv;
	what.limit_ms = LIMIT_MS;
	what.memory_max = MEMORY_MAX;
	what.cpu_max_s = CPU_MAX_S;
	ret = vmm_spawn(&what, &got, &why);
	/* It ran and said no. Its sentence has the path of a file that will be gone. */
	if (ret == VMM_EFAIL && got.status > 0)
		return vmm_err_set(err, VMM_EREFUSED, "qemu-img can't read it as '%s'", format);
	if (ret < 0)
		return vmm_err_set(err, why.code, "%s", why.text);
	return read_info(&got.out, format, virtual_size, err);
}
