/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP parser: no bytes may crash it, and how they are cut into pieces must not change what it
 * understands. The first byte of the input chooses the size of the pieces. */
#include <string.h>

#include "common/utf8.h"
#include "daemon/net/http.h"
#include "fuzz.h"

#define BODY_MAX ((size_t)4096)
#define REQUESTS_MAX 50

/* What a reading came to: events and contents as one digestible text. */
struct reading {
    struct buf seen;
};

static void note_request(struct reading *r, const struct http_request *q)
{
    buf_addf(&r->seen, "%d %s %d %d\n", (int)q->method, q->path, q->close, q->expect_continue);
    FUZZ_CHECK(q->path[0] == '/');
    FUZZ_CHECK(q->fields_len <= HTTP_FIELDS_MAX && q->params_len <= HTTP_PARAMS_MAX);
    FUZZ_CHECK(utf8_valid(q->path, strlen(q->path)));
    FUZZ_CHECK(http_field(q, "host") != NULL);
    FUZZ_CHECK(http_field(q, "transfer-encoding") == NULL);
    FUZZ_CHECK(q->content_length == 0 || q->method == HTTP_POST);
    for (size_t i = 0; i < q->fields_len; i++)
        buf_addf(&r->seen, "f %s=%s\n", q->fields[i].name, q->fields[i].value);
    for (size_t i = 0; i < q->params_len; i++)
        buf_addf(&r->seen, "p %s=%s\n", q->params[i].name, q->params[i].value);
}

static void note_body(struct reading *r, const struct http_request *q)
{
    FUZZ_CHECK(q->body.len == q->content_length);
    buf_add(&r->seen, q->body.data, q->body.len);
}

static void read_all(struct reading *r, const char *data, size_t n, size_t piece)
{
    struct http_parser p = {0};
    size_t at = 0;
    int requests = 0;

    for (;;) {
        size_t used;
        size_t len = n - at < piece ? n - at : piece;
        enum http_event ev = http_feed(&p, data + at, len, &used);
        FUZZ_CHECK(used <= len);
        at += used;
        if (ev == HTTP_HEADERS) {
            note_request(r, &p.request);
            http_take_body(&p, BODY_MAX);
        } else if (ev == HTTP_READY) {
            note_body(r, &p.request);
            http_next(&p);
            http_release(&p);
            if (++requests == REQUESTS_MAX)
                break;
        } else if (ev == HTTP_BAD) {
            buf_addf(&r->seen, "bad %d\n", p.problem.status);
            FUZZ_CHECK(p.problem.status >= 400 && p.problem.detail[0] != '\0');
            break;
        } else if (at == n) {
            break;
        }
    }
    http_parser_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole = {0};
    struct reading pieces = {0};

    if (size == 0)
        return 0;
    read_all(&whole, (const char *)data + 1, size - 1, size);
    read_all(&pieces, (const char *)data + 1, size - 1, (size_t)data[0] % 97 + 1);
    FUZZ_CHECK(whole.seen.len == pieces.seen.len);
    FUZZ_CHECK(whole.seen.len == 0 ||
               memcmp(whole.seen.data, pieces.seen.data, whole.seen.len) == 0);
    buf_free(&whole.seen);
    buf_free(&pieces.seen);
    return 0;
}
