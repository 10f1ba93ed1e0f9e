/* SPDX-License-Identifier: BSD-2-Clause */
/* The three signature algorithms on OpenSSL 3. A key's identity is the hash of its one canonical
 * SubjectPublicKeyInfo, so only that encoding is let in. A key is used by one thread at a time: it
 * keeps the contexts that OpenSSL would otherwise look up and build for each check. */
#include "common/key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

/* GM/T 0009's default user id. OpenSSL before 4.0 uses an empty one unless told. */
static const char SM2_ID[] = "1234567812345678";
#define SIG_ROOM 160

struct algorithm {
    const char *name;
    const char *type;   /* EVP_PKEY_is_a */
    const char *digest; /* NULL: the algorithm brings its own */
    size_t head_len;
    size_t spki_len;
    uint8_t head[32]; /* the DER in front of the point: algorithm, named curve, uncompressed */
};

static const struct algorithm ALGORITHMS[] = {
    [KEY_ECDSA_P256] = {"ecdsa-p256", "EC", "SHA256", 27, 91, {0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
                                                               0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                                               0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                               0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
                                                               0x42, 0x00, 0x04}},
    [KEY_ED25519] = {"ed25519",
                     "ED25519",
                     NULL,
                     12,
                     44,
                     {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00}},
    [KEY_SM2] = {"sm2", "SM2", "SM3", 27, 91, {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
                                               0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                               0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01,
                                               0x82, 0x2d, 0x03, 0x42, 0x00, 0x04}},
};
#define ALGORITHMS_LEN (sizeof ALGORITHMS / sizeof ALGORITHMS[0])

struct key {
    enum key_alg alg;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *verify; /* ecdsa: ready for EVP_PKEY_verify; NULL otherwise */
    uint8_t *spki;
    size_t spki_len;
    uint8_t id[DIGEST_SIZE];
};

const char *key_alg_name(enum key_alg alg)
{
    return ALGORITHMS[alg].name;
}

bool key_alg_parse(const char *name, enum key_alg *alg)
{
    for (size_t i = 0; i < ALGORITHMS_LEN; i++)
        if (strcmp(ALGORITHMS[i].name, name) == 0) {
            *alg = (enum key_alg)i;
            return true;
        }
    return false;
}

static bool crypto_failed(const char *what, struct err *e)
{
    char reason[160];

    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    return err_set(e, "crypto", _("%s failed in OpenSSL: %s"), what, reason);
}

/* Which algorithm this SPKI is in the one accepted encoding; false for anything else. */
static bool spki_algorithm(const uint8_t *der, size_t n, enum key_alg *alg)
{
    for (size_t i = 0; i < ALGORITHMS_LEN; i++) {
        const struct algorithm *a = &ALGORITHMS[i];
        if (n == a->spki_len && memcmp(der, a->head, a->head_len) == 0) {
            *alg = (enum key_alg)i;
            return true;
        }
    }
    return false;
}

/* A key of this SPKI, which is in the accepted encoding; takes over the reference to pkey. */
static struct key *key_new(enum key_alg alg, EVP_PKEY *pkey, const uint8_t *spki, size_t n)
{
    struct key *k = xcalloc(1, sizeof *k);

    k->alg = alg;
    k->pkey = pkey;
    k->spki = xmalloc(n);
    memcpy(k->spki, spki, n);
    k->spki_len = n;
    sha256(spki, n, k->id);
    if (alg != KEY_ECDSA_P256)
        return k;
    k->verify = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (!k->verify || EVP_PKEY_verify_init(k->verify) != 1 ||
        EVP_PKEY_CTX_set_signature_md(k->verify, EVP_sha256()) != 1)
        key_free(&k);
    return k;
}

bool key_from_evp(void *pkey, struct key **out, struct err *e)
{
    enum key_alg alg;
    uint8_t *spki = NULL;

    *out = NULL;
    /* an EC key from a file may ask for the compressed form; its identity is the uncompressed one
     */
    if (!EVP_PKEY_is_a(pkey, "ED25519"))
        EVP_PKEY_set_utf8_string_param(pkey, "point-format", "uncompressed");
    int n = i2d_PUBKEY(pkey, &spki);
    if (n > 0 && spki_algorithm(spki, (size_t)n, &alg) &&
        EVP_PKEY_is_a(pkey, ALGORITHMS[alg].type) && EVP_PKEY_up_ref(pkey) == 1)
        *out = key_new(alg, pkey, spki, (size_t)n);
    OPENSSL_free(spki);
    if (*out)
        return true;
    ERR_clear_error();
    return err_set(e, "key",
                   _("not a key that duban knows: ecdsa-p256, ed25519 or sm2, as a named curve"));
}

/* The public key whose point or bytes follow the head of this SPKI. EVP_PKEY_fromdata checks that
 * the coordinates are below the prime and the point on the curve, so one point has one encoding;
 * it takes a sixth of the time of d2i_PUBKEY. */
static EVP_PKEY *public_key(enum key_alg alg, const uint8_t *der)
{
    const struct algorithm *a = &ALGORITHMS[alg];
    EVP_PKEY *pkey = NULL;

    if (alg == KEY_ED25519)
        return EVP_PKEY_new_raw_public_key_ex(NULL, a->type, NULL, der + a->head_len,
                                              a->spki_len - a->head_len);
    uint8_t point[65];
    memcpy(point, der + a->spki_len - sizeof point, sizeof point);
    char group[8];
    snprintf(group, sizeof group, "%s", alg == KEY_SM2 ? "SM2" : "P-256");
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_END,
    };
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, a->type, NULL);
    if (!c || EVP_PKEY_fromdata_init(c) != 1 ||
        EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(c);
    return pkey;
}

bool key_from_spki(const uint8_t *der, size_t n, struct key **out, struct err *e)
{
    enum key_alg alg;
    EVP_PKEY *pkey = spki_algorithm(der, n, &alg) ? public_key(alg, der) : NULL;

    *out = pkey ? key_new(alg, pkey, der, n) : NULL;
    if (*out)
        return true;
    ERR_clear_error();
    return err_set(e, "key",
                   _("not a public key that duban knows: DER SubjectPublicKeyInfo of ecdsa-p256, "
                     "ed25519 or sm2, with a named curve and an uncompressed point"));
}

bool key_generate(enum key_alg alg, struct key **out, struct err *e)
{
    EVP_PKEY *pkey = NULL;

    *out = NULL;
    if (alg == KEY_ECDSA_P256)
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    else
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, ALGORITHMS[alg].type);
    if (!pkey)
        return crypto_failed(_("making a key"), e);
    bool ok = key_from_evp(pkey, out, e);
    EVP_PKEY_free(pkey);
    return ok;
}

void *key_evp(const struct key *k)
{
    return k->pkey;
}

void key_free(struct key **k)
{
    if (!k || !*k)
        return;
    EVP_PKEY_CTX_free((*k)->verify);
    EVP_PKEY_free((*k)->pkey);
    free((*k)->spki);
    free(*k);
    *k = NULL;
}

enum key_alg key_algorithm(const struct key *k)
{
    return k->alg;
}

const uint8_t *key_spki(const struct key *k, size_t *n)
{
    *n = k->spki_len;
    return k->spki;
}

const uint8_t *key_id(const struct key *k)
{
    return k->id;
}

/* A digest context for one signature or check; the caller frees *pctx after the result. The id
 * must be set on the key context before the init call reads it. */
static EVP_MD_CTX *digest_context(const struct key *k, bool sign, EVP_PKEY_CTX **pctx)
{
    const char *digest = ALGORITHMS[k->alg].digest;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c != NULL;

    *pctx = NULL;
    if (ok && k->alg == KEY_SM2) {
        *pctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
        ok = *pctx && EVP_PKEY_CTX_set1_id(*pctx, SM2_ID, sizeof SM2_ID - 1) > 0;
        if (ok)
            EVP_MD_CTX_set_pkey_ctx(c, *pctx);
    }
    if (ok)
        ok = (sign ? EVP_DigestSignInit_ex(c, NULL, digest, NULL, NULL, k->pkey, NULL)
                   : EVP_DigestVerifyInit_ex(c, NULL, digest, NULL, NULL, k->pkey, NULL)) == 1;
    if (ok)
        return c;
    EVP_MD_CTX_free(c);
    EVP_PKEY_CTX_free(*pctx);
    *pctx = NULL;
    return NULL;
}

bool key_sign(const struct key *k, const void *msg, size_t n, struct buf *sig, struct err *e)
{
    uint8_t out[SIG_ROOM];
    size_t len = sizeof out;
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *c = digest_context(k, true, &pctx);
    bool ok = c && EVP_DigestSign(c, out, &len, msg, n) == 1;

    EVP_MD_CTX_free(c);
    EVP_PKEY_CTX_free(pctx);
    if (!ok)
        return crypto_failed(_("signing"), e);
    if (!buf_add(sig, out, len))
        return err_set(e, "crypto", _("no room for a signature"));
    return true;
}

bool key_verify(const struct key *k, const void *msg, size_t n, const void *sig, size_t sig_n)
{
    bool ok;

    if (k->verify) {
        uint8_t digest[DIGEST_SIZE];
        sha256(msg, n, digest);
        ok = EVP_PKEY_verify(k->verify, sig, sig_n, digest, sizeof digest) == 1;
    } else {
        EVP_PKEY_CTX *pctx = NULL;
        EVP_MD_CTX *c = digest_context(k, false, &pctx);
        ok = c && EVP_DigestVerify(c, sig, sig_n, msg, n) == 1;
        EVP_MD_CTX_free(c);
        EVP_PKEY_CTX_free(pctx);
    }
    if (!ok)
        ERR_clear_error();
    return ok;
}
