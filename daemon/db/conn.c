/* SPDX-License-Identifier: BSD-2-Clause */
/* Life of a connection: connect step by step, check, ready, lost, wait, again. One attempt at a
 * time, full jitter, so that a returning server is not met by all at once. The server is trusted;
 * the network between may vanish at any byte. */
#include "daemon/db/conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/conn_private.h"

#define BACKOFF_FIRST_US 200000
/* A daemon has a handful of connections: it may knock each second, and is back as soon as the
 * database is. With a cap of 30 s an outage lasted twice as long (bench/reporting_day.sh,
 * CHAOS=1). */
#define BACKOFF_MOST_US 1000000
#define CONNECT_TIMEOUT_S 10
#define UNIT_TIMEOUT_MS 30000

static void db_down(struct db *d, const char *why);
static void on_socket(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);

static void timer_set(struct db *d, int64_t us)
{
    struct timeval tv = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};

    evtimer_add(d->timer, &tv);
}

/* Full jitter: anything between nothing and the cap, which doubles with each failure. */
static int64_t backoff(int attempt)
{
    int64_t cap = BACKOFF_FIRST_US;
    uint32_t r = 0;

    for (int i = 0; i < attempt && cap < BACKOFF_MOST_US; i++)
        cap *= 2;
    if (cap > BACKOFF_MOST_US)
        cap = BACKOFF_MOST_US;
    if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
        r = (uint32_t)clock_mono();
    return 10000 + (int64_t)(r % (uint64_t)cap);
}

static void on_notice(void *arg, const PGresult *res)
{
    struct db *d = arg;
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

    if (severity == NULL || strcmp(severity, "WARNING") != 0)
        return;
    d->warned = true;
    log_limited(LOG_LEVEL_WARN, "db-warning", "database connection %s: server warns: %s", d->s.name,
                text != NULL ? text : "");
}

static void events_free(struct db *d)
{
    if (d->read != NULL)
        event_free(d->read);
    if (d->write != NULL)
        event_free(d->write);
    d->read = d->write = NULL;
}

/* libpq may change its socket at any step of connecting: events are made anew each time. */
static bool events_make(struct db *d, bool want_read, bool want_write)
{
    int fd = PQsocket(d->pg);

    events_free(d);
    if (fd < 0)
        return false;
    d->read = event_new(d->s.base, fd, EV_READ | EV_PERSIST, on_socket, d);
    d->write = event_new(d->s.base, fd, EV_WRITE, on_socket, d);
    if (d->read == NULL || d->write == NULL)
        return false;
    event_priority_set(d->read, 0); /* before clients, where the base knows priorities */
    event_priority_set(d->write, 0);
    if (want_read)
        event_add(d->read, NULL);
    if (want_write)
        event_add(d->write, NULL);
    return true;
}

static void options_text(const struct db *d, struct buf *out)
{
    buf_addf(out,
             "-c synchronous_commit=on -c search_path=pg_catalog,pg_temp "
             "-c idle_in_transaction_session_timeout=10000 -c lock_timeout=20000 "
             "-c statement_timeout=%d",
             d->s.statement_timeout_ms);
    /* who reads changes with each call, and the plan with him (sql/schema/029_policies.sql) */
    if (d->s.read_only)
        buf_add_str(out,
                    " -c default_transaction_read_only=on -c plan_cache_mode=force_custom_plan");
    if (d->s.generic_plans)
        buf_add_str(out, " -c plan_cache_mode=force_generic_plan");
}

static void db_connect(struct db *d)
{
    struct buf options = {0};
    /* what stands before dbname may be overridden by the configured text, what follows may not */
    const char *keys[] = {"keepalives_idle",
                          "keepalives_interval",
                          "keepalives_count",
                          "tcp_user_timeout",
                          "gssencmode",
                          "target_session_attrs",
                          "dbname",
                          "application_name",
                          "client_encoding",
                          "options",
                          "user",
                          NULL};
    const char *values[] = {"30",        "5",  "3",    "15000", "disable", "primary",
                            d->conninfo, NULL, "UTF8", NULL,    d->user,   NULL};
    char name[64] = "duband ";

    strncat(name, d->s.name, sizeof name - strlen(name) - 1);
    options_text(d, &options);
    values[7] = name;
    values[9] = options.data;
    memset(d->prepared, 0, sizeof d->prepared);
    d->warned = false;
    d->state = DB_STATE_CONNECTING;
    d->pg = PQconnectStartParams(keys, values, 1);
    buf_free(&options);
    if (d->pg == NULL || PQstatus(d->pg) == CONNECTION_BAD || !events_make(d, false, true)) {
        db_down(d, d->pg != NULL ? PQerrorMessage(d->pg) : "out of memory");
        return;
    }
    PQsetNoticeReceiver(d->pg, on_notice, d);
    timer_set(d, CONNECT_TIMEOUT_S * 1000000LL);
}

static void close_connection(struct db *d)
{
    events_free(d);
    evtimer_del(d->timer);
    PQfinish(d->pg);
    d->pg = NULL;
    d->state = DB_STATE_DOWN;
}

static void db_down(struct db *d, const char *why)
{
    bool was_ready = d->state == DB_STATE_READY;

    log_limited(LOG_LEVEL_WARN, "db-down", "database connection %s: %.300s", d->s.name, why);
    close_connection(d);
    timer_set(d, backoff(d->attempt++));
    pipeline_lose(d);
    if (was_ready && d->h.on_down != NULL)
        d->h.on_down(d->arg);
}

static void db_become_ready(struct db *d)
{
    d->state = DB_STATE_READY;
    d->attempt = 0;
    timer_set(d, 1000000);
    log_debug("database connection %s: ready", d->s.name);
    if (d->h.on_ready != NULL)
        d->h.on_ready(d->arg);
}

static void on_setup(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct db *d = arg;
    const char *commit = db_text(r, 0, 0);

    if (outcome == DB_LOST)
        return; /* db_down() is under way */
    if (outcome == DB_DONE && commit != NULL &&
        (strcmp(commit, "on") == 0 || strcmp(commit, "remote_apply") == 0)) {
        db_become_ready(d);
        return;
    }
    log_error("database connection %s: %s", d->s.name,
              outcome == DB_FAILED ? db_message(r)
                                   : "synchronous_commit is not on: nothing could be acknowledged");
    event_active(d->timer, EV_TIMEOUT, 0); /* closes it from the loop */
}

/* A listen connection does not use the pipeline: notifications come on their own. */
static bool send_listen(struct db *d)
{
    struct buf sql = {0};
    bool ok;

    for (const char *const *c = d->s.channels; *c != NULL; c++)
        buf_addf(&sql, "LISTEN %s;", *c);
    ok = PQsendQuery(d->pg, sql.data) == 1 && pipeline_flush(d);
    buf_free(&sql);
    return ok;
}

static void on_connected(struct db *d)
{
    bool ok = PQsetnonblocking(d->pg, 1) == 0 && events_make(d, true, false);

    d->state = DB_STATE_SETUP;
    if (!ok)
        db_down(d, PQerrorMessage(d->pg));
    else if (d->s.channels != NULL)
        ok = send_listen(d) || (db_down(d, PQerrorMessage(d->pg)), false);
    else if (PQenterPipelineMode(d->pg) == 0 || !pipeline_send_setup(d, on_setup, d))
        db_down(d, PQerrorMessage(d->pg));
}

static void step_connect(struct db *d)
{
    PostgresPollingStatusType p = PQconnectPoll(d->pg);

    if (p == PGRES_POLLING_OK)
        on_connected(d);
    else if (p == PGRES_POLLING_FAILED)
        db_down(d, PQerrorMessage(d->pg));
    else if (!events_make(d, p == PGRES_POLLING_READING, p == PGRES_POLLING_WRITING))
        db_down(d, "no event for its socket");
}

/* False: a LISTEN was refused. */
static bool read_listen_results(struct db *d)
{
    while (PQisBusy(d->pg) == 0) {
        PGresult *res = PQgetResult(d->pg);
        ExecStatusType status = PQresultStatus(res);

        if (res == NULL) {
            if (d->state == DB_STATE_SETUP)
                db_become_ready(d);
            return true;
        }
        PQclear(res);
        if (status != PGRES_COMMAND_OK)
            return false;
    }
    return true;
}

static void read_notifications(struct db *d)
{
    PGnotify *n;

    if (PQconsumeInput(d->pg) == 0 || PQstatus(d->pg) == CONNECTION_BAD ||
        !read_listen_results(d) || !pipeline_flush(d)) {
        db_down(d, PQerrorMessage(d->pg));
        return;
    }
    while ((n = PQnotifies(d->pg)) != NULL) {
        if (d->h.on_notify != NULL)
            d->h.on_notify(d->arg, n->relname, n->extra);
        PQfreemem(n);
    }
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct db *d = arg;
    const char *why;

    (void)fd;
    if (d->state == DB_STATE_CONNECTING)
        step_connect(d);
    else if (d->s.channels != NULL)
        read_notifications(d);
    else if ((what & EV_WRITE) != 0 && !pipeline_flush(d))
        db_down(d, PQerrorMessage(d->pg));
    /* also after writing: the manual wants input consumed while output waits */
    else if (!pipeline_read(d, &why))
        db_down(d, strcmp(why, "connection lost") == 0 ? PQerrorMessage(d->pg) : why);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct db *d = arg;
    int64_t most = d->s.unit_timeout_ms > 0 ? d->s.unit_timeout_ms : UNIT_TIMEOUT_MS;

    (void)fd;
    (void)what;
    if (d->state == DB_STATE_DOWN)
        db_connect(d);
    else if (d->state != DB_STATE_READY)
        db_down(d, "connecting took too long or its check failed");
    else if (d->head != NULL && clock_mono() - d->head->sent > most * 1000)
        db_down(d, "no answer in time");
    else
        timer_set(d, 1000000);
}

struct db *db_new(const struct db_settings *s, const struct db_handlers *h, void *arg)
{
    struct db *d = xcalloc(1, sizeof *d);

    d->s = *s;
    d->h = *h;
    d->arg = arg;
    d->conninfo = xstrdup(s->conninfo);
    d->user = s->user != NULL && s->user[0] != '\0' ? xstrdup(s->user) : NULL;
    d->tail = &d->head;
    d->timer = evtimer_new(s->base, on_timer, d);
    if (d->timer == NULL)
        abort();
    return d;
}

void db_start(struct db *d)
{
    if (d->state == DB_STATE_DOWN)
        timer_set(d, 0);
}

void db_free(struct db **d)
{
    if (*d == NULL)
        return;
    close_connection(*d);
    pipeline_lose(*d);
    pipeline_free(*d);
    event_free((*d)->timer);
    free((*d)->conninfo);
    free((*d)->user);
    free(*d);
    *d = NULL;
}

bool db_ready(const struct db *d)
{
    return d->state == DB_STATE_READY;
}

size_t db_pending(const struct db *d)
{
    return d->pending;
}
