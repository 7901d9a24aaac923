/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes a system that one machine, taken out of a copy of its disk, by libguestfs's programs: each
 * looks at it from inside a small machine of its own, for nobody knows what a guest has left there.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "provision/internal.h"
#include "virt/xmlread.h"

#define RAW "--format=raw" /* in one word: some take it only so */

/* Accounts and their keys stay. */
#define OPERATIONS                                                                     \
	"abrt-data,bash-history,blkid-tab,crash-data,cron-spool,customize,"            \
	"dhcp-client-state,dhcp-server-state,kerberos-hostkeytab,logfiles,machine-id," \
	"mail-spool,net-hostname,net-hwaddr,pacct-log,package-manager-cache,"          \
	"passwd-backups,rh-subscription-manager,rhn-systemid,samba-db-log,smolt-uuid," \
	"ssh-hostkeys,sssd-db-log,tmp-files,udev-persistent-net,utmp,yum-uuid"

/* What those don't know of. systemd takes D-Bus's machine-id where its own is empty. */
static const char *const paths[] = {
	"/var/lib/cloud/*",
	"/var/lib/dbus/machine-id",
	"/var/lib/systemd/random-seed",
	"/var/lib/systemd/credential.secret",
	"/var/lib/NetworkManager/*",
	"/etc/hostname",
	"/etc/netplan/50-cloud-init.yaml",
	"/etc/network/interfaces.d/50-cloud-init*",
	"/etc/systemd/network/10-cloud-init-*",
	"/etc/NetworkManager/system-connections/cloud-init-*",
};
#define PATHS (sizeof(paths) / sizeof(*paths))

int vmm__generalize_ready(struct vmm__capture *c)
{
	static const char *const programs[] = { "virt-inspector", "virt-sysprep", "virt-sparsify",
						"virt-cat" };

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		const char *argv[] = { programs[i], "--version", NULL };
		struct vmm_spawn what = VMM_SPAWN_INIT;
		VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;

		what.argv = argv;
		what.limit_ms = 10000;
		if (vmm_spawn(&what, &got, &c->err) < 0)
			return vmm_err_prefix(&c->err, "libguestfs's programs are needed");
	}
	return 0;
}

/* ---- what is on it ---- */

static char *text_of(xmlNodePtr os, const char *name)
{
	xmlNodePtr node = vmm__xml_child(os, name);
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	char *ret = strdup(text ? (const char *)text : "");

	xmlFree(text);
	return ret;
}

static int read_os(struct vmm__capture *c, xmlNodePtr os, bool *windows)
{
	VMM_STR_AUTO type = text_of(os, "name");
	VMM_STR_AUTO osinfo = text_of(os, "osinfo");
	VMM_STR_AUTO distro = text_of(os, "distro");

	if (!type || !osinfo || !distro)
		return vmm_err_nomem(&c->err);
	*windows = strcmp(type, "windows") == 0;
	if (!*windows && strcmp(type, "linux") != 0)
		return vmm_err_set(&c->err, VMM_EREFUSED,
				   "on its disk is a system of type '%s', which can't be generalized; "
				   "--keep-identity takes it as it is",
				   type);
	c->os = strdup(*osinfo && strcmp(osinfo, "unknown") != 0 ? osinfo
		       : *distro                                 ? distro
								 : type);
	return c->os ? 0 : vmm_err_nomem(&c->err);
}

static int read_inspection(struct vmm__capture *c, const char *xml, bool *windows)
{
	xmlDocPtr doc = vmm__xml_read("what virt-inspector says", xml, &c->err);
	xmlNodePtr os;
	int ret;

	if (!doc)
		return c->err.code = VMM_EFAIL;
	os = vmm__xml_child(xmlDocGetRootElement(doc), "operatingsystem");
	if (!os)
		ret = vmm_err_set(&c->err, VMM_EREFUSED,
				  "no system was found on its disk; --keep-identity takes it as it is");
	else if (vmm__xml_next(os, "operatingsystem"))
		ret = vmm_err_set(&c->err, VMM_EREFUSED, "there are several systems on its disk");
	else
		ret = read_os(c, os, windows);
	xmlFreeDoc(doc);
	return ret;
}

static int inspect(struct vmm__capture *c, bool *windows)
{
	const char *argv[] = {
		"virt-inspector", "--no-applications", "--no-icon", RAW, "-a", c->file, NULL
	};
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;

	if (vmm__capture_run(c, argv, &got) < 0)
		return c->err.code;
	return read_inspection(c, got.out.data, windows);
}

/* ---- Windows ---- */

/* The bytes of text that are ASCII: the file may be UTF-16. */
static void plain(struct vmm_buf *out, const struct vmm_buf *in)
{
	for (size_t i = 0; i < in->len; i++)
		if (isprint((unsigned char)in->data[i]))
			vmm_buf_addc(out, in->data[i]);
}

/* Sysprep's marks of success stay when the system has been started again; this state doesn't. */
static int check_windows(struct vmm__capture *c)
{
	const char *argv[] = { "virt-cat", RAW, "-a", c->file, "/Windows/Setup/State/State.ini",
			       NULL };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	VMM_BUF_AUTO text = VMM_BUF_INIT;
	int ret = vmm__capture_run(c, argv, &got);

	if (ret < 0 && !(got.err.len && strstr(got.err.data, "No such file or directory")))
		return ret;
	plain(&text, &got.out);
	if (text.failed)
		return vmm_err_nomem(&c->err);
	if (ret == 0 && strstr(text.data, "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"))
		return 0;
	return vmm_err_set(&c->err, VMM_EREFUSED,
			   "it is a Windows, and Sysprep was not the last that ran there: "
			   "sysprep /generalize /oobe /shutdown");
}

/* ---- Linux ---- */

/* The operation customize sets the machine-id that the other one has emptied: once more, empty. */
static int sysprep(struct vmm__capture *c)
{
	const char *argv[12 + 2 * PATHS] = { "virt-sysprep", "--quiet", "--operations",
					     OPERATIONS,     RAW,       "-a",
					     c->file,        "--write", "/etc/machine-id:" };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;
	size_t n = 9;

	for (size_t i = 0; i < PATHS; i++) {
		argv[n++] = "--delete";
		argv[n++] = paths[i];
	}
	return vmm__capture_run(c, argv, &got);
}

/* What was removed is still there in blocks that no file has, keys too; this gives them back. */
static int trim(struct vmm__capture *c)
{
	const char *argv[] = { "virt-sparsify", "--quiet", "--in-place", RAW, c->file, NULL };
	VMM_SPAWNED_AUTO got = VMM_SPAWNED_INIT;

	return vmm__capture_run(c, argv, &got);
}

int vmm__generalize(struct vmm__capture *c)
{
	bool windows = false;
	int ret = inspect(c, &windows);

	if (ret == 0 && windows)
		return check_windows(c);
	if (ret == 0)
		ret = sysprep(c);
	return ret == 0 ? trim(c) : ret;
}
