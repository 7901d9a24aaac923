/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connecting, without ever asking anybody anything. */
#include <ctype.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "inventory/uri.h"
#include "virt/virt.h"

static void quiet(void *ctx, virErrorPtr error)
{
	(void)ctx;
	(void)error;
}

static void quiet_xml(void *ctx, const char *fmt, ...)
{
	(void)ctx;
	(void)fmt;
}

/* Connections live as long as they like; a loop that fails has nobody to tell. */
static void *run_events(void *arg)
{
	while (virEventRunDefaultImpl() == 0)
		;
	return arg;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Once a process. Without the thread there is no keep-alive, but all else works. */
static void start(void)
{
	sigset_t all, old;
	pthread_t thread;

	virSetErrorFunc(NULL, quiet);
	xmlInitParser(); /* by one thread, before others parse */
	/* libxml2 keeps its handlers by thread: for this one, and for those to come. */
	xmlSetGenericErrorFunc(NULL, quiet_xml);
	xmlThrDefSetGenericErrorFunc(NULL, quiet_xml);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&thread, NULL, run_events, NULL) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Others must neither read the passwords nor have been able to put their own there. */
static int check_auth_file(const char *path, struct vmm_err *err)
{
	struct stat st;

	if (*path != '/')
		return vmm_err_set(err, VMM_EINPUT, "auth file '%s': not an absolute path", path);
	if (lstat(path, &st) < 0)
		return vmm_err_unreadable(err, "auth file '%s'", path);
	if (!S_ISREG(st.st_mode))
		return vmm_err_set(err, VMM_EREFUSED, "auth file '%s': not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return vmm_err_set(err, VMM_EREFUSED, "auth file '%s': belongs to another user",
				   path);
	if (st.st_mode & 077)
		return vmm_err_set(err, VMM_EREFUSED,
				   "auth file '%s': mode %03o lets others at it (chmod 600)", path,
				   (unsigned)st.st_mode & 0777);
	return 0;
}

/* What the auth file doesn't hold is not to be had. */
static int no_answer(virConnectCredentialPtr cred, unsigned n, void *arg)
{
	(void)cred;
	(void)n;
	(void)arg;
	return -1;
}

int vmm_virt_open(const char *uri, const char *auth_file, virConnectPtr *out, struct vmm_err *err)
{
	virConnectAuth auth = { .cb = no_answer };
	VMM_BUF_AUTO full = VMM_BUF_INIT;
	virConnectPtr c;
	int rc = vmm_uri_full(uri, auth_file ? auth_file : "", &full, err);

	if (rc == 0 && auth_file && *auth_file)
		rc = check_auth_file(auth_file, err);
	if (rc < 0)
		return rc;
	pthread_once(&once, start);
	/* No flag against aliases: none has a ':', and the test driver refuses the flag. */
	c = virConnectOpenAuth(full.data, &auth, 0);
	if (!c)
		return vmm_err_virt(err, "cannot connect");
	/* Drivers in this process have none and need none. */
	if (virConnectSetKeepAlive(c, VMM_KEEPALIVE_S, VMM_KEEPALIVE_COUNT) != 0)
		virResetLastError();
	*out = c;
	return 0;
}
