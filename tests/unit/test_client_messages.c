/* SPDX-License-Identifier: BSD-2-Clause */
/* What a user reads when the identity or the connection is not right, word for word, in both
 * languages: tests/golden/<case>.<language>.txt. HOME stands for the directory of the test.
 * GOLDEN_WRITE=1 writes the files anew. */
#include "unit.h"

#include <curl/curl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/home.h"
#include "client/keystore.h"
#include "client/pki.h"
#include "common/checkpoint.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "directory.h"
#include "find_messages.h"

struct fixture {
    char dir[64];
    struct home *home;
};

static int64_t at(const char *instant)
{
    int64_t us = 0;

    assert_true(instant_parse(instant, &us));
    return us;
}

static char *in(const struct fixture *f, const char *name)
{
    return xasprintf("%s/%s", f->dir, name);
}

static void write_file(const struct fixture *f, const char *name, const char *text, mode_t mode)
{
    char *path = in(f, name);
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_int_equal(chmod(path, mode), 0);
    free(path);
}

/* A CA of 2022-04-02 and a certificate of ninety days for u001. */
static void make_identity(const struct fixture *f)
{
    char *ca = in(f, "ca.pem"), *ca_key = in(f, "ca.key");
    char *tls = in(f, "client.key"), *sign = in(f, "sign.key");
    struct key *k = NULL, *s = NULL;
    struct pki_ca *loaded = NULL;
    struct pki_issued out = {0};
    const struct pki_subject subject = {
        .name = "u001", .alternative = "URI:urn:duban:unit:u001", .days = 90};
    struct err e = {0};

    assert_true(pki_ca_make("duban CA test", ca, ca_key, &e));
    assert_true(pki_ca_load(ca, ca_key, &loaded, &e));
    assert_true(key_generate(KEY_ECDSA_P256, &k, &e) && key_save(k, tls, &e));
    assert_true(key_generate(KEY_ED25519, &s, &e) && key_save(s, sign, &e));
    assert_true(pki_issue(loaded, k, &subject, &out, &e));
    write_file(f, "client.pem", out.pem.data, 0644);
    buf_free(&out.pem);
    pki_ca_free(&loaded);
    key_free(&k);
    key_free(&s);
    free(ca);
    free(ca_key);
    free(tls);
    free(sign);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct key *log_key = NULL;
    struct buf vkey = {0};
    struct err e = {0};

    snprintf(f->dir, sizeof f->dir, "/tmp/duban-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    clock_set_for_test(at("2022-04-02T09:00:00+08:00"), -1);
    make_identity(f);
    assert_true(key_generate(KEY_ED25519, &log_key, &e));
    checkpoint_vkey_format("duban.example/log1", log_key, &vkey);
    const struct home_settings s = {.url = "https://duban.example:8443",
                                    .ca = "ca.pem",
                                    .aud = "duban.example/log1",
                                    .vkeys = vkey.data,
                                    .unit = "u001"};
    assert_true(home_write(f->dir, &s, &e));
    assert_true(home_open(f->dir, &f->home, &e));
    buf_free(&vkey);
    key_free(&log_key);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    clock_set_for_test(-1, -1);
    home_close(&f->home);
    directory_remove(f->dir);
    free(f);
    return 0;
}

/* ---- golden files --------------------------------------------------------------------------- */

/* New string: the text with the directory replaced by HOME. */
static char *normal(const struct fixture *f, const char *text)
{
    struct buf b = {0};

    while (*text) {
        const char *hit = strstr(text, f->dir);
        size_t n = hit ? (size_t)(hit - text) : strlen(text);
        buf_add(&b, text, n);
        if (hit)
            buf_add_str(&b, "HOME");
        text += n + (hit ? strlen(f->dir) : 0);
    }
    buf_add_str(&b, "\n");
    return b.data;
}

static void compare(const struct fixture *f, const char *name, const char *lang, const char *text)
{
    char *path = xasprintf("tests/golden/%s.%s.txt", name, lang);
    char *got = normal(f, text);
    char want[4096];

    if (getenv("GOLDEN_WRITE")) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(got, out);
        fclose(out);
    }
    FILE *in_file = fopen(path, "r");
    if (!in_file)
        fail_msg("%s is missing (run from the source tree; GOLDEN_WRITE=1 makes it)", path);
    size_t n = fread(want, 1, sizeof want - 1, in_file);
    fclose(in_file);
    want[n] = '\0';
    if (strcmp(got, want) != 0)
        fail_msg("%s\n got: %swant: %s", path, got, want);
    free(got);
    free(path);
}

typedef bool attempt(const struct fixture *f, struct err *e);

static void golden(const struct fixture *f, const char *name, const char *code, attempt *try_it)
{
    static const char *const langs[] = {"en", "zh_CN"};

    for (size_t i = 0; i < LEN(langs); i++) {
        struct err e = {0};
        i18n_init(langs[i]);
        assert_false(try_it(f, &e));
        assert_code(e, code);
        compare(f, name, langs[i], e.text);
    }
    i18n_init("en");
}

/* ---- the identity's own files --------------------------------------------------------------- */

static bool try_check(const struct fixture *f, struct err *e)
{
    return keystore_check(f->home, e);
}

static bool try_sign_key(const struct fixture *f, struct err *e)
{
    struct key *k = NULL;
    bool ok = keystore_sign_key(f->home, &k, e);

    key_free(&k);
    return ok;
}

static void test_right(void **state)
{
    struct err e = {0};

    assert_true(try_check(*state, &e));
    assert_true(try_sign_key(*state, &e));
}

static void test_key_readable_by_others(void **state)
{
    struct fixture *f = *state;
    char *path = in(f, "sign.key");

    assert_int_equal(chmod(path, 0644), 0);
    golden(f, "key-readable-by-others", "key-file", try_sign_key);
    free(path);
}

static void test_key_missing(void **state)
{
    struct fixture *f = *state;
    char *path = in(f, "sign.key");

    assert_int_equal(unlink(path), 0);
    golden(f, "key-missing", "key-file", try_sign_key);
    free(path);
}

static void test_key_damaged(void **state)
{
    struct fixture *f = *state;

    write_file(f, "sign.key", "not a key\n", 0600);
    golden(f, "key-damaged", "key-file", try_sign_key);
}

static void test_expired(void **state)
{
    clock_set_for_test(at("2022-07-02T12:00:00+08:00"), -1);
    golden(*state, "certificate-expired", "certificate", try_check);
}

static void test_not_yet(void **state)
{
    clock_set_for_test(at("2022-03-01T12:00:00+08:00"), -1);
    golden(*state, "certificate-not-yet-valid", "certificate", try_check);
}

static void test_pair(void **state)
{
    struct fixture *f = *state;
    char *path = in(f, "client.key");
    struct key *k = NULL;
    struct err e = {0};

    assert_true(key_generate(KEY_ECDSA_P256, &k, &e) && key_save(k, path, &e));
    golden(f, "certificate-of-another-key", "certificate", try_check);
    key_free(&k);
    free(path);
}

static void test_certificate_missing(void **state)
{
    struct fixture *f = *state;
    char *path = in(f, "client.pem");

    assert_int_equal(unlink(path), 0);
    golden(f, "certificate-missing", "key-file", try_check);
    free(path);
}

static void test_ca_damaged(void **state)
{
    struct fixture *f = *state;

    write_file(f, "ca.pem", "-----BEGIN NOTHING-----\n", 0644);
    golden(f, "ca-damaged", "key-file", try_check);
}

static bool try_home(const struct fixture *f, struct err *e)
{
    struct home *h = NULL;
    char *dir = in(f, "elsewhere");
    bool ok = home_open(dir, &h, e);

    free(dir);
    return ok;
}

static void test_no_home(void **state)
{
    golden(*state, "home-missing", "home", try_home);
}

/* ---- the connection: libcurl's and OpenSSL's words as they really come ---------------------- */

#define EXPLAINS(function, curl_code, words)                                                       \
    static bool function(const struct fixture *f, struct err *e)                                   \
    {                                                                                              \
        return connect_explain(f->home, (int)(curl_code), (words), e);                             \
    }

EXPLAINS(try_wrong_ca, CURLE_PEER_FAILED_VERIFICATION,
         "SSL certificate problem: unable to get local issuer certificate")
EXPLAINS(try_wrong_name, CURLE_PEER_FAILED_VERIFICATION,
         "SSL: no alternative certificate subject name matches target host name 'duban.example'")
EXPLAINS(try_server_expired, CURLE_PEER_FAILED_VERIFICATION,
         "SSL certificate problem: certificate has expired")
EXPLAINS(try_alert_expired, CURLE_RECV_ERROR,
         "OpenSSL SSL_read: error:0A000415:SSL routines::sslv3 alert certificate expired, errno 0")
EXPLAINS(try_alert_ca, CURLE_RECV_ERROR,
         "OpenSSL SSL_read: error:0A000418:SSL routines::tlsv1 alert unknown ca, errno 0")
EXPLAINS(try_alert_revoked, CURLE_RECV_ERROR,
         "OpenSSL SSL_read: error:0A000414:SSL routines::sslv3 alert certificate revoked, errno 0")
EXPLAINS(try_away, CURLE_COULDNT_CONNECT,
         "Failed to connect to duban.example port 8443 after 0 ms: Couldn't connect to server")
EXPLAINS(try_no_tls, CURLE_SSL_CONNECT_ERROR, "error:0A00010B:SSL routines::wrong version number")
EXPLAINS(try_cut, CURLE_RECV_ERROR, "OpenSSL SSL_read: Connection reset by peer, errno 104")

static void test_connection(void **state)
{
    static const struct {
        const char *name, *code;
        attempt *try_it;
    } cases[] = {
        {"wrong-ca", "tls", try_wrong_ca},
        {"wrong-server", "tls", try_wrong_name},
        {"server-certificate-expired", "tls", try_server_expired},
        {"refused-expired", "tls", try_alert_expired},
        {"refused-unknown-ca", "tls", try_alert_ca},
        {"refused-certificate", "tls", try_alert_revoked},
        {"server-away", "away", try_away},
        {"not-tls", "tls", try_no_tls},
        {"connection-broken", "away", try_cut},
    };

    for (size_t i = 0; i < LEN(cases); i++)
        golden(*state, cases[i].name, cases[i].code, cases[i].try_it);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_right),       WITH(test_key_readable_by_others),
        WITH(test_key_missing), WITH(test_key_damaged),
        WITH(test_expired),     WITH(test_not_yet),
        WITH(test_pair),        WITH(test_certificate_missing),
        WITH(test_ca_damaged),  WITH(test_no_home),
        WITH(test_connection),
    };

    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    find_messages();
    i18n_init("en");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
