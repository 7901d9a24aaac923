/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Visits and searches on libvirt's test driver: a host is a file that says which VMs it has,
 * and a VM "moves" when the files are written anew.
 */
#include "folder.h"
#include "test.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/rows.h"
#include "scan/scan.h"
#include "virt/virt.h"

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "bbbbbbbb-0000-4000-8000-000000000002"

struct fixture {
	char dir[32];
	struct vmm_store *st;
	struct vmm_inventory inv;
};

static const struct vmm_scan_options quick = { .timeout_ms = 3000 };

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* A host with one VM, or none (uuid NULL). */
static void host(const struct fixture *f, const char *name, const char *uuid, const char *vm, bool on)
{
	VMM_BUF_AUTO xml = VMM_BUF_INIT;

	vmm_buf_adds(&xml, "<node>");
	if (uuid)
		vmm_buf_addf(&xml,
			     "<domain type='test' "
			     "xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
			     "<name>%s</name><uuid>%s</uuid><memory unit='MiB'>64</memory>"
			     "<vcpu>2</vcpu><os><type>hvm</type></os>"
			     "<metadata><v:vm xmlns:v='urn:vmm-utils:1' template='web'>"
			     "<v:image name='debian:12'/></v:vm></metadata><devices>"
			     "<disk type='file'><source file='/p/a,b.img'/><target dev='vda'/></disk>"
			     "<interface type='bridge'><mac address='52:54:00:00:00:01'/>"
			     "<source bridge='br0'/></interface></devices>%s</domain>",
			     vm, uuid, on ? "" : "<test:runstate>5</test:runstate>");
	vmm_buf_adds(&xml, "</node>");
	assert_false(xml.failed);
	write_file(f, name, xml.data);
}

static void declare(struct fixture *f, const char *name, const char *uri)
{
	static const char *const columns[] = { "name", "uri", NULL };
	VMM_TABLE_AUTO *row = vmm_table_new(columns);
	struct vmm_err err;

	assert_true(row && vmm_table_add(row) == 0);
	vmm_table_set(row, 0, 0, name);
	vmm_table_set(row, 0, 1, uri);
	if (vmm_inventory_add_host(f->st, row, false, NULL, &err) < 0)
		fail_msg("%s", err.text);
	vmm_inventory_release(&f->inv);
	assert_int_equal(vmm_inventory_read(f->st, &f->inv, NULL), 0);
}

static void declare_file(struct fixture *f, const char *name)
{
	char uri[128];

	snprintf(uri, sizeof(uri), "test://%s/%s", f->dir, name);
	declare(f, name, uri);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char url[64];

	if (!f)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/vmm-test-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	snprintf(url, sizeof(url), "%s/state", f->dir);
	*state = f;
	return vmm_store_open(url, &f->st, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	vmm_inventory_release(&f->inv);
	vmm_store_close(f->st);
	folder_remove(f->dir);
	free(f);
	return 0;
}

/* All hosts; into the state as well. */
static struct vmm_scan *visit(struct fixture *f, const struct vmm_scan_options *opt)
{
	size_t rows[8], n = vmm_table_rows(f->inv.hosts);
	struct vmm_scan *s = NULL;
	struct vmm_err err;

	for (size_t i = 0; i < n; i++)
		rows[i] = i;
	if (vmm_scan_visit(&f->inv, rows, n, opt, &s, &err) < 0 ||
	    vmm_inventory_update(f->st, s->seen, s->n, NULL, &err) < 0)
		fail_msg("%s", err.text);
	vmm_inventory_release(&f->inv);
	assert_int_equal(vmm_inventory_read(f->st, &f->inv, NULL), 0);
	return s;
}

static void look(struct fixture *f)
{
	vmm_scan_free(visit(f, &quick));
}

static void probes(void **state)
{
	struct vmm_table *h = NULL;
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_scan_probe("test:///default", NULL, 0, &h, NULL), 0);
	assert_int_equal(vmm_table_rows(h), 1);
	assert_string_equal(vmm_table_at(h, 0, "hypervisor"), "test");
	assert_string_equal(vmm_table_at(h, 0, "arch"), "i686");
	assert_string_equal(vmm_table_at(h, 0, "cpus"), "16");
	assert_string_equal(vmm_table_at(h, 0, "mem_total"), "3221225472");
	assert_string_equal(vmm_table_at(h, 0, "version"), "0.0.2");
	assert_string_equal(vmm_table_at(h, 0, "caps"), vmm_virt_caps("test"));
	assert_int_equal(strlen(vmm_table_at(h, 0, "seen")), VMM_TIME_LEN);
	vmm_table_free(h);
	assert_int_equal(vmm_scan_probe("qemu+tcp://127.0.0.1:1/system", NULL, 0, &h, &err),
			 VMM_EAGAIN);
	assert_non_null(strstr(err.text, "Connection refused"));
	assert_int_equal(vmm_scan_probe("test", NULL, 0, &h, &err), VMM_EINPUT);
}

static void visits(void **state)
{
	struct fixture *f = *state;
	struct vmm_scan *s;
	const struct vmm_table *vms;

	host(f, "h1", UUID_A, "a", true);
	declare_file(f, "h1");
	s = visit(f, &quick);
	assert_true(s->n == 1 && s->failed == 0 && s->seen[0].answered);
	vms = s->seen[0].vms;
	assert_int_equal(vmm_table_rows(vms), 1);
	assert_string_equal(vmm_table_at(vms, 0, "uuid"), UUID_A);
	assert_string_equal(vmm_table_at(vms, 0, "name"), "a");
	assert_string_equal(vmm_table_at(vms, 0, "state"), "normal");
	assert_string_equal(vmm_table_at(vms, 0, "vcpus"), "2");
	assert_string_equal(vmm_table_at(vms, 0, "mem"), "67108864");
	assert_string_equal(vmm_table_at(vms, 0, "autostart"), "no");
	assert_string_equal(vmm_table_at(vms, 0, "persistent"), "yes");
	assert_string_equal(vmm_table_at(vms, 0, "details"), "yes");
	assert_string_equal(vmm_table_at(vms, 0, "snapshots"), "0");
	assert_string_equal(vmm_table_at(vms, 0, "disks"), "vda:/p/a\\,b.img");
	assert_string_equal(vmm_table_at(vms, 0, "nics"), "52:54:00:00:00:01@br0");
	assert_string_equal(vmm_table_at(vms, 0, "template"), "web");
	assert_string_equal(vmm_table_at(vms, 0, "image"), "debian:12");
	assert_string_equal(vmm_table_at(f->inv.vms, 0, "image"), "debian:12");
	assert_string_equal(vmm_table_at(s->seen[0].host, 0, "vms"), "1");
	assert_string_equal(vmm_table_at(s->seen[0].host, 0, "running"), "1");
	vmm_scan_free(s);
}

/* What is known and unchanged is not read again, neither of the host nor of the VM. */
static void reads_details_when_needed(void **state)
{
	const struct vmm_scan_options full = { .timeout_ms = 3000, .full = true };
	struct fixture *f = *state;
	struct vmm_scan *s;

	host(f, "h1", UUID_A, "a", true);
	declare_file(f, "h1");
	look(f);
	s = visit(f, &quick);
	assert_string_equal(vmm_table_at(s->seen[0].vms, 0, "details"), "");
	assert_int_equal(vmm_table_col(s->seen[0].host, "cpus"), -1);
	assert_string_equal(vmm_table_at(f->inv.hosts, 0, "cpus"), "16");
	assert_string_equal(vmm_table_at(f->inv.vms, 0, "vcpus"), "2");
	vmm_scan_free(s);
	s = visit(f, &full);
	assert_string_equal(vmm_table_at(s->seen[0].vms, 0, "details"), "yes");
	vmm_scan_free(s);
	host(f, "h1", UUID_A, "a", false);
	s = visit(f, &quick);
	assert_string_equal(vmm_table_at(s->seen[0].vms, 0, "state"), "stop");
	assert_string_equal(vmm_table_at(s->seen[0].vms, 0, "details"), "yes");
	assert_string_equal(vmm_table_at(s->seen[0].host, 0, "running"), "0");
	vmm_scan_free(s);
}

/* Takes connections and never says a word. */
static int hanging_socket(const struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/sock", f->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static void outlives_dead_hosts(void **state)
{
	const struct vmm_scan_options impatient = { .timeout_ms = 500 };
	struct fixture *f = *state;
	int fd = hanging_socket(f);
	uint64_t start;
	struct vmm_scan *s;
	char uri[128];

	snprintf(uri, sizeof(uri), "qemu+unix:///system?socket=%s/sock", f->dir);
	declare(f, "a-hangs", uri);
	declare(f, "b-refuses", "qemu+tcp://127.0.0.1:1/system");
	host(f, "h1", UUID_A, "a", true);
	declare_file(f, "h1");
	start = vmm_clock_ms();
	s = visit(f, &impatient);
	assert_true(vmm_clock_ms() - start < 2000);
	assert_true(s->n == 3 && s->failed == 2);
	assert_string_equal(s->seen[0].name, "a-hangs");
	assert_string_equal(s->seen[0].error, "no answer within 0.5 s");
	assert_non_null(strstr(s->seen[1].error, "Connection refused"));
	assert_true(s->seen[2].answered);
	assert_string_equal(vmm_table_at(f->inv.hosts, 0, "state"), "unknown");
	vmm_scan_free(s);
	close(fd);
}

static void visits_nobody_when_cancelled(void **state)
{
	const struct vmm_cancel cancel = { .level = 1 };
	const struct vmm_scan_options opt = { .timeout_ms = 500, .cancel = &cancel };
	struct fixture *f = *state;
	struct vmm_scan *s;

	host(f, "h1", UUID_A, "a", true);
	declare_file(f, "h1");
	s = visit(f, &opt);
	assert_true(s->n == 0 && s->failed == 0);
	vmm_scan_free(s);
}

static void tells_all_of_one(void **state)
{
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	virConnectPtr c = NULL;
	virDomainPtr dom;

	(void)state;
	assert_int_equal(vmm_virt_open("test:///default", NULL, &c, NULL), 0);
	dom = virDomainLookupByName(c, "test");
	assert_non_null(dom);
	assert_int_equal(vmm_scan_domain(dom, "h9", vms, NULL), 0);
	assert_string_equal(vmm_table_at(vms, 0, "host"), "h9");
	assert_string_equal(vmm_table_at(vms, 0, "name"), "test");
	assert_string_equal(vmm_table_at(vms, 0, "state"), "normal");
	assert_string_equal(vmm_table_at(vms, 0, "autostart"), "no");
	assert_string_equal(vmm_table_at(vms, 0, "persistent"), "yes");
	assert_string_equal(vmm_table_at(vms, 0, "mem"), "8589934592");
	assert_string_equal(vmm_table_at(vms, 0, "details"), "yes");
	assert_string_equal(vmm_table_at(vms, 0, "addresses"), "192.168.122.3");
	virDomainFree(dom);
	virConnectClose(c);
}

/* ---- locate ---- */

static int locate(struct fixture *f, const char *selector, struct vmm_place *place,
		  struct vmm_err *err)
{
	vmm_inventory_release(&f->inv);
	assert_int_equal(vmm_inventory_read(f->st, &f->inv, NULL), 0);
	return vmm_scan_locate(f->st, &f->inv, selector, &quick, place, err);
}

static void found(struct fixture *f, const char *selector, const char *on, const char *how)
{
	struct vmm_place place = VMM_PLACE_INIT;
	struct vmm_err err = { 0 };

	if (locate(f, selector, &place, &err) < 0)
		fail_msg("%s: %s", selector, err.text);
	assert_string_equal(vmm_table_at(place.vm, 0, "host"), on);
	assert_string_equal(vmm_table_at(place.host, 0, "name"), on);
	if (!how)
		assert_null(place.changed);
	else
		assert_string_equal(place.changed, how);
	vmm_place_release(&place);
}

static void not_found(struct fixture *f, const char *selector, int code, const char *why)
{
	struct vmm_place place = VMM_PLACE_INIT;
	struct vmm_err err = { 0 };

	assert_int_equal(locate(f, selector, &place, &err), code);
	if (!strstr(err.text, why))
		fail_msg("'%s' does not say '%s'", err.text, why);
	assert_null(place.vm);
}

static void two_hosts(struct fixture *f)
{
	host(f, "h1", UUID_A, "a", true);
	host(f, "h2", UUID_B, "b", true);
	declare_file(f, "h1");
	declare_file(f, "h2");
	look(f);
}

static void locates_what_is_in_place(void **state)
{
	struct fixture *f = *state;

	two_hosts(f);
	found(f, "a", "h1", NULL);
	found(f, "h2/b", "h2", NULL);
	found(f, UUID_A, "h1", NULL);
	host(f, "h1", UUID_A, "a", false);
	found(f, "a", "h1", "changed from normal to stop since it was last seen");
	found(f, "a", "h1", NULL);
	host(f, "h1", UUID_A, "a", true);
	found(f, "a", "h1", "changed from stop to normal since it was last seen");
}

static void locates_what_moved(void **state)
{
	struct fixture *f = *state;

	two_hosts(f);
	host(f, "h1", NULL, NULL, false);
	host(f, "h2", UUID_A, "a", true);
	found(f, "h1/a", "h2", "moved from h1 to h2 since it was last seen");
	found(f, "a", "h2", NULL);
	not_found(f, "h1/a", VMM_ENOTFOUND, "h1/a");
}

/* It left its definition behind. */
static void locates_what_runs_elsewhere(void **state)
{
	struct fixture *f = *state;

	two_hosts(f);
	host(f, "h1", UUID_A, "a", false);
	host(f, "h2", UUID_A, "a", true);
	found(f, "a", "h2", "moved from h1 to h2 since it was last seen");
}

static void notices_a_new_name(void **state)
{
	struct fixture *f = *state;

	two_hosts(f);
	host(f, "h1", UUID_A, "c", true);
	not_found(f, "a", VMM_EREFUSED, "renamed to 'c'");
	found(f, "c", "h1", NULL);
	host(f, "h1", UUID_A, "d", true);
	found(f, UUID_A, "h1", "renamed from c to d since it was last seen");
}

static void finds_what_is_new_and_misses_what_is_gone(void **state)
{
	struct fixture *f = *state;

	host(f, "h1", NULL, NULL, false);
	declare_file(f, "h1");
	not_found(f, "a", VMM_ENOTFOUND, "a");
	host(f, "h1", UUID_A, "a", true);
	found(f, "a", "h1", "found on h1, where it was not seen before");
	host(f, "h1", NULL, NULL, false);
	not_found(f, "a", VMM_ENOTFOUND, "on no host any more");
	not_found(f, "a", VMM_ENOTFOUND, "a");
}

static void cannot_tell_when_its_host_is_silent(void **state)
{
	struct fixture *f = *state;
	char path[64];

	two_hosts(f);
	snprintf(path, sizeof(path), "%s/h1", f->dir);
	unlink(path);
	not_found(f, "a", VMM_EAGAIN, "host 'h1' does not answer");
	not_found(f, "nope", VMM_EAGAIN, "host 'h1' does not answer");
	found(f, "b", "h2", NULL);
	host(f, "h2", UUID_A, "a", true);
	found(f, "a", "h2", "moved from h1 to h2 since it was last seen");
	host(f, "h1", UUID_A, "a", true);
	found(f, "a", "h2", NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes),
		CASE(visits),
		CASE(reads_details_when_needed),
		CASE(outlives_dead_hosts),
		CASE(visits_nobody_when_cancelled),
		cmocka_unit_test(tells_all_of_one),
		CASE(locates_what_is_in_place),
		CASE(locates_what_moved),
		CASE(locates_what_runs_elsewhere),
		CASE(notices_a_new_name),
		CASE(finds_what_is_new_and_misses_what_is_gone),
		CASE(cannot_tell_when_its_host_is_silent),
	};

	return RUN(tests);
}
