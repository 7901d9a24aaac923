/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts declared, changed, removed; labels; and updates: through a store in a folder. */
#include "readable.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "inventory/inventory.h"

#define HOSTS "name uri group labels state"

static char folder[] = "/tmp/vmm-inventory-XXXXXX";

static int setup(void **state)
{
	struct vmm_store *st;
	struct vmm_err err;

	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	if (!mkdtemp(folder) || vmm_store_open(folder, &st, &err) < 0)
		return -1;
	*state = st;
	return 0;
}

static int teardown(void **state)
{
	pid_t child;

	vmm_store_close(*state);
	child = fork();
	if (child == 0) {
		execlp("rm", "rm", "-rf", folder, NULL);
		_exit(127);
	}
	return child < 0 || waitpid(child, NULL, 0) < 0 ? -1 : 0;
}

static int add_as(struct vmm_store *st, const char *columns, const char *text, struct vmm_err *err)
{
	VMM_TABLE_AUTO *row = readable_parse(columns, text);

	return vmm_inventory_add_host(st, row, false, NULL, err);
}

static int add(struct vmm_store *st, const char *text, struct vmm_err *err)
{
	return add_as(st, "name uri group labels hypervisor uuid", text, err);
}

static int set(struct vmm_store *st, const char *name, const char *columns, const char *text,
	       struct vmm_err *err)
{
	VMM_TABLE_AUTO *row = readable_parse(columns, text);

	return vmm_inventory_set_host(st, name, row, err);
}

static void assert_hosts(struct vmm_store *st, const char *want)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_err err;

	assert_int_equal(vmm_inventory_read(st, &inv, &err), 0);
	readable_assert(inv.hosts, HOSTS, want);
}

static void an_empty_state_has_all_columns(void **state)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_err err;

	assert_int_equal(vmm_inventory_read(*state, &inv, &err), 0);
	assert_int_equal(vmm_table_rows(inv.hosts), 0);
	assert_string_equal(vmm_table_colname(inv.hosts, 0), "name");
	assert_string_equal(vmm_table_colname(inv.vms, 0), "uuid");
	assert_true(vmm_table_col(inv.hosts, "maint") > 0);
}

static void add_host(void **state)
{
	struct vmm_err err;

	assert_int_equal(add(*state, "h2 test:///b lab z=1,a=2 test -\n", &err), 0);
	assert_int_equal(add(*state, "h1 test:///a - - test -\n", &err), 0);
	assert_int_equal(add_as(*state, "name uri state stray", "h3 test:///c normal x\n", &err), 0);
	assert_hosts(*state, "h1 test:///a - - unknown\n"
			     "h2 test:///b lab a=2,z=1 unknown\n"
			     "h3 test:///c - - normal\n");
}

struct refusal {
	const char *row;
	int code;
	const char *text;
};

static const struct refusal refusals[] = {
	{ "h1 test:///new - - - -\n", VMM_EREFUSED, "cannot add host 'h1': it is declared already" },
	{ "h9 test:///a - - - -\n", VMM_EREFUSED,
	  "cannot add host 'h9': host 'h1' has the same uri 'test:///a'" },
	{ "h9 test:///new - - qemu u1\n", VMM_EREFUSED,
	  "cannot add host 'h9': host 'h1' is the same machine (qemu, uuid u1)" },
	{ "h9 - - - - -\n", VMM_EINPUT, "cannot add host 'h9': uri is empty" },
	{ "h9 test:///new .g - - -\n", VMM_EINPUT,
	  "cannot add host 'h9': group '.g' begins with '.'" },
	{ "h9 test:///new - plain - -\n", VMM_EINPUT,
	  "cannot add host 'h9': label 'plain' is not KEY=VALUE" },
	{ "@9 test:///new - - - -\n", VMM_EINPUT,
	  "host name '@9' has something else than letters, digits, '.', '_', '-'" },
	{ "", VMM_EINPUT, "no host is given" },
};

static void add_host_refuses(void **state)
{
	struct vmm_err err;

	assert_int_equal(add(*state, "h1 test:///a - - qemu u1\n", &err), 0);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		assert_int_equal(add(*state, refusals[i].row, &err), refusals[i].code);
		assert_string_equal(err.text, refusals[i].text);
	}
	assert_hosts(*state, "h1 test:///a - - unknown\n");
	assert_int_equal(add(*state, "h2 test:///b - - lxc u1\n", &err), 0);
	assert_int_equal(add(*state, "h3 test:///c - - qemu u1\n", NULL), VMM_EREFUSED);
}

static void set_host(void **state)
{
	struct vmm_err err;

	assert_int_equal(add(*state, "h1 test:///a lab k=v qemu u1\n", &err), 0);
	assert_int_equal(add(*state, "h2 test:///b - - lxc u1\n", &err), 0);
	assert_int_equal(set(*state, "h1", "group state name", "prod stop x\n", &err), 0);
	assert_hosts(*state, "h1 test:///a prod k=v unknown\n"
			     "h2 test:///b - - unknown\n");
	assert_int_equal(set(*state, "h1", "uri labels", "test:///c -\n", &err), 0);
	assert_hosts(*state, "h1 test:///c prod - unknown\n"
			     "h2 test:///b - - unknown\n");
	assert_int_equal(set(*state, "h1", "uri", "test:///b\n", &err), VMM_EREFUSED);
	assert_string_equal(err.text,
			    "cannot change host 'h1': host 'h2' has the same uri 'test:///b'");
	assert_int_equal(set(*state, "h3", "uri", "test:///d\n", &err), VMM_ENOTFOUND);
	assert_string_equal(err.text, "cannot change host 'h3': no such host is declared");
	assert_int_equal(set(*state, "h1", "uri", "-\n", &err), VMM_EINPUT);
	assert_int_equal(set(*state, "h1", "uri", "", &err), VMM_EINPUT);
	assert_int_equal(set(*state, "h1", "uri", "qemu+ext:///system\n", &err), VMM_EINPUT);
	assert_int_equal(set(*state, "h1", "peer_uri", "qemu+ext:///system\n", &err), VMM_EINPUT);
	assert_int_equal(set(*state, "h1", "migrate_uri", "exec:true\n", &err), VMM_EINPUT);
	assert_int_equal(set(*state, "h1", "label unlabel", "b=2,c=3 x\n", &err), 0);
	assert_int_equal(set(*state, "h1", "label unlabel", "c=4 b\n", &err), 0);
	assert_hosts(*state, "h1 test:///c prod c=4 unknown\n"
			     "h2 test:///b - - unknown\n");
}

/* ---- with VMs ---- */

#define VMS "uuid host name state last also"

static void update(struct vmm_store *st, const char *host, const char *vms, struct vmm_table *diff)
{
	VMM_TABLE_AUTO *seen = readable_parse("uuid name state", vms);
	VMM_TABLE_AUTO *row = readable_parse("hypervisor", "qemu\n");
	struct vmm_sighting s = { .name = host, .answered = true, .host = row, .vms = seen };
	struct vmm_err err;

	assert_int_equal(vmm_inventory_update(st, &s, 1, diff, &err), 0);
}

static void assert_vms(struct vmm_store *st, const char *want)
{
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_err err;

	assert_int_equal(vmm_inventory_read(st, &inv, &err), 0);
	readable_assert(inv.vms, VMS, want);
}

static void updates_are_stored(void **state)
{
	VMM_TABLE_AUTO *diff = readable_parse("change uuid", "earlier u0\n");
	VMM_INVENTORY_AUTO inv = VMM_INVENTORY_INIT;
	struct vmm_err err;
	time_t t;

	assert_int_equal(add(*state, "h1 test:///a - - - -\n", &err), 0);
	update(*state, "h1", "u1 web stop\n", diff);
	update(*state, "h1", "u1 web normal\n", diff);
	update(*state, "h1", "u1 web paused\n", NULL);
	readable_assert(diff, "change uuid old new",
			"earlier u0 - -\n"
			"back - unknown normal\n"
			"new u1 - h1\n"
			"started u1 stop normal\n");
	assert_vms(*state, "u1 h1 web paused paused -\n");
	assert_int_equal(vmm_inventory_read(*state, &inv, &err), 0);
	assert_int_equal(vmm_time_parse(vmm_table_at(inv.vms, 0, "seen"), &t), 0);
	assert_string_equal(vmm_table_at(inv.hosts, 0, "state"), "normal");
}

static void removing_a_host_takes_its_vms(void **state)
{
	struct vmm_err err;

	assert_int_equal(add(*state, "h1 test:///a - - - -\n", &err), 0);
	assert_int_equal(add(*state, "h2 test:///b - - - -\n", &err), 0);
	assert_int_equal(add(*state, "h3 test:///c - - - -\n", &err), 0);
	update(*state, "h1", "u1 a stop\nu2 b normal\nu3 c normal\n", NULL);
	update(*state, "h2", "u2 b stop\nu4 d normal\n", NULL);
	update(*state, "h3", "u2 b stop\n", NULL);
	assert_vms(*state, "u1 h1 a stop stop -\n"
			   "u2 h1 b normal normal h2,h3\n"
			   "u3 h1 c normal normal -\n"
			   "u4 h2 d normal normal -\n");
	assert_int_equal(vmm_inventory_rm_host(*state, "h2", &err), 0);
	assert_vms(*state, "u1 h1 a stop stop -\n"
			   "u2 h1 b normal normal h3\n"
			   "u3 h1 c normal normal -\n");
	assert_int_equal(vmm_inventory_rm_host(*state, "h1", &err), 0);
	assert_vms(*state, "");
	assert_hosts(*state, "h3 test:///c - - normal\n");
	assert_int_equal(vmm_inventory_rm_host(*state, "h1", &err), VMM_ENOTFOUND);
	assert_string_equal(err.text, "cannot remove host 'h1': no such host is declared");
}

/* ---- labels ---- */

typedef int labels_fn(const char *old, const char *label, struct vmm_buf *out, struct vmm_err *err);

struct labels_case {
	labels_fn *fn;
	const char *old, *label, *want; /* want NULL: refused */
};

static const struct labels_case labels_cases[] = {
	{ vmm_labels_set, "", "rack=7", "rack=7" },
	{ vmm_labels_set, "rack=7", "disk=ssd", "disk=ssd,rack=7" },
	{ vmm_labels_set, "disk=ssd,rack=7", "disk=hdd", "disk=hdd,rack=7" },
	{ vmm_labels_set, "disk=ssd", "disk=", "disk=" },
	{ vmm_labels_set, "a.b=1", "a=2", "a=2,a.b=1" },
	{ vmm_labels_set, "", "eq=a=b", "eq=a=b" },
	{ vmm_labels_set, "b=1", "a=x,y", "a=x\\,y,b=1" },
	{ vmm_labels_set, "", "plain", NULL },
	{ vmm_labels_set, "", "=v", NULL },
	{ vmm_labels_set, "", "a b=v", NULL },
	{ vmm_labels_unset, "disk=ssd,rack=7", "disk", "rack=7" },
	{ vmm_labels_unset, "disk=ssd", "disk", "" },
	{ vmm_labels_unset, "disk=ssd", "dis", "disk=ssd" },
	{ vmm_labels_unset, "disk=ssd", "disk=ssd", NULL },
	{ vmm_labels_unset, "disk=ssd", "", NULL },
};

static void labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(labels_cases) / sizeof(*labels_cases); i++) {
		const struct labels_case *c = &labels_cases[i];
		VMM_BUF_AUTO out = VMM_BUF_INIT;
		struct vmm_err err;

		assert_int_equal(c->fn(c->old, c->label, &out, &err), c->want ? 0 : VMM_EINPUT);
		assert_string_equal(out.data, c->want ? c->want : "");
	}
}

#define stored(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		stored(an_empty_state_has_all_columns),
		stored(add_host),
		stored(add_host_refuses),
		stored(set_host),
		stored(updates_are_stored),
		stored(removing_a_host_takes_its_vms),
		cmocka_unit_test(labels),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
