/* SPDX-License-Identifier: BSD-2-Clause */
/* Options, defaults of task and period, values, the event stream, times, duband's settings. */
#include "unit.h"

#include <time.h>

#include "client/app.h"
#include "client/connect.h"
#include "client/daemon_settings.h"
#include "client/init.h"
#include "client/items.h"
#include "client/options.h"
#include "client/report.h"
#include "client/sse.h"
#include "client/test_clock.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/instant.h"

/* ---- options -------------------------------------------------------------------------------- */

struct parsed {
    struct app a;
    const char *status, *c;
    struct options_list values, args;
    bool yes;
};

static bool parse(struct parsed *p, struct err *e, int argc, char **argv)
{
    struct options_spec specs[] = {{"status", OPTIONS_TEXT, &p->status},
                                   {"c", OPTIONS_TEXT, &p->c},
                                   {"value", OPTIONS_LIST, &p->values},
                                   {"yes", OPTIONS_FLAG, &p->yes},
                                   {0}};

    memset(p, 0, sizeof *p);
    return options_parse(&p->a, specs, argc, argv, &p->args, e);
}

static void done(struct parsed *p)
{
    options_free(&p->args);
    options_free(&p->values);
    free(p->a.home_dir);
}

#define PARSE(p, e, ...)                                                                           \
    parse((p), (e), (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)),                       \
          (char *[]){__VA_ARGS__})

static void test_options(void **state)
{
    struct parsed p;
    struct err e = {0};

    assert_true(PARSE(&p, &e, "p1/1", "--status=done", "--value", "a=1", "-c", "x", "--json",
                      "--value", "b=2", "--home", "/h", "--", "--yes"));
    assert_string_equal(p.status, "done");
    assert_string_equal(p.c, "x");
    assert_int_equal(p.values.n, 2);
    assert_true(p.a.json);
    assert_string_equal(p.a.home_dir, "/h");
    assert_int_equal(p.args.n, 2);
    assert_string_equal(p.args.items[1], "--yes");
    assert_false(p.yes);
    done(&p);
    assert_true(PARSE(&p, &e, "--status=--odd", "-"));
    assert_string_equal(p.status, "--odd");
    assert_string_equal(p.args.items[0], "-");
    done(&p);
    (void)state;
}

static void refused(struct parsed *p, const struct err *e, const char *part)
{
    assert_code(*e, "usage");
    if (!strstr(e->text, part))
        fail_msg("“%s” does not say “%s”", e->text, part);
    done(p);
}

static void test_wrong_options(void **state)
{
    struct parsed p;
    struct err e = {0};

    assert_false(PARSE(&p, &e, "--statsu", "done"));
    refused(&p, &e, "--status");
    assert_false(PARSE(&p, &e, "--status"));
    refused(&p, &e, "needs a value");
    assert_false(PARSE(&p, &e, "--status", "--yes"));
    refused(&p, &e, "needs a value");
    assert_false(PARSE(&p, &e, "--status", "a", "--status", "b"));
    refused(&p, &e, "twice");
    assert_false(PARSE(&p, &e, "--yes=1"));
    refused(&p, &e, "no value");
    assert_false(PARSE(&p, &e, "-x"));
    refused(&p, &e, "-x");
    assert_false(PARSE(&p, &e, "--lang", "fr"));
    refused(&p, &e, "fr");
    (void)state;
}

/* ---- task and period ------------------------------------------------------------------------ */

static json_t *item(const char *task, const char *period, const char *state)
{
    return json_pack("{s:s,s:s,s:s,s:s}", "task", task, "period", period, "state", state, "kind",
                     "report");
}

static void test_period_default(void **state)
{
    json_t *items = json_array();
    const char *period = NULL;
    struct err e = {0};

    json_array_append_new(items, item("p1/1", "2021Q4", "submitted"));
    json_array_append_new(items, item("p1/1", "2022Q1", "overdue"));
    json_array_append_new(items, item("p1/2", "2022Q1", "overdue"));
    json_array_append_new(items, item("p1/2", "2022Q2", "open"));
    json_array_append_new(items, item("p1/3", "2022Q1", "submitted"));
    assert_true(items_period(items, "p1/1", &period, &e));
    assert_string_equal(period, "2022Q1");
    assert_false(items_period(items, "p1/2", &period, &e));
    assert_code(e, "usage");
    assert_non_null(strstr(e.text, "2022Q1 2022Q2"));
    assert_false(items_period(items, "p1/3", &period, &e));
    assert_non_null(strstr(e.text, "2022Q1"));
    assert_false(items_period(items, "p1/9", &period, &e));
    assert_code(e, "usage");
    json_decref(items);
    (void)state;
}

static void test_task_names(void **state)
{
    json_t *items = json_array();
    char *task = NULL;
    struct err e = {0};

    json_array_append_new(items, item("p1/6.1", "2022Q1", "open"));
    json_array_append_new(items, item("p1/6.1", "2022Q2", "open"));
    json_array_append_new(items, item("p1/7", "2022Q1", "open"));
    json_array_append_new(items, item("p2/7", "2022Q1", "open"));
    json_array_append_new(items, item("p2/i3", "2022Q1", "open"));
    assert_true(items_task(items, "6.1", &task, &e));
    assert_string_equal(task, "p1/6.1");
    free(task);
    assert_true(items_task(items, "6.(1)", &task, &e));
    assert_string_equal(task, "p1/6.1");
    free(task);
    assert_true(items_task(items, "i3", &task, &e));
    assert_string_equal(task, "p2/i3");
    free(task);
    assert_false(items_task(items, "7", &task, &e));
    assert_non_null(strstr(e.text, "p1/7 p2/7"));
    assert_false(items_task(items, "8", &task, &e));
    assert_true(items_task(NULL, "p1/15-10", &task, &e));
    assert_string_equal(task, "p1/15-10");
    free(task);
    assert_false(items_task(NULL, "7", &task, &e));
    json_decref(items);
    (void)state;
}

/* ---- reports -------------------------------------------------------------------------------- */

static void test_values(void **state)
{
    json_t *v = json_array();
    static const char *const good[] = {"a=1", "名=-5.5", "x=12.5亿元", "x= 3 %", "x＝7"};
    static const char *const bad[] = {"a",       "=1",    "a=",    "a=x", "a=5,5",
                                      "a=1.2.3", "a=1e5", "a=1 2", "a=."};

    for (size_t i = 0; i < LEN(good); i++)
        assert_true(report_add_value(v, good[i]));
    for (size_t i = 0; i < LEN(bad); i++)
        if (report_add_value(v, bad[i]))
            fail_msg("%s was taken", bad[i]);
    assert_string_equal(app_str(json_array_get(v, 1), "value"), "-5.5");
    assert_string_equal(app_str(json_array_get(v, 2), "unit"), "亿元");
    assert_string_equal(app_str(json_array_get(v, 3), "unit"), "%");
    json_decref(v);
    (void)state;
}

static void test_report_check(void **state)
{
    json_t *r = json_pack("{s:s,s:s,s:s}", "task", "p1/1", "period", "2022Q1", "status", "done");
    json_t *faults = NULL;

    assert_true(report_check(r, &faults));
    json_object_set_new(r, "progress", json_integer(101));
    assert_false(report_check(r, &faults));
    assert_string_equal(app_str(json_array_get(faults, 0), "field"), "progress");
    json_decref(faults);
    json_object_set_new(r, "colour", json_string("red"));
    assert_false(report_check(r, &faults));
    assert_string_equal(app_str(json_array_get(faults, 0), "code"), "schema");
    json_decref(faults);
    json_decref(r);
    (void)state;
}

static void test_evidence(void **state)
{
    json_t *v = json_array();
    struct err e = {0};
    FILE *f = fopen("/tmp/duban-evidence-test.txt", "w");

    fputs("abc", f);
    fclose(f);
    assert_true(report_add_evidence(v, "/tmp/duban-evidence-test.txt", &e));
    assert_string_equal(app_str(json_array_get(v, 0), "name"), "duban-evidence-test.txt");
    assert_int_equal(app_int(json_array_get(v, 0), "size", 0), 3);
    assert_string_equal(app_str(json_array_get(v, 0), "sha256"),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_false(report_add_evidence(v, "/tmp", &e));
    assert_false(report_add_evidence(v, "/tmp/duban-no-such-file", &e));
    assert_code(e, "file");
    remove("/tmp/duban-evidence-test.txt");
    json_decref(v);
    (void)state;
}

/* ---- the stream ----------------------------------------------------------------------------- */

struct heard {
    char text[512];
    size_t n;
};

static bool on_event(void *data, const char *event, const char *id, const char *text)
{
    struct heard *h = data;
    size_t at = strlen(h->text);

    h->n++;
    snprintf(h->text + at, sizeof h->text - at, "[%s %s %s]", event, id, text);
    return h->n < 10;
}

static void test_stream(void **state)
{
    static const char bytes[] = ": hello\n\nevent: alert\nid: 7\ndata: {\"a\":1}\n\n"
                                "id: 8\r\nevent: closed\r\ndata: x\r\ndata:y\r\n\r\ndata: cut off";
    static const char want[] = "[alert 7 {\"a\":1}][closed 8 x\ny]";

    for (size_t step = 1; step < sizeof bytes; step++) { /* however the bytes are cut */
        struct sse s;
        struct heard h = {0};
        sse_start(&s, on_event, &h);
        for (size_t i = 0; i < sizeof bytes - 1; i += step) {
            size_t n = sizeof bytes - 1 - i < step ? sizeof bytes - 1 - i : step;
            assert_true(sse_feed(&s, bytes + i, n));
        }
        assert_string_equal(h.text, want);
        sse_free(&s);
    }
    (void)state;
}

static void test_stream_limit(void **state)
{
    struct sse s;
    struct heard h = {0};
    bool ok = true;
    char block[4096];

    memset(block, 'x', sizeof block);
    sse_start(&s, on_event, &h);
    for (int i = 0; ok && i < 1000; i++)
        ok = sse_feed(&s, block, sizeof block);
    assert_false(ok);
    sse_free(&s);
    (void)state;
}

/* ---- times ---------------------------------------------------------------------------------- */

static void test_when(void **state)
{
    char out[2 * WHEN_SIZE];
    int64_t due, now;

    assert_true(instant_parse("2022-04-08T17:30:00+08:00", &due));
    when_format(due, out);
    assert_string_equal(out, "2022-04-08 Fri 17:30");
    assert_true(instant_parse("2022-04-05T09:00:00+08:00", &now));
    when_both("2022-04-08T17:30:00+08:00", now, out);
    assert_string_equal(out, "2022-04-08 Fri 17:30 (in 3 days)");
    when_relative(now, due, out);
    assert_string_equal(out, "3 days ago");
    when_relative(now + 3600 * 1000000LL, now, out);
    assert_string_equal(out, "in 1 hour");
    when_text(NULL, out);
    assert_string_equal(out, "-");
    (void)state;
}

static void test_clock_text(void **state)
{
    int64_t a, b;

    assert_true(test_clock_parse("2022-04-02T09:00:00+08:00", &a));
    assert_true(test_clock_parse("2022-04-02T09:00", &b));
    assert_true(a == b);
    assert_true(test_clock_parse("2022-04-02 09:00:00", &b));
    assert_true(a == b);
    assert_false(test_clock_parse("2022-04-31T09:00", &b));
    assert_false(test_clock_parse("tomorrow", &b));
    assert_false(test_clock_parse("2022-04-02T09:00x", &b));
    (void)state;
}

/* ---- init ----------------------------------------------------------------------------------- */

static void test_daemon_settings(void **state)
{
    json_t *s = NULL;
    struct err e = {0};

    assert_true(
        daemon_settings_parse("ORIGIN='a/b'\nLISTEN='127.0.0.1:8443'\nX='it'\\''s'\n", &s, &e));
    assert_string_equal(app_str(s, "LISTEN"), "127.0.0.1:8443");
    assert_string_equal(app_str(s, "X"), "it's");
    json_decref(s);
    assert_false(daemon_settings_parse("nothing\n", &s, &e));
    assert_code(e, "config");
    (void)state;
}

static void names(const char *listen, const char *name, const char *url, const char *alternative)
{
    struct init x = {.listen = (char *)listen};
    const char *items[] = {name};
    const struct options_list list = {.items = items, .n = name ? 1 : 0};
    struct err e = {0};

    if (!init_names(&x, &list, &e))
        fail_msg("%s", e.text);
    assert_string_equal(x.url, url);
    assert_string_equal(x.alternative, alternative);
    free(x.url);
    free(x.alternative);
}

static void test_server_names(void **state)
{
    struct init x = {.listen = (char *)"127.0.0.1:1"};
    const char *items[] = {"a,URI:x"};
    const struct options_list list = {.items = items, .n = 1};
    struct err e = {0};

    names("127.0.0.1:8443", NULL, "https://127.0.0.1:8443", "DNS:localhost,IP:127.0.0.1");
    names("0.0.0.0:8443", "duban.example", "https://duban.example:8443",
          "DNS:localhost,DNS:duban.example");
    names("[::1]:8443", NULL, "https://[::1]:8443", "DNS:localhost,IP:::1");
    assert_false(init_names(&x, &list, &e));
    assert_code(e, "usage");
    (void)state;
}

static void test_escape(void **state)
{
    char *s = connect_escape("a b/中&");

    assert_string_equal(s, "a%20b%2F%E4%B8%AD%26");
    free(s);
    s = connect_escape("");
    assert_string_equal(s, "");
    free(s);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_period_default), cmocka_unit_test(test_task_names),
        cmocka_unit_test(test_values),         cmocka_unit_test(test_report_check),
        cmocka_unit_test(test_evidence),       cmocka_unit_test(test_stream),
        cmocka_unit_test(test_stream_limit),   cmocka_unit_test(test_when),
        cmocka_unit_test(test_clock_text),     cmocka_unit_test(test_daemon_settings),
        cmocka_unit_test(test_server_names),   cmocka_unit_test(test_escape),
    };

    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    i18n_init("en");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
