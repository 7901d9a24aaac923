/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot/internal.h"

#define UUID "00000000-0000-4000-8000-0000000000ab"
#define MAC "52:54:00:b0:00:01"
#define JOB "{\"uuid\":\"00000000-0000-4000-8000-0000000000AB\",\"macs\":[\"52-54-00-B0-00-01\"]"

static char root[64];
static struct vmm_boot *b;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/test-boot.XXXXXX");
	assert_non_null(mkdtemp(root));
	assert_int_equal(vmm_boot_open(root, true, &b, NULL), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vmm_boot_close(b);
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make(char *id)
{
	assert_int_equal(vmm_boot_job_make(b, JOB "}", -1, id, NULL), 0);
}

static void a_job_comes_back(void **state)
{
	char sha[VMM_BOOT_SHA_LEN + 1], id[VMM_BOOT_ID_LEN + 1], json[512];
	VMM_BOOT_JOB_AUTO *job = NULL;
	VMM_STRV_AUTO ids = VMM_STRV_INIT;
	int fd = open("/proc/self/exe", O_RDONLY);

	(void)state;
	memset(sha, 'a', VMM_BOOT_SHA_LEN);
	sha[VMM_BOOT_SHA_LEN] = '\0';
	snprintf(json, sizeof(json),
		 JOB
		 ",\"serial\":\"S 1\",\"image\":{\"sha256\":\"%s\"},\"scripts\":[{\"sha256\":\"%s\"}]}",
		 sha, sha);
	assert_int_equal(vmm_boot_job_make(b, json, fd, id, NULL), 0);
	close(fd);
	assert_int_equal(vmm_boot_job_list(b, &ids, NULL), 0);
	assert_int_equal(ids.n, 1);
	assert_string_equal(ids.s[0], id);
	assert_int_equal(vmm_boot_job_read(b, id, &job, NULL), 0);
	assert_string_equal(job->uuid, UUID);
	assert_string_equal(job->macs.s[0], MAC);
	assert_string_equal(job->image, sha);
	assert_true(vmm_strv_has(&job->files, sha));
	assert_non_null(strstr(job->text, "\"custom\""));
	assert_false(job->inspect);
	assert_true(vmm_boot_job_is(job, UUID, "52:54:00:B0:00:01", "S 1"));
	assert_false(vmm_boot_job_is(job, UUID, MAC, "S1"));
	assert_false(vmm_boot_job_is(job, UUID, "52:54:00:b0:00:02", "S 1"));
	assert_false(vmm_boot_job_is(job, "00000000-0000-4000-8000-0000000000ac", MAC, "S 1"));
	assert_int_equal(vmm_boot_job_remove(b, id, NULL), 0);
	assert_int_equal(vmm_boot_job_remove(b, id, NULL), 0);
	vmm_boot_job_free(job);
	job = NULL;
	assert_int_equal(vmm_boot_job_read(b, id, &job, NULL), VMM_ENOTFOUND);
}

/* Of a machine that only its BMC knows: any card will do. */
static void an_inspection_needs_no_mac(void **state)
{
	char id[VMM_BOOT_ID_LEN + 1];
	VMM_BOOT_JOB_AUTO *job = NULL;

	(void)state;
	assert_int_equal(vmm_boot_job_inspect(b, "one", UUID, NULL, id, NULL), 0);
	assert_int_equal(vmm_boot_job_read(b, id, &job, NULL), 0);
	assert_true(job->inspect);
	assert_int_equal(job->macs.n, 0);
	assert_true(vmm_boot_job_is(job, UUID, MAC, "S 1"));
	assert_false(vmm_boot_job_is(job, UUID, "no address", "S 1"));
	assert_false(vmm_boot_job_is(job, "00000000-0000-4000-8000-0000000000ac", MAC, "S 1"));
	vmm_boot_job_free(job);
	job = NULL;
	assert_int_equal(vmm_boot_job_inspect(b, "one", UUID, MAC, id, NULL), 0);
	assert_int_equal(vmm_boot_job_read(b, id, &job, NULL), 0);
	assert_false(vmm_boot_job_is(job, UUID, "52:54:00:b0:00:02", "S 1"));
}

static void bad_jobs_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"uuid\":\"x\",\"macs\":[\"" MAC "\"]}",
		"{\"uuid\":\"" UUID "\",\"macs\":[]}",
		"{\"uuid\":\"" UUID "\",\"macs\":[\"52:54:00:b0:00:0\"]}",
		"{\"uuid\":\"" UUID "\",\"uuid\":\"" UUID "\",\"macs\":[\"" MAC "\"]}",
		JOB ",\"mode\":\"erase\"}",
		JOB ",\"image\":{\"sha256\":\"../../etc\"}}",
		JOB ",\"scripts\":[{\"sha256\":\"..\"}]}",
		JOB ",\"drivers\":{}}",
		JOB ",\"serial\":1}",
	};
	VMM_STRV_AUTO ids = VMM_STRV_INIT;
	char id[VMM_BOOT_ID_LEN + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(vmm_boot_job_make(b, bad[i], -1, id, NULL), VMM_EINPUT);
	assert_int_equal(vmm_boot_job_list(b, &ids, NULL), 0);
	assert_int_equal(ids.n, 0);
}

static void a_ticket_is_given_and_taken_once(void **state)
{
	char id[VMM_BOOT_ID_LEN + 1], whose[VMM_BOOT_ID_LEN + 1];
	char token[VMM_BOOT_SECRET_LEN + 1], wrong[VMM_BOOT_SECRET_LEN + 1],
		key[VMM_BOOT_SECRET_LEN + 1];

	(void)state;
	make(id);
	assert_int_equal(vmm_boot_ticket_give(b, id, 60, token, NULL), VMM_EREFUSED);
	assert_int_equal(vmm_boot_job_arm(b, id, 60, NULL), 0);
	assert_int_equal(vmm_boot_job_state(b, id), VMM_BOOT_ARMED);
	assert_int_equal(vmm_boot_ticket_give(b, id, 60, token, NULL), 0);
	assert_int_equal(vmm_boot_ticket_give(b, id, 60, key, NULL), VMM_EREFUSED);
	assert_int_equal(vmm_boot_job_state(b, id), VMM_BOOT_GIVEN);
	memcpy(wrong, token, sizeof(wrong));
	wrong[VMM_BOOT_SECRET_LEN - 1] ^= 1;
	assert_int_equal(vmm_boot_ticket_take(b, wrong, whose, NULL), VMM_ENOTFOUND);
	assert_int_equal(vmm_boot_ticket_take(b, token, whose, NULL), 0);
	assert_string_equal(whose, id);
	assert_int_equal(vmm_boot_ticket_take(b, token, whose, NULL), VMM_EREFUSED);

	assert_int_equal(vmm_boot_session_make(b, id, "10.0.0.1", 60, key, NULL), 0);
	assert_int_equal(vmm_boot_session_find(b, token, "10.0.0.1", whose, NULL), VMM_ENOTFOUND);
	assert_int_equal(vmm_boot_session_find(b, key, "10.0.0.2", whose, NULL), VMM_EREFUSED);
	assert_int_equal(vmm_boot_session_find(b, key, "10.0.0.1", whose, NULL), 0);
	assert_string_equal(whose, id);
	assert_int_equal(vmm_boot_job_arm(b, id, 60, NULL), 0);
	assert_int_equal(vmm_boot_session_find(b, key, "10.0.0.1", whose, NULL), VMM_ENOTFOUND);
	assert_int_equal(vmm_boot_ticket_take(b, token, whose, NULL), VMM_ENOTFOUND);
}

static void put_file(const char *id, const char *name, const char *text)
{
	char folder[VMM__BOOT_PATH];

	vmm__boot_job_path(folder, id, "");
	assert_int_equal(vmm__boot_put(b, folder, name, 0600, text, strlen(text), false, NULL), 0);
}

static void what_is_old_is_refused(void **state)
{
	char id[VMM_BOOT_ID_LEN + 1], token[VMM_BOOT_SECRET_LEN + 1], text[128];
	char hash[VMM_BOOT_SHA_LEN + 1];

	(void)state;
	make(id);
	put_file(id, "armed", "1000\n");
	assert_int_equal(vmm_boot_ticket_ready(b, id, NULL), VMM_EREFUSED);
	put_file(id, "armed", "x\n");
	assert_true(vmm_boot_ticket_ready(b, id, NULL) < 0);
	assert_int_equal(vmm_boot_job_arm(b, id, 60, NULL), 0);
	assert_int_equal(vmm_boot_ticket_give(b, id, 60, token, NULL), 0);
	vmm__boot_hash(token, VMM_BOOT_SECRET_LEN, hash);
	snprintf(text, sizeof(text), "%s 1000 -\n", hash);
	put_file(id, "ticket", text);
	assert_int_equal(vmm_boot_ticket_take(b, token, id, NULL), VMM_EREFUSED);
	put_file(id, "session", "");
	assert_int_equal(vmm_boot_session_find(b, token, "10.0.0.1", id, NULL), VMM_ENOTFOUND);
	snprintf(text, sizeof(text), "%s 1000 10.0.0.1\n", hash);
	put_file(id, "session", text);
	assert_int_equal(vmm_boot_session_find(b, token, "10.0.0.1", id, NULL), VMM_EREFUSED);
}

static struct vmm_table *follow(const char *id, uint64_t *offset)
{
	struct vmm_table *t = NULL;

	assert_int_equal(vmm_boot_events(b, id, offset, &t, NULL), 0);
	return t;
}

static void events_are_followed(void **state)
{
	struct vmm_boot_event e = { "agent", 6, "progress", "a\tb\n\xff", 1, 2 };
	char id[VMM_BOOT_ID_LEN + 1], key[VMM_BOOT_SECRET_LEN + 1], path[VMM__BOOT_PATH];
	struct vmm_table *t;
	uint64_t offset = 0;
	int fd;

	(void)state;
	make(id);
	t = follow(id, &offset);
	assert_int_equal(vmm_table_rows(t), 0);
	vmm_table_free(t);
	assert_int_equal(vmm_boot_event_add(b, id, &e, NULL), 0);
	t = follow(id, &offset);
	assert_int_equal(vmm_table_rows(t), 1);
	assert_string_equal(vmm_table_at(t, 0, "text"), "a\tb\n\xff");
	assert_string_equal(vmm_table_at(t, 0, "stage"), "6");
	assert_string_equal(vmm_table_at(t, 0, "total"), "2");
	vmm_table_free(t);

	/* a writer that dies in the middle */
	vmm__boot_job_path(path, id, "events");
	fd = vmm__boot_open(b, path, O_WRONLY | O_APPEND, 0);
	assert_int_equal(write(fd, "2026-11-22T00:00:00Z\tage", 24), 24);
	close(fd);
	t = follow(id, &offset);
	assert_int_equal(vmm_table_rows(t), 0);
	vmm_table_free(t);
	assert_int_equal(vmm_boot_session_make(b, id, "::1", 60, key, NULL), 0);
	e = (struct vmm_boot_event){ "agent", 0, "end", "done", 0, 0 };
	assert_int_equal(vmm_boot_event_add(b, id, &e, NULL), 0);
	t = follow(id, &offset);
	assert_int_equal(vmm_table_rows(t), 1);
	assert_string_equal(vmm_table_at(t, 0, "state"), "end");
	vmm_table_free(t);
	assert_int_equal(vmm_boot_job_state(b, id), VMM_BOOT_ENDED);
	assert_int_equal(vmm_boot_session_find(b, key, "::1", id, NULL), VMM_EREFUSED);
}

static void fill_events(const char *id, off_t size)
{
	char path[VMM__BOOT_PATH];
	int fd;

	vmm__boot_job_path(path, id, "events");
	fd = vmm__boot_open(b, path, O_WRONLY, 0);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

/* Strangers get no further than 1 MiB, and the end is told even where nothing else goes in. */
static void events_leave_room_for_the_end(void **state)
{
	struct vmm_boot_event asked = { "boot", 2, "begin", "", 0, 0 };
	struct vmm_boot_event refused = { "boot", 3, "refused", "", 0, 0 };
	struct vmm_boot_event says = { "agent", 5, "refused", "", 0, 0 };
	struct vmm_boot_event end = { "agent", 5, "end", "failed: …", 0, 0 };
	char id[VMM_BOOT_ID_LEN + 1];
	struct vmm_table *t;
	uint64_t offset = 0;

	(void)state;
	make(id);
	assert_int_equal(vmm_boot_event_add(b, id, &asked, NULL), 0);
	fill_events(id, 1 << 20);
	assert_int_equal(vmm_boot_event_add(b, id, &asked, NULL), VMM_EREFUSED);
	assert_int_equal(vmm_boot_event_add(b, id, &refused, NULL), VMM_EREFUSED);
	assert_int_equal(vmm_boot_event_add(b, id, &says, NULL), 0);
	fill_events(id, 8 << 20);
	assert_int_equal(vmm_boot_event_add(b, id, &says, NULL), VMM_EREFUSED);
	assert_int_equal(vmm_boot_event_add(b, id, &end, NULL), 0);
	t = follow(id, &offset);
	assert_string_equal(vmm_table_at(t, vmm_table_rows(t) - 1, "state"), "end");
	vmm_table_free(t);
}

static void no_link_is_followed(void **state)
{
	char id[VMM_BOOT_ID_LEN + 1], path[256];
	VMM_BOOT_JOB_AUTO *job = NULL;
	uint64_t offset = 0;
	struct vmm_table *t;

	(void)state;
	make(id);
	snprintf(path, sizeof(path), "%s/jobs/%s/events", root, id);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_true(vmm_boot_events(b, id, &offset, &t, NULL) < 0);
	assert_true(vmm_boot_log_add(b, "../../etc", "x", 1, NULL) < 0);
	assert_int_equal(vmm_boot_job_read(b, "../jobs", &job, NULL), VMM_EINPUT);
}

/* Whose folder it is may put a link in the place of all that root looks after. */
static void root_is_not_led_out(void **state)
{
	char path[256], other[sizeof(root) + 8];
	VMM_STRV_AUTO names = VMM_STRV_INIT;
	int fd;

	(void)state;
	snprintf(other, sizeof(other), "%s.other", root);
	assert_int_equal(mkdir(other, 0700), 0);
	snprintf(path, sizeof(path), "%s/precious", other);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
	snprintf(path, sizeof(path), "%s/files", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(other, path), 0);
	snprintf(path, sizeof(path), "%s/images/.new-x", root);
	assert_int_equal(symlink(other, path), 0);

	assert_true(vmm_boot_names(b, "files", &names, NULL) < 0);
	assert_int_equal(names.n, 0);
	assert_true(vmm_boot_open_file(b, "files/precious") < 0);
	assert_false(vmm_boot_is_older(b, "files", "precious", 0));
	vmm_boot_remove(b, "files", "precious");
	vmm_boot_remove(b, "images", ".new-x");
	vmm_boot_remove(b, "images", "../../../precious");
	assert_true(vmm_boot_names(b, "images", &names, NULL) == 0);
	assert_int_equal(names.n, 0);
	snprintf(path, sizeof(path), "%s/precious", other);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(other), 0);
}

#define SERVER 65534

static void whose(const char *part, struct stat *st)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, part);
	assert_int_equal(lstat(path, st), 0);
}

static void assert_owners(void)
{
	static const char *const roots[] = { ".", "agent", "images", "files" };
	static const char *const servers[] = { "tls", "jobs", "seen", "run" };
	struct stat st;

	for (size_t i = 0; i < COUNT(roots); i++) {
		whose(roots[i], &st);
		assert_int_equal(st.st_uid, 0);
		assert_int_equal(st.st_gid, SERVER);
		assert_int_equal(st.st_mode & 07777, 0750);
	}
	for (size_t i = 0; i < COUNT(servers); i++) {
		whose(servers[i], &st);
		assert_int_equal(st.st_uid, SERVER);
	}
}

static void reopen(int expected)
{
	vmm_boot_close(b);
	b = NULL;
	assert_int_equal(vmm_boot_open(root, true, &b, NULL), expected);
}

/* What an older version left is the server's, all of it; of a group that it may not be in. */
static void age(void)
{
	static const char *const parts[] = { "",    "agent", "images", "files",
					     "tls", "jobs",  "seen",   "run" };
	char path[256];

	for (size_t i = 0; i < COUNT(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, parts[i]);
		assert_int_equal(chown(path, SERVER, 0), 0);
	}
	snprintf(path, sizeof(path), "%s/images", root);
	assert_int_equal(chmod(path, 0770), 0);
}

/* Whether the server's user can put another folder in the place of that one. */
static bool can_swap(const char *part)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		char from[256], to[256];

		snprintf(from, sizeof(from), "%s/%s", root, part);
		snprintf(to, sizeof(to), "%s/%s.away", root, part);
		_exit(setresgid(SERVER, SERVER, SERVER) < 0 || setresuid(SERVER, SERVER, SERVER) < 0 ||
		      (rename(from, to) == 0 && rename(to, from) == 0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status != 0;
}

static void what_root_writes_is_roots(void **state)
{
	char id[VMM_BOOT_ID_LEN + 1], sha[VMM_BOOT_SHA_LEN + 1], path[VMM__BOOT_PATH];
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(root, 0750), 0);
	assert_int_equal(vmm_boot_own(b, "nobody", NULL), 0);
	assert_owners();
	age();
	assert_true(can_swap("images"));
	reopen(0);
	assert_owners();
	assert_false(can_swap("images"));
	make(id);
	snprintf(path, sizeof(path), "jobs/%s/job.json", id);
	whose(path, &st);
	assert_int_equal(st.st_uid, SERVER);
	assert_int_equal(vmm_boot_file_put(b, fd, sha, NULL), 0);
	snprintf(path, sizeof(path), "files/%s", sha);
	whose(path, &st);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_gid, SERVER);
	assert_int_equal(st.st_mode & 07777, 0640);
	close(fd);
}

/* The server's user made use of it before it was taken from him. */
static void a_link_is_not_taken_back(void **state)
{
	char path[256], other[sizeof(root) + 8];
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(other, sizeof(other), "%s.other", root);
	snprintf(path, sizeof(path), "%s/images", root);
	assert_int_equal(mkdir(other, 0777), 0);
	assert_int_equal(chown(other, 1, 1), 0);
	age();
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink(other, path), 0);
	reopen(VMM_EFAIL);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_uid, 1);
	assert_int_equal(rmdir(other), 0);
}

static void seen_machines_are_bounded(void **state)
{
	struct vmm_boot_machine m = { UUID, MAC, "a\xff", "efi", "10.0.0.9" };
	struct vmm_table *t;
	char mac[VMM_BOOT_MAC_LEN + 1];

	(void)state;
	assert_int_equal(vmm_boot_seen_add(b, &m, NULL), 0);
	assert_int_equal(vmm_boot_seen_add(b, &m, NULL), 0);
	assert_int_equal(vmm_boot_seen_list(b, &t, NULL), 0);
	assert_int_equal(vmm_table_rows(t), 1);
	assert_string_equal(vmm_table_at(t, 0, "count"), "2");
	assert_string_equal(vmm_table_at(t, 0, "mac"), MAC);
	assert_int_equal(vmm_boot_seen_remove(b, vmm_table_at(t, 0, "id"), NULL), 0);
	vmm_table_free(t);
	m.mac = mac;
	for (unsigned i = 0; i < VMM_BOOT_SEEN_MAX + 20; i++) {
		snprintf(mac, sizeof(mac), "52:54:00:b1:%02x:%02x", i >> 8, i & 255);
		assert_int_equal(vmm_boot_seen_add(b, &m, NULL), 0);
	}
	assert_int_equal(vmm_boot_seen_list(b, &t, NULL), 0);
	assert_int_equal(vmm_table_rows(t), VMM_BOOT_SEEN_MAX);
	vmm_table_free(t);
	m.uuid = "../..";
	assert_int_equal(vmm_boot_seen_add(b, &m, NULL), VMM_EINPUT);
}

#define ASKERS 8

static void *ask(void *arg)
{
	unsigned base = *(unsigned *)arg;
	char mac[VMM_BOOT_MAC_LEN + 1];
	struct vmm_boot_machine m = { UUID, mac, "", "efi", "10.0.0.9" };

	for (unsigned i = 0; i < 100; i++) {
		snprintf(mac, sizeof(mac), "52:54:00:b2:%02x:%02x", base, i);
		vmm_boot_seen_add(b, &m, NULL);
	}
	return NULL;
}

static void they_are_when_many_ask_at_once(void **state)
{
	pthread_t askers[ASKERS];
	unsigned bases[ASKERS];
	struct vmm_table *t;

	(void)state;
	for (unsigned i = 0; i < ASKERS; i++) {
		bases[i] = i;
		assert_int_equal(pthread_create(&askers[i], NULL, ask, &bases[i]), 0);
	}
	for (unsigned i = 0; i < ASKERS; i++)
		pthread_join(askers[i], NULL);
	assert_int_equal(vmm_boot_seen_list(b, &t, NULL), 0);
	assert_int_equal(vmm_table_rows(t), VMM_BOOT_SEEN_MAX);
	vmm_table_free(t);
}

static void an_image_is_put_in_its_place(void **state)
{
	static const char *const parts[] = { "map", "data", "info" };
	char sha[VMM_BOOT_SHA_LEN + 1], path[256], *folder;
	int fd;

	(void)state;
	memset(sha, '0', VMM_BOOT_SHA_LEN);
	sha[VMM_BOOT_SHA_LEN] = '\0';
	assert_int_equal(vmm_boot_image_begin(b, &folder, NULL), 0);
	assert_true(vmm_boot_image_commit(b, folder, sha, NULL) < 0);
	for (size_t i = 0; i < COUNT(parts); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, parts[i]);
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		close(fd);
	}
	assert_false(vmm_boot_image_has(b, sha));
	assert_int_equal(vmm_boot_image_commit(b, folder, sha, NULL), 0);
	assert_true(vmm_boot_image_has(b, sha));
	free(folder);
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(vmm_boot_file_put(b, fd, sha, NULL), 0);
	close(fd);
	assert_string_equal(sha, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_job_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_inspection_needs_no_mac, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_jobs_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_ticket_is_given_and_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_old_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events_are_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events_leave_room_for_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_link_is_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(root_is_not_led_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_root_writes_is_roots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_link_is_not_taken_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(seen_machines_are_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(they_are_when_many_ask_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_image_is_put_in_its_place, set_up, tear_down),
	};

	return RUN(tests);
}
