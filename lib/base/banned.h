/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that nobody here may call: to use one is a compile error.
 *
 * The Makefile includes this file ahead of every source of the project. The system
 * headers come first, because afterwards the names can't even be declared.
 *
 *	overflow	strcpy strcat strncpy strncat sprintf vsprintf gets: use vmm_buf, snprintf, memcpy
 *	hidden state	strtok strtok_r localtime gmtime ctime asctime: use vmm_strv, localtime_r, gmtime_r
 *	no error	atoi atol atoll atof: use vmm_num
 *	a shell		system popen: use posix_spawn with an argv
 *	a race		tmpnam tempnam mktemp: use mkstemp, mkdtemp
 *	the stack	alloca
 */
#ifndef VMM_BASE_BANNED_H
#define VMM_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#define VMM_BANNED(name) name##_is_banned_see_banned_h

#undef strcpy
#define strcpy(d, s) VMM_BANNED(strcpy)
#undef strcat
#define strcat(d, s) VMM_BANNED(strcat)
#undef strncpy
#define strncpy(d, s, n) VMM_BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) VMM_BANNED(strncat)
#undef sprintf
#define sprintf(...) VMM_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) VMM_BANNED(vsprintf)
#undef gets
#define gets(s) VMM_BANNED(gets)

#undef strtok
#define strtok(s, d) VMM_BANNED(strtok)
#undef strtok_r
#define strtok_r(s, d, p) VMM_BANNED(strtok_r)
#undef localtime
#define localtime(t) VMM_BANNED(localtime)
#undef gmtime
#define gmtime(t) VMM_BANNED(gmtime)
#undef ctime
#define ctime(t) VMM_BANNED(ctime)
#undef asctime
#define asctime(t) VMM_BANNED(asctime)

#undef atoi
#define atoi(s) VMM_BANNED(atoi)
#undef atol
#define atol(s) VMM_BANNED(atol)
#undef atoll
#define atoll(s) VMM_BANNED(atoll)
#undef atof
#define atof(s) VMM_BANNED(atof)

#undef system
#define system(s) VMM_BANNED(system)
#undef popen
#define popen(s, m) VMM_BANNED(popen)

#undef tmpnam
#define tmpnam(s) VMM_BANNED(tmpnam)
#undef tempnam
#define tempnam(d, p) VMM_BANNED(tempnam)
#undef mktemp
#define mktemp(s) VMM_BANNED(mktemp)

#undef alloca
#define alloca(n) VMM_BANNED(alloca)

#endif
