/* SPDX-License-Identifier: BSD-2-Clause */
/* What a text contains, looked at eight bytes at a time: every statement and every receipt passes
 * here, and byte by byte it was a sixth of the receiver's own work. */
#ifndef DUBAN_TEXT_SCAN_H
#define DUBAN_TEXT_SCAN_H

#include <stddef.h>

enum text_kind {
    TEXT_CONTROL = 1,   /* a byte below 0x20, or 0x7F */
    TEXT_BACKSLASH = 2, /* \ */
    TEXT_WIDE = 4       /* a byte above 0x7F */
};

/* Which kinds occur among n bytes: an OR of enum text_kind. */
unsigned text_scan_kinds(const char *s, size_t n);

/* Where the first byte stands that a JSON string may not contain as it is (RFC 8259 section 7:
 * below 0x20, quotation mark, backslash); n when there is none. */
size_t text_scan_escape(const char *s, size_t n);

#endif
