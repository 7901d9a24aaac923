/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Load: what two samples mean, without any host; and rounds on libvirt's test driver, whose VMs claim to have
 * used a second of processor time in each second.
 */
#include "test.h"

#include <libvirt/libvirt.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "load/load-internal.h"

#define UUID_A "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_B "bbbbbbbb-0000-4000-8000-000000000002"

static void growth(void **state)
{
	(void)state;
	assert_true(vmm__growth(10, 30) == 20);
	assert_true(vmm__growth(10, 10) == 0);
	assert_true(vmm__growth(30, 10) == 10); /* it began anew */
	assert_true(vmm__growth(UINT64_MAX - 5, 4) == 4);
	assert_true(isnan(vmm__growth(VMM__UNTOLD, 4)));
	assert_true(isnan(vmm__growth(4, VMM__UNTOLD)));
}

static struct vmm__device disk(const char *name, uint64_t rd, uint64_t ops, uint64_t ns)
{
	struct vmm__device d = { (char *)name, { rd, 2 * rd, ops, ops, ns, ns } };

	return d;
}

static struct vmm__guest guest(unsigned id, uint64_t cpu, uint64_t delay)
{
	struct vmm__guest g = {
		.uuid = UUID_A, .active = true, .id = id, .cpu_ns = cpu, .delay_ns = delay
	};

	g.disks.told = g.nics.told = true;
	return g;
}

static void of_a_guest(void **state)
{
	struct vmm__guest was = guest(1, 1000, 100), now = guest(1, 1500, 130);
	struct vmm__used u = vmm__guest_used(&was, &now);

	(void)state;
	assert_true(u.v[VMM__USE_CPU] == 500);
	assert_true(u.v[VMM__USE_DELAY] == 30);
	assert_true(u.v[VMM__USE_RD] == 0);
	now.delay_ns = VMM__UNTOLD;
	u = vmm__guest_used(&was, &now);
	assert_true(u.v[VMM__USE_CPU] == 500);
	assert_true(isnan(u.v[VMM__USE_DELAY]));
}

/* All that a process has used since it began was within the interval. */
static void started_meanwhile(void **state)
{
	struct vmm__guest was = guest(1, 1000, 100), now = guest(2, 1500, 130);

	(void)state;
	assert_true(vmm__guest_used(&was, &now).v[VMM__USE_CPU] == 1500);
	assert_true(vmm__guest_used(NULL, &now).v[VMM__USE_CPU] == 1500);
	was = guest(2, 1000, 100);
	was.active = false;
	assert_true(vmm__guest_used(&was, &now).v[VMM__USE_CPU] == 1500);
}

static void of_devices(void **state)
{
	struct vmm__device before[] = { disk("vda", 100, 10, 1000), disk("vdb", 500, 50, 5000) };
	struct vmm__device after[] = { disk("vdc", 7, 1, 30), disk("vda", 150, 15, 2000) };
	struct vmm__guest was = guest(1, 0, 0), now = guest(1, 0, 0);
	struct vmm__used u;

	(void)state;
	was.disks = (struct vmm__devices){ before, 2, true };
	now.disks = (struct vmm__devices){ after, 2, true };
	u = vmm__guest_used(&was, &now); /* vdb was taken out, vdc plugged in */
	assert_true(u.v[VMM__USE_RD] == 57);
	assert_true(u.v[VMM__USE_WR] == 114);
	assert_true(u.v[VMM__USE_OPS] == 12);
	assert_true(u.v[VMM__USE_OPS_NS] == 2060);
	now.disks.told = false;
	assert_true(isnan(vmm__guest_used(&was, &now).v[VMM__USE_RD]));
	now.disks.told = true;
	was.disks.told = false; /* what it had counted by then is not known */
	assert_true(isnan(vmm__guest_used(&was, &now).v[VMM__USE_RD]));
	after[1].n[VMM__RD_NS] = VMM__UNTOLD;
	was.disks.told = true;
	assert_true(vmm__guest_used(&was, &now).v[VMM__USE_RD] == 57);
}

static void of_all_guests(void **state)
{
	struct vmm__guest before[] = { guest(1, 100, 10), guest(2, 100, 10) };
	struct vmm__guest after[] = { guest(1, 300, VMM__UNTOLD), guest(2, 150, 15), guest(0, 0, 0) };
	struct vmm__sample was = { .guests = before, .n = 2 }, now = { .guests = after, .n = 3 };
	struct vmm__used u;

	(void)state;
	snprintf(before[1].uuid, sizeof(before[1].uuid), "%s", UUID_B);
	snprintf(after[1].uuid, sizeof(after[1].uuid), "%s", UUID_B);
	snprintf(after[2].uuid, sizeof(after[2].uuid), "%s", "cccccccc-0000-4000-8000-000000000003");
	after[2].active = false;
	u = vmm__guests_used(&was, &now);
	assert_true(u.v[VMM__USE_CPU] == 250);
	assert_true(u.v[VMM__USE_DELAY] == 5); /* of those that are known */
	after[1].delay_ns = VMM__UNTOLD;
	assert_true(isnan(vmm__guests_used(&was, &now).v[VMM__USE_DELAY]));
	now.n = 0;
	assert_true(vmm__guests_used(&was, &now).v[VMM__USE_DELAY] == 0);
}

static void of_a_host(void **state)
{
	struct vmm__sample was = { .cpus = 8, .busy_ns = 1000, .idle_ns = 9000 };
	struct vmm__sample now = { .cpus = 8, .busy_ns = 1500, .idle_ns = 10500 };

	(void)state;
	assert_true(vmm__host_cpu(&was, &now) == 2);
	now.idle_ns = 8990; /* it goes back a little at times */
	assert_true(vmm__host_cpu(&was, &now) == 8);
	now.busy_ns = 10; /* booted */
	assert_true(isnan(vmm__host_cpu(&was, &now)));
	now = was; /* the same moment */
	assert_true(isnan(vmm__host_cpu(&was, &now)));
	was.busy_ns = now.busy_ns = VMM__UNTOLD;
	assert_true(isnan(vmm__host_cpu(&was, &now)));
}

static void add(virTypedParameterPtr *p, int *n, int *max, const char *field, unsigned long long value)
{
	assert_int_equal(virTypedParamsAddULLong(p, n, max, field, value), 0);
}

static void by_libvirts_names(void **state)
{
	virTypedParameterPtr p = NULL;
	struct vmm__guest g = { .uuid = UUID_A };
	struct vmm_err err;
	int n = 0, max = 0;

	(void)state;
	assert_int_equal(virInitialize(), 0);
	add(&p, &n, &max, "cpu.time", 42);
	add(&p, &n, &max, "vcpu.maximum", 3);
	add(&p, &n, &max, "vcpu.0.delay", 5);
	add(&p, &n, &max, "vcpu.2.delay", 7); /* the second one is not plugged in */
	add(&p, &n, &max, "balloon.maximum", 2048);
	add(&p, &n, &max, "balloon.available", 1000);
	add(&p, &n, &max, "balloon.unused", 400);
	add(&p, &n, &max, "block.count", 1);
	add(&p, &n, &max, "block.0.rd.bytes", 512);
	assert_int_equal(virTypedParamsAddString(&p, &n, &max, "block.0.name", "sda"), 0);
	assert_int_equal(vmm__counters_read(&g, p, n, &err), 0);
	assert_int_equal(g.cpu_ns, 42);
	assert_int_equal(g.delay_ns, 12);
	assert_int_equal(g.mem, 2048 * 1024);
	assert_int_equal(g.mem_guest, 600 * 1024);
	assert_true(g.mem_rss == VMM__UNTOLD);
	assert_true(g.vcpus == VMM__UNTOLD);
	assert_true(g.disks.told && g.disks.n == 1);
	assert_string_equal(g.disks.d[0].name, "sda");
	assert_int_equal(g.disks.d[0].n[VMM__RD_BYTES], 512);
	assert_true(g.disks.d[0].n[VMM__WR_BYTES] == VMM__UNTOLD);
	assert_false(g.nics.told);
	free(g.disks.d[0].name);
	free(g.disks.d);
	virTypedParamsFree(p, n);
}

/* ---- rounds ---- */

static void write_host(const char *path, const char *uuid)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f,
		"<node><domain type='test'><name>a</name><uuid>%s</uuid><memory unit='MiB'>64</memory>"
		"<vcpu>2</vcpu><os><type>hvm</type></os></domain></node>",
		uuid);
	assert_int_equal(fclose(f), 0);
}

static void add_cells(struct vmm_table *t, const char *const *cells, size_t n)
{
	long row = vmm_table_add(t);

	assert_true(row >= 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(vmm_table_set(t, (size_t)row, (int)i, cells[i]), 0);
}

static const char *vm_cell(const struct vmm_inventory *inv, const char *uuid, const char *column)
{
	long row = vmm_table_find(inv->vms, vmm_table_col(inv->vms, "uuid"), uuid);

	assert_true(row >= 0);
	return vmm_table_at(inv->vms, (size_t)row, column);
}

static double number(const char *text)
{
	return *text ? strtod(text, NULL) : NAN;
}

static void rounds(void **state)
{
	static const char *const hosts[] = { "name", "uri", "state", "maint", "auth_file", NULL };
	static const char *const vms[] = { "uuid", "host", "name", "state", NULL };
	char dir[] = "/tmp/vmm-load.XXXXXX", path[64], uri[80];
	const struct vmm_load_options opt = { .interval_ms = 300 };
	struct vmm_inventory inv = { vmm_table_new(hosts), vmm_table_new(vms) };
	struct vmm_load_result result;
	struct vmm_load *load;
	struct vmm_err err = { .text = "" };
	double cpu;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/h", dir);
	snprintf(uri, sizeof(uri), "test://%s", path);
	write_host(path, UUID_A);
	add_cells(inv.hosts, (const char *[]){ "h1", uri }, 2);
	add_cells(inv.hosts, (const char *[]){ "h2", "test:///nowhere.xml" }, 2);
	add_cells(inv.vms, (const char *[]){ UUID_B, "h1", "gone", "normal" }, 4);
	assert_int_equal(vmm_load_new(&inv, (size_t[]){ 0, 1 }, 2, &opt, &load, &err), 0);
	assert_int_equal(vmm_load_round(load, &inv, &result, &err), 0);
	assert_int_equal(result.n, 2);
	assert_int_equal(result.failed, 1);
	assert_int_equal(result.codes[0], 0);
	assert_string_equal(vmm_table_at(inv.hosts, 0, "state"), "normal");
	assert_string_equal(vmm_table_at(inv.hosts, 1, "state"), "unknown");
	assert_true(*vmm_table_at(inv.hosts, 1, "error") != '\0');
	assert_string_equal(vmm_table_at(inv.hosts, 1, "seconds"), "");
	cpu = number(vm_cell(&inv, UUID_A, "cpu"));
	assert_true(cpu > 0.8 && cpu < 1.2);
	assert_string_equal(vm_cell(&inv, UUID_A, "vcpus"), "2");
	assert_string_equal(vm_cell(&inv, UUID_A, "mem_actual"), "67108864");
	assert_string_equal(vm_cell(&inv, UUID_A, "mem_rss"), "");
	assert_string_equal(vm_cell(&inv, UUID_A, "disk_rd"), "");
	assert_string_equal(vm_cell(&inv, UUID_B, "cpu"), "");
	assert_true(strstr(vm_cell(&inv, UUID_B, "error"), "no longer on this host") != NULL);

	/* The next round is over at once, and its interval is the time since. */
	usleep(200000);
	assert_int_equal(vmm_load_round(load, &inv, &result, &err), 0);
	cpu = number(vm_cell(&inv, UUID_A, "cpu"));
	assert_true(cpu > 0.8 && cpu < 1.2);
	assert_true(number(vm_cell(&inv, UUID_A, "seconds")) >= 0.2);
	assert_true(number(vm_cell(&inv, UUID_A, "seconds")) < 0.3 + 5);
	vmm_load_free(load);
	vmm_inventory_release(&inv);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void cancelled(void **state)
{
	static const char *const hosts[] = { "name", "uri", NULL };
	struct vmm_cancel cancel = { .level = 1 };
	const struct vmm_load_options opt = { .interval_ms = 60000, .cancel = &cancel };
	struct vmm_inventory inv = { vmm_table_new(hosts), vmm_table_new(NULL) };
	struct vmm_load_result result;
	struct vmm_load *load;
	struct vmm_err err;

	(void)state;
	add_cells(inv.hosts, (const char *[]){ "h1", "test:///default" }, 2);
	assert_int_equal(vmm_load_new(&inv, (size_t[]){ 0 }, 1, &opt, &load, &err), 0);
	assert_int_equal(vmm_load_round(load, &inv, &result, &err), VMM_ECANCEL);
	vmm_load_free(load);
	vmm_inventory_release(&inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth),
		cmocka_unit_test(of_a_guest),
		cmocka_unit_test(started_meanwhile),
		cmocka_unit_test(of_devices),
		cmocka_unit_test(of_all_guests),
		cmocka_unit_test(of_a_host),
		cmocka_unit_test(by_libvirts_names),
		cmocka_unit_test(rounds),
		cmocka_unit_test(cancelled),
	};

	return RUN(tests);
}
