/* SPDX-License-Identifier: BSD-2-Clause */
/* The push stream, live: events are read once, in order, and written to all who may see them. */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "daemon/receive/push_private.h"

void push_posts_read(const struct db_result *r, int row, struct push_posts *p)
{
    struct array_reader a;
    uint32_t count;
    size_t n;
    const char *bytes = db_bytes(r, row, PUSH_POSTS, &n);
    const uint8_t *item;

    p->n = 0;
    if (bytes == NULL || !array_open(&a, bytes, n, ARRAY_TEXT, &count))
        return;
    while (p->n < sizeof p->name / sizeof p->name[0] && array_next(&a, &item, &n))
        if (item != NULL)
            p->name[p->n++] = xstrndup((const char *)item, n);
}

void push_posts_clear(struct push_posts *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->name[i]);
    p->n = 0;
}

const struct keys_client *push_client_of(const struct watcher *w)
{
    const struct keys_client *c = keys_client(w->push->keys, w->certificate);

    return keys_client_valid(c, clock_real()) ? c : NULL;
}

bool push_format_row(struct push *p, const struct db_result *r, int row)
{
    size_t n;
    const char *data = db_bytes(r, row, PUSH_DATA, &n), *kind = db_text(r, row, PUSH_KIND);

    buf_clear(&p->text);
    return data != NULL && kind != NULL &&
           stream_format(&p->text, db_int8(r, row, PUSH_EVENT), kind, data, n);
}

void push_watcher_free(struct watcher *w)
{
    if (w->queued)
        TAILQ_REMOVE(&w->push->wanting, w, wanting);
    *w->prev = w->next;
    if (w->next != NULL)
        w->next->prev = w->prev;
    w->push->count--;
    stream_free(&w->stream);
    free(w);
}

void push_watcher_close(struct watcher *w)
{
    if (w->session != NULL)
        tls_stream_finish(session_tls(w->session));
}

bool push_entitled(const struct keys_client *c, char *const *posts, size_t n)
{
    if (c->is_operator)
        return true;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < c->posts_len; k++)
            if (strcmp(posts[i], c->posts[k]) == 0)
                return true;
    return false;
}

struct sight {
    const struct push_posts *posts;
};

static bool sees(void *data, const void *ctx)
{
    const struct watcher *w = data;
    const struct sight *s = ctx;
    const struct keys_client *c = w->catching_up ? NULL : push_client_of(w);

    return c != NULL && push_entitled(c, s->posts->name, s->posts->n);
}

static void broadcast(struct push *p, const struct db_result *r, int row)
{
    struct push_posts posts;
    struct sight s = {.posts = &posts};

    push_posts_read(r, row, &posts);
    p->last = db_int8(r, row, PUSH_EVENT);
    if (push_format_row(p, r, row))
        stream_hub_send(p->hub, p->last, p->text.data, p->text.len, sees, &s);
    push_posts_clear(&posts);
    /* the hub takes an event for skipped by those that do not see it: not so for late-comers */
    for (struct watcher *w = p->watchers; w != NULL; w = w->next)
        if (w->catching_up && w->stream != NULL)
            stream_set_last(w->stream, w->sent);
}

static void on_live(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct push *p = arg;
    bool more = outcome == DB_DONE && db_rows(r) >= PUSH_PAGE;

    p->reading = false;
    for (int row = 0; outcome == DB_DONE && row < db_rows(r); row++)
        broadcast(p, r, row);
    if (more || (p->again && outcome == DB_DONE))
        push_live_read(p);
}

static void on_last(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct push *p = arg;

    p->reading = false;
    if (outcome != DB_DONE || db_rows(r) != 1) {
        /* where to go on from is not known: they come again with Last-Event-ID */
        for (struct watcher *w = p->watchers; w != NULL; w = w->next)
            push_watcher_close(w);
        return;
    }
    if (p->last >= 0)
        return;
    p->last = db_int8(r, 0, 0);
    if (p->again)
        push_live_read(p);
}

void push_live_read(struct push *p)
{
    struct db_args args = {0};

    if (p->reading) {
        p->again = true;
        return;
    }
    p->again = false;
    if (p->db == NULL || !db_ready(p->db))
        return;
    if (p->last < 0) {
        p->reading = db_call_as(p->db, "*", "stream_last", &args, on_last, p);
        return;
    }
    if (p->count == 0) { /* nobody watches: forget where we were, it is asked for again */
        p->last = -1;
        return;
    }
    db_args_int8(&args, p->last);
    db_args_int4(&args, PUSH_PAGE);
    p->reading = db_call(p->db, "stream_events", &args, on_live, p);
}
