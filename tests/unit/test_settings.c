/* SPDX-License-Identifier: BSD-2-Clause */
/* duband.conf: defaults, values, every fault named with its line; the sample and the table agree.
 */
#include "unit.h"

#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "daemon/settings.h"

#define FAULTS_MAX 16

struct faults {
    int line[FAULTS_MAX];
    char text[FAULTS_MAX][200];
    size_t n;
};

static void on_fault(void *ctx, const char *file, int line, const char *text)
{
    struct faults *f = ctx;

    assert_non_null(strstr(file, "settings-"));
    assert_true(f->n < FAULTS_MAX);
    f->line[f->n] = line;
    snprintf(f->text[f->n++], sizeof(f->text[0]), "%s", text);
}

static char path[] = "/tmp/settings-XXXXXX";

static struct settings *load(const char *text, struct faults *f, struct err *e)
{
    struct settings *s = NULL;

    assert_true(file_write(path, text, strlen(text), 0600, NULL));
    memset(f, 0, sizeof(*f));
    memset(e, 0, sizeof(*e));
    bool ok = settings_load(path, &s, on_fault, f, e);
    assert_int_equal(ok, s != NULL);
    return s;
}

static void test_defaults(void **state)
{
    struct faults f;
    struct err e;
    struct settings *s = load("origin = duban.example/city/log1\n", &f, &e);

    (void)state;
    assert_non_null(s);
    assert_string_equal(s->origin, "duban.example/city/log1");
    assert_string_equal(s->admin_listen, "127.0.0.1:8444");
    assert_string_equal(s->zone, "Asia/Shanghai");
    assert_string_equal(s->tls_key, "/tmp/server.key"); /* beside the file */
    assert_true(s->receivers >= 1);
    assert_int_equal(s->handshake_timeout, 10);
    assert_int_equal(s->log_level, LOG_LEVEL_INFO);
    assert_int_equal(settings_line(s, "origin"), 1);
    assert_int_equal(settings_line(s, "listen"), 0);
    settings_free(&s);
    assert_null(s);
}

static void test_values(void **state)
{
    struct faults f;
    struct err e;
    struct settings *s = load("# comment\n"
                              "origin = \"a/b\" # here too\n"
                              "  receivers=3\n"
                              "listen = \"[::1]:99\"\n"
                              "database = \"host=/run/x dbname='a b'\"\n"
                              "tls-key = /k\n"
                              "log-level = debug\n"
                              "idle-timeout = 86400\n",
                              &f, &e);

    (void)state;
    assert_non_null(s);
    assert_int_equal(s->receivers, 3);
    assert_string_equal(s->listen, "[::1]:99");
    assert_string_equal(s->database, "host=/run/x dbname='a b'");
    assert_string_equal(s->tls_key, "/k");
    assert_int_equal(s->log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(s->idle_timeout, 86400);
    assert_int_equal(settings_line(s, "receivers"), 3);
    settings_free(&s);
}

/* One reading names them all; the error is the first. */
static void test_all_faults(void **state)
{
    struct faults f;
    struct err e;
    struct settings *s = load("origin = \"a b\"\n"
                              "listen = localhost:1\n"
                              "admin-listen = 0.0.0.0:8444\n"
                              "receivers = 65\n"
                              "colour = blue\n"
                              "zone = x\n"
                              "zone = y\n"
                              "log-level = loud\n"
                              "idle-timeout = 1.5\n",
                              &f, &e);
    static const int lines[] = {1, 2, 3, 4, 5, 7, 8, 9};

    (void)state;
    assert_null(s);
    assert_int_equal(f.n, LEN(lines));
    for (size_t i = 0; i < f.n; i++)
        assert_int_equal(f.line[i], lines[i]);
    assert_non_null(strstr(f.text[4], "colour"));
    assert_code(e, "config");
    assert_non_null(strstr(e.text, ":1: origin"));
}

static void test_single_faults(void **state)
{
    static const struct {
        const char *text;
        int line;
    } cases[] = {
        {"", 0},                                              /* no origin */
        {"origin = a\nlisten = 1.2.3.4\n", 2},                /* no port */
        {"origin = a\nlisten = 1.2.3.4:0\n", 2},              /* bad port */
        {"origin = a\nlisten = 1.2.3.4:65536\n", 2},          /* bad port */
        {"origin = a\nlisten = 1.2.3.4:80x\n", 2},            /* bad port */
        {"origin = a\nadmin-listen = [::]:80\n", 2},          /* not loopback */
        {"origin = a\nlisten = 127.0.0.1:8444\n", 0},         /* the same twice */
        {"origin = a\nreceivers = \"\"\n", 2},                /* empty */
        {"origin = a\nreceivers = 9999999999999999999\n", 2}, /* overflow */
        {"origin = \"a+b\"\n", 1},
        {"origin = a\nsection {\n", 2},
        {"origin\n", 1},
    };

    (void)state;
    for (size_t i = 0; i < LEN(cases); i++) {
        struct faults f;
        struct err e;
        struct settings *s = load(cases[i].text, &f, &e);
        if (s != NULL || f.n == 0 || f.line[0] != cases[i].line)
            fail_msg("case %zu: %zu faults, first in line %d: %s", i, f.n, f.line[0], f.text[0]);
    }
}

static void test_missing_file(void **state)
{
    struct settings *s = NULL;
    struct err e = {0};

    (void)state;
    assert_false(settings_load("/nowhere/duband.conf", &s, NULL, NULL, &e));
    assert_null(s);
    assert_code(e, "config");
    assert_non_null(strstr(e.text, "/nowhere/duband.conf"));
}

static void test_print(void **state)
{
    struct faults f;
    struct err e;
    struct settings *s = load("origin = a\ndatabase = \"password='it''s'\"\n", &f, &e);
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    (void)state;
    assert_non_null(s);
    settings_print(s, out);
    fclose(out);
    assert_non_null(strstr(text, "ORIGIN='a'\n"));
    assert_non_null(strstr(text, "DATABASE='password='\\''it'\\'''\\''s'\\'''\n"));
    assert_non_null(strstr(text, "ADMIN_LISTEN='127.0.0.1:8444'\n"));
    assert_non_null(strstr(text, "MAX_CONNECTIONS='10000'\n"));
    assert_non_null(strstr(text, "LOG_LEVEL='info'\n"));
    free(text);
    settings_free(&s);
}

/* conf/duband.conf: each key of the table once, in its order, with its help and its default; so the
 * sample cannot drift from the program. Reads like:  # help \n #key = "default" */
static void test_sample(void **state)
{
    struct buf text = {0};
    struct err e = {0};
    size_t n;
    const struct settings_key *keys = settings_keys(&n);
    const char *at;

    (void)state;
    if (!file_read("conf/duband.conf", 65536, &text, &e))
        fail_msg("%s (tests run in the project's directory)", e.text);
    at = text.data;
    for (size_t i = 0; i < n; i++) {
        char *expected =
            keys[i].standard != NULL
                ? xasprintf("# %s\n#%s = \"%s\"\n", keys[i].help, keys[i].name, keys[i].standard)
                : xasprintf("# %s\n%s = \"", keys[i].help, keys[i].name);
        const char *found = strstr(at, expected);
        if (found == NULL)
            fail_msg("conf/duband.conf lacks, or has in another place:\n%s", expected);
        at = found + strlen(expected);
        free(expected);
    }
    buf_free(&text);
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_values),
        cmocka_unit_test(test_all_faults),   cmocka_unit_test(test_single_faults),
        cmocka_unit_test(test_missing_file), cmocka_unit_test(test_print),
        cmocka_unit_test(test_sample),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
