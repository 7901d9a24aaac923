/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files by which a new system learns who it is. */
#include <stdlib.h>
#include <string.h>

#include "deploy/internal.h"

#define UNITS "etc/systemd/system/"
#define SCRIPTS "etc/vmm/"

void vmm__files_take(struct vmm__files *files, const char *path, unsigned mode, struct vmm_buf *text)
{
	struct vmm__file f = { .path = strdup(path),
			       .text = vmm_buf_steal(text),
			       .link = mode == 0,
			       .mode = mode ? mode : 0777 };

	if (files->n == files->cap) {
		size_t cap = files->cap ? files->cap * 2 : 16;
		struct vmm__file *more = reallocarray(files->f, cap, sizeof(*more));

		if (more) {
			files->f = more;
			files->cap = cap;
		}
	}
	if (!f.path || !f.text || files->n == files->cap) {
		files->failed = true;
		free(f.path);
		free(f.text);
		return;
	}
	files->f[files->n++] = f;
}

void vmm__files_add(struct vmm__files *files, const char *path, unsigned mode, const char *text)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_adds(&b, text);
	vmm__files_take(files, path, mode, &b);
}

void vmm__files_release(struct vmm__files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->f[i].path);
		free(files->f[i].text);
	}
	free(files->f);
	*files = (struct vmm__files){ NULL };
}

/* ---- names ---- */

static const char *first_address(const struct vmm_profile *p, const struct vmm_machine *m)
{
	for (size_t i = 0; i < p->nlinks; i++)
		if (m->places[i].ip4.address)
			return m->places[i].ip4.address;
	for (size_t i = 0; i < p->nlinks; i++)
		if (m->places[i].ip6.address)
			return m->places[i].ip6.address;
	return "127.0.1.1";
}

static void add_names(const struct vmm_profile *p, const struct vmm_machine *m,
		      struct vmm__files *files)
{
	VMM_BUF_AUTO hostname = VMM_BUF_INIT;
	VMM_BUF_AUTO hosts = VMM_BUF_INIT;

	vmm_buf_addf(&hostname, "%s\n", m->name);
	vmm_buf_adds(&hosts, "127.0.0.1 localhost\n"
			     "::1 localhost ip6-localhost ip6-loopback\n");
	vmm_buf_addf(&hosts, "%s ", first_address(p, m));
	if (*p->domain)
		vmm_buf_addf(&hosts, "%s.%s ", m->name, p->domain);
	vmm_buf_addf(&hosts, "%s\n", m->name);
	vmm__files_take(files, "etc/hostname", 0644, &hostname);
	vmm__files_take(files, "etc/hosts", 0644, &hosts);
}

static void add_zone(const struct vmm_profile *p, struct vmm__files *files)
{
	VMM_BUF_AUTO zone = VMM_BUF_INIT;
	VMM_BUF_AUTO link = VMM_BUF_INIT;

	if (!*p->timezone)
		return;
	vmm_buf_addf(&zone, "%s\n", p->timezone);
	vmm_buf_addf(&link, "../usr/share/zoneinfo/%s", p->timezone);
	vmm__files_take(files, "etc/localtime", 0, &link);
	vmm__files_take(files, "etc/timezone", 0644, &zone);
}

/* For a system without systemd-resolved; one that has it takes them from its networks. */
static void add_dns(const struct vmm_profile *p, const struct vmm_machine *m, struct vmm__files *files)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;
	size_t n = 0;

	if (*p->domain)
		vmm_buf_addf(&b, "search %s\n", p->domain);
	for (size_t i = 0; i < 2 * p->nlinks; i++) {
		const struct vmm_machine_place *at = &m->places[i / 2];
		const struct vmm_strv *dns = i % 2 ? at->ip6.dns : at->ip4.dns;

		for (size_t k = 0; dns && k < dns->n; k++, n++)
			vmm_buf_addf(&b, "nameserver %s\n", dns->s[k]);
	}
	if (n)
		vmm__files_take(files, "etc/resolv.conf", 0644, &b);
}

/* ---- users ---- */

static void add_keys(const struct vmm_profile *p, const char *path, struct vmm__files *files)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	for (size_t i = 0; i < p->ssh_keys.n; i++)
		vmm_buf_addf(&b, "%s\n", p->ssh_keys.s[i]);
	if (p->ssh_keys.n)
		vmm__files_take(files, path, 0600, &b);
}

static void enable(struct vmm__files *files, const char *target, const char *unit, const char *file)
{
	VMM_BUF_AUTO path = VMM_BUF_INIT;

	vmm_buf_addf(&path, UNITS "%s.wants/%s", target, unit);
	files->failed |= path.failed;
	vmm__files_add(files, path.data, 0, file);
}

/* A number for a new user is the system's to give: it makes the user when it first starts. */
static void add_user(const struct vmm_profile *p, struct vmm__files *files)
{
	VMM_BUF_AUTO sudoers = VMM_BUF_INIT;
	VMM_BUF_AUTO path = VMM_BUF_INIT;
	VMM_BUF_AUTO script = VMM_BUF_INIT;

	if (strcmp(p->user, "root") == 0) {
		add_keys(p, "root/.ssh/authorized_keys", files);
		return;
	}
	vmm_buf_addf(&path, "etc/sudoers.d/vmm-%s", p->user);
	vmm_buf_addf(&sudoers, "%s ALL=(ALL) NOPASSWD:ALL\n", p->user);
	vmm__files_take(files, path.data, 0440, &sudoers);
	add_keys(p, SCRIPTS "authorized_keys", files);
	vmm_buf_addf(&script,
		     "#!/bin/sh -e\n"
		     "id -u %1$s >/dev/null 2>&1 || useradd -m -s /bin/bash %1$s\n"
		     "home=$(getent passwd %1$s | cut -d: -f6)\n"
		     "mkdir -p \"$home/.ssh\"\n"
		     "test ! -e /etc/vmm/authorized_keys || cp /etc/vmm/authorized_keys \"$home/.ssh/\"\n"
		     "chmod -R go= \"$home/.ssh\"\n"
		     "chown -R %1$s: \"$home/.ssh\"\n",
		     p->user);
	vmm__files_take(files, SCRIPTS "user", 0700, &script);
	vmm__files_add(files, UNITS "vmm-user.service", 0644,
		       "[Unit]\n"
		       "Description=User of this machine\n"
		       "ConditionPathExists=!/var/lib/vmm/user\n"
		       "Before=ssh.service sshd.service\n"
		       "\n"
		       "[Service]\n"
		       "Type=oneshot\n"
		       "StateDirectory=vmm\n"
		       "ExecStart=/etc/vmm/user\n"
		       "ExecStartPost=touch /var/lib/vmm/user\n");
	enable(files, "multi-user.target", "vmm-user.service", "../vmm-user.service");
	files->failed |= path.failed;
}

static void add_first_boot(const struct vmm_machine *m, struct vmm__files *files)
{
	if (!m->first_boot)
		return;
	vmm__files_add(files, SCRIPTS "first-boot", 0700, m->first_boot);
	vmm__files_add(files, UNITS "vmm-first-boot.service", 0644,
		       "[Unit]\n"
		       "Description=First boot of this machine\n"
		       "ConditionPathExists=!/var/lib/vmm/first-boot\n"
		       "Wants=network-online.target\n"
		       "After=network-online.target vmm-user.service\n"
		       "\n"
		       "[Service]\n"
		       "Type=oneshot\n"
		       "StateDirectory=vmm\n"
		       "ExecStart=/etc/vmm/first-boot\n"
		       "ExecStartPost=touch /var/lib/vmm/first-boot\n");
	enable(files, "multi-user.target", "vmm-first-boot.service", "../vmm-first-boot.service");
}

int vmm__custom_files(const struct vmm_profile *p, const struct vmm_machine *m,
		      struct vmm__files *files, struct vmm_err *err)
{
	add_names(p, m, files);
	add_zone(p, files);
	add_dns(p, m, files);
	add_user(p, files);
	add_first_boot(m, files);
	if (vmm__network_files(p, m, files, err) < 0)
		return err->code;
	enable(files, "multi-user.target", "systemd-networkd.service",
	       "/lib/systemd/system/systemd-networkd.service");
	enable(files, "network-online.target", "systemd-networkd-wait-online.service",
	       "/lib/systemd/system/systemd-networkd-wait-online.service");
	return files->failed ? vmm_err_nomem(err) : 0;
}

int vmm_profile_custom(const struct vmm_profile *p, const struct vmm_machine *m,
		       struct vmm_buf *tar, struct vmm_err *err)
{
	struct vmm__files files = { NULL };
	int code = vmm__custom_files(p, m, &files, err);

	if (!code)
		code = vmm__ustar(&files, tar, err);
	vmm__files_release(&files);
	return code;
}
