/* SPDX-License-Identifier: BSD-2-Clause */
/* Project Wycheproof: signatures that must verify, must not, or may. */
#include "vectors.h"

#include <jansson.h>

#include "common/key.h"

struct counts {
    size_t valid, invalid, acceptable, disagreed;
};

/* Hexadecimal of any length. */
static void from_hex(const char *hex, struct buf *out)
{
    buf_clear(out);
    buf_add_str(out, "");
    for (size_t i = 0; hex[i] && hex[i + 1]; i += 2) {
        char pair[3] = {hex[i], hex[i + 1], '\0'};
        char *end = NULL;
        char byte = (char)strtoul(pair, &end, 16);
        assert_ptr_equal(end, pair + 2);
        buf_add(out, &byte, 1);
    }
}

static void one_test(const struct key *k, const json_t *test, struct counts *c)
{
    struct buf msg = {0};
    struct buf sig = {0};
    const char *result = json_string_value(json_object_get(test, "result"));

    from_hex(json_string_value(json_object_get(test, "msg")), &msg);
    from_hex(json_string_value(json_object_get(test, "sig")), &sig);
    bool good = key_verify(k, msg.data, msg.len, sig.data, sig.len);
    if (strcmp(result, "valid") == 0)
        c->valid++;
    else if (strcmp(result, "invalid") == 0)
        c->invalid++;
    else
        c->acceptable++;
    if ((good && strcmp(result, "invalid") == 0) || (!good && strcmp(result, "valid") == 0)) {
        c->disagreed++;
        fprintf(stderr, "# tcId %d: we say %s, Wycheproof says %s\n",
                (int)json_integer_value(json_object_get(test, "tcId")), good ? "valid" : "invalid",
                result);
    }
    buf_free(&msg);
    buf_free(&sig);
}

static void run_file(const char *name, enum key_alg alg, size_t least_valid, size_t least_invalid)
{
    char *path = vectors_path(name);
    struct counts c = {0};
    json_error_t error;
    size_t i;
    size_t j;
    json_t *group;
    json_t *test;

    if (!path)
        skip();
    json_t *all = json_load_file(path, 0, &error);
    if (!all)
        fail_msg("%s: %s", path, error.text);
    json_array_foreach(json_object_get(all, "testGroups"), i, group)
    {
        struct buf der = {0};
        struct key *k = NULL;
        struct err e = {0};
        from_hex(json_string_value(json_object_get(group, "publicKeyDer")), &der);
        if (!key_from_spki((const uint8_t *)der.data, der.len, &k, &e))
            fail_msg("group %zu: %s", i, e.text);
        assert_int_equal(key_algorithm(k), alg);
        json_array_foreach(json_object_get(group, "tests"), j, test) one_test(k, test, &c);
        key_free(&k);
        buf_free(&der);
    }
    fprintf(stderr, "# %s: %zu valid, %zu invalid, %zu acceptable, %zu disagreements\n", name,
            c.valid, c.invalid, c.acceptable, c.disagreed);
    assert_int_equal(c.valid + c.invalid + c.acceptable,
                     json_integer_value(json_object_get(all, "numberOfTests")));
    assert_true(c.valid >= least_valid);
    assert_true(c.invalid >= least_invalid);
    assert_int_equal(c.disagreed, 0);
    json_decref(all);
    free(path);
}

static void ecdsa(void **state)
{
    (void)state;
    run_file("wycheproof/ecdsa_secp256r1_sha256_test.json", KEY_ECDSA_P256, 100, 100);
}

static void ed25519(void **state)
{
    (void)state;
    run_file("wycheproof/ed25519_test.json", KEY_ED25519, 50, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ecdsa), cmocka_unit_test(ed25519)};

    return cmocka_run_group_tests_name("wycheproof", tests, NULL, NULL);
}
