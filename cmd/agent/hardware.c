/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this machine is, from the kernel's files. */
#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/num.h"
#include "base/percent.h"
#include "base/rows.h"

static char *joined(const char *a, const char *b)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", a, b) < 0 ? NULL : path;
}

static char *driver_of(const char *sys, const char *nic)
{
	VMM_STR_AUTO path = NULL;
	char to[PATH_MAX];
	ssize_t n;
	char *slash;

	if (asprintf(&path, "%s/class/net/%s/device/driver", sys, nic) < 0) {
		path = NULL;
		return NULL;
	}
	n = readlink(path, to, sizeof(to) - 1);
	to[n > 0 ? n : 0] = '\0';
	slash = strrchr(to, '/');
	return strdup(slash ? slash + 1 : to);
}

/* "VENDOR:DEVICE" of a device's folder, without the 0x. */
static char *pci_id(const char *device)
{
	VMM_STR_AUTO vendor = agent_read_line("%s/vendor", device);
	VMM_STR_AUTO id = agent_read_line("%s/device", device);
	char *out = NULL;

	if (!vendor || !id || strncmp(vendor, "0x", 2) != 0 || strncmp(id, "0x", 2) != 0)
		return strdup("");
	return asprintf(&out, "%s:%s", vendor + 2, id + 2) < 0 ? NULL : out;
}

/* ---- network ---- */

static void release_nic(struct agent_nic *nic)
{
	free(nic->name);
	free(nic->mac);
	free(nic->driver);
	free(nic->pci);
}

/* A virtio device stands between its interface and its PCI device. */
static char *nic_pci(const char *sys, const char *name)
{
	VMM_STR_AUTO device = NULL;
	VMM_STR_AUTO above = NULL;
	char *id;

	if (asprintf(&device, "%s/class/net/%s/device", sys, name) < 0)
		device = NULL;
	if (!device || asprintf(&above, "%s/..", device) < 0) {
		above = NULL;
		return NULL;
	}
	id = pci_id(device);
	if (id && !*id) {
		free(id);
		id = pci_id(above);
	}
	return id;
}

static int read_nic(const char *sys, const char *name, struct agent_nic *nic)
{
	nic->name = strdup(name);
	nic->mac = agent_read_line("%s/class/net/%s/address", sys, name);
	nic->driver = driver_of(sys, name);
	nic->pci = nic_pci(sys, name);
	nic->link = agent_read_number("%s/class/net/%s/carrier", sys, name) == 1;
	nic->speed = agent_read_number("%s/class/net/%s/speed", sys, name);
	return nic->name && nic->mac && nic->driver && nic->pci ? 0 : VMM_ENOMEM;
}

/* Those of a device: no bridges, no loopback. */
static bool is_card(const char *sys, const char *name)
{
	VMM_STR_AUTO path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/class/net/%s/device", sys, name) < 0) {
		path = NULL;
		return false;
	}
	return stat(path, &st) == 0;
}

static int read_nics(const char *sys, struct agent_hardware *hw)
{
	VMM_STR_AUTO folder = joined(sys, "class/net");
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int ret = folder ? agent_names(folder, &names) : VMM_ENOMEM;

	hw->nics = calloc(names.n + 1, sizeof(*hw->nics));
	if (!hw->nics)
		return VMM_ENOMEM;
	for (size_t i = 0; ret == 0 && i < names.n; i++)
		if (is_card(sys, names.s[i]))
			ret = read_nic(sys, names.s[i], &hw->nics[hw->n_nics++]);
	return ret;
}

/* ---- the rest ---- */

static int read_pci(const char *sys, struct agent_hardware *hw)
{
	VMM_STR_AUTO folder = joined(sys, "bus/pci/devices");
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int ret = folder ? agent_names(folder, &names) : VMM_ENOMEM;

	for (size_t i = 0; ret == 0 && i < names.n; i++) {
		VMM_STR_AUTO device = joined(folder, names.s[i]);
		VMM_STR_AUTO id = device ? pci_id(device) : NULL;

		if (!id)
			ret = VMM_ENOMEM;
		else if (*id && !vmm_strv_has(&hw->pci, id))
			ret = vmm_strv_add(&hw->pci, id);
	}
	return ret;
}

static void count_cpu(struct agent_hardware *hw, char *line)
{
	char *colon = strchr(line, ':');
	uint64_t socket;

	if (!colon)
		return;
	colon += colon[1] == ' ' ? 2 : 1;
	if (strncmp(line, "processor", 9) == 0)
		hw->cpus++;
	if (strncmp(line, "model name", 10) == 0 && !hw->cpu_model)
		hw->cpu_model = strdup(colon);
	if (strncmp(line, "physical id", 11) == 0 &&
	    vmm_num_u64("socket", colon, 0, 1024, &socket, NULL) == 0 && socket >= hw->sockets)
		hw->sockets = socket + 1;
}

static int read_cpus(const char *proc, struct agent_hardware *hw)
{
	VMM_STR_AUTO path = joined(proc, "cpuinfo");
	VMM_STR_AUTO text = NULL;
	VMM_STRV_AUTO lines = VMM_STRV_INIT;
	size_t len = 0;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0 && vmm_read_fd("cpuinfo", fd, 16 << 20, &text, &len, NULL) == 0)
		(void)vmm_strv_split(&lines, text, "\n");
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < lines.n; i++)
		count_cpu(hw, lines.s[i]);
	if (!hw->cpu_model)
		hw->cpu_model = strdup("");
	return hw->cpu_model ? 0 : VMM_ENOMEM;
}

static void read_memory(struct agent_hardware *hw)
{
	struct sysinfo info;

	if (sysinfo(&info) == 0)
		hw->memory = (uint64_t)info.totalram * info.mem_unit;
}

static int read_dmi(const char *sys, struct agent_hardware *hw)
{
	VMM_STR_AUTO efi = joined(sys, "firmware/efi");
	char uuid[VMM_UUID_LEN + 1];
	struct stat st;

	hw->uuid = agent_read_line("%s/class/dmi/id/product_uuid", sys);
	hw->serial = agent_read_line("%s/class/dmi/id/product_serial", sys);
	hw->manufacturer = agent_read_line("%s/class/dmi/id/sys_vendor", sys);
	hw->product = agent_read_line("%s/class/dmi/id/product_name", sys);
	hw->firmware_version = agent_read_line("%s/class/dmi/id/bios_version", sys);
	if (!efi || !hw->uuid || !hw->serial || !hw->manufacturer || !hw->product ||
	    !hw->firmware_version)
		return VMM_ENOMEM;
	if (vmm_uuid_parse(hw->uuid, uuid))
		memcpy(hw->uuid, uuid, sizeof(uuid));
	hw->uefi = stat(efi, &st) == 0;
	return 0;
}

/* The card it booted from, as the boot server's script tells the kernel. */
static int read_boot_mac(const char *proc, struct agent_hardware *hw)
{
	VMM_STR_AUTO line = agent_read_line("%s/cmdline", proc);
	const char *at = line ? strstr(line, "vmm.mac=") : NULL;

	at = at ? at + strlen("vmm.mac=") : "";
	hw->boot_mac = strndup(at, strcspn(at, " "));
	return hw->boot_mac ? 0 : VMM_ENOMEM;
}

int agent_hardware_read(const struct agent_places *at, struct agent_hardware *hw, struct vmm_err *err)
{
	read_memory(hw);
	if (read_dmi(at->sys, hw) < 0 || read_cpus(at->proc, hw) < 0 ||
	    read_boot_mac(at->proc, hw) < 0 || read_nics(at->sys, hw) < 0 ||
	    read_pci(at->sys, hw) < 0)
		return vmm_err_nomem(err);
	return agent_disks_read(at, hw, err);
}

void agent_hardware_release(struct agent_hardware *hw)
{
	agent_disks_release(hw);
	for (size_t i = 0; i < hw->n_nics; i++)
		release_nic(&hw->nics[i]);
	free(hw->nics);
	free(hw->uuid);
	free(hw->serial);
	free(hw->manufacturer);
	free(hw->product);
	free(hw->firmware_version);
	free(hw->cpu_model);
	free(hw->boot_mac);
	vmm_strv_release(&hw->pci);
}

/* ---- as JSON ---- */

/* Firmware writes what it likes. */
static json_t *text(const char *s)
{
	VMM_BUF_AUTO plain = VMM_BUF_INIT;

	vmm_percent_encode(&plain, s);
	return json_string(vmm_utf8_valid(s, strlen(s)) ? s : plain.data);
}

static json_t *nics_json(const struct agent_hardware *hw)
{
	json_t *list = json_array();

	for (size_t i = 0; i < hw->n_nics; i++) {
		const struct agent_nic *n = &hw->nics[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:b, s:I}", "name",
						      text(n->name), "mac", text(n->mac), "driver",
						      text(n->driver), "pci", text(n->pci), "link",
						      (int)n->link, "speed", (json_int_t)n->speed));
	}
	return list;
}

static json_t *disks_json(const struct agent_hardware *hw)
{
	json_t *list = json_array();

	for (size_t i = 0; i < hw->n_disks; i++) {
		const struct agent_disk *d = &hw->disks[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:o, s:o, s:I}", "name",
						      text(d->name), "serial", text(d->serial),
						      "kind", d->kind, "model", text(d->model), "wwid",
						      text(d->wwid), "size", (json_int_t)d->size));
	}
	return list;
}

static json_t *pci_json(const struct agent_hardware *hw)
{
	json_t *list = json_array();

	for (size_t i = 0; i < hw->pci.n; i++)
		json_array_append_new(list, text(hw->pci.s[i]));
	return list;
}

json_t *agent_hardware_json(const struct agent_hardware *hw)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:{s:o, s:I, s:I}, s:I, s:o, s:o, s:o, s:o}",
			 "uuid", text(hw->uuid), "serial", text(hw->serial), "manufacturer",
			 text(hw->manufacturer), "product", text(hw->product), "firmware",
			 hw->uefi ? "uefi" : "bios", "firmware_version", text(hw->firmware_version),
			 "cpus", "model", text(hw->cpu_model), "count", (json_int_t)hw->cpus,
			 "sockets", (json_int_t)hw->sockets, "memory", (json_int_t)hw->memory,
			 "boot_mac", text(hw->boot_mac), "nics", nics_json(hw), "disks",
			 disks_json(hw), "pci", pci_json(hw));
}
