/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The <devices> of a domain. */
#include <stdio.h>
#include <string.h>

#include "define/internal.h"

/* vda vdb … vdz vdaa; sd for what SCSI and SATA share. */
static void target_name(char *out, size_t size, const char *bus, unsigned nr)
{
	const char *prefix = strcmp(bus, "virtio") == 0 ? "vd" : "sd";

	if (nr < 26)
		snprintf(out, size, "%s%c", prefix, 'a' + (int)nr);
	else
		snprintf(out, size, "%s%c%c", prefix, 'a' + (int)(nr / 26 - 1) % 26,
			 'a' + (int)(nr % 26));
}

struct targets {
	unsigned vd, sd;
};

static void add_target(xmlNodePtr disk, const char *bus, struct targets *next)
{
	char name[16];
	unsigned nr = strcmp(bus, "virtio") == 0 ? next->vd++ : next->sd++;

	target_name(name, sizeof(name), bus, nr);
	vmm__el_with(disk, "target", "dev", name, "bus", bus);
}

static void add_disk(xmlNodePtr devices, const struct vmm_template_disk *like,
		     const struct vmm_instance_disk *is, struct targets *next)
{
	const char *type = is->block ? "block" : "file";
	xmlNodePtr disk = vmm__el_with(devices, "disk", "type", type, "device", "disk");

	vmm__el_with(disk, "driver", "name", "qemu", "type", like->format, "discard", "unmap");
	vmm__el_with(disk, "source", is->block ? "dev" : "file", is->path);
	add_target(disk, like->bus, next);
}

/*
 * Where the disks need a driver for virtio the seed may need one too: kernels made for clouds have
 * no other (Debian's has no AHCI).
 */
static const char *seed_bus(const struct vmm_template *t, const struct vmm_instance *vm)
{
	return strcmp(t->disks[0].bus, "sata") == 0 && vmm__is_x86(t, vm) ? "sata" : "scsi";
}

static void add_seed(xmlNodePtr devices, const char *path, const char *bus, struct targets *next)
{
	xmlNodePtr disk = vmm__el_with(devices, "disk", "type", "file", "device", "cdrom");

	vmm__el_with(disk, "driver", "name", "qemu", "type", "raw");
	vmm__el_with(disk, "source", "file", path);
	add_target(disk, bus, next);
	vmm__el(disk, "readonly", NULL);
}

static bool needs_scsi(const struct vmm_template *t, const struct vmm_instance *vm)
{
	for (size_t i = 0; i < t->ndisks; i++)
		if (strcmp(t->disks[i].bus, "scsi") == 0)
			return true;
	return vm->seed && strcmp(seed_bus(t, vm), "scsi") == 0;
}

static void add_disks(xmlNodePtr devices, const struct vmm_template *t, const struct vmm_instance *vm)
{
	struct targets next = { 0, 0 };

	for (size_t i = 0; i < t->ndisks; i++)
		add_disk(devices, &t->disks[i], &vm->disks[i], &next);
	if (vm->seed)
		add_seed(devices, vm->seed, seed_bus(t, vm), &next);
	if (needs_scsi(t, vm))
		vmm__el_with(devices, "controller", "type", "scsi", "index", "0", "model",
			     "virtio-scsi");
}

static void add_nic(xmlNodePtr devices, const struct vmm_template_nic *like,
		    const struct vmm_instance_nic *is)
{
	xmlNodePtr nic =
		vmm__el_with(devices, "interface", "type", is->bridge ? "bridge" : "network");
	char mtu[16];

	vmm__el_with(nic, "mac", "address", is->mac);
	if (is->bridge)
		vmm__el_with(nic, "source", "bridge", is->bridge);
	else
		vmm__attr(vmm__el_with(nic, "source", "network",
				       is->network ? is->network : like->network),
			  "portgroup", is->portgroup);
	vmm__el_with(nic, "model", "type", like->model);
	if (is->mtu) {
		snprintf(mtu, sizeof(mtu), "%u", is->mtu);
		vmm__el_with(nic, "mtu", "size", mtu);
	}
}

static void add_console(xmlNodePtr devices)
{
	xmlNodePtr serial = vmm__el_with(devices, "serial", "type", "pty");
	xmlNodePtr console = vmm__el_with(devices, "console", "type", "pty");

	vmm__el_with(serial, "target", "port", "0");
	vmm__el_with(console, "target", "type", "serial", "port", "0");
}

static void add_screen(xmlNodePtr devices, const struct vmm_hardware *hw, bool x86)
{
	bool graphics = strcmp(hw->graphics, "none") != 0;
	const char *video = *hw->video ? hw->video : graphics ? "virtio" : "none";
	xmlNodePtr node;

	if (graphics) {
		node = vmm__el_with(devices, "graphics", "type", hw->graphics, "autoport", "yes");
		vmm__el_with(node, "listen", "type", "address", "address", "127.0.0.1");
		if (x86) /* a mouse whose pointer is where the viewer's is */
			vmm__el_with(devices, "input", "type", "tablet", "bus", "usb");
	}
	node = vmm__el(devices, "video", NULL);
	vmm__el_with(node, "model", "type", video);
}

static void add_rest(xmlNodePtr devices, const struct vmm_template *t)
{
	xmlNodePtr node;

	if (t->guest.agent) {
		node = vmm__el_with(devices, "channel", "type", "unix");
		vmm__el_with(node, "target", "type", "virtio", "name", "org.qemu.guest_agent.0");
	}
	if (t->hardware.tpm) {
		node = vmm__el_with(devices, "tpm", "model", "tpm-crb");
		vmm__el_with(node, "backend", "type", "emulator", "version", "2.0");
	}
	node = vmm__el_with(devices, "rng", "model", "virtio");
	vmm__attr(vmm__el(node, "backend", "/dev/urandom"), "model", "random");
	vmm__el_with(devices, "memballoon", "model", "virtio");
}

void vmm__devices(xmlNodePtr domain, const struct vmm_template *t, const struct vmm_instance *vm)
{
	xmlNodePtr devices = vmm__el(domain, "devices", NULL);

	if (vm->emulator)
		vmm__el(devices, "emulator", vm->emulator);
	add_disks(devices, t, vm);
	for (size_t i = 0; i < t->nnics; i++)
		add_nic(devices, &t->nics[i], &vm->nics[i]);
	add_console(devices);
	add_screen(devices, &t->hardware, vmm__is_x86(t, vm));
	add_rest(devices, t);
}
