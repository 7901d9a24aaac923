/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Host keys that nobody else has: those of the image are the same on every machine made of it. The new
 * ones are made in memory and reported, so that the first ssh to the machine knows whom it talks to.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"

static int remove_old(int folder, struct vmm_err *err)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return vmm_err_errno(err, "cannot read the new system's etc/ssh");
	for (struct dirent *e; ret == 0 && (e = readdir(dir));)
		if (strncmp(e->d_name, "ssh_host_", 9) == 0 && unlinkat(folder, e->d_name, 0) < 0)
			ret = vmm_err_errno(err, "cannot remove 'etc/ssh/%s'", e->d_name);
	closedir(dir);
	return ret;
}

static int read_whole(const char *path, char *text, size_t size, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n < 0)
		vmm_err_errno(err, "cannot read '%s'", path);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? err->code : 0;
}

static int write_whole(int folder, const char *name, const char *text, unsigned mode,
		       struct vmm_err *err)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int ret;

	if (fd < 0)
		return vmm_err_errno(err, "cannot make 'etc/ssh/%s'", name);
	ret = agent_pwrite(fd, text, strlen(text), 0, err);
	if (ret == 0 && fchmod(fd, mode) < 0)
		ret = vmm_err_errno(err, "cannot make 'etc/ssh/%s'", name);
	close(fd);
	return ret;
}

static int move_key(int folder, const char *from, const char *name, unsigned mode, char *text,
		    size_t size, struct vmm_err *err)
{
	int ret = read_whole(from, text, size, err);

	if (ret == 0)
		ret = write_whole(folder, name, text, mode, err);
	unlink(from);
	return ret;
}

static int make_key(struct agent *a, int folder, const char *type, struct vmm_err *err)
{
	VMM_STR_AUTO secret = NULL;
	VMM_STR_AUTO public = NULL;
	char text[4096], name[40], name_pub[48];
	int ret;

	snprintf(name, sizeof(name), "ssh_host_%s_key", type);
	snprintf(name_pub, sizeof(name_pub), "%s.pub", name);
	if (asprintf(&secret, "%s/%s", a->at.work, name) < 0)
		secret = NULL;
	if (asprintf(&public, "%s/%s", a->at.work, name_pub) < 0)
	public = NULL;
	if (!secret || !public)
		return vmm_err_nomem(err);
	const char *argv[] = { "ssh-keygen", "-q", "-t", type,   "-N", "",
			       "-C",         "",   "-f", secret, NULL };
	ret = agent_run(a, argv, NULL, NULL, err);
	if (ret == 0)
		ret = move_key(folder, secret, name, 0600, text, sizeof(text), err);
	explicit_bzero(text, sizeof(text));
	if (ret == 0)
		ret = move_key(folder, public, name_pub, 0644, text, sizeof(text), err);
	text[strcspn(text, "\n")] = '\0';
	/* The comment is empty, the blank in front of it is there. */
	for (size_t n = strlen(text); n > 0 && text[n - 1] == ' ';)
		text[--n] = '\0';
	if (ret == 0)
		agent_event(a, "hostkey", text);
	return ret;
}

int agent_host_keys(struct agent *a, struct vmm_err *err)
{
	static const char *const types[] = { "ed25519", "ecdsa" };
	int folder = agent_root_open(a, "etc/ssh", O_RDONLY | O_DIRECTORY, 0), ret;

	if (folder < 0 && errno == ENOENT) {
		agent_log(a, "the image has no ssh server");
		return 0;
	}
	if (folder < 0)
		return vmm_err_errno(err, "cannot open the new system's etc/ssh");
	ret = remove_old(folder, err);
	for (size_t i = 0; ret == 0 && i < 2; i++)
		ret = make_key(a, folder, types[i], err);
	close(folder);
	return ret < 0 ? vmm_err_prefix(err, "cannot make host keys") : 0;
}
