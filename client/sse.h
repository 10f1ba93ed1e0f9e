/* SPDX-License-Identifier: BSD-2-Clause */
/* A reader of server-sent events (WHATWG HTML, 9.2.6): bytes in, events out. */
#ifndef DUBAN_CLIENT_SSE_H
#define DUBAN_CLIENT_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

#define SSE_EVENT_MAX ((size_t)1024 * 1024)

/* id: newest id seen, "" before the first; event: "message" when not named. False ends reading. */
typedef bool sse_on_event(void *data, const char *event, const char *id, const char *text);

struct sse {
    struct buf line, text;
    char event[64], id[64];
    bool cr; /* the last byte was CR: a following LF belongs to it */
    sse_on_event *on_event;
    void *data;
};

void sse_start(struct sse *s, sse_on_event *on_event, void *data);
/* False when on_event said so, or an event is larger than SSE_EVENT_MAX. */
bool sse_feed(struct sse *s, const char *bytes, size_t n);
void sse_free(struct sse *s);

#endif
