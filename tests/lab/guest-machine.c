// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a guest does with its machine: kernel, network, power button, disk, memory, agent's port. */
#define _GNU_SOURCE
#include "guest.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DISK_OFFSET = 1 << 20 };

int in_container;

static void load_modules(void)
{
	char line[256];
	FILE *list = fopen("/modules/list", "re");

	while (list && fgets(line, sizeof line, list)) {
		line[strcspn(line, "\n")] = 0;
		int fd = open(line, O_RDONLY | O_CLOEXEC);
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			printf("cannot load %s: %m\n", line);
		close(fd);
	}
	if (list)
		fclose(list);
}

void boot_kernel_side(void)
{
	mkdir("/proc", 0755), mkdir("/sys", 0755), mkdir("/dev", 0755), mkdir("/run", 0755),
		mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, 0);
	mount("sys", "/sys", "sysfs", 0, 0);
	mount("dev", "/dev", "devtmpfs", 0, 0);
	int fd = open("/dev/console", O_RDWR);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	load_modules();
}

/* The value of KEY=… among the words of the kernel's command line, or of a container's arguments. */
const char *option(const char *key)
{
	static char words[4096];
	size_t n = strlen(key);
	int fd = open(in_container ? "/proc/self/cmdline" : "/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, words, sizeof words - 1);

	close(fd);
	for (ssize_t i = 0; i < got; i++)
		if (strchr(" \n", words[i]))
			words[i] = 0;
	for (char *w = words; w < words + got; w += strlen(w) + 1)
		if (!strncmp(w, key, n) && w[n] == '=')
			return w + n + 1;
	return NULL;
}

static int set_interface(int s, const char *name, const char *address, const char *mask)
{
	struct ifreq r = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&r.ifr_addr;

	strcpy(r.ifr_name, name);
	in->sin_family = AF_INET;
	inet_pton(AF_INET, address, &in->sin_addr);
	if (ioctl(s, SIOCSIFADDR, &r))
		return -1;
	inet_pton(AF_INET, mask, &in->sin_addr);
	ioctl(s, SIOCSIFNETMASK, &r);
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(s, SIOCSIFFLAGS, &r);
}

void set_network(char address[static 32])
{
	struct ifreq r = { .ifr_name = "eth0" };
	unsigned char *mac = (unsigned char *)r.ifr_hwaddr.sa_data;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	set_interface(s, "lo", "127.0.0.1", "255.0.0.0");
	strcpy(address, "-");
	if (!ioctl(s, SIOCGIFADDR, &r)) {
		inet_ntop(AF_INET, &((struct sockaddr_in *)&r.ifr_addr)->sin_addr, address, 32);
	} else if (!ioctl(s, SIOCGIFHWADDR, &r)) {
		snprintf(address, 32, "10.77.%d.%d", mac[4] ? mac[4] : 255, mac[5]);
		set_interface(s, "eth0", address, "255.255.0.0");
	}
	close(s);
}

int take_seed(void)
{
	int status = -1;
	pid_t child = access("/seed", X_OK) ? -1 : fork();

	if (!child) {
		execl("/seed", "seed", (char *)NULL);
		_exit(1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

/* The ACPI power button is one of the input devices: the one that has that key and no letters. */
int open_power_button(void)
{
	glob_t g = { 0 };
	int found = -1;

	glob("/dev/input/event*", 0, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc && found < 0; i++) {
		unsigned char keys[KEY_MAX / 8 + 1] = { 0 };
		int fd = open(g.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		ioctl(fd, EVIOCGBIT(EV_KEY, sizeof keys), keys);
		if (keys[KEY_POWER / 8] >> KEY_POWER % 8 & 1 && !(keys[KEY_A / 8] >> KEY_A % 8 & 1))
			found = fd;
		else
			close(fd);
	}
	globfree(&g);
	return found;
}

void dirty_memory(unsigned long bytes)
{
	char *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		_exit(1);
	for (unsigned pass = 1;; pass++) {
		for (unsigned long at = 0; at < bytes; at += 4096)
			*(volatile unsigned *)(m + at) = pass;
		usleep(10000); // leaves this little machine a moment for its other duties
	}
}

/* Changed while it burns, by another process. */
static volatile int *burning;

void set_burn(int percent)
{
	if (!burning) {
		burning = mmap(NULL, sizeof *burning, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (burning == MAP_FAILED)
			burning = NULL;
	}
	if (burning && percent >= 0 && percent <= 100)
		*burning = percent;
}

void burn(void)
{
	enum { TURN_US = 50000 };

	while (burning) {
		struct timespec start, now;
		long used = 0, busy = TURN_US / 100 * *burning;

		clock_gettime(CLOCK_MONOTONIC, &start);
		while (used < busy) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			used = (now.tv_sec - start.tv_sec) * 1000000 +
			       (now.tv_nsec - start.tv_nsec) / 1000;
		}
		usleep(used < TURN_US ? TURN_US - used : 0);
	}
	_exit(1);
}

/*
 * Two of these take turns, and each turn empties QEMU's TLB. Before 9.0 its emulation forgot to
 * after it had looked which pages are dirty (commit 03bfc2188f): what was written next through an old entry
 * was not sent again, and now and then a migrated guest died of it.
 */
void nap(void)
{
	for (;;)
		usleep(10000);
}

long disk_count(int fd)
{
	char text[17] = "";

	return pread(fd, text, 16, DISK_OFFSET) == 16 ? strtol(text, NULL, 10) : 0;
}

void count_on_disk(int fd)
{
	char text[24];

	for (long n = disk_count(fd) + 1;; n++) {
		snprintf(text, sizeof text, "%016ld", n);
		pwrite(fd, text, 16, DISK_OFFSET);
		fsync(fd);
		usleep(500000);
	}
}

/* Whether a byte comes from there within a second. */
static int answers(const char *address, int port)
{
	struct timeval second = { .tv_sec = 1 };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ok;
	char byte;

	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
	ok = inet_pton(AF_INET, address, &in.sin_addr) == 1 &&
	     !connect(s, (void *)&in, sizeof in) && read(s, &byte, 1) == 1;
	close(s);
	return ok;
}

/* Of a peer that was never heard of "down" is said after three tries: it may still be booting. */
void call_peers(const char *addresses, int port)
{
	enum { PEERS = 8, TRIES = 3 };
	char list[256], *peers[PEERS];
	int n = 0, state[PEERS] = { 0 }, tries[PEERS] = { 0 };

	snprintf(list, sizeof list, "%s", addresses);
	for (char *p = strtok(list, ","); p && n < PEERS; p = strtok(NULL, ","))
		peers[n++] = p;
	for (;; usleep(200000))
		for (int i = 0; i < n; i++) {
			int now = answers(peers[i], port) ? 1 : -1;

			if (now != state[i] && (now > 0 || state[i] || ++tries[i] == TRIES)) {
				printf("peer %s %s\n", peers[i], now > 0 ? "up" : "down");
				state[i] = now;
			}
		}
}

/* Runs qemu-guest-agent, where this initramfs has it, on the port the host gave it. */
void run_agent(void)
{
	glob_t g = { 0 };
	char name[64], port[80];

	glob("/sys/class/virtio-ports/vport*/name", 0, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		FILE *f = fopen(g.gl_pathv[i], "re");
		int ours = f && fgets(name, sizeof name, f) &&
			   !strncmp(name, "org.qemu.guest_agent.0", 22);
		if (f)
			fclose(f);
		sscanf(g.gl_pathv[i], "/sys/class/virtio-ports/%20[^/]", name);
		snprintf(port, sizeof port, "/dev/%s", name);
		if (ours)
			execl("/bin/qemu-ga", "qemu-ga", "-m", "virtio-serial", "-p", port, "-t",
			      "/run", NULL);
	}
	_exit(1);
}
