/* SPDX-License-Identifier: BSD-2-Clause */
/* The alerter: materialise → raise → due, wired. One thing at a time on one connection. An item
 * that falls due while obligations are made does not wait for the rest of them. Beside it, on a
 * connection of its own: deliver → record. */
#include "daemon/alert/alerter.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/alert/deliver.h"
#include "daemon/alert/due.h"
#include "daemon/alert/materialise.h"
#include "daemon/alert/raise.h"
#include "daemon/child.h"
#include "daemon/db/conn.h"
#include "daemon/settings.h"

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MOST_MS 30000

enum alerter_state {
    ALERTER_DOWN,     /* no connection, or not yet known to be the right database */
    ALERTER_SLEEPING, /* due has the word */
    ALERTER_MAKING,
    ALERTER_RAISING
};

struct alerter {
    struct child *child;
    struct db *db, *listen_db, *deliver_db;
    struct due *due;
    struct raise *raise;
    struct materialise *materialise;
    struct deliver *deliver;
    enum alerter_state state;
    bool more_to_make; /* raise was put between two slices */
    bool hint;         /* something changed while we worked */
    bool leaving;
    int64_t backoff_ms;
};

static const char *const channels[] = {"duban_agenda", "duban_registry", "duban_delivery", NULL};

static bool may_go_on(struct alerter *a)
{
    if (!a->leaving)
        return true;
    a->state = ALERTER_DOWN;
    due_stop(a->due);
    if (deliver_leave(a->deliver))
        child_leave(a->child, 0);
    return false;
}

/* What was on its way when we were asked to leave has arrived. */
static void on_idle(void *arg)
{
    struct alerter *a = arg;

    if (a->leaving && a->state == ALERTER_DOWN)
        child_leave(a->child, 0);
}

static void start_making(struct alerter *a)
{
    a->state = ALERTER_MAKING;
    a->hint = false;
    due_stop(a->due);
    materialise_slice(a->materialise);
}

static void start_raising(struct alerter *a, bool sure)
{
    a->state = ALERTER_RAISING;
    due_stop(a->due);
    raise_run(a->raise, sure);
}

/* An error of the database: not again at once. When the connection is lost, on_ready goes on. */
static void back_off(struct alerter *a)
{
    a->more_to_make = false;
    if (!db_ready(a->db)) {
        a->state = ALERTER_DOWN;
        return;
    }
    a->backoff_ms = a->backoff_ms == 0 ? BACKOFF_FIRST_MS : a->backoff_ms * 2;
    if (a->backoff_ms > BACKOFF_MOST_MS)
        a->backoff_ms = BACKOFF_MOST_MS;
    a->state = ALERTER_SLEEPING;
    due_after(a->due, a->backoff_ms);
}

static void on_made(void *arg, bool ok, int64_t made, int64_t pending)
{
    struct alerter *a = arg;

    if (a->state != ALERTER_MAKING || !may_go_on(a))
        return;
    if (made > 0)
        log_debug("%lld obligations made", (long long)made);
    if (!ok) {
        /* alerts that exist must not wait for obligations that cannot be made */
        a->more_to_make = false;
        start_raising(a, false);
    } else if (pending > 0 && made > 0 && !due_passed(a->due)) {
        start_making(a);
    } else {
        a->more_to_make = pending > 0 && made > 0;
        start_raising(a, false);
    }
}

static void on_raised(void *arg, bool ok, int64_t raised, int64_t next_us)
{
    struct alerter *a = arg;

    if (a->state != ALERTER_RAISING || !may_go_on(a))
        return;
    if (raised > 0)
        log_info("raised items=%lld", (long long)raised);
    if (!ok) {
        back_off(a);
        return;
    }
    a->backoff_ms = 0;
    due_wait(a->due, next_us);
    if (a->more_to_make || a->hint) {
        a->more_to_make = false;
        start_making(a);
        return;
    }
    a->state = ALERTER_SLEEPING;
}

static void on_due(void *arg)
{
    struct alerter *a = arg;

    if (a->state == ALERTER_SLEEPING && may_go_on(a))
        start_raising(a, true);
}

static void on_poll(void *arg)
{
    struct alerter *a = arg;

    if (a->state == ALERTER_SLEEPING && may_go_on(a))
        start_making(a);
}

/* ---- connections ---------------------------------------------------------------------------- */

static void on_generation(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct alerter *a = arg;
    const struct settings *s = a->child->settings;
    const char *origin = db_text(r, 0, 2);

    if (a->leaving)
        return;
    if (outcome != DB_DONE || origin == NULL) { /* no genesis yet: look again */
        if (outcome != DB_LOST) {
            a->state = ALERTER_DOWN;
            due_after(a->due, 1000);
        }
        return;
    }
    if (strcmp(origin, s->origin) != 0 || (db_bool(r, 0, 3) && !s->test_clock)) {
        log_error("this is the database of %s%s: not the configured one, or --test-clock is "
                  "missing",
                  origin, db_bool(r, 0, 3) ? ", a test database" : "");
        child_leave(a->child, 1);
        return;
    }
    deliver_go(a->deliver);
    start_making(a);
}

static void ask_generation(struct alerter *a)
{
    struct db_args none = {0};

    a->state = ALERTER_DOWN;
    db_call(a->db, "generation", &none, on_generation, a);
}

/* Also when the log had not begun at the last look. */
static void on_due_or_begin(void *arg)
{
    struct alerter *a = arg;

    if (a->state == ALERTER_DOWN && db_ready(a->db))
        ask_generation(a);
    else
        on_due(a);
}

static void on_poll_or_begin(void *arg)
{
    struct alerter *a = arg;

    if (a->state == ALERTER_DOWN && db_ready(a->db))
        ask_generation(a);
    else
        on_poll(a);
}

static void on_ready(void *arg)
{
    struct alerter *a = arg;

    a->backoff_ms = 0;
    ask_generation(a);
}

static void on_down(void *arg)
{
    struct alerter *a = arg;

    a->state = ALERTER_DOWN;
    due_stop(a->due);
    may_go_on(a);
}

static void hint(struct alerter *a)
{
    if (a->state == ALERTER_SLEEPING && a->backoff_ms == 0)
        due_hint(a->due);
    else
        a->hint = true;
}

static void on_notify(void *arg, const char *channel, const char *payload)
{
    struct alerter *a = arg;

    (void)payload;
    if (strcmp(channel, "duban_delivery") == 0)
        deliver_hint(a->deliver);
    else
        hint(a);
}

static void on_listen_ready(void *arg)
{
    hint(arg);
}

static void on_deliver_ready(void *arg)
{
    struct alerter *a = arg;

    deliver_hint(a->deliver);
}

static void make_connections(struct alerter *a)
{
    const struct settings *s = a->child->settings;
    struct db_settings d = {.base = a->child->base,
                            .conninfo = s->database,
                            .user = s->alerter_user,
                            .name = "alert",
                            .unit_timeout_ms = 120000};
    struct db_handlers work = {.on_ready = on_ready, .on_down = on_down};
    struct db_handlers listen = {.on_ready = on_listen_ready, .on_notify = on_notify};
    struct db_handlers deliver = {.on_ready = on_deliver_ready};

    a->db = db_new(&d, &work, a);
    d.name = "alert-listen";
    d.channels = channels;
    a->listen_db = db_new(&d, &listen, a);
    d.name = "deliver";
    d.channels = NULL;
    a->deliver_db = db_new(&d, &deliver, a);
    raise_set_db(a->raise, a->db);
    raise_set_blind(a->raise, s->blind_after, s->drain);
    deliver_set_db(a->deliver, a->deliver_db);
    materialise_set_db(a->materialise, a->db);
    db_start(a->db);
    db_start(a->listen_db);
    db_start(a->deliver_db);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void on_drain(struct child *c)
{
    struct alerter *a = c->role;

    a->leaving = true;
    deliver_leave(a->deliver); /* nothing more is claimed */
    if (a->state == ALERTER_DOWN || a->state == ALERTER_SLEEPING)
        may_go_on(a);
}

bool alerter_start(struct child *c, struct err *e)
{
    struct due_ops ops = {.on_due = on_due_or_begin, .on_poll = on_poll_or_begin};
    struct alerter *a = xcalloc(1, sizeof *a);

    (void)e;
    a->child = c;
    c->role = a;
    a->due = due_new(c->base, &ops, a);
    a->raise = raise_new(on_raised, a);
    a->materialise = materialise_new(on_made, a);
    a->deliver = deliver_new(c->base, c->settings, on_idle, a);
    make_connections(a);
    c->on_drain = on_drain;
    return true;
}

void alerter_stop(struct child *c)
{
    struct alerter *a = c->role;

    c->role = NULL;
    if (a == NULL)
        return;
    a->state = ALERTER_DOWN; /* what comes back lost is not gone on with */
    a->leaving = true;
    db_free(&a->db);
    db_free(&a->listen_db);
    db_free(&a->deliver_db);
    due_free(&a->due);
    raise_free(&a->raise);
    materialise_free(&a->materialise);
    deliver_free(&a->deliver);
    free(a);
}
