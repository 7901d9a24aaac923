/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From root to a user who may do nothing else. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/dumps.h"
#include "boot/serve.h"

static const unsigned kept[] = { CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_NET_ADMIN };
#define N_KEPT (sizeof(kept) / sizeof(*kept))

/* Of what there is: permitted and inheritable, so that a program started here can be given it; not in effect. */
static int keep_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	uint32_t mask = 0;

	for (size_t i = 0; i < N_KEPT; i++)
		mask |= 1U << kept[i];
	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	data[0].permitted &= mask;
	data[0].inheritable = data[0].permitted;
	data[0].effective = data[1].permitted = data[1].inheritable = data[1].effective = 0;
	if (syscall(SYS_capset, &head, data) < 0)
		return -1;
	for (size_t i = 0; i < N_KEPT; i++)
		if ((data[0].permitted & 1U << kept[i]) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
			return -1;
	return 0;
}

/* The bounding set: what no program started here can ever have. */
static int forget_capabilities(void)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		bool keep = false;

		for (size_t i = 0; i < N_KEPT; i++)
			keep = keep || kept[i] == cap;
		if (!keep && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -1;
	}
	return 0;
}

static int become(const struct passwd *pw)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || forget_capabilities() < 0 ||
	    setgroups(0, NULL) < 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
		return -1;
	return keep_capabilities();
}

int vmm_boot_drop(const char *user, struct vmm_err *err)
{
	const struct passwd *pw = user ? getpwnam(user) : NULL;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return vmm_err_errno(err, "cannot give up new privileges");
	if (geteuid() != 0)
		return keep_capabilities() == 0 ? vmm_dumps_forbid(err)
						: vmm_err_errno(err, "cannot give up capabilities");
	if (!pw)
		return vmm_err_set(err, VMM_EINPUT, "there is no user '%s'", user ? user : "");
	if (pw->pw_uid == 0)
		return vmm_err_set(err, VMM_EREFUSED, "user '%s' is root, who serves no strangers",
				   user);
	if (become(pw) < 0)
		return vmm_err_errno(err, "cannot become user '%s'", user);
	if (setresuid(0, 0, 0) == 0)
		return vmm_err_set(err, VMM_EFAIL, "root's rights came back");
	return vmm_dumps_forbid(err); /* by then: another user is another matter for the kernel */
}
