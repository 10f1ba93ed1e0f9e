/* SPDX-License-Identifier: BSD-2-Clause */
/* The header block of a request, cut up in place: every byte is the peer's, and whatever can be
 * read in two ways is refused. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/i18n.h"
#include "common/utf8.h"
#include "daemon/net/http_private.h"

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
        return http_malformed(p, N_("only a path that starts with / can be asked for"));
    for (const char *c = target; *c != '\0'; c++)
        if (*c <= 0x20 || *c >= 0x7F || *c == '#')
            return http_malformed(p,
                                  N_("the request's path holds characters that must be encoded"));
    if (query != NULL)
        *query++ = '\0';
    r->path = target;
    if (!percent_decode(target, false) || (query != NULL && !split_params(r, query)))
        return http_malformed(p, N_("the request's path or query is not properly encoded"));
    return HTTP_MORE;
}

static enum http_event parse_request_line(struct http_parser *p, char *line)
{
    char *target = strchr(line, ' ');
    char *version = target != NULL ? strchr(target + 1, ' ') : NULL;

    if (version == NULL || strchr(version + 1, ' ') != NULL)
        return http_malformed(p, N_("the request line is not METHOD SP PATH SP HTTP/1.1"));
    *target++ = '\0';
    *version++ = '\0';
    if (strncmp(version, "HTTP/", 5) != 0 || !is_token(line))
        return http_malformed(p, N_("the request line is not METHOD SP PATH SP HTTP/1.1"));
    if (strcmp(version, "HTTP/1.1") != 0)
        return http_bad(p, 505, "version", N_("only HTTP/1.1 is spoken here"));
    if (!parse_method(&p->request, line)) {
        http_bad(p, 405, "method", N_("only GET, HEAD and POST are known"));
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
        return http_malformed(p, N_("a header field is continued on a second line"));
    if (value == NULL)
        return http_malformed(p, N_("a header line has no colon"));
    *value++ = '\0';
    if (!is_token(line))
        return http_malformed(p, N_("a header field has a bad name"));
    value += strspn(value, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        value[--len] = '\0';
    if (!value_clean(value))
        return http_malformed(p, N_("a header field holds a control character"));
    if (r->fields_len == HTTP_FIELDS_MAX)
        return http_bad(p, 431, "malformed", N_("more than 64 header fields"));
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
        return http_bad(p, 417, "malformed", N_("only Expect: 100-continue is known"));
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
        return http_malformed(p, N_("Transfer-Encoding is not taken; send a Content-Length"));
    if (count_fields(r, "host") != 1 || *http_field(r, "host") == '\0')
        return http_malformed(p, N_("there must be exactly one Host field"));
    if (lengths > 1)
        return http_malformed(p, N_("more than one Content-Length"));
    if (lengths == 1 && !parse_length(http_field(r, "content-length"), &r->content_length))
        return http_malformed(p, N_("Content-Length is not a number"));
    if (lengths == 0 && r->method == HTTP_POST)
        return http_bad(p, 411, "malformed", N_("POST needs a Content-Length"));
    if (r->content_length > 0 && r->method != HTTP_POST)
        return http_malformed(p, N_("only POST may have a body"));
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

enum http_event http_parse_head(struct http_parser *p)
{
    struct http_request *r = &p->request;
    char *rest = p->head.data;
    char *line = next_line(&rest);

    if (r->fields == NULL) {
        r->fields = calloc(HTTP_FIELDS_MAX + HTTP_PARAMS_MAX, sizeof(*r->fields));
        if (r->fields == NULL)
            return http_bad(p, 503, "busy", N_("out of memory; try again later"));
        r->params = r->fields + HTTP_FIELDS_MAX;
    }
    if (line == NULL || parse_request_line(p, line) == HTTP_BAD)
        return p->state == HTTP_STATE_BAD ? HTTP_BAD : http_malformed(p, N_("empty request"));
    while ((line = next_line(&rest)) != NULL && *line != '\0')
        if (parse_field(p, line) == HTTP_BAD)
            return HTTP_BAD;
    if (parse_framing(p) == HTTP_BAD)
        return HTTP_BAD;
    p->state = HTTP_STATE_ROUTE;
    return HTTP_HEADERS;
}
