/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A definition is not taken from a VM that somebody starts at that very moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "provision/internal.h"

typedef int undefine_fn(virDomainPtr dom, unsigned int flags);

static bool somebody_starts_it;

/* In place of libvirt's, which comes after. */
int virDomainUndefineFlags(virDomainPtr dom, unsigned int flags)
{
	undefine_fn *real;

	*(void **)&real = dlsym(RTLD_NEXT, "virDomainUndefineFlags");
	if (somebody_starts_it)
		assert_int_equal(virDomainCreate(dom), 0);
	/* The test driver has not heard of the others. */
	return real(dom, flags & VIR_DOMAIN_UNDEFINE_MANAGED_SAVE);
}

static virDomainPtr new_domain(virConnectPtr conn)
{
	virDomainPtr dom = virDomainDefineXML(conn, "<domain type='test'><name>web</name>"
						    "<memory>8192</memory><os><type>hvm</type></os>"
						    "<description>as it was</description></domain>");

	assert_non_null(dom);
	return dom;
}

static void test_undefine(void **state)
{
	virConnectPtr conn = virConnectOpen("test:///default");
	virDomainPtr dom = new_domain(conn);
	struct vmm_err err = { 0 };
	char *xml;

	(void)state;
	assert_int_equal(virDomainCreate(dom), 0);
	assert_int_equal(vmm__undefine(dom, false, &err), VMM_EREFUSED);
	assert_int_equal(virDomainDestroy(dom), 0);

	somebody_starts_it = true;
	assert_int_equal(vmm__undefine(dom, false, &err), VMM_EREFUSED);
	assert_string_equal(err.text, "it is running; --stop switches it off first");
	assert_int_equal(virDomainIsActive(dom), 1);
	assert_int_equal(virDomainIsPersistent(dom), 1);
	xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
	assert_non_null(strstr(xml, "as it was"));
	free(xml);

	somebody_starts_it = false;
	assert_int_equal(vmm__undefine(dom, true, &err), 0);
	assert_int_equal(vmm__undefine(dom, false, &err), 0);
	virDomainFree(dom);
	assert_null(virDomainLookupByName(conn, "web"));

	dom = new_domain(conn);
	assert_int_equal(vmm__undefine(dom, false, &err), 0);
	virDomainFree(dom);
	virConnectClose(conn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undefine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
