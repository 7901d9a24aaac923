/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Machine profiles: what a server is to become (vmm-machines(5)), and the files by which the
 * installed system learns who it is.
 *
 *	struct vmm_profile *p;
 *
 *	vmm_profile_load(vmm_conf_folder(), "compute", &p, err);
 *	…leases for p->links[i] from the pools they name…
 *	struct vmm_machine m = { .name = "node1", .uuid = …, .macs = &macs, .places = … };
 *	vmm_profile_custom(p, &m, &tar, err);
 *	…
 *	vmm_profile_free(p);
 *
 * Errors of a profile begin with "FILE:LINE: "; a name that isn't there is VMM_ENOTFOUND, all else that
 * is wrong in a file VMM_EINPUT. vmm_profile_custom() is pure: the same profile and machine give the
 * same bytes.
 *
 * Text in a struct is borrowed from it. Sizes are bytes, limits milliseconds.
 */
#ifndef VMM_DEPLOY_PROFILE_H
#define VMM_DEPLOY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/conf-def.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/table.h"

/* What is done to a server, in this order; the numbers are those that people see, from 1 on. */
enum vmm_stage {
	VMM_STAGE_DISCOVER = 1,
	VMM_STAGE_BOOT,
	VMM_STAGE_AUTHORISE,
	VMM_STAGE_AGENT,
	VMM_STAGE_SCRIPTS,
	VMM_STAGE_IMAGE,
	VMM_STAGE_DRIVERS,
	VMM_STAGE_CUSTOMISE,
	VMM_STAGE_ROLE,
	VMM_STAGES /* one more than there are */
};
/* By its name (vmm_boot_stage() has them); 0: there is none of that name. */
unsigned vmm_stage_of(const char *name);

/* At least one of these is given; a disk has to fit all that are. */
struct vmm_profile_disk {
	const char *serial, *kind, *name; /* "" any */
	uint64_t min, max;                /* max 0: no limit */
};

struct vmm_profile_file {
	const char *label;
	const char *file;      /* in the library: NAME or NAME:VERSION */
	const char *when;      /* of a script: firmware raid partition late */
	struct vmm_strv match; /* of a driver: pci:8086:1572, model:PowerEdge* */
};

enum vmm_link_kind { VMM_LINK_NIC, VMM_LINK_BOND, VMM_LINK_BRIDGE };

/* A NIC, or what is made of NICs. One that is in no other has addresses. */
struct vmm_profile_link {
	enum vmm_link_kind kind;
	const char *label;         /* of a bond or bridge its name */
	const char *ip4, *ip6;     /* pools; both "": by DHCP */
	const char *bond, *bridge; /* that it is part of; "" */
	const char *mode;          /* of a bond */
	const char *mac, *pci;     /* which NIC it is; "" */
	size_t index;              /* the same, from 1 on; 0: by mac or pci */
	unsigned mtu;              /* 0: not said */
};

/* How it is to boot from the network: as its BMC says it boots anyway, or by this. */
enum vmm_boot_by { VMM_BOOT_AUTO, VMM_BOOT_BIOS, VMM_BOOT_UEFI };

struct vmm_profile {
	const char *name, *file, *description, *image;
	const char *role, *group; /* role: "plain", or the name of a script */
	const char *domain, *pattern, *timezone, *user;
	struct vmm_strv ssh_keys;
	struct vmm_profile_disk disk;
	struct vmm_profile_file *scripts, *drivers; /* scripts in the order of the file */
	struct vmm_profile_link *links;
	size_t nscripts, ndrivers, nlinks;
	const char *first_boot;              /* a script of the library; "" */
	const char *ca, *cert, *key;         /* paths; "${name}" in them is the machine's */
	const struct vmm_conf_section *vars; /* may be NULL */
	bool zero_rest;                      /* the disk is not known to be clean */
	enum vmm_boot_by firmware;
	uint64_t limits[VMM_STAGES];
	struct vmm_conf_def def;
};

/* Where they are in the folder of all definitions. */
#define VMM_PROFILE_KIND "machines"

int vmm_profile_load(const char *folder, const char *name, struct vmm_profile **out,
		     struct vmm_err *err);
void vmm_profile_free(struct vmm_profile *p);
void vmm_profile_cleanup(struct vmm_profile **p);
#define VMM_PROFILE_AUTO __attribute__((cleanup(vmm_profile_cleanup))) struct vmm_profile

/* All profiles of a folder, and the roles that they name; else as vmm_define_check(). */
typedef int vmm_profile_found(const char *what, bool warning, void *arg);
int vmm_profiles_check(const char *folder, const struct vmm_table *images,
		       const struct vmm_table *pools, vmm_profile_found *found, void *arg,
		       struct vmm_err *err);

/* A name that a machine can have: that of its host. VMM_EINPUT. */
int vmm_machine_name_check(const char *name, struct vmm_err *err);

/* What a link got from the pools it names; address NULL: nothing. */
struct vmm_machine_address {
	const char *address, *gateway; /* gateway may be NULL */
	unsigned prefix, vlan;         /* vlan 0: none */
	const struct vmm_strv *dns;    /* may be NULL */
};
struct vmm_machine_place {
	struct vmm_machine_address ip4, ip6;
};

struct vmm_machine {
	const char *name, *uuid;
	const struct vmm_strv *macs;            /* the first is the one it boots from */
	const struct vmm_machine_place *places; /* as many as the profile has links */
	const char *first_boot;                 /* the text of the script; NULL */
};

/* Appends a tar archive of files for the root of the new system. It has secrets. */
int vmm_profile_custom(const struct vmm_profile *p, const struct vmm_machine *m,
		       struct vmm_buf *tar, struct vmm_err *err);

#endif
