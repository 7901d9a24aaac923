/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What there is of a VM while it is made or removed: noted in the journal before it comes to be. */
#include <ftw.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rows.h"
#include "provision/internal.h"
#include "virt/virt.h"
#include "volume/volume.h"

void vmm__what_release(struct vmm__what *w)
{
	free(w->name);
	free(w->uuid);
	free(w->host);
	free(w->host_uuid);
	free(w->image);
	free(w->scratch);
	vmm_strv_release(&w->volumes);
	vmm_strv_release(&w->paths);
}

static void put(struct vmm_buf *b, const char *key, const char *value)
{
	vmm_json_member(b, b->len > 1, key, value ? value : "", VMM_TEXT);
}

static void put_list(struct vmm_buf *b, const char *key, const struct vmm_strv *items)
{
	VMM_BUF_AUTO cell = VMM_BUF_INIT;

	vmm_list_join(&cell, items);
	b->failed |= cell.failed;
	put(b, key, cell.data);
}

static char *detail_of(const struct vmm__what *w)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addc(&b, '{');
	put(&b, "vm", w->name);
	put(&b, "uuid", w->uuid);
	put(&b, "host", w->host);
	put(&b, "host_uuid", w->host_uuid);
	put(&b, "image", w->image);
	put(&b, "scratch", w->scratch);
	put(&b, "begun", w->begun ? "yes" : "no");
	put_list(&b, "volumes", &w->volumes);
	put_list(&b, "paths", &w->paths);
	vmm_buf_addc(&b, '}');
	return vmm_buf_steal(&b);
}

int vmm__what_begin(struct vmm_store *st, const char *op, const char *subject,
		    const struct vmm__what *w, uint64_t *intent, struct vmm_err *err)
{
	VMM_STR_AUTO detail = detail_of(w);

	return detail ? vmm_intent_begin(st, op, subject, detail, intent, err) : vmm_err_nomem(err);
}

int vmm__what_note(struct vmm_store *st, uint64_t intent, const struct vmm__what *w,
		   struct vmm_err *err)
{
	VMM_STR_AUTO detail = detail_of(w);

	return detail ? vmm_intent_note(st, intent, detail, err) : vmm_err_nomem(err);
}

static char *get(const struct vmm_table *t, const char *column)
{
	return strdup(vmm_table_at(t, 0, column));
}

int vmm__what_read(const char *detail, struct vmm__what *w, struct vmm_err *err)
{
	VMM_TABLE_AUTO *t = NULL;

	if (vmm_json_parse("journal", detail, strlen(detail), &t, err) < 0)
		return err->code;
	if (vmm_table_rows(t) != 1)
		return vmm_err_set(err, VMM_EINPUT, "journal: an intent without its detail");
	w->name = get(t, "vm");
	w->uuid = get(t, "uuid");
	w->host = get(t, "host");
	w->host_uuid = get(t, "host_uuid");
	w->image = get(t, "image");
	w->scratch = get(t, "scratch");
	w->begun = strcmp(vmm_table_at(t, 0, "begun"), "yes") == 0;
	if (!w->name || !w->uuid || !w->host || !w->host_uuid || !w->image || !w->scratch ||
	    vmm_list_split(&w->volumes, vmm_table_at(t, 0, "volumes")) < 0 ||
	    vmm_list_split(&w->paths, vmm_table_at(t, 0, "paths")) < 0)
		return vmm_err_nomem(err);
	return 0;
}

static int refuse_running(struct vmm_err *err)
{
	return vmm_err_set(err, VMM_EREFUSED, "it is running; --stop switches it off first");
}

static int switch_off(virDomainPtr dom, struct vmm_err *err)
{
	if (virDomainIsActive(dom) == 1 && virDomainDestroy(dom) < 0 &&
	    virDomainIsActive(dom) != 0 && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return vmm_err_virt(err, "cannot switch it off");
	return 0;
}

/* Undefined while it was being started it would run on, and be gone for good when it ends. */
static int restore_running(virDomainPtr dom, const char *xml, struct vmm_err *err)
{
	virDomainPtr again;

	if (virDomainIsActive(dom) != 1)
		return 0;
	again = virDomainDefineXML(virDomainGetConnect(dom), xml);
	if (!again)
		return vmm_err_virt(err, "it was started just now, and cannot be defined again");
	virDomainFree(again);
	return refuse_running(err);
}

int vmm__undefine(virDomainPtr dom, bool stop, struct vmm_err *err)
{
	const unsigned all = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
			     VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
			     VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM;
	VMM_STR_AUTO xml = NULL;

	if (stop && switch_off(dom, err) < 0)
		return err->code;
	if (!stop) {
		xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
		if (!xml)
			return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN
				       ? 0
				       : vmm_err_virt(err, "cannot look at it");
		if (virDomainIsActive(dom) != 0)
			return refuse_running(err);
	}
	if (virDomainUndefineFlags(dom, all) < 0 && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		return vmm_err_virt(err, "cannot remove its definition");
	return stop ? 0 : restore_running(dom, xml, err);
}

static int undo_domain(virConnectPtr conn, const char *uuid, struct vmm_err *err)
{
	virDomainPtr dom = virDomainLookupByUUIDString(conn, uuid);
	int ret;

	if (!dom)
		return virGetLastErrorCode() == VIR_ERR_NO_DOMAIN
			       ? 0
			       : vmm_err_virt(err, "cannot look for it");
	ret = vmm__undefine(dom, true, err);
	virDomainFree(dom);
	return ret;
}

int vmm__volumes_remove(struct vmm_store *st, virConnectPtr conn, const struct vmm__what *w,
			struct vmm_err *err)
{
	struct vmm_volume_place at = { .st = st, .conn = conn, .host = w->host };

	for (size_t i = 0; i < w->volumes.n; i++) {
		const char *slash = strchr(w->volumes.s[i], '/');
		VMM_STR_AUTO pool =
			slash ? strndup(w->volumes.s[i], (size_t)(slash - w->volumes.s[i])) : NULL;

		if (!pool)
			return vmm_err_set(err, VMM_EINPUT, "journal: bad volume '%s'",
					   w->volumes.s[i]);
		at.pool = pool;
		if (vmm_volume_remove(&at, slash + 1, err) < 0)
			return err->code;
	}
	for (size_t i = 0; i < w->paths.n; i++)
		if (vmm_volume_remove_path(conn, w->paths.s[i], err) < 0)
			return err->code;
	return 0;
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *where)
{
	(void)sb;
	(void)type;
	(void)where;
	return remove(path);
}

/* Only what looks like one of ours: the journal is a file that others may have had in hand. */
void vmm__scratch_remove(const char *scratch)
{
	const char *name = strrchr(scratch, '/');

	if (name && (strncmp(name + 1, VMM__SCRATCH, sizeof(VMM__SCRATCH) - 1) == 0 ||
		     strncmp(name + 1, VMM__CAPTURE, sizeof(VMM__CAPTURE) - 1) == 0))
		nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int vmm__what_undo(struct vmm_store *st, virConnectPtr conn, const struct vmm__what *w,
		   struct vmm_strv *addresses, struct vmm_err *err)
{
	vmm__scratch_remove(w->scratch);
	if (undo_domain(conn, w->uuid, err) < 0 || vmm__volumes_remove(st, conn, w, err) < 0)
		return err->code;
	return vmm__leases_return(st, w->uuid, addresses, err);
}
