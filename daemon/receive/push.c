/* SPDX-License-Identifier: BSD-2-Clause */
/* The push stream. All reading is on one connection whose answers come in order: an event that a
 * backlog page did not hold yet is therefore met by a later live read, never by neither. */
#include "daemon/receive/push.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/array.h"
#include "daemon/db/conn.h"
#include "daemon/net/stream.h"
#include "daemon/receive/session.h"

#define PAGE 200
#define BACKLOG_OUTPUT_MAX ((size_t)32 * 1024 * 1024) /* alerts of open cases come in one page */
#define FLOW_BYTES ((size_t)64 * 1024)                /* unsent: the next page waits */
#define FLOW_US 20000
#define WATCHERS_MOST 16384

enum column { EVENT, KIND, POSTS, DATA };

/* One watcher. */
struct watcher {
    struct watcher *next, **prev;
    struct push *push;
    struct session *session; /* NULL: gone, but a page is still being read */
    struct stream *stream;   /* owned */
    uint8_t certificate[DIGEST_SIZE];
    bool catching_up; /* live events are not for it yet */
    bool asking;      /* a page is under way */
    bool waiting;     /* for its peer to read what was sent */
    bool everything;  /* a page after an event; else open cases */
    int64_t sent;     /* last event of the backlog */
    bool hears;       /* wants signs of life */
    bool heard;       /* has had one */
};

struct push {
    const struct keys *keys;
    struct db *db;
    struct stream_hub *hub;
    struct event *poll, *flow;
    struct watcher *watchers; /* owned */
    size_t count;
    int64_t last; /* newest event that live watchers have; -1 = not known */
    bool reading, again;
    struct buf text;
};

/* The posts of one event row, borrowed pieces made into strings. */
struct posts {
    char *name[64];
    size_t n;
};

static void posts_read(const struct db_result *r, int row, struct posts *p)
{
    struct array_reader a;
    uint32_t count;
    size_t n;
    const char *bytes = db_bytes(r, row, POSTS, &n);
    const uint8_t *item;

    p->n = 0;
    if (bytes == NULL || !array_open(&a, bytes, n, ARRAY_TEXT, &count))
        return;
    while (p->n < sizeof p->name / sizeof p->name[0] && array_next(&a, &item, &n))
        if (item != NULL)
            p->name[p->n++] = xstrndup((const char *)item, n);
}

static void posts_clear(struct posts *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->name[i]);
    p->n = 0;
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

static const struct keys_client *client_of(const struct watcher *w)
{
    const struct keys_client *c = keys_client(w->push->keys, w->certificate);

    return keys_client_valid(c, clock_real()) ? c : NULL;
}

static bool format_row(struct push *p, const struct db_result *r, int row)
{
    size_t n;
    const char *data = db_bytes(r, row, DATA, &n), *kind = db_text(r, row, KIND);

    buf_clear(&p->text);
    return data != NULL && kind != NULL &&
           stream_format(&p->text, db_int8(r, row, EVENT), kind, data, n);
}

/* ---- watchers ------------------------------------------------------------------------------- */

static void watcher_free(struct watcher *w)
{
    *w->prev = w->next;
    if (w->next != NULL)
        w->next->prev = w->prev;
    w->push->count--;
    stream_free(&w->stream);
    free(w);
}

static void on_gone(void *data)
{
    struct watcher *w = data;

    stream_free(&w->stream);
    w->session = NULL;
    if (!w->asking)
        watcher_free(w);
}

static void ask_page(struct watcher *w);
static void live_read(struct push *p);

static void watcher_close(struct watcher *w)
{
    if (w->session != NULL)
        tls_stream_finish(session_tls(w->session));
}

/* Sends the rows that this watcher may see. False: it is gone or too slow. */
static bool send_page(struct watcher *w, const struct db_result *r)
{
    const struct keys_client *c = client_of(w);
    struct posts posts;

    for (int row = 0; c != NULL && row < db_rows(r); row++) {
        int64_t event = db_int8(r, row, EVENT);
        bool ok = true;

        posts_read(r, row, &posts);
        if (push_entitled(c, posts.name, posts.n) && format_row(w->push, r, row))
            ok = stream_send(w->stream, event, w->push->text.data, w->push->text.len);
        posts_clear(&posts);
        if (!ok)
            return false;
        w->sent = event;
    }
    return c != NULL;
}

static void caught_up(struct watcher *w)
{
    struct push *p = w->push;

    w->catching_up = false;
    stream_set_last(w->stream, w->sent);
    tls_stream_set_output_max(session_tls(w->session), STREAM_OUTPUT_MAX);
    if (p->last < 0)
        p->last = w->sent; /* it has everything up to the newest event */
    live_read(p);
}

/* Next page, when the peer has read most of those before. */
static void go_on(struct watcher *w)
{
    struct timeval tv = {.tv_usec = FLOW_US};

    w->waiting = tls_stream_unsent(session_tls(w->session)) > FLOW_BYTES;
    if (!w->waiting)
        ask_page(w);
    else if (!evtimer_pending(w->push->flow, NULL))
        evtimer_add(w->push->flow, &tv);
}

static void on_flow(evutil_socket_t fd, short what, void *arg)
{
    struct push *p = arg;

    (void)fd;
    (void)what;
    for (struct watcher *w = p->watchers; w != NULL; w = w->next)
        if (w->waiting && w->session != NULL)
            go_on(w);
}

static void on_page(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct watcher *w = arg;
    bool complete = w->everything && db_rows(r) < PAGE;

    w->asking = false;
    if (w->session == NULL) {
        watcher_free(w);
    } else if (outcome != DB_DONE || !send_page(w, r)) {
        watcher_close(w); /* it comes again with Last-Event-ID */
    } else if (complete && tls_stream_unsent(session_tls(w->session)) <= FLOW_BYTES) {
        caught_up(w);
    } else {
        /* what live watchers have was in the tables before the open cases were read */
        if (!w->everything && w->push->last > w->sent)
            w->sent = w->push->last;
        w->everything = true;
        go_on(w);
    }
}

static void ask_page(struct watcher *w)
{
    struct db_args args = {0};

    if (w->everything) {
        db_args_int8(&args, w->sent);
        db_args_int4(&args, PAGE);
    }
    w->asking = true;
    if (w->push->db != NULL &&
        db_call(w->push->db, w->everything ? "stream_events" : "stream_open", &args, on_page, w))
        return;
    w->asking = false;
    watcher_close(w);
}

/* ---- live ----------------------------------------------------------------------------------- */

struct sight {
    const struct posts *posts;
};

static bool sees(void *data, const void *ctx)
{
    const struct watcher *w = data;
    const struct sight *s = ctx;
    const struct keys_client *c = w->catching_up ? NULL : client_of(w);

    return c != NULL && push_entitled(c, s->posts->name, s->posts->n);
}

static void broadcast(struct push *p, const struct db_result *r, int row)
{
    struct posts posts;
    struct sight s = {.posts = &posts};

    posts_read(r, row, &posts);
    p->last = db_int8(r, row, EVENT);
    if (format_row(p, r, row))
        stream_hub_send(p->hub, p->last, p->text.data, p->text.len, sees, &s);
    posts_clear(&posts);
    /* the hub takes an event for skipped by those that do not see it: not so for late-comers */
    for (struct watcher *w = p->watchers; w != NULL; w = w->next)
        if (w->catching_up && w->stream != NULL)
            stream_set_last(w->stream, w->sent);
}

static void on_live(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct push *p = arg;
    bool more = outcome == DB_DONE && db_rows(r) >= PAGE;

    p->reading = false;
    for (int row = 0; outcome == DB_DONE && row < db_rows(r); row++)
        broadcast(p, r, row);
    if (more || (p->again && outcome == DB_DONE))
        live_read(p);
}

static void on_last(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct push *p = arg;

    p->reading = false;
    if (outcome != DB_DONE || db_rows(r) != 1) {
        /* where to go on from is not known: they come again with Last-Event-ID */
        for (struct watcher *w = p->watchers; w != NULL; w = w->next)
            watcher_close(w);
        return;
    }
    if (p->last >= 0)
        return;
    p->last = db_int8(r, 0, 0);
    if (p->again)
        live_read(p);
}

static void live_read(struct push *p)
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
    db_args_int4(&args, PAGE);
    p->reading = db_call(p->db, "stream_events", &args, on_live, p);
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
    struct push *p = arg;

    (void)fd;
    (void)what;
    if (p->count > 0)
        live_read(p);
}

void push_notify(struct push *p)
{
    if (p->count > 0)
        live_read(p);
}

/* ---- outside -------------------------------------------------------------------------------- */

/* Last-Event-ID, else ?since=; absent: open cases. */
static bool read_since(const struct http_request *r, struct watcher *w, struct problem *problem)
{
    const char *text = http_field(r, "last-event-id");
    char *end;

    if (text == NULL || *text == '\0')
        text = http_param(r, "since");
    w->everything = text != NULL && *text != '\0';
    if (!w->everything)
        return true;
    errno = 0;
    w->sent = strtoll(text, &end, 10);
    if (*end == '\0' && *text >= '0' && *text <= '9' && errno == 0)
        return true;
    problem_set(problem, "malformed", _("Last-Event-ID and since are numbers of events."));
    return false;
}

/* ?heartbeat=1 */
static bool read_hears(const struct http_request *r, struct watcher *w, struct problem *problem)
{
    const char *text = http_param(r, "heartbeat");

    w->hears = text != NULL && strcmp(text, "1") == 0;
    if (w->hears || text == NULL || *text == '\0' || strcmp(text, "0") == 0)
        return true;
    problem_set(problem, "malformed", _("heartbeat is 1 or 0."));
    return false;
}

bool push_subscribe(struct push *p, struct session *s, struct problem *problem)
{
    struct watcher *w = xcalloc(1, sizeof *w);

    w->push = p;
    w->session = s;
    memcpy(w->certificate, session_identity(s)->fingerprint, DIGEST_SIZE);
    w->catching_up = true;
    if (!read_since(session_request(s), w, problem) ||
        !read_hears(session_request(s), w, problem)) {
        free(w);
        return false;
    }
    if (p->count >= WATCHERS_MOST || p->db == NULL || !db_ready(p->db)) {
        problem_set(problem, "busy", _("No alerts can be read at the moment: try again."));
        free(w);
        return false;
    }
    w->next = p->watchers;
    w->prev = &p->watchers;
    if (w->next != NULL)
        w->next->prev = &w->next;
    p->watchers = w;
    p->count++;
    session_stream(s);
    session_set_server(s, on_gone, w);
    w->stream = stream_new(p->hub, session_tls(s), w);
    if (w->stream == NULL) /* on_gone follows from the loop */
        return true;
    tls_stream_set_output_max(session_tls(s), BACKLOG_OUTPUT_MAX);
    if (p->last < 0)
        live_read(p); /* before the page: nothing is missed in between */
    ask_page(w);
    return true;
}

void push_recheck(struct push *p)
{
    for (struct watcher *w = p->watchers; w != NULL; w = w->next)
        if (client_of(w) == NULL)
            watcher_close(w);
}

struct push *push_new(struct event_base *base, const struct keys *keys, unsigned ping_seconds)
{
    struct push *p = xcalloc(1, sizeof *p);
    struct timeval second = {.tv_sec = 1};

    p->keys = keys;
    p->last = -1;
    p->hub = stream_hub_new(base, ping_seconds);
    p->poll = event_new(base, -1, EV_PERSIST, on_poll, p);
    p->flow = evtimer_new(base, on_flow, p);
    if (p->hub == NULL || p->poll == NULL || p->flow == NULL)
        abort();
    event_add(p->poll, &second);
    return p;
}

void push_set_db(struct push *p, struct db *d)
{
    p->db = d;
}

void push_free(struct push **pp)
{
    struct push *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    while (p->watchers != NULL)
        watcher_free(p->watchers);
    stream_hub_free(&p->hub);
    event_free(p->poll);
    event_free(p->flow);
    buf_free(&p->text);
    free(p);
}

size_t push_count(const struct push *p)
{
    return p->count;
}

/* ---- signs of life -------------------------------------------------------------------------- */

size_t push_hearers(const struct push *p)
{
    size_t n = 0;

    for (const struct watcher *w = p->watchers; w != NULL; w = w->next)
        n += w->hears && w->stream != NULL;
    return n;
}

size_t push_unheard(const struct push *p)
{
    size_t n = 0;

    for (const struct watcher *w = p->watchers; w != NULL; w = w->next)
        n += w->hears && !w->heard && w->stream != NULL;
    return n;
}

/* Only the head is evidence; the interval beside it is a courtesy. */
void push_heartbeat(struct push *p, const char *note, size_t n, unsigned interval, bool first)
{
    json_t *j = json_pack("{s:i,s:s%}", "interval", (int)interval, "head", note, n);
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;

    buf_clear(&p->text);
    if (text != NULL && stream_format(&p->text, -1, "heartbeat", text, strlen(text)))
        for (struct watcher *w = p->watchers; w != NULL; w = w->next) {
            if (!w->hears || w->stream == NULL || (first && w->heard))
                continue;
            w->heard = true;
            stream_send_plain(w->stream, p->text.data, p->text.len);
        }
    free(text);
    json_decref(j);
}
