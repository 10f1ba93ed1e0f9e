/* SPDX-License-Identifier: BSD-2-Clause */
/* Units in flight, with libpq's side of the pipeline played by the test: whose turn it is, and from
 * when its time counts. */
#include "unit.h"

#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/db/conn_private.h"

static PGresult *script[8];
static size_t scripted, played;

/* What pipeline.c calls; the rest is libpq's own. */
int PQsendQueryPrepared(PGconn *c, const char *name, int n, const char *const *values,
                        const int *lengths, const int *formats, int format)
{
    (void)c, (void)name, (void)n, (void)values, (void)lengths, (void)formats, (void)format;
    return 1;
}

int PQpipelineSync(PGconn *c)
{
    (void)c;
    return 1;
}

int PQflush(PGconn *c)
{
    (void)c;
    return 0;
}

int PQconsumeInput(PGconn *c)
{
    (void)c;
    return 1;
}

int PQisBusy(PGconn *c)
{
    (void)c;
    return played == scripted;
}

PGresult *PQgetResult(PGconn *c)
{
    (void)c;
    return script[played++];
}

ConnStatusType PQstatus(const PGconn *c)
{
    (void)c;
    return CONNECTION_OK;
}

static unsigned done;

static void on_done(void *arg, enum db_outcome outcome, struct db_result *r)
{
    (void)arg;
    (void)r;
    done += outcome == DB_DONE;
}

static void arrives(ExecStatusType status)
{
    script[scripted++] = PQmakeEmptyPGresult(NULL, status);
    if (status != PGRES_PIPELINE_SYNC)
        script[scripted++] = NULL;
}

/* The server works on one unit at a time: the time that others took before is not a unit's own, or
 * a few slow questions would end the connection for all who wait behind them. */
static void test_own_time(void **state)
{
    struct db d = {.state = DB_STATE_READY};
    struct db_args none = {0};
    const char *why;

    (void)state;
    d.tail = &d.head;
    memset(d.prepared, true, sizeof d.prepared);
    assert_true(db_call(&d, "head", &none, on_done, NULL));
    assert_true(db_call(&d, "head", &none, on_done, NULL));
    usleep(20000);
    int64_t now = clock_mono();
    arrives(PGRES_TUPLES_OK);
    arrives(PGRES_PIPELINE_SYNC);
    assert_true(pipeline_read(&d, &why));
    assert_int_equal(done, 1);
    assert_non_null(d.head);
    assert_true(d.head->sent >= now);
    arrives(PGRES_TUPLES_OK);
    arrives(PGRES_PIPELINE_SYNC);
    assert_true(pipeline_read(&d, &why));
    assert_int_equal(done, 2);
    assert_null(d.head);
    pipeline_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_own_time)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
