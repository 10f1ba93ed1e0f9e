/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks of the identity's own files before anything is signed or sent: a fault found here has a
 * better message than the same fault found by the other side of a TLS 1.3 handshake. */
#include "client/keystore.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/app.h"
#include "client/when.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/i18n.h"

#define PEM_MAX ((size_t)256 * 1024)
#define WARN_BEFORE ((int64_t)14 * 86400 * 1000000)

static int64_t instant_of(const ASN1_TIME *t)
{
    struct tm tm;

    if (!t || ASN1_TIME_to_tm(t, &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm) * 1000000;
}

static void name_text(X509_NAME *name, char *out, size_t size)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;

    out[0] = '\0';
    if (bio && X509_NAME_print_ex(bio, name, 0,
                                  XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0) {
        long n = BIO_get_mem_data(bio, &text);
        if (n > 0 && text)
            snprintf(out, size, "%.*s", (int)n, text);
    }
    BIO_free(bio);
}

static X509 *load(const char *path, struct err *e)
{
    struct buf pem = {0};
    struct err why;

    if (!file_read(path, PEM_MAX, &pem, &why)) {
        err_set(e, "key-file", "%s", why.text);
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(pem.data ? pem.data : "", (int)pem.len);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    buf_free(&pem);
    ERR_clear_error();
    if (!x)
        err_set(e, "key-file", _("%s does not hold a certificate in PEM form"), path);
    return x;
}

static void describe(X509 *x, struct keystore_certificate *out)
{
    unsigned n = 0;

    memset(out, 0, sizeof *out);
    name_text(X509_get_subject_name(x), out->subject, sizeof out->subject);
    out->from = instant_of(X509_get0_notBefore(x));
    out->until = instant_of(X509_get0_notAfter(x));
    X509_digest(x, EVP_sha256(), out->fingerprint, &n);
}

bool keystore_certificate(const char *path, struct keystore_certificate *out, struct err *e)
{
    X509 *x = load(path, e);

    if (!x)
        return false;
    describe(x, out);
    X509_free(x);
    return true;
}

void keystore_enrol_words(const struct home *h, char *out, size_t size)
{
    if (h->op)
        snprintf(out, size, "--operator");
    else
        snprintf(out, size, "%s %s", h->post ? "--post" : "--unit", h->code);
}

/* Puts the next command behind an error about a file that is missing or cannot be read. */
static bool add_remedy(const struct home *h, const char *path, struct err *e)
{
    struct err why = *e;
    char words[64];

    if (access(path, R_OK) == 0)
        return false; /* there is something wrong in it, and the text says what to do */
    keystore_enrol_words(h, words, sizeof words);
    return err_set(e, why.code, _("%s; restore it from a copy, or enrol again: duban enrol %s"),
                   why.text, words);
}

static bool check_dates(const struct home *h, const struct keystore_certificate *c, struct err *e)
{
    int64_t now = clock_real();
    char when[WHEN_SIZE], words[64];

    keystore_enrol_words(h, words, sizeof words);
    if (now >= c->until) {
        when_format(c->until, when);
        return err_set(e, "certificate",
                       _("the client certificate %s (%s) expired on %s; renew it: duban enrol %s, "
                         "then have the request approved"),
                       h->certificate, c->subject, when, words);
    }
    if (now < c->from) {
        when_format(c->from, when);
        return err_set(e, "certificate",
                       _("the client certificate %s (%s) is valid only from %s; is the clock of "
                         "this computer right? check: date"),
                       h->certificate, c->subject, when);
    }
    if (c->until - now < WARN_BEFORE) {
        when_format(c->until, when);
        app_note(_("the client certificate %s (%s) expires on %s; renew it: duban enrol %s"),
                 h->certificate, c->subject, when, words);
    }
    return true;
}

static bool check_pair(const struct home *h, X509 *x, struct err *e)
{
    struct key *key = NULL;
    struct keystore_certificate c;

    if (!key_load(h->key, &key, e))
        return add_remedy(h, h->key, e);
    bool same = X509_check_private_key(x, key_evp(key)) == 1;
    key_free(&key);
    ERR_clear_error();
    if (same)
        return true;
    describe(x, &c);
    return err_set(e, "certificate",
                   _("the private key %s does not belong to the certificate %s (%s); restore the "
                     "pair from a copy or enrol again"),
                   h->key, h->certificate, c.subject);
}

bool keystore_check(const struct home *h, struct err *e)
{
    struct keystore_certificate c;

    X509 *x = load(h->ca, e);
    if (!x) {
        struct err why = *e;
        return err_set(
            e, why.code,
            _("CA file of the server (“ca” in %s/duban.conf): %s; take it from the office "
              "again: duban enrol --accept FILE.cert"),
            h->dir, why.text);
    }
    X509_free(x);
    x = load(h->certificate, e);
    if (!x) {
        add_remedy(h, h->certificate, e);
        return err_prefix(e, _("client certificate (“certificate” in %s/duban.conf)"), h->dir);
    }
    describe(x, &c);
    bool ok = check_dates(h, &c, e) && check_pair(h, x, e);
    X509_free(x);
    return ok;
}

bool keystore_sign_key(const struct home *h, struct key **out, struct err *e)
{
    return key_load(h->sign_key, out, e) || add_remedy(h, h->sign_key, e);
}
