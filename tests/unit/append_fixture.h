/* SPDX-License-Identifier: BSD-2-Clause */
/* The step "append" over a fake database, for its tests: what it told its owner is counted in a
 * world; statements are made, and the database's answers to them. */
#ifndef DUBAN_TESTS_APPEND_FIXTURE_H
#define DUBAN_TESTS_APPEND_FIXTURE_H

#include "unit.h"

#include <event2/event.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "daemon/receive/append.h"
#include "daemon/receive/batch_arrays.h"
#include "tests/fakes/fake_db.h"

#define FIRST_ARRAY 4 /* argument number of C_KEY */
#define ARG(a) (FIRST_ARRAY + (a))
#define REAL ((int64_t)1700000000 * 1000000)

struct world {
    struct event_base *base;
    struct db *db;
    struct append *append;
    struct submission_pool pool;
    size_t recorded, batches, looked_up, stale, heads_stored, heads_lost, rooms;
    char codes[512]; /* refusals, in order */
    int64_t expected_seq;
    enum verify_outcome allowed;
    struct batch *last;
};

static inline void on_recorded(void *arg, struct batch *b)
{
    struct world *w = arg;

    w->batches++;
    w->recorded += b->n;
    batch_free(&w->last, &w->pool);
    w->last = b;
}

static inline void on_refused(void *arg, struct submission *s, struct problem *p)
{
    struct world *w = arg;

    if (strlen(w->codes) + strlen(p->code) + 2 <= sizeof w->codes) {
        strcat(w->codes, p->code);
        strcat(w->codes, " ");
    }
    if (p->has_expected)
        w->expected_seq = p->expected_seq;
    submission_free(&w->pool, &s);
}

static inline void on_lookup(void *arg, struct submission *s)
{
    struct world *w = arg;

    w->looked_up++;
    w->expected_seq = s->refusal.expected_seq;
    submission_free(&w->pool, &s);
}

static inline void on_stale(void *arg)
{
    ((struct world *)arg)->stale++;
}

static inline enum verify_outcome allowed(void *arg, struct submission *s, struct problem *p)
{
    (void)s;
    problem_set(p, "key", "%s", "made by the test");
    return ((struct world *)arg)->allowed;
}

static inline void heads(void *arg, struct array *sizes, struct array *notes)
{
    (void)arg;
    array_add_int8(sizes, 17);
    array_add_text(notes, "note");
}

static inline void on_heads(void *arg, bool stored)
{
    struct world *w = arg;

    if (stored)
        w->heads_stored++;
    else
        w->heads_lost++;
}

static inline void on_room(void *arg)
{
    ((struct world *)arg)->rooms++;
}

static inline int set_up(void **state)
{
    static const struct append_ops ops = {.on_recorded = on_recorded,
                                          .on_refused = on_refused,
                                          .on_lookup = on_lookup,
                                          .on_stale = on_stale,
                                          .allowed = allowed,
                                          .heads = heads,
                                          .on_heads = on_heads,
                                          .on_room = on_room};
    struct world *w = xcalloc(1, sizeof *w);

    clock_set_for_test(REAL, 5000000);
    w->base = event_base_new();
    w->db = db_new(NULL, NULL, NULL);
    w->append = append_new(w->base, &ops, w);
    append_set_db(w->append, w->db);
    append_registry(w->append, 3, 0);
    *state = w;
    return 0;
}

static inline int tear_down(void **state)
{
    struct world *w = *state;

    db_free(&w->db);
    append_free(&w->append);
    batch_free(&w->last, &w->pool);
    submission_pool_clear(&w->pool);
    event_base_free(w->base);
    free(w);
    clock_set_for_test(-1, -1);
    return 0;
}

static inline void turn(struct world *w)
{
    event_base_loop(w->base, EVLOOP_NONBLOCK);
}

/* The identity of statement seq of a key, as these tests make them; 0 = the zeros before seq 1. */
static inline void identity(int64_t key, int64_t seq, uint8_t id[DIGEST_SIZE])
{
    memset(id, 0, DIGEST_SIZE);
    if (seq == 0)
        return;
    id[0] = (uint8_t)key;
    id[1] = (uint8_t)seq;
    id[2] = (uint8_t)(seq >> 8);
}

static inline struct submission *make_with(struct world *w, int64_t key, int64_t seq,
                                           const char *reports)
{
    struct submission *s = submission_new(&w->pool);
    uint8_t prev[DIGEST_SIZE];
    char prev_hex[65];
    struct err e;

    identity(key, seq - 1, prev);
    hex_encode(prev, DIGEST_SIZE, prev_hex);
    buf_clear(&s->dsse.payload);
    buf_addf(&s->dsse.payload,
             "{\"v\":1,\"aud\":\"a\",\"unit\":\"u\",\"key\":\"%064d\",\"seq\":%lld,\"prev\":\"%s\","
             "\"id\":\"019350a4-0000-7000-8000-000000000000\",\"nonce\":\"abcdefghijklmnop\","
             "\"iat\":\"2023-11-14T22:13:20Z\",\"reports\":[%s]}",
             0, (long long)seq, prev_hex, reports);
    if (!statement_parse(STATEMENT_REPORT, s->dsse.payload.data, s->dsse.payload.len, &s->st, &e))
        fail_msg("%s", e.text);
    strcpy(s->dsse.type, STATEMENT_TYPE("report"));
    s->dsse.sig_len = 8;
    s->kind = STATEMENT_REPORT;
    s->key_row = key;
    s->alg = "ed25519";
    snprintf(s->unit, sizeof s->unit, "u%03lld", (long long)key);
    identity(key, seq, s->id);
    return s;
}

static inline struct submission *make(struct world *w, int64_t key, int64_t seq)
{
    return make_with(w, key, seq, "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"done\"}");
}

/* What duban.append() answers for n statements behind old_size entries. */
static inline struct db_result *answer(size_t n, uint64_t old_size)
{
    struct db_result *r = fake_result(1, 6);
    struct array frontier = {0}, entries = {0}, outcomes = {0};

    array_begin(&frontier, ARRAY_BYTEA);
    array_begin(&entries, ARRAY_BYTEA);
    array_begin(&outcomes, ARRAY_TEXT);
    for (uint64_t l = 0; old_size >> l != 0; l++)
        array_add(&frontier, "0123456789abcdef0123456789abcdef", 32);
    for (size_t i = 0; i < n; i++) {
        array_add_text(&entries, "duban-entry/v1\n");
        array_add_text(&outcomes, "[]");
    }
    fake_int8(r, 0, 0, REAL);
    fake_text(r, 0, 1, "2023-11-14T22:13:20.000000Z");
    fake_int8(r, 0, 2, (int64_t)old_size);
    fake_array(r, 0, 3, &frontier);
    fake_array(r, 0, 4, &entries);
    fake_array(r, 0, 5, &outcomes);
    return r;
}

/* Answers the waiting append as done. */
static inline void record(struct world *w)
{
    struct fake_call *c = fake_waiting(w->db);

    assert_non_null(c);
    assert_string_equal(c->statement, "append");
    fake_answer(w->db, DB_DONE, answer(fake_arg_count(c, ARG(S_ID)), 3));
}

/* A test in a world of its own. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
