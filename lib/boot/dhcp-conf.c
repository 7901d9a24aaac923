/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What dnsmasq is told: who gets an address, and what which firmware starts. */
#include <arpa/inet.h>
#include <net/if.h>
#include <unistd.h>

#include "base/strv.h"
#include "boot/dhcp-internal.h"

static bool is_address(const char *text, uint32_t *number)
{
	struct in_addr a;

	if (inet_pton(AF_INET, text, &a) != 1)
		return false;
	*number = ntohl(a.s_addr);
	return true;
}

int vmm_boot_dhcp_range(const char *text, char first[16], char last[16], struct vmm_err *err)
{
	VMM_STRV_AUTO ends = VMM_STRV_INIT;
	uint32_t a = 0, z = 0;

	if (vmm_strv_split(&ends, text, "-") < 0)
		return vmm_err_nomem(err);
	if (ends.n != 2 || !is_address(ends.s[0], &a) || !is_address(ends.s[1], &z) || a > z)
		return vmm_err_set(err, VMM_EINPUT,
				   "'%s' is no range of addresses (10.0.0.100-10.0.0.200)", text);
	snprintf(first, 16, "%s", ends.s[0]);
	snprintf(last, 16, "%s", ends.s[1]);
	return 0;
}

static int check_range(const struct vmm_boot_dhcp_options *o, struct vmm_err *err)
{
	char first[16], last[16];
	uint32_t address = 0, mask = 0, a = 0, z = 0;

	if (!o->range)
		return 0;
	if (vmm_boot_dhcp_range(o->range, first, last, err) < 0)
		return err->code;
	if (is_address(o->address, &address) && is_address(o->netmask, &mask) &&
	    is_address(first, &a) && is_address(last, &z) && ((a ^ address) & mask) == 0 &&
	    ((z ^ address) & mask) == 0)
		return 0;
	return vmm_err_set(err, VMM_EINPUT,
			   "'%s' is not in the network of interface '%s' (%s, netmask %s)",
			   o->range, o->interface, o->address, o->netmask);
}

int vmm_boot_dhcp_check(const struct vmm_boot_dhcp_options *o, struct vmm_err *err)
{
	static const char *const files[] = { "undionly.kpxe", "snponly.efi" };

	for (size_t i = 0; o->ipxe && i < 2; i++) {
		VMM_BUF_AUTO path = VMM_BUF_INIT;

		vmm_buf_addf(&path, "%s/%s", o->ipxe, files[i]);
		if (path.failed)
			return vmm_err_nomem(err);
		if (access(path.data, R_OK) < 0)
			return vmm_err_unreadable(err, "cannot read '%s'", path.data);
	}
	return check_range(o, err);
}

static int add_range(const struct vmm_boot_dhcp_options *o, struct vmm_buf *out, struct vmm_err *err)
{
	char first[16], last[16];
	uint32_t address = 0, mask = 0;
	struct in_addr net;
	int ret;

	if (!is_address(o->address, &address) || !is_address(o->netmask, &mask))
		return vmm_err_set(err, VMM_EINPUT, "'%s' is no IPv4 address", o->address);
	if (o->proxy) {
		net.s_addr = htonl(address & mask);
		inet_ntop(AF_INET, &net, first, sizeof(first));
		vmm_buf_addf(out, "dhcp-range=%s,proxy,%s\n", first, o->netmask);
		return 0;
	}
	ret = vmm_boot_dhcp_range(o->range, first, last, err);
	if (ret < 0)
		return ret;
	vmm_buf_addf(out, "dhcp-authoritative\ndhcp-range=%s,%s,%s,10m\n", first, last, o->netmask);
	/* iPXE waits 2 s for another server that says what to boot, unless it is told that there is none. */
	vmm_buf_adds(out, "dhcp-option=tag:ipxe,encap:175,176,1b\n");
	/* iPXE waits 16 s for an answer about IPv6: told where the interface has such an address. */
	vmm_buf_addf(out, "enable-ra\ndhcp-range=::,constructor:%s,ra-only\nra-param=%s,high,0,0\n",
		     o->interface, o->interface);
	return 0;
}

/* A ROM that isn't iPXE gets it by TFTP, UEFI's HTTP boot by HTTP; iPXE gets the script. */
static void add_boot(const struct vmm_boot_dhcp_options *o, struct vmm_buf *out)
{
	vmm_buf_addf(out,
		     "dhcp-userclass=set:ipxe,iPXE\n"
		     "dhcp-match=set:bios,option:client-arch,0\n"
		     "dhcp-match=set:efi,option:client-arch,7\n"
		     "dhcp-match=set:efi,option:client-arch,9\n"
		     "dhcp-match=set:efihttp,option:client-arch,16\n"
		     "dhcp-boot=tag:ipxe,http://%s:%u/boot.ipxe,,%s\n",
		     o->address, o->http_port, o->address);
	if (!o->ipxe)
		return;
	vmm_buf_addf(out,
		     "enable-tftp\n"
		     "tftp-root=%s\n"
		     "dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe,,%s\n"
		     "dhcp-boot=tag:!ipxe,tag:efi,snponly.efi,,%s\n"
		     "dhcp-boot=tag:!ipxe,tag:efihttp,http://%s:%u/ipxe/snponly.efi\n"
		     "dhcp-option-force=tag:efihttp,60,HTTPClient\n",
		     o->ipxe, o->address, o->address, o->address, o->http_port);
}

/* Clients of a proxy look at these only. */
static void add_services(const struct vmm_boot_dhcp_options *o, struct vmm_buf *out)
{
	static const char *const kinds[] = { "x86PC", "X86-64_EFI", "BC_EFI" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		vmm_buf_addf(out, "pxe-service=tag:ipxe,%s,\"network\",http://%s:%u/boot.ipxe\n",
			     kinds[i], o->address, o->http_port);
		if (o->ipxe)
			vmm_buf_addf(out, "pxe-service=tag:!ipxe,%s,\"network\",%s\n", kinds[i],
				     i == 0 ? "undionly.kpxe" : "snponly.efi");
	}
}

/* Nothing from outside may begin a line of its own. */
static int check_text(const char *text, struct vmm_err *err)
{
	if (!text || strpbrk(text, "\n\r") == NULL)
		return 0;
	return vmm_err_set(err, VMM_EINPUT, "'%s' has a line feed in it", text);
}

int vmm__boot_dhcp_conf(const struct vmm_boot_dhcp_options *o, const char *root,
			struct vmm_buf *out, struct vmm_err *err)
{
	int ret = if_nametoindex(o->interface)
			  ? 0
			  : vmm_err_set(err, VMM_EINPUT, "there is no interface '%s'", o->interface);

	if (ret == 0)
		ret = check_text(root, err);
	if (ret == 0)
		ret = check_text(o->ipxe, err);
	if (ret < 0)
		return ret;
	vmm_buf_addf(out,
		     "# Written by boot-serve at each start.\n"
		     "port=0\n"
		     "interface=%s\n"
		     "bind-interfaces\n"
		     "no-hosts\n"
		     "no-resolv\n"
		     "no-ping\n"
		     "dhcp-leasefile=%s/run/leases\n"
		     "pid-file=%s/run/dnsmasq.pid\n",
		     o->interface, root, root);
	if (o->known)
		vmm_buf_addf(out, "dhcp-hostsfile=%s/run/hosts\ndhcp-ignore=tag:!known\n", root);
	ret = add_range(o, out, err);
	add_boot(o, out);
	if (o->proxy)
		add_services(o, out);
	return ret == 0 && out->failed ? vmm_err_nomem(err) : ret;
}
