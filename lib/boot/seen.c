/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machines that asked and have no job. Anybody can ask, so their number is bounded. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "boot/internal.h"

#define SEEN_FILE_MAX 4096
#define CLAIM_MAX 128 /* bytes of each claim */
#define SUFFIX ".json"

static const char *const columns[] = { "id",      "mac",   "uuid", "serial", "platform",
				       "address", "first", "last", "count",  NULL };

static void seen_path(char out[VMM__BOOT_PATH], const char *id)
{
	snprintf(out, VMM__BOOT_PATH, "seen/%s" SUFFIX, id);
}

static void seen_id(char out[VMM_BOOT_SHA_LEN + 1], const char *uuid, const char *mac)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	vmm_buf_addf(&text, "%s %s", uuid, mac);
	vmm__boot_hash(text.data, text.len, out);
	out[VMM_BOOT_ID_LEN] = '\0';
}

/* NULL: there is none that can be read. */
static json_t *read_seen(struct vmm_boot *b, const char *id)
{
	char path[VMM__BOOT_PATH];
	VMM_STR_AUTO text = NULL;
	size_t len;
	json_t *root;

	seen_path(path, id);
	if (vmm__boot_read(b, path, SEEN_FILE_MAX, &text, &len, NULL) < 0)
		return NULL;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

/* Of what a stranger says the first bytes, as far as they are text. */
static json_t *claim(const char *text)
{
	json_t *v = json_stringn(text, strnlen(text, CLAIM_MAX));

	return v ? v : json_string("");
}

static char *describe(const struct vmm_boot_machine *m, const char *id, const char *uuid,
		      const char *mac, const json_t *before)
{
	json_t *root = json_object();
	json_int_t count = json_integer_value(json_object_get(before, "count"));
	const char *first = json_string_value(json_object_get(before, "first"));
	char now[VMM_TIME_LEN + 1];
	char *text;

	vmm_time_now(now);
	json_object_set_new(root, "id", json_string(id));
	json_object_set_new(root, "mac", json_string(mac));
	json_object_set_new(root, "uuid", json_string(uuid));
	json_object_set_new(root, "serial", claim(m->serial));
	json_object_set_new(root, "platform", claim(m->platform));
	json_object_set_new(root, "address", claim(m->address));
	json_object_set_new(root, "first", json_string(first ? first : now));
	json_object_set_new(root, "last", json_string(now));
	json_object_set_new(root, "count", json_integer(count + 1));
	text = json_dumps(root, 0);
	json_decref(root);
	return text;
}

/* How many there are, and the one written longest ago. */
static size_t find_oldest(int folder, char oldest[NAME_MAX + 1])
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct timespec when = { 0 };
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d))) {
		struct stat st;

		if (e->d_name[0] == '.' || fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (n++ == 0 || st.st_mtim.tv_sec < when.tv_sec ||
		    (st.st_mtim.tv_sec == when.tv_sec && st.st_mtim.tv_nsec < when.tv_nsec)) {
			snprintf(oldest, NAME_MAX + 1, "%s", e->d_name);
			when = st.st_mtim;
		}
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return n;
}

/* The ones written longest ago go until there is room for another. */
static void make_room(int folder)
{
	for (;;) {
		char oldest[NAME_MAX + 1];

		if (find_oldest(folder, oldest) < VMM_BOOT_SEEN_MAX || unlinkat(folder, oldest, 0) < 0)
			return;
	}
}

static int put_seen(struct vmm_boot *b, int folder, const struct vmm_boot_machine *m,
		    const char *uuid, const char *mac, struct vmm_err *err)
{
	char id[VMM_BOOT_SHA_LEN + 1], name[VMM_BOOT_ID_LEN + sizeof(SUFFIX)];
	VMM_STR_AUTO text = NULL;
	json_t *before;

	seen_id(id, uuid, mac);
	before = read_seen(b, id);
	text = describe(m, id, uuid, mac, before);
	if (!before)
		make_room(folder);
	json_decref(before);
	if (!text)
		return vmm_err_nomem(err);
	snprintf(name, sizeof(name), "%.*s" SUFFIX, VMM_BOOT_ID_LEN, id);
	return vmm__boot_put(b, "seen", name, 0640, text, strlen(text), false, err);
}

/* One at a time: several who each make room for one would end with more and more. */
int vmm_boot_seen_add(struct vmm_boot *b, const struct vmm_boot_machine *m, struct vmm_err *err)
{
	char uuid[VMM_UUID_LEN + 1], mac[VMM_BOOT_MAC_LEN + 1];
	int fd, ret;

	if (!vmm_uuid_parse(m->uuid, uuid) || !vmm_boot_mac(m->mac, mac))
		return vmm_err_set(err, VMM_EINPUT, "it is no machine");
	fd = vmm__boot_folder(b, "seen");
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		ret = vmm__boot_err(b, "lock", "seen", err);
	else
		ret = put_seen(b, fd, m, uuid, mac, err);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int add_row(struct vmm_table *t, json_t *root)
{
	long row = vmm_table_add(t);

	for (const char *const *c = columns; *c; c++) {
		const json_t *v = json_object_get(root, *c);
		char number[32];

		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(v));
		if (vmm_table_put(t, (size_t)row, *c,
				  json_is_string(v) ? json_string_value(v) : number) < 0)
			return VMM_ENOMEM;
	}
	return 0;
}

static int by_last(const struct vmm_table *t, size_t a, size_t b, void *arg)
{
	(void)arg;
	return strcmp(vmm_table_at(t, a, "last"), vmm_table_at(t, b, "last"));
}

static bool is_seen(const char *name, char id[VMM_BOOT_ID_LEN + 1])
{
	if (strlen(name) != VMM_BOOT_ID_LEN + strlen(SUFFIX) ||
	    strcmp(name + VMM_BOOT_ID_LEN, SUFFIX) != 0)
		return false;
	memcpy(id, name, VMM_BOOT_ID_LEN);
	id[VMM_BOOT_ID_LEN] = '\0';
	return vmm__boot_is_hex(id, VMM_BOOT_ID_LEN);
}

static int read_all(struct vmm_boot *b, DIR *d, struct vmm_table *t)
{
	struct dirent *e;
	int ret = 0;

	while (ret == 0 && (e = readdir(d))) {
		char id[VMM_BOOT_ID_LEN + 1];
		json_t *root = is_seen(e->d_name, id) ? read_seen(b, id) : NULL;

		ret = root ? add_row(t, root) : 0;
		json_decref(root);
	}
	return ret;
}

int vmm_boot_seen_list(struct vmm_boot *b, struct vmm_table **out, struct vmm_err *err)
{
	struct vmm_table *t = vmm_table_new(columns);
	int fd = vmm__boot_folder(b, "seen"), ret = t ? 0 : vmm_err_nomem(err);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (ret == 0 && !d)
		ret = vmm__boot_err(b, "read", "seen", err);
	if (ret == 0 && read_all(b, d, t) < 0)
		ret = vmm_err_nomem(err);
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	if (ret < 0) {
		vmm_table_free(t);
		return ret;
	}
	vmm_table_sort_by(t, by_last, NULL);
	*out = t;
	return 0;
}

int vmm_boot_seen_remove(struct vmm_boot *b, const char *id, struct vmm_err *err)
{
	char name[VMM_BOOT_ID_LEN + sizeof(SUFFIX)];
	const char *const names[] = { name, NULL };
	int ret = vmm__boot_id(id, err);

	if (ret < 0)
		return ret;
	snprintf(name, sizeof(name), "%.*s" SUFFIX, VMM_BOOT_ID_LEN, id);
	return vmm__boot_unlink(b, "seen", names, err);
}
