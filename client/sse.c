/* SPDX-License-Identifier: BSD-2-Clause */
/* A reader of server-sent events. An event that the connection cut in two is forgotten; it comes
 * again after Last-Event-ID. */
#include "client/sse.h"

#include <stdio.h>
#include <string.h>

void sse_start(struct sse *s, sse_on_event *on_event, void *data)
{
    memset(s, 0, sizeof *s);
    s->line.limit = SSE_EVENT_MAX;
    s->text.limit = SSE_EVENT_MAX;
    s->on_event = on_event;
    s->data = data;
}

void sse_free(struct sse *s)
{
    buf_free(&s->line);
    buf_free(&s->text);
}

static bool dispatch(struct sse *s)
{
    bool go_on = true;

    if (s->text.len) {
        s->text.data[--s->text.len] = '\0'; /* the newline behind the last data line */
        go_on = s->on_event(s->data, s->event[0] ? s->event : "message", s->id, s->text.data);
    }
    buf_clear(&s->text);
    s->event[0] = '\0';
    return go_on;
}

static bool is(const char *name, size_t n, const char *wanted)
{
    return n == strlen(wanted) && memcmp(name, wanted, n) == 0;
}

static bool take_line(struct sse *s)
{
    const char *p = s->line.data ? s->line.data : "";
    size_t n = strcspn(p, ":");
    const char *value = p + n + (p[n] == ':');

    if (s->line.len == 0)
        return dispatch(s);
    if (n == 0)
        return true; /* a comment */
    value += *value == ' ';
    if (is(p, n, "data"))
        return buf_add_str(&s->text, value) && buf_add_str(&s->text, "\n");
    if (is(p, n, "event"))
        snprintf(s->event, sizeof s->event, "%s", value);
    else if (is(p, n, "id"))
        snprintf(s->id, sizeof s->id, "%s", value);
    return true;
}

bool sse_feed(struct sse *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        bool after_cr = s->cr;
        s->cr = c == '\r';
        if (c == '\n' && after_cr)
            continue;
        if (c == '\n' || c == '\r') {
            if (!take_line(s))
                return false;
            buf_clear(&s->line);
        } else if (!buf_add(&s->line, &c, 1)) {
            return false;
        }
    }
    return true;
}
