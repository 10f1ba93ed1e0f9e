/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates. The CA lives on the operator's machine; the daemon only knows its certificate. A
 * certificate carries who may connect; what may be said is the registry's business. */
#include "client/pki.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

#define PEM_MAX ((size_t)256 * 1024)
#define CA_DAYS 3653L
#define SERIAL_BITS 127
#define BACKDATE 3600L /* seconds: clocks of departments differ */

static const char SM2_ID[] = "1234567812345678";

struct pki_ca {
    X509 *certificate;
    struct key *key;
};

static bool crypto_error(struct err *e)
{
    unsigned long code = ERR_peek_last_error();
    char text[160] = "?";

    ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return err_set(e, "crypto", _("OpenSSL: %s"), text);
}

static EVP_PKEY *evp(const struct key *k)
{
    return key_evp(k);
}

static bool take_bio(BIO *bio, struct buf *out)
{
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);

    return n > 0 && buf_add(out, p, (size_t)n);
}

/* ---- certificates --------------------------------------------------------------------------- */

static bool set_serial(X509 *x)
{
    BIGNUM *bn = BN_new();
    bool ok = bn && BN_rand(bn, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) != NULL;

    BN_free(bn);
    return ok;
}

static bool set_name(X509_NAME *name, const char *text)
{
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool ok = ext && X509_add_ext(x, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

static bool set_times(X509 *x, long days)
{
    time_t now = (time_t)(clock_real() / 1000000);

    return X509_time_adj_ex(X509_getm_notBefore(x), 0, -BACKDATE, &now) &&
           X509_time_adj_ex(X509_getm_notAfter(x), (int)days, 0, &now);
}

/* version 3, serial, dates, subject, public key. */
static X509 *start(const char *name, EVP_PKEY *public_key, long days)
{
    X509 *x = X509_new();

    if (x && X509_set_version(x, X509_VERSION_3) && set_serial(x) && set_times(x, days) &&
        set_name(X509_get_subject_name(x), name) && X509_set_pubkey(x, public_key))
        return x;
    X509_free(x);
    return NULL;
}

static bool write_pem(const X509 *x, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio && PEM_write_bio_X509(bio, (X509 *)x) == 1 && take_bio(bio, out);

    BIO_free(bio);
    return ok;
}

static bool make_ca_certificate(const char *name, const struct key *k, struct buf *pem,
                                struct err *e)
{
    X509 *x = start(name, evp(k), CA_DAYS);
    bool ok = x && X509_set_issuer_name(x, X509_get_subject_name(x)) &&
              add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
              add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
              add_extension(x, x, NID_subject_key_identifier, "hash") &&
              add_extension(x, x, NID_authority_key_identifier, "keyid:always") &&
              X509_sign(x, evp(k), EVP_sha256()) > 0 && write_pem(x, pem);

    X509_free(x);
    return ok || crypto_error(e);
}

bool pki_ca_make(const char *name, const char *certificate_path, const char *key_path,
                 struct err *e)
{
    struct key *k = NULL;
    struct buf pem = {0};
    bool ok = key_generate(KEY_ECDSA_P256, &k, e) && make_ca_certificate(name, k, &pem, e) &&
              key_save(k, key_path, e) && file_write(certificate_path, pem.data, pem.len, 0644, e);

    buf_free(&pem);
    key_free(&k);
    return ok;
}

static X509 *parse_certificate(const char *pem, size_t n)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)n);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    ERR_clear_error();
    return x;
}

bool pki_ca_load(const char *certificate_path, const char *key_path, struct pki_ca **out,
                 struct err *e)
{
    struct pki_ca *ca = xcalloc(1, sizeof *ca);
    struct buf pem = {0};
    bool ok = file_read(certificate_path, PEM_MAX, &pem, e);

    if (ok && !(ca->certificate = parse_certificate(pem.data ? pem.data : "", pem.len)))
        ok = err_set(e, "key-file", _("%s does not hold a certificate in PEM form"),
                     certificate_path);
    buf_free(&pem);
    ok = ok && key_load(key_path, &ca->key, e);
    if (ok && X509_check_private_key(ca->certificate, evp(ca->key)) != 1)
        ok = err_set(e, "certificate", _("the CA key %s does not belong to the CA certificate %s"),
                     key_path, certificate_path);
    ERR_clear_error();
    if (ok)
        *out = ca;
    else
        pki_ca_free(&ca);
    return ok;
}

void pki_ca_free(struct pki_ca **ca)
{
    if (!*ca)
        return;
    X509_free((*ca)->certificate);
    key_free(&(*ca)->key);
    free(*ca);
    *ca = NULL;
}

bool pki_issue(const struct pki_ca *ca, const struct key *public_key, const struct pki_subject *s,
               struct pki_issued *out, struct err *e)
{
    X509 *x = start(s->name, evp(public_key), s->days);
    struct tm tm = {0};
    unsigned n = 0;
    bool ok = x && X509_set_issuer_name(x, X509_get_subject_name(ca->certificate)) &&
              add_extension(x, ca->certificate, NID_basic_constraints, "critical,CA:FALSE") &&
              add_extension(x, ca->certificate, NID_key_usage, "critical,digitalSignature") &&
              add_extension(x, ca->certificate, NID_ext_key_usage,
                            s->server ? "serverAuth" : "clientAuth") &&
              add_extension(x, ca->certificate, NID_subject_key_identifier, "hash") &&
              add_extension(x, ca->certificate, NID_authority_key_identifier, "keyid:always") &&
              add_extension(x, ca->certificate, NID_subject_alt_name, s->alternative) &&
              X509_sign(x, evp(ca->key), EVP_sha256()) > 0 && write_pem(x, &out->pem) &&
              X509_digest(x, EVP_sha256(), out->fingerprint, &n) == 1 &&
              ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1;

    if (ok)
        out->until = (int64_t)timegm(&tm) * 1000000;
    X509_free(x);
    return ok || crypto_error(e);
}

bool pki_certificate_key(const char *pem, struct key **public_key, struct err *e)
{
    X509 *x = parse_certificate(pem, strlen(pem));
    EVP_PKEY *p = x ? X509_get0_pubkey(x) : NULL;
    bool ok = p && key_from_evp(p, public_key, e);

    X509_free(x);
    return ok || err_set(e, "certificate", _("no certificate in PEM form"));
}

/* ---- requests ------------------------------------------------------------------------------- */

static const EVP_MD *digest_of(const struct key *k)
{
    switch (key_algorithm(k)) {
    case KEY_ED25519:
        return NULL;
    case KEY_SM2:
        return EVP_sm3();
    case KEY_ECDSA_P256:
    default:
        return EVP_sha256();
    }
}

/* SM2 signs with a user id, which must stand in the context before it is initialised. */
static bool sign_request(X509_REQ *req, const struct key *k)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    bool ok = ctx != NULL;

    if (ok && key_algorithm(k) == KEY_SM2) {
        pctx = EVP_PKEY_CTX_new(evp(k), NULL);
        ok = pctx && EVP_PKEY_CTX_set1_id(pctx, SM2_ID, (int)strlen(SM2_ID)) > 0;
        if (ok)
            EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
    }
    ok = ok && EVP_DigestSignInit(ctx, NULL, digest_of(k), NULL, evp(k)) == 1 &&
         X509_REQ_sign_ctx(req, ctx) > 0;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(pctx);
    return ok;
}

bool pki_request_make(const struct key *k, const char *name, struct buf *pem, struct err *e)
{
    X509_REQ *req = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = req && bio && X509_REQ_set_version(req, X509_REQ_VERSION_1) &&
              set_name(X509_REQ_get_subject_name(req), name) && X509_REQ_set_pubkey(req, evp(k)) &&
              sign_request(req, k) && PEM_write_bio_X509_REQ(bio, req) == 1 && take_bio(bio, pem);

    X509_REQ_free(req);
    BIO_free(bio);
    return ok || crypto_error(e);
}

static bool verify_request(X509_REQ *req, EVP_PKEY *p)
{
    if (EVP_PKEY_is_a(p, "SM2")) {
        ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
        if (!id || !ASN1_OCTET_STRING_set(id, (const unsigned char *)SM2_ID, (int)strlen(SM2_ID))) {
            ASN1_OCTET_STRING_free(id);
            return false;
        }
        X509_REQ_set0_distinguishing_id(req, id);
    }
    return X509_REQ_verify(req, p) == 1;
}

bool pki_request_check(const char *pem, struct key **public_key, struct err *e)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509_REQ *req = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *p = req ? X509_REQ_get0_pubkey(req) : NULL;
    bool ok = p && verify_request(req, p);

    BIO_free(bio);
    ERR_clear_error();
    if (!ok)
        err_set(e, "request", _("the request is damaged, or its sender does not hold the key"));
    ok = ok && key_from_evp(p, public_key, e);
    X509_REQ_free(req);
    return ok;
}
