/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names as people see them: a byte that a terminal would not show as itself is
 * written %xx, as ServerView Resource Coordinator does (a backslash is %5c).
 *
 * Encoded are: control characters, DEL, a backslash, '%' itself, a leading or
 * trailing blank, bytes that are not valid UTF-8, and the invisible or
 * direction-changing characters U+0080-U+009F, U+00AD, U+061C, U+180E,
 * U+200B-U+200F, U+2028-U+202E, U+2060-U+2069, U+FEFF, U+FFF9-U+FFFB and
 * U+E0000-U+E007F, with which one name could be dressed as another.
 * Encoding is reversible: decoding gives back the exact bytes.
 */
#ifndef VMM_BASE_PERCENT_H
#define VMM_BASE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

void vmm_percent_encode(struct vmm_buf *out, const char *s);
/* For a terminal that knows ASCII only: every other byte is encoded too. */
void vmm_percent_encode_ascii(struct vmm_buf *out, const char *s);
/* False, and nothing added, if a '%' is not followed by two hexadecimal digits or is a NUL. */
bool vmm_percent_decode(struct vmm_buf *out, const char *s);

/*
 * The length of the UTF-8 character that starts at s (1 to 4), its code point in
 * *cp (may be NULL); 0 if the bytes there are no valid character. Overlong forms,
 * surrogates and what is above U+10FFFF are not valid. s ends at `end`.
 */
size_t vmm_utf8_char(const char *s, const char *end, unsigned *cp);
bool vmm_utf8_valid(const char *s, size_t len);
/* One of those that are encoded because a person can't see them; control characters too. */
bool vmm_utf8_hidden(unsigned cp);

#endif
