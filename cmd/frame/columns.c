/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/columns.h"

/* clang-format off */
const struct cmd_column host_columns[] = {
	{ "name", VMM_TEXT, false, "what it was declared as" },
	{ "uri", VMM_TEXT, false, "libvirt connection URI" },
	{ "group", VMM_TEXT, false, "its group" },
	{ "state", VMM_TEXT, false, "normal, or unknown: it does not answer" },
	{ "hypervisor", VMM_TEXT, false, "libvirt driver: qemu, lxc, xen, ..." },
	{ "version", VMM_TEXT, false, "of the hypervisor" },
	{ "cpus", VMM_NUMBER, false, "logical processors" },
	{ "mem_total", VMM_BYTES, false, "memory" },
	{ "mem_used", VMM_BYTES, false, "memory in use, caches not counted" },
	{ "mem_free", VMM_BYTES, true, "the rest of it" },
	{ "vms", VMM_NUMBER, false, "VMs defined or running" },
	{ "running", VMM_NUMBER, false, "VMs that are active" },
	{ "maint", VMM_BOOL, false, "in maintenance" },
	{ "seen", VMM_TEXT, false, "when it last answered" },
	{ "uuid", VMM_TEXT, true, "of the host" },
	{ "arch", VMM_TEXT, true, "processor architecture" },
	{ "cpu_model", VMM_TEXT, true, "libvirt's name for the processor" },
	{ "caps", VMM_LIST, true, "what its hypervisor can do: live, cold, move, save, ..." },
	{ "labels", VMM_LIST, true, "key=value, ..." },
	{ "migrate_uri", VMM_TEXT, true, "where it receives migrations" },
	{ "peer_uri", VMM_TEXT, true, "where other hosts' libvirtd reaches it" },
	{ "auth_file", VMM_TEXT, true, "file with its credentials" },
	{ "bmc", VMM_TEXT, true, "where its BMC is" },
	{ "bmc_auth", VMM_TEXT, true, "file with the BMC's credentials" },
	{ "error", VMM_TEXT, true, "why it did not answer" },
	CMD_COLUMNS_END
};

const struct cmd_column vm_columns[] = {
	{ "host", VMM_TEXT, false, "where it is" },
	{ "name", VMM_TEXT, false, "its name there" },
	{ "uuid", VMM_TEXT, false, "what it is known by" },
	{ "state", VMM_TEXT, false, "normal, warning, error, stop, paused, suspended, migrating, unknown" },
	{ "vcpus", VMM_NUMBER, false, "virtual processors" },
	{ "mem", VMM_BYTES, false, "memory" },
	{ "guest", VMM_TEXT, false, "host name that the guest's agent tells" },
	{ "seen", VMM_TEXT, false, "when it was last seen" },
	{ "group", VMM_TEXT, true, "its host's group" },
	{ "last", VMM_TEXT, true, "state when last seen" },
	{ "also", VMM_LIST, true, "other hosts that have a definition of it" },
	{ "autostart", VMM_BOOL, true, "starts with its host" },
	{ "persistent", VMM_BOOL, true, "has a definition that outlives it" },
	{ "snapshots", VMM_NUMBER, true, "how many" },
	{ "disks", VMM_LIST, true, "target:source, ..." },
	{ "nics", VMM_LIST, true, "mac@network, ..." },
	{ "addresses", VMM_LIST, true, "of its interfaces" },
	{ "leased", VMM_LIST, true, "addresses that it holds from pools" },
	{ "template", VMM_TEXT, true, "that it was made of" },
	{ "image", VMM_LIST, true, "of the library that it was made of: NAME:VERSION" },
	CMD_COLUMNS_END
};

#define LOAD_COLUMNS \
	{ "disk_rd", VMM_BYTES, false, "read from disks, a second" }, \
	{ "disk_wr", VMM_BYTES, false, "written to disks, a second" }, \
	{ "disk_iops", VMM_NUMBER, false, "reads and writes, a second" }, \
	{ "disk_ms", VMM_NUMBER, false, "milliseconds that each took" }, \
	{ "net_rx", VMM_BYTES, false, "received by the network, a second" }, \
	{ "net_tx", VMM_BYTES, false, "sent by the network, a second" }

const struct cmd_column host_load_columns[] = {
	{ "name", VMM_TEXT, false, "what it was declared as" },
	{ "group", VMM_TEXT, false, "its group" },
	{ "state", VMM_TEXT, false, "normal, or unknown: it does not answer" },
	{ "maint", VMM_BOOL, false, "in maintenance" },
	{ "cpus", VMM_NUMBER, false, "logical processors" },
	{ "cpu", VMM_NUMBER, false, "of them busy" },
	{ "steal", VMM_NUMBER, false, "virtual CPUs of its VMs that could run and had to wait" },
	{ "pressure", VMM_NUMBER, false, "percentage of the processor time that its VMs wanted and waited for" },
	{ "mem_total", VMM_BYTES, false, "memory" },
	{ "mem_used", VMM_BYTES, false, "memory in use, caches not counted" },
	LOAD_COLUMNS,
	{ "labels", VMM_LIST, false, "key=value, ..." },
	{ "cpu_own", VMM_NUMBER, true, "of the busy processors, those not busy with VMs" },
	{ "mem_own", VMM_BYTES, true, "of the memory in use, what no VM has" },
	{ "seconds", VMM_NUMBER, false, "length of the interval" },
	{ "time", VMM_TEXT, false, "its end" },
	{ "error", VMM_TEXT, false, "why nothing is known" },
	CMD_COLUMNS_END
};

const struct cmd_column vm_load_columns[] = {
	{ "host", VMM_TEXT, false, "where it is" },
	{ "name", VMM_TEXT, false, "its name there" },
	{ "uuid", VMM_TEXT, false, "what it is known by" },
	{ "group", VMM_TEXT, false, "its host's group" },
	{ "state", VMM_TEXT, false, "normal, warning, error, stop, paused, suspended, migrating, unknown" },
	{ "vcpus", VMM_NUMBER, false, "virtual processors" },
	{ "cpu", VMM_NUMBER, false, "processors that it kept busy" },
	{ "steal", VMM_NUMBER, false, "virtual CPUs that could run and had to wait" },
	{ "mem", VMM_BYTES, false, "memory, the most that it may have" },
	{ "mem_actual", VMM_BYTES, false, "memory that the balloon leaves it" },
	{ "mem_rss", VMM_BYTES, false, "memory that it takes of the host" },
	{ "mem_guest", VMM_BYTES, false, "memory in use inside, as its balloon driver tells" },
	LOAD_COLUMNS,
	{ "seconds", VMM_NUMBER, false, "length of the interval" },
	{ "time", VMM_TEXT, false, "its end" },
	{ "error", VMM_TEXT, false, "why nothing is known" },
	CMD_COLUMNS_END
};
/* clang-format on */
