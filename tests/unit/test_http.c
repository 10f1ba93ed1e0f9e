/* SPDX-License-Identifier: BSD-2-Clause */
/* The HTTP parser: what it takes, each way to be refused, and that it does not matter how the bytes
 * are cut into pieces. */
#include "unit.h"

#include "common/clock.h"
#include "daemon/net/http.h"

#define HOST "Host: a\r\n"
#define BODY_MAX ((size_t)1024)

/* Feeds n bytes in two pieces, allows bodies of BODY_MAX; returns the last event. */
static enum http_event feed_split(struct http_parser *p, const char *d, size_t n, size_t cut,
                                  size_t *taken)
{
    enum http_event ev = HTTP_MORE;
    size_t end = cut;
    size_t at = 0;

    for (;;) {
        size_t used;
        ev = http_feed(p, d + at, end - at, &used);
        assert_true(used <= end - at);
        at += used;
        if (ev == HTTP_HEADERS)
            http_take_body(p, BODY_MAX);
        else if (ev != HTTP_MORE || at == n)
            break;
        else if (at == end)
            end = n;
    }
    *taken = at;
    return ev;
}

static enum http_event feed(struct http_parser *p, const char *d)
{
    size_t taken;

    return feed_split(p, d, strlen(d), strlen(d), &taken);
}

static void test_get(void **state)
{
    struct http_parser p = {0};

    (void)state;
    assert_int_equal(feed(&p, "GET /v1/due?limit=5&cursor=a%20b%2Fc&x&q=1+2 HTTP/1.1\r\n"
                              "HOST: duban.example:8443\r\nX-One:  v  \r\nEmpty:\r\n\r\n"),
                     HTTP_READY);
    assert_int_equal(p.request.method, HTTP_GET);
    assert_string_equal(p.request.path, "/v1/due");
    assert_string_equal(http_param(&p.request, "limit"), "5");
    assert_string_equal(http_param(&p.request, "cursor"), "a b/c");
    assert_string_equal(http_param(&p.request, "x"), "");
    assert_string_equal(http_param(&p.request, "q"), "1 2");
    assert_null(http_param(&p.request, "nope"));
    assert_string_equal(http_field(&p.request, "host"), "duban.example:8443");
    assert_string_equal(http_field(&p.request, "x-one"), "v");
    assert_string_equal(http_field(&p.request, "empty"), "");
    assert_false(p.request.close);
    http_parser_free(&p);
}

static void test_path_decoded(void **state)
{
    struct http_parser p = {0};

    (void)state;
    assert_int_equal(
        feed(&p, "HEAD /%E5%B1%80/1.1 HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n"),
        HTTP_READY);
    assert_string_equal(p.request.path, "/局/1.1");
    assert_int_equal(p.request.method, HTTP_HEAD);
    assert_true(p.request.close);
    http_parser_free(&p);
}

#define POST_HEAD "POST /v1/statements HTTP/1.1\r\nContent-Length: 11\r\n" HOST "\r\n"

/* Every cut gives the same request, and bytes of the next one are left alone. */
static void test_every_split(void **state)
{
    static const char text[] = POST_HEAD "hello\r\n\r\nxyGET / HTTP/1.1\r\n";
    const size_t whole = strlen(POST_HEAD) + 11;

    (void)state;
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        struct http_parser p = {0};
        size_t taken;
        assert_int_equal(feed_split(&p, text, strlen(text), cut, &taken), HTTP_READY);
        assert_int_equal(taken, whole);
        assert_int_equal(p.request.body.len, 11);
        assert_memory_equal(p.request.body.data, "hello\r\n\r\nxy", 11);
        assert_string_equal(p.request.path, "/v1/statements");
        http_parser_free(&p);
    }
}

static void test_byte_by_byte_pipelined(void **state)
{
    static const char text[] = POST_HEAD "0123456789A" POST_HEAD "abcdefghijk";
    struct http_parser p = {0};
    int ready = 0;

    (void)state;
    for (size_t i = 0; i < strlen(text);) {
        size_t used;
        enum http_event ev = http_feed(&p, text + i, 1, &used);
        i += used;
        if (ev == HTTP_HEADERS)
            assert_true(http_take_body(&p, 11));
        if (ev != HTTP_READY)
            continue;
        ready++;
        assert_memory_equal(p.request.body.data, ready == 1 ? "0123456789A" : "abcdefghijk", 11);
        http_next(&p);
        assert_false(p.begun);
        if (ready == 1)
            http_release(&p);
    }
    assert_int_equal(ready, 2);
    http_parser_free(&p);
}

static void test_empty_post(void **state)
{
    struct http_parser p = {0};

    (void)state;
    assert_int_equal(feed(&p, "POST /x HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), HTTP_READY);
    assert_false(p.request.has_body);
    http_parser_free(&p);
}

static void test_expect(void **state)
{
    struct http_parser p = {0};
    size_t used;
    static const char head[] =
        "POST /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n";

    (void)state;
    assert_int_equal(http_feed(&p, head, strlen(head), &used), HTTP_HEADERS);
    assert_int_equal(used, strlen(head));
    assert_true(p.request.expect_continue);
    assert_true(http_take_body(&p, 3));
    assert_int_equal(http_feed(&p, "abc", 3, &used), HTTP_READY);
    http_parser_free(&p);
}

static void test_body_limit(void **state)
{
    struct http_parser p = {0};
    size_t used;
    static const char head[] = "POST /x HTTP/1.1\r\n" HOST "Content-Length: 4194305\r\n\r\n";

    (void)state;
    assert_int_equal(http_feed(&p, head, strlen(head), &used), HTTP_HEADERS);
    assert_false(http_take_body(&p, 4194304));
    /* a caller that goes on all the same gets the refusal, without a byte being kept */
    assert_int_equal(http_feed(&p, "a", 1, &used), HTTP_BAD);
    assert_int_equal(p.problem.status, 413);
    assert_string_equal(p.problem.code, "size");
    assert_null(p.request.body.data);
    http_parser_free(&p);
}

struct refusal {
    const char *text;
    int status;
};

static const struct refusal refusals[] = {
    {"\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "\r\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "No colon\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A b: c\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A : c\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST ": c\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: c\x01\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "A: c\x7f\r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /  HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.1 \r\n" HOST "\r\n", 400},
    {" GET / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /\r\n" HOST "\r\n", 400},
    {"GET\r\n" HOST "\r\n", 400},
    {"GET / HTTPS/1.1\r\n" HOST "\r\n", 400},
    {"GET http://a/ HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET * HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /\xe5\xb1\x80 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%00 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%0a HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%2f HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%ff HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%c0%af HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%g0 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /% HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /%1 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET /?a=%00 HTTP/1.1\r\n" HOST "\r\n", 400},
    {"GET / HTTP/1.0\r\n" HOST "\r\n", 505},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505},
    {"GET / HTTP/1.10\r\n" HOST "\r\n", 505},
    {"PRI * HTTP/2.0\r\n\r\n", 505},
    {"PUT / HTTP/1.1\r\n" HOST "\r\n", 405},
    {"get / HTTP/1.1\r\n" HOST "\r\n", 405},
    {"CONNECT /a HTTP/1.1\r\n" HOST "\r\n", 405},
    {"G(T / HTTP/1.1\r\n" HOST "\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "\r\n", 411},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "transfer-encoding:\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: wonders\r\n\r\n", 417},
    {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1025\r\n\r\n", 413},
};

/* Cut at every place, the refusal is the same, and the parser stays refused. */
static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        const char *text = refusals[i].text;
        for (size_t cut = 0; cut <= strlen(text); cut++) {
            struct http_parser p = {0};
            size_t taken;
            enum http_event ev = feed_split(&p, text, strlen(text), cut, &taken);
            if (ev != HTTP_BAD || p.problem.status != refusals[i].status)
                fail_msg("case %zu cut %zu: event %d status %d, not %d: %s", i, cut, (int)ev,
                         p.problem.status, refusals[i].status, text);
            assert_true(strlen(p.problem.detail) > 0);
            assert_int_equal(http_feed(&p, "GET", 3, &taken), HTTP_BAD);
            http_parser_free(&p);
        }
    }
}

static void test_nul(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
    struct http_parser p = {0};
    size_t taken;

    (void)state;
    assert_int_equal(feed_split(&p, text, sizeof(text) - 1, 5, &taken), HTTP_BAD);
    assert_int_equal(p.problem.status, 400);
    http_parser_free(&p);
}

/* A header of 20 MB is refused at 16 KiB, whether it has line ends or not. */
static void test_header_size(void **state)
{
    char chunk[1000];
    struct http_parser p = {0};
    size_t used;
    size_t fed = 0;
    enum http_event ev = http_feed(&p, "GET / HTTP/1.1\r\nA: ", 19, &used);

    (void)state;
    memset(chunk, 'x', sizeof(chunk));
    while (ev == HTTP_MORE && fed < 100000) {
        ev = http_feed(&p, chunk, sizeof(chunk), &used);
        fed += used;
    }
    assert_int_equal(ev, HTTP_BAD);
    assert_int_equal(p.problem.status, 431);
    assert_true(fed <= HTTP_HEADER_MAX);
    http_parser_free(&p);
}

/* Exactly at the limit is taken. */
static void test_header_limit(void **state)
{
    struct buf b = {0};
    struct http_parser p = {0};

    (void)state;
    buf_add_str(&b, "GET / HTTP/1.1\r\n" HOST "A: ");
    while (b.len < HTTP_HEADER_MAX - 4)
        buf_add_str(&b, "x");
    buf_add_str(&b, "\r\n\r\n");
    assert_int_equal(b.len, HTTP_HEADER_MAX);
    assert_int_equal(feed(&p, b.data), HTTP_READY);
    http_parser_free(&p);
    buf_free(&b);
}

static void test_field_count(void **state)
{
    (void)state;
    for (int fields = 63; fields <= 64; fields++) {
        struct buf b = {0};
        struct http_parser p = {0};
        buf_add_str(&b, "GET / HTTP/1.1\r\n" HOST);
        for (int i = 0; i < fields; i++)
            buf_addf(&b, "F%d: x\r\n", i);
        buf_add_str(&b, "\r\n");
        assert_int_equal(feed(&p, b.data), fields == 63 ? HTTP_READY : HTTP_BAD);
        if (fields == 64)
            assert_int_equal(p.problem.status, 431);
        http_parser_free(&p);
        buf_free(&b);
    }
}

static void test_param_count(void **state)
{
    struct http_parser p = {0};
    struct buf b = {0};

    (void)state;
    buf_add_str(&b, "GET /?");
    for (int i = 0; i <= HTTP_PARAMS_MAX; i++)
        buf_addf(&b, "a%d=1&", i);
    buf_add_str(&b, " HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(feed(&p, b.data), HTTP_BAD);
    assert_int_equal(p.problem.status, 400);
    http_parser_free(&p);
    buf_free(&b);
}

static void test_answer(void **state)
{
    struct buf b = {0};

    (void)state;
    clock_set_for_test((int64_t)1784548800 * 1000000, -1);
    assert_true(http_answer(&b, &(struct http_answer){.status = 200,
                                                      .type = "application/json",
                                                      .body = "{}",
                                                      .body_len = 2,
                                                      .fields = "X-A: 1\r\n"}));
    assert_string_equal(b.data, "HTTP/1.1 200 OK\r\nDate: Mon, 20 Jul 2026 12:00:00 GMT\r\n"
                                "Content-Type: application/json\r\nContent-Length: 2\r\n"
                                "X-A: 1\r\n\r\n{}");
    buf_clear(&b);
    assert_true(http_answer(&b, &(struct http_answer){.status = 404,
                                                      .type = "text/plain",
                                                      .body = "no",
                                                      .body_len = 2,
                                                      .head = true,
                                                      .close = true}));
    assert_string_equal(b.data, "HTTP/1.1 404 Not Found\r\nDate: Mon, 20 Jul 2026 12:00:00 GMT\r\n"
                                "Content-Type: text/plain\r\nContent-Length: 2\r\n"
                                "Connection: close\r\n\r\n");
    clock_set_for_test(-1, -1);
    buf_free(&b);
}

static void test_problem(void **state)
{
    struct buf b = {0};
    const struct http_problem p = {.status = 503,
                                   .code = "busy",
                                   .retry = "later",
                                   .detail = "wait \"a\" bit",
                                   .retry_after = 3,
                                   .extra = "\"n\":1"};

    (void)state;
    assert_true(http_problem_json(&b, &p));
    assert_string_equal(b.data, "{\"type\":\"urn:duban:problem:busy\",\"title\":"
                                "\"Service Unavailable\",\"status\":503,\"detail\":"
                                "\"wait \\\"a\\\" bit\",\"code\":\"busy\",\"retry\":\"later\","
                                "\"n\":1}");
    buf_clear(&b);
    assert_true(http_problem(&b, &p, false, false));
    assert_non_null(strstr(b.data, "\r\nRetry-After: 3\r\n"));
    assert_non_null(strstr(b.data, "application/problem+json"));
    assert_null(strstr(b.data, "Connection: close"));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),          cmocka_unit_test(test_path_decoded),
        cmocka_unit_test(test_every_split),  cmocka_unit_test(test_byte_by_byte_pipelined),
        cmocka_unit_test(test_empty_post),   cmocka_unit_test(test_expect),
        cmocka_unit_test(test_body_limit),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_nul),          cmocka_unit_test(test_header_size),
        cmocka_unit_test(test_header_limit), cmocka_unit_test(test_field_count),
        cmocka_unit_test(test_param_count),  cmocka_unit_test(test_answer),
        cmocka_unit_test(test_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
