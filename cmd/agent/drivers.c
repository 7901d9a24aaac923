/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stage 7: drivers that the profile wants for hardware that this machine has, put into the new system by its
 * own tar, dpkg and depmod.
 */
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

/* "pci:VENDOR:DEVICE" or "model:PATTERN"; a PCI id may have patterns too. */
static bool matches(const struct agent_hardware *hw, const char *pattern)
{
	if (strncmp(pattern, "model:", 6) == 0)
		return fnmatch(pattern + 6, hw->product, FNM_CASEFOLD) == 0;
	if (strncmp(pattern, "pci:", 4) != 0)
		return false;
	for (size_t i = 0; i < hw->pci.n; i++)
		if (fnmatch(pattern + 4, hw->pci.s[i], FNM_CASEFOLD) == 0)
			return true;
	return false;
}

static bool wanted(const struct agent_hardware *hw, const struct agent_file *driver)
{
	for (size_t i = 0; i < json_array_size(driver->match); i++) {
		const char *pattern = json_string_value(json_array_get(driver->match, i));

		if (pattern && matches(hw, pattern))
			return true;
	}
	return json_array_size(driver->match) == 0;
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), w = strlen(with);

	return n > w && strcmp(name + n - w, with) == 0;
}

/* Its place in the new system while it is unpacked: a driver may be larger than the memory. */
#define INSIDE "/.vmm-driver"

static int unpack(struct agent *a, const char *name, struct vmm_err *err)
{
	static const char *const deb[] = { "dpkg", "--force-confold", "-i", INSIDE, NULL };
	static const char *const tar[] = {
		"tar",           "--extract",      "--keep-directory-symlink",
		"--directory=/", "--file=" INSIDE, NULL
	};

	return agent_run_in_root(a, ends(name, ".deb") ? deb : tar, NULL, err);
}

static int put_driver(struct agent *a, const struct agent_file *driver, struct vmm_err *err)
{
	VMM_STR_AUTO from = NULL;
	VMM_STR_AUTO to = NULL;
	int ret;

	if (asprintf(&from, "/v1/file/%s", driver->sha256) < 0)
		from = NULL;
	if (asprintf(&to, "%s" INSIDE, a->at.root) < 0)
		to = NULL;
	if (!from || !to)
		return vmm_err_nomem(err);
	agent_log(a, "driver %s", driver->name);
	ret = agent_get_file(a->http, from, driver->sha256, 0, to, 0600, err);
	if (ret == 0)
		ret = unpack(a, driver->name, err);
	unlink(to);
	return ret < 0 ? vmm_err_prefix(err, "driver '%s'", driver->name) : 0;
}

static int list_modules(struct agent *a, struct vmm_err *err)
{
	VMM_STR_AUTO folder = NULL;
	VMM_STRV_AUTO kernels = VMM_STRV_INIT;
	int ret = 0;

	if (asprintf(&folder, "%s/lib/modules", a->at.root) < 0)
		folder = NULL;
	if (!folder || agent_names(folder, &kernels) < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; ret == 0 && i < kernels.n; i++) {
		const char *argv[] = { "depmod", kernels.s[i], NULL };

		ret = agent_run_in_root(a, argv, NULL, err);
	}
	return ret;
}

int agent_drivers(struct agent *a, struct vmm_err *err)
{
	size_t n = 0;
	int ret = a->job.grow ? agent_grow(a, err) : 0;

	if (ret == 0)
		ret = agent_mount_root(a, err);
	for (size_t i = 0; ret == 0 && i < a->job.n_drivers; i++) {
		if (!wanted(&a->hw, &a->job.drivers[i]))
			continue;
		ret = put_driver(a, &a->job.drivers[i], err);
		n++;
	}
	return ret == 0 && n ? list_modules(a, err) : ret;
}
