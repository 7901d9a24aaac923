/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmm_inventory_apply(): what was recorded, what a batch of visits shows, what is recorded
 * then, and what is reported as changed.
 */
#include "readable.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rows.h"
#include "inventory/inventory.h"

#define VMS "uuid host name state last also seen"
#define SEEN "host at uuid name state"
#define DIFF "change host name uuid old new"
#define NOW "t5"

/*
 * A line of `seen` is a VM that a visit showed. "h1 t5 - - -" is a visit that showed none,
 * "h1 t5 ! - -" one that got no answer, and "h1 t5 ~ - -" makes the visit to h1 a partial one.
 */
struct scenario {
	const char *title;
	const char *hosts; /* declared; NULL: h1 h2 */
	const char *vms, *seen, *want, *diff;
};

/* clang-format off */
static const struct scenario scenarios[] = {
	/* ---- one host ---- */
	{ "a VM nobody knew is new", NULL,
	  "",
	  "h1 t5 u1 web normal\n",
	  "u1 h1 web normal normal - t5\n",
	  "new h1 web u1 - h1\n" },
	{ "nothing changed: only the time", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 u1 web normal\n",
	  "u1 h1 web normal normal - t5\n",
	  "" },
	{ "renamed", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 u1 www normal\n",
	  "u1 h1 www normal normal - t5\n",
	  "renamed h1 www u1 web www\n" },
	{ "started", NULL,
	  "u1 h1 web stop stop - t1\n",
	  "h1 t5 u1 web normal\n",
	  "u1 h1 web normal normal - t5\n",
	  "started h1 web u1 stop normal\n" },
	{ "started and paused at once counts as started", NULL,
	  "u1 h1 web stop stop - t1\n",
	  "h1 t5 u1 web paused\n",
	  "u1 h1 web paused paused - t5\n",
	  "started h1 web u1 stop paused\n" },
	{ "stopped, and stays with its host (F5)", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 u1 web stop\n",
	  "u1 h1 web stop stop - t5\n",
	  "stopped h1 web u1 normal stop\n" },
	{ "paused is a change of state", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 u1 web paused\n",
	  "u1 h1 web paused paused - t5\n",
	  "state h1 web u1 normal paused\n" },
	{ "a state that the host itself does not know leaves `last`", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 u1 web unknown\n",
	  "u1 h1 web unknown normal - t5\n",
	  "state h1 web u1 normal unknown\n" },
	{ "two VMs may share a name", NULL,
	  "",
	  "h1 t5 u2 web normal\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal - t5\n"
	  "u2 h1 web normal normal - t5\n",
	  "new h2 web u1 - h2\n"
	  "new h1 web u2 - h1\n" },

	/* ---- no answer, no visit ---- */
	{ "no answer: unknown, the rest kept", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 ! - -\n",
	  "u1 h1 web unknown normal - t1\n",
	  "state h1 web u1 normal unknown\n" },
	{ "still no answer: said once", NULL,
	  "u1 h1 web unknown normal - t1\n",
	  "h1 t5 ! - -\n",
	  "u1 h1 web unknown normal - t1\n",
	  "" },
	{ "back as it was", NULL,
	  "u1 h1 web unknown normal - t1\n",
	  "h1 t5 u1 web normal\n",
	  "u1 h1 web normal normal - t5\n",
	  "state h1 web u1 unknown normal\n" },
	{ "back, and stopped meanwhile", NULL,
	  "u1 h1 web unknown normal - t1\n",
	  "h1 t5 u1 web stop\n",
	  "u1 h1 web stop stop - t5\n",
	  "stopped h1 web u1 unknown stop\n" },
	{ "back, and started meanwhile", NULL,
	  "u1 h1 web unknown stop - t1\n",
	  "h1 t5 u1 web normal\n",
	  "u1 h1 web normal normal - t5\n",
	  "started h1 web u1 unknown normal\n" },
	{ "not visited: untouched", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h2 t5 - - -\n",
	  "u1 h1 web normal normal - t1\n",
	  "" },
	{ "a stopped VM is never taken for stopped without an answer", NULL,
	  "u1 h1 web stop stop - t1\n",
	  "h1 t5 ! - -\n"
	  "h2 t5 - - -\n",
	  "u1 h1 web unknown stop - t1\n",
	  "state h1 web u1 stop unknown\n" },

	/* ---- gone ---- */
	{ "gone when every host answered", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 - - -\n"
	  "h2 t5 - - -\n",
	  "",
	  "gone h1 web u1 h1 -\n" },
	{ "unknown while another host did not answer", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 - - -\n"
	  "h2 t5 ! - -\n",
	  "u1 h1 web unknown normal - t1\n",
	  "state h1 web u1 normal unknown\n" },
	{ "unknown while another host was not visited", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 - - -\n",
	  "u1 h1 web unknown normal - t1\n",
	  "state h1 web u1 normal unknown\n" },
	{ "gone from among others", NULL,
	  "u1 h1 a normal normal - t1\n"
	  "u2 h1 b normal normal - t1\n"
	  "u3 h1 c stop stop - t1\n",
	  "h1 t5 u2 b normal\n"
	  "h2 t5 - - -\n",
	  "u2 h1 b normal normal - t5\n",
	  "gone h1 a u1 h1 -\n"
	  "gone h1 c u3 h1 -\n" },

	/* ---- moved ---- */
	{ "moved", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 - - -\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal - t5\n",
	  "moved h2 web u1 h1 h2\n" },
	{ "moved, renamed and started", NULL,
	  "u1 h1 web stop stop - t1\n",
	  "h1 t5 - - -\n"
	  "h2 t5 u1 www normal\n",
	  "u1 h2 www normal normal - t5\n",
	  "moved h2 www u1 h1 h2\n"
	  "renamed h2 www u1 web www\n"
	  "started h2 www u1 stop normal\n" },
	{ "moved while stopped", NULL,
	  "u1 h1 web stop stop - t1\n",
	  "h1 t5 - - -\n"
	  "h2 t5 u1 web stop\n",
	  "u1 h2 web stop stop - t5\n",
	  "moved h2 web u1 h1 h2\n" },
	{ "seen active elsewhere, its host not visited: it may keep a definition", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal h1 t5\n",
	  "moved h2 web u1 h1 h2\n" },
	{ "seen active elsewhere, its host does not answer (failover)", NULL,
	  "u1 h1 web unknown normal - t1\n",
	  "h1 t5 ! - -\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal h1 t5\n",
	  "moved h2 web u1 h1 h2\n"
	  "state h2 web u1 unknown normal\n" },
	{ "seen stopped elsewhere, its host not visited: not moved", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h2 t5 u1 web stop\n",
	  "u1 h1 web normal normal h2 t1\n",
	  "" },
	{ "seen stopped elsewhere, its host does not answer: unknown", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 ! - -\n"
	  "h2 t5 u1 web stop\n",
	  "u1 h1 web unknown normal h2 t1\n",
	  "state h1 web u1 normal unknown\n" },
	{ "recorded on a host that is not declared any more", "h2",
	  "u1 h9 web normal normal - t1\n",
	  "h2 t5 u1 web stop\n",
	  "u1 h2 web stop stop - t5\n",
	  "moved h2 web u1 h9 h2\n"
	  "stopped h2 web u1 normal stop\n" },

	/* ---- on several hosts ---- */
	{ "active here, stopped there", NULL,
	  "",
	  "h1 t5 u1 web stop\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal h1 t5\n",
	  "new h2 web u1 - h2\n" },
	{ "active twice: error, stays where it was", NULL,
	  "u1 h2 web normal normal - t1\n",
	  "h1 t5 u1 web normal\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web error error h1 t5\n",
	  "state h2 web u1 normal error\n" },
	{ "active twice, never seen before: the first by name", NULL,
	  "",
	  "h2 t5 u1 web normal\n"
	  "h1 t5 u1 web paused\n",
	  "u1 h1 web error error h2 t5\n",
	  "new h1 web u1 - h1\n" },
	{ "no more active twice", NULL,
	  "u1 h1 web error error h2 t1\n",
	  "h1 t5 u1 web stop\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal h1 t5\n",
	  "moved h2 web u1 h1 h2\n"
	  "state h2 web u1 error normal\n" },
	{ "stopped twice: stays where it was", NULL,
	  "u1 h2 web stop stop h1 t1\n",
	  "h1 t5 u1 web stop\n"
	  "h2 t5 u1 web stop\n",
	  "u1 h2 web stop stop h1 t5\n",
	  "" },
	{ "stopped twice, neither where it was: the first by name", "h1\nh2\nh3",
	  "u1 h1 web stop stop - t1\n",
	  "h1 t5 - - -\n"
	  "h3 t5 u1 web stop\n"
	  "h2 t5 u1 web stop\n",
	  "u1 h2 web stop stop h3 t5\n",
	  "moved h2 web u1 h1 h2\n" },
	{ "`also`: kept for those not heard, gone for those without it", "h1\nh2\nh3\nh4",
	  "u1 h1 web normal normal h2,h3,h4,h9 t1\n",
	  "h1 t5 u1 web normal\n"
	  "h2 t5 - - -\n"
	  "h3 t5 ! - -\n",
	  "u1 h1 web normal normal h3,h4 t5\n",
	  "" },
	{ "`also` changes even when the VM's own host was not visited", "h1\nh2\nh3",
	  "u1 h1 web normal normal h2 t1\n",
	  "h2 t5 - - -\n"
	  "h3 t5 u1 web stop\n",
	  "u1 h1 web normal normal h3 t1\n",
	  "" },
	{ "a host that lost it does not lose the others' definitions", "h1\nh2\nh3",
	  "u1 h1 web stop stop h3 t1\n",
	  "h1 t5 - - -\n"
	  "h2 t5 - - -\n",
	  "u1 h1 web unknown stop h3 t1\n",
	  "state h1 web u1 stop unknown\n" },

	/* ---- migrations under way ---- */
	{ "an incoming copy does not steal a running VM", NULL,
	  "u1 h2 web normal normal - t1\n",
	  "h1 t5 u1 web migrating\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal h1 t5\n",
	  "" },
	{ "an incoming copy does not steal it from a host not visited", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h2 t5 u1 web migrating\n",
	  "u1 h1 web normal normal h2 t1\n",
	  "" },
	{ "an incoming copy does not steal it from a silent host", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 ! - -\n"
	  "h2 t5 u1 web migrating\n",
	  "u1 h1 web unknown normal h2 t1\n",
	  "state h1 web u1 normal unknown\n" },
	{ "paused for the switch on both sides: no error, not moved", NULL,
	  "u1 h2 web normal normal - t1\n",
	  "h1 t5 u1 web migrating\n"
	  "h2 t5 u1 web migrating\n",
	  "u1 h2 web migrating migrating h1 t5\n",
	  "state h2 web u1 normal migrating\n" },
	{ "arrived, the definition stays behind", NULL,
	  "u1 h1 web migrating migrating h2 t1\n",
	  "h1 t5 u1 web stop\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal h1 t5\n",
	  "moved h2 web u1 h1 h2\n"
	  "state h2 web u1 migrating normal\n" },

	/* ---- the newest sighting wins ---- */
	{ "a row that was seen after the visits began is left alone", NULL,
	  "u1 h2 web normal normal - t3\n",
	  "h1 t2 u1 web normal\n"
	  "h2 t2 - - -\n",
	  "u1 h2 web normal normal - t3\n",
	  "" },
	{ "such a row is not gone either", NULL,
	  "u1 h2 web normal normal - t3\n",
	  "h1 t2 - - -\n"
	  "h2 t4 - - -\n",
	  "u1 h2 web unknown normal - t3\n",
	  "state h2 web u1 normal unknown\n" },
	{ "the visit's time is recorded, not the merge's", NULL,
	  "u1 h1 web normal normal - t3\n",
	  "h1 t4 u1 web normal\n",
	  "u1 h1 web normal normal - t4\n",
	  "" },
	{ "a row from the future does not freeze", NULL,
	  "u1 h1 web normal normal - t9\n",
	  "h1 t5 u1 web stop\n",
	  "u1 h1 web stop stop - t5\n",
	  "stopped h1 web u1 normal stop\n" },

	/* ---- odd batches ---- */
	{ "a look at some VMs says nothing of the others", NULL,
	  "u1 h1 a normal normal - t1\n"
	  "u2 h1 b normal normal - t1\n",
	  "h1 t5 ~ - -\n"
	  "h1 t5 u1 a stop\n"
	  "h2 t5 - - -\n",
	  "u1 h1 a stop stop - t5\n"
	  "u2 h1 b normal normal - t1\n",
	  "stopped h1 a u1 normal stop\n" },
	{ "after a migration a look at the target is enough", NULL,
	  "u1 h1 web normal normal - t1\n"
	  "u2 h2 b normal normal - t1\n",
	  "h2 t5 ~ - -\n"
	  "h2 t5 u1 web normal\n",
	  "u1 h2 web normal normal h1 t5\n"
	  "u2 h2 b normal normal - t1\n",
	  "moved h2 web u1 h1 h2\n" },
	{ "partial visits don't add up to every host", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h1 t5 - - -\n"
	  "h2 t5 ~ - -\n",
	  "u1 h1 web unknown normal - t1\n",
	  "state h1 web u1 normal unknown\n" },
	{ "a host that is not declared is ignored", NULL,
	  "u1 h1 web normal normal - t1\n",
	  "h9 t5 u1 web normal\n"
	  "h9 t5 u2 b normal\n",
	  "u1 h1 web normal normal - t1\n",
	  "" },
	{ "no hosts, no visits", "",
	  "",
	  "",
	  "",
	  "" },
};

/* clang-format on */

#define MAX_HOSTS 8

struct batch {
	struct vmm_table *rows; /* of SEEN */
	struct vmm_table *vms[MAX_HOSTS], *host;
	struct vmm_sighting seen[MAX_HOSTS];
	size_t n;
};

static size_t sighting_of(struct batch *b, const char *host, const char *at)
{
	size_t i = 0;

	while (i < b->n && strcmp(b->seen[i].name, host) != 0)
		i++;
	if (i < b->n)
		return i;
	assert_in_range(i, 0, MAX_HOSTS - 1);
	b->vms[i] = readable_parse("uuid name state", "");
	b->seen[i] = (struct vmm_sighting){
		.name = host,
		.at = at,
		.answered = true,
		.host = b->host,
		.vms = b->vms[i],
	};
	b->n++;
	return i;
}

static void add_line(struct batch *b, size_t row)
{
	const char *uuid = vmm_table_at(b->rows, row, "uuid");
	size_t i =
		sighting_of(b, vmm_table_at(b->rows, row, "host"), vmm_table_at(b->rows, row, "at"));
	long r;

	if (strcmp(uuid, "!") == 0)
		b->seen[i] = (struct vmm_sighting){
			.name = b->seen[i].name,
			.at = b->seen[i].at,
			.error = "refused",
		};
	else if (strcmp(uuid, "~") == 0)
		b->seen[i].partial = true;
	else if (*uuid) {
		r = vmm_table_copy_row(b->vms[i], b->rows, row);
		assert_true(r >= 0);
	}
}

static void batch_init(struct batch *b, const char *text)
{
	*b = (struct batch){ .rows = readable_parse(SEEN, text),
			     .host = readable_parse("hypervisor", "qemu\n") };
	for (size_t r = 0; r < vmm_table_rows(b->rows); r++)
		add_line(b, r);
}

static void batch_release(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		vmm_table_free(b->vms[i]);
	vmm_table_free(b->rows);
	vmm_table_free(b->host);
}

static void scenario(void **state)
{
	const struct scenario *s = *state;
	VMM_TABLE_AUTO *hosts = readable_parse("name", s->hosts ? s->hosts : "h1\nh2\n");
	VMM_TABLE_AUTO *vms = readable_parse(VMS, s->vms);
	VMM_TABLE_AUTO *diff = vmm_table_new(NULL);
	struct batch b;
	struct vmm_err err;

	batch_init(&b, s->seen);
	assert_int_equal(vmm_inventory_apply(hosts, vms, b.seen, b.n, NOW, diff, &err), 0);
	batch_release(&b);
	vmm_table_sort(vms);
	readable_assert(vms, VMS, s->want);
	readable_assert(diff, DIFF, s->diff);
}

/* ---- the other columns ---- */

static void apply_one(struct vmm_table *hosts, struct vmm_table *vms, const struct vmm_sighting *s)
{
	struct vmm_err err;

	assert_int_equal(vmm_inventory_apply(hosts, vms, s, 1, NOW, NULL, &err), 0);
}

static void details_are_kept_when_not_read(void **state)
{
	static const char columns[] = "uuid host vcpus mem guest autostart persistent disks nics "
				      "addresses snapshots extra";
	VMM_TABLE_AUTO *hosts = readable_parse("name", "h1\n");
	VMM_TABLE_AUTO *vms = readable_parse(columns, "u1 h1 2 1024 g yes yes vda net0 ::1 s1 x\n"
						      "u2 h1 2 1024 g yes yes vda net0 ::1 s1 x\n");
	VMM_TABLE_AUTO *seen = readable_parse(
		"uuid name state vcpus mem guest autostart persistent disks nics addresses details",
		"u1 a normal 4 - - no - - - - no\n"
		"u2 b normal 4 2048 - - no vdb - - yes\n");
	struct vmm_sighting s = { .name = "h1", .answered = true, .vms = seen };

	(void)state;
	apply_one(hosts, vms, &s);
	readable_assert(vms, columns,
			"u1 h1 4 1024 g no yes vda net0 ::1 s1 x\n"
			"u2 h1 4 2048 - yes no vdb - - s1 x\n");
}

static void all_columns_exist_afterwards(void **state)
{
	VMM_TABLE_AUTO *hosts = vmm_table_new(NULL);
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_inventory_apply(hosts, vms, NULL, 0, NOW, NULL, &err), 0);
	assert_string_equal(vmm_table_colname(hosts, 0), "name");
	assert_true(vmm_table_col(hosts, "error") > 0);
	assert_string_equal(vmm_table_colname(vms, 0), "uuid");
	assert_true(vmm_table_col(vms, "addresses") > 0);
}

#define HOSTS "name uri state hypervisor mem_used seen error extra"

static void hosts_that_answer(void **state)
{
	VMM_TABLE_AUTO *hosts = readable_parse(HOSTS, "h1 u1 unknown - 5 t1 refused x\n"
						      "h2 u2 normal qemu 5 t1 - x\n");
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	VMM_TABLE_AUTO *host =
		readable_parse("hypervisor mem_used uri error", "xen - ignored ignored\n");
	struct vmm_sighting s = { .name = "h1", .at = "t4", .answered = true, .host = host };

	(void)state;
	apply_one(hosts, vms, &s);
	readable_assert(hosts, HOSTS,
			"h1 u1 normal xen - t4 - x\n"
			"h2 u2 normal qemu 5 t1 - x\n");
}

static void hosts_that_warn(void **state)
{
	VMM_TABLE_AUTO *hosts = readable_parse(HOSTS, "h1 u1 - - 5 t1 refused x\n");
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	VMM_TABLE_AUTO *host = readable_parse("state", "warning\n");
	struct vmm_sighting s = { .name = "h1", .answered = true, .host = host };

	(void)state;
	apply_one(hosts, vms, &s);
	readable_assert(hosts, HOSTS, "h1 u1 warning - 5 t5 - x\n");
}

static void hosts_that_are_silent(void **state)
{
	VMM_TABLE_AUTO *hosts = readable_parse(HOSTS, "h1 u1 normal qemu 5 t1 - x\n"
						      "h2 u2 normal qemu 5 t1 - x\n");
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	struct vmm_sighting s = { .name = "h1", .error = "refused" };

	(void)state;
	apply_one(hosts, vms, &s);
	readable_assert(hosts, HOSTS,
			"h1 u1 unknown qemu 5 t1 refused x\n"
			"h2 u2 normal qemu 5 t1 - x\n");
}

static void hosts_lost_and_back(void **state)
{
	VMM_TABLE_AUTO *hosts = readable_parse(HOSTS, "h1 u1 normal qemu 5 t1 - x\n"
						      "h2 u2 unknown qemu 5 t1 - x\n"
						      "h3 u3 unknown qemu 5 t1 - x\n"
						      "h4 u4 - - - - - x\n");
	VMM_TABLE_AUTO *vms = readable_parse(VMS, "u1 h1 web normal normal - t1\n");
	VMM_TABLE_AUTO *diff = vmm_table_new(NULL);
	const struct vmm_sighting s[] = {
		{ .name = "h1", .error = "refused" },
		{ .name = "h2", .answered = true },
		{ .name = "h3", .error = "refused" },
		{ .name = "h4", .error = "refused" },
	};

	(void)state;
	for (int twice = 0; twice < 2; twice++)
		assert_int_equal(vmm_inventory_apply(hosts, vms, s, 4, NOW, diff, NULL), 0);
	readable_assert(diff, DIFF " error",
			"lost h1 - - normal unknown refused\n"
			"back h2 - - unknown normal -\n"
			"state h1 web u1 normal unknown -\n");
}

static void hosts_seen_later_or_in_part(void **state)
{
	static const char before[] = "h1 u1 normal qemu 5 t3 - x\n"
				     "h2 u2 normal qemu 5 t1 - x\n";
	VMM_TABLE_AUTO *hosts = readable_parse(HOSTS, before);
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	struct vmm_sighting late = { .name = "h1", .at = "t2", .error = "refused" };
	struct vmm_sighting part = { .name = "h2", .answered = true, .partial = true };

	(void)state;
	apply_one(hosts, vms, &late);
	apply_one(hosts, vms, &part);
	readable_assert(hosts, HOSTS, before);
}

static void a_vm_without_uuid_is_refused(void **state)
{
	VMM_TABLE_AUTO *hosts = readable_parse("name", "h1\n");
	VMM_TABLE_AUTO *vms = vmm_table_new(NULL);
	VMM_TABLE_AUTO *seen = readable_parse("uuid name state", "- web normal\n");
	struct vmm_sighting s = { .name = "h1", .answered = true, .vms = seen };
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_inventory_apply(hosts, vms, &s, 1, NOW, NULL, &err), VMM_EINPUT);
	assert_string_equal(err.text, "host 'h1' shows a VM without UUID");
}

/* ---- many ---- */

#define MANY 10000

static struct vmm_table *many(const char *columns, const char *cells)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	for (unsigned i = 0; i < MANY; i++)
		vmm_buf_addf(&text, "%08x %s\n", i * 2654435761u, cells);
	return readable_parse(columns, text.data);
}

/* Ten thousand move from h1 to h2: linear work, or this takes minutes. */
static void many_vms(void **state)
{
	VMM_TABLE_AUTO *hosts = readable_parse("name", "h1\nh2\n");
	VMM_TABLE_AUTO *vms = many(VMS, "h1 web normal normal - t1");
	VMM_TABLE_AUTO *there = many("uuid name state", "web normal");
	VMM_TABLE_AUTO *none = readable_parse("uuid name state", "");
	VMM_TABLE_AUTO *diff = vmm_table_new(NULL);
	struct vmm_sighting s[] = {
		{ .name = "h1", .answered = true, .vms = none },
		{ .name = "h2", .answered = true, .vms = there },
	};
	struct vmm_err err;

	(void)state;
	assert_int_equal(vmm_inventory_apply(hosts, vms, s, 2, NOW, diff, &err), 0);
	assert_int_equal(vmm_table_rows(vms), MANY);
	assert_int_equal(vmm_table_rows(diff), MANY);
	s[1].vms = none;
	assert_int_equal(vmm_inventory_apply(hosts, vms, s, 2, NOW, diff, &err), 0);
	assert_int_equal(vmm_table_rows(vms), 0);
	assert_int_equal(vmm_table_rows(diff), 2 * MANY);
}

#define N_SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))

int main(void)
{
	const struct CMUnitTest others[] = {
		cmocka_unit_test(details_are_kept_when_not_read),
		cmocka_unit_test(all_columns_exist_afterwards),
		cmocka_unit_test(hosts_that_answer),
		cmocka_unit_test(hosts_that_warn),
		cmocka_unit_test(hosts_that_are_silent),
		cmocka_unit_test(hosts_lost_and_back),
		cmocka_unit_test(hosts_seen_later_or_in_part),
		cmocka_unit_test(a_vm_without_uuid_is_refused),
		cmocka_unit_test(many_vms),
	};
	struct CMUnitTest tests[N_SCENARIOS + sizeof(others) / sizeof(*others)];

	for (size_t i = 0; i < N_SCENARIOS; i++)
		tests[i] = (struct CMUnitTest){ .name = scenarios[i].title,
						.test_func = scenario,
						.initial_state = (void *)(uintptr_t)&scenarios[i] };
	memcpy(tests + N_SCENARIOS, others, sizeof(others));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
