// SPDX-License-Identifier: LGPL-2.1-or-later
/* The parts of a guest's user space that guest.c puts together; see there. */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H

extern int in_container;

/* What the kernel wants of a first process: file systems, a console, modules. */
void boot_kernel_side(void);

/* The value of KEY=… among the words of the kernel's command line, or of a container's arguments, or NULL. */
const char *option(const char *key);

/*
 * Where this initramfs has guest-seed.sh and there is a seed, it sets up name, network and ssh.
 * Returns whether it did.
 */
int take_seed(void);

/* Sets up lo and eth0; the address is made of the MAC address unless it has one ("-": no eth0). */
void set_network(char address[static 32]);

/* A descriptor that reports the ACPI power button, or -1. */
int open_power_button(void);

/* What the disk's counter stands at; 0 where there is none. */
long disk_count(int fd);

/* How much of one processor is burnt, in percent: before and after burn() is at it. */
void set_burn(int percent);

/* These don't return: each is run in a child. */
void count_on_disk(int fd);
void dirty_memory(unsigned long bytes);
void burn(void);
void nap(void);
void call_peers(const char *addresses, int port);
void run_agent(void);

#endif
