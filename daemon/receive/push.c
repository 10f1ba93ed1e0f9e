/* SPDX-License-Identifier: BSD-2-Clause */
/* The push stream: watchers come and go. All reading is on one connection whose answers come in
 * order: an event that a backlog page did not hold yet is therefore met by a later live read, never
 * by neither. */
#include "daemon/receive/push.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/net/tls_stream.h"
#include "daemon/receive/push_private.h"

#define BACKLOG_OUTPUT_MAX ((size_t)8 * 1024 * 1024) /* a page, and what was not read yet */
#define WATCHERS_MOST 16384

static void on_gone(void *data)
{
    struct watcher *w = data;

    stream_free(&w->stream);
    w->session = NULL;
    if (!w->asking)
        push_watcher_free(w);
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
    struct push *p = arg;

    (void)fd;
    (void)what;
    if (p->count > 0)
        push_live_read(p);
}

void push_notify(struct push *p)
{
    if (p->count > 0)
        push_live_read(p);
}

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
    w->upto = INT64_MAX;
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
    if (p->last < 0 || p->count == 1)
        push_live_read(p); /* before the page: nothing is missed in between */
    push_backlog_want(w);
    return true;
}

void push_recheck(struct push *p)
{
    for (struct watcher *w = p->watchers; w != NULL; w = w->next)
        if (push_client_of(w) == NULL)
            push_watcher_close(w);
}

struct push *push_new(struct event_base *base, const struct keys *keys, unsigned ping_seconds)
{
    struct push *p = xcalloc(1, sizeof *p);
    struct timeval second = {.tv_sec = 1};

    p->keys = keys;
    p->last = -1;
    TAILQ_INIT(&p->wanting);
    p->hub = stream_hub_new(base, ping_seconds);
    p->poll = event_new(base, -1, EV_PERSIST, on_poll, p);
    p->flow = evtimer_new(base, push_backlog_on_flow, p);
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
        push_watcher_free(p->watchers);
    stream_hub_free(&p->hub);
    event_free(p->poll);
    event_free(p->flow);
    array_free(&p->posts);
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

static bool wants_sign(void *data, const void *ctx)
{
    struct watcher *w = data;
    const bool *first = ctx;
    bool wants = w->hears && !(*first && w->heard);

    w->heard = w->heard || wants;
    return wants;
}

/* Only the head is evidence; the interval beside it is a courtesy. */
void push_heartbeat(struct push *p, const char *note, size_t n, unsigned interval, bool first)
{
    json_t *j = json_pack("{s:i,s:s%}", "interval", (int)interval, "head", note, n);
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;

    buf_clear(&p->text);
    if (text != NULL && stream_format(&p->text, -1, "heartbeat", text, strlen(text)))
        stream_hub_tell(p->hub, p->text.data, p->text.len, wants_sign, &first);
    free(text);
    json_decref(j);
}
