/* SPDX-License-Identifier: BSD-2-Clause */
/* Server-sent events to many. The text is ours; subscribers are only trusted to be slow. */
#include "daemon/net/stream.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/mem.h"
#include "daemon/net/http.h"
#include "daemon/net/tls_stream.h"

#define PING ": ping\n\n"
/* A round to ten thousand would hold the loop, and every acknowledgement, for 150 ms and more: it
 * goes in slices of about a millisecond, with room between them for everything else. */
#define SLICE 64
#define SLICE_GAP_US 5000

TAILQ_HEAD(stream_list, stream);

struct stream {
    struct stream_hub *hub; /* NULL when the hub went first */
    struct tls_stream *connection;
    void *data;
    int64_t last;
    bool owed_ping, owed_word; /* by the round that is under way */
    TAILQ_ENTRY(stream) entry;
};

struct stream_hub {
    struct stream_list streams;
    size_t count;
    struct event *ping, *slice;
    struct stream *next; /* of the round; NULL: none is under way */
    struct buf word;
};

/* Writing never frees a stream at once. A peer that is told a word needs no ping. */
static bool pay(struct stream *st)
{
    const struct buf *word = &st->hub->word;
    bool owed = st->owed_ping || st->owed_word;

    if (st->owed_word)
        tls_stream_write(st->connection, word->data, word->len);
    else if (st->owed_ping)
        tls_stream_write(st->connection, PING, strlen(PING));
    st->owed_ping = st->owed_word = false;
    return owed;
}

static void on_slice(evutil_socket_t fd, short what, void *arg)
{
    struct stream_hub *h = arg;
    const struct timeval gap = {.tv_usec = SLICE_GAP_US};
    unsigned written = 0;

    (void)fd;
    (void)what;
    while (h->next != NULL && written < SLICE) {
        struct stream *st = h->next;

        h->next = TAILQ_NEXT(st, entry);
        written += pay(st);
    }
    if (h->next != NULL)
        evtimer_add(h->slice, &gap);
}

/* From the beginning: who was paid in the round before is owed nothing. */
static void begin_round(struct stream_hub *h)
{
    bool under_way = h->next != NULL;

    h->next = TAILQ_FIRST(&h->streams);
    if (!under_way)
        on_slice(-1, 0, h);
}

/* Finds dead peers too: an unanswered ping ends in a reset. */
static void on_ping(evutil_socket_t fd, short what, void *arg)
{
    struct stream_hub *h = arg;
    struct stream *st;

    (void)fd;
    (void)what;
    TAILQ_FOREACH(st, &h->streams, entry)
    st->owed_ping = true;
    begin_round(h);
}

void stream_hub_tell(struct stream_hub *h, const void *bytes, size_t n,
                     bool (*wants)(void *data, const void *ctx), const void *ctx)
{
    struct stream *st;

    buf_clear(&h->word);
    buf_add(&h->word, bytes, n);
    TAILQ_FOREACH(st, &h->streams, entry)
    st->owed_word = wants(st->data, ctx) || st->owed_word;
    begin_round(h);
}

struct stream_hub *stream_hub_new(struct event_base *base, unsigned ping_seconds)
{
    struct stream_hub *h = xcalloc(1, sizeof(*h));
    const struct timeval every = {(time_t)ping_seconds, 0};

    TAILQ_INIT(&h->streams);
    h->ping = event_new(base, -1, EV_PERSIST, on_ping, h);
    h->slice = evtimer_new(base, on_slice, h);
    if (h->ping == NULL || h->slice == NULL)
        abort();
    event_add(h->ping, &every);
    return h;
}

void stream_hub_free(struct stream_hub **h)
{
    struct stream *st;

    if (*h == NULL)
        return;
    while ((st = TAILQ_FIRST(&(*h)->streams)) != NULL) {
        TAILQ_REMOVE(&(*h)->streams, st, entry);
        st->hub = NULL;
    }
    event_free((*h)->ping);
    event_free((*h)->slice);
    buf_free(&(*h)->word);
    free(*h);
    *h = NULL;
}

size_t stream_hub_count(const struct stream_hub *h)
{
    return h->count;
}

struct stream *stream_new(struct stream_hub *h, struct tls_stream *s, void *data)
{
    struct buf head = {0};
    bool sent = http_answer_stream(&head) && tls_stream_write(s, head.data, head.len);

    buf_free(&head);
    if (!sent)
        return NULL;
    tls_stream_deadline(s, 0);
    tls_stream_set_output_max(s, STREAM_OUTPUT_MAX);
    struct stream *st = xcalloc(1, sizeof(*st));
    st->hub = h;
    st->connection = s;
    st->data = data;
    TAILQ_INSERT_TAIL(&h->streams, st, entry);
    h->count++;
    return st;
}

void stream_free(struct stream **st)
{
    if (*st == NULL)
        return;
    if ((*st)->hub != NULL) {
        if ((*st)->hub->next == *st)
            (*st)->hub->next = TAILQ_NEXT(*st, entry);
        TAILQ_REMOVE(&(*st)->hub->streams, *st, entry);
        (*st)->hub->count--;
    }
    free(*st);
    *st = NULL;
}

void *stream_data(const struct stream *st)
{
    return st->data;
}

int64_t stream_last(const struct stream *st)
{
    return st->last;
}

void stream_set_last(struct stream *st, int64_t event)
{
    st->last = event;
}

bool stream_format(struct buf *out, int64_t event, const char *kind, const char *data, size_t n)
{
    if (event >= 0)
        buf_addf(out, "id: %lld\n", (long long)event);
    buf_addf(out, "event: %s\n", kind);
    for (size_t at = 0; at <= n;) {
        size_t end = at;
        while (end < n && data[end] != '\n' && data[end] != '\r')
            end++;
        buf_add_str(out, "data: ");
        buf_add(out, data + at, end - at);
        buf_add_str(out, "\n");
        at = end + 1;
        if (end + 1 < n && data[end] == '\r' && data[end + 1] == '\n')
            at++;
    }
    buf_add_str(out, "\n");
    return !out->full;
}

bool stream_send(struct stream *st, int64_t event, const void *bytes, size_t n)
{
    if (event <= st->last)
        return true;
    if (!tls_stream_write(st->connection, bytes, n))
        return false;
    st->last = event;
    return true;
}

size_t stream_hub_send(struct stream_hub *h, int64_t event, const void *bytes, size_t n,
                       bool (*sees)(void *data, const void *ctx), const void *ctx)
{
    struct stream *st;
    size_t sent = 0;

    TAILQ_FOREACH(st, &h->streams, entry)
    {
        if (event <= st->last)
            continue;
        if (sees == NULL || sees(st->data, ctx))
            sent += stream_send(st, event, bytes, n);
        else
            st->last = event;
    }
    return sent;
}
