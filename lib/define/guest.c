/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest OS profiles: how the guest learns who it is. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/percent.h"
#include "base/rows.h"
#include "define/internal.h"

#define TEXT_MAX (1u << 20)

static const char *const keys[] = {
	"include",
	"description",
	"kind",
	"user",
	"ssh-keys",
	"ssh-keys-file",
	"agent",
	"clock",
	"user-data",
	"user-data-file",
	"meta-data",
	"meta-data-file",
	"network-config",
	"network-config-file",
	"unattend",
	"unattend-file",
	NULL,
};
static const struct vmm_conf_form forms[] = { { .section = "", .keys = keys }, { .section = NULL } };
const struct vmm_conf_kind vmm__guests = { "guests", "guest profile", forms };

static const char *const kinds[] = { "plain", "cloud-init", "unattend", NULL };

/* FILE is relative to the definition that names it. */
static char *beside(const struct vmm_conf_entry *e)
{
	const char *slash = strrchr(e->file, '/');
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	if (slash && *e->value != '/')
		vmm_buf_add(&path, e->file, (size_t)(slash - e->file) + 1);
	vmm_buf_adds(&path, e->value);
	return vmm_buf_steal(&path);
}

static int read_file(const struct vmm_conf_entry *e, struct vmm__text *out, struct vmm_err *err)
{
	size_t len = 0;
	int fd, code;

	out->own_file = beside(e);
	if (!out->own_file)
		return vmm_err_nomem(err);
	fd = open(out->own_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return vmm_conf_at(e, vmm_err_errno(err, "cannot read '%s'", out->own_file), err);
	code = vmm_read_fd(out->own_file, fd, TEXT_MAX, &out->text, &len, err);
	close(fd);
	if (code)
		return vmm_conf_at(e, code, err);
	if (memchr(out->text, '\0', len) || !vmm_utf8_valid(out->text, len))
		return vmm_conf_wrong(e, err, "'%s' is no text in UTF-8", out->own_file);
	out->file = out->own_file;
	out->line = 1;
	return 0;
}

/* KEY holds the text, or KEY-file names a file with it. */
static int read_text(const struct vmm_conf_section *s, const char *key, const char *key_file,
		     struct vmm__text *out, struct vmm_err *err)
{
	const struct vmm_conf_entry *text = vmm_conf_find(s, key);
	const struct vmm_conf_entry *file = vmm_conf_find(s, key_file);

	if (text && file)
		return vmm_conf_wrong(file, err, "%s is given too, in %s:%zu", key, text->file,
				      text->line);
	if (file)
		return read_file(file, out, err);
	if (!text)
		return 0;
	out->text = strdup(text->value);
	out->file = text->file;
	out->line = text->text_line;
	return out->text ? 0 : vmm_err_nomem(err);
}

/* A key of the other kind would silently mean nothing. */
static int check_kind(const struct vmm_conf_section *s, enum vmm_guest_kind kind, struct vmm_err *err)
{
	static const struct {
		const char *key;
		enum vmm_guest_kind kind;
	} only[] = {
		{ "user-data", VMM_GUEST_CLOUD_INIT },
		{ "user-data-file", VMM_GUEST_CLOUD_INIT },
		{ "meta-data", VMM_GUEST_CLOUD_INIT },
		{ "meta-data-file", VMM_GUEST_CLOUD_INIT },
		{ "network-config", VMM_GUEST_CLOUD_INIT },
		{ "network-config-file", VMM_GUEST_CLOUD_INIT },
		{ "unattend", VMM_GUEST_UNATTEND },
		{ "unattend-file", VMM_GUEST_UNATTEND },
	};

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++) {
		const struct vmm_conf_entry *e = vmm_conf_find(s, only[i].key);

		if (e && only[i].kind != kind)
			return vmm_conf_wrong(e, err, "%s is for kind = %s, but this is kind = %s",
					      e->key, kinds[only[i].kind], kinds[kind]);
	}
	return 0;
}

static int check_texts(const struct vmm_template *t, const struct vmm_conf_section *s,
		       struct vmm_err *err)
{
	const struct vmm__text *user_data = &t->files->user_data;
	const struct vmm_conf_entry *kind = vmm_conf_find(s, "kind");

	if (t->guest.kind == VMM_GUEST_UNATTEND && !t->files->unattend.text)
		return vmm_conf_wrong(kind, err, "kind = unattend needs unattend or unattend-file");
	if (user_data->text && strncmp(user_data->text, "#cloud-config", 13) != 0)
		return vmm__text_wrong(user_data, 0, err,
				       "user-data must begin with the line '#cloud-config'");
	return 0;
}

static bool is_key(const char *line)
{
	static const char *const types[] = { "ssh-", "ecdsa-", "sk-", NULL };
	const char *blob = strchr(line, ' ');

	for (size_t i = 0; types[i]; i++)
		if (strncmp(line, types[i], strlen(types[i])) == 0)
			return blob && blob[1] && blob[1] != ' ';
	return false;
}

/* Public keys, one a line, as in authorized_keys; comments and blank lines are passed over. */
static int read_keys(struct vmm_strv *out, const struct vmm__text *text, struct vmm_err *err)
{
	VMM_STRV_AUTO lines = VMM_STRV_INIT;

	if (!text->text)
		return 0;
	if (vmm_strv_split(&lines, text->text, "\n") < 0)
		return vmm_err_nomem(err);
	for (size_t i = 0; i < lines.n; i++) {
		const char *line = lines.s[i] + strspn(lines.s[i], " \t");

		if (!*line || *line == '#')
			continue;
		if (!is_key(line))
			return vmm__text_wrong(text, i, err, "'%.40s' is no public key of ssh", line);
		if (vmm_strv_add(out, line) < 0)
			return vmm_err_nomem(err);
	}
	return 0;
}

int vmm_define_keys(const struct vmm_conf_section *s, struct vmm_strv *out, struct vmm_err *err)
{
	struct vmm__text text = { NULL };
	int code = read_text(s, "ssh-keys", "ssh-keys-file", &text, err);

	if (!code)
		code = read_keys(out, &text, err);
	free(text.text);
	free(text.own_file);
	return code;
}

static int read_user(struct vmm_guest *g, const struct vmm_conf_section *s, struct vmm_err *err)
{
	int code = vmm_define_keys(s, &g->ssh_keys, err);

	g->user = vmm_conf_text(s, "user", "");
	if (!code && *g->user && !vmm_conf_is_name(g->user))
		code = vmm_conf_wrong(vmm_conf_find(s, "user"), err, "'%s' is no user name", g->user);
	return code;
}

static int read_texts(struct vmm__definitions *f, const struct vmm_conf_section *s,
		      struct vmm_err *err)
{
	int code = read_text(s, "user-data", "user-data-file", &f->user_data, err);

	if (!code)
		code = read_text(s, "meta-data", "meta-data-file", &f->meta_data, err);
	if (!code)
		code = read_text(s, "network-config", "network-config-file", &f->network_config, err);
	if (!code)
		code = read_text(s, "unattend", "unattend-file", &f->unattend, err);
	return code;
}

int vmm__guest_read(struct vmm_template *t, struct vmm_err *err)
{
	static const char *const clocks[] = { "utc", "localtime", NULL };
	const struct vmm_conf_section *s = vmm_conf_top(&t->files->guest);
	size_t kind = VMM_GUEST_CLOUD_INIT, clock;
	int code = vmm_conf_word(s, "kind", kinds, &kind, err);

	if (code)
		return code;
	t->guest.kind = (enum vmm_guest_kind)kind;
	t->guest.agent = true;
	clock = kind == VMM_GUEST_UNATTEND;
	code = check_kind(s, t->guest.kind, err);
	if (!code)
		code = vmm_conf_word(s, "clock", clocks, &clock, err);
	t->guest.localtime = clock;
	if (!code)
		code = vmm_conf_bool(s, "agent", &t->guest.agent, err);
	if (!code)
		code = read_user(&t->guest, s, err);
	if (!code)
		code = read_texts(t->files, s, err);
	return code ? code : check_texts(t, s, err);
}
