/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts: each single thing that a dishonest server could change is noticed. */
#include "unit.h"

#include "client/app.h"
#include "client/compose.h"
#include "client/outcome.h"
#include "client/receipts.h"
#include "common/bytes.h"
#include "common/statement.h"
#include "tests/fakes/client_world.h"

struct fixture {
    struct world *w;
    struct dsse sent;
    json_t *receipt;
    struct deliver_peer peer;
};

static void sign(struct fixture *f, const char *task)
{
    struct outbox *o = NULL;
    json_t *body = world_body(task);
    int64_t seq;
    struct err e = {0};

    assert_true(outbox_open(f->w->home, &o, &e));
    assert_true(outbox_add(o, STATEMENT_TYPE("report"), body, &seq, &e));
    assert_true(outbox_read(o, o->len - 1, &f->sent, &e));
    json_decref(body);
    outbox_close(&o);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->w = world_new();
    for (int i = 0; i < 5; i++)
        world_stranger(f->w);
    f->peer = world_peer(f->w);
    sign(f, "p1/1");
    f->receipt = world_answer(f->w, &f->sent);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    json_decref(f->receipt);
    dsse_clear(&f->sent);
    world_free(&f->w);
    free(f);
    return 0;
}

static bool check(struct fixture *f, struct err *e)
{
    struct checkpoint head;

    return receipts_check(f->w->home, &f->sent, 1, f->receipt, &f->peer.ask, &head, e);
}

static void test_good(void **state)
{
    struct err e = {0};

    assert_true(check(*state, &e));
}

static void test_changed_words(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    json_t *outcome = json_array_get(json_object_get(f->receipt, "outcomes"), 0);
    static const char *const changes[][2] = {
        {"outcome", "late"},   {"period", "2022Q2"}, {"task", "p1/2"},
        {"rule", "monthly@0"}, {"calendar", "cn@1"}, {"due", "2022-04-08T17:30:01+08:00"}};

    for (size_t i = 0; i < LEN(changes); i++) {
        json_t *was = json_incref(json_object_get(outcome, changes[i][0]));
        json_object_set_new(outcome, changes[i][0], json_string(changes[i][1]));
        assert_false(check(f, &e));
        assert_code(e, "evidence");
        json_object_set_new(outcome, changes[i][0], was);
    }
    /* the same instant in another zone is the same instant */
    json_object_set_new(outcome, "due", json_string("2022-04-08T09:30:00Z"));
    assert_true(check(f, &e));
    json_array_append_new(json_object_get(f->receipt, "outcomes"), json_object());
    assert_false(check(f, &e));
}

static void test_changed_head(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    json_object_set_new(f->receipt, "entry", json_integer(3));
    assert_false(check(f, &e));
    assert_code(e, "evidence");
}

static void test_other_statement(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    f->sent.payload.data[f->sent.payload.len - 2] ^= 1;
    assert_false(check(f, &e));
    assert_code(e, "evidence");
}

static void test_no_proof(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    json_object_del(f->receipt, "proof");
    assert_false(check(f, &e));
    assert_code(e, "evidence");
}

/* Flips each byte of the proof text in turn. */
static void test_every_byte_of_the_proof(void **state)
{
    struct fixture *f = *state;
    struct checkpoint head;
    uint64_t entry;
    struct err e = {0};
    char *proof = strdup(app_str(f->receipt, "proof"));
    size_t n = strlen(proof), refused = 0;

    assert_true(receipts_check_proof(f->w->home, proof, n, &f->sent, 1, &head, &entry, &e));
    for (size_t i = 0; i < n; i++) {
        proof[i] ^= 1;
        refused += !receipts_check_proof(f->w->home, proof, n, &f->sent, 1, &head, &entry, &e);
        proof[i] ^= 1;
    }
    assert_int_equal(refused, n);
    free(proof);
}

static void test_other_log_key(void **state)
{
    struct fixture *f = *state;
    struct world *other = world_new();
    struct checkpoint head;
    struct err e = {0};

    assert_false(receipts_check(other->home, &f->sent, 1, f->receipt, &f->peer.ask, &head, &e));
    assert_code(e, "evidence");
    world_free(&other);
}

static bool remember(struct fixture *f, struct err *e)
{
    struct checkpoint head = {.size = f->w->size};

    snprintf(head.origin, sizeof head.origin, "%s", WORLD_ORIGIN);
    world_root(f->w, 0, f->w->size, head.root);
    return receipts_remember(f->w->home, &head, &f->peer.ask, e);
}

static void test_growing_log(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    for (int i = 0; i < 70; i++) {
        assert_true(remember(f, &e));
        world_stranger(f->w);
    }
    f->w->size -= 9; /* an older head is fine too: it is a prefix */
    assert_true(remember(f, &e));
}

static void test_forked_log(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};

    assert_true(remember(f, &e));
    f->w->leaves[2][0] ^= 1;
    assert_false(remember(f, &e)); /* the same size, another root */
    assert_code(e, "evidence");
    world_stranger(f->w);
    assert_false(remember(f, &e));
    assert_code(e, "evidence");
}

static void test_damaged_state(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    char path[128];

    assert_true(remember(f, &e));
    snprintf(path, sizeof path, "%s/log.state", f->w->dir);
    FILE *out = fopen(path, "w");
    fputs("nonsense", out);
    fclose(out);
    assert_false(remember(f, &e));
    assert_code(e, "evidence");
    assert_non_null(strstr(e.text, path));
}

static void digest_of(const char *json, const struct receipts_ask *ask, const char *lines)
{
    json_t *j = json_loads(json, 0, NULL);
    uint8_t got[DIGEST_SIZE], want[DIGEST_SIZE];

    assert_non_null(j);
    struct err e = {0};
    assert_true(receipts_outcomes_digest(j, ask, got, &e));
    sha256(lines, strlen(lines), want);
    assert_memory_equal(got, want, DIGEST_SIZE);
    json_decref(j);
}

static bool on_due(void *data, const char *task, char out[INSTANT_SIZE], struct err *e)
{
    (void)data;
    if (strcmp(task, "p1/1") != 0)
        return err_set(e, "away", "nobody there");
    snprintf(out, INSTANT_SIZE, "2022-12-31T23:59:00+08:00");
    return true;
}

/* "waiting" of a report and of a delivery are two things. */
static void test_words(void **state)
{
    (void)state;
    assert_string_equal(outcome_word("waiting"), "waits for the head's countersignature");
    assert_string_equal(outcome_delivery_word("waiting"), "waiting");
    assert_string_equal(outcome_delivery_word("dead"), "UNDELIVERABLE");
    assert_string_equal(outcome_word("no such word"), "no such word");
    assert_string_equal(outcome_word(NULL), "-");
}

static void test_outcome_lines(void **state)
{
    const struct receipts_ask ask = {.task_due = on_due};

    (void)state;
    digest_of("[{\"object\":\"unit/u001\",\"outcome\":\"applied\",\"errors\":[]}]", NULL,
              "unit/u001 - applied - - -\n");
    digest_of("[{\"alert\":17,\"outcome\":\"acknowledged\"}]", NULL, "17 - acknowledged - - -\n");
    digest_of("[{\"task\":\"任务\",\"period\":\"a b\",\"outcome\":\"refused\"}]", NULL,
              "- - refused - - -\n");
    digest_of("[{\"task\":\"p1/1\",\"outcome\":\"refused\"}]", NULL, "p1/1 - refused - - -\n");
    digest_of("[{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"outcome\":\"on-time\",\"due\":"
              "\"2022-04-08T09:30:00Z\",\"rule\":\"q@0\",\"calendar\":\"cn@0\",\"completion\":"
              "\"on-time\"}]",
              &ask,
              "p1/1 2022Q1 on-time 2022-04-08T09:30:00Z q@0 cn@0\n"
              "p1/1 - on-time 2022-12-31T15:59:00Z - -\n");
    digest_of(
        "[{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"outcome\":\"late\",\"completion\":\"late\","
        "\"completion_due\":\"2022-03-31T15:59:00Z\"}]",
        NULL, "p1/1 2022Q1 late - - -\np1/1 - late 2022-03-31T15:59:00Z - -\n");
    digest_of("[{\"object\":\"812.0\",\"outcome\":\"returned\",\"task\":\"p1/1\",\"period\":"
              "\"2022Q1!1\",\"due\":\"2022-04-15T15:59:00Z\"}]",
              NULL, "812.0 2022Q1!1 returned 2022-04-15T15:59:00Z - -\n");
    digest_of(
        "[{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"outcome\":\"correction\",\"resubmission\":"
        "\"returned-late\",\"resubmission_due\":\"2022-04-15T15:59:00Z\","
        "\"resubmission_period\":\"2022Q1!1\",\"completion\":\"late\",\"completion_due\":"
        "\"2022-03-31T15:59:00Z\"}]",
        NULL,
        "p1/1 2022Q1 correction - - -\np1/1 - late 2022-03-31T15:59:00Z - -\n"
        "p1/1 2022Q1!1 returned-late 2022-04-15T15:59:00Z - -\n");
    digest_of(
        "[{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"outcome\":\"correction\",\"resubmission\":"
        "\"on-time\",\"resubmission_due\":\"2022-04-15T15:59:00Z\","
        "\"resubmission_period\":\"2022Q1!2\",\"completion\":\"on-time\",\"completion_due\":"
        "\"2022-10-31T15:59:00Z\",\"completion_period\":\"-!1\"}]",
        NULL,
        "p1/1 2022Q1 correction - - -\np1/1 2022Q1!2 on-time 2022-04-15T15:59:00Z - -\n"
        "p1/1 -!1 on-time 2022-10-31T15:59:00Z - -\n");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_good),
        WITH(test_changed_words),
        WITH(test_changed_head),
        WITH(test_other_statement),
        WITH(test_no_proof),
        WITH(test_every_byte_of_the_proof),
        WITH(test_other_log_key),
        WITH(test_growing_log),
        WITH(test_forked_log),
        WITH(test_damaged_state),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_outcome_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
