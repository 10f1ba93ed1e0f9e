/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of `duband check` that needs no database. It reads what the roles would read, and looks
 * further: dates, purposes, names, modes, owners. */
#include "daemon/check.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/key.h"
#include "common/mem.h"
#include "daemon/check_channels.h"
#include "daemon/db/check_db.h"
#include "daemon/settings.h"
#include "daemon/sign/head.h"

#define DAY_US ((int64_t)86400 * 1000000)
#define WARN_DAYS 30

/* ---- certificates -------------------------------------------------------------------------- */

static void chain_free(STACK_OF(X509) * chain)
{
    sk_X509_pop_free(chain, X509_free);
}

/* All certificates of a PEM file; NULL when there is none. */
static STACK_OF(X509) * load_chain(struct check_run *c, const char *key, const char *path)
{
    FILE *f = fopen(path, "re");
    STACK_OF(X509) *chain = sk_X509_new_null();
    X509 *x;

    if (f == NULL) {
        check_tell(c, CHECK_WRONG, key, "%s: %s", path, strerror(errno));
        chain_free(chain);
        return NULL;
    }
    while (chain != NULL && (x = PEM_read_X509(f, NULL, NULL, NULL)) != NULL)
        sk_X509_push(chain, x);
    ERR_clear_error();
    fclose(f);
    if (sk_X509_num(chain) > 0)
        return chain;
    check_tell(c, CHECK_WRONG, key, _("%s holds no certificate in PEM form"), path);
    chain_free(chain);
    return NULL;
}

static int64_t time_us(const ASN1_TIME *t)
{
    struct tm tm;

    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000000 : 0;
}

static void check_dates(struct check_run *c, const char *key, const char *path, const X509 *x)
{
    int64_t now = clock_real();
    int64_t end = time_us(X509_get0_notAfter(x));
    char date[INSTANT_SIZE];

    instant_format_local(end, date);
    if (time_us(X509_get0_notBefore(x)) > now)
        check_tell(c, CHECK_WRONG, key, _("%s is not valid yet; is the clock right?"), path);
    else if (end <= now)
        check_tell(c, CHECK_WRONG, key, _("%s expired at %s; issue a new one"), path, date);
    else if (end - now < WARN_DAYS * DAY_US)
        check_tell(c, CHECK_NOTE, key, _("%s expires at %s; issue a new one"), path, date);
    else
        check_tell(c, CHECK_OK, key, _("%s is valid until %s"), path, date);
}

static bool has_host_name(const X509 *x)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int type = sk_GENERAL_NAME_value(names, i)->type;
        found = found || type == GEN_DNS || type == GEN_IPADD;
    }
    GENERAL_NAMES_free(names);
    return found;
}

/* Whether clients that trust tls-ca accept this server. */
static void check_trust(struct check_run *c, STACK_OF(X509) * chain, const char *ca)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    if (store != NULL && ctx != NULL && X509_STORE_load_file(store, ca) == 1 &&
        X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) == 1) {
        X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_CHECK_TIME);
        if (X509_verify_cert(ctx) != 1)
            check_tell(
                c, CHECK_NOTE, "tls-certificate",
                _("%s does not lead to %s (%s): clients need the other authority's certificate"),
                c->s->tls_certificate, ca,
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    }
    ERR_clear_error();
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
}

static void check_authority(struct check_run *c)
{
    const char *path = c->s->tls_ca;
    STACK_OF(X509) *chain = load_chain(c, "tls-ca", path);

    for (int i = 0; i < sk_X509_num(chain); i++) {
        X509 *x = sk_X509_value(chain, i);
        check_dates(c, "tls-ca", path, x);
        if (X509_check_ca(x) < 1)
            check_tell(c, CHECK_WRONG, "tls-ca", _("%s holds a certificate that is no authority"),
                       path);
    }
    chain_free(chain);
}

/* ---- keys ---------------------------------------------------------------------------------- */

/* systemd shows credentials as 0400, or 0440 where an access list names the user. */
static mode_t forbidden_mode(const char *path)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");

    return dir != NULL && *dir != '\0' && strncmp(path, dir, strlen(dir)) == 0 ? 0037 : 0077;
}

static bool check_key_mode(struct check_run *c, const char *key, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        check_tell(c, CHECK_WRONG, key, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        check_tell(c, CHECK_WRONG, key, _("%s: not a regular file"), path);
        return false;
    }
    if ((st.st_mode & forbidden_mode(path)) != 0) {
        check_tell(c, CHECK_WRONG, key, _("%s can be read by others (mode %04o): chmod 600 %s"),
                   path, (unsigned)st.st_mode & 07777, path);
        return false;
    }
    return true;
}

static EVP_PKEY *load_private(const char *path)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *k = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

    if (f != NULL)
        fclose(f);
    ERR_clear_error();
    return k;
}

static void check_tls_key(struct check_run *c, X509 *x)
{
    const char *path = c->s->tls_key;

    if (!check_key_mode(c, "tls-key", path))
        return;
    EVP_PKEY *k = load_private(path);
    if (k == NULL)
        check_tell(c, CHECK_WRONG, "tls-key",
                   _("%s is no private key in PEM form without a password"), path);
    else if (!EVP_PKEY_is_a(k, "EC") && !EVP_PKEY_is_a(k, "ED25519"))
        check_tell(c, CHECK_WRONG, "tls-key", _("%s must be an ECDSA or Ed25519 key"), path);
    else if (x != NULL && X509_check_private_key(x, k) != 1)
        check_tell(c, CHECK_WRONG, "tls-key", _("%s does not belong to the certificate %s"), path,
                   c->s->tls_certificate);
    else
        check_tell(c, CHECK_OK, "tls-key", _("%s is usable"), path);
    ERR_clear_error();
    EVP_PKEY_free(k);
}

static void check_server(struct check_run *c)
{
    const char *path = c->s->tls_certificate;
    STACK_OF(X509) *chain = load_chain(c, "tls-certificate", path);
    X509 *x = chain != NULL ? sk_X509_value(chain, 0) : NULL;

    if (x != NULL) {
        check_dates(c, "tls-certificate", path, x);
        if (X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0) != 1)
            check_tell(c, CHECK_WRONG, "tls-certificate", _("%s is not meant for a TLS server"),
                       path);
        if (!has_host_name(x))
            check_tell(c, CHECK_WRONG, "tls-certificate",
                       _("%s names no host (subjectAltName DNS or IP): no client will accept it"),
                       path);
        if (access(c->s->tls_ca, R_OK) == 0)
            check_trust(c, chain, c->s->tls_ca);
    }
    check_tls_key(c, x);
    chain_free(chain);
}

/* ---- signer -------------------------------------------------------------------------------- */

static void check_directory(struct check_run *c, const char *key, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash == NULL ? xstrdup(".") : xstrndup(path, (size_t)(slash - path) + 1);

    if (access(dir, W_OK | X_OK) != 0)
        check_tell(c, CHECK_WRONG, key, _("%s cannot be written to: %s"), dir, strerror(errno));
    free(dir);
}

/* Takes the log key. */
static void check_state(struct check_run *c, struct key *k)
{
    const char *path = c->s->signer_state;
    struct head *head = NULL;
    struct err e = {0};
    bool fresh;

    check_directory(c, "signer-state", path);
    if (access(path, F_OK) != 0) {
        check_tell(c, CHECK_NOTE, "signer-state",
                   _("%s does not exist yet; the first start makes it"), path);
        key_free(&k);
        return;
    }
    if (head_open(path, c->s->origin, k, &head, &fresh, &e)) {
        check_tell(c, CHECK_OK, "signer-state", _("%s: %llu entries were signed here"), path,
                   (unsigned long long)head_size(head));
        head_free(&head);
        return;
    }
    if (err_is(&e, "locked"))
        check_tell(c, CHECK_NOTE, "signer-state", _("%s is in use: duband is running"), path);
    else
        check_tell(c, CHECK_WRONG, "signer-state", "%s", e.text);
    key_free(&k);
}

static void check_signer(struct check_run *c)
{
    const char *path = c->s->log_key;
    struct key *k = NULL;
    struct err e = {0};

    if (!key_load(path, &k, &e))
        check_tell(c, CHECK_WRONG, "log-key", "%s", e.text);
    else if (key_algorithm(k) != KEY_ED25519)
        check_tell(c, CHECK_WRONG, "log-key", _("%s: the log key must be an Ed25519 key"), path);
    else
        check_tell(c, CHECK_OK, "log-key", _("%s is usable"), path);
    check_state(c, k);
}

/* ---- system -------------------------------------------------------------------------------- */

static void check_account(struct check_run *c)
{
    const char *user = c->s->user;

    if (*user != '\0' && getpwnam(user) == NULL)
        check_tell(c, CHECK_WRONG, "user",
                   _("there is no account %s; create it or change the setting"), user);
    else if (*user == '\0' && geteuid() == 0)
        check_tell(c, CHECK_NOTE, "user", _("started by root, all processes would stay root"));
}

static void check_limits(struct check_run *c)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max != RLIM_INFINITY &&
        limit.rlim_max < (rlim_t)c->s->max_connections + 64)
        check_tell(c, CHECK_NOTE, "max-connections",
                   _("a process may only open %lu descriptors; raise LimitNOFILE or lower this"),
                   (unsigned long)limit.rlim_max);
}

static void check_zone(struct check_run *c)
{
    char *path = xasprintf("/usr/share/zoneinfo/%s", c->s->zone);

    if (strstr(c->s->zone, "..") != NULL || access(path, R_OK) != 0)
        check_tell(c, CHECK_WRONG, "zone", _("there is no time zone %s on this machine"),
                   c->s->zone);
    free(path);
}

static void check_origin(struct check_run *c)
{
    const char *origin = c->s->origin;
    size_t n = strlen(origin);

    if (n >= 5 && strcmp(origin + n - 5, "/test") == 0 && !c->s->test_clock)
        check_tell(c, CHECK_NOTE, "origin", _("%s is a test log: duband needs --test-clock"),
                   origin);
}

size_t check_files(const struct settings *s, check_report_fn *report, void *ctx)
{
    struct check_run c = {s, report, ctx, 0};

    check_origin(&c);
    check_server(&c);
    check_authority(&c);
    check_signer(&c);
    check_directory(&c, "pid-file", s->pid_file);
    check_account(&c);
    check_limits(&c);
    check_zone(&c);
    return c.wrong;
}

/* ---- command ------------------------------------------------------------------------------- */

static void print_finding(void *ctx, enum check_level level, const char *place, const char *text)
{
    static const char *const marks[] = {
        [CHECK_OK] = N_("ok"), [CHECK_NOTE] = N_("note"), [CHECK_WRONG] = N_("WRONG")};

    (void)ctx;
    printf("%s  %s: %s\n", _(marks[level]), place, text);
}

static void on_fault(void *ctx, const char *file, int line, const char *text)
{
    char *place = line > 0 ? xasprintf("%s:%d", file, line) : xstrdup(file);

    ++*(size_t *)ctx;
    print_finding(NULL, CHECK_WRONG, place, text);
    free(place);
}

int check_run(const char *path, bool test_clock)
{
    struct settings *s = NULL;
    size_t wrong = 0;

    if (settings_load(path, &s, on_fault, &wrong, NULL)) {
        s->test_clock = test_clock;
        wrong += check_files(s, print_finding, NULL);
        wrong += check_channels(s, print_finding, NULL);
        wrong += check_database(s, print_finding, NULL);
        settings_free(&s);
    }
    if (wrong == 0)
        puts(_("everything is as it should be"));
    else
        printf(ngettext("%zu thing is wrong\n", "%zu things are wrong\n", wrong), wrong);
    return wrong == 0 ? 0 : 5;
}
