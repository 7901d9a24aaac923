/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups' files: settings, rules, whom they mean, models. */
#include "test.h"

#include <stdio.h>
#include <unistd.h>

#include "group/internal.h"

/* Loads `text` as the group "g". */
static int load(const char *text, struct vmm_group **out, struct vmm_err *err)
{
	char path[] = "/tmp/vmm-group.XXXXXX";
	int fd = mkstemp(path), code;
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	code = vmm_group_load(path, "g", out, err);
	unlink(path);
	return code;
}

static struct vmm_group *group(const char *text)
{
	struct vmm_group *g = NULL;
	struct vmm_err err;

	if (load(text, &g, &err) < 0)
		fail_msg("%s", err.text);
	return g;
}

/* The error, without the name of the file. */
static void refused(const char *text, const char *why)
{
	struct vmm_group *g = NULL;
	struct vmm_err err = { 0 };

	assert_int_equal(load(text, &g, &err), VMM_EINPUT);
	assert_null(g);
	assert_string_equal(strchr(err.text, ':') + 1, why);
}

static void usual_settings(void **state)
{
	VMM_GROUP_AUTO *g = vmm_group_new("g");

	(void)state;
	assert_string_equal(g->name, "g");
	assert_string_equal(g->description, "");
	assert_false(g->automatic);
	assert_int_equal(g->aggressiveness, 3);
	assert_int_equal(g->rounds, 3);
	assert_int_equal(g->failures, 0);
	assert_int_equal(g->interval_ms, 300000);
	assert_int_equal(g->hold_down_ms, 3600000);
	assert_true(g->limit[VMM_CPU] == 0 && g->limit[VMM_MEMORY] == 1);
	assert_true(g->weight[VMM_CPU] == 1 && g->weight[VMM_NET] == 0);
	assert_int_equal(g->nrules + g->nmodels + g->nlogicals, 0);
}

static void all_settings(void **state)
{
	VMM_GROUP_AUTO *g = group("description = x\nmode = automatic\naggressiveness = 5\n"
				  "interval = 90\nrounds = 1\nhold-down = 0\nfailures = 2\n"
				  "[reserve]\ncpu = 2\nmemory = 5%\n"
				  "[limit]\ncpu = 400%\nmemory = none\ndisk = 7.5%\n"
				  "[weight]\ncpu = 0.25\ndisk = 2\n"
				  "[capacity]\nnet = 1G\n");

	(void)state;
	assert_string_equal(g->description, "x");
	assert_true(g->automatic);
	assert_int_equal(g->aggressiveness, 5);
	assert_int_equal(g->interval_ms, 90000);
	assert_int_equal(g->hold_down_ms, 0);
	assert_int_equal(g->rounds, 1);
	assert_int_equal(g->failures, 2);
	assert_int_equal(g->reserve[VMM_CPU].fixed, 2);
	assert_int_equal(g->reserve[VMM_MEMORY].fixed, 0);
	assert_true(g->reserve[VMM_MEMORY].share == 0.05);
	assert_true(g->limit[VMM_CPU] == 4 && g->limit[VMM_MEMORY] == 0);
	assert_true(g->limit[VMM_DISK] == 0.075 && g->limit[VMM_NET] == 0);
	assert_true(g->weight[VMM_CPU] == 0.25 && g->weight[VMM_MEMORY] == 1);
	assert_int_equal(g->capacity[VMM_NET], 1 << 30);
}

static void bad_settings(void **state)
{
	(void)state;
	refused("mode = both\n", "1: mode: 'both' is none of: manual, automatic");
	refused("\naggressiveness = 6\n", "2: aggressiveness: 6 is not from 1 to 5");
	refused("interval = 0\n", "1: interval: no time at all");
	refused("[reserve]\nmemory = 101%\n", "2: memory: 101% is more than 100%");
	refused("[reserve]\nmemory = -1G\n",
		"2: memory: '-1G' is not a size such as 4096, 512M or 2G (K, M, G, T, P, E are powers of 1024)");
	refused("[limit]\ncpu = 0%\n", "2: cpu: 0% leaves room for nothing; 'none' is no limit");
	refused("[limit]\ncpu = 80\n", "2: cpu: '80' is not a percentage such as 80%");
	refused("[weight]\ncpu = 1.\n", "2: cpu: '1.' is not a number such as 1 or 0.25");
	refused("[weight]\ncpu = 1e3\n", "2: cpu: '1e3' is not a number such as 1 or 0.25");
	refused("[weight]\ncpu = 0.1234567\n",
		"2: cpu: '0.1234567' is not a number such as 1 or 0.25");
	refused("[capacity]\ncpu = 1\n", "2: unknown key 'cpu'; known here: disk, net");
}

static const char rules[] = "[must licence]\nvms = db[12], web,\n  lab-*\nhosts = h[1-2,7], disk=ssd\n"
			    "[apart a]\nvms = 0DB00000-0000-0000-0000-00000000000A\n"
			    "[priority p]\nvms = *\nvalue = 9\n"
			    "[exclude e]\nhosts = h3\n";

static void rules_in_order(void **state)
{
	static const enum vmm_rule_kind kinds[] = { VMM_MUST, VMM_APART, VMM_PRIORITY, VMM_EXCLUDE };
	VMM_GROUP_AUTO *g = group(rules);

	(void)state;
	assert_int_equal(g->nrules, COUNT(kinds));
	for (size_t i = 0; i < COUNT(kinds); i++)
		assert_int_equal(g->rules[i].kind, kinds[i]);
	assert_string_equal(g->rules[0].label, "licence");
	assert_int_equal(g->rules[0].line, 1);
	assert_int_equal(g->rules[0].hosts.n, 4);
	assert_string_equal(g->rules[0].hosts.s[2], "h7");
	assert_int_equal(g->rules[1].priority, 5);
	assert_int_equal(g->rules[2].priority, 9);
}

static void whom_a_rule_means(void **state)
{
	static const char uuid[] = "0db00000-0000-0000-0000-00000000000a";
	VMM_GROUP_AUTO *g = group(rules);
	const struct vmm_rule *must = &g->rules[0], *apart = &g->rules[1], *out = &g->rules[3];

	(void)state;
	assert_true(vmm_rule_has_vm(must, "db2", ""));
	assert_false(vmm_rule_has_vm(must, "db3", ""));
	assert_true(vmm_rule_has_vm(must, "lab-", ""));
	assert_false(vmm_rule_has_vm(must, "web2", ""));
	assert_true(vmm_rule_has_vm(apart, "any", uuid));
	/* No name makes a VM another one. */
	assert_false(vmm_rule_has_vm(apart, uuid, "0db00000-0000-0000-0000-00000000000b"));
	assert_false(vmm_rule_has_vm(out, "h3", uuid));

	assert_true(vmm_rule_has_host(must, "h7", ""));
	assert_false(vmm_rule_has_host(must, "h3", "disk=ssd2,rack=ssd"));
	assert_true(vmm_rule_has_host(must, "h3", "disk=ssd,rack=7"));
	assert_false(vmm_rule_has_host(must, "disk=ssd", ""));
	assert_false(vmm_rule_has_host(apart, "h1", ""));
}

static void names_as_they_are_shown(void **state)
{
	VMM_GROUP_AUTO *g = group("[pin p]\nvms = a%0ab, 100%25\n");

	(void)state;
	assert_true(vmm_rule_has_vm(g->rules, "a\nb", ""));
	assert_true(vmm_rule_has_vm(g->rules, "100%", ""));
	assert_false(vmm_rule_has_vm(g->rules, "100", ""));
}

static void bad_rules(void **state)
{
	(void)state;
	refused("[apart]\nvms = a\n", "1: [apart] without a name");
	refused("[apart a]\n", "1: [apart] lacks vms");
	refused("[must m]\nvms = a\n", "1: [must] lacks hosts");
	refused("[exclude e]\n", "1: [exclude] lacks vms");
	refused("[pin p]\nvms =\n", "2: vms: names nothing");
	refused("[pin p]\nvms = a,,b\n", "2: vms: an empty item");
	refused("[pin p]\nvms = a\nhosts = h1\n", "3: unknown key 'hosts'; known here: vms");
	refused("[never n]\nvms = a\nhosts = =ssd\n", "3: label key is empty");
	refused("[never n]\nvms = a\nhosts = h*\n",
		"3: host name 'h*' has something else than letters, digits, '.', '_', '-'");
	refused("[priority p]\nvms = a\n", "1: [priority] lacks value");
	refused("[priority p]\nvms = a\nvalue = 10\n", "3: value: 10 is not from 0 to 9");
	refused("[pin p]\nvms = a\n[pin p]\nvms = b\n",
		"3: section [pin p] is there twice, also in line 1");
}

static void models(void **state)
{
	VMM_GROUP_AUTO *g = group("[logical db1]\nmodel = big\n[model small]\n"
				  "[model big]\ncpus = 16\nmemory = 64G\narch = x86_64\n"
				  "cpu-model = EPYC\nlabels = rack=1, disk=ssd\n");

	(void)state;
	assert_int_equal(g->nmodels, 2);
	assert_int_equal(g->models[1].cpus, 16);
	assert_string_equal(g->models[1].cpu_model, "EPYC");
	assert_string_equal(g->models[0].arch, "");
	assert_int_equal(g->models[1].labels.n, 2);
	assert_ptr_equal(g->logicals[0].model, &g->models[1]);
	refused("[logical db1]\nmodel = big\n", "2: model: there is no section [model big]");
	refused("[logical db1]\n", "1: [logical] lacks model");
	refused("[model]\ncpus = 1\n", "1: [model] without a name");
	refused("[model a/b]\n", "1: 'a/b' is no name of a section: letters, digits, _ . -");
	refused("[model a]\nlabels = ssd\n", "2: label 'ssd' is not KEY=VALUE");
}

static void settings_and_where_they_are_from(void **state)
{
	VMM_GROUP_AUTO *g = group("rounds = 7\n[pin p]\nvms = a, b\n");
	VMM_TABLE_AUTO *t = NULL;
	struct vmm_err err;
	size_t last;

	(void)state;
	assert_int_equal(vmm_group_settings(g, &t, &err), 0);
	last = vmm_table_rows(t) - 1;
	assert_string_equal(vmm_table_at(t, 1, "key"), "mode");
	assert_string_equal(vmm_table_at(t, 1, "value"), "manual");
	assert_string_equal(vmm_table_at(t, 1, "from"), "usual");
	assert_string_equal(vmm_table_at(t, 4, "value"), "7");
	assert_string_equal(strchr(vmm_table_at(t, 4, "from"), ':'), ":1");
	assert_string_equal(vmm_table_at(t, last, "section"), "pin");
	assert_string_equal(vmm_table_at(t, last, "label"), "p");
	assert_string_equal(vmm_table_at(t, last, "value"), "a, b");
	assert_string_equal(strchr(vmm_table_at(t, last, "from"), ':'), ":3");
}

static void files_that_are_not_there(void **state)
{
	struct vmm_group *g = NULL;
	struct vmm_err err;

	(void)state;
	setenv("VMM_CONF", "/nonexistent", 1);
	assert_int_equal(vmm_group_load("/nonexistent/x", "g", &g, &err), VMM_ENOTFOUND);
	assert_int_equal(vmm_group_load(NULL, "../g", &g, &err), VMM_EINPUT);
	assert_int_equal(vmm_group_load(NULL, "", &g, &err), 0);
	vmm_group_free(g);
	assert_int_equal(vmm_group_load(NULL, "g", &g, &err), 0);
	assert_string_equal(g->name, "g");
	vmm_group_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_settings),
		cmocka_unit_test(all_settings),
		cmocka_unit_test(bad_settings),
		cmocka_unit_test(rules_in_order),
		cmocka_unit_test(whom_a_rule_means),
		cmocka_unit_test(names_as_they_are_shown),
		cmocka_unit_test(bad_rules),
		cmocka_unit_test(models),
		cmocka_unit_test(settings_and_where_they_are_from),
		cmocka_unit_test(files_that_are_not_there),
	};

	return RUN(tests);
}
