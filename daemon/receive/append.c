/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "append". One writer: everything that changes the state of a batch is in this file and
 * append_slow.c. An acknowledgement is never more than a consequence of on_recorded(); whatever is
 * not certain is told as "unknown". */
#include "daemon/receive/append.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/receive/append_private.h"

#define QUEUE_MOST 4096
/* an append costs as much as 8 statements: from here on that hardly counts */
#define BATCH_WORTH 32
#define QUEUE_BYTES_MOST ((size_t)64 * 1024 * 1024)
#define PATIENCE_US 2000
#define HEADS_US                                                                                   \
    50000 /* a signed head is stored within: one row for each batch costs a twentieth of it */

static void on_answer(void *arg, enum db_outcome outcome, struct db_result *r);

static bool full(const struct append *a)
{
    return a->queue.len >= QUEUE_MOST || a->queue.bytes >= QUEUE_BYTES_MOST;
}

static void room(struct append *a)
{
    if (!a->was_full || full(a))
        return;
    a->was_full = false;
    a->ops.on_room(a->arg);
}

static void refuse(struct append *a, struct submission *s, const char *code, const char *text)
{
    struct problem p;

    problem_set(&p, code, "%s", text);
    a->ops.on_refused(a->arg, s, &p);
}

static void batch_done(struct append *a)
{
    a->batch->n = 0; /* its statements have gone elsewhere */
    batch_free(&a->batch, NULL);
    a->tries = 0;
    a->state = APPEND_IDLE;
    append_kick(a);
}

void append_refuse_batch(struct append *a, const char *code, const char *text)
{
    struct batch *b = a->batch;

    for (size_t i = 0; i < b->n; i++)
        refuse(a, b->statement[i], code, text);
    batch_done(a);
}

void append_put_back(struct append *a)
{
    struct submission_list front;

    submission_list_init(&front);
    for (size_t i = 0; i < a->batch->n; i++)
        submission_list_add(&front, a->batch->statement[i]);
    submission_list_prepend(&a->queue, &front);
    batch_done(a);
}

/* Statements whose place is taken for sure do not disturb a batch. */
static bool out_of_place(struct append *a, struct submission *s)
{
    const struct chains_end *e = chains_get(&a->chains, s->key_row);

    if (e == NULL || s->st->seq > e->seq)
        return false;
    problem_sequence(&s->refusal, e->seq + 1, e->id);
    return true;
}

/* ---- building ------------------------------------------------------------------------------- */

/* May s follow what is in the batch already? The database checks the first of each key. */
static bool chains_on(struct append *a, const struct submission *s)
{
    const struct chains_end *e = chains_get(&a->within, s->key_row);

    return e == NULL || (s->st->seq == e->seq + 1 && memcmp(s->st->prev, e->id, DIGEST_SIZE) == 0);
}

static struct batch *build(struct append *a)
{
    struct submission_list later;
    struct batch *b = batch_new();
    size_t reports = 0, bytes = 0;
    size_t most = a->alone > 0 ? 1 : BATCH_STATEMENTS_MAX;

    submission_list_init(&later);
    chains_clear(&a->within);
    while (a->queue.head != NULL && b->n < most) {
        struct submission *s = a->queue.head;

        if (b->n > 0 &&
            (s->kind != STATEMENT_REPORT || reports + s->st->reports_len > BATCH_REPORTS_MAX ||
             bytes + s->dsse.payload.len > BATCH_BYTES_MAX))
            break;
        submission_list_take(&a->queue);
        if (out_of_place(a, s)) { /* recorded since it came: sent twice */
            a->ops.on_lookup(a->arg, s);
            continue;
        }
        if (!chains_on(a, s)) {
            submission_list_add(&later, s);
            continue;
        }
        chains_put(&a->within, s->key_row, s->st->seq, s->id);
        b->statement[b->n++] = s;
        reports += s->st->reports_len;
        bytes += s->dsse.payload.len;
        b->act = s->kind != STATEMENT_REPORT;
        if (b->act)
            break;
    }
    submission_list_prepend(&a->queue, &later);
    return b;
}

/* ---- sending -------------------------------------------------------------------------------- */

static void add_common(struct append *a, struct db_args *args)
{
    db_args_int8(args, a->registry);
    if (a->base_mono == 0)
        db_args_null(args);
    else
        db_args_time(args, a->base_real + (clock_mono() - a->base_mono));
    array_begin(&a->head_size, ARRAY_INT8);
    array_begin(&a->head_note, ARRAY_TEXT);
    a->heads_taken = a->heads_waiting && (a->heads_due || a->heads_urgent);
    if (a->heads_taken)
        a->ops.heads(a->arg, &a->head_size, &a->head_note);
    array_end(&a->head_size);
    array_end(&a->head_note);
    db_args_array(args, &a->head_size);
    db_args_array(args, &a->head_note);
}

static bool send_reports(struct append *a)
{
    struct db_args args = {0};

    if (!batch_arrays_fill(a->arrays, a->batch->statement, a->batch->n, a->registry, a->offset))
        return false;
    add_common(a, &args);
    batch_arrays_args(a->arrays, &args);
    return db_call(a->db, "append", &args, on_answer, a);
}

static bool send_act(struct append *a)
{
    const struct submission *s = a->batch->statement[0];
    struct db_args args = {0};

    add_common(a, &args);
    db_args_int8(&args, s->key_row);
    db_args_int8(&args, s->st->seq);
    db_args_bytes(&args, s->st->prev, DIGEST_SIZE);
    db_args_bytes(&args, s->id, DIGEST_SIZE);
    db_args_text(&args, s->dsse.type);
    db_args_bytes(&args, s->dsse.payload.data, s->dsse.payload.len);
    db_args_bytes(&args, s->dsse.sig, s->dsse.sig_len);
    buf_clear(&a->tail);
    batch_arrays_tail(s, a->registry, a->offset, &a->tail);
    db_args_text(&args, a->tail.data);
    return db_call(a->db, "append_act", &args, on_answer, a);
}

void append_send(struct append *a)
{
    a->state = APPEND_SENT;
    a->sent = clock_mono();
    if (a->batch->act ? send_act(a) : send_reports(a))
        return;
    a->heads_taken = false;
    append_refuse_batch(a, "busy", _("The database cannot be reached at the moment."));
}

static bool may_send(const struct append *a)
{
    return a->state == APPEND_IDLE && a->db != NULL && db_ready(a->db) && a->registry >= 0;
}

static void on_heads_stored(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct append *a = arg;

    if (outcome == DB_FAILED)
        log_limited(LOG_LEVEL_ERROR, "heads", "signed heads cannot be stored: %s", db_message(r));
    a->heads_taken = false;
    a->heads_waiting = outcome != DB_DONE;
    a->ops.on_heads(a->arg, outcome == DB_DONE);
    a->state = APPEND_IDLE;
    append_kick(a);
}

static void store_heads(struct append *a)
{
    struct db_args args = {0};

    array_begin(&a->head_size, ARRAY_INT8);
    array_begin(&a->head_note, ARRAY_TEXT);
    a->ops.heads(a->arg, &a->head_size, &a->head_note);
    if (!array_end(&a->head_size) || !array_end(&a->head_note))
        return;
    db_args_array(&args, &a->head_size);
    db_args_array(&args, &a->head_note);
    a->heads_urgent = a->heads_due = false;
    if (db_call(a->db, "seal", &args, on_heads_stored, a)) {
        a->heads_taken = true;
        a->state = APPEND_HEADS;
    }
}

static void heads_later(struct append *a)
{
    struct timeval tv = {.tv_usec = HEADS_US};

    if (a->heads_waiting && !evtimer_pending(a->heads, NULL))
        evtimer_add(a->heads, &tv);
}

/* Not a window: only while clients whose bytes are here are still being read. */
static bool worth_waiting(struct append *a)
{
    int64_t now;

    if (a->queue.len == 0 || a->queue.len >= BATCH_WORTH || a->ops.more == NULL ||
        !a->ops.more(a->arg))
        return false;
    now = clock_mono();
    if (a->waits_since == 0)
        a->waits_since = now;
    return now - a->waits_since < PATIENCE_US;
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
    struct append *a = arg;

    (void)fd;
    (void)what;
    room(a); /* whatever made it, a registry that refuses those who wait included */
    if (!may_send(a))
        return;
    if (worth_waiting(a)) {
        event_active(a->kick, EV_TIMEOUT, 0);
        return;
    }
    if (a->queue.head == NULL) {
        if (a->heads_waiting && (a->heads_urgent || a->heads_due))
            store_heads(a);
        else
            heads_later(a);
        return;
    }
    a->waits_since = 0;
    a->batch = build(a);
    if (a->batch->n == 0) { /* all were looked up */
        batch_done(a);
        return;
    }
    if (a->alone > 0)
        a->alone--;
    append_send(a);
    room(a);
}

static void on_heads_timer(evutil_socket_t fd, short what, void *arg)
{
    struct append *a = arg;

    (void)fd;
    (void)what;
    a->heads_due = a->heads_waiting;
    if (may_send(a) && a->queue.head == NULL && a->heads_waiting)
        store_heads(a);
}

void append_kick(struct append *a)
{
    event_active(a->queue.len >= BATCH_WORTH ? a->full : a->kick, EV_TIMEOUT, 0);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void recorded(struct append *a, struct db_result *r)
{
    struct batch *b = a->batch;
    bool registry = b->act && b->statement[0]->kind == STATEMENT_REGISTRY;

    if (!batch_take_result(b, r)) {
        log_error("append answered with something that is not in its contract");
        append_refuse_batch(a, "unknown", _("The outcome is not known: send the statement again."));
        return;
    }
    for (size_t i = 0; i < b->n; i++)
        chains_put(&a->chains, b->statement[i]->key_row, b->statement[i]->st->seq,
                   b->statement[i]->id);
    a->figures.batches++;
    a->figures.statements += b->n;
    a->figures.micros += (uint64_t)(clock_mono() - a->sent);
    if (!b->act) { /* the offset is surely that of our registry: not so after a clock statement */
        a->base_real = db_time(r, 0, 0) - a->offset;
        a->base_mono = clock_mono();
    }
    if (a->heads_taken) {
        a->heads_taken = a->heads_waiting = a->heads_urgent = a->heads_due = false;
        a->ops.on_heads(a->arg, true);
    }
    a->batch = NULL;
    a->tries = 0;
    a->state = registry ? APPEND_STALE : APPEND_IDLE;
    if (registry)
        a->ops.on_stale(a->arg);
    append_kick(a);
    a->ops.on_recorded(a->arg, b);
}

static void failed(struct append *a, struct db_result *r)
{
    const char *state = db_sqlstate(r);

    if (strcmp(state, "DB001") == 0) {
        a->figures.slow++;
        append_slow(a);
    } else if (strcmp(state, "DB002") == 0) {
        append_rate(a, db_detail(r));
    } else if (strcmp(state, "DB003") == 0) {
        log_limited(LOG_LEVEL_ERROR, "clock", "the database's clock jumped: %s", db_message(r));
        append_refuse_batch(a, "clock",
                            _("The server's clock is in doubt: an operator must look."));
    } else if (strcmp(state, "DB004") == 0) {
        append_put_back(a);
        a->state = APPEND_STALE;
        a->ops.on_stale(a->arg);
    } else if (strcmp(state, "DB005") == 0) {
        append_refuse_batch(a, "key",
                            _("Only an operator's key may sign statements of this kind."));
    } else if (db_server_trouble(r)) { /* trying single statements is of no use */
        log_limited(LOG_LEVEL_ERROR, "append", "append failed: %s %s", state, db_message(r));
        append_refuse_batch(a, "busy", _("The database cannot take statements at the moment."));
    } else if (a->batch->n > 1) {
        log_limited(LOG_LEVEL_ERROR, "append", "append failed, trying one by one: %s %s", state,
                    db_message(r));
        a->alone = a->batch->n;
        append_put_back(a);
    } else {
        log_limited(LOG_LEVEL_ERROR, "append", "append failed: %s %s", state, db_message(r));
        append_refuse_batch(a, "internal",
                            _("The server could not record this statement; nothing was stored."));
    }
}

static void on_answer(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct append *a = arg;

    if (outcome == DB_DONE) {
        recorded(a, r);
        return;
    }
    if (a->heads_taken) {
        a->heads_taken = false;
        a->ops.on_heads(a->arg, false);
    }
    if (outcome == DB_FAILED) {
        failed(a, r);
        return;
    }
    a->figures.lost += a->batch->n;
    append_refuse_batch(a, "unknown",
                        _("The connection to the database broke: the outcome is not known. Send "
                          "the same statement again."));
}

/* ---- outside -------------------------------------------------------------------------------- */

struct append *append_new(struct event_base *base, const struct append_ops *ops, void *arg)
{
    struct append *a = xcalloc(1, sizeof *a);

    a->ops = *ops;
    a->arg = arg;
    a->registry = -1;
    submission_list_init(&a->queue);
    a->arrays = batch_arrays_new();
    a->kick = event_new(base, -1, 0, on_kick, a);
    a->full = event_new(base, -1, 0, on_kick, a);
    a->heads = evtimer_new(base, on_heads_timer, a);
    if (a->kick == NULL || a->full == NULL || a->heads == NULL)
        abort();
    event_priority_set(a->full, 0);
    return a;
}

void append_set_db(struct append *a, struct db *d)
{
    a->db = d;
}

void append_ready(struct append *a)
{
    append_kick(a);
}

/* What is queued was not sent: it is told so at once, rather than kept while nobody knows until
 * when. */
void append_down(struct append *a)
{
    struct submission *s;

    while ((s = submission_list_take(&a->queue)) != NULL)
        refuse(a, s, "busy", _("The database cannot be reached at the moment."));
    a->alone = 0;
    room(a);
}

void append_free(struct append **ap)
{
    struct append *a = *ap;

    *ap = NULL;
    if (a == NULL)
        return;
    a->was_full = false; /* who would hear of it may be gone */
    append_down(a);
    batch_arrays_free(&a->arrays);
    array_free(&a->head_size);
    array_free(&a->head_note);
    buf_free(&a->tail);
    chains_free(&a->chains);
    chains_free(&a->within);
    event_free(a->kick);
    event_free(a->full);
    event_free(a->heads);
    free(a);
}

const char *append_closed(const struct append *a)
{
    if (a->closed != NULL)
        return a->closed;
    return a->db == NULL || !db_ready(a->db) || a->registry < 0 ? "busy" : NULL;
}

bool append_full(struct append *a)
{
    a->was_full = a->was_full || full(a);
    return full(a);
}

void append_add(struct append *a, struct submission *s)
{
    if (out_of_place(a, s)) {
        a->ops.on_lookup(a->arg, s);
        return;
    }
    submission_list_add(&a->queue, s);
    append_kick(a);
}

void append_close(struct append *a, const char *code)
{
    struct submission *s;

    a->closed = code;
    while (code != NULL && (s = submission_list_take(&a->queue)) != NULL)
        refuse(a, s, code,
               _("This server takes no statements at the moment: an operator must "
                 "look."));
    room(a);
}

void append_registry(struct append *a, int64_t registry, int64_t offset_us)
{
    struct submission_list waiting = a->queue;
    struct submission *s;

    if (waiting.head == NULL)
        submission_list_init(&waiting);
    submission_list_init(&a->queue);
    a->registry = registry;
    a->offset = offset_us;
    while ((s = submission_list_take(&waiting)) != NULL) {
        switch (a->ops.allowed(a->arg, s, &s->refusal)) {
        case VERIFY_GOOD:
            submission_list_add(&a->queue, s);
            break;
        case VERIFY_UNLESS_KNOWN:
            a->ops.on_lookup(a->arg, s);
            break;
        case VERIFY_REFUSED:
            a->ops.on_refused(a->arg, s, &s->refusal);
            break;
        }
    }
    if (a->state == APPEND_STALE)
        a->state = APPEND_IDLE;
    append_kick(a);
}

void append_heads(struct append *a, bool urgent)
{
    a->heads_waiting = true;
    a->heads_urgent = a->heads_urgent || urgent;
    if (urgent)
        append_kick(a);
    else
        heads_later(a);
}

bool append_idle(const struct append *a)
{
    return a->queue.head == NULL && a->batch == NULL && a->state != APPEND_HEADS;
}

const struct append_figures *append_figures(struct append *a)
{
    a->figures.waiting = a->queue.len;
    return &a->figures;
}
