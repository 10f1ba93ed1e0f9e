/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "acknowledge". */
#include "daemon/receive/acknowledge.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "daemon/db/array.h"
#include "daemon/db/conn.h"
#include "daemon/receive/receipt.h"

#define WAIT_US 10000000
#define RETRY_US 100000
#define LOOKUPS_MOST 8192

enum column { ID, ENTRY, BODY, RECEIVED, OUTCOMES, SIZE, PATH, NOTE };

struct lookup {
    struct lookup *next;
    struct acknowledge *owner;
    uint8_t key[DIGEST_SIZE];
    int64_t seq;
    bool duplicate;
    acknowledge_found done;
    void *arg;
    int64_t since;
};

struct acknowledge {
    struct acknowledge_ops ops;
    void *arg;
    struct db *db;
    struct event *retry;
    struct lookup *waiting; /* stored, but under no signed head yet */
    size_t lookups;         /* all that are alive */
    struct buf json, note;
};

static void lookup_end(struct lookup *l, enum acknowledge_outcome outcome, const uint8_t *id)
{
    struct acknowledge *a = l->owner;

    a->lookups--;
    l->done(l->arg, outcome, id, a->json.data, a->json.len);
    free(l);
}

static void lookup_wait(struct lookup *l)
{
    struct acknowledge *a = l->owner;
    struct timeval tv = {.tv_usec = RETRY_US};

    if (clock_mono() - l->since > WAIT_US) {
        lookup_end(l, ACKNOWLEDGE_UNSURE, NULL);
        return;
    }
    l->next = a->waiting;
    a->waiting = l;
    if (!evtimer_pending(a->retry, NULL))
        evtimer_add(a->retry, &tv);
}

static bool read_path(const struct db_result *r, uint8_t path[MERKLE_LEVELS][DIGEST_SIZE],
                      size_t *len)
{
    struct array_reader a;
    uint32_t count;
    size_t n;
    const char *bytes = db_bytes(r, 0, PATH, &n);
    const uint8_t *node;

    *len = 0;
    if (bytes == NULL || !array_open(&a, bytes, n, ARRAY_BYTEA, &count) || count > MERKLE_LEVELS)
        return false;
    while (array_next(&a, &node, &n)) {
        if (node == NULL || n != DIGEST_SIZE)
            return false;
        memcpy(path[(*len)++], node, DIGEST_SIZE);
    }
    return *len == count;
}

/* The note as receipts carry it. */
static void take_note(struct acknowledge *a, const char *note, size_t n)
{
    buf_clear(&a->note);
    receipt_escape(note, n, &a->note);
}

static bool write_stored(struct acknowledge *a, bool duplicate, const struct db_result *r)
{
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    size_t id_len, note_len;
    const char *note;
    struct receipt w = {.duplicate = duplicate, .entry = (uint64_t)db_int8(r, 0, ENTRY)};

    w.id = (const uint8_t *)db_bytes(r, 0, ID, &id_len);
    w.received = db_text(r, 0, RECEIVED);
    w.outcomes = db_bytes(r, 0, OUTCOMES, &w.outcomes_len);
    w.body = (const uint8_t *)db_bytes(r, 0, BODY, &w.body_len);
    w.path = (const uint8_t(*)[DIGEST_SIZE])path;
    if (w.id == NULL || id_len != DIGEST_SIZE || w.received == NULL || w.outcomes == NULL ||
        w.body == NULL || !read_path(r, path, &w.path_len))
        return false;
    note = db_bytes(r, 0, NOTE, &note_len);
    take_note(a, note, note_len);
    w.note = a->note.data;
    w.note_len = a->note.len;
    buf_clear(&a->json);
    receipt_write(&w, &a->json);
    return true;
}

static void on_stored(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct lookup *l = arg;
    size_t n;

    if (outcome != DB_DONE)
        lookup_end(l, ACKNOWLEDGE_UNSURE, NULL);
    else if (db_rows(r) == 0)
        lookup_end(l, ACKNOWLEDGE_ABSENT, NULL);
    else if (db_null(r, 0, NOTE))
        lookup_wait(l);
    else if (!write_stored(l->owner, l->duplicate, r))
        lookup_end(l, ACKNOWLEDGE_UNSURE, NULL);
    else
        lookup_end(l, ACKNOWLEDGE_FOUND, (const uint8_t *)db_bytes(r, 0, ID, &n));
}

static void lookup_ask(struct lookup *l)
{
    struct db_args args = {0};

    db_args_bytes(&args, l->key, DIGEST_SIZE);
    db_args_int8(&args, l->seq);
    if (l->owner->db == NULL || !db_call(l->owner->db, "receipt_by_key", &args, on_stored, l))
        lookup_end(l, ACKNOWLEDGE_UNSURE, NULL);
}

void acknowledge_again(struct acknowledge *a, const uint8_t key[DIGEST_SIZE], int64_t seq,
                       bool duplicate, acknowledge_found done, void *arg)
{
    struct lookup *l;

    if (a->lookups >= LOOKUPS_MOST) {
        done(arg, ACKNOWLEDGE_UNSURE, NULL, NULL, 0);
        return;
    }
    l = xcalloc(1, sizeof *l);
    l->owner = a;
    memcpy(l->key, key, DIGEST_SIZE);
    l->seq = seq;
    l->duplicate = duplicate;
    l->done = done;
    l->arg = arg;
    l->since = clock_mono();
    a->lookups++;
    lookup_ask(l);
}

void acknowledge_sealed(struct acknowledge *a)
{
    struct lookup *l = a->waiting;

    a->waiting = NULL;
    while (l != NULL) {
        struct lookup *next = l->next;

        lookup_ask(l);
        l = next;
    }
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    acknowledge_sealed(arg);
}

void acknowledge_batch(struct acknowledge *a, struct batch *b, const char *note, size_t n)
{
    const struct merkle_range *range = batch_range(b);
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];

    take_note(a, note, n);
    for (size_t i = 0; i < b->n; i++) {
        struct submission *s = b->statement[i];
        struct receipt r = {.id = s->id,
                            .entry = b->old.size + i,
                            .received = b->received,
                            .outcomes = b->outcomes[i],
                            .outcomes_len = b->outcomes_len[i],
                            .body = b->entry[i],
                            .body_len = b->entry_len[i],
                            .note = a->note.data,
                            .note_len = a->note.len};

        r.path_len = merkle_range_path(range, r.entry, path);
        r.path = (const uint8_t(*)[DIGEST_SIZE])path;
        buf_clear(&a->json);
        receipt_write(&r, &a->json);
        a->ops.deliver(a->arg, s, a->json.data, a->json.len);
    }
}

struct acknowledge *acknowledge_new(struct event_base *base, const struct acknowledge_ops *ops,
                                    void *arg)
{
    struct acknowledge *a = xcalloc(1, sizeof *a);

    a->ops = *ops;
    a->arg = arg;
    a->retry = evtimer_new(base, on_retry, a);
    if (a->retry == NULL)
        abort();
    return a;
}

void acknowledge_set_db(struct acknowledge *a, struct db *d)
{
    a->db = d;
}

void acknowledge_free(struct acknowledge **ap)
{
    struct acknowledge *a = *ap;

    *ap = NULL;
    if (a == NULL)
        return;
    a->db = NULL;
    while (a->waiting != NULL) {
        struct lookup *l = a->waiting;

        a->waiting = l->next;
        lookup_end(l, ACKNOWLEDGE_UNSURE, NULL);
    }
    event_free(a->retry);
    buf_free(&a->json);
    buf_free(&a->note);
    free(a);
}
