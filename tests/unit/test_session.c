/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection's requests over a socketpair: in order, answered now or later, refused before the
 * body with the connection still usable, bad ones the end, and a drain that cuts nobody off. */
#include "unit.h"

#include <event2/event.h>
#include <event2/util.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "daemon/receive/exchange.h"
#include "daemon/receive/session.h"

struct world {
    struct event_base *base;
    struct tls_pool *pool;
    struct session_group group;
    int fd; /* the client's end */
    char got[65536];
    size_t got_len;
    unsigned served, gone;
    bool later, shut; /* shut: the client closes before it is answered */
    struct session *waiting;
    char body[64];
};

static void on_gone(void *data)
{
    struct world *w = data;

    w->gone++;
    w->waiting = NULL;
}

static bool admit(void *arg, struct session *s, const struct http_request *r, size_t *body_max,
                  struct problem *p)
{
    (void)arg;
    (void)s;
    *body_max = 1000;
    if (strcmp(r->path, "/busy") != 0)
        return true;
    problem_set(p, "busy", "made by the test");
    return false;
}

static void serve(void *arg, struct session *s, const struct http_request *r)
{
    struct world *w = arg;

    w->served++;
    if (w->shut) {
        close(w->fd);
        w->fd = -1;
    }
    snprintf(w->body, sizeof w->body, "%s %.*s", r->path, (int)r->body.len,
             r->body.len > 0 ? r->body.data : "");
    if (w->later) {
        w->waiting = s;
        session_set_server(s, on_gone, w);
        return;
    }
    session_answer(
        s, &(struct session_answer){
               .status = 200, .type = "text/plain", .body = w->body, .body_len = strlen(w->body)});
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct tls_limits limits = {.max_connections = 4, .max_handshakes = 4, .handshake_seconds = 5};
    int fd[2];

    w->base = event_base_new();
    w->group = (struct session_group){.ops = {.admit = admit, .serve = serve},
                                      .arg = w,
                                      .header_seconds = 5,
                                      .body_seconds = 5,
                                      .idle_seconds = 5};
    w->pool = tls_pool_new(w->base, &limits, &session_tls_ops, &w->group);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    w->fd = fd[0];
    assert_true(tls_pool_add(w->pool, NULL, fd[1], "test"));
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    tls_pool_free(&w->pool);
    session_group_clear(&w->group);
    event_base_free(w->base);
    if (w->fd >= 0)
        close(w->fd);
    assert_int_equal(w->group.open, 0);
    free(w);
    return 0;
}

static void turn(struct world *w)
{
    struct timeval tv = {.tv_usec = 20000};
    ssize_t n;

    event_base_loopexit(w->base, &tv);
    event_base_dispatch(w->base);
    while (w->fd >= 0 && (n = read(w->fd, w->got + w->got_len, sizeof w->got - w->got_len - 1)) > 0)
        w->got_len += (size_t)n;
    w->got[w->got_len] = '\0';
}

static void say(struct world *w, const char *text)
{
    assert_int_equal(write(w->fd, text, strlen(text)), (ssize_t)strlen(text));
    turn(w);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
        n++;
    return n;
}

static bool at_end(struct world *w)
{
    char c;

    return read(w->fd, &c, 1) == 0;
}

static void test_in_order(void **state)
{
    struct world *w = *state;

    say(w, "GET /one HTTP/1.1\r\nHost: h\r\n\r\nPOST /two HTTP/1.1\r\nHost: h\r\n"
           "Content-Length: 3\r\n\r\nabcGET /three HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(w->served, 3);
    assert_int_equal(count(w->got, "HTTP/1.1 200"), 3);
    assert_true(strstr(w->got, "/one") < strstr(w->got, "/two abc"));
    assert_true(strstr(w->got, "/two abc") < strstr(w->got, "/three"));
    assert_int_equal(w->group.serving, 0);
}

static void test_later(void **state)
{
    struct world *w = *state;

    w->later = true;
    say(w, "GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(w->served, 1); /* the second waits for the answer of the first */
    assert_int_equal(w->group.serving, 1);
    assert_int_equal(w->got_len, 0);
    session_answer(w->waiting, &(struct session_answer){.status = 200, .type = "text/plain"});
    turn(w);
    assert_int_equal(w->served, 2);
    assert_int_equal(count(w->got, "HTTP/1.1 200"), 1);
}

static void test_client_goes(void **state)
{
    struct world *w = *state;

    w->later = true;
    say(w, "GET /one HTTP/1.1\r\nHost: h\r\n\r\n");
    tls_stream_close(session_tls(w->waiting), TLS_END_STOP);
    turn(w);
    assert_int_equal(w->gone, 1);
    assert_int_equal(w->group.serving, 0);
    assert_int_equal(w->group.open, 0);
}

/* The peer goes while more of its requests wait in our buffer: the first answer that cannot be sent
 * closes the connection from inside on_data, and nothing may be read from it any more. */
static void test_goes_with_requests(void **state)
{
    struct world *w = *state;

    w->later = true;
    say(w, "GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n"
           "GET /three HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(w->served, 1);
    w->later = false;
    session_answer(w->waiting, &(struct session_answer){.status = 200, .type = "text/plain"});
    close(w->fd);
    w->fd = -1;
    turn(w);
    assert_int_equal(w->served, 2);
    assert_int_equal(w->group.serving, 0);
    assert_int_equal(w->group.open, 0);
}

/* The same with the last bytes of a turn's budget: who is dead is not queued for another turn. */
static void test_goes_at_budget(void **state)
{
    static const char head[] = "GET /one HTTP/1.1\r\nHost: h\r\n\r\n";
    enum { BUDGET = 64 * 1024 };
    struct world *w = *state;
    char *text = xcalloc(1, BUDGET + 1);
    int n =
        snprintf(text, BUDGET, "POST /busy HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n");

    memset(text + n, 'x', 60000);
    memcpy(text + n + 60000, head, sizeof head - 1);
    memset(text + n + 60000 + sizeof head - 1, 'y', BUDGET - (size_t)n - 60000 - sizeof head + 1);
    turn(w);
    assert_int_equal(write(w->fd, text, BUDGET), BUDGET);
    w->shut = true; /* from on_data: the refusal of /busy is still taken */
    for (int i = 0; i < 10 && w->served == 0; i++)
        event_base_loop(w->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_int_equal(w->served, 1);
    assert_false(tls_pool_more(w->pool));
    turn(w);
    assert_int_equal(w->group.open, 0);
    free(text);
}

/* Refused before the body: the body is skipped, the connection serves on. */
static void test_busy(void **state)
{
    struct world *w = *state;
    char body[3001];

    memset(body, 'x', 3000);
    body[3000] = '\0';
    say(w, "POST /busy HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n");
    assert_non_null(strstr(w->got, "503"));
    assert_non_null(strstr(w->got, "Retry-After"));
    assert_null(strstr(w->got, "Connection: close"));
    say(w, body);
    say(w, "GET /one HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(w->served, 1);
    assert_non_null(strstr(w->got, "/one"));
}

static void test_too_long(void **state)
{
    struct world *w = *state;

    say(w, "POST /one HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000000\r\n\r\n");
    assert_non_null(strstr(w->got, "413"));
    assert_non_null(strstr(w->got, "Connection: close"));
    assert_int_equal(w->served, 0);
}

static void test_bad(void **state)
{
    struct world *w = *state;

    say(w, "GET /one HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_non_null(strstr(w->got, "400"));
    assert_non_null(strstr(w->got, "Connection: close"));
    assert_int_equal(w->served, 0);
    turn(w);
    assert_true(at_end(w));
}

static void test_expect(void **state)
{
    struct world *w = *state;

    say(w, "POST /one HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_non_null(strstr(w->got, "100 Continue"));
    say(w, "ok");
    assert_non_null(strstr(w->got, "/one ok"));
}

static void test_drain(void **state)
{
    struct world *w = *state;

    w->later = true;
    say(w, "GET /one HTTP/1.1\r\nHost: h\r\n\r\n");
    session_group_drain(&w->group, w->pool);
    turn(w);
    assert_int_equal(w->group.open, 1); /* it is being served */
    session_answer(w->waiting, &(struct session_answer){.status = 200, .type = "text/plain"});
    turn(w);
    assert_non_null(strstr(w->got, "Connection: close"));
    assert_true(at_end(w));
}

static void test_drain_idle(void **state)
{
    struct world *w = *state;

    turn(w);
    assert_int_equal(w->group.open, 1);
    session_group_drain(&w->group, w->pool);
    turn(w);
    assert_true(at_end(w));
}

/* ---- exchanges ------------------------------------------------------------------------------ */

static void test_kinds(void **state)
{
    (void)state;
    assert_int_equal(exchange_kind_of(EXCHANGE_TYPE_ONE), EXCHANGE_ONE);
    assert_int_equal(exchange_kind_of("application/x-ndjson; charset=utf-8"), EXCHANGE_MANY);
    assert_int_equal(exchange_kind_of("Application/X-NDJSON"), EXCHANGE_MANY);
    assert_int_equal(exchange_kind_of("application/json"), EXCHANGE_NEITHER);
    assert_int_equal(exchange_kind_of("application/x-ndjsonx"), EXCHANGE_NEITHER);
    assert_int_equal(exchange_kind_of(NULL), EXCHANGE_NEITHER);
}

static struct exchange *begin(struct world *w, const char *body, struct problem *p)
{
    w->later = true;
    say(w, "GET /many HTTP/1.1\r\nHost: h\r\n\r\n");
    session_set_server(w->waiting, NULL, NULL);
    return exchange_new(w->waiting, EXCHANGE_MANY, body, strlen(body), p);
}

static void test_many(void **state)
{
    struct world *w = *state;
    struct problem p;
    struct exchange *x = begin(w, "{\"a\":1}\n{\"b\":2}\r\n{\"c\":3}", &p);
    const char *json;
    size_t n, index;

    for (size_t i = 0; i < 3; i++) {
        assert_true(exchange_next(x, &json, &n, &index));
        assert_int_equal(index, i);
        assert_int_equal(n, 7);
    }
    assert_false(exchange_next(x, &json, &n, &index));
    exchange_release(x);
    problem_set(&p, "rate", "made by the test");
    exchange_receipt(x, 2, "{third}", 7); /* answers come in any order, lines in theirs */
    exchange_problem(x, 1, &p);
    turn(w);
    assert_int_equal(w->got_len, 0);
    exchange_receipt(x, 0, "{first}", 7);
    turn(w);
    assert_non_null(strstr(w->got, "application/x-ndjson"));
    assert_non_null(strstr(w->got, "\r\n\r\n{first}\n{\"type\":\"urn:duban:problem:rate\""));
    assert_non_null(strstr(w->got, "}\n{third}\n"));
}

/* The client goes in the middle: what was taken is still answered, to nobody. */
static void test_many_gone(void **state)
{
    struct world *w = *state;
    struct problem p;
    struct exchange *x = begin(w, "{}\n{}\n{}\n", &p);
    const char *json;
    size_t n, index;

    assert_true(exchange_next(x, &json, &n, &index));
    tls_stream_close(session_tls(w->waiting), TLS_END_STOP);
    turn(w);
    assert_false(exchange_more(x));
    exchange_release(x);
    exchange_receipt(x, 0, "{first}", 7); /* frees it */
}

static void test_too_many(void **state)
{
    struct world *w = *state;
    struct problem p;
    struct buf body = {0};

    for (int i = 0; i < 257; i++)
        buf_add_str(&body, "{}\n");
    assert_null(begin(w, body.data, &p));
    assert_string_equal(p.code, "size");
    buf_free(&body);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_in_order),      TEST(test_later),
                                       TEST(test_client_goes),   TEST(test_busy),
                                       TEST(test_too_long),      TEST(test_bad),
                                       TEST(test_expect),        TEST(test_drain),
                                       TEST(test_drain_idle),    TEST(test_kinds),
                                       TEST(test_many),          TEST(test_many_gone),
                                       TEST(test_too_many),      TEST(test_goes_with_requests),
                                       TEST(test_goes_at_budget)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
