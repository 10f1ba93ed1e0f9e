/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection's requests. The peer is hostile: everything that it can make grow is bounded by
 * http and tls_stream, everything that it can delay by a deadline. */
#include "daemon/receive/session.h"

#include <stdlib.h>

#include "common/i18n.h"
#include "common/mem.h"

#define SKIP_MOST ((uint64_t)8 * 1024 * 1024) /* of a body that is not wanted; longer: close */

enum session_state {
    SESSION_READING, /* a request, or waiting for one */
    SESSION_SERVING,
    SESSION_SKIPPING, /* the body of a request that was answered already */
    SESSION_STREAM,
    SESSION_ENDING
};

struct session {
    struct session_group *group;
    struct tls_stream *tls;
    struct http_parser http;
    enum session_state state;
    bool header_timed; /* the header deadline of this request runs */
    bool in_data;      /* on_data is at work: it goes on by itself after an answer */
    uint64_t skip;
    void (*gone)(void *data); /* of who serves the present request */
    void *data;
};

static void session_end(struct session *s)
{
    s->state = SESSION_ENDING;
    tls_stream_finish(s->tls);
}

static void next_request(struct session *s)
{
    http_next(&s->http);
    s->header_timed = false;
    if (s->group->draining) {
        session_end(s);
        return;
    }
    s->state = SESSION_READING;
    tls_stream_deadline(s->tls, s->group->idle_seconds);
}

/* Sends what is in the group's buffer. */
static void send_out(struct session *s, bool close)
{
    struct session_group *g = s->group;

    tls_stream_write(s->tls, g->out.data, g->out.len);
    buf_clear(&g->out);
    if (close)
        session_end(s);
}

/* ---- answers -------------------------------------------------------------------------------- */

static bool closing(const struct session *s)
{
    return s->http.request.close || s->group->draining;
}

static void answered(struct session *s)
{
    s->group->serving--;
    s->gone = NULL;
    if (s->state != SESSION_SERVING)
        return; /* it was the last one */
    next_request(s);
    if (s->state == SESSION_READING && !s->in_data)
        tls_stream_resume(s->tls);
}

void session_answer(struct session *s, const struct session_answer *a)
{
    struct http_answer h = {.status = a->status,
                            .type = a->type,
                            .body = a->body,
                            .body_len = a->body_len,
                            .fields = a->fields,
                            .head = s->http.request.method == HTTP_HEAD,
                            .close = closing(s)};

    buf_clear(&s->group->out);
    if (!http_answer(&s->group->out, &h))
        h.close = true;
    send_out(s, h.close);
    answered(s);
}

void session_problem(struct session *s, struct problem *p)
{
    bool close = closing(s);

    buf_clear(&s->group->out);
    http_problem(&s->group->out, problem_http(p), s->http.request.method == HTTP_HEAD, close);
    send_out(s, close);
    answered(s);
}

void session_stream(struct session *s)
{
    s->group->serving--;
    s->state = SESSION_STREAM;
    if (!s->in_data)
        tls_stream_resume(s->tls);
}

/* ---- reading -------------------------------------------------------------------------------- */

static void refuse_bad(struct session *s)
{
    buf_clear(&s->group->out);
    http_problem(&s->group->out, &s->http.problem, false, true);
    send_out(s, true);
}

/* Answers before the body; the connection stays usable if the body is short enough to skip. */
static void refuse_early(struct session *s, struct problem *p)
{
    const struct http_request *r = &s->http.request;
    uint64_t body = r->has_body ? r->content_length : 0;
    bool expecting = r->expect_continue && body > 0; /* the peer may or may not send it */
    bool close = closing(s) || body > SKIP_MOST || expecting;

    buf_clear(&s->group->out);
    http_problem(&s->group->out, problem_http(p), r->method == HTTP_HEAD, close);
    send_out(s, close);
    if (close)
        return;
    s->skip = body;
    s->state = SESSION_SKIPPING;
    tls_stream_deadline(s->tls, s->group->body_seconds);
}

static void at_headers(struct session *s)
{
    struct session_group *g = s->group;
    struct problem p;
    size_t body_max = 0;
    bool ok = g->ops.admit(g->arg, s, &s->http.request, &body_max, &p);

    if (ok && !http_take_body(&s->http, body_max)) {
        problem_set(&p, "size", _("The body is too long: at most %zu bytes are taken."), body_max);
        ok = false;
    }
    if (!ok) {
        refuse_early(s, &p);
        return;
    }
    tls_stream_deadline(s->tls, g->body_seconds);
    if (s->http.request.expect_continue)
        tls_stream_write(s->tls, HTTP_CONTINUE, sizeof HTTP_CONTINUE - 1);
}

static void at_request(struct session *s)
{
    s->state = SESSION_SERVING;
    s->group->serving++;
    tls_stream_deadline(s->tls, 0);
    s->group->ops.serve(s->group->arg, s, &s->http.request);
}

static size_t skip_body(struct session *s, size_t n)
{
    size_t used = s->skip < n ? (size_t)s->skip : n;

    s->skip -= used;
    if (s->skip == 0)
        next_request(s);
    return used;
}

static void header_deadline(struct session *s)
{
    if (s->http.begun && !s->header_timed && s->state == SESSION_READING) {
        s->header_timed = true;
        tls_stream_deadline(s->tls, s->group->header_seconds);
    }
}

static size_t feed(struct session *s, const char *data, size_t n, bool *more)
{
    size_t used = 0;
    enum http_event e = http_feed(&s->http, data, n, &used);

    *more = true;
    switch (e) {
    case HTTP_MORE:
        header_deadline(s);
        *more = false;
        break;
    case HTTP_HEADERS:
        s->header_timed = true;
        at_headers(s);
        break;
    case HTTP_READY:
        at_request(s);
        break;
    case HTTP_BAD:
        refuse_bad(s);
        break;
    }
    return used;
}

static size_t on_data(struct tls_stream *tls, const char *data, size_t n)
{
    struct session *s = tls_stream_data(tls);
    size_t used = 0;
    bool more = true;

    s->in_data = true;
    /* an answer that could not be sent has closed the connection: what else came is nobody's */
    while (more && tls_stream_is_open(tls)) {
        if (s->state == SESSION_STREAM || s->state == SESSION_ENDING) {
            used = n;
            break;
        }
        if (s->state == SESSION_SERVING) {
            tls_stream_pause(tls);
            break;
        }
        if (s->state == SESSION_SKIPPING) {
            used += skip_body(s, n - used);
            more = used < n || s->state != SESSION_SKIPPING;
        } else {
            used += feed(s, data + used, n - used, &more);
        }
    }
    s->in_data = false;
    return used;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void on_open(struct tls_stream *tls, void *pool_data)
{
    struct session *s = xcalloc(1, sizeof *s);

    s->group = pool_data;
    s->tls = tls;
    s->group->open++;
    tls_stream_set_data(tls, s);
    tls_stream_deadline(tls, s->group->idle_seconds);
}

static void on_idle(struct tls_stream *tls)
{
    struct session *s = tls_stream_data(tls);

    if (s->state == SESSION_READING)
        http_release(&s->http);
}

static void on_close(struct tls_stream *tls, enum tls_end end)
{
    struct session *s = tls_stream_data(tls);

    (void)end;
    if (s->gone != NULL)
        s->gone(s->data);
    if (s->state == SESSION_SERVING)
        s->group->serving--;
    s->group->open--;
    http_parser_free(&s->http);
    free(s);
}

const struct tls_ops session_tls_ops = {
    .on_open = on_open, .on_data = on_data, .on_idle = on_idle, .on_close = on_close};

static void drain_one(struct tls_stream *tls, void *ctx)
{
    struct session *s = tls_stream_data(tls);

    (void)ctx;
    if (s->state == SESSION_READING && !s->http.begun)
        session_end(s);
    else if (s->state == SESSION_STREAM)
        session_end(s);
}

void session_group_drain(struct session_group *g, struct tls_pool *pool)
{
    g->draining = true;
    tls_pool_each(pool, drain_one, NULL);
}

void session_group_clear(struct session_group *g)
{
    buf_free(&g->out);
}

const struct http_request *session_request(const struct session *s)
{
    return &s->http.request;
}

struct tls_stream *session_tls(const struct session *s)
{
    return s->tls;
}

const struct certificate_identity *session_identity(const struct session *s)
{
    return tls_stream_identity(s->tls);
}

void session_set_server(struct session *s, void (*gone)(void *data), void *data)
{
    s->gone = gone;
    s->data = data;
}
