// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Process 1 of a lab guest, and of a lab container: the whole of its user space.
 *
 * It shows from outside that the guest runs, without a gap:
 *   - "LAB-UP HOSTNAME UPTIME ADDRESS disk=COUNT" once on the console, then "tick N" every 0.2 s;
 *   - TCP port 7000 sends a line "N" every 20 ms, N growing by one, to whoever is connected;
 *   - a counter is written to /dev/vda, synchronously, every 0.5 s, and taken up again at the next boot;
 *   - lab.dirty=MB on the kernel's command line: rewrites that much memory again and again;
 *   - lab.burn=PERCENT there: it burns so much of its processor; a line "burn PERCENT" sent to the port
 *     changes that;
 *   - lab.peers=ADDRESS,… there: "peer ADDRESS up" on the console when that guest's port answers, and
 *     "peer ADDRESS down" when it no longer does, or does not within the first tries.
 * It powers off at the ACPI power button, SIGTERM and /sbin/shutdown (a link to this program, for
 * qemu-guest-agent). Static, no shell: a fork costs milliseconds in an emulated guest.
 *
 * The address is 10.77.X.Y, where X and Y are the last two bytes of eth0's MAC address, so it moves
 * with the guest and a clone with a MAC of its own gets one of its own. One that boots from a disk image
 * of the lab takes name and addresses from its seed, if it has one: guest-seed.sh.
 */
#define _GNU_SOURCE
#include "guest.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 7000, CLIENTS = 16, TICK_MS = 200, LINE_MS = 20 };
enum { SIGNALS, BUTTON, LISTEN, TIMER, FIRST_CLIENT, FDS = FIRST_CLIENT + CLIENTS };

static struct pollfd fds[FDS];

static int listen_tcp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(s, (void *)&in, sizeof in) || listen(s, CLIENTS))
		printf("cannot listen: %m\n");
	return s;
}

static void off(int how)
{
	puts("LAB-DOWN");
	sync();
	if (in_container)
		_exit(0);
	reboot(how);
}

static void set_timer(int ms)
{
	struct itimerspec t = { .it_interval.tv_nsec = ms * 1000000L,
				.it_value.tv_nsec = ms * 1000000L };

	timerfd_settime(fds[TIMER].fd, 0, &t, NULL);
}

static int connected(void)
{
	int n = 0;

	for (int i = FIRST_CLIENT; i < FDS; i++)
		n += fds[i].fd >= 0;
	return n;
}

static void accept_client(void)
{
	int s = accept4(fds[LISTEN].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), i = FIRST_CLIENT;

	while (i < FDS && fds[i].fd >= 0)
		i++;
	if (s >= 0 && i == FDS)
		close(s);
	else if (s >= 0)
		fds[i] = (struct pollfd){ s, POLLIN, 0 }, set_timer(LINE_MS);
}

static void send_line(unsigned long n)
{
	char line[24];
	int size = snprintf(line, sizeof line, "%lu\n", n);

	for (int i = FIRST_CLIENT; i < FDS; i++)
		if (fds[i].fd >= 0 && send(fds[i].fd, line, size, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			close(fds[i].fd), fds[i].fd = -1;
}

/* Counts wake-ups, not time: a guest that was paused goes on with the next number. */
static void tick(void)
{
	static unsigned long ticks, lines;
	static int part;
	int clients = connected();

	if (clients)
		send_line(++lines);
	part += clients ? LINE_MS : TICK_MS;
	if (part >= TICK_MS)
		part = 0, printf("tick %lu\n", ++ticks);
	if (clients && !connected())
		set_timer(TICK_MS);
}

static void handle_signal(void)
{
	struct signalfd_siginfo s;

	if (read(fds[SIGNALS].fd, &s, sizeof s) != sizeof s)
		return;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (s.ssi_signo == SIGTERM)
		off(RB_POWER_OFF);
	if (s.ssi_signo == SIGINT)
		off(RB_AUTOBOOT);
}

static void handle_button(void)
{
	struct input_event e;

	if (read(fds[BUTTON].fd, &e, sizeof e) == sizeof e && e.type == EV_KEY &&
	    e.code == KEY_POWER && e.value)
		off(RB_POWER_OFF);
}

static void hear_client(int i)
{
	char buf[64];
	ssize_t n = read(fds[i].fd, buf, sizeof buf - 1);
	int percent;

	if (n <= 0) {
		close(fds[i].fd), fds[i].fd = -1;
		return;
	}
	buf[n] = 0;
	if (sscanf(buf, "burn %d", &percent) == 1)
		set_burn(percent), printf("burns %d\n", percent);
}

static void serve(void)
{
	uint64_t times;

	for (;;) {
		if (poll(fds, FDS, -1) < 0)
			continue;
		if (fds[SIGNALS].revents)
			handle_signal();
		if (fds[BUTTON].revents)
			handle_button();
		if (fds[LISTEN].revents)
			accept_client();
		for (int i = FIRST_CLIENT; i < FDS; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				hear_client(i);
		if (fds[TIMER].revents && read(fds[TIMER].fd, &times, sizeof times) > 0)
			tick();
	}
}

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM), sigaddset(&set, SIGINT), sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
	char address[32], name[65] = "guest";
	const char *o;

	if (strstr(argv[0], "shutdown")) // called by the agent
		return kill(1, argc > 2 && !strcmp(argv[2], "-r") ? SIGINT : SIGTERM);
	in_container = argc > 1 && !strcmp(argv[1], "container");
	if (!in_container)
		boot_kernel_side();
	else if ((o = option("lab.serial")) && !freopen(o, "a", stdout))
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!in_container && take_seed())
		gethostname(name, sizeof name);
	else if ((o = option("lab.hostname")))
		snprintf(name, sizeof name, "%s", o);
	sethostname(name, strlen(name));
	set_network(address);

	size_t dirty = (o = option("lab.dirty")) ? strtoul(o, NULL, 10) : 0;
	int disk = in_container ? -1 : open("/dev/vda", O_RDWR | O_CLOEXEC);
	struct timespec up;
	clock_gettime(CLOCK_MONOTONIC, &up);
	printf("LAB-UP %s %ld.%02ld %s disk=%ld\n", name, (long)up.tv_sec, up.tv_nsec / 10000000,
	       address, disk_count(disk));
	if (disk >= 0 && !fork())
		count_on_disk(disk);
	for (int i = 0; i < 2 && !in_container; i++)
		if (!fork())
			nap();
	set_burn((o = option("lab.burn")) ? atoi(o) : 0);
	if (!fork())
		burn();
	if (dirty && !fork())
		dirty_memory(dirty << 20);
	if ((o = option("lab.peers")) && !fork())
		call_peers(o, PORT);
	if (!access("/bin/qemu-ga", X_OK) && !fork())
		run_agent();

	for (int i = 0; i < FDS; i++)
		fds[i] = (struct pollfd){ -1, POLLIN, 0 };
	fds[SIGNALS].fd = take_signals();
	fds[BUTTON].fd = in_container ? -1 : open_power_button();
	fds[LISTEN].fd = listen_tcp();
	fds[TIMER].fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	set_timer(TICK_MS);
	serve();
}
