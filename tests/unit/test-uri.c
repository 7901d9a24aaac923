/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which URIs are taken, and that a refusal names the part but never a password. */
#include "test.h"

#include <stdio.h>

#include "inventory/uri.h"

struct uri_case {
	const char *uri;
	const char *part; /* NULL: allowed */
};

static const struct uri_case connections[] = {
	/* what people use */
	{ "qemu:///system", NULL },
	{ "qemu:///session", NULL },
	{ "qemu+unix:///system?socket=/run/h1/libvirt-sock", NULL },
	{ "qemu:///system?socket=/run/a%20b", "parameter socket" },
	{ "qemu+unix:///system?mode=legacy", NULL },
	{ "qemu+tcp://h1/system", NULL },
	{ "qemu+tcp://10.77.0.1:16509/system", NULL },
	{ "qemu+tcp://[fd00::1]/system", NULL },
	{ "qemu+tcp://[fd00::1]:16509/system", NULL },
	{ "qemu+tls://h1.example.org/system?pkipath=/etc/vmm/pki", NULL },
	{ "qemu://h1/system", NULL },
	{ "qemu+ssh://root@h1/system", NULL },
	{ "qemu+ssh://h1:2222/system?keyfile=/root/.ssh/id_ed25519&no_tty=1", NULL },
	{ "qemu+ssh://h1/system?socket=/run/libvirt/libvirt-sock&proxy=native", NULL },
	{ "qemu+libssh2://u.x-y_z@h1/system?keyfile=/k&known_hosts=/h&known_hosts_verify=auto"
	  "&sshauth=privkey",
	  NULL },
	{ "qemu+libssh://h1/system?sshauth=agent,privkey,password,keyboard-interactive", NULL },
	{ "lxc:///system", NULL },
	{ "lxc+ssh://h1/system", NULL },
	{ "xen:///system", NULL },
	{ "xen+tcp://h1/", NULL },
	{ "bhyve+ssh://h1/system", NULL },
	{ "vz:///system", NULL },
	{ "test:///default", NULL },
	{ "test:///var/lib/vmm/t.xml", NULL },
	{ "test+unix:///srv/h1.xml?socket=/run/x/libvirt-sock", NULL },
	{ "test+tcp://h1/default", NULL },
	{ "esx://root@esx1/", NULL },
	{ "esx://esx1", NULL },
	{ "esx://esx1/?transport=https&auto_answer=1&vcenter=vc.example.org", NULL },
	{ "vpx://vc/My%20Datacenter/cluster/esx1", NULL },
	{ "hyperv://hv1/", NULL },

	/* running code */
	{ "qemu+ext:///system?command=/tmp/x", "transport" },
	{ "qemu+ext://h1/system", "transport" },
	{ "qemu+ssh://h1/system?command=/tmp/x", "parameter command" },
	{ "qemu+ssh://h1/system?Command=/tmp/x", "parameter Command" },
	{ "qemu+ssh://h1/system?comm%61nd=/tmp/x", "parameter" },
	{ "qemu+ssh://h1/system?no_tty=1;command=/tmp/x", "bytes" },
	{ "qemu+ssh://h1/system?keyfile=/k&command=/tmp/x", "parameter command" },
	{ "qemu+ssh://h1/system?netcat=/tmp/x", "parameter netcat" },
	{ "qemu+ssh://h1/system?NETCAT=/tmp/x", "parameter NETCAT" },
	{ "qemu+libssh2://h1/system?netcat=nc%20-e", "parameter netcat" },
	{ "qemu+ssh://h1/system?proxy=netcat", "parameter proxy" },
	{ "qemu+ssh://-oProxyCommand=x/system", "host" },
	{ "qemu+ssh://-oProxyCommand%3Dx/system", "host" },
	{ "qemu+ssh://-h1/system", "host" },
	{ "qemu+ssh://-l@h1/system", "user" },
	{ "qemu+ssh://-oProxyCommand=x@h1/system", "user" },
	{ "qemu+ssh://a%20b@h1/system", "user" },
	{ "qemu+ssh://$(id)@h1/system", "bytes" },
	{ "qemu+ssh://a&b@h1/system", "user" },
	{ "qemu+ssh://h1%0a/system", "host" },
	{ "qemu+ssh://h%31/system", "host" },
	{ "qemu+ssh://h1/system?socket=/run/x%3bid", "parameter socket" },
	{ "qemu+ssh://h1/system?socket=/run/$(id)", "bytes" },
	{ "qemu+ssh://h1/system?socket=/run/x%20y", "parameter socket" },
	{ "qemu+ssh://h1/system?socket=/run/x%60id%60", "parameter socket" },
	{ "qemu+libssh://h1/system?socket=/run/x%27", "parameter socket" },
	{ "qemu+ssh://h1/system?socket=run/x", "parameter socket" },
	{ "qemu+ssh://h1/system?socket=/run/x=y", "parameter socket" },
	{ "qemu+ssh://h1/system'id'", "bytes" },
	{ "qemu+ssh://h1/system%27;id", "bytes" },
	{ "qemu+ssh://h1/system%27id", "path" },
	{ "qemu+ssh://h1/system?keyfile=-oProxyCommand", "parameter keyfile" },
	{ "qemu+ssh://h1/system?keyfile=%00/x", "parameter keyfile" },
	{ "qemu+ssh://h1/system?keyfile=/x%00y", "parameter keyfile" },
	{ "qemu+ssh://h1/system?keyfile=/x%0ay", "parameter keyfile" },
	{ "qemu+ssh://h1/system?keyfile=/x%zz", "parameter keyfile" },
	{ "qemu+ssh://h1/system?keyfile=", "parameter keyfile" },
	{ "qemu+ssh://h1/system?keyfile", "parameter keyfile" },
	{ "qemu+ssh://h1/system?keyfile=/a&keyfile=/b", "parameter" },
	{ "qemu+ssh://h1/system?keyfile=/a&&no_tty=1", "parameter" },
	{ "qemu+ssh://h1/system?=x", "parameter" },
	{ "qemu+ssh://h1/system?", "parameter" },
	{ "qemu+ssh://h1/system??keyfile=/a", "parameter" },

	/* another machine than the one that is meant, or nobody's word for it */
	{ "qemu+tls://h1/system?no_verify=1", "parameter no_verify" },
	{ "qemu+tls://h1/system?no_sanity=1", "parameter no_sanity" },
	{ "qemu+tls://h1/system?tls_priority=NORMAL", "parameter tls_priority" },
	{ "qemu+tls://h1/system?pkipath=pki", "parameter pkipath" },
	{ "qemu+ssh://h1/system?no_verify=1", "parameter no_verify" },
	{ "qemu+ssh://h1/system?no_tty=0", "parameter no_tty" },
	{ "qemu+libssh2://h1/system?known_hosts_verify=ignore", "parameter known_hosts_verify" },
	{ "qemu+libssh2://h1/system?known_hosts_verify=%69gnore", "parameter known_hosts_verify" },
	{ "qemu+libssh2://h1/system?known_hosts=known", "parameter known_hosts" },
	{ "qemu+libssh2://h1/system?sshauth=agent,none", "parameter sshauth" },
	{ "qemu+libssh2://h1/system?sshauth=agent,", "parameter sshauth" },
	{ "qemu+tcp://h1/system?name=test:///default", "parameter name" },
	{ "qemu+tcp://h1/system?socket=/run/x", "parameter socket" },
	{ "qemu+tcp://h1/system?auth=none", "parameter auth" },
	{ "qemu+tcp://h1/system?authfile=/tmp/x", "parameter authfile" },
	{ "qemu+unix:///system?mode=native", "parameter mode" },
	{ "qemu+unix://h1/system", "host" },
	{ "qemu+unix://u@/system", "user" },
	{ "qemu+tcp:///system", "host" },
	{ "qemu+ssh:///system", "host" },
	{ "qemu+tcp://h1@h2@h3/system", "user" },
	{ "qemu+tcp://h1..x/system", "host" },
	{ "qemu+tcp://10.1/system", "host" },
	{ "qemu+tcp://10.0.0.256/system", "host" },
	{ "qemu+tcp://[fd00::1/system", "host" },
	{ "qemu+tcp://[fd00::1]x/system", "host" },
	{ "qemu+tcp://[fe80::1%25eth0]/system", "host" },
	{ "qemu+tcp://fd00::1/system", "port" },
	{ "qemu+tcp://h1:/system", "port" },
	{ "qemu+tcp://h1:0/system", "port" },
	{ "qemu+tcp://h1:65536/system", "port" },
	{ "qemu+tcp://h1:+22/system", "port" },
	{ "esx://esx1/?no_verify=1", "parameter no_verify" },
	{ "esx://esx1/?transport=http", "parameter transport" },
	{ "esx://esx1/?proxy=socks://x", "parameter proxy" },
	{ "esx+ssh://esx1/", "transport" },
	{ "esx:///", "host" },

	/* what is not a URI, or not one of ours */
	{ "", "scheme" },
	{ "h1", "scheme" },
	{ "qemu:/system", "scheme" },
	{ "-c", "scheme" },
	{ "://h1/system", "scheme" },
	{ "QEMU:///system", "scheme" },
	{ "qem%75:///system", "scheme" },
	{ "remote://h1/system", "scheme" },
	{ "openvz:///system", "scheme" },
	{ "vbox:///session", "scheme" },
	{ "secret:///system", "scheme" },
	{ "file:///etc/passwd", "scheme" },
	{ "qemu+://h1/system", "transport" },
	{ "qemu+ssh+ext://h1/system", "transport" },
	{ "qemu+SSH://h1/system", "transport" },
	{ "qemu:///embed?root=/tmp/x", "path" },
	{ "qemu:///system/../session", "path" },
	{ "qemu:///System", "path" },
	{ "qemu+tcp://h1", "path" },
	{ "qemu:///", "path" },
	{ "test:///", NULL },
	{ "test:///a/../../etc/passwd", "path" },
	{ "test:///a%2f..", "path" },
	{ "test:///default?x=1", "parameter x" },
	{ "vpx://vc/a%0ab", "path" },
	{ "vpx://vc/a%2f../b", "path" },
	{ "qemu:///system ", "bytes" },
	{ "qemu:///system\n", "bytes" },
	{ "qemu:///sys\ttem", "bytes" },
	{ "qemu:///system#x", "bytes" },
	{ "qemu:///syst\xc3\xa9m", "bytes" },
	{ "qemu\\:///system", "bytes" },
};

static const struct uri_case migrations[] = {
	{ "tcp:h1", NULL },
	{ "tcp:h1:49152", NULL },
	{ "tcp://h1", NULL },
	{ "tcp://10.77.0.1:49152", NULL },
	{ "tcp://[fd00::1]:49152", NULL },
	{ "rdma://h1:49152", NULL },
	{ "", "scheme" },
	{ "h1", "scheme" },
	{ "unix:///tmp/x", "scheme" },
	{ "exec:id", "scheme" },
	{ "fd:3", "scheme" },
	{ "rdma:h1", "scheme" },
	{ "tcp:", "host" },
	{ "tcp://", "host" },
	{ "tcp:-h1", "host" },
	{ "tcp:///h1", "host" },
	{ "tcp://h1/", "host" },
	{ "tcp://h1?x=1", "host" },
	{ "tcp://u@h1", "host" },
	{ "tcp://h1 ", "host" },
	{ "tcp://h1,server", "host" },
	{ "tcp://[fd00::1", "host" },
	{ "tcp:h1:0", "port" },
	{ "tcp:h1:x", "port" },
	{ "tcp:h1:1:2", "port" },
};

static void verdict(const struct uri_case *c, int rc, const char *text)
{
	if (!c->part && rc == 0)
		return;
	if (!c->part)
		fail_msg("%s: refused: %s", c->uri, text);
	if (rc != VMM_EINPUT)
		fail_msg("%s: %d, not refused", c->uri, rc);
	if (!strstr(text, c->part))
		fail_msg("%s: '%s' does not name '%s'", c->uri, text, c->part);
}

static void test_connection_uris(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(connections); i++) {
		struct vmm_err err = { 0 };
		int rc = vmm_uri_check(connections[i].uri, &err);

		verdict(&connections[i], rc, err.text);
	}
}

static void test_migration_uris(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(migrations); i++) {
		struct vmm_err err = { 0 };
		int rc = vmm_uri_check_migration(migrations[i].uri, &err);

		verdict(&migrations[i], rc, err.text);
	}
}

static void test_length(void **state)
{
	char uri[1200];
	struct vmm_err err = { 0 };
	int n = snprintf(uri, sizeof(uri), "test:///");

	(void)state;
	memset(uri + n, 'a', sizeof(uri) - (size_t)n);
	uri[1025] = '\0';
	assert_int_equal(vmm_uri_check(uri, &err), VMM_EINPUT);
	assert_non_null(strstr(err.text, "length"));
	uri[1024] = '\0';
	assert_int_equal(vmm_uri_check(uri, &err), 0);
}

/* Wherever a password was typed by mistake, it is not repeated. */
static void test_no_password_in_message(void **state)
{
	static const char *const uris[] = {
		"qemu+ssh://root:s3cret@h1/system",    "qemu+ssh://root:s3cret/x@h1/system",
		"qemu+ssh://root:s3cret?x@h1/system",  "qemu+tcp://s3cret,x@h1/system",
		"qemu+tcp://h1:s3cret/system",         "esx://root:s3cret@h1/",
		"esx://h1/?transport=s3cret",          "qemu+tcp://h1/s3cret",
		"qemu+tls://h1/system?pkipath=s3cret",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(uris); i++) {
		struct vmm_err err = { 0 };

		assert_int_equal(vmm_uri_check(uris[i], &err), VMM_EINPUT);
		if (strstr(err.text, "s3cret"))
			fail_msg("%s: '%s'", uris[i], err.text);
	}
}

static void test_peer(void **state)
{
	(void)state;
	assert_true(vmm_uri_is_peer("qemu+tcp://h1/system"));
	assert_true(vmm_uri_is_peer("qemu+tls://h1/system"));
	assert_true(vmm_uri_is_peer("qemu://h1/system"));
	assert_true(vmm_uri_is_peer("qemu+tcp://[fd00::1]:16509/system"));
	assert_false(vmm_uri_is_peer("qemu+tls://h1/system?pkipath=/pki"));
	assert_false(vmm_uri_is_peer("qemu+tcp://localhost/system"));
	assert_false(vmm_uri_is_peer("qemu+tcp://127.0.0.1/system"));
	assert_false(vmm_uri_is_peer("qemu+tcp://[::1]/system"));
	assert_false(vmm_uri_is_peer("qemu+ssh://h1/system"));
	assert_false(vmm_uri_is_peer("qemu+unix:///system?socket=/x"));
	assert_false(vmm_uri_is_peer("qemu:///system"));
	assert_false(vmm_uri_is_peer("esx://h1/"));
	assert_false(vmm_uri_is_peer("qemu+tcp://-h1/system"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connection_uris),
		cmocka_unit_test(test_migration_uris),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_no_password_in_message),
		cmocka_unit_test(test_peer),
	};

	return RUN(tests);
}
