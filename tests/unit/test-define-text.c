/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Variables in YAML and XML: whatever a value holds, it comes out as that value. */
#include "test.h"

#include <libxml/tree.h>
#include <stdio.h>
#include <yaml.h>

#include "define/internal.h"
#include "virt/xmlread.h"

static struct vmm__vars one_var(const char *value)
{
	struct vmm__vars vars = { .v = calloc(3, sizeof(*vars.v)), .n = 2, .cap = 3 };

	vars.v[0].name = strdup("x");
	assert_int_equal(vmm_strv_add(&vars.v[0].values, value), 0);
	vars.v[1].name = strdup("nic1.dns");
	vars.v[1].list = true;
	assert_int_equal(vmm_strv_add(&vars.v[1].values, value), 0);
	assert_int_equal(vmm_strv_add(&vars.v[1].values, "b"), 0);
	return vars;
}

typedef int render_fn(const struct vmm__text *, const struct vmm__vars *, char **, struct vmm_err *);

static char *render(render_fn *fn, const char *text, const char *value, struct vmm_err *err)
{
	struct vmm__text t = { .text = (char *)text, .file = "f", .line = 10 };
	struct vmm__vars vars = one_var(value);
	char *out = NULL;
	int code = fn(&t, &vars, &out, err);

	vmm__vars_release(&vars);
	assert_int_equal(code, out ? 0 : VMM_EINPUT);
	return out;
}

/* All scalars of a YAML text, one behind the other. */
static void scalars(const char *text, struct vmm_strv *out)
{
	yaml_parser_t p;
	yaml_event_t e;
	bool end = false;

	yaml_parser_initialize(&p);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, strlen(text));
	while (!end) {
		if (!yaml_parser_parse(&p, &e))
			fail_msg("not YAML: %s", text);
		end = e.type == YAML_STREAM_END_EVENT;
		if (e.type == YAML_SCALAR_EVENT)
			vmm_strv_addn(out, (const char *)e.data.scalar.value, e.data.scalar.length);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
}

static const char *const hostile[] = {
	"plain",
	"",
	"it's \"quoted\"",
	"back\\slash \\n \\",
	"two\nlines\n\n",
	"tab\tand\rreturn",
	"$(id) `id` ; rm -rf /",
	"${x} ${ $${x} {{ ds }} %s %n",
	"]]> <a b='c'/> &amp; &#0; <!-- -->",
	"a: b # c\n- d",
	"- ? : , [ ] { } & * ! | > % @",
	"#cloud-config",
	"null",
	"yes",
	"1e3",
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
	"\xe2\x80\xa8\xe2\x80\xae\xc2\x85\xc2\xa0\xef\xbb\xbf",
	"\xef\xbf\xbe\xef\xbf\xbf",
	"\xf3\xa0\x81\x81",
	"\x01\x1b[2J\x7f",
	" leading and trailing ",
	"vvar0x0z",
};

static void yaml_keeps_any_value(void **state)
{
	static const char text[] = "#cloud-config ${comment}\n"
				   "whole: ${x}\n"
				   "part: \"<${x}>\"\n"
				   "list: [${x}, a, \"${x}\"]  # ${x}\n"
				   "dns: ${nic1.dns}\n"
				   "${x}: !!str ${x}\n"
				   "items:\n"
				   "- ${x}\n"
				   "- $${x} \xc3\xa4\n"
				   "- |\n"
				   "  sh $${x}\n";

	(void)state;
	for (size_t i = 0; i < COUNT(hostile); i++) {
		const char *v = hostile[i];
		VMM_BUF_AUTO part = VMM_BUF_INIT;
		VMM_STRV_AUTO got = VMM_STRV_INIT;
		struct vmm_err err = { 0 };
		VMM_STR_AUTO out = render(vmm__yaml_render, text, v, &err);
		const char *want[] = { "whole",    v,       "part", NULL,
				       "list",     "",      "a",    v,
				       "dns",      v,       "b",    v,
				       v,          "items", v,      "${x} \xc3\xa4",
				       "sh ${x}\n" };

		if (!out)
			fail_msg("'%s': %s", v, err.text);
		vmm_buf_addf(&part, "<%s>", v);
		want[3] = part.data;
		want[5] = v;
		/* "whole", value, "part", <value>, "list", value, a, value, … */
		scalars(out, &got);
		assert_int_equal(got.n, COUNT(want));
		for (size_t k = 0; k < COUNT(want); k++)
			assert_string_equal(got.s[k], want[k]);
		assert_non_null(strstr(out, "#cloud-config ${comment}\n"));
	}
}

static void yaml_refuses_other_places(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "a: x${x}\n", "f:10: a variable in a plain scalar" },
		{ "a: ${x} y\n", "f:10: a variable in a plain scalar" },
		{ "a: b\n  ${x}\n", "f:11: a variable in a plain scalar" },
		{ "\na: '${x}'\n", "f:11: a variable in single quotes" },
		{ "a: |\n  echo ${x}\n", "f:11: a variable in a block scalar" },
		{ "a: >-\n  ${x}\n", "f:11: a variable in a block scalar" },
		{ "a: &${x} b\n", "f:10: a variable in an anchor or a tag" },
		{ "a: !${x} b\n", "f:10: a variable in an anchor or a tag" },
		{ "a: &${x} [b]\n", "f:10: a variable in an anchor or a tag" },
		{ "a: \"\\${x}\"\n", "f:10: a backslash before '${'" },
		{ "a: \"\\x4${x}\"\n", "f:10: YAML: " },
		{ "a: 1\nb: ${y}\n", "f:11: unknown variable, or one that has no value here: 'y'" },
		{ "a: ${}\n", "f:10: '${' without a name" },
		{ "a: \"${x\"\n", "f:10: '${' without a name" },
		{ "a: \"${x y}\"\n", "f:10: '${' without a name" },
		{ "a: \"${x:-y}\"\n", "f:10: '${' without a name" },
		{ "a: \"${nic1.dns}\"\n", "f:10: variable 'nic1.dns' is a list" },
		{ "runcmd:\n- echo\n- \"echo ${x}\"\n", "f:12: a variable in a command for the" },
		{ "bootcmd: [ \"echo ${x}\" ]\n", "f:10: a variable in a command for the shell" },
		{ "a: 1\nruncmd: ${x}\n", "f:11: a variable in a command for the shell" },
		{ "a: &c \"echo ${x}\"\nruncmd: [ *c ]\n", "f:11: an alias or a merge" },
		{ "a: &c [ \"echo ${x}\" ]\nruncmd: *c\n", "f:11: an alias or a merge" },
		{ "a: &c runcmd\n*c : [ \"echo ${x}\" ]\n", "f:11: an alias or a merge" },
		{ "<<: { runcmd: [ \"echo ${x}\" ] }\n", "f:10: an alias or a merge" },
		{ "!!merge a: { runcmd: [ \"echo ${x}\" ] }\n", "f:10: an alias or a merge" },
		{ "a: [b\n", "f:11: YAML: " },
		{ "\tb: c\n", "f:10: YAML: " },
		{ "a: 1\n---\nb: 2\n", "f:11: a second YAML document" },
		{ "just text\n", "f:10: YAML: must be a mapping" },
		{ "- a\n", "f:10: YAML: must be a mapping" },
		{ "", "f:10: YAML: must be a mapping" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct vmm_err err = { .text = "accepted" };
		VMM_STR_AUTO out = render(vmm__yaml_render, bad[i].text, "v", &err);

		if (out || strncmp(err.text, bad[i].says, strlen(bad[i].says)) != 0)
			fail_msg("'%s': %s", bad[i].text, err.text);
	}
}

static void commands_as_lists_take_variables(void **state)
{
	struct vmm_err err = { 0 };
	VMM_STR_AUTO out = render(vmm__yaml_render,
				  "runcmd:\n- [echo, ${x}]\n- [ls]\nother:\n- \"b ${x}\"\n", "v",
				  &err);

	(void)state;
	assert_string_equal(err.text, "");
	assert_string_equal(out, "runcmd:\n- [echo, \"v\"]\n- [ls]\nother:\n- \"b v\"\n");
}

static void no_text_confuses_yaml(void **state)
{
	static const char alphabet[] = "a:- \n\n\"'|>[]{},#&*!$\\${x}${x}";
	char text[80];

	(void)state;
	for (int round = 0; round < 30000; round++) {
		size_t len = test_random(sizeof(text) - 1);
		struct vmm_err err = { 0 };
		VMM_STRV_AUTO got = VMM_STRV_INIT;

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[test_random(sizeof(alphabet) - 1)];
		text[len] = '\0';
		if (test_random(2) && len > 8)
			memcpy(text, "k: ${x}", 7);
		{
			VMM_STR_AUTO out = render(vmm__yaml_render, text, "q\"\\: #\n- &z", &err);

			if (out)
				scalars(out, &got); /* fails if it is no YAML */
			else
				assert_memory_equal(err.text, "f:", 2);
		}
	}
}

static char *text_of(const char *xml, const char *element)
{
	xmlDocPtr doc = vmm__xml_read("out", xml, NULL);
	xmlNodePtr node = vmm__xml_child(xmlDocGetRootElement(doc), element);
	xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
	char *copy = text ? strdup((const char *)text) : NULL;

	xmlFree(text);
	xmlFreeDoc(doc);
	return copy;
}

static char *attr_of(const char *xml, const char *attr)
{
	xmlDocPtr doc = vmm__xml_read("out", xml, NULL);
	xmlChar *text = xmlGetNoNsProp(xmlDocGetRootElement(doc), (const xmlChar *)attr);
	char *copy = text ? strdup((const char *)text) : NULL;

	xmlFree(text);
	xmlFreeDoc(doc);
	return copy;
}

static void xml_keeps_any_value_that_it_can_hold(void **state)
{
	static const char text[] = "<u b=\"&lt;${x}&quot;\"><!-- ${y} --><n>${x}</n>"
				   "<c><![CDATA[<${x}>]]></c><l>$${x}</l></u>";

	(void)state;
	for (size_t i = 0; i < COUNT(hostile); i++) {
		const char *v = hostile[i];
		struct vmm_err err = { 0 };
		VMM_STR_AUTO out = render(vmm__xml_render, text, v, &err);
		VMM_BUF_AUTO want = VMM_BUF_INIT;

		if (strpbrk(v, "\x01\x1b") || strstr(v, "\xef\xbf\xbe")) {
			assert_null(out);
			assert_string_equal(err.text,
					    "f:10: variable 'x' has a character that XML can't hold");
			continue;
		}
		if (!out)
			fail_msg("'%s': %s", v, err.text);
		{
			VMM_STR_AUTO n = text_of(out, "n");
			VMM_STR_AUTO c = text_of(out, "c");
			VMM_STR_AUTO l = text_of(out, "l");
			VMM_STR_AUTO b = attr_of(out, "b");

			assert_string_equal(n, v);
			assert_string_equal(l, "${x}");
			vmm_buf_addf(&want, "<%s>", v);
			assert_string_equal(c, want.data);
			vmm_buf_reset(&want);
			vmm_buf_addf(&want, "<%s\"", v);
			assert_string_equal(b, want.data);
		}
	}
}

static void xml_refuses_other_places(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "<a>\n<b>${y}</b></a>", "f:11: unknown variable" },
		{ "<a>\n<b>${</b></a>", "f:11: '${' without a name" },
		{ "<a b='${nic1.dns}'/>", "f:10: variable 'nic1.dns' is a list" },
		{ "<a>\n<CommandLine>cmd /c ${x}</CommandLine></a>", "f:11: a variable in a command" },
		{ "<a><RunSynchronousCommand><Path>${x}</Path></RunSynchronousCommand></a>",
		  "f:10: a variable in a command" },
		{ "<a><?p ${x}?></a>", "f:10: a variable in a processing instruction" },
		{ "<a>\n<b></a>", "f:11: " },
		{ "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "f:10: has a DOCTYPE" },
		{ "<${x}/>", "f:10: " },
		{ "", "f:10: " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct vmm_err err = { .text = "accepted" };
		VMM_STR_AUTO out = render(vmm__xml_render, bad[i].text, "v", &err);

		if (out || strncmp(err.text, bad[i].says, strlen(bad[i].says)) != 0)
			fail_msg("'%s': %s", bad[i].text, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_keeps_any_value),
		cmocka_unit_test(yaml_refuses_other_places),
		cmocka_unit_test(commands_as_lists_take_variables),
		cmocka_unit_test(no_text_confuses_yaml),
		cmocka_unit_test(xml_keeps_any_value_that_it_can_hold),
		cmocka_unit_test(xml_refuses_other_places),
	};

	return RUN(tests);
}
