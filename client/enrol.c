/* SPDX-License-Identifier: BSD-2-Clause */
/* duban enrol: keys are made here and never leave this machine; what leaves is request.json with
 * two signing requests, which prove that the sender holds the keys. Run again, it renews: the keys
 * stay, only the certificate is new. */
#include "client/enrol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/options.h"
#include "client/pki.h"
#include "common/bytes.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

#define SYNOPSIS "enrol (--unit U | --post P | --operator) [--alg A] | enrol --accept FILE.cert"

struct request {
    const char *kind; /* unit, post, operator */
    const char *name; /* code or name as typed */
    const char *url;  /* NULL: the operator's */
    enum key_alg alg;
};

/* Loads DIR/name, or makes it. */
static bool load_or_make(const char *dir, const char *name, enum key_alg alg, struct key **out,
                         struct err *e)
{
    char *path = xasprintf("%s/%s", dir, name);
    bool ok;

    if (access(path, F_OK) == 0)
        ok = key_load(path, out, e);
    else
        ok = key_generate(alg, out, e) && key_save(*out, path, e);
    free(path);
    return ok;
}

static bool same_algorithm(const struct key *sign, const struct request *r, const char *dir,
                           bool asked, struct err *e)
{
    if (!asked || key_algorithm(sign) == r->alg)
        return true;
    return err_set(e, "key-file",
                   _("%s/sign.key is a key of %s already; for %s choose another --home"), dir,
                   key_alg_name(key_algorithm(sign)), key_alg_name(r->alg));
}

static bool write_request(const char *dir, const struct request *r, const struct key *tls,
                          const struct key *sign, char **path, struct err *e)
{
    struct buf tls_pem = {0}, sign_pem = {0}, text = {0};
    char hex[2 * DIGEST_SIZE + 1];
    bool ok = pki_request_make(tls, r->name, &tls_pem, e) &&
              pki_request_make(sign, r->name, &sign_pem, e);

    if (ok) {
        hex_encode(key_id(sign), DIGEST_SIZE, hex);
        json_t *j = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "v", 1, "kind", r->kind, "for",
                              r->name, "alg", key_alg_name(key_algorithm(sign)), "key", hex, "tls",
                              tls_pem.data, "sign", sign_pem.data);
        if (j && r->url)
            json_object_set_new(j, "url", json_string(r->url));
        *path = xasprintf("%s/request.json", dir);
        ok = j != NULL || err_set(e, "usage", _("%s is not UTF-8 text"), r->name);
        if (ok) {
            json_write(j, &text);
            buf_add_str(&text, "\n");
            ok = file_write(*path, text.data, text.len, 0644, e);
        }
        json_decref(j);
    }
    buf_free(&tls_pem);
    buf_free(&sign_pem);
    buf_free(&text);
    return ok;
}

static void tell(const char *path, const struct key *sign)
{
    char hex[2 * DIGEST_SIZE + 1];

    hex_encode(key_id(sign), DIGEST_SIZE, hex);
    printf(_("request: %s\nfingerprint of the signing key: %s\n"), path, hex);
    printf(
        _("Give the file to the office and read the fingerprint to it by another way; the office "
          "runs: duban approve FILE. Then: duban enrol --accept FILE.cert\n"));
}

static bool make(struct app *a, const struct request *r, bool alg_asked, struct err *e)
{
    struct key *tls = NULL, *sign = NULL;
    char *path = NULL;
    bool ok = file_mkdirs(a->home_dir, 0700, e) &&
              load_or_make(a->home_dir, "client.key", KEY_ECDSA_P256, &tls, e) &&
              load_or_make(a->home_dir, "sign.key", r->alg, &sign, e) &&
              same_algorithm(sign, r, a->home_dir, alg_asked, e) &&
              write_request(a->home_dir, r, tls, sign, &path, e);

    if (ok)
        tell(path, sign);
    free(path);
    key_free(&tls);
    key_free(&sign);
    return ok;
}

static bool choose(struct request *r, const char *unit, const char *post, bool op, const char *alg,
                   struct err *e)
{
    if ((unit != NULL) + (post != NULL) + op != 1)
        return err_set(e, "usage", _("for whom? call: duban %s"), SYNOPSIS);
    r->kind = unit ? "unit" : post ? "post" : "operator";
    r->name = unit ? unit : post ? post : "office";
    r->alg = KEY_ECDSA_P256;
    if (alg && !key_alg_parse(alg, &r->alg))
        return err_set(e, "usage", _("--alg is ecdsa-p256, ed25519 or sm2, not %s"), alg);
    return true;
}

int enrol_command(struct app *a, int argc, char **argv)
{
    const char *unit = NULL, *post = NULL, *alg = NULL, *accept = NULL;
    struct request r = {0};
    bool op = false;
    struct options_spec specs[] = {{"unit", OPTIONS_TEXT, &unit},
                                   {"post", OPTIONS_TEXT, &post},
                                   {"operator", OPTIONS_FLAG, &op},
                                   {"alg", OPTIONS_TEXT, &alg},
                                   {"accept", OPTIONS_TEXT, &accept},
                                   {"url", OPTIONS_TEXT, &r.url},
                                   {0}};
    struct options_list args;
    struct err e;
    bool ok =
        options_parse(a, specs, argc, argv, &args, &e) && options_count(&args, 0, 0, SYNOPSIS, &e);

    options_free(&args);
    if (ok && accept)
        return enrol_accept(a, accept);
    ok = ok && choose(&r, unit, post, op, alg, &e) && make(a, &r, alg != NULL, &e);
    return ok ? APP_DONE : app_fail(a, &e);
}

json_t *enrol_key_object(const struct key *k, const char *code, bool op)
{
    char hex[2 * DIGEST_SIZE + 1];
    struct buf spki = {0};
    size_t n;
    const uint8_t *der = key_spki(k, &n);

    hex_encode(key_id(k), DIGEST_SIZE, hex);
    base64_encode(der, n, &spki);
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "set", "key", "key", hex, "spki", spki.data,
                          "alg", key_alg_name(key_algorithm(k)), "for", code);
    if (op)
        json_object_set_new(j, "operator", json_true());
    buf_free(&spki);
    return j;
}
