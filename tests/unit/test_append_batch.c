/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "append" against a fake database: one batch in flight, chains per key, repeats, the slow
 * path, and that nothing which is not certain is told as recorded. */
#include "unit.h"

#include <unistd.h>

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
    size_t recorded, batches, looked_up, stale, heads_stored, heads_lost;
    char codes[512]; /* refusals, in order */
    int64_t expected_seq;
    enum verify_outcome allowed;
    struct batch *last;
};

static void on_recorded(void *arg, struct batch *b)
{
    struct world *w = arg;

    w->batches++;
    w->recorded += b->n;
    batch_free(&w->last, &w->pool);
    w->last = b;
}

static void on_refused(void *arg, struct submission *s, struct problem *p)
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

static void on_lookup(void *arg, struct submission *s)
{
    struct world *w = arg;

    w->looked_up++;
    w->expected_seq = s->refusal.expected_seq;
    submission_free(&w->pool, &s);
}

static void on_stale(void *arg)
{
    ((struct world *)arg)->stale++;
}

static enum verify_outcome allowed(void *arg, struct submission *s, struct problem *p)
{
    (void)s;
    problem_set(p, "key", "%s", "made by the test");
    return ((struct world *)arg)->allowed;
}

static void heads(void *arg, struct array *sizes, struct array *notes)
{
    (void)arg;
    array_add_int8(sizes, 17);
    array_add_text(notes, "note");
}

static void on_heads(void *arg, bool stored)
{
    struct world *w = arg;

    if (stored)
        w->heads_stored++;
    else
        w->heads_lost++;
}

static int set_up(void **state)
{
    static const struct append_ops ops = {.on_recorded = on_recorded,
                                          .on_refused = on_refused,
                                          .on_lookup = on_lookup,
                                          .on_stale = on_stale,
                                          .allowed = allowed,
                                          .heads = heads,
                                          .on_heads = on_heads};
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

static int tear_down(void **state)
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

static void turn(struct world *w)
{
    event_base_loop(w->base, EVLOOP_NONBLOCK);
}

/* The identity of statement seq of a key, as these tests make them; 0 = the zeros before seq 1. */
static void identity(int64_t key, int64_t seq, uint8_t id[DIGEST_SIZE])
{
    memset(id, 0, DIGEST_SIZE);
    if (seq == 0)
        return;
    id[0] = (uint8_t)key;
    id[1] = (uint8_t)seq;
    id[2] = (uint8_t)(seq >> 8);
}

static struct submission *make_with(struct world *w, int64_t key, int64_t seq, const char *reports)
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

static struct submission *make(struct world *w, int64_t key, int64_t seq)
{
    return make_with(w, key, seq, "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"done\"}");
}

/* What duban.append() answers for n statements behind old_size entries. */
static struct db_result *answer(size_t n, uint64_t old_size)
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
static void record(struct world *w)
{
    struct fake_call *c = fake_waiting(w->db);

    assert_non_null(c);
    assert_string_equal(c->statement, "append");
    fake_answer(w->db, DB_DONE, answer(fake_arg_count(c, ARG(S_ID)), 3));
}

/* One row of duban.chain(). stored: whether the place holds this statement (1), another (2), none.
 */
static void chain_row(struct db_result *r, int row, int64_t key, int64_t last, int stored,
                      int64_t seq)
{
    uint8_t id[DIGEST_SIZE];

    fake_int8(r, row, 0, row + 1);
    fake_int8(r, row, 1, last);
    identity(key, last, id);
    fake_bytes(r, row, 2, id, DIGEST_SIZE);
    if (stored == 0)
        return;
    identity(stored == 1 ? key : 99, seq, id);
    fake_bytes(r, row, 3, id, DIGEST_SIZE);
    fake_int8(r, row, 4, 1);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_one_in_flight(void **state)
{
    struct world *w = *state;
    struct fake_call *c;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    turn(w);
    c = fake_waiting(w->db);
    assert_non_null(c);
    assert_int_equal(fake_arg_count(c, ARG(S_ID)), 2); /* one turn of the loop, one batch */
    assert_int_equal(c->n, FIRST_ARRAY + BATCH_ARRAYS);
    append_add(w->append, make(w, 3, 1));
    turn(w);
    assert_int_equal(db_pending(w->db), 1); /* waits for the first */
    record(w);
    assert_int_equal(w->recorded, 2);
    turn(w);
    assert_int_equal(db_pending(w->db), 1);
    record(w);
    assert_int_equal(w->recorded, 3);
    assert_int_equal(w->batches, 2);
    assert_true(append_idle(w->append));
    assert_int_equal(w->last->old.size, 3);
    assert_int_equal(batch_new_size(w->last), 4);
}

static void test_chain_within_a_batch(void **state)
{
    struct world *w = *state;
    struct fake_call *c;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 1, 2));
    append_add(w->append, make(w, 2, 5));
    append_add(w->append, make(w, 1, 4)); /* does not continue 2: waits */
    append_add(w->append, make(w, 1, 3));
    turn(w);
    c = fake_waiting(w->db);
    assert_int_equal(fake_arg_count(c, ARG(S_ID)), 4);
    assert_int_equal(fake_arg_count(c, ARG(C_KEY)), 2);
    assert_int_equal(fake_arg_number(c, ARG(C_SEQ), 0), 1);
    assert_int_equal(fake_arg_number(c, ARG(C_LAST_SEQ), 0), 3);
    assert_int_equal(fake_arg_number(c, ARG(C_SEQ), 1), 5);
    record(w);
    turn(w);
    c = fake_waiting(w->db);
    assert_int_equal(fake_arg_count(c, ARG(S_ID)), 1);
    assert_int_equal(fake_arg_number(c, ARG(S_SEQ), 0), 4);
    record(w);
    assert_int_equal(w->recorded, 5);
}

static void test_limits(void **state)
{
    struct world *w = *state;
    struct buf many = {0};

    for (int i = 0; i < 1000; i++)
        buf_addf(&many, "%s{\"task\":\"p1/%d\",\"status\":\"done\"}", i > 0 ? "," : "", i);
    for (int i = 1; i <= 5; i++)
        append_add(w->append, make_with(w, i, 1, many.data));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(R_ORD)), 4000); /* not 5,000 */
    record(w);
    turn(w);
    record(w);
    for (int i = 0; i < 300; i++)
        append_add(w->append, make(w, 10 + i, 1));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 256);
    record(w);
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 305);
    buf_free(&many);
}

static void test_reports(void **state)
{
    struct world *w = *state;
    struct fake_call *c;
    size_t n;

    append_add(w->append,
               make_with(w, 1, 1,
                         "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"on-track\","
                         "\"progress\":101},"
                         "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"done\",\"values\":"
                         "[{\"name\":\"x\",\"value\":\"5.5\",\"unit\":\"%\"},"
                         "{\"name\":\"y\",\"value\":\"1\"}]},"
                         "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"done\"},"
                         "{\"task\":\"p1/2\",\"status\":\"done\"}"));
    append_add(w->append, make(w, 2, 1)); /* the same task, but of another unit */
    turn(w);
    c = fake_waiting(w->db);
    assert_int_equal(fake_arg_count(c, ARG(R_ORD)), 5);
    assert_int_equal(fake_arg_number(c, ARG(R_STATEMENT), 4), 2);
    assert_int_equal(fake_arg_number(c, ARG(R_ORD), 2), 2);
    /* a faulty one is repeated by nobody; the third repeats the second */
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 0), 0);
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 1), 0);
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 2), 1);
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 4), 0);
    assert_non_null(fake_arg_element(c, ARG(R_ERRORS), 0, &n));
    assert_null(fake_arg_element(c, ARG(R_ERRORS), 1, &n));
    assert_int_equal(fake_arg_number(c, ARG(R_PROGRESS), 0), -1);
    assert_int_equal(fake_arg_number(c, ARG(R_PROGRESS), 1), -1);
    assert_memory_equal(fake_arg_element(c, ARG(R_PERIOD), 3, &n), "-", 1);
    /* the unit of measure, then the mark of a report that carries values */
    assert_int_equal(fake_arg_count(c, ARG(M_REPORT)), 2);
    assert_int_equal(fake_arg_number(c, ARG(M_REPORT), 0), 2);
    assert_memory_equal(fake_arg_element(c, ARG(M_UNIT), 0, &n), "%", 1);
    assert_int_equal(fake_arg_number(c, ARG(M_REPORT), 1), 2);
    assert_null(fake_arg_element(c, ARG(M_NAME), 1, &n));
    record(w);
}

static void test_tail(void **state)
{
    struct world *w = *state;
    struct submission *s = make(w, 1, 7);
    struct buf out = {0};

    s->arrived = REAL;
    batch_arrays_tail(s, 12, 1000000, &out);
    assert_non_null(strstr(out.data, "arrival 2023-11-14T22:13:21.000000Z\ncertificate -\nkey "));
    assert_non_null(strstr(out.data, "\nalg ed25519\ntype application/vnd.duban.report.v1+json\n"
                                     "seq 7\npae-sha256 0107"));
    assert_non_null(strstr(out.data, "\nsig AAAAAAAAAAA=\nregistry 12\n"));
    s->has_certificate = true;
    buf_clear(&out);
    batch_arrays_tail(s, 12, 0, &out);
    assert_non_null(strstr(out.data, "\ncertificate 0000"));
    buf_free(&out);
    submission_free(&w->pool, &s);
}

static void test_slow_path(void **state)
{
    struct world *w = *state;
    struct db_result *r = fake_result(4, 5);

    append_add(w->append, make(w, 1, 3)); /* stored already: its receipt */
    append_add(w->append, make(w, 2, 3)); /* place used by another: 409 */
    append_add(w->append, make(w, 3, 9)); /* gap: 409 */
    append_add(w->append, make(w, 4, 2)); /* right */
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("DB001", ""));
    assert_string_equal(fake_waiting(w->db)->statement, "chain");
    chain_row(r, 0, 1, 5, 1, 3);
    chain_row(r, 1, 2, 5, 2, 3);
    chain_row(r, 2, 3, 6, 0, 9);
    chain_row(r, 3, 4, 1, 0, 2);
    fake_answer(w->db, DB_DONE, r);
    assert_int_equal(w->looked_up, 1);
    assert_string_equal(w->codes, "sequence sequence ");
    assert_int_equal(w->expected_seq, 7);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 1);
    record(w);
    assert_int_equal(w->recorded, 1);
    /* learnt: what is surely out of place does not disturb another batch */
    append_add(w->append, make(w, 1, 4));
    assert_int_equal(w->looked_up, 2);
    assert_int_equal(w->expected_seq, 6);
    append_add(w->append, make(w, 4, 3));
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 2);
}

static void test_slow_path_ends(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    for (int i = 0; i < 10 && fake_waiting(w->db) != NULL; i++) {
        struct db_result *r = fake_result(1, 5);

        fake_answer(w->db, DB_FAILED, fake_error("DB001", ""));
        if (fake_waiting(w->db) == NULL) {
            db_result_unref(&r);
            break;
        }
        chain_row(r, 0, 1, 0, 0, 1);
        fake_answer(w->db, DB_DONE, r);
    }
    assert_string_equal(w->codes, "busy ");
}

static void test_rate(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    append_add(w->append, make(w, 2, 2)); /* behind the refused one */
    append_add(w->append, make(w, 3, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("DB002", "2"));
    assert_string_equal(w->codes, "rate rate ");
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 2);
    record(w);
    assert_int_equal(w->recorded, 2);
}

static void test_clock(void **state)
{
    struct world *w = *state;
    struct fake_call *c;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    assert_null(fake_waiting(w->db)->arg[1].bytes); /* nothing expected at first */
    record(w);
    clock_set_for_test(REAL + 999, 5000000 + 7000000);
    append_add(w->append, make(w, 1, 2));
    turn(w);
    c = fake_waiting(w->db);
    assert_non_null(c->arg[1].bytes);
    /* by the monotonic clock, seven seconds on; 2000-01-01 is PostgreSQL's zero */
    assert_int_equal(fake_arg_number(c, ARG(C_SEQ), 0), 2);
    int64_t expected = 0;
    for (int i = 0; i < 8; i++)
        expected = expected << 8 | (uint8_t)c->arg[1].bytes[i];
    assert_true(expected + 946684800000000 == REAL + 7000000);
    fake_answer(w->db, DB_FAILED, fake_error("DB003", ""));
    assert_string_equal(w->codes, "clock ");
}

static void test_stale_registry(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("DB004", ""));
    assert_int_equal(w->stale, 1);
    turn(w);
    assert_int_equal(db_pending(w->db), 0); /* nothing goes before the registry is read */
    append_registry(w->append, 9, 0);
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 2);
    assert_int_equal((uint8_t)fake_waiting(w->db)->arg[0].bytes[7], 9);
    fake_answer(w->db, DB_FAILED, fake_error("DB004", ""));
    w->allowed = VERIFY_REFUSED;
    append_registry(w->append, 10, 0);
    assert_string_equal(w->codes, "key key ");
}

static void test_lost(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    append_add(w->append, make(w, 2, 1));
    w->db->down = true;
    fake_answer(w->db, DB_LOST, NULL);
    append_down(w->append);
    assert_string_equal(w->codes, "unknown busy ");
    assert_int_equal(w->recorded, 0);
    assert_string_equal(append_closed(w->append), "busy");
}

static void test_one_by_one(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    append_add(w->append, make(w, 3, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("22P02", ""));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 1);
    record(w);
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("22P02", ""));
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 2);
    assert_string_equal(w->codes, "internal ");
}

static void test_server_trouble(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("53100", "")); /* disk full */
    assert_string_equal(w->codes, "busy busy ");
    assert_true(append_idle(w->append));
}

/* An answer that is not in the contract must not be acknowledged. */
static void test_strange_answer(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    fake_answer(w->db, DB_DONE, answer(2, 3));
    assert_string_equal(w->codes, "unknown ");
    assert_int_equal(w->recorded, 0);
}

#define HEADS_PATIENCE_US 60000 /* more than append.c has */

/* A head waits a little, so that a row is not written for each batch; then it goes by itself. */
static void test_heads(void **state)
{
    struct world *w = *state;

    append_heads(w->append, false);
    append_add(w->append, make(w, 1, 1));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), 2), 0);
    record(w);
    turn(w);
    assert_int_equal(db_pending(w->db), 0);
    usleep(HEADS_PATIENCE_US);
    turn(w);
    assert_string_equal(fake_waiting(w->db)->statement, "seal");
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_int_equal(w->heads_stored, 1);
    assert_true(append_idle(w->append));
}

/* ... or with the next batch, when there is one. */
static void test_heads_with_a_batch(void **state)
{
    struct world *w = *state;

    append_heads(w->append, false);
    append_add(w->append, make(w, 1, 1));
    turn(w);
    usleep(HEADS_PATIENCE_US);
    turn(w); /* it is time, but the connection is busy */
    append_add(w->append, make(w, 2, 1));
    record(w);
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), 2), 1); /* on the way */
    fake_answer(w->db, DB_FAILED, fake_error("53100", ""));
    assert_int_equal(w->heads_lost, 1);
    append_heads(w->append, true);
    turn(w);
    assert_string_equal(fake_waiting(w->db)->statement, "seal");
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_int_equal(w->heads_stored, 1);
    assert_true(append_idle(w->append));
}

static void test_act_alone(void **state)
{
    struct world *w = *state;
    struct submission *act = make(w, 2, 1);

    act->kind = STATEMENT_REGISTRY;
    append_add(w->append, make(w, 1, 1));
    append_add(w->append, act);
    append_add(w->append, make(w, 3, 1));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 1);
    record(w);
    turn(w);
    assert_string_equal(fake_waiting(w->db)->statement, "append_act");
    assert_int_equal(fake_waiting(w->db)->n, 12);
    fake_answer(w->db, DB_DONE, answer(1, 4));
    assert_int_equal(w->stale, 1); /* the registry is read before the next batch */
    turn(w);
    assert_int_equal(db_pending(w->db), 0);
    append_registry(w->append, 5, 0);
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 3);
}

static void test_closed(void **state)
{
    struct world *w = *state;

    assert_null(append_closed(w->append));
    append_add(w->append, make(w, 1, 1));
    append_close(w->append, "behind");
    assert_string_equal(w->codes, "behind ");
    assert_string_equal(append_closed(w->append), "behind");
    append_close(w->append, NULL);
    assert_null(append_closed(w->append));
    for (int i = 0; append_closed(w->append) == NULL; i++) /* bounded */
        append_add(w->append, make(w, 10 + i, 1));
    assert_string_equal(append_closed(w->append), "busy");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_one_in_flight),  TEST(test_chain_within_a_batch),
                                       TEST(test_limits),         TEST(test_reports),
                                       TEST(test_tail),           TEST(test_slow_path),
                                       TEST(test_slow_path_ends), TEST(test_rate),
                                       TEST(test_clock),          TEST(test_stale_registry),
                                       TEST(test_lost),           TEST(test_one_by_one),
                                       TEST(test_server_trouble), TEST(test_strange_answer),
                                       TEST(test_heads),          TEST(test_heads_with_a_batch),
                                       TEST(test_act_alone),      TEST(test_closed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
