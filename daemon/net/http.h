/* SPDX-License-Identifier: BSD-2-Clause */
/* A strict subset of HTTP/1.1 (RFC 9112): bytes in, requests out, answers as bytes. No I/O;
 * the clock only for the Date field. GET, HEAD, POST; header block of at most 16 KiB and 64 fields;
 * a body only with one Content-Length. The peer is hostile: whatever is ambiguous is refused, and
 * the connection closed.
 *
 * Use: feed bytes; at HTTP_HEADERS choose the route and call http_take_body(); at HTTP_READY
 * answer, then http_next() and feed on (pipelined bytes that were not used come again). After
 * HTTP_BAD send the refusal with close = true and finish the connection. */
#ifndef DUBAN_HTTP_H
#define DUBAN_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define HTTP_HEADER_MAX ((size_t)16 * 1024)
#define HTTP_FIELDS_MAX 64
#define HTTP_PARAMS_MAX 32
#define HTTP_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST };

struct http_pair {
    const char *name, *value;
};

/* All strings are NUL-terminated, borrowed from the parser, valid until http_next(). */
struct http_request {
    enum http_method method;
    const char *path;         /* percent-decoded, valid UTF-8, no control characters */
    struct http_pair *fields; /* names in lower case, values trimmed */
    size_t fields_len;
    struct http_pair *params; /* query, decoded; '+' means space */
    size_t params_len;
    uint64_t content_length;
    bool has_body;        /* a Content-Length above 0 */
    bool expect_continue; /* the caller writes HTTP_CONTINUE before feeding the body */
    bool close;           /* the peer asked for Connection: close */
    struct buf body;      /* complete at HTTP_READY */
};

/* Problem document (RFC 9457; docs/api.md lists the codes). */
struct http_problem {
    int status;
    const char *code;   /* stable, "malformed" */
    const char *retry;  /* "never", "later", "after-fix" */
    const char *detail; /* one sentence that says what to do; translated or not */
    int retry_after;    /* seconds; 0 = no Retry-After */
    const char *extra;  /* further members as JSON text "\"expected\":{…}" or NULL */
    const char *allow;  /* value of Allow for 405, or NULL */
};

enum http_event {
    HTTP_MORE,    /* all bytes used, more needed */
    HTTP_HEADERS, /* request line and fields are known; body not read yet */
    HTTP_READY,   /* the request is complete */
    HTTP_BAD      /* p->problem says why; close after answering */
};

struct http_parser {
    struct http_request request;
    struct http_problem problem; /* after HTTP_BAD */
    bool begun;                  /* a byte of the next request has arrived: header deadline runs */
    /* private */
    struct buf head;
    size_t scanned;
    size_t line_start;
    size_t body_max;
    int state;
};

/* Zero-initialised is ready: `struct http_parser p = {0};`. Uses bytes up to the next event;
 * *used says how many, whatever comes back. Call again (n may be 0) after HTTP_HEADERS. */
enum http_event http_feed(struct http_parser *p, const char *data, size_t n, size_t *used);
/* At HTTP_HEADERS: allows a body of at most max bytes. False when Content-Length is larger: answer
 * 413 with close = true. Without this call a body is refused by http_feed() with 413. */
bool http_take_body(struct http_parser *p, size_t max);
/* Ready for the next request; keeps its buffers. */
void http_next(struct http_parser *p);
/* Frees its buffers when between two requests (call on idle); does nothing in the middle of one. */
void http_release(struct http_parser *p);
/* Frees everything. */
void http_parser_free(struct http_parser *p);

/* Value of the first field of this lower-case name, or of this query parameter; NULL if absent. */
const char *http_field(const struct http_request *r, const char *name);
const char *http_param(const struct http_request *r, const char *name);

struct http_answer {
    int status;
    const char *type; /* Content-Type */
    const void *body;
    size_t body_len;
    const char *fields; /* further complete field lines, each with CRLF, or NULL */
    bool head;          /* the request was HEAD: no body bytes, same Content-Length */
    bool close;         /* says Connection: close; the caller finishes the connection */
};

/* Appends the whole answer. False when out's limit was passed. */
bool http_answer(struct buf *out, const struct http_answer *a);
/* Appends the head of an answer without an end: text/event-stream until close. */
bool http_answer_stream(struct buf *out);
/* Appends a whole application/problem+json answer (head and close as above). */
bool http_problem(struct buf *out, const struct http_problem *p, bool head, bool close);
/* Appends only the problem's JSON object, without newline: one line of an NDJSON answer. */
bool http_problem_json(struct buf *out, const struct http_problem *p);
/* "Not Found" for 404; "Unknown" for others than those we send. */
const char *http_reason(int status);

#endif
