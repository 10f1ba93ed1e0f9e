/* SPDX-License-Identifier: BSD-2-Clause */
/* What http.c and http_head.c share, for nobody else. */
#ifndef DUBAN_HTTP_PRIVATE_H
#define DUBAN_HTTP_PRIVATE_H

#include "daemon/net/http.h"

/* Of http_parser.state. */
enum {
    HTTP_STATE_HEAD,  /* the header block is not complete */
    HTTP_STATE_ROUTE, /* it is; the owner chooses the route */
    HTTP_STATE_BODY,
    HTTP_STATE_DONE,
    HTTP_STATE_BAD /* refused: nothing is read any more */
};

/* Refuses the request with a problem; detail is N_("…"). Always HTTP_BAD. */
enum http_event http_bad(struct http_parser *p, int status, const char *code, const char *detail);
/* The same with 400 "malformed". */
enum http_event http_malformed(struct http_parser *p, const char *detail);

/* Request line and fields of the whole block in p->head, in which every line ends in CRLF and no
 * NUL is. HTTP_HEADERS, or HTTP_BAD. */
enum http_event http_parse_head(struct http_parser *p);

#endif
