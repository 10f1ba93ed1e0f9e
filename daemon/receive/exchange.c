/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements of one request and their answers. Bounded by the body's size and 256 lines. */
#include "daemon/receive/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/receive/session.h"

struct exchange {
    struct session *session; /* NULL: gone */
    bool held;               /* exchange_release() is still to come */
    enum exchange_kind kind;
    const char *at, *end; /* lines not taken yet; borrowed */
    size_t lines, taken, answered;
    struct buf *answer; /* EXCHANGE_MANY: one per line; owned */
};

enum exchange_kind exchange_kind_of(const char *t)
{
    size_t n = t != NULL ? strcspn(t, "; \t") : 0;

    if (n == sizeof EXCHANGE_TYPE_ONE - 1 && strncasecmp(t, EXCHANGE_TYPE_ONE, n) == 0)
        return EXCHANGE_ONE;
    if (n == sizeof EXCHANGE_TYPE_MANY - 1 && strncasecmp(t, EXCHANGE_TYPE_MANY, n) == 0)
        return EXCHANGE_MANY;
    return EXCHANGE_NEITHER;
}

static size_t count_lines(const char *p, const char *end)
{
    size_t lines = 0;

    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));

        lines++;
        p = lf != NULL ? lf + 1 : end;
    }
    return lines;
}

static void exchange_free(struct exchange *x)
{
    for (size_t i = 0; x->answer != NULL && i < x->lines; i++)
        buf_free(&x->answer[i]);
    free(x->answer);
    free(x);
}

static void on_gone(void *data)
{
    struct exchange *x = data;

    x->session = NULL;
    x->lines = x->taken;
    if (x->answered == x->lines && !x->held)
        exchange_free(x);
}

struct exchange *exchange_new(struct session *s, enum exchange_kind kind, const char *body,
                              size_t n, struct problem *p)
{
    size_t lines = kind == EXCHANGE_MANY ? count_lines(body, body + n) : 1;
    struct exchange *x;

    if (n == 0) {
        problem_set(p, "malformed", _("The body is empty: send a DSSE envelope."));
        return NULL;
    }
    if (lines > EXCHANGE_LINES_MAX) {
        problem_set(p, "size", _("The body has %zu lines; at most %d are taken: split it."), lines,
                    EXCHANGE_LINES_MAX);
        return NULL;
    }
    x = xcalloc(1, sizeof *x);
    x->session = s;
    x->held = true;
    x->kind = kind;
    x->at = body;
    x->end = body + n;
    x->lines = lines;
    if (kind == EXCHANGE_MANY)
        x->answer = xcalloc(lines, sizeof *x->answer);
    session_set_server(s, on_gone, x);
    return x;
}

bool exchange_more(const struct exchange *x)
{
    return x->taken < x->lines;
}

bool exchange_next(struct exchange *x, const char **json, size_t *n, size_t *index)
{
    const char *lf;

    if (x->taken == x->lines)
        return false;
    lf = x->kind == EXCHANGE_MANY ? memchr(x->at, '\n', (size_t)(x->end - x->at)) : NULL;
    *json = x->at;
    *n = (size_t)((lf != NULL ? lf : x->end) - x->at);
    if (x->kind == EXCHANGE_MANY && *n > 0 && (*json)[*n - 1] == '\r')
        --*n;
    x->at = lf != NULL ? lf + 1 : x->end;
    *index = x->taken++;
    return true;
}

static void finish(struct exchange *x)
{
    struct buf all = {0};
    struct session_answer a = {.status = 200, .type = EXCHANGE_TYPE_MANY};

    if (x->session != NULL && x->kind == EXCHANGE_MANY) {
        for (size_t i = 0; i < x->lines; i++) {
            buf_add(&all, x->answer[i].data, x->answer[i].len);
            buf_add(&all, "\n", 1);
        }
        a.body = all.data;
        a.body_len = all.len;
        session_answer(x->session, &a);
        buf_free(&all);
    }
    x->session = NULL;
    if (!x->held)
        exchange_free(x);
}

void exchange_release(struct exchange *x)
{
    x->held = false;
    if (x->answered == x->lines)
        exchange_free(x);
}

void exchange_receipt(struct exchange *x, size_t index, const char *json, size_t n)
{
    struct session_answer a = {
        .status = 200, .type = "application/json", .body = json, .body_len = n};

    x->answered++;
    if (x->session != NULL && x->kind == EXCHANGE_MANY)
        buf_add(&x->answer[index], json, n);
    else if (x->session != NULL)
        session_answer(x->session, &a);
    if (x->answered == x->lines)
        finish(x);
}

void exchange_problem(struct exchange *x, size_t index, struct problem *p)
{
    x->answered++;
    if (x->session != NULL && x->kind == EXCHANGE_MANY)
        http_problem_json(&x->answer[index], problem_http(p));
    else if (x->session != NULL)
        session_problem(x->session, p);
    if (x->answered == x->lines)
        finish(x);
}

struct session *exchange_session(const struct exchange *x)
{
    return x->session;
}
