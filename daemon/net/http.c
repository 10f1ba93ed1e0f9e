/* SPDX-License-Identifier: BSD-2-Clause */
/* The request side: every byte is the peer's. One pass finds the end of the header block and
 * refuses bare LF, NUL and overlong blocks on the way; then the block is cut up in place. */
#include "daemon/net/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/i18n.h"
#include "common/utf8.h"

enum { STATE_HEAD, STATE_ROUTE, STATE_BODY, STATE_DONE, STATE_BAD };

static enum http_event bad(struct http_parser *p, int status, const char *code, const char *detail)
{
    p->problem = (struct http_problem){
        .status = status, .code = code, .retry = "never", .detail = _(detail)};
    p->state = STATE_BAD;
    return HTTP_BAD;
}

static enum http_event malformed(struct http_parser *p, const char *detail)
{
    return bad(p, 400, "malformed", detail);
}

/* RFC 9110 section 5.6.2 */
static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++)
        if (!is_token_char(*s))
            return false;
    return true;
}

/* ---- percent decoding ---------------------------------------------------------------------- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. No control characters, valid UTF-8; in a path an encoded slash is refused because it
 * would read as a separator afterwards. */
static bool percent_decode(char *s, bool query)
{
    char *out = s;
    char *start = s;

    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '%') {
            int hi = hex_value(s[1]);
            int lo = hi < 0 ? -1 : hex_value(s[2]);
            if (lo < 0)
                return false;
            c = (unsigned char)(hi * 16 + lo);
            if (!query && c == '/')
                return false;
            s += 2;
        } else if (query && c == '+') {
            c = ' ';
        }
        if (c < 0x20 || c == 0x7F)
            return false;
        *out++ = (char)c;
    }
    *out = '\0';
    return utf8_valid(start, (size_t)(out - start));
}

static bool split_params(struct http_request *r, char *query)
{
    char *rest = query;
    char *item;

    while ((item = strsep(&rest, "&")) != NULL) {
        if (*item == '\0')
            continue;
        if (r->params_len == HTTP_PARAMS_MAX)
            return false;
        char *value = strchr(item, '=');
        if (value != NULL)
            *value++ = '\0';
        else
            value = item + strlen(item);
        if (!percent_decode(item, true) || !percent_decode(value, true))
            return false;
        r->params[r->params_len++] = (struct http_pair){item, value};
    }
    return true;
}

/* ---- request line -------------------------------------------------------------------------- */

static bool parse_method(struct http_request *r, const char *s)
{
    static const char *const names[] = {
        [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD", [HTTP_POST] = "POST"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(s, names[i]) == 0) {
            r->method = (enum http_method)i;
            return true;
        }
    }
    return false;
}

static enum http_event parse_target(struct http_parser *p, char *target)
{
    struct http_request *r = &p->request;
    char *query = strchr(target, '?');

    if (*target != '/')
        return malformed(p, N_("only a path that starts with / can be asked for"));
    for (const char *c = target; *c != '\0'; c++)
        if (*c <= 0x20 || *c >= 0x7F || *c == '#')
            return malformed(p, N_("the request's path holds characters that must be encoded"));
    if (query != NULL)
        *query++ = '\0';
    r->path = target;
    if (!percent_decode(target, false) || (query != NULL && !split_params(r, query)))
        return malformed(p, N_("the request's path or query is not properly encoded"));
    return HTTP_MORE;
}

static enum http_event parse_request_line(struct http_parser *p, char *line)
{
    char *target = strchr(line, ' ');
    char *version = target != NULL ? strchr(target + 1, ' ') : NULL;

    if (version == NULL || strchr(version + 1, ' ') != NULL)
        return malformed(p, N_("the request line is not METHOD SP PATH SP HTTP/1.1"));
    *target++ = '\0';
    *version++ = '\0';
    if (strncmp(version, "HTTP/", 5) != 0 || !is_token(line))
        return malformed(p, N_("the request line is not METHOD SP PATH SP HTTP/1.1"));
    if (strcmp(version, "HTTP/1.1") != 0)
        return bad(p, 505, "version", N_("only HTTP/1.1 is spoken here"));
    if (!parse_method(&p->request, line)) {
        bad(p, 405, "method", N_("only GET, HEAD and POST are known"));
        p->problem.allow = "GET, HEAD, POST";
        return HTTP_BAD;
    }
    return parse_target(p, target);
}

/* ---- fields -------------------------------------------------------------------------------- */

static bool value_clean(const char *s)
{
    for (; *s != '\0'; s++)
        if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7F)
            return false;
    return true;
}

static enum http_event parse_field(struct http_parser *p, char *line)
{
    struct http_request *r = &p->request;
    char *value = strchr(line, ':');

    if (*line == ' ' || *line == '\t')
        return malformed(p, N_("a header field is continued on a second line"));
    if (value == NULL)
        return malformed(p, N_("a header line has no colon"));
    *value++ = '\0';
    if (!is_token(line))
        return malformed(p, N_("a header field has a bad name"));
    value += strspn(value, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        value[--len] = '\0';
    if (!value_clean(value))
        return malformed(p, N_("a header field holds a control character"));
    if (r->fields_len == HTTP_FIELDS_MAX)
        return bad(p, 431, "malformed", N_("more than 64 header fields"));
    for (char *c = line; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    r->fields[r->fields_len++] = (struct http_pair){line, value};
    return HTTP_MORE;
}

static size_t count_fields(const struct http_request *r, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < r->fields_len; i++)
        n += strcmp(r->fields[i].name, name) == 0;
    return n;
}

static bool parse_length(const char *s, uint64_t *out)
{
    uint64_t v = 0;

    if (*s == '\0' || strlen(s) > 15)
        return false;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9')
            return false;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    *out = v;
    return true;
}

/* "close" as one of the comma-separated tokens. */
static bool has_close(const char *value)
{
    while (*value != '\0') {
        size_t n = strcspn(value, ", \t");
        if (n == 5 && strncasecmp(value, "close", 5) == 0)
            return true;
        value += n;
        value += strspn(value, ", \t");
    }
    return false;
}

static enum http_event parse_expect(struct http_parser *p)
{
    const char *expect = http_field(&p->request, "expect");

    if (expect == NULL)
        return HTTP_MORE;
    if (strcasecmp(expect, "100-continue") != 0)
        return bad(p, 417, "malformed", N_("only Expect: 100-continue is known"));
    p->request.expect_continue = p->request.has_body;
    return HTTP_MORE;
}

/* What decides where the message ends must be said once and in one way (RFC 9112 section 6). */
static enum http_event parse_framing(struct http_parser *p)
{
    struct http_request *r = &p->request;
    size_t lengths = count_fields(r, "content-length");
    const char *connection = http_field(r, "connection");

    if (count_fields(r, "transfer-encoding") > 0)
        return malformed(p, N_("Transfer-Encoding is not taken; send a Content-Length"));
    if (count_fields(r, "host") != 1 || *http_field(r, "host") == '\0')
        return malformed(p, N_("there must be exactly one Host field"));
    if (lengths > 1)
        return malformed(p, N_("more than one Content-Length"));
    if (lengths == 1 && !parse_length(http_field(r, "content-length"), &r->content_length))
        return malformed(p, N_("Content-Length is not a number"));
    if (lengths == 0 && r->method == HTTP_POST)
        return bad(p, 411, "malformed", N_("POST needs a Content-Length"));
    if (r->content_length > 0 && r->method != HTTP_POST)
        return malformed(p, N_("only POST may have a body"));
    r->has_body = r->content_length > 0;
    r->close = connection != NULL && has_close(connection);
    return parse_expect(p);
}

/* Cuts the next line off; every line ends in CRLF (checked while scanning). */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = strstr(line, "\r\n");

    if (end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + 2;
    return line;
}

static enum http_event parse_head(struct http_parser *p)
{
    struct http_request *r = &p->request;
    char *rest = p->head.data;
    char *line = next_line(&rest);

    if (r->fields == NULL) {
        r->fields = calloc(HTTP_FIELDS_MAX + HTTP_PARAMS_MAX, sizeof(*r->fields));
        if (r->fields == NULL)
            return bad(p, 503, "busy", N_("out of memory; try again later"));
        r->params = r->fields + HTTP_FIELDS_MAX;
    }
    if (line == NULL || parse_request_line(p, line) == HTTP_BAD)
        return p->state == STATE_BAD ? HTTP_BAD : malformed(p, N_("empty request"));
    while ((line = next_line(&rest)) != NULL && *line != '\0')
        if (parse_field(p, line) == HTTP_BAD)
            return HTTP_BAD;
    if (parse_framing(p) == HTTP_BAD)
        return HTTP_BAD;
    p->state = STATE_ROUTE;
    return HTTP_HEADERS;
}

/* ---- bytes --------------------------------------------------------------------------------- */

/* Looks at the bytes not seen yet. HTTP_HEADERS: p->scanned is the end of the block. */
static enum http_event scan(struct http_parser *p)
{
    const char *d = p->head.data;

    for (; p->scanned < p->head.len; p->scanned++) {
        char c = d[p->scanned];
        if (c == '\0')
            return malformed(p, N_("a NUL in the header"));
        if (c != '\n') {
            if (p->scanned > p->line_start && d[p->scanned - 1] == '\r')
                return malformed(p, N_("a carriage return inside a header line"));
            continue;
        }
        if (p->scanned == p->line_start || d[p->scanned - 1] != '\r')
            return malformed(p, N_("a header line that does not end in CR LF"));
        bool empty = p->scanned - p->line_start == 1;
        p->line_start = ++p->scanned;
        if (empty)
            return HTTP_HEADERS;
        p->scanned--;
    }
    if (p->head.len >= HTTP_HEADER_MAX)
        return bad(p, 431, "malformed", N_("the header is larger than 16 KiB"));
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
        return bad(p, 503, "busy", N_("out of memory; try again later"));
    enum http_event ev = scan(p);
    *used = ev == HTTP_HEADERS ? p->scanned - before : take;
    if (ev != HTTP_HEADERS)
        return ev;
    p->head.len = p->scanned;
    p->head.data[p->head.len] = '\0';
    return parse_head(p);
}

static enum http_event feed_body(struct http_parser *p, const char *data, size_t n, size_t *used)
{
    struct http_request *r = &p->request;
    size_t missing = (size_t)r->content_length - r->body.len;
    size_t take = n < missing ? n : missing;

    if (take > 0 && !buf_add(&r->body, data, take))
        return bad(p, 503, "busy", N_("out of memory; try again later"));
    *used = take;
    if (r->body.len < r->content_length)
        return HTTP_MORE;
    p->state = STATE_DONE;
    return HTTP_READY;
}

enum http_event http_feed(struct http_parser *p, const char *data, size_t n, size_t *used)
{
    *used = 0;
    switch (p->state) {
    case STATE_HEAD:
        return feed_head(p, data, n, used);
    case STATE_ROUTE:
        if (p->request.content_length > p->body_max)
            return bad(p, 413, "size", N_("the body is larger than is taken here"));
        p->request.body.limit = (size_t)p->request.content_length;
        p->state = STATE_BODY;
        return feed_body(p, data, n, used);
    case STATE_BODY:
        return feed_body(p, data, n, used);
    case STATE_DONE:
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
    p->state = STATE_HEAD;
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
