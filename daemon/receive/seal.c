/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "seal": the requests to the signer. The signer is trusted with the log's past; the database
 * is not trusted to agree with it. */
#include "daemon/receive/seal.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/array.h"
#include "daemon/link.h"
#include "daemon/receive/seal_private.h"

#define PATIENT_US 300
#define UNSEALED_US 10000000 /* after this the sender is told to ask again */

void seal_batch(struct seal *s, struct batch *b)
{
    struct seal_job *j = xcalloc(1, sizeof *j);

    merkle_range_root(batch_range(b), j->root);
    j->batch = b;
    j->old_size = j->asked_old = b->old.size;
    j->new_size = j->asked_new = batch_new_size(b);
    j->leaf = b->leaf;
    seal_job_add(s, j);
    seal_job_send(j);
}

/* ---- answers -------------------------------------------------------------------------------- */

static struct seal_job *find(struct seal *s, const struct sign_answer *a)
{
    for (struct seal_job *j = s->jobs; j != NULL; j = j->next)
        if (j->state == JOB_ASKED && j->asked_old == a->old_size && j->asked_new == a->new_size)
            return j;
    return NULL;
}

/* The signer is beyond this batch: another receiver was quicker. The database must know that head's
 * entries, or it has lost some. */
static void on_head_checked(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct seal_job *j = arg;

    if (outcome != DB_DONE || db_rows(r) != 1) {
        seal_job_unsealed(j);
    } else if ((uint64_t)db_int8(r, 0, 0) < j->head_size) {
        seal_check(j->seal);
        seal_job_unsealed(j);
    } else {
        char *note = j->head_note;

        j->head_note = NULL;
        seal_job_sealed(j, j->head_size, note, j->head_note_len);
        free(note);
    }
}

/* Root in the third line of a checkpoint that our own signer made. */
static bool note_root(const char *note, uint8_t root[DIGEST_SIZE])
{
    const char *line = strchr(note, '\n');
    const char *end;
    struct buf bytes = {0};
    bool ok;

    line = line != NULL ? strchr(line + 1, '\n') : NULL;
    end = line != NULL ? strchr(line + 1, '\n') : NULL;
    ok = end != NULL && base64_decode(line + 1, (size_t)(end - line - 1), &bytes) &&
         bytes.len == DIGEST_SIZE;
    if (ok)
        memcpy(root, bytes.data, DIGEST_SIZE);
    buf_free(&bytes);
    return ok;
}

/* r: the leaf hashes from the end of the batch to the head. False when they are not that. */
static bool take_beyond(struct seal_job *j, struct db_result *r, uint64_t n)
{
    uint8_t(*leaf)[DIGEST_SIZE] = xcalloc((size_t)n, DIGEST_SIZE);
    uint8_t root[DIGEST_SIZE], signed_root[DIGEST_SIZE];
    bool ok = true;

    for (uint64_t i = 0; ok && i < n; i++) {
        size_t len;
        const char *p = db_bytes(r, (int)i, 0, &len);

        ok = p != NULL && len == DIGEST_SIZE;
        if (ok)
            memcpy(leaf[i], p, DIGEST_SIZE);
    }
    if (ok) {
        batch_extend(j->batch, (const uint8_t(*)[DIGEST_SIZE])leaf, (size_t)n, root);
        ok = note_root(j->head_note, signed_root) && memcmp(root, signed_root, DIGEST_SIZE) == 0;
    }
    free(leaf);
    return ok;
}

static void on_beyond(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct seal_job *j = arg;
    uint64_t n = j->head_size - j->new_size;
    char *note = j->head_note;

    if (outcome != DB_DONE) {
        seal_job_unsealed(j);
    } else if ((uint64_t)db_rows(r) < n || !take_beyond(j, r, n)) {
        seal_check(j->seal); /* the database lacks what was signed, or has something else */
        seal_job_unsealed(j);
    } else {
        j->head_note = NULL;
        seal_job_sealed(j, j->head_size, note, j->head_note_len);
        free(note);
    }
}

/* The signer is further than this job: others were quicker, or alerts were sealed with it. */
static void check_head(struct seal_job *j, const struct sign_answer *a)
{
    uint64_t n = a->size - j->new_size;
    struct db_args args = {0};
    bool sent = false;

    free(j->head_note);
    j->head_note = xstrndup(a->note, a->note_len);
    j->head_note_len = a->note_len;
    j->head_size = a->size;
    j->state = JOB_CHECKING;
    if (j->seal->db != NULL && j->batch != NULL && n <= SIGN_LEAVES_MAX) {
        db_args_int8(&args, (int64_t)j->new_size);
        db_args_int4(&args, (int32_t)n);
        sent = db_call(j->seal->db, "leaves", &args, on_beyond, j);
    } else if (j->seal->db != NULL) {
        sent = db_call(j->seal->db, "head", &args, on_head_checked, j);
    }
    if (!sent)
        seal_job_unsealed(j);
}

static void on_head(struct seal *s, const struct sign_answer *a)
{
    struct seal_job *j;

    if (a->old_size == a->new_size) {
        seal_tail_newest(s, a->size, a->note_len > 0 ? a->note : NULL, a->note_len);
        return;
    }
    j = find(s, a);
    if (j == NULL)
        return; /* given up meanwhile */
    if (a->size == j->new_size) {
        seal_job_sealed(j, a->size, a->note, a->note_len);
    } else if (a->size > j->new_size) {
        check_head(j, a);
    } else { /* a part of many leaves */
        heads_add(&s->heads, a->size, a->note, a->note_len);
        seal_job_fetch(j, a->size);
    }
}

static void on_need(struct seal *s, const struct sign_answer *a)
{
    struct timeval tv = {.tv_usec = PATIENT_US};
    struct seal_job *j;

    if (a->old_size == a->new_size) {
        seal_tail_newest(s, a->from, NULL, 0);
        return;
    }
    j = find(s, a);
    if (j == NULL)
        return;
    if (j->needs++ == 0) {
        j->state = JOB_PATIENT;
        if (!evtimer_pending(s->patient, NULL))
            evtimer_add(s->patient, &tv);
    } else if (a->from < j->new_size) {
        seal_job_fetch(j, a->from);
    } else {
        seal_job_unsealed(j);
    }
}

static void on_refused(struct seal *s, const struct sign_answer *a)
{
    struct seal_job *j = find(s, a);

    if (a->refusal == SIGN_REFUSED_STATE) {
        log_limited(LOG_LEVEL_ERROR, "signer-state", "the signer cannot write its state file");
        if (j != NULL)
            j->state = JOB_UNSENT;
        s->probing = a->old_size == a->new_size ? false : s->probing;
        return;
    }
    if (a->refusal == SIGN_REFUSED_FORK) {
        log_error("the database's log is not the one that was signed before");
        s->forked = true;
        seal_state(s, "behind",
                   _("The database's log is not the continuation of the one that was signed: "
                     "restore the right database, or open a new log."));
    } else {
        log_error("the signer refused a request as contradictory");
    }
    if (j != NULL)
        seal_job_unsealed(j);
}

void seal_answer(struct seal *s, unsigned type, const uint8_t *data, size_t n)
{
    struct sign_answer a;

    if (!sign_answer_decode(type, data, n, &a)) {
        log_error("the signer's answer is not readable");
        return;
    }
    if (type == LINK_HEAD)
        on_head(s, &a);
    else if (type == LINK_NEED)
        on_need(s, &a);
    else
        on_refused(s, &a);
}

void seal_link(struct seal *s)
{
    s->probing = false;
    for (struct seal_job *j = s->jobs; j != NULL; j = j->next)
        if (j->state == JOB_ASKED || j->state == JOB_UNSENT || j->state == JOB_PATIENT)
            seal_job_again(j);
    seal_tail_tick(s);
}

/* ---- time ----------------------------------------------------------------------------------- */

static void on_patient(evutil_socket_t fd, short what, void *arg)
{
    struct seal *s = arg;

    (void)fd;
    (void)what;
    for (struct seal_job *j = s->jobs; j != NULL; j = j->next)
        if (j->state == JOB_PATIENT)
            seal_job_again(j);
}

static void give_up_old(struct seal *s)
{
    int64_t now = clock_mono();
    struct seal_job *j = s->jobs;

    while (j != NULL) {
        struct seal_job *next = j->next;

        if (j->state == JOB_FETCHING || j->state == JOB_CHECKING)
            ; /* the database's answer comes first, it holds a pointer to the job */
        else if (now - j->since > UNSEALED_US)
            seal_job_unsealed(j);
        else if (j->state == JOB_UNSENT)
            seal_job_again(j);
        j = next;
    }
}

void seal_tick_in(struct seal *s, unsigned ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    evtimer_add(s->tick, &tv);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct seal *s = arg;

    (void)fd;
    (void)what;
    seal_tick_in(s, 1000);
    give_up_old(s);
    seal_tail_tick(s);
    if (s->heads.n > s->heads.taken)
        s->ops.on_heads(s->arg, false);
}

void seal_notify(struct seal *s)
{
    seal_tick_in(s, 50);
}

/* ---- outside -------------------------------------------------------------------------------- */

struct seal *seal_new(struct event_base *base, const struct seal_ops *ops, void *arg)
{
    struct seal *s = xcalloc(1, sizeof *s);

    s->ops = *ops;
    s->arg = arg;
    s->code = "";
    s->tick = evtimer_new(base, on_tick, s);
    s->patient = evtimer_new(base, on_patient, s);
    if (s->tick == NULL || s->patient == NULL)
        abort();
    seal_tick_in(s, 100);
    return s;
}

void seal_set_db(struct seal *s, struct db *d)
{
    s->db = d;
}

void seal_free(struct seal **sp)
{
    struct seal *s = *sp;

    *sp = NULL;
    if (s == NULL)
        return;
    while (s->jobs != NULL)
        seal_job_unsealed(s->jobs);
    heads_clear(&s->heads);
    free(s->newest_note);
    event_free(s->tick);
    event_free(s->patient);
    free(s);
}

void seal_heads_take(struct seal *s, struct array *sizes, struct array *notes)
{
    heads_take(&s->heads, sizes, notes);
}

void seal_heads_stored(struct seal *s, bool ok)
{
    heads_stored(&s->heads, ok);
    if (s->heads.n > 0)
        s->ops.on_heads(s->arg, false);
}

uint64_t seal_sealed_size(const struct seal *s)
{
    return s->sealed;
}

bool seal_idle(const struct seal *s)
{
    return s->jobs == NULL && s->heads.n == 0;
}
