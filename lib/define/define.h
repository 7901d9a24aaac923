/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a VM is to be like: templates, hardware profiles and guest OS profiles, which people
 * write (vmm-definitions(5)), and the domain XML and the seed that follow from them.
 *
 *	struct vmm_template *t;
 *
 *	vmm_template_load(vmm_conf_folder(), "web", overrides, &t, err);
 *	…leases for t->nics[i] from the pools it names, disks as t->disks[i] says…
 *	struct vmm_instance vm = { .name = "web1", .uuid = …, .nics = …, .disks = …, … };
 *	vmm_define_seed(t, &vm, &seed, err);
 *	vmm_seed_iso(&seed, path, cancel, err);
 *	vmm_define_domain(t, &vm, &xml, err);
 *	…
 *	vmm_seed_release(&seed);
 *	vmm_template_free(t);
 *
 * Loading reads all files that a template names, checks them, and renders them once with example
 * values; what it accepts fails later only for values that an instance lacks. Errors begin with
 * "FILE:LINE: ", those of an override with "override 'KEY': ". A name that isn't there is
 * VMM_ENOTFOUND, all else that is wrong in a file VMM_EINPUT.
 *
 * Rendering is pure: the same template and instance give the same bytes. No host is asked.
 *
 * Text in a struct is borrowed from it unless it says otherwise. Sizes are bytes.
 */
#ifndef VMM_DEFINE_DEFINE_H
#define VMM_DEFINE_DEFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/jobs.h"
#include "base/strv.h"
#include "base/table.h"

enum vmm_firmware { VMM_BIOS, VMM_UEFI, VMM_UEFI_SECURE };
enum vmm_guest_kind { VMM_GUEST_PLAIN, VMM_GUEST_CLOUD_INIT, VMM_GUEST_UNATTEND };

struct vmm_hardware {
	uint64_t vcpus, memory;
	const char *cpu;              /* host-model host-passthrough maximum custom */
	const char *cpu_model;        /* of custom; "" */
	const char *arch, *machine;   /* "" as the host has it */
	const char *graphics, *video; /* none vnc spice; "" by graphics */
	enum vmm_firmware firmware;
	bool tpm;
};

struct vmm_guest {
	enum vmm_guest_kind kind;
	const char *user; /* "" the image's own */
	struct vmm_strv ssh_keys;
	bool agent, localtime;
};

struct vmm_template_nic {
	const char *label;           /* of [nic LABEL]; "" */
	const char *network;         /* logical, or a libvirt network */
	const char *ip4, *ip6, *mac; /* pools; "" none */
	const char *model;
};

struct vmm_template_disk {
	const char *label;
	uint64_t size;      /* 0, for the first only: that of the image */
	const char *bus;    /* virtio scsi sata */
	const char *pool;   /* storage pool of the host */
	const char *format; /* qcow2 raw */
	bool full;          /* a copy of the image, not a clone that is linked to it */
};

struct vmm__definitions;

struct vmm_template {
	const char *name, *file, *description, *image;
	const char *hardware_name, *guest_name;
	const char *domain; /* DNS; "" */
	struct vmm_hardware hardware;
	struct vmm_guest guest;
	struct vmm_template_nic *nics;
	struct vmm_template_disk *disks; /* the first is the image's; always one at least */
	size_t nnics, ndisks;
	struct vmm_strv hosts;    /* to choose from; none: all */
	const char *group, *rule; /* "" */
	struct vmm__definitions *files;
};

/*
 * What replaces a template's own: image hardware guest domain; vcpus memory cpu cpu-model
 * firmware tpm machine; user; size pool format full (of the first disk); host hosts group rule;
 * var.NAME.
 */
struct vmm_override {
	const char *key, *value;
};

/* `overrides` ends with a NULL key, or is NULL. */
int vmm_template_load(const char *folder, const char *name, const struct vmm_override *overrides,
		      struct vmm_template **out, struct vmm_err *err);
void vmm_template_free(struct vmm_template *t);
void vmm_template_cleanup(struct vmm_template **t);
#define VMM_TEMPLATE_AUTO __attribute__((cleanup(vmm_template_cleanup))) struct vmm_template

/* Whether vmm_template_load() knows the key; for columns of rows. */
bool vmm_override_known(const char *key);

/* What an instance was given. A text may be NULL where there is none. */
struct vmm_instance_nic {
	const char *mac;
	const char *network; /* libvirt's; NULL: as the template says */
	const char *bridge;  /* instead of a network */
	const char *portgroup;
	const char *ip4, *ip4_gateway, *ip6, *ip6_gateway;
	unsigned ip4_prefix, ip6_prefix, mtu; /* mtu 0: not said */
	const char *const *dns;               /* ends with NULL; may be NULL */
};

struct vmm_instance_disk {
	const char *path;
	bool block; /* a block device, not a file */
};

struct vmm_instance {
	const char *name, *uuid;
	const char *type;     /* kvm qemu */
	const char *arch;     /* of the host; used where the profile says none */
	const char *emulator; /* NULL: libvirt's choice */
	const char *image;    /* NAME:VERSION that it is made of; NULL: as the template says */
	const char *image_sha256;
	const char *seed;                      /* path of the ISO */
	const struct vmm_instance_nic *nics;   /* as many as the template has */
	const struct vmm_instance_disk *disks; /* as many as the template has */
};

/*
 * The domain XML; *xml is the caller's. In its <metadata> stands what the VM was made of, where
 * vmm_made_parse() (virt/made.h) finds it again.
 */
int vmm_define_domain(const struct vmm_template *t, const struct vmm_instance *vm, char **xml,
		      struct vmm_err *err);

/* The files by which the guest learns who it is. None for a guest of kind plain. */
struct vmm_seed {
	const char *label; /* of the file system */
	struct {
		const char *name;
		char *text;
	} files[4];
	size_t n;
};

/* Whether the seed says the addresses of its NICs as cloud-init is to have them: each needs its prefix. */
bool vmm_define_seeds_network(const struct vmm_template *t);
int vmm_define_seed(const struct vmm_template *t, const struct vmm_instance *vm,
		    struct vmm_seed *out, struct vmm_err *err);
void vmm_seed_release(struct vmm_seed *seed);
#define VMM_SEED_AUTO __attribute__((cleanup(vmm_seed_release))) struct vmm_seed
/*
 * Writes them as an ISO 9660 image to `path`, a new file of mode 0600; the same seed gives the same
 * bytes. xorriso(1) does it. On failure nothing is left.
 */
int vmm_seed_iso(const struct vmm_seed *seed, const char *path, const struct vmm_cancel *cancel,
		 struct vmm_err *err);

/* An instance with values for an example, from addresses that are kept for documentation. */
struct vmm_example {
	struct vmm_instance vm;
	struct vmm_instance_nic *nics;
	struct vmm_instance_disk *disks;
	struct vmm_strv texts;
};
int vmm_example_init(struct vmm_example *ex, const struct vmm_template *t, struct vmm_err *err);
void vmm_example_release(struct vmm_example *ex);

/*
 * The public keys that a section gives with `ssh-keys` or `ssh-keys-file` (a path, beside the definition),
 * appended. A text that is none is an error.
 */
int vmm_define_keys(const struct vmm_conf_section *s, struct vmm_strv *out, struct vmm_err *err);
/* Whether the value is NAME or NAME:VERSION, as the library has it. */
int vmm_define_image_name(const struct vmm_conf_entry *e, struct vmm_err *err);

/*
 * Looks all definitions of a folder over, and tells of each thing that is wrong once:
 * "FILE:LINE: …". `images` is the table of the library, `pools` that of the address pools, to say which of
 * them there isn't; NULL: not looked at. What is no more than doubtful is a warning. 0, or an error that kept it from looking.
 */
typedef int vmm_define_found(const char *what, bool warning, void *arg);
/* The same of one key, ip4, ip6 or mac, that names a pool; e may be NULL. Virtual addresses are of either kind. */
int vmm_define_check_pool(const struct vmm_conf_entry *e, const struct vmm_table *pools,
			  vmm_define_found *found, void *arg);
int vmm_define_check(const char *folder, const struct vmm_table *images,
		     const struct vmm_table *pools, vmm_define_found *found, void *arg,
		     struct vmm_err *err);

#endif
