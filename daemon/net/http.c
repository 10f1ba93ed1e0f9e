/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of requests: every one is the peer's. One pass finds the end of the header block and
 * refuses bare LF, NUL and overlong blocks on the way; http_head.c then cuts the block up. */
#include "daemon/net/http.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "daemon/net/http_private.h"

enum http_event http_bad(struct http_parser *p, int status, const char *code, const char *detail)
{
    p->problem = (struct http_problem){
        .status = status, .code = code, .retry = "never", .detail = _(detail)};
    p->state = HTTP_STATE_BAD;
    return HTTP_BAD;
}

enum http_event http_malformed(struct http_parser *p, const char *detail)
{
    return http_bad(p, 400, "malformed", detail);
}

/* ---- bytes --------------------------------------------------------------------------------- */

/* Looks at the bytes not seen yet. HTTP_HEADERS: p->scanned is the end of the block. */
static enum http_event scan(struct http_parser *p)
{
    const char *d = p->head.data;

    for (; p->scanned < p->head.len; p->scanned++) {
        char c = d[p->scanned];
        if (c == '\0')
            return http_malformed(p, N_("a NUL in the header"));
        if (c != '\n') {
            if (p->scanned > p->line_start && d[p->scanned - 1] == '\r')
                return http_malformed(p, N_("a carriage return inside a header line"));
            continue;
        }
        if (p->scanned == p->line_start || d[p->scanned - 1] != '\r')
            return http_malformed(p, N_("a header line that does not end in CR LF"));
        bool empty = p->scanned - p->line_start == 1;
        p->line_start = ++p->scanned;
        if (empty)
            return HTTP_HEADERS;
        p->scanned--;
    }
    if (p->head.len >= HTTP_HEADER_MAX)
        return http_bad(p, 431, "malformed", N_("the header is larger than 16 KiB"));
    return HTTP_MORE;
}

static enum http_event feed_head(struct http_parser *p, const char *data, size_t n, size_t *used)
{
    size_t before = p->head.len;
    size_t take = n < HTTP_HEADER_MAX - before ? n : HTTP_HEADER_MAX - before;

    if (take == 0)
        return HTTP_MORE;
    p->begun = true;
    p->head.limit = HTTP_HEADER_MAX;
    if (!buf_add(&p->head, data, take))
        return http_bad(p, 503, "busy", N_("out of memory; try again later"));
    enum http_event ev = scan(p);
    *used = ev == HTTP_HEADERS ? p->scanned - before : take;
    if (ev != HTTP_HEADERS)
        return ev;
    p->head.len = p->scanned;
    p->head.data[p->head.len] = '\0';
    return http_parse_head(p);
}

static enum http_event feed_body(struct http_parser *p, const char *data, size_t n, size_t *used)
{
    struct http_request *r = &p->request;
    size_t missing = (size_t)r->content_length - r->body.len;
    size_t take = n < missing ? n : missing;

    if (take > 0 && !buf_add(&r->body, data, take))
        return http_bad(p, 503, "busy", N_("out of memory; try again later"));
    *used = take;
    if (r->body.len < r->content_length)
        return HTTP_MORE;
    p->state = HTTP_STATE_DONE;
    return HTTP_READY;
}

enum http_event http_feed(struct http_parser *p, const char *data, size_t n, size_t *used)
{
    *used = 0;
    switch (p->state) {
    case HTTP_STATE_HEAD:
        return feed_head(p, data, n, used);
    case HTTP_STATE_ROUTE:
        if (p->request.content_length > p->body_max)
            return http_bad(p, 413, "size", N_("the body is larger than is taken here"));
        p->request.body.limit = (size_t)p->request.content_length;
        p->state = HTTP_STATE_BODY;
        return feed_body(p, data, n, used);
    case HTTP_STATE_BODY:
        return feed_body(p, data, n, used);
    case HTTP_STATE_DONE:
        return HTTP_READY;
    default:
        return HTTP_BAD;
    }
}

bool http_take_body(struct http_parser *p, size_t max)
{
    p->body_max = max;
    return p->request.content_length <= max;
}

void http_next(struct http_parser *p)
{
    struct http_request *r = &p->request;
    struct http_pair *pairs = r->fields;
    struct buf body = r->body;

    buf_clear(&p->head);
    buf_clear(&body);
    *r = (struct http_request){.body = body};
    r->fields = pairs;
    if (pairs != NULL)
        r->params = pairs + HTTP_FIELDS_MAX;
    p->problem = (struct http_problem){0};
    p->begun = false;
    p->scanned = p->line_start = p->body_max = 0;
    p->state = HTTP_STATE_HEAD;
}

void http_release(struct http_parser *p)
{
    if (p->begun)
        return;
    buf_free(&p->head);
    buf_free(&p->request.body);
    free(p->request.fields);
    p->request.fields = p->request.params = NULL;
}

void http_parser_free(struct http_parser *p)
{
    http_next(p);
    http_release(p);
}

/* ---- access -------------------------------------------------------------------------------- */

static const char *find(const struct http_pair *pairs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(pairs[i].name, name) == 0)
            return pairs[i].value;
    return NULL;
}

const char *http_field(const struct http_request *r, const char *name)
{
    return find(r->fields, r->fields_len, name);
}

const char *http_param(const struct http_request *r, const char *name)
{
    return find(r->params, r->params_len, name);
}
