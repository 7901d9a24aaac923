/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inventory: which hosts were declared, and which hosts and VMs were last seen.
 * Tables only; nothing here talks to a hypervisor.
 *
 *	struct vmm_inventory inv = VMM_INVENTORY_INIT;
 *
 *	if (vmm_inventory_read(st, &inv, err) < 0) …;
 *	if (vmm_inventory_find_vm(&inv, "h1/web", &row, err) < 0) …;
 *	puts(vmm_table_at(inv.vms, row, "uuid"));
 *	vmm_inventory_release(&inv);
 *
 * hosts, key name. Declared: name uri group migrate_uri peer_uri auth_file labels maint
 * maint_since bmc bmc_auth (base/bmcurl.h, and the file with its credentials).
 * Seen: state hypervisor version arch cpu_model cpus mem_total mem_used mem_free vms running uuid
 * caps seen error.
 *
 * vms, key uuid. A VM is its UUID: one row, however many hosts know of it.
 *	uuid host name		where it is, and what it is called there
 *	state			normal warning error stop paused suspended migrating unknown
 *	last			the state when it was last seen, whatever `state` says now
 *	also			other hosts that hold a definition of it (list)
 *	vcpus mem guest seen	mem in bytes; guest: host name by the guest agent
 *	autostart persistent snapshots disks nics addresses	details, see scan.h
 *
 * Where two hosts know one UUID, the one where it is active is its host; both active is
 * state `error`. A VM that nobody saw is never "stop": it is `unknown` while a host that
 * may have it did not answer, and gone (no row) only when every host answered.
 */
#ifndef VMM_INVENTORY_INVENTORY_H
#define VMM_INVENTORY_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "base/table.h"
#include "store/store.h"

struct vmm_inventory {
	struct vmm_table *hosts, *vms;
};

#define VMM_INVENTORY_INIT \
	{                  \
		NULL, NULL \
	}
#define VMM_INVENTORY_AUTO __attribute__((cleanup(vmm_inventory_release))) struct vmm_inventory

/* All columns above exist afterwards, also in an empty state. */
int vmm_inventory_read(struct vmm_store *st, struct vmm_inventory *inv, struct vmm_err *err);
void vmm_inventory_release(struct vmm_inventory *inv);

/* The names of hosts, groups and label keys: letters, digits, . _ -, not first . or -, at most 253. */
int vmm_name_check(const char *what, const char *name, struct vmm_err *err);

/* The row of a host, or -1. */
long vmm_inventory_host(const struct vmm_inventory *inv, const char *name);

/*
 * Rows of hosts that the operands name, each once, in the order of the table: a name, a
 * range (h[1-40]), @GROUP. No operands: all hosts. An operand that names nothing is
 * VMM_ENOTFOUND. `rows` has room for vmm_table_rows(inv->hosts).
 */
int vmm_inventory_hosts(const struct vmm_inventory *inv, const struct vmm_strv *operands,
			size_t *rows, size_t *n, struct vmm_err *err);

/*
 * The VM that a selector means: UUID, NAME or HOST/NAME. A known UUID means that VM, whatever
 * others are called: no name keeps anybody from naming it. NAME is taken as it stands and
 * also, if it can be, percent-decoded (as a terminal shows it); if that and the plain
 * reading mean different VMs, or several hosts have the name, the answer is VMM_EREFUSED
 * "ambiguous" with the candidates as HOST/NAME (UUID). Nothing: VMM_ENOTFOUND.
 */
int vmm_inventory_find_vm(const struct vmm_inventory *inv, const char *selector, size_t *row,
			  struct vmm_err *err);

/*
 * The conditions of vm-list; NULL or an empty list: any. `names` are shell patterns (fnmatch),
 * tried on the name as it is and as a terminal shows it.
 */
struct vmm_vm_filter {
	const struct vmm_strv *hosts, *groups, *states, *names;
};
bool vmm_inventory_match(const struct vmm_inventory *inv, size_t vm_row,
			 const struct vmm_vm_filter *filter);
/*
 * The rows of inv->vms that match, ordered by host, then name; `rows` has room for
 * vmm_table_rows(inv->vms). Returns how many.
 */
size_t vmm_inventory_select(const struct vmm_inventory *inv, const struct vmm_vm_filter *filter,
			    size_t *rows);
/* The group of the VM's host, "" if the host is not declared. */
const char *vmm_inventory_group(const struct vmm_inventory *inv, size_t vm_row);

/*
 * Declares a host: `row` is the first row of a table with the columns above (at least
 * name and uri); a column it does not have stays empty. Refused (VMM_EREFUSED): the name is
 * taken; another host has the same uri, or the same uuid (if it has one) and hypervisor.
 * URIs are checked (uri.h: VMM_EINPUT). With dry_run all is checked and nothing changed. *added,
 * where not NULL, gets the row as it is recorded (the caller's).
 */
int vmm_inventory_add_host(struct vmm_store *st, const struct vmm_table *row, bool dry_run,
			   struct vmm_table **added, struct vmm_err *err);
/* Removes it, the VMs last seen on it and its place (group/state.h); other VMs lose it from `also`. */
int vmm_inventory_rm_host(struct vmm_store *st, const char *name, struct vmm_err *err);
/*
 * Sets the declared columns that `row` has, but not the name; its columns `label` (a list of
 * KEY=VALUE) and `unlabel` (of KEY) change single labels. The checks of add_host hold, that for
 * another host with the same identity when the uri changes. vmm_inventory_declare() is the
 * pure function behind it.
 */
int vmm_inventory_declare(struct vmm_table *hosts, const char *name, const struct vmm_table *row,
			  struct vmm_err *err);
int vmm_inventory_set_host(struct vmm_store *st, const char *name, const struct vmm_table *row,
			   struct vmm_err *err);

/* Forgets a VM that was taken away from its host, unless it was seen on another one as well. */
int vmm_inventory_rm_vm(struct vmm_store *st, const char *uuid, const char *host,
			struct vmm_err *err);

/*
 * Labels: what people say about a host, as the list cell "disk=ssd,rack=7" sorted by key. Keys
 * are names (vmm_name_check), values any text, also none. Both write to the empty buffer `out`
 * the list `old` with one label ("KEY=VALUE") set, or with the one of that key taken out.
 */
int vmm_labels_set(const char *old, const char *label, struct vmm_buf *out, struct vmm_err *err);
int vmm_labels_unset(const char *old, const char *key, struct vmm_buf *out, struct vmm_err *err);

/*
 * What a visit to one host found. `host` has one row: the seen columns of hosts. `vms` has
 * a row a VM: uuid name state vcpus mem guest … and `details` "yes" where the detail columns
 * (disks nics addresses snapshots guest template image) are filled in. Not answered: both NULL, and `code`
 * (VMM_EAGAIN; VMM_EINPUT or VMM_EREFUSED where another try is no use: its URI or auth file)
 * and `error` say why.
 *
 * `at` is when the visit began. A row that was seen later than that, by a command that was
 * faster, is not overwritten: the newest sighting wins. `partial` is for a look at some VMs
 * only (after a migration, say): the host's own row and its other VMs are left alone.
 */
struct vmm_sighting {
	const char *name;
	const char *at; /* NULL: now */
	bool answered, partial;
	enum vmm_code code;
	const char *error;
	const struct vmm_table *host, *vms;
};

/*
 * Brings the inventory up to date with the sightings (one a host; of two the last counts).
 * What changed is appended to *diff when diff is not NULL (columns change host name uuid old
 * new error). First the hosts that fell silent (lost, with the reason in error) or answer
 * again (back); then the VMs: new gone moved renamed started stopped, or state for any other
 * change of state, a row for each, in the order of uuid and then of this list. A sighting of a host that is
 * not declared any more is ignored. vmm_inventory_apply() is the pure function behind it; when
 * it fails the tables are half done and are to be thrown away.
 */
int vmm_inventory_apply(struct vmm_table *hosts, struct vmm_table *vms,
			const struct vmm_sighting *seen, size_t n, const char *now,
			struct vmm_table *diff, struct vmm_err *err);
int vmm_inventory_update(struct vmm_store *st, const struct vmm_sighting *seen, size_t n,
			 struct vmm_table *diff, struct vmm_err *err);

#endif
