/* SPDX-License-Identifier: BSD-2-Clause */
/* The step deliver against a fake database, with the spool as its channel: claims say what is under
 * way, ends are recorded until the database has them, leaving waits for both. */
#include "unit.h"

#include <event2/event.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "daemon/alert/deliver.h"
#include "daemon/settings.h"
#include "directory.h"
#include "tests/fakes/fake_db.h"

#define ID "0123456789abcdef0123456789abcdef"

struct world {
    struct event_base *base;
    struct db *db;
    struct deliver *deliver;
    struct settings settings;
    char dir[64];
    unsigned idle;
};

static void on_idle(void *arg)
{
    ((struct world *)arg)->idle++;
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);

    strcpy(w->dir, "/tmp/duban-deliver.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    w->settings = (struct settings){.spool_dir = w->dir,
                                    .hook_dir = w->dir,
                                    .mail_server = "",
                                    .mail_from = "",
                                    .webhook_secrets = "",
                                    .hook_timeout = 1,
                                    .delivery_timeout = 1,
                                    .delivery_parallel = 2,
                                    .delivery_days = 7,
                                    .zone = "Asia/Shanghai"};
    w->base = event_base_new();
    w->db = db_new(NULL, NULL, NULL);
    w->deliver = deliver_new(w->base, &w->settings, on_idle, w);
    deliver_set_db(w->deliver, w->db);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    db_free(&w->db);
    deliver_free(&w->deliver);
    event_base_free(w->base);
    directory_remove(w->dir);
    free(w);
    return 0;
}

/* Runs the loop until this statement waits for an answer; NULL after two seconds. */
static struct fake_call *await(struct world *w, const char *statement)
{
    int64_t end = clock_mono() + 4000000;
    struct fake_call *c;

    while (clock_mono() < end) {
        event_base_loop(w->base, EVLOOP_NONBLOCK);
        c = fake_waiting(w->db);
        if (c != NULL && strcmp(c->statement, "delivery_sweep") == 0)
            fake_answer(w->db, DB_DONE, fake_result(1, 1));
        else if (c != NULL && strcmp(c->statement, statement) == 0)
            return c;
        else if (c != NULL && strcmp(c->statement, "delivery_claim") == 0)
            fake_answer(w->db, DB_DONE, fake_result(0, 6)); /* each second */
        else if (c != NULL)
            fail_msg("%s instead of %s", c->statement, statement);
        usleep(1000);
    }
    return NULL;
}

static struct db_result *row(const char *kind)
{
    struct db_result *r = fake_result(1, 6);

    fake_text(r, 0, 0, ID);
    fake_int8(r, 0, 1, 3);
    fake_text(r, 0, 2, "files");
    fake_text(r, 0, 3, kind);
    fake_text(r, 0, 4, "office");
    fake_text(r, 0, 5, "{\"count\":1,\"alerts\":[]}");
    return r;
}

static void hook(struct world *w, const char *text)
{
    char *path = xasprintf("%s/files", w->dir);
    struct err e;

    /* the channel's directory and its hook must not be the same */
    char *hooks = xasprintf("%s/hooks", w->dir);
    mkdir(hooks, 0700);
    w->settings.hook_dir = hooks;
    free(path);
    path = xasprintf("%s/files", hooks);
    assert_true(file_write(path, text, strlen(text), 0700, &e));
    free(path);
}

static void expect_record(struct world *w, const char *outcome, const char *reason)
{
    struct fake_call *c = await(w, "delivery_record");

    assert_non_null(c);
    assert_string_equal(c->arg[0].bytes, ID);
    assert_string_equal(c->arg[3].bytes, outcome);
    assert_string_equal(c->arg[4].bytes, reason);
}

static void test_spooled(void **state)
{
    struct world *w = *state;
    struct stat st;

    deliver_hint(w->deliver);
    assert_null(await(w, "delivery_claim")); /* nobody said that it is the right database */
    deliver_go(w->deliver);
    struct fake_call *c = await(w, "delivery_claim");
    assert_non_null(c);
    assert_int_equal(fake_arg_count(c, 1), 0);
    fake_answer(w->db, DB_DONE, row("spool"));
    expect_record(w, "sent", "spooled");
    char *path = xasprintf("%s/files/new/" ID ".json", w->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    free(path);
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_non_null(await(w, "delivery_claim")); /* a place is free */
}

static void test_record_again(void **state)
{
    struct world *w = *state;

    deliver_go(w->deliver);
    assert_non_null(await(w, "delivery_claim"));
    fake_answer(w->db, DB_DONE, row("spool"));
    expect_record(w, "sent", "spooled");
    fake_answer(w->db, DB_LOST, NULL);
    expect_record(w, "sent", "spooled"); /* until the database has it */
    /* the claim that follows in the same second says that the place is taken */
    fake_waiting(w->db)->answered = true;
    struct fake_call *c = await(w, "delivery_claim");
    assert_non_null(c);
    assert_int_equal(fake_arg_count(c, 1), 1);
}

static void test_not_configured(void **state)
{
    struct world *w = *state;

    deliver_go(w->deliver);
    assert_non_null(await(w, "delivery_claim"));
    fake_answer(w->db, DB_DONE, row("mail"));
    expect_record(w, "retry", "not-configured");
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_non_null(await(w, "delivery_claim"));
    fake_answer(w->db, DB_DONE, row("webhook"));
    expect_record(w, "retry", "not-configured");
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_non_null(await(w, "delivery_claim"));
    fake_answer(w->db, DB_DONE, row("fax"));
    expect_record(w, "retry", "unknown-kind");
}

/* A file of credentials that somebody has only just created. */
static void test_empty_credentials(void **state)
{
    struct world *w = *state;
    char *path = xasprintf("%s/login", w->dir);
    struct err e;

    assert_true(file_write(path, "", 0, 0600, &e));
    w->settings.mail_server = "127.0.0.1:1";
    w->settings.mail_from = "duban@example.org";
    w->settings.mail_security = "tls";
    w->settings.mail_ca = "";
    w->settings.mail_credentials = path;
    deliver_go(w->deliver);
    assert_non_null(await(w, "delivery_claim"));
    struct db_result *r = row("mail");
    fake_text(r, 0, 4, "office@example.org");
    fake_answer(w->db, DB_DONE, r);
    expect_record(w, "retry", "credentials");
    free(path);
}

static void test_hooks(void **state)
{
    static const struct {
        const char *text, *outcome, *reason;
    } cases[] = {
        {"#!/bin/sh\ntest -s \"$1\" && test \"$DUBAN_CHANNEL $DUBAN_ATTEMPT\" = 'files 3'\n",
         "sent", "sent"},
        {"#!/bin/sh\nexit 75\n", "retry", "hook-exit-75"},
        {"#!/bin/sh\nexit 65\n", "dead", "hook-exit-65"},
        {"#!/bin/sh\nkill -9 $$\n", "retry", "hook-signal"},
        {"#!/bin/sh\nsleep 60\n", "retry", "hook-timeout"},
        {"#!/no/such/shell\n", "retry", "hook-exec"},
        /* more than a pipe holds: it waits until it is read, as any program expects */
        {"#!/bin/sh\nhead -c 300000 /dev/zero || exit 70\n", "sent", "sent"},
        /* and who never stops speaking is stopped */
        {"#!/bin/sh\nexec yes\n", "retry", "hook-timeout"},
    };
    struct world *w = *state;
    struct stat st;

    deliver_go(w->deliver);
    for (size_t i = 0; i < LEN(cases); i++) {
        hook(w, cases[i].text);
        assert_non_null(await(w, "delivery_claim"));
        fake_answer(w->db, DB_DONE, row("spool"));
        expect_record(w, cases[i].outcome, cases[i].reason);
        char *path = xasprintf("%s/files/new/" ID ".json", w->dir);
        assert_int_not_equal(stat(path, &st), 0); /* it was there for the hook only */
        free(path);
        fake_answer(w->db, DB_DONE, fake_result(1, 1));
        free(w->settings.hook_dir);
    }
    w->settings.hook_dir = w->dir;
}

static void test_leave(void **state)
{
    struct world *w = *state;

    deliver_go(w->deliver);
    assert_non_null(await(w, "delivery_claim"));
    assert_false(deliver_leave(w->deliver)); /* the answer may bring something */
    fake_answer(w->db, DB_DONE, row("spool"));
    expect_record(w, "sent", "spooled");
    assert_int_equal(w->idle, 0);
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_int_equal(w->idle, 1);
    assert_null(await(w, "delivery_claim"));
}

static void test_refused(void **state)
{
    struct world *w = *state;

    deliver_go(w->deliver);
    assert_non_null(await(w, "delivery_claim"));
    fake_answer(w->db, DB_FAILED, fake_error("42501", ""));
    assert_non_null(await(w, "delivery_claim")); /* the next second */
    struct db_result *r = row("spool");
    fake_text(r, 0, 0, "../../x");
    fake_answer(w->db, DB_DONE, r);
    assert_non_null(await(w, "delivery_claim")); /* what is not readable is left alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_spooled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_configured, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hooks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_credentials, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leave, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
