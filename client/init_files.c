/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that init makes. What exists stays: a key that was replaced would orphan everything
 * that it signed. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/home.h"
#include "client/init.h"
#include "client/pki.h"
#include "common/checkpoint.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

#define SERVER_DAYS 825L
#define OPERATOR_DAYS 825L
#define PEM_MAX ((size_t)262144)

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool make_parent(const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        return true;
    char *dir = xstrndup(path, (size_t)(slash - path));
    bool ok = is_there(dir) || file_mkdirs(dir, 0755, e);
    free(dir);
    return ok;
}

static void made(const char *what, const char *path)
{
    printf(_("made %s: %s\n"), what, path);
}

static bool make_key(const char *path, enum key_alg alg, const char *what, struct err *e)
{
    struct key *k = NULL;

    if (is_there(path))
        return true;
    bool ok = make_parent(path, e) && key_generate(alg, &k, e) && key_save(k, path, e);
    key_free(&k);
    if (ok)
        made(what, path);
    return ok;
}

static char *in_home(const struct init *x, const char *name)
{
    return xasprintf("%s/%s", x->home, name);
}

/* The CA's key stays with the operator; the daemon gets the certificate. */
static bool make_ca(const struct init *x, struct err *e)
{
    char *key = in_home(x, "ca.key");
    char *name = xasprintf("duban CA %.40s", x->origin);
    bool ok = true;

    if (is_there(x->ca) && !is_there(key))
        printf(_("note: the CA %s is there and its key is not in %s: certificates are issued "
                 "elsewhere\n"),
               x->ca, x->home);
    else if (!is_there(x->ca) && is_there(key))
        ok = err_set(e, "config",
                     _("%s is missing but %s is there; restore the certificate from a copy"), x->ca,
                     key);
    else if (!is_there(x->ca)) {
        ok = make_parent(x->ca, e) && pki_ca_make(name, x->ca, key, e);
        if (ok)
            made(_("CA"), x->ca);
    }
    free(name);
    free(key);
    return ok;
}

/* Issues a certificate for the key in key_path. */
static bool issue(const struct init *x, const char *key_path, const char *path,
                  const struct pki_subject *s, struct err *e)
{
    char *ca_key = in_home(x, "ca.key");
    struct pki_ca *ca = NULL;
    struct key *k = NULL;
    struct pki_issued out = {0};
    bool ok = key_load(key_path, &k, e) && pki_ca_load(x->ca, ca_key, &ca, e) &&
              pki_issue(ca, k, s, &out, e) && make_parent(path, e) &&
              file_write(path, out.pem.data, out.pem.len, 0644, e);

    if (ok)
        made(_("certificate"), path);
    buf_free(&out.pem);
    pki_ca_free(&ca);
    key_free(&k);
    free(ca_key);
    return ok;
}

bool init_server_files(const struct init *x, struct err *e)
{
    const struct pki_subject s = {
        .name = "duband", .alternative = x->alternative, .server = true, .days = SERVER_DAYS};

    return file_mkdirs(x->home, 0700, e) && make_key(x->log_key, KEY_ED25519, _("log key"), e) &&
           make_ca(x, e) && make_key(x->server_key, KEY_ECDSA_P256, _("server key"), e) &&
           (is_there(x->server_certificate) ||
            issue(x, x->server_key, x->server_certificate, &s, e));
}

/* ---- the operator's HOME -------------------------------------------------------------------- */

static bool write_conf(const struct init *x, struct err *e)
{
    char *path = in_home(x, "duban.conf"), *ca_key = in_home(x, "ca.key");
    struct key *log_key = NULL;
    struct buf vkey = {0};
    bool ok = true;

    if (!is_there(path)) {
        ok = key_load(x->log_key, &log_key, e);
        if (ok) {
            checkpoint_vkey_format(x->origin, log_key, &vkey);
            const struct home_settings s = {.url = x->url,
                                            .ca = x->ca,
                                            .aud = x->origin,
                                            .vkeys = vkey.data,
                                            .post = "office",
                                            .op = true,
                                            .ca_certificate = is_there(ca_key) ? x->ca : NULL,
                                            .ca_key = is_there(ca_key) ? "ca.key" : NULL};
            ok = home_write(x->home, &s, e);
        }
        if (ok)
            made(_("configuration"), path);
    }
    key_free(&log_key);
    buf_free(&vkey);
    free(ca_key);
    free(path);
    return ok;
}

bool init_operator_home(const struct init *x, struct err *e)
{
    const struct pki_subject s = {
        .name = "operator", .alternative = "URI:urn:duban:operator:office", .days = OPERATOR_DAYS};
    char *key = in_home(x, "client.key"), *pem = in_home(x, "client.pem");
    char *sign = in_home(x, "sign.key");
    bool ok = make_key(key, KEY_ECDSA_P256, _("TLS key"), e) &&
              make_key(sign, KEY_ECDSA_P256, _("signing key"), e) &&
              (is_there(pem) || issue(x, key, pem, &s, e)) && write_conf(x, e);

    free(key);
    free(pem);
    free(sign);
    return ok;
}

/* ---- names of the server -------------------------------------------------------------------- */

static bool is_address(const char *host)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool is_wildcard(const char *host)
{
    return !*host || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ||
           strcmp(host, "*") == 0;
}

static bool split_listen(const char *listen, char host[256], char port[8])
{
    const char *colon = strrchr(listen, ':');
    size_t n = colon ? (size_t)(colon - listen) : 0;

    if (!colon || n >= 256 || strlen(colon + 1) >= 8 || !colon[1])
        return false;
    bool brackets = n >= 2 && listen[0] == '[' && listen[n - 1] == ']';
    snprintf(host, 256, "%.*s", (int)(brackets ? n - 2 : n), listen + brackets);
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static bool add_name(struct buf *b, const char *name, struct err *e)
{
    if (!*name ||
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:") !=
            strlen(name))
        return err_set(e, "usage", _("--server-name is a host name or an address, not %s"), name);
    buf_addf(b, ",%s:%s", is_address(name) ? "IP" : "DNS", name);
    return true;
}

bool init_names(struct init *x, const struct options_list *names, struct err *e)
{
    char host[256], port[8];
    struct buf b = {0};
    bool ok = split_listen(x->listen, host, port) ||
              err_set(e, "config", _("listen is not ADDRESS:PORT but %s"), x->listen);

    buf_add_str(&b, "DNS:localhost");
    if (ok && !is_wildcard(host))
        ok = add_name(&b, host, e);
    for (size_t i = 0; ok && i < names->n; i++)
        ok = add_name(&b, names->items[i], e);
    if (ok) {
        const char *name = names->n ? names->items[0] : is_wildcard(host) ? "localhost" : host;
        bool v6 = strchr(name, ':') != NULL;
        x->url = xasprintf("https://%s%s%s:%s", v6 ? "[" : "", name, v6 ? "]" : "", port);
        x->alternative = xstrdup(b.data);
    }
    buf_free(&b);
    return ok;
}
