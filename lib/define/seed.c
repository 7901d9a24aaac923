/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a seed. */
#include <stdlib.h>
#include <string.h>

#include "define/internal.h"

static int add_file(struct vmm_seed *seed, const char *name, char *text, struct vmm_err *err)
{
	if (!text)
		return vmm_err_nomem(err);
	seed->files[seed->n].name = name;
	seed->files[seed->n++].text = text;
	return 0;
}

/* The profile's text, else what stands in `otherwise`. */
static int add_yaml(struct vmm_seed *seed, const char *name, const struct vmm__text *text,
		    const struct vmm__vars *vars, struct vmm_buf *otherwise, struct vmm_err *err)
{
	char *out = NULL;
	int code;

	if (!text->text)
		return add_file(seed, name, vmm_buf_steal(otherwise), err);
	code = vmm__yaml_render(text, vars, &out, err);
	return code ? code : add_file(seed, name, out, err);
}

bool vmm_define_seeds_network(const struct vmm_template *t)
{
	return t->guest.kind == VMM_GUEST_CLOUD_INIT && !t->files->network_config.text;
}

static int cloud_init(struct vmm_seed *seed, const struct vmm_template *t,
		      const struct vmm_instance *vm, const struct vmm__vars *vars,
		      struct vmm_err *err)
{
	VMM_BUF_AUTO user = VMM_BUF_INIT;
	VMM_BUF_AUTO meta = VMM_BUF_INIT;
	VMM_BUF_AUTO network = VMM_BUF_INIT;
	const struct vmm__definitions *f = t->files;
	int code;

	vmm__default_user_data(&user, t, vars);
	vmm__default_meta_data(&meta, vars);
	vmm__default_network(&network, t, vm);
	seed->label = "cidata";
	code = add_yaml(seed, "meta-data", &f->meta_data, vars, &meta, err);
	if (!code)
		code = add_yaml(seed, "network-config", &f->network_config, vars, &network, err);
	if (!code)
		code = add_yaml(seed, "user-data", &f->user_data, vars, &user, err);
	return code;
}

/* Windows looks for the one when it is installed, for the other when an image is specialized. */
static int unattend(struct vmm_seed *seed, const struct vmm_template *t,
		    const struct vmm__vars *vars, struct vmm_err *err)
{
	char *xml = NULL;
	int code = vmm__xml_render(&t->files->unattend, vars, &xml, err);

	if (code)
		return code;
	seed->label = "unattend";
	code = add_file(seed, "autounattend.xml", xml, err);
	return code ? code : add_file(seed, "unattend.xml", strdup(xml), err);
}

int vmm_define_seed(const struct vmm_template *t, const struct vmm_instance *vm,
		    struct vmm_seed *out, struct vmm_err *err)
{
	struct vmm__vars vars = { NULL };
	VMM_SEED_AUTO seed = { 0 };
	int code = 0;

	if (t->guest.kind != VMM_GUEST_PLAIN)
		code = vmm__vars_fill(&vars, t, vm, err);
	if (!code && t->guest.kind == VMM_GUEST_CLOUD_INIT)
		code = cloud_init(&seed, t, vm, &vars, err);
	else if (!code && t->guest.kind == VMM_GUEST_UNATTEND)
		code = unattend(&seed, t, &vars, err);
	vmm__vars_release(&vars);
	if (code)
		return code;
	*out = seed;
	seed.n = 0;
	return 0;
}

void vmm_seed_release(struct vmm_seed *seed)
{
	for (size_t i = 0; i < seed->n; i++)
		free(seed->files[i].text);
	seed->n = 0;
}
