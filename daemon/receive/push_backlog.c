/* SPDX-License-Identifier: BSD-2-Clause */
/* What a watcher is owed when it comes: its alerts of open cases, or all that is its own behind its
 * Last-Event-ID, page by page. SQL finds what is addressed to its posts; what is sent is held
 * against the same rule as live events. Few pages are under way at a time, so that an alert that
 * is raised now does not wait behind ten thousand watchers that come back. */
#include <event2/event.h>

#include "daemon/net/tls_stream.h"
#include "daemon/receive/push_private.h"

#define ASKED_MOST 8
#define FLOW_BYTES ((size_t)64 * 1024) /* unsent: the next page waits */
#define FLOW_US 20000

/* Sends the rows that this watcher may see. False: it is gone or too slow. */
static bool send_page(struct watcher *w, const struct db_result *r)
{
    const struct keys_client *c = push_client_of(w);
    struct push_posts posts;

    for (int row = 0; c != NULL && row < db_rows(r); row++) {
        int64_t event = db_int8(r, row, PUSH_EVENT);
        bool ok = true;

        push_posts_read(r, row, &posts);
        if (push_entitled(c, posts.name, posts.n) && push_format_row(w->push, r, row))
            ok = stream_send(w->stream, event, w->push->text.data, w->push->text.len);
        push_posts_clear(&posts);
        if (!ok)
            return false;
        w->sent = event;
    }
    return c != NULL;
}

/* After a page of so many rows: does the watcher have all that live watchers have? Answers come in
 * the order of the questions: what live watchers have was in the tables when the page was read. */
static bool complete(struct watcher *w, int rows)
{
    int64_t live = w->push->last;
    bool first = w->upto == INT64_MAX;

    if (w->everything) {
        if (rows < PUSH_PAGE && live > w->sent)
            w->sent = live;
        return rows < PUSH_PAGE;
    }
    if (first)
        w->upto = live > w->sent ? live : w->sent;
    if (rows == PUSH_PAGE && w->sent < w->upto)
        return false;
    w->sent = w->upto;
    w->everything = true;
    return first; /* else there is what happened since the first page */
}

static void caught_up(struct watcher *w)
{
    w->catching_up = false;
    stream_set_last(w->stream, w->sent);
    tls_stream_set_output_max(session_tls(w->session), STREAM_OUTPUT_MAX);
}

/* Next page, when the peer has read most of those before. */
static void go_on(struct watcher *w)
{
    struct timeval tv = {.tv_usec = FLOW_US};

    w->waiting = tls_stream_unsent(session_tls(w->session)) > FLOW_BYTES;
    if (!w->waiting)
        push_backlog_want(w);
    else if (!evtimer_pending(w->push->flow, NULL))
        evtimer_add(w->push->flow, &tv);
}

void push_backlog_on_flow(evutil_socket_t fd, short what, void *push)
{
    struct push *p = push;

    (void)fd;
    (void)what;
    for (struct watcher *w = p->watchers; w != NULL; w = w->next)
        if (w->waiting && w->session != NULL)
            go_on(w);
}

static void ask_next(struct push *p);

static void on_page(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct watcher *w = arg;
    struct push *p = w->push;

    w->asking = false;
    p->asked--;
    if (w->session == NULL)
        push_watcher_free(w);
    else if (outcome != DB_DONE || p->last < 0 || !send_page(w, r))
        push_watcher_close(w);
    else if (complete(w, db_rows(r)) && tls_stream_unsent(session_tls(w->session)) <= FLOW_BYTES)
        caught_up(w);
    else
        go_on(w);
    ask_next(p);
}

/* Whose alerts: NULL = all. */
static void posts_arg(struct push *p, const struct keys_client *c, struct db_args *args)
{
    if (c->is_operator) {
        db_args_null(args);
        return;
    }
    array_begin(&p->posts, ARRAY_TEXT);
    for (size_t i = 0; i < c->posts_len; i++)
        array_add_text(&p->posts, c->posts[i]);
    array_end(&p->posts);
    db_args_array(args, &p->posts);
}

static bool ask_page(struct watcher *w)
{
    struct push *p = w->push;
    const struct keys_client *c = push_client_of(w);
    struct db_args args = {0};

    if (c == NULL || p->db == NULL)
        return false;
    posts_arg(p, c, &args);
    db_args_int8(&args, w->sent);
    if (!w->everything)
        db_args_int8(&args, w->upto);
    db_args_int4(&args, PUSH_PAGE);
    return db_call(p->db, w->everything ? "stream_resume" : "stream_open", &args, on_page, w);
}

static void ask_next(struct push *p)
{
    struct watcher *w;

    while (p->asked < ASKED_MOST && (w = TAILQ_FIRST(&p->wanting)) != NULL) {
        TAILQ_REMOVE(&p->wanting, w, wanting);
        w->queued = false;
        w->asking = ask_page(w);
        p->asked += w->asking;
        if (!w->asking)
            push_watcher_close(w);
    }
}

void push_backlog_want(struct watcher *w)
{
    w->queued = true;
    TAILQ_INSERT_TAIL(&w->push->wanting, w, wanting);
    ask_next(w->push);
}
