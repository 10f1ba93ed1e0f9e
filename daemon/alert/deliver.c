/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "deliver". A job keeps its place on its channel until its end is recorded. */
#include "daemon/alert/deliver.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/alert/bundle.h"
#include "daemon/alert/mail.h"
#include "daemon/alert/outcome.h"
#include "daemon/alert/record.h"
#include "daemon/alert/spool.h"
#include "daemon/alert/transfer.h"
#include "daemon/alert/webhook.h"
#include "daemon/db/conn.h"
#include "daemon/settings.h"

#define SWEEP_SECONDS 60
#define LEASE_SPARE_S 15
#define JOBS_MAX 1024

enum job_state { JOB_SENDING, JOB_ENDED, JOB_RECORDING };

struct job {
    struct deliver *deliver;
    struct job *next;
    struct bundle *bundle;
    enum job_state state;
    struct transfer *transfer; /* while it is sending by libcurl */
    void (*judge)(const struct transfer_result *r, struct outcome *o);
    struct outcome outcome;
    int64_t started, took_ms;
};

struct deliver {
    const struct settings *settings;
    struct db *db;
    struct transfers *transfers;
    struct spool *spool;
    struct event *second, *now;
    struct job *first;
    size_t jobs;
    unsigned seconds;
    bool going, claiming, again, leaving;
    char by[100]; /* machine and process */
    deliver_idle idle;
    void *arg;
};

static void claim(struct deliver *d);

/* ---- ends ----------------------------------------------------------------------------------- */

static void job_free(struct job *j)
{
    struct deliver *d = j->deliver;

    for (struct job **at = &d->first; *at != NULL; at = &(*at)->next) {
        if (*at == j) {
            *at = j->next;
            break;
        }
    }
    d->jobs--;
    transfer_cancel(&j->transfer);
    bundle_free(&j->bundle);
    free(j);
    if (d->leaving && d->first == NULL && !d->claiming)
        d->idle(d->arg);
}

static void on_recorded(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct job *j = arg;
    struct deliver *d = j->deliver;

    if (outcome == DB_DONE) {
        job_free(j);
        deliver_hint(d);
        return;
    }
    if (outcome == DB_FAILED)
        log_limited(LOG_LEVEL_ERROR, "record", "a delivery cannot be recorded: %s %s",
                    db_sqlstate(r), db_message(r));
    j->state = JOB_ENDED; /* again with the next second */
}

static void job_record(struct job *j)
{
    struct deliver *d = j->deliver;

    j->state = JOB_RECORDING;
    if (!record_send(d->db, d->by, j->bundle->id, j->bundle->attempt, &j->outcome, j->took_ms,
                     on_recorded, j))
        j->state = JOB_ENDED;
}

static void job_end(struct job *j)
{
    static const char *const words[] = {
        [OUTCOME_SENT] = "sent", [OUTCOME_RETRY] = "retry", [OUTCOME_DEAD] = "dead"};

    j->took_ms = (clock_mono() - j->started) / 1000;
    log_info("delivery %s channel=%s outcome=%s reason=%s attempt=%d ms=%lld", j->bundle->id,
             j->bundle->channel, words[j->outcome.kind], j->outcome.reason, j->bundle->attempt,
             (long long)j->took_ms);
    job_record(j);
}

static void on_transferred(void *arg, const struct transfer_result *r)
{
    struct job *j = arg;

    j->transfer = NULL; /* it goes by itself */
    j->judge(r, &j->outcome);
    job_end(j);
}

static void on_spooled(void *arg, const struct outcome *o)
{
    struct job *j = arg;

    j->outcome = *o;
    job_end(j);
}

/* ---- beginnings ----------------------------------------------------------------------------- */

static void job_send(struct job *j)
{
    struct deliver *d = j->deliver;
    const struct bundle *b = j->bundle;
    bool started = false;

    j->started = clock_mono();
    j->outcome.kind = OUTCOME_RETRY;
    if (strcmp(b->kind, "mail") == 0) {
        j->transfer = mail_prepare(d->transfers, d->settings, b, &j->outcome);
        j->judge = mail_judge;
    } else if (strcmp(b->kind, "webhook") == 0) {
        j->transfer = webhook_prepare(d->transfers, d->settings, b, &j->outcome);
        j->judge = webhook_judge;
    } else if (strcmp(b->kind, "spool") == 0) {
        started = spool_start(d->spool, b, on_spooled, j, &j->outcome) != NULL;
    } else {
        outcome_set(&j->outcome, OUTCOME_RETRY, "unknown-kind", "");
    }
    if (j->transfer != NULL) {
        transfer_start(j->transfer, on_transferred, j);
        started = true;
    }
    if (!started)
        job_end(j);
}

static void take_row(struct deliver *d, struct db_result *r, int row)
{
    struct bundle *b = bundle_new(db_text(r, row, 0), db_text(r, row, 2), db_text(r, row, 3),
                                  db_text(r, row, 4), (int)db_int8(r, row, 1), db_text(r, row, 5));

    if (b == NULL) { /* its lease runs out; nothing of the kind is ever written */
        log_limited(LOG_LEVEL_ERROR, "bundle", "a delivery is not readable");
        return;
    }
    struct job *j = xcalloc(1, sizeof *j);
    j->deliver = d;
    j->bundle = b;
    j->next = d->first;
    d->first = j;
    d->jobs++;
    job_send(j);
}

static void on_claimed(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct deliver *d = arg;

    d->claiming = false;
    if (outcome == DB_FAILED)
        log_limited(LOG_LEVEL_ERROR, "claim", "deliveries cannot be claimed: %s %s", db_sqlstate(r),
                    db_message(r));
    for (int i = 0; outcome == DB_DONE && i < db_rows(r); i++)
        take_row(d, r, i);
    if (d->leaving && d->first == NULL)
        d->idle(d->arg);
    else if (d->again && outcome == DB_DONE)
        deliver_hint(d);
    d->again = false;
}

static int32_t lease_seconds(const struct settings *s)
{
    long most = s->delivery_timeout > s->hook_timeout ? s->delivery_timeout : s->hook_timeout;

    return (int32_t)most + LEASE_SPARE_S;
}

static void claim(struct deliver *d)
{
    struct db_args a = {0};
    struct array busy = {0};

    if (!d->going || d->leaving || d->db == NULL || !db_ready(d->db) || d->jobs >= JOBS_MAX)
        return;
    if (d->claiming) {
        d->again = true;
        return;
    }
    array_begin(&busy, ARRAY_TEXT);
    for (const struct job *j = d->first; j != NULL; j = j->next)
        array_add_text(&busy, j->bundle->channel);
    array_end(&busy);
    db_args_text(&a, d->by);
    db_args_array(&a, &busy);
    db_args_int4(&a, (int32_t)d->settings->delivery_parallel);
    db_args_int4(&a, lease_seconds(d->settings));
    db_args_int4(&a, (int32_t)d->settings->delivery_days);
    db_args_text(&a, d->settings->zone);
    d->claiming = db_call(d->db, "delivery_claim", &a, on_claimed, d);
    array_free(&busy);
}

/* ---- time ----------------------------------------------------------------------------------- */

static void on_swept(void *arg, enum db_outcome outcome, struct db_result *r)
{
    (void)arg;
    if (outcome == DB_FAILED)
        log_limited(LOG_LEVEL_ERROR, "sweep", "deliveries cannot be swept: %s %s", db_sqlstate(r),
                    db_message(r));
    else if (outcome == DB_DONE && db_int8(r, 0, 0) > 0)
        log_info("deliveries open again count=%lld", (long long)db_int8(r, 0, 0));
}

static void on_second(evutil_socket_t fd, short what, void *arg)
{
    struct deliver *d = arg;
    struct db_args none = {0};

    (void)fd;
    (void)what;
    for (struct job *j = d->first; j != NULL; j = j->next)
        if (j->state == JOB_ENDED)
            job_record(j);
    if (d->going && !d->leaving && d->db != NULL && db_ready(d->db) &&
        d->seconds++ % SWEEP_SECONDS == 0)
        db_call(d->db, "delivery_sweep", &none, on_swept, d);
    claim(d);
}

static void on_now(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    claim(arg);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void name_self(struct deliver *d)
{
    char host[64] = "";

    gethostname(host, sizeof host - 1);
    snprintf(d->by, sizeof d->by, "%s/%ld", host, (long)getpid());
}

struct deliver *deliver_new(struct event_base *base, const struct settings *s, deliver_idle idle,
                            void *arg)
{
    const struct timeval second = {1, 0};
    struct deliver *d = xcalloc(1, sizeof *d);

    d->settings = s;
    d->idle = idle;
    d->arg = arg;
    d->transfers = transfers_new(base);
    d->spool = spool_new(base, s);
    d->second = event_new(base, -1, EV_PERSIST, on_second, d);
    d->now = evtimer_new(base, on_now, d);
    if (d->transfers == NULL || d->second == NULL || d->now == NULL)
        abort();
    name_self(d);
    event_add(d->second, &second);
    return d;
}

void deliver_set_db(struct deliver *d, struct db *db)
{
    d->db = db;
}

void deliver_free(struct deliver **dp)
{
    struct deliver *d = *dp;

    *dp = NULL;
    if (d == NULL)
        return;
    d->leaving = false; /* nobody is told any more */
    spool_free(&d->spool);
    while (d->first != NULL)
        job_free(d->first);
    transfers_free(&d->transfers);
    event_free(d->second);
    event_free(d->now);
    free(d);
}

void deliver_go(struct deliver *d)
{
    d->going = true;
    deliver_hint(d);
}

void deliver_hint(struct deliver *d)
{
    const struct timeval at_once = {0, 0};

    evtimer_add(d->now, &at_once);
}

bool deliver_leave(struct deliver *d)
{
    d->leaving = true;
    return d->first == NULL && !d->claiming;
}
