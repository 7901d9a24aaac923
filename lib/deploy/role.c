/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A role: a script that is run on the machine by ssh, and certificates. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rows.h"
#include "deploy/internal.h"
#include "ssh/ssh.h"

#define SCRIPT_MAX ((size_t)1 << 20)
#define PUT_MS 60000
#define TAIL 500

/* ---- where it is ---- */

static int read_text(const char *path, char **text, size_t *len, struct vmm_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;

	if (fd < 0 && errno == ENOENT)
		return VMM_ENOTFOUND;
	if (fd < 0)
		return vmm_err_unreadable(err, "cannot read '%s'", path);
	code = vmm_read_fd(path, fd, SCRIPT_MAX, text, len, err);
	close(fd);
	return code;
}

/* The folder of this program. */
static int program_folder(struct vmm_buf *out)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return -1;
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	vmm_buf_adds(out, path);
	return 0;
}

/* Those that come with vmm-utils: where it is installed, or in its sources. */
static const char *const places[] = { "../share/vmm-utils/roles", "../../share/roles" };

int vmm__role_read(const char *conf, const char *role, char **text, struct vmm_err *err)
{
	VMM_BUF_AUTO own = VMM_BUF_INIT;
	VMM_BUF_AUTO folder = VMM_BUF_INIT;
	size_t len;
	int code;

	vmm_buf_addf(&own, "%s/roles/%s", conf, role);
	if (own.failed)
		return vmm_err_nomem(err);
	code = read_text(own.data, text, &len, err);
	if (code != VMM_ENOTFOUND || program_folder(&folder) < 0)
		return code;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && code == VMM_ENOTFOUND; i++) {
		VMM_BUF_AUTO path = VMM_BUF_INIT;

		vmm_buf_addf(&path, "%s/%s/%s", folder.data, places[i], role);
		if (path.failed)
			return vmm_err_nomem(err);
		code = read_text(path.data, text, &len, err);
	}
	return code == VMM_ENOTFOUND
		       ? vmm_err_set(err, code, "no role '%s': no file '%s'", role, own.data)
		       : code;
}

/* ---- running it ---- */

static bool is_root(const struct vmm__role *r)
{
	return strcmp(r->user, "root") == 0;
}

/* The profile's variables, before the script itself. */
static void add_vars(const struct vmm__role *r, struct vmm_buf *out)
{
	const struct vmm_conf_section *vars = r->p ? r->p->vars : NULL;

	vmm_buf_adds(out, "name=");
	vmm_ssh_quote(out, r->host);
	vmm_buf_addc(out, '\n');
	for (size_t i = 0; vars && i < vars->n; i++) {
		vmm_buf_addf(out, "%s=", vars->entries[i].key);
		vmm_ssh_quote(out, vars->entries[i].value);
		vmm_buf_addc(out, '\n');
	}
}

static int run(struct vmm_ssh *s, const struct vmm_ssh_command *what, const char *name,
	       struct vmm_buf *out, struct vmm_err *err)
{
	VMM_SSH_DONE_AUTO got = VMM_SSH_DONE_INIT;
	VMM_BUF_AUTO tail = VMM_BUF_INIT;
	int code = vmm_ssh_run(s, what, &got, err);

	vmm_buf_add(out, got.out.data, got.out.len);
	vmm__tail_line(got.out.data, got.out.len, TAIL, &tail);
	if (code == VMM_ECANCEL)
		return code;
	if (code < 0)
		return vmm_err_prefix(err, "%s%s%s", name, tail.len ? " has printed: " : "",
				      tail.data);
	if (got.status != 0)
		return vmm_err_set(err, VMM_EFAIL, "%s ended with %d: %s", name, got.status,
				   tail.data);
	return 0;
}

static int run_script(struct vmm_ssh *s, const struct vmm__role *r, struct vmm_buf *out,
		      struct vmm_err *err)
{
	struct vmm_ssh_command what = { .line = is_root(r) ? "sh -s" : "sudo -n sh -s",
					.limit_ms = r->limit_ms };
	VMM_BUF_AUTO in = VMM_BUF_INIT;
	VMM_BUF_AUTO name = VMM_BUF_INIT;

	add_vars(r, &in);
	vmm_buf_adds(&in, r->text);
	vmm_buf_addf(&name, "role %s", r->name);
	if (in.failed || name.failed)
		return vmm_err_nomem(err);
	what.in = in.data;
	what.in_len = in.len;
	return run(s, &what, name.data, out, err);
}

/* ---- certificates ---- */

/* "${name}" is the machine's; relative to the profile's folder. */
static char *path_of(const struct vmm__role *r, const char *value)
{
	static const char var[] = "${name}";
	const char *slash = strrchr(r->p->file, '/'), *at;
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	if (*value != '/' && slash)
		vmm_buf_add(&b, r->p->file, (size_t)(slash - r->p->file) + 1);
	for (; (at = strstr(value, var)); value = at + sizeof(var) - 1) {
		vmm_buf_add(&b, value, (size_t)(at - value));
		vmm_buf_adds(&b, r->host);
	}
	vmm_buf_adds(&b, value);
	return vmm_buf_steal(&b);
}

/* The key is never readable by others, here or there. */
static int put(struct vmm_ssh *s, const struct vmm__role *r, const char *value, const char *to,
	       bool secret, struct vmm_buf *out, struct vmm_err *err)
{
	VMM_STR_AUTO path = path_of(r, value);
	VMM_STR_AUTO text = NULL;
	VMM_BUF_AUTO line = VMM_BUF_INIT;
	struct vmm_ssh_command what = { .limit_ms = PUT_MS };
	struct stat st;
	int code;

	if (!path)
		return vmm_err_nomem(err);
	if (secret && stat(path, &st) == 0 && (st.st_mode & 077))
		return vmm_err_set(err, VMM_EREFUSED,
				   "'%s' can be read by others: its mode must be 0600", path);
	code = read_text(path, &text, &what.in_len, err);
	if (code)
		return code == VMM_ENOTFOUND ? vmm_err_set(err, code, "no file '%s'", path) : code;
	vmm_buf_addf(&line, "%sinstall -D -m %s /dev/stdin /etc/pki/%s",
		     is_root(r) ? "" : "sudo -n ", secret ? "0600" : "0644", to);
	if (line.failed)
		return vmm_err_nomem(err);
	what.line = line.data;
	what.in = text;
	return run(s, &what, to, out, err);
}

static int put_certificates(struct vmm_ssh *s, const struct vmm__role *r, struct vmm_buf *out,
			    struct vmm_err *err)
{
	if (!r->p || !*r->p->ca)
		return 0;
	if (put(s, r, r->p->ca, "CA/cacert.pem", false, out, err) < 0 ||
	    put(s, r, r->p->cert, "libvirt/servercert.pem", false, out, err) < 0)
		return err->code;
	return put(s, r, r->p->key, "libvirt/private/serverkey.pem", true, out, err);
}

int vmm__role_run(struct vmm_ssh *s, const struct vmm__role *r, struct vmm_buf *out,
		  struct vmm_err *err)
{
	int code = put_certificates(s, r, out, err);

	return code ? code : run_script(s, r, out, err);
}
