/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts of what was stored before, made of what the database answers. */
#include "unit.h"

#include <event2/event.h>

#include "common/digest.h"
#include "daemon/receive/acknowledge.h"
#include "tests/fakes/fake_db.h"

enum column { ID, ENTRY, BODY, RECEIVED, OUTCOMES, SIZE, PATH, NOTE, COLUMNS };

struct world {
    struct event_base *base;
    struct db *db;
    struct acknowledge *acknowledge;
    int answers;
    enum acknowledge_outcome outcome;
    char json[4096];
};

static void on_found(void *arg, enum acknowledge_outcome outcome, const uint8_t *id,
                     const char *json, size_t n)
{
    struct world *w = arg;

    w->answers++;
    w->outcome = outcome;
    w->json[0] = '\0';
    if (outcome == ACKNOWLEDGE_FOUND) {
        assert_non_null(id);
        snprintf(w->json, sizeof w->json, "%.*s", (int)n, json);
    }
}

static int setup(void **state)
{
    static const struct acknowledge_ops ops = {NULL};
    struct world *w = xcalloc(1, sizeof *w);

    w->base = event_base_new();
    w->db = db_new(NULL, NULL, NULL);
    w->acknowledge = acknowledge_new(w->base, &ops, w);
    acknowledge_set_db(w->acknowledge, w->db);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    db_free(&w->db);
    acknowledge_free(&w->acknowledge);
    event_base_free(w->base);
    free(w);
    return 0;
}

static void ask(struct world *w)
{
    static const uint8_t key[DIGEST_SIZE] = {7};

    acknowledge_again(w->acknowledge, key, 1, true, on_found, w);
}

/* note NULL: no head covers the entry yet. */
static struct db_result *stored(const char *note)
{
    struct db_result *r = fake_result(1, COLUMNS);
    uint8_t id[DIGEST_SIZE] = {1};
    struct array path = {0};

    fake_bytes(r, 0, ID, id, sizeof id);
    fake_int8(r, 0, ENTRY, 5);
    fake_text(r, 0, BODY, "entry");
    fake_text(r, 0, RECEIVED, "2022-04-08T09:30:00.000000Z");
    fake_text(r, 0, OUTCOMES, "[]");
    fake_int8(r, 0, SIZE, 6);
    array_begin(&path, ARRAY_BYTEA);
    fake_array(r, 0, PATH, &path);
    if (note != NULL)
        fake_text(r, 0, NOTE, note);
    return r;
}

/* The whole note, whatever was asked before. */
static void test_note(void **state)
{
    static const char *const notes[] = {"a\n\nb\n",
                                        "a longer one\n6\nroot\n\n\xE2\x80\x94 log sig\n", "c\n"};
    static const char *const written[] = {
        "a\\n\\nb\\n\"}", "a longer one\\n6\\nroot\\n\\n\xE2\x80\x94 log sig\\n\"}", "c\\n\"}"};
    struct world *w = *state;

    for (size_t i = 0; i < LEN(notes); i++) {
        static const char head[] =
            "\"proof\":\"c2sp.org/tlog-proof@v1\\nextra ZW50cnk=\\nindex 5\\n\\n";
        const char *proof;

        ask(w);
        fake_answer(w->db, DB_DONE, stored(notes[i]));
        assert_int_equal(w->answers, (int)i + 1);
        assert_int_equal(w->outcome, ACKNOWLEDGE_FOUND);
        proof = strstr(w->json, "\"proof\":");
        assert_non_null(proof);
        assert_int_equal(strncmp(proof, head, sizeof head - 1), 0);
        assert_string_equal(proof + sizeof head - 1, written[i]);
        assert_non_null(strstr(w->json, "\"duplicate\":true"));
    }
}

static void test_waits_for_a_head(void **state)
{
    struct world *w = *state;

    ask(w);
    fake_answer(w->db, DB_DONE, stored(NULL));
    assert_int_equal(w->answers, 0);
    acknowledge_sealed(w->acknowledge);
    fake_answer(w->db, DB_DONE, stored("c\n"));
    assert_int_equal(w->outcome, ACKNOWLEDGE_FOUND);
}

static void test_neither(void **state)
{
    struct world *w = *state;

    ask(w);
    fake_answer(w->db, DB_DONE, fake_result(0, COLUMNS));
    assert_int_equal(w->outcome, ACKNOWLEDGE_ABSENT);
    ask(w);
    fake_answer(w->db, DB_LOST, NULL);
    assert_int_equal(w->outcome, ACKNOWLEDGE_UNSURE);
    w->db->down = true;
    ask(w);
    assert_int_equal(w->outcome, ACKNOWLEDGE_UNSURE);
    assert_int_equal(w->answers, 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_note), TEST(test_waits_for_a_head),
                                       TEST(test_neither)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
