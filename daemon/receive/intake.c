/* SPDX-License-Identifier: BSD-2-Clause */
/* From requests to statements and back. */
#include "daemon/receive/intake.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/receive/exchange.h"
#include "daemon/receive/session.h"

#define SLICE_US 2000 /* of verifying, before others get their turn */
/* bytes of requests that wait for their turn or for room; from here on new ones are "busy" */
#define WAITING_MOST ((size_t)64 * 1024 * 1024)

/* A request with lines that were not verified yet. */
struct work {
    struct work *next;
    struct exchange *exchange; /* held */
    size_t bytes;              /* of its body */
};

struct intake {
    struct intake_ops ops;
    void *arg;
    struct verify verify;
    struct submission_pool pool;
    struct event *more;
    struct work *head, **tail;
    size_t waiting; /* bytes of their bodies */
    struct intake_figures figures;
};

static void count_refusal(struct intake *i, const char *code)
{
    for (size_t k = 0; k < sizeof i->figures.refused / sizeof i->figures.refused[0]; k++) {
        if (i->figures.refused[k].code == NULL)
            i->figures.refused[k].code = code;
        if (strcmp(i->figures.refused[k].code, code) == 0) {
            i->figures.refused[k].n++;
            return;
        }
    }
}

void intake_refuse(struct intake *i, struct submission *s, struct problem *p)
{
    count_refusal(i, p->code);
    exchange_problem(s->owner, s->index, p);
}

void intake_receipt(struct intake *i, struct submission *s, const char *json, size_t n,
                    bool duplicate)
{
    if (duplicate) {
        i->figures.duplicates++;
    } else {
        i->figures.recorded++;
        i->figures.micros += (uint64_t)(clock_mono() - s->started);
    }
    exchange_receipt(s->owner, s->index, json, n);
}

static void take_line(struct intake *i, struct exchange *x)
{
    struct submission *s = submission_new(&i->pool);
    const struct certificate_identity *who = session_identity(exchange_session(x));
    const char *closed = i->ops.closed(i->arg);
    const char *json;
    size_t n;

    if (!exchange_next(x, &json, &n, &s->index))
        abort();
    s->owner = x;
    s->arrived = clock_real();
    s->started = clock_mono();
    s->has_certificate = who != NULL;
    if (who != NULL)
        memcpy(s->certificate, who->fingerprint, DIGEST_SIZE);
    switch (verify_statement(&i->verify, json, n, s, &s->refusal)) {
    case VERIFY_UNLESS_KNOWN:
        i->ops.lookup(i->arg, s);
        return;
    case VERIFY_GOOD:
        if (closed == NULL) {
            i->ops.append(i->arg, s);
            return;
        }
        problem_set(&s->refusal, closed, _("Statements cannot be taken at the moment."));
        break;
    case VERIFY_REFUSED:
        break;
    }
    intake_refuse(i, s, &s->refusal);
    submission_free(&i->pool, &s);
}

/* False: there is more, and time is up or no room. Else the exchange is released. */
static bool take_lines(struct intake *i, struct exchange *x, int64_t until)
{
    while (exchange_more(x)) {
        if (i->ops.full(i->arg))
            return false;
        take_line(i, x);
        if (clock_mono() > until && exchange_more(x))
            return false;
    }
    exchange_release(x);
    return true;
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
    struct intake *i = arg;
    int64_t until = clock_mono() + SLICE_US;

    (void)fd;
    (void)what;
    while (i->head != NULL && clock_mono() < until) {
        struct work *w = i->head;

        if (!take_lines(i, w->exchange, until))
            break;
        i->head = w->next;
        if (i->head == NULL)
            i->tail = &i->head;
        i->waiting -= w->bytes;
        free(w);
    }
    if (i->head != NULL && !i->ops.full(i->arg))
        event_active(i->more, EV_TIMEOUT, 0);
}

void intake_room(struct intake *i)
{
    if (i->head != NULL)
        event_active(i->more, EV_TIMEOUT, 0);
}

static void work_later(struct intake *i, struct exchange *x, size_t bytes)
{
    struct work *w = xcalloc(1, sizeof *w);

    w->exchange = x;
    w->bytes = bytes;
    i->waiting += bytes;
    *i->tail = w;
    i->tail = &w->next;
    event_active(i->more, EV_TIMEOUT, 0);
}

bool intake_admit(struct intake *i, const struct http_request *r, struct problem *p)
{
    const char *closed = i->waiting < WAITING_MOST ? i->ops.closed(i->arg) : "busy";

    if (exchange_kind_of(http_field(r, "content-type")) == EXCHANGE_NEITHER) {
        problem_set(p, "media-type", _("Content-Type must be %s, or %s for many."),
                    EXCHANGE_TYPE_ONE, EXCHANGE_TYPE_MANY);
        return false;
    }
    if (closed == NULL)
        return true;
    problem_set(p, closed, _("Statements cannot be taken at the moment: send them again later."));
    count_refusal(i, p->code);
    return false;
}

void intake_post(struct intake *i, struct session *s, const struct http_request *r)
{
    enum exchange_kind kind = exchange_kind_of(http_field(r, "content-type"));
    struct problem p;
    struct exchange *x = exchange_new(s, kind, r->body.data, r->body.len, &p);

    if (x == NULL)
        session_problem(s, &p);
    else if (i->head != NULL || !take_lines(i, x, clock_mono() + SLICE_US))
        work_later(i, x, r->body.len);
}

enum verify_outcome intake_allowed(struct intake *i, struct submission *s, struct problem *p)
{
    return verify_allowed(&i->verify, s, p);
}

struct intake *intake_new(struct event_base *base, const struct keys *keys,
                          const struct intake_ops *ops, void *arg)
{
    struct intake *i = xcalloc(1, sizeof *i);

    i->ops = *ops;
    i->arg = arg;
    i->verify.keys = keys;
    i->tail = &i->head;
    i->more = event_new(base, -1, 0, on_more, i);
    if (i->more == NULL)
        abort();
    return i;
}

void intake_free(struct intake **ip)
{
    struct intake *i = *ip;

    *ip = NULL;
    if (i == NULL)
        return;
    while (i->head != NULL) {
        struct work *w = i->head;

        i->head = w->next;
        exchange_release(w->exchange);
        free(w);
    }
    verify_clear(&i->verify);
    submission_pool_clear(&i->pool);
    event_free(i->more);
    free(i);
}

struct submission_pool *intake_pool(struct intake *i)
{
    return &i->pool;
}

const struct intake_figures *intake_figures(const struct intake *i)
{
    return &i->figures;
}
