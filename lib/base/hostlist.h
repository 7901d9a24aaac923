/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ranges of host names, folded and unfolded the way ClusterShell's nodeset does:
 *
 *	h[1-3,7]	h1 h2 h3 h7
 *	rack[01-02]n[1-2]	rack01n1 rack01n2 rack02n1 rack02n2
 *	h1,h[4-5]	h1 h4 h5
 *
 * Leading zeros keep the width: [08-10] is 08 09 10, [01-100] is 01 to 99 and 100.
 * Refused, with the byte where it goes wrong: an empty name, a blank or control
 * character, a bracket in brackets or with no partner, a range that runs backwards or
 * whose ends are not of one width, a number of more than VMM_HOSTLIST_DIGITS digits, a
 * name of more than VMM_HOSTLIST_NAME bytes, more than VMM_HOSTLIST_MAX names in one
 * text. Any other byte may stand in a name.
 */
#ifndef VMM_BASE_HOSTLIST_H
#define VMM_BASE_HOSTLIST_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

#define VMM_HOSTLIST_MAX 100000
#define VMM_HOSTLIST_NAME 255
#define VMM_HOSTLIST_DIGITS 18

/* Appends the names to out, in the order written; on failure nothing. */
int vmm_hostlist_expand(const char *text, struct vmm_strv *out, struct vmm_err *err);
/*
 * Appends the shortest usual writing of the names: sorted with numbers by value, doubles
 * once, runs of numbers folded. Expanding it gives the same names. No names: nothing.
 */
int vmm_hostlist_fold(const struct vmm_strv *names, struct vmm_buf *out, struct vmm_err *err);
/* Whether text is one name as it stands: what can be folded, and comes out of expanding. */
bool vmm_hostlist_is_name(const char *text);

#endif
