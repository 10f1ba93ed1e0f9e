/* SPDX-License-Identifier: BSD-2-Clause */
/* The slow path of append: a statement in the batch did not continue its key's chain, so nothing of
 * the batch was recorded. One question to the database sorts duplicates, reuses and gaps out; what
 * is left goes again. */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "daemon/db/conn.h"
#include "daemon/receive/append_private.h"

#define TRIES_MOST 5

enum column { ORD, LAST_SEQ, LAST_ID, ID };

static bool bytes_equal(const struct db_result *r, int row, int col, const uint8_t id[DIGEST_SIZE])
{
    size_t n;
    const char *p = db_bytes(r, row, col, &n);

    return p != NULL && n == DIGEST_SIZE && memcmp(p, id, DIGEST_SIZE) == 0;
}

/* The end of the chain as the database has it, once per key and round. */
static void learn(struct append *a, const struct db_result *r, int row, int64_t key)
{
    static const uint8_t none[DIGEST_SIZE];
    size_t n;
    const char *id = db_bytes(r, row, LAST_ID, &n);
    int64_t seq = db_int8(r, row, LAST_SEQ);
    const uint8_t *last = id != NULL && n == DIGEST_SIZE ? (const uint8_t *)id : none;

    chains_put(&a->chains, key, seq, last);
    if (chains_get(&a->within, key) == NULL)
        chains_put(&a->within, key, seq, last);
}

/* One statement against the chain as it stands with those before it in the batch. True: keep. */
static bool sort_one(struct append *a, const struct db_result *r, int row, struct submission *s)
{
    const struct chains_end *e;

    learn(a, r, row, s->key_row);
    e = chains_get(&a->within, s->key_row);
    if (s->st->seq == e->seq + 1 && memcmp(s->st->prev, e->id, DIGEST_SIZE) == 0) {
        chains_put(&a->within, s->key_row, s->st->seq, s->id);
        return true;
    }
    problem_sequence(&s->refusal, e->seq + 1, e->id);
    if (bytes_equal(r, row, ID, s->id))
        a->ops.on_lookup(a->arg, s);
    else
        a->ops.on_refused(a->arg, s, &s->refusal);
    return false;
}

static void go_on(struct append *a, size_t kept)
{
    a->batch->n = kept;
    if (kept == 0)
        append_refuse_batch(a, "busy", ""); /* nothing left in it: only ends it */
    else
        append_send(a);
}

static void on_chain(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct append *a = arg;
    struct batch *b = a->batch;
    size_t kept = 0;

    if (outcome != DB_DONE || (size_t)db_rows(r) != b->n) {
        append_refuse_batch(a, "busy", _("The database cannot take statements at the moment."));
        return;
    }
    chains_clear(&a->within);
    for (size_t i = 0; i < b->n; i++) {
        struct submission *s = b->statement[i];

        if (sort_one(a, r, (int)i, s))
            b->statement[kept++] = s;
    }
    go_on(a, kept);
}

void append_slow(struct append *a)
{
    struct db_args args = {0};

    if (++a->tries > TRIES_MOST) {
        append_refuse_batch(a, "busy", _("The statement's place is contested: send it again."));
        return;
    }
    array_begin(&a->head_size, ARRAY_INT8); /* free at this moment: used as scratch */
    array_begin(&a->head_note, ARRAY_INT8);
    for (size_t i = 0; i < a->batch->n; i++) {
        array_add_int8(&a->head_size, a->batch->statement[i]->key_row);
        array_add_int8(&a->head_note, a->batch->statement[i]->st->seq);
    }
    array_end(&a->head_size);
    array_end(&a->head_note);
    db_args_array(&args, &a->head_size);
    db_args_array(&args, &a->head_note);
    a->state = APPEND_CHAIN;
    if (!db_call(a->db, "chain", &args, on_chain, a))
        append_refuse_batch(a, "busy", _("The database cannot be reached at the moment."));
}

void append_rate(struct append *a, const char *ordinals)
{
    struct batch *b = a->batch;
    bool out[BATCH_STATEMENTS_MAX] = {false};
    size_t kept = 0, hits = 0;

    for (const char *p = ordinals; *p != '\0'; p += *p == ',' || *p == ' ') {
        char *end;
        unsigned long n = strtoul(p, &end, 10);

        if (end == p)
            break;
        if (n >= 1 && n <= b->n) {
            out[n - 1] = true;
            hits++;
        }
        p = end;
    }
    if (hits == 0) { /* not in the contract: do not go round for ever */
        append_refuse_batch(a, "rate", _("Too many refused statements: wait before sending more."));
        return;
    }
    chains_clear(&a->within);
    for (size_t i = 0; i < b->n; i++) {
        struct submission *s = b->statement[i];

        /* what continues a refused one has lost its place with it */
        if (!out[i] && chains_get(&a->within, s->key_row) == NULL) {
            b->statement[kept++] = s;
            continue;
        }
        chains_put(&a->within, s->key_row, s->st->seq, s->id);
        problem_set(&s->refusal, "rate",
                    _("More than 100 statements of this key within an hour held nothing that "
                      "could be accepted: correct them and send again later."));
        a->ops.on_refused(a->arg, s, &s->refusal);
    }
    go_on(a, kept);
}
