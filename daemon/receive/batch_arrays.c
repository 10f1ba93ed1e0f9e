/* SPDX-License-Identifier: BSD-2-Clause */
/* duban.append()'s arguments. All content is verified by now; sizes are bounded by the batch. */
#include "daemon/receive/batch_arrays.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/instant.h"
#include "common/mem.h"
#include "daemon/receive/batch.h"

#define SEEN_SLOTS 8192 /* twice BATCH_REPORTS_MAX */
#define KEY_SLOTS 512   /* twice BATCH_STATEMENTS_MAX */

/* A report without faults that was met in this batch. */
struct seen {
    uint64_t stamp;
    const char *unit, *task, *period;
};

struct key_row {
    uint64_t stamp;
    int64_t key;
    const struct submission *first, *last;
};

struct batch_arrays {
    struct array a[BATCH_ARRAYS];
    struct buf tail;
    uint64_t stamp; /* of the present batch: slots with another one are free */
    struct seen seen[SEEN_SLOTS];
    struct key_row key[KEY_SLOTS];
    struct key_row *order[BATCH_STATEMENTS_MAX]; /* in order of appearance */
    size_t keys;
};

static const enum array_oid oids[BATCH_ARRAYS] = {
    ARRAY_INT8,  ARRAY_INT8,  ARRAY_BYTEA, ARRAY_INT8, ARRAY_BYTEA, ARRAY_BYTEA,
    ARRAY_BYTEA, ARRAY_BYTEA, ARRAY_INT8,  ARRAY_INT8, ARRAY_TEXT,  ARRAY_INT4,
    ARRAY_INT2,  ARRAY_TEXT,  ARRAY_TEXT,  ARRAY_TEXT, ARRAY_INT2,  ARRAY_INT2,
    ARRAY_BOOL,  ARRAY_TEXT,  ARRAY_INT4,  ARRAY_TEXT, ARRAY_TEXT};

struct batch_arrays *batch_arrays_new(void)
{
    return xcalloc(1, sizeof(struct batch_arrays));
}

void batch_arrays_free(struct batch_arrays **ap)
{
    if (*ap == NULL)
        return;
    for (size_t i = 0; i < BATCH_ARRAYS; i++)
        array_free(&(*ap)->a[i]);
    buf_free(&(*ap)->tail);
    free(*ap);
    *ap = NULL;
}

static uint64_t hash_text(uint64_t h, const char *s)
{
    for (; *s != '\0'; s++)
        h = (h ^ (uint8_t)*s) * 0x100000001b3ULL;
    return (h ^ 0xff) * 0x100000001b3ULL;
}

/* Was a report without faults for the same unit, task and period met before in this batch? Notes
 * this one when it has none itself. */
static bool repeat(struct batch_arrays *a, const char *unit, const char *task, const char *period,
                   bool faultless)
{
    uint64_t h = hash_text(hash_text(hash_text(0xcbf29ce484222325ULL, unit), task), period);
    size_t i = (size_t)(h >> 20) & (SEEN_SLOTS - 1);

    for (; a->seen[i].stamp == a->stamp; i = (i + 1) & (SEEN_SLOTS - 1))
        if (strcmp(a->seen[i].task, task) == 0 && strcmp(a->seen[i].period, period) == 0 &&
            strcmp(a->seen[i].unit, unit) == 0)
            return true;
    if (faultless)
        a->seen[i] = (struct seen){.stamp = a->stamp, .unit = unit, .task = task, .period = period};
    return false;
}

static void add_key(struct batch_arrays *a, const struct submission *s)
{
    size_t i = (size_t)(((uint64_t)s->key_row * 0x9e3779b97f4a7c15ULL) >> 32) & (KEY_SLOTS - 1);

    while (a->key[i].stamp == a->stamp && a->key[i].key != s->key_row)
        i = (i + 1) & (KEY_SLOTS - 1);
    if (a->key[i].stamp != a->stamp) {
        a->key[i] = (struct key_row){.stamp = a->stamp, .key = s->key_row, .first = s};
        a->order[a->keys++] = &a->key[i];
    }
    a->key[i].last = s;
}

static void fill_keys(struct batch_arrays *a)
{
    for (size_t i = 0; i < a->keys; i++) {
        const struct key_row *k = a->order[i];

        array_add_int8(&a->a[C_KEY], k->key);
        array_add_int8(&a->a[C_SEQ], k->first->st->seq);
        array_add(&a->a[C_PREV], k->first->st->prev, DIGEST_SIZE);
        array_add_int8(&a->a[C_LAST_SEQ], k->last->st->seq);
        array_add(&a->a[C_LAST_ID], k->last->id, DIGEST_SIZE);
    }
}

static void add_hex(struct buf *out, const char *name, const uint8_t *bytes, size_t n)
{
    char *p;

    buf_add_str(out, name);
    p = buf_reserve(out, 2 * n + 1);
    if (p == NULL)
        return;
    hex_encode(bytes, n, p);
    out->len += 2 * n;
}

void batch_arrays_tail(const struct submission *s, int64_t registry, int64_t offset_us,
                       struct buf *out)
{
    char arrival[INSTANT_SIZE];

    instant_format_utc(s->arrived + offset_us, arrival);
    buf_add_str(out, "arrival ");
    buf_add_str(out, arrival);
    if (s->has_certificate)
        add_hex(out, "\ncertificate ", s->certificate, DIGEST_SIZE);
    else
        buf_add_str(out, "\ncertificate -");
    add_hex(out, "\nkey ", s->dsse.keyid, DIGEST_SIZE);
    buf_add_str(out, "\nalg ");
    buf_add_str(out, s->alg);
    buf_add_str(out, "\ntype ");
    buf_add_str(out, s->dsse.type);
    buf_add_str(out, "\nseq ");
    buf_add_u64(out, (uint64_t)s->st->seq);
    add_hex(out, "\npae-sha256 ", s->id, DIGEST_SIZE);
    buf_add_str(out, "\nsig ");
    base64_encode(s->dsse.sig, s->dsse.sig_len, out);
    buf_add_str(out, "\nregistry ");
    buf_add_u64(out, (uint64_t)registry);
    buf_add_str(out, "\n");
}

static void add_report(struct batch_arrays *a, const struct submission *s, size_t statement,
                       size_t ord)
{
    const struct statement_report *r = &s->st->reports[ord];
    const char *period = r->period != NULL && period_valid(r->period) ? r->period : "-";
    int16_t status = r->status == STATUS_INVALID ? (int16_t)-1 : (int16_t)r->status;

    array_add_int4(&a->a[R_STATEMENT], (int32_t)statement + 1);
    array_add_int2(&a->a[R_ORD], (int16_t)ord);
    array_add_text(&a->a[R_UNIT], s->unit);
    array_add_text(&a->a[R_TASK], r->task);
    array_add_text(&a->a[R_PERIOD], period);
    array_add_int2(&a->a[R_STATUS], status);
    /* out of range is a fault that errors names; it must only not be taken for another number */
    array_add_int2(&a->a[R_PROGRESS],
                   r->progress < 0 || r->progress > 100 ? (int16_t)-1 : (int16_t)r->progress);
    array_add_bool(&a->a[R_REPEAT], repeat(a, s->unit, r->task, period, r->errors == NULL));
    array_add_text(&a->a[R_ERRORS], r->errors);
    for (size_t i = 0; i < r->values_len; i++) {
        if (r->values[i].unit == NULL)
            continue;
        array_add_int4(&a->a[M_REPORT], (int32_t)a->a[R_ORD].count);
        array_add_text(&a->a[M_NAME], r->values[i].name);
        array_add_text(&a->a[M_UNIT], r->values[i].unit);
    }
    if (r->more &&
        r->errors == NULL) { /* a row without a name: the ledger looks into this report */
        array_add_int4(&a->a[M_REPORT], (int32_t)a->a[R_ORD].count);
        array_add_text(&a->a[M_NAME], NULL);
        array_add_text(&a->a[M_UNIT], NULL);
    }
}

static void add_statement(struct batch_arrays *a, const struct submission *s, size_t i,
                          int64_t registry, int64_t offset_us)
{
    array_add(&a->a[S_ID], s->id, DIGEST_SIZE);
    array_add(&a->a[S_PAYLOAD], s->dsse.payload.data, s->dsse.payload.len);
    array_add(&a->a[S_SIG], s->dsse.sig, s->dsse.sig_len);
    array_add_int8(&a->a[S_KEY], s->key_row);
    array_add_int8(&a->a[S_SEQ], s->st->seq);
    buf_clear(&a->tail);
    batch_arrays_tail(s, registry, offset_us, &a->tail);
    array_add(&a->a[S_TAIL], a->tail.data, a->tail.len);
    for (size_t r = 0; r < s->st->reports_len; r++)
        add_report(a, s, i, r);
}

bool batch_arrays_fill(struct batch_arrays *a, struct submission *const *s, size_t n,
                       int64_t registry, int64_t offset_us)
{
    bool ok = true;

    for (size_t i = 0; i < BATCH_ARRAYS; i++)
        array_begin(&a->a[i], oids[i]);
    a->stamp++;
    a->keys = 0;
    for (size_t i = 0; i < n; i++) {
        add_key(a, s[i]);
        add_statement(a, s[i], i, registry, offset_us);
    }
    fill_keys(a);
    for (size_t i = 0; i < BATCH_ARRAYS; i++)
        ok = array_end(&a->a[i]) && ok;
    return ok;
}

void batch_arrays_args(const struct batch_arrays *a, struct db_args *args)
{
    for (size_t i = 0; i < BATCH_ARRAYS; i++)
        db_args_array(args, &a->a[i]);
}
