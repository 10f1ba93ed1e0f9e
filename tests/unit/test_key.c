/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys: the three algorithms, the one SPKI encoding, key files. */
#include "unit.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/file.h"
#include "common/key.h"
#include "common/mem.h"
#include "directory.h"

static const enum key_alg ALL[] = {KEY_ECDSA_P256, KEY_ED25519, KEY_SM2};

static struct key *generate(enum key_alg alg)
{
    struct key *k = NULL;
    struct err e = {0};

    assert_true(key_generate(alg, &k, &e));
    return k;
}

static void names(void **state)
{
    enum key_alg alg;

    (void)state;
    for (size_t i = 0; i < LEN(ALL); i++) {
        assert_true(key_alg_parse(key_alg_name(ALL[i]), &alg));
        assert_int_equal(alg, ALL[i]);
    }
    assert_false(key_alg_parse("rsa", &alg));
    assert_false(key_alg_parse("", &alg));
}

static void sign_and_verify(void **state)
{
    static const char msg[] = "the very bytes";

    (void)state;
    for (size_t i = 0; i < LEN(ALL); i++) {
        struct key *k = generate(ALL[i]);
        struct key *other = generate(ALL[i]);
        struct buf sig = {0};
        struct err e;
        assert_int_equal(key_algorithm(k), ALL[i]);
        assert_true(key_sign(k, msg, sizeof msg, &sig, &e));
        for (int again = 0; again < 3; again++) {
            assert_true(key_verify(k, msg, sizeof msg, sig.data, sig.len));
            assert_false(key_verify(k, msg, sizeof msg - 1, sig.data, sig.len));
            assert_false(key_verify(other, msg, sizeof msg, sig.data, sig.len));
            assert_false(key_verify(k, msg, sizeof msg, sig.data, sig.len - 1));
            assert_false(key_verify(k, msg, sizeof msg, sig.data, 0));
        }
        buf_add(&sig, "\0", 1); /* a trailing byte */
        assert_false(key_verify(k, msg, sizeof msg, sig.data, sig.len));
        sig.data[sig.len / 2] ^= 1;
        assert_false(key_verify(k, msg, sizeof msg, sig.data, sig.len - 1));
        buf_free(&sig);
        key_free(&k);
        key_free(&other);
        assert_null(k);
    }
}

/* (r, n - s) verifies too: signature bytes are never an identity. Two DER forms never do. */
static void ecdsa_takes_any_s_in_one_der_form(void **state)
{
    struct key *k = generate(KEY_ECDSA_P256);
    struct buf sig = {0};
    struct err e;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);

    (void)state;
    assert_true(key_sign(k, "m", 1, &sig, &e));
    const uint8_t *p = (const uint8_t *)sig.data;
    ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &p, (long)sig.len);
    BIGNUM *high = BN_new();
    assert_true(BN_sub(high, EC_GROUP_get0_order(group), ECDSA_SIG_get0_s(s)));
    assert_true(ECDSA_SIG_set0(s, BN_dup(ECDSA_SIG_get0_r(s)), high));
    uint8_t *der = NULL;
    int n = i2d_ECDSA_SIG(s, &der);
    assert_true(key_verify(k, "m", 1, der, (size_t)n));
    /* the outer length in the long form, which is BER and not DER */
    uint8_t ber[128];
    ber[0] = 0x30;
    ber[1] = 0x81;
    memcpy(ber + 2, der + 1, (size_t)n - 1);
    assert_false(key_verify(k, "m", 1, ber, (size_t)n + 1));
    OPENSSL_free(der);
    ECDSA_SIG_free(s);
    EC_GROUP_free(group);
    buf_free(&sig);
    key_free(&k);
}

static void ed25519_is_deterministic(void **state)
{
    struct key *k = generate(KEY_ED25519);
    struct buf a = {0};
    struct buf b = {0};
    struct err e;

    (void)state;
    assert_true(key_sign(k, "m", 1, &a, &e) && key_sign(k, "m", 1, &b, &e));
    assert_int_equal(a.len, 64);
    assert_memory_equal(a.data, b.data, 64);
    /* s + L: the malleated form must be refused */
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)(uint8_t)a.data[32 + i] + order[i];
        a.data[32 + i] = (char)(uint8_t)carry;
        carry >>= 8;
    }
    assert_false(key_verify(k, "m", 1, a.data, a.len));
    buf_free(&a);
    buf_free(&b);
    key_free(&k);
}

/* The user id is fixed: the same key with another id gives signatures that we refuse. */
static void sm2_uses_the_standard_id(void **state)
{
    struct key *k = generate(KEY_SM2);
    uint8_t sig[160];

    (void)state;
    for (int standard = 0; standard < 2; standard++) {
        size_t n = sizeof sig;
        const char *id = standard ? "1234567812345678" : "ALICE123@YAHOO.COM";
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        EVP_PKEY_CTX *pc = EVP_PKEY_CTX_new_from_pkey(NULL, key_evp(k), NULL);
        assert_true(EVP_PKEY_CTX_set1_id(pc, id, (int)strlen(id)) > 0);
        EVP_MD_CTX_set_pkey_ctx(c, pc);
        assert_int_equal(EVP_DigestSignInit_ex(c, NULL, "SM3", NULL, NULL, key_evp(k), NULL), 1);
        assert_int_equal(EVP_DigestSign(c, sig, &n, (const uint8_t *)"m", 1), 1);
        assert_int_equal(key_verify(k, "m", 1, sig, n), standard);
        EVP_MD_CTX_free(c);
        EVP_PKEY_CTX_free(pc);
    }
    key_free(&k);
}

static void spki_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(ALL); i++) {
        struct key *k = generate(ALL[i]);
        struct key *public = NULL;
        struct buf sig = {0};
        struct err e;
        uint8_t id[DIGEST_SIZE];
        size_t n = 0;
        const uint8_t *spki = key_spki(k, &n);
        sha256(spki, n, id);
        assert_memory_equal(id, key_id(k), DIGEST_SIZE);
        assert_true(key_from_spki(spki, n, &public, &e));
        uint8_t *again = NULL;
        assert_int_equal(i2d_PUBKEY(key_evp(public), &again), n);
        assert_memory_equal(again, spki, n);
        OPENSSL_free(again);
        assert_int_equal(key_algorithm(public), ALL[i]);
        assert_memory_equal(key_id(public), id, DIGEST_SIZE);
        assert_true(key_sign(k, "m", 1, &sig, &e));
        assert_true(key_verify(public, "m", 1, sig.data, sig.len));
        buf_clear(&sig);
        assert_false(key_sign(public, "m", 1, &sig, &e)); /* no private half */
        assert_code(e, "crypto");
        buf_free(&sig);
        key_free(&public);
        key_free(&k);
    }
}

static void refuse_spki(const uint8_t *der, size_t n)
{
    struct key *k = NULL;
    struct err e = {0};

    assert_false(key_from_spki(der, n, &k, &e));
    assert_null(k);
    assert_code(e, "key");
}

/* The same point in another encoding would be a second name for one key. */
static void spki_has_one_encoding(void **state)
{
    static const char *const curves[] = {"P-256", "SM2"};

    (void)state;
    for (size_t i = 0; i < LEN(curves); i++) {
        EVP_PKEY *p = i == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
                             : EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
        uint8_t *der = NULL;
        int n = i2d_PUBKEY(p, &der);
        uint8_t longer[200];
        memcpy(longer, der, (size_t)n);
        longer[n] = 0;
        refuse_spki(longer, (size_t)n + 1);
        refuse_spki(der, (size_t)n - 1);
        longer[40] ^= 1; /* a point that is not on the curve */
        refuse_spki(longer, (size_t)n);
        OPENSSL_free(der);
        der = NULL;
        assert_int_equal(EVP_PKEY_set_utf8_string_param(p, "point-format", "compressed"), 1);
        n = i2d_PUBKEY(p, &der);
        assert_in_range(n, 50, 80);
        refuse_spki(der, (size_t)n);
        OPENSSL_free(der);
        der = NULL;
        /* our own identity of a key that came compressed is the uncompressed one */
        struct key *k = NULL;
        struct err e;
        size_t spki_n = 0;
        assert_true(key_from_evp(p, &k, &e));
        key_spki(k, &spki_n);
        assert_int_equal(spki_n, 91);
        key_free(&k);
        EVP_PKEY_set_utf8_string_param(p, "encoding", "explicit");
        n = i2d_PUBKEY(p, &der);
        if (n > 0)
            refuse_spki(der, (size_t)n);
        OPENSSL_free(der);
        EVP_PKEY_free(p);
    }
    refuse_spki((const uint8_t *)"", 0);
}

static void other_algorithms_are_refused(void **state)
{
    EVP_PKEY *foreign[] = {EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"),
                           EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024),
                           EVP_PKEY_Q_keygen(NULL, NULL, "X25519")};

    (void)state;
    for (size_t i = 0; i < LEN(foreign); i++) {
        struct key *k = NULL;
        struct err e;
        uint8_t *der = NULL;
        assert_false(key_from_evp(foreign[i], &k, &e));
        assert_code(e, "key");
        assert_null(k);
        int n = i2d_PUBKEY(foreign[i], &der);
        refuse_spki(der, (size_t)n);
        OPENSSL_free(der);
        EVP_PKEY_free(foreign[i]);
    }
}

static void files_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(ALL); i++) {
        struct key *k = generate(ALL[i]);
        struct key *back = NULL;
        struct err e = {0};
        struct stat st;
        char *path = xasprintf("%s/%s.key", directory, key_alg_name(ALL[i]));
        assert_true(key_save(k, path, &e));
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_true(key_load(path, &back, &e));
        assert_memory_equal(key_id(k), key_id(back), DIGEST_SIZE);
        struct buf sig = {0};
        assert_true(key_sign(back, "m", 1, &sig, &e));
        assert_true(key_verify(k, "m", 1, sig.data, sig.len));
        buf_free(&sig);
        key_free(&back);
        key_free(&k);
        free(path);
    }
}

static void refuse_file(const char *path, const char *part)
{
    struct key *k = NULL;
    struct err e = {0};

    assert_false(key_load(path, &k, &e));
    assert_null(k);
    assert_code(e, "key-file");
    assert_non_null(strstr(e.text, path));
    if (!strstr(e.text, part))
        fail_msg("\"%s\" does not say \"%s\"", e.text, part);
}

static void bad_files_are_named(void **state)
{
    char *path = xasprintf("%s/bad.key", directory);
    struct key *k = generate(KEY_ED25519);
    struct err e = {0};

    (void)state;
    refuse_file(path, "No such file");
    assert_true(key_save(k, path, &e));
    assert_int_equal(chmod(path, 0640), 0);
    refuse_file(path, "chmod 600");
    assert_int_equal(chmod(path, 0604), 0);
    refuse_file(path, "0604");
    /* systemd's credentials may be 0440 */
    assert_int_equal(chmod(path, 0440), 0);
    refuse_file(path, "chmod");
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    struct key *back = NULL;
    assert_true(key_load(path, &back, &e));
    key_free(&back);
    assert_int_equal(chmod(path, 0444), 0);
    refuse_file(path, "0444");
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_true(file_write(path, "not a key\n", 10, 0600, &e));
    refuse_file(path, "PEM");
    refuse_file(directory, "not a regular file");
    char *big = xcalloc(1, 20000);
    assert_true(file_write(path, big, 20000, 0600, &e));
    refuse_file(path, "too large");
    free(big);
    key_free(&k);
    free(path);
}

static void foreign_and_encrypted_files(void **state)
{
    char *path = xasprintf("%s/foreign.key", directory);
    EVP_PKEY *rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    EVP_PKEY *ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

    (void)state;
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fchmod(fileno(f), 0600), 0);
        PEM_write_PKCS8PrivateKey(f, i ? ec : rsa, i ? EVP_aes_128_cbc() : NULL, i ? "pw" : NULL,
                                  i ? 2 : 0, NULL, NULL);
        fclose(f);
        refuse_file(path, i ? "passphrase" : "algorithm");
    }
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(sign_and_verify),
        cmocka_unit_test(ecdsa_takes_any_s_in_one_der_form),
        cmocka_unit_test(ed25519_is_deterministic),
        cmocka_unit_test(sm2_uses_the_standard_id),
        cmocka_unit_test(spki_round_trip),
        cmocka_unit_test(spki_has_one_encoding),
        cmocka_unit_test(other_algorithms_are_refused),
        cmocka_unit_test(files_round_trip),
        cmocka_unit_test(bad_files_are_named),
        cmocka_unit_test(foreign_and_encrypted_files),
    };
    return cmocka_run_group_tests_name("key", tests, make_directory, remove_directory);
}
