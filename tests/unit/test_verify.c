/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "verify": every refusal with its code, and the order of the checks: what is wrong first is
 * what is answered, and only what changes with time leaves room for a duplicate. */
#include "unit.h"

#include "common/clock.h"
#include "daemon/receive/verify.h"
#include "tests/fakes/fake_db.h"
#include "tests/fakes/fake_registry.h"

#define REPORT STATEMENT_TYPE("report")
#define BODY "\"reports\":[{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"on-track\"}]"

enum { UNIT, OTHER, REVOKED, EXPIRED, EARLY, OPERATOR, KEYS };

struct world {
    struct db *db;
    struct keys *keys;
    struct verify verify;
    struct key *key[KEYS], *stranger;
    struct submission_pool pool;
    struct buf json;
    uint8_t id[DIGEST_SIZE];
    struct problem p;
    struct submission *s;
};

static const uint8_t zeros[DIGEST_SIZE];

static void on_loaded(void *arg, bool ok)
{
    (void)arg;
    (void)ok;
}

static void make_registry(struct world *w)
{
    struct fake_key k[KEYS] = {
        [UNIT] = {.row = 1, .code = "u001", .unit = "u001"},
        [OTHER] = {.row = 2, .code = "u002", .unit = "u002"},
        [REVOKED] = {.row = 3, .code = "u001", .unit = "u001", .revoked = true},
        [EXPIRED] = {.row = 4, .code = "u001", .unit = "u001", .until = FAKE_REAL},
        [EARLY] = {.row = 5, .code = "u001", .unit = "u001", .from = FAKE_REAL + 1},
        [OPERATOR] = {.row = 6, .code = "office", .is_operator = true}};
    struct fake_client c[] = {{.certificate = {1}, .code = "u001", .deliver = "office"},
                              {.certificate = {2}, .code = "u002"},
                              {.certificate = {3}, .code = "u001", .revoked = true},
                              {.certificate = {4}, .code = "u001", .until = FAKE_REAL}};

    for (int i = 0; i < KEYS; i++)
        k[i].key = w->key[i];
    fake_load(w->keys, w->db, 0, k, KEYS, c, 4);
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct err e;

    clock_set_for_test(FAKE_REAL, 1000000);
    w->db = db_new(NULL, NULL, NULL);
    w->keys = keys_new(on_loaded, NULL);
    for (int i = 0; i < KEYS; i++)
        assert_true(key_generate(i == OTHER ? KEY_ED25519 : KEY_ECDSA_P256, &w->key[i], &e));
    assert_true(key_generate(KEY_ECDSA_P256, &w->stranger, &e));
    make_registry(w);
    w->verify.keys = w->keys;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    submission_free(&w->pool, &w->s);
    submission_pool_clear(&w->pool);
    verify_clear(&w->verify);
    db_free(&w->db);
    keys_free(&w->keys);
    for (int i = 0; i < KEYS; i++)
        key_free(&w->key[i]);
    key_free(&w->stranger);
    buf_free(&w->json);
    free(w);
    clock_set_for_test(-1, -1);
    return 0;
}

/* Verifies w->json as delivered by the certificate that begins with this byte (0 = none). */
static enum verify_outcome verify(struct world *w, uint8_t certificate)
{
    submission_free(&w->pool, &w->s);
    w->s = submission_new(&w->pool);
    w->s->has_certificate = certificate != 0;
    w->s->certificate[0] = certificate;
    return verify_statement(&w->verify, w->json.data, w->json.len, w->s, &w->p);
}

static void make(struct world *w, const struct key *k, const char *aud, const char *unit,
                 const char *body)
{
    fake_envelope(k, REPORT, aud, unit, 1, zeros, body, &w->json, w->id);
}

static void refused(struct world *w, uint8_t certificate, enum verify_outcome outcome,
                    const char *code, int status)
{
    assert_int_equal(verify(w, certificate), outcome);
    assert_string_equal(w->p.code, code);
    assert_int_equal(problem_http(&w->p)->status, status);
    assert_true(strlen(w->p.detail) > 10);
}

static void test_good(void **state)
{
    struct world *w = *state;

    make(w, w->key[UNIT], FAKE_AUD, "u001", BODY);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
    assert_memory_equal(w->s->id, w->id, DIGEST_SIZE);
    assert_int_equal(w->s->key_row, 1);
    assert_string_equal(w->s->unit, "u001");
    assert_string_equal(w->s->alg, "ecdsa-p256");
    assert_int_equal(w->s->st->reports_len, 1);
    make(w, w->key[OTHER], FAKE_AUD, "市发展改革委", BODY); /* by its name */
    assert_int_equal(verify(w, 2), VERIFY_GOOD);
    make(w, w->key[OPERATOR], FAKE_AUD, "office", BODY); /* a unit delivers for a post */
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
    assert_string_equal(w->s->unit, "");
}

static void test_form(void **state)
{
    struct world *w = *state;

    buf_clear(&w->json);
    buf_add_str(&w->json, "{\"payloadType\":");
    refused(w, 1, VERIFY_REFUSED, "malformed", 400);
    fake_envelope(w->key[UNIT], "application/json", FAKE_AUD, "u001", 1, zeros, BODY, &w->json,
                  w->id);
    refused(w, 1, VERIFY_REFUSED, "schema", 400);
    make(w, w->key[UNIT], FAKE_AUD, "u001", "\"reports\":[]");
    refused(w, 1, VERIFY_REFUSED, "schema", 400);
    make(w, w->key[UNIT], FAKE_AUD, "u001", BODY ",\"extra\":1");
    refused(w, 1, VERIFY_REFUSED, "schema", 400);
    make(w, w->key[UNIT], FAKE_AUD, "u001", BODY ",\"v\":1");
    refused(w, 1, VERIFY_REFUSED, "malformed", 400);
}

static void test_size(void **state)
{
    struct world *w = *state;
    struct buf body = {0};

    buf_addf(&body, "\"reports\":[{\"task\":\"p1/1\",\"status\":\"done\",\"text\":\"%0*d\"}]",
             257 * 1024, 0);
    make(w, w->key[UNIT], FAKE_AUD, "u001", body.data);
    refused(w, 1, VERIFY_REFUSED, "size", 413);
    buf_free(&body);
}

static void test_key_and_signature(void **state)
{
    struct world *w = *state;
    char *sig;

    make(w, w->stranger, FAKE_AUD, "u001", BODY);
    refused(w, 1, VERIFY_REFUSED, "key", 403);
    make(w, w->key[UNIT], FAKE_AUD, "u001", BODY);
    sig = strstr(w->json.data, "\"sig\":\"");
    sig[30] = sig[30] == 'A' ? 'B' : 'A';
    refused(w, 1, VERIFY_REFUSED, "signature", 403);
}

/* The signature is looked at before the payload is: what an unknown person writes is never parsed.
 */
static void test_signature_before_parse(void **state)
{
    struct world *w = *state;
    struct dsse d = {0};
    struct err e;

    assert_true(dsse_sign(w->key[UNIT], REPORT, "{not json", 9, &d, &e));
    buf_clear(&w->json);
    dsse_encode(&d, &w->json);
    refused(w, 1, VERIFY_REFUSED, "malformed", 400);
    d.sig[d.sig_len - 1] ^= 1;
    buf_clear(&w->json);
    dsse_encode(&d, &w->json);
    refused(w, 1, VERIFY_REFUSED, "signature", 403);
    dsse_clear(&d);
}

/* The payload names one key, another one signed it. */
static void test_key_substitution(void **state)
{
    struct world *w = *state;
    struct dsse d = {0};
    struct err e;

    make(w, w->key[UNIT], FAKE_AUD, "u001", BODY);
    assert_true(dsse_decode(w->json.data, w->json.len, 1 << 20, &d, &e));
    struct dsse by_other = {0};
    assert_true(dsse_sign(w->key[OTHER], REPORT, d.payload.data, d.payload.len, &by_other, &e));
    buf_clear(&w->json);
    dsse_encode(&by_other, &w->json);
    refused(w, 2, VERIFY_REFUSED, "key", 403);
    dsse_clear(&d);
    dsse_clear(&by_other);
}

static void test_audience_and_unit(void **state)
{
    struct world *w = *state;

    make(w, w->key[UNIT], "duban.example/other", "u002", BODY);
    refused(w, 1, VERIFY_REFUSED, "audience", 403);
    make(w, w->key[UNIT], FAKE_AUD, "u002", BODY);
    refused(w, 1, VERIFY_UNLESS_KNOWN, "unit", 403);
}

static void test_certificates(void **state)
{
    struct world *w = *state;

    make(w, w->key[UNIT], FAKE_AUD, "u001", BODY);
    refused(w, 0, VERIFY_UNLESS_KNOWN, "certificate", 403);
    refused(w, 9, VERIFY_UNLESS_KNOWN, "certificate", 403);
    refused(w, 3, VERIFY_UNLESS_KNOWN, "certificate", 403);
    refused(w, 4, VERIFY_UNLESS_KNOWN, "certificate", 403);
    refused(w, 2, VERIFY_UNLESS_KNOWN, "unit", 403);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
}

static void test_validity(void **state)
{
    struct world *w = *state;

    make(w, w->key[REVOKED], FAKE_AUD, "u001", BODY);
    refused(w, 1, VERIFY_UNLESS_KNOWN, "key", 403);
    make(w, w->key[EXPIRED], FAKE_AUD, "u001", BODY);
    refused(w, 1, VERIFY_UNLESS_KNOWN, "key", 403);
    clock_set_for_test(FAKE_REAL - 1, 1000000);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
    clock_set_for_test(FAKE_REAL, 1000000);
    make(w, w->key[EARLY], FAKE_AUD, "u001", BODY);
    refused(w, 1, VERIFY_UNLESS_KNOWN, "key", 403);
    clock_set_for_test(FAKE_REAL + 1, 1000000);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
}

static void test_operators_only(void **state)
{
    struct world *w = *state;
    const char *body = "\"contacts\":[{\"post\":\"u001-contact\",\"name\":\"x\"}]";

    fake_envelope(w->key[UNIT], STATEMENT_TYPE("contact"), FAKE_AUD, "u001", 1, zeros, body,
                  &w->json, w->id);
    refused(w, 1, VERIFY_UNLESS_KNOWN, "key", 403);
    fake_envelope(w->key[OPERATOR], STATEMENT_TYPE("contact"), FAKE_AUD, "office", 1, zeros, body,
                  &w->json, w->id);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
}

/* The table of who may sign: units never review or record, posts above them never countersign. */
static void test_signers(void **state)
{
    struct world *w = *state;
    static const char review[] = "\"reviews\":[{\"report\":\"1.0\",\"decision\":\"accept\"}]";
    static const char record[] =
        "\"records\":[{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"done\",\"for\":"
        "\"u001\",\"source\":\"phone\",\"received_on\":\"2022-04-01\"}]";
    static const char countersign[] = "\"reports\":[\"1.0\"]";

    fake_envelope(w->key[UNIT], STATEMENT_TYPE("review"), FAKE_AUD, "u001", 1, zeros, review,
                  &w->json, w->id);
    refused(w, 1, VERIFY_UNLESS_KNOWN, "key", 403);
    fake_envelope(w->key[UNIT], STATEMENT_TYPE("record"), FAKE_AUD, "u001", 1, zeros, record,
                  &w->json, w->id);
    refused(w, 1, VERIFY_UNLESS_KNOWN, "key", 403);
    fake_envelope(w->key[OPERATOR], STATEMENT_TYPE("countersign"), FAKE_AUD, "office", 1, zeros,
                  countersign, &w->json, w->id);
    assert_int_equal(verify(w, 1), VERIFY_UNLESS_KNOWN);
    fake_envelope(w->key[OPERATOR], STATEMENT_TYPE("review"), FAKE_AUD, "office", 1, zeros, review,
                  &w->json, w->id);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
    fake_envelope(w->key[UNIT], STATEMENT_TYPE("countersign"), FAKE_AUD, "u001", 1, zeros,
                  countersign, &w->json, w->id);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
}

/* A new registry: the same statement is looked at again without its bytes. */
static void test_allowed_again(void **state)
{
    struct world *w = *state;
    struct fake_key k[] = {
        {.key = w->key[UNIT], .row = 1, .code = "u001", .unit = "u001", .revoked = true}};

    make(w, w->key[UNIT], FAKE_AUD, "u001", BODY);
    assert_int_equal(verify(w, 1), VERIFY_GOOD);
    fake_load(w->keys, w->db, 1, k, 1, NULL, 0);
    assert_int_equal(verify_allowed(&w->verify, w->s, &w->p), VERIFY_UNLESS_KNOWN);
    fake_load(w->keys, w->db, 2, NULL, 0, NULL, 0);
    assert_int_equal(verify_allowed(&w->verify, w->s, &w->p), VERIFY_REFUSED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_good),
                                       TEST(test_form),
                                       TEST(test_size),
                                       TEST(test_key_and_signature),
                                       TEST(test_signature_before_parse),
                                       TEST(test_key_substitution),
                                       TEST(test_audience_and_unit),
                                       TEST(test_certificates),
                                       TEST(test_validity),
                                       TEST(test_operators_only),
                                       TEST(test_signers),
                                       TEST(test_allowed_again)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
