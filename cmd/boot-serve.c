/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Serves machines that boot from the network: a daemon in the foreground. */
#include <signal.h>
#include <unistd.h>

#include "base/num.h"
#include "boot/dhcp.h"
#include "boot/serve.h"
#include "frame/frame.h"

#define PROBE_MS 3000
#define TICK_MS 500

static char *interface, *address, *http_port, *tls_port, *user, *range, *ipxe, *folder, *append;
static char *ticket_time;
static int proxy, known, inspect_unknown, force;

static const struct poptOption options[] = {
	{ "interface", 'i', POPT_ARG_STRING, &interface, 0, "where the machines are", "INTERFACE" },
	{ "address", '\0', POPT_ARG_STRING, &address, 0, "of it, where they reach this server", "IP" },
	{ "http-port", '\0', POPT_ARG_STRING, &http_port, 0, "for firmware and iPXE; else 8080", "N" },
	{ "tls-port", '\0', POPT_ARG_STRING, &tls_port, 0, "for the agent; else 8443", "N" },
	{ "user", 'u', POPT_ARG_STRING, &user, 0, "whom root becomes", "USER" },
	{ "range", '\0', POPT_ARG_STRING, &range, 0, "give addresses out, from one to another",
	  "IP-IP" },
	{ "proxy", '\0', POPT_ARG_NONE, &proxy, 0,
	  "another server gives addresses, this one the rest", NULL },
	{ "known", '\0', POPT_ARG_NONE, &known, 0, "answer DHCP of machines with a job only", NULL },
	{ "inspect-unknown", '\0', POPT_ARG_NONE, &inspect_unknown, 0,
	  "have machines without a job inspected", NULL },
	{ "ipxe", '\0', POPT_ARG_STRING, &ipxe, 0, "folder with undionly.kpxe and snponly.efi",
	  "FOLDER" },
	{ "boot", '\0', POPT_ARG_STRING, &folder, 0, "the boot folder", "FOLDER" },
	{ "append", '\0', POPT_ARG_STRING, &append, 0, "to the agent's kernel command line", "TEXT" },
	{ "ticket-time", '\0', POPT_ARG_STRING, &ticket_time, 0,
	  "how long a ticket is good; else 5m", "TIME" },
	{ "force", '\0', POPT_ARG_NONE, &force, 0, "although another DHCP server answers", NULL },
	POPT_TABLEEND,
};

/* One write, so that lines of several threads don't mix. */
static void write_log(void *arg, const char *line)
{
	VMM_BUF_AUTO text = VMM_BUF_INIT;

	(void)arg;
	vmm_buf_addf(&text, "%s\n", line);
	if (!text.failed && write(STDERR_FILENO, text.data, text.len) < 0)
		return; /* nobody listens any more */
}

static int read_port(struct cmd_run *c, const char *opt, const char *text, uint16_t *port)
{
	uint64_t n = *port;
	int ret = cmd_opt_u64(c, opt, text, 1, UINT16_MAX, &n);

	*port = (uint16_t)n;
	return ret;
}

static int read_options(struct cmd_run *c, struct vmm_boot_serve *s, struct vmm_boot_dhcp_options *d)
{
	static char own[16], mask[16];
	char first[16], last[16];
	uint64_t ms = 0;

	*s = (struct vmm_boot_serve){ .http_port = 8080, .tls_port = 8443, .log = write_log };
	if (!interface)
		return vmm_err_set(&c->err, VMM_EINPUT, "--interface is missing");
	if ((range && proxy) || (known && !range && !proxy))
		return vmm_err_set(&c->err, VMM_EINPUT,
				   known ? "--known is for --range or --proxy"
					 : "either --range or --proxy");
	if (read_port(c, "--http-port", http_port, &s->http_port) < 0 ||
	    read_port(c, "--tls-port", tls_port, &s->tls_port) < 0 ||
	    (range && vmm_boot_dhcp_range(range, first, last, &c->err) < 0) ||
	    (ticket_time && vmm_num_duration("--ticket-time", ticket_time, &ms, &c->err) < 0) ||
	    vmm_boot_interface(interface, own, mask, &c->err) < 0)
		return c->err.code;
	s->address = address ? address : own;
	s->ipxe = ipxe;
	s->append = append ? append : "console=tty0 console=ttyS0,115200";
	s->inspect_unknown = inspect_unknown;
	s->ticket_s = (ms + 999) / 1000;
	*d = (struct vmm_boot_dhcp_options){ .interface = interface,
					     .address = s->address,
					     .netmask = mask,
					     .range = range,
					     .proxy = proxy,
					     .known = known,
					     .ipxe = ipxe,
					     .http_port = s->http_port };
	return vmm_boot_dhcp_check(d, &c->err);
}

static int block_signals(struct cmd_run *c, sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	return sigprocmask(SIG_BLOCK, set, NULL) == 0
		       ? 0
		       : vmm_err_errno(&c->err, "cannot block signals");
}

static int tick(struct cmd_run *c, struct vmm_boot_server *s, struct vmm_boot_dhcp *d)
{
	int ret = d ? vmm_boot_dhcp_tick(d, &c->err) : 0;
	VMM_BUF_AUTO line = VMM_BUF_INIT;

	vmm_boot_server_tick(s);
	if (ret != VMM_EAGAIN)
		return ret;
	vmm_buf_addf(&line, "event=error %s", c->err.text);
	write_log(NULL, line.data);
	return 0;
}

static int serve(struct cmd_run *c, const sigset_t *set, struct vmm_boot_server *s,
		 struct vmm_boot_dhcp *d)
{
	const struct timespec wait = { 0, TICK_MS * 1000000L };
	int ret = tick(c, s, d), sig = 0;

	if (ret == 0)
		vmm_boot_notify("READY=1");
	while (ret == 0 && sig != SIGTERM && sig != SIGINT) {
		sig = sigtimedwait(set, NULL, &wait);
		if (sig == SIGHUP) {
			vmm_boot_server_reload(s);
			if (d)
				vmm_boot_dhcp_reload(d);
			write_log(NULL, "event=reload");
		}
		ret = tick(c, s, d);
	}
	vmm_boot_notify("STOPPING=1");
	write_log(NULL, "event=stop");
	return ret;
}

/* As root, up to vmm_boot_drop(). */
static int run_in(struct cmd_run *c, struct vmm_boot *b)
{
	struct vmm_boot_serve o;
	struct vmm_boot_dhcp_options dhcp;
	struct vmm_boot_server *s = NULL;
	struct vmm_boot_dhcp *d = NULL;
	sigset_t set;
	int ret = read_options(c, &o, &dhcp);

	o.boot = b;
	if (ret == 0)
		ret = vmm_boot_lock(b, &c->err);
	if (ret == 0)
		ret = block_signals(c, &set);
	if (ret == 0 && (range || proxy))
		ret = vmm_boot_dhcp_look(&dhcp, PROBE_MS, force, write_log, NULL, &c->err);
	if (ret == 0)
		ret = vmm_boot_server_new(&o, &s, &c->err);
	if (ret == 0)
		ret = vmm_boot_drop(user, &c->err);
	if (ret == 0)
		ret = vmm_boot_check_reach(b, user, &c->err);
	if (ret == 0 && (range || proxy))
		ret = vmm_boot_dhcp_new(b, &dhcp, &d, &c->err);
	if (ret == 0)
		ret = vmm_boot_server_start(s, &c->err);
	if (ret == 0)
		ret = serve(c, &set, s, d);
	vmm_boot_dhcp_free(d);
	vmm_boot_server_free(s);
	return ret;
}

static int run(struct cmd_run *c)
{
	VMM_STR_AUTO state = folder ? NULL : vmm_store_url(&c->err);
	struct vmm_boot *b;
	int ret;

	if (!interface)
		return vmm_err_set(&c->err, VMM_EINPUT, "--interface is missing");
	if (geteuid() == 0 && !user)
		return vmm_err_set(&c->err, VMM_EINPUT, "root needs --user: whom to become");
	ret = folder || state ? vmm_boot_find(folder, state, true, &b, &c->err) : c->err.code;
	if (ret < 0)
		return ret;
	if (geteuid() == 0)
		ret = vmm_boot_own(b, user, &c->err);
	if (ret == 0)
		ret = run_in(c, b);
	vmm_boot_close(b);
	return ret;
}

static const struct cmd boot_serve = {
	.name = "boot-serve",
	.operands = "",
	.summary = "Serve machines that boot from the network, each what a job says.",
	.options = options,
	.run = run,
};

int main(int argc, char **argv)
{
	return cmd_main(&boot_serve, argc, argv);
}
