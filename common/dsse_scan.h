/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to dsse.c: finds the members of an envelope in its plainest spelling, without jansson. */
#ifndef DUBAN_DSSE_SCAN_H
#define DUBAN_DSSE_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct dsse_text {
    const char *s; /* borrowed, not NUL-terminated; NULL: absent or not a string */
    size_t n;
};

struct dsse_members {
    struct dsse_text type, payload, keyid, sig;
};

/* True for an envelope with exactly the known members, each once, whose strings are printable
 * ASCII without escapes: then *m holds what jansson would find. False says nothing about the
 * envelope, only that jansson has to read it. */
bool dsse_scan(const char *json, size_t n, struct dsse_members *m);

#endif
