/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One VM, step by step: each step is in the journal before it is taken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>
#include <libvirt/virterror.h>

#include "base/buf.h"
#include "base/rows.h"
#include "provision/internal.h"
#include "virt/made.h"
#include "virt/virt.h"
#include "virt/xmlget.h"
#include "volume/volume.h"

int vmm__making_note(struct vmm__making *k)
{
	return vmm__what_note(k->st, k->intent, &k->what, &k->err);
}

static int begin(struct vmm__making *k)
{
	return vmm__what_begin(k->st, "create", k->what.name, &k->what, &k->intent, &k->err);
}

/* From the intent on nobody can remove it: it must not have gone before. */
static int check_image(struct vmm__making *k)
{
	VMM_IMAGE_AUTO now = VMM_IMAGE_INIT;
	VMM_BUF_AUTO spec = VMM_BUF_INIT;

	vmm_buf_addf(&spec, "%s:%s", k->image.name, k->image.version);
	if (spec.failed)
		return vmm_err_nomem(&k->err);
	if (vmm_image_find(k->st, spec.data, &now, &k->err) < 0)
		return k->err.code;
	if (strcmp(now.sha256, k->image.sha256) != 0)
		return vmm_err_set(&k->err, VMM_EAGAIN, "image '%s' was replaced just now",
				   spec.data);
	return 0;
}

#define SEED_MAX (64u << 20)

static int cancelled(struct vmm__making *k)
{
	if (!k->opt.cancel || k->opt.cancel->level < 2)
		return 0;
	return vmm_err_set(&k->err, VMM_ECANCEL, "aborted on request");
}

/* ---- disks and seed ---- */

/* NAME-UUID8-LABEL.FORMAT: nobody else makes one of this name. */
static char *volume_name(const struct vmm__making *k, const char *label, const char *format)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s-%.8s-%s.%s", k->what.name, k->what.uuid, label, format);
	return vmm_buf_steal(&b);
}

/* In the journal; the name is the caller's. */
static char *announce_volume(struct vmm__making *k, const char *pool, const char *label,
			     const char *format)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	char *name = volume_name(k, label, format);

	vmm_buf_addf(&b, "%s/%s", pool, name ? name : "");
	if (!name || b.failed || vmm_strv_add(&k->what.volumes, b.data) < 0) {
		vmm_err_nomem(&k->err);
		free(name);
		return NULL;
	}
	if (vmm__making_note(k) < 0) {
		free(name);
		return NULL;
	}
	return name;
}

/* The host said no, or has no such pool: what has this name there, if anything, is not ours. */
static int withdraw_volume(struct vmm__making *k)
{
	if (k->err.code == VMM_EREFUSED || k->err.code == VMM_ENOTFOUND) {
		struct vmm_err why = k->err;

		vmm_strv_del(&k->what.volumes, k->what.volumes.n - 1);
		vmm__making_note(k);
		k->err = why;
	}
	return k->err.code;
}

static struct vmm_volume_place place(const struct vmm__making *k, const char *pool)
{
	return (struct vmm_volume_place){ .st = k->st,
					  .conn = k->conn,
					  .host = k->what.host,
					  .pool = pool,
					  .cancel = k->opt.cancel,
					  .progress = k->opt.progress };
}

static uint64_t size_of(const struct vmm__making *k, size_t i)
{
	uint64_t size = k->t->disks[i].size;

	return i == 0 && size == 0 ? k->image.virtual_size : size;
}

static int make_disk(struct vmm__making *k, size_t i, char **path)
{
	const struct vmm_template_disk *d = &k->t->disks[i];
	const struct vmm_volume_place at = place(k, d->pool);
	VMM_STR_AUTO name = NULL;
	char label[32];
	int ret;

	snprintf(label, sizeof(label), "disk%zu", i);
	name = announce_volume(k, d->pool, *d->label ? d->label : label, d->format);
	if (!name)
		return k->err.code;
	if (i == 0)
		ret = vmm_volume_clone(&at, &k->image, k->base, name, size_of(k, i),
				       d->full ? d->format : NULL, &k->err);
	else
		ret = vmm_volume_make(&at, name, d->format, size_of(k, i), &k->err);
	if (ret < 0)
		return withdraw_volume(k);
	return vmm_volume_path(&at, name, path, &k->err);
}

/*
 * Noted before it is made, so its name can't be one that mkdtemp() chooses; nobody else foresees the UUID.
 */
static int make_scratch(struct vmm__making *k)
{
	const char *tmp = getenv("TMPDIR");
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_addf(&b, "%s/%s%s", tmp && *tmp == '/' ? tmp : P_tmpdir, VMM__SCRATCH, k->what.uuid);
	free(k->what.scratch);
	k->what.scratch = vmm_buf_steal(&b);
	if (!k->what.scratch)
		return vmm_err_nomem(&k->err);
	if (vmm__making_note(k) < 0)
		return k->err.code;
	if (mkdir(k->what.scratch, 0700) == 0)
		return 0;
	vmm_err_errno(&k->err, "cannot make folder '%s'", k->what.scratch);
	*k->what.scratch = '\0'; /* what is there is not ours */
	return k->err.code;
}

static int send_seed(struct vmm__making *k, const char *iso, char **path)
{
	const char *pool = k->t->disks[0].pool;
	const struct vmm_volume_place at = place(k, pool);
	VMM_STR_AUTO name = announce_volume(k, pool, "seed", "iso");
	VMM_STR_AUTO bytes = NULL;
	size_t n = 0;
	int fd, ret;

	if (!name)
		return k->err.code;
	fd = open(iso, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vmm_err_errno(&k->err, "cannot open '%s'", iso);
	ret = vmm_read_fd(iso, fd, SEED_MAX, &bytes, &n, &k->err);
	close(fd);
	if (ret < 0)
		return ret;
	if (vmm_volume_put(&at, name, bytes, n, &k->err) < 0)
		return withdraw_volume(k);
	return vmm_volume_path(&at, name, path, &k->err);
}

static int make_seed(struct vmm__making *k, const struct vmm_instance *vm, char **path)
{
	VMM_SEED_AUTO seed = { 0 };
	VMM_BUF_AUTO iso = VMM_BUF_INIT;

	if (vmm_define_seed(k->t, vm, &seed, &k->err) < 0)
		return k->err.code;
	if (seed.n == 0)
		return 0;
	if (make_scratch(k) < 0)
		return k->err.code;
	vmm_buf_addf(&iso, "%s/seed.iso", k->what.scratch);
	if (iso.failed)
		return vmm_err_nomem(&k->err);
	if (vmm_seed_iso(&seed, iso.data, k->opt.cancel, &k->err) < 0)
		return k->err.code;
	return send_seed(k, iso.data, path);
}

/* ---- the definition ---- */

/* kvm where the host has it for guests of this architecture, else qemu. */
static int choose_type(struct vmm__making *k, const char *arch, char **type, char **emulator)
{
	const char *const types[] = { "kvm", "qemu" };

	for (size_t i = 0; i < 2; i++) {
		VMM_STR_AUTO caps = virConnectGetDomainCapabilities(k->conn, NULL, arch,
								    *k->t->hardware.machine
									    ? k->t->hardware.machine
									    : NULL,
								    types[i], 0);

		if (!caps)
			continue;
		*type = strdup(types[i]);
		*emulator = vmm_xml_get(caps, "domainCapabilities/path");
		return *type ? 0 : vmm_err_nomem(&k->err);
	}
	return vmm_err_virt(&k->err, "host '%s' cannot run guests of '%s'", k->what.host, arch);
}

static int define(struct vmm__making *k, const struct vmm_instance *vm)
{
	VMM_STR_AUTO xml = NULL;

	k->what.begun = true;
	if (vmm_define_domain(k->t, vm, &xml, &k->err) < 0 || vmm__making_note(k) < 0)
		return k->err.code;
	k->dom = virDomainDefineXMLFlags(k->conn, xml, VIR_DOMAIN_DEFINE_VALIDATE);
	if (!k->dom)
		return vmm_err_virt(&k->err, "cannot define it on '%s'", k->what.host);
	if (k->opt.start && virDomainCreate(k->dom) < 0)
		return vmm_err_virt(&k->err, "cannot start it");
	return 0;
}

struct parts {
	struct vmm_instance vm;
	struct vmm_instance_disk *disks;
	char **paths;
	size_t n;
	struct vmm_buf image;
	char *seed, *type, *emulator, *arch;
	struct vmm__leases leases;
};

static void parts_release(struct parts *p)
{
	for (size_t i = 0; p->paths && i < p->n; i++)
		free(p->paths[i]);
	free(p->paths);
	free(p->disks);
	vmm_buf_release(&p->image);
	free(p->seed);
	free(p->type);
	free(p->emulator);
	free(p->arch);
	vmm__leases_release(&p->leases);
}

static int make_disks(struct vmm__making *k, struct parts *p)
{
	p->n = k->t->ndisks;
	p->disks = calloc(p->n, sizeof(*p->disks));
	p->paths = calloc(p->n, sizeof(*p->paths));
	if (!p->disks || !p->paths)
		return vmm_err_nomem(&k->err);
	for (size_t i = 0; i < p->n; i++) {
		if (cancelled(k) < 0 || make_disk(k, i, &p->paths[i]) < 0)
			return k->err.code;
		p->disks[i].path = p->paths[i];
		p->disks[i].block = strncmp(p->paths[i], "/dev/", 5) == 0;
	}
	p->vm.disks = p->disks;
	return 0;
}

static int make_all(struct vmm__making *k)
{
	struct parts p = { .vm = { .name = k->what.name,
				   .uuid = k->what.uuid,
				   .image_sha256 = k->image.sha256 },
			   .image = VMM_BUF_INIT };
	int ret;

	vmm_buf_addf(&p.image, "%s:%s", k->image.name, k->image.version);
	p.vm.image = p.image.data;

	p.arch = strdup(*k->t->hardware.arch ? k->t->hardware.arch : k->arch);
	ret = p.arch && !p.image.failed ? choose_type(k, p.arch, &p.type, &p.emulator)
					: vmm_err_nomem(&k->err);
	p.vm.arch = p.arch;
	p.vm.type = p.type;
	p.vm.emulator = p.emulator;
	if (ret == 0)
		ret = vmm__has_networks(k);
	if (ret == 0)
		ret = vmm__leases_take(k, &p.leases);
	p.vm.nics = p.leases.nics;
	if (ret == 0)
		ret = make_disks(k, &p);
	if (ret == 0)
		ret = make_seed(k, &p.vm, &p.seed);
	p.vm.seed = p.seed;
	if (ret == 0 && (ret = cancelled(k)) == 0)
		ret = define(k, &p.vm);
	parts_release(&p);
	return ret;
}

/* ---- one that is there already ---- */

/* One that is off because it is being moved must not be started in between: two of it would run. */
static int claim_and_start(struct vmm__making *k)
{
	uint64_t claim;
	int ret = vmm_intent_begin(k->st, VMM__START_OP, k->what.uuid, NULL, &claim, &k->err);

	if (ret < 0)
		return ret;
	if (virDomainCreate(k->dom) < 0)
		ret = vmm_err_virt(&k->err, "cannot start it");
	vmm_intent_end(k->st, claim, ret < 0 ? "failed" : "done", NULL);
	return ret;
}

/* It was made, but its start was not asked for then, or it was switched off since. */
static int start_again(struct vmm__making *k, const struct vmm_table *open)
{
	int active = virDomainIsActive(k->dom);

	if (active < 0)
		return vmm_err_virt(&k->err, "cannot look at it on '%s'", k->what.host);
	if (active) {
		k->already = true;
		return 0;
	}
	if (vmm_intent_check(open, k->what.uuid, &k->err) < 0)
		return k->err.code;
	return k->opt.dry_run ? 0 : claim_and_start(k);
}

/* What was asked for in so many words must not be answered by a VM that is otherwise. */
static int check_values(struct vmm__making *k, const struct vmm_made *made)
{
	uint64_t memory = (uint64_t)virDomainGetMaxMemory(k->dom) << 10;
	int vcpus =
		virDomainGetVcpusFlags(k->dom, VIR_DOMAIN_AFFECT_CONFIG | VIR_DOMAIN_VCPU_MAXIMUM);

	if (memory == 0 || vcpus < 0)
		return vmm_err_virt(&k->err, "cannot look at it on '%s'", k->what.host);
	if (k->asks_image && strcmp(made->image_sha256, k->image.sha256) != 0)
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "there is a VM of that name on '%s', made of image '%s'",
				   k->what.host, made->image);
	if (k->asks_memory && memory != k->t->hardware.memory)
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "there is a VM of that name on '%s', with %llu bytes of memory",
				   k->what.host, (unsigned long long)memory);
	if (k->asks_vcpus && (uint64_t)vcpus != k->t->hardware.vcpus)
		return vmm_err_set(&k->err, VMM_EREFUSED,
				   "there is a VM of that name on '%s', with %d processors",
				   k->what.host, vcpus);
	return 0;
}

static int compare(struct vmm__making *k)
{
	VMM_TABLE_AUTO *open = NULL;
	VMM_MADE_AUTO made = { 0 };
	VMM_STR_AUTO xml = NULL;

	/* One that is not whole yet may be taken back. */
	if (vmm_intent_list(k->st, &open, &k->err) < 0 ||
	    vmm_intent_check(open, k->what.name, &k->err) < 0)
		return k->err.code;
	k->dom = virDomainLookupByUUIDString(k->conn, k->what.uuid);
	xml = k->dom ? virDomainGetXMLDesc(k->dom, VIR_DOMAIN_XML_INACTIVE) : NULL;
	if (!xml)
		return vmm_err_virt(&k->err, "cannot look at it on '%s'", k->what.host);
	if (vmm_made_parse(xml, &made, &k->err) < 0 || strcmp(made.template, k->t->name) != 0)
		return vmm_err_set(
			&k->err, VMM_EREFUSED,
			"there is a VM of that name on '%s', and it was not made of this template",
			k->what.host);
	if (check_values(k, &made) < 0 ||
	    vmm__leases_list(k->st, k->what.uuid, &k->addresses, &k->err) < 0)
		return k->err.code;
	if (k->opt.start)
		return start_again(k, open);
	k->already = true;
	return 0;
}

/* What can't be taken back now is left to vmm-fsck: the intent stays open. */
static int take_back(struct vmm__making *k)
{
	struct vmm_err first = k->err, why;

	if (vmm__what_undo(k->st, k->conn, &k->what, NULL, &why) < 0)
		return vmm_err_set(&k->err, first.code,
				   "%s; it cannot be taken back now (%s): run vmm-fsck --repair",
				   first.text, why.text);
	vmm_intent_end(k->st, k->intent, "failed", NULL);
	k->intent = 0;
	return first.code;
}

int vmm__create(struct vmm__making *k)
{
	int ret;

	if (k->exists)
		return compare(k);
	if (begin(k) < 0)
		return k->err.code;
	ret = vmm__name_is_free(k);
	if (ret == 0)
		ret = check_image(k);
	if (ret == 0)
		ret = make_all(k);
	if (ret == 0)
		ret = vmm__record(k->st, k->dom, k->what.host, &k->err);
	if (ret < 0)
		return take_back(k);
	vmm__scratch_remove(k->what.scratch);
	vmm_intent_end(k->st, k->intent, "done", NULL);
	k->intent = 0;
	return 0;
}
