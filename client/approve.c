/* SPDX-License-Identifier: BSD-2-Clause */
/* duban approve: an operator turns a request into a registered identity. The request comes from
 * outside: both signatures are checked, nothing in it but keys and the name asked for is used, and
 * the fingerprint is what the operator compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/enrol.h"
#include "client/home.h"
#include "client/options.h"
#include "client/pki.h"
#include "client/registry.h"
#include "client/resolve.h"
#include "client/send.h"
#include "client/term.h"
#include "client/when.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

#define SYNOPSIS "approve FILE [--days N] [--yes]"
#define DAYS 90L

struct approval {
    struct app *app;
    const char *file;
    json_t *request;
    struct key *tls, *sign; /* public keys out of the requests */
    bool op;
    char code[40]; /* unit or post */
    long days;
};

static bool read_request(struct approval *p, struct err *e)
{
    struct buf text = {.limit = ENROL_REQUEST_MAX};

    if (!file_read(p->file, ENROL_REQUEST_MAX, &text, e))
        return false;
    bool ok = json_read(text.data ? text.data : "", text.len, 2, &p->request, e);
    const char *tls = app_str(p->request, "tls");
    const char *sign = app_str(p->request, "sign");

    buf_free(&text);
    if (ok && (!tls || !sign || !app_str(p->request, "kind") || !app_str(p->request, "for")))
        ok = err_set(e, "request", _("not a request.json of “duban enrol”"));
    ok = ok && pki_request_check(tls, &p->tls, e) && pki_request_check(sign, &p->sign, e);
    if (ok && key_algorithm(p->tls) != KEY_ECDSA_P256)
        ok = err_set(e, "request", _("the TLS key must be of ecdsa-p256"));
    if (ok && memcmp(key_id(p->tls), key_id(p->sign), DIGEST_SIZE) == 0)
        ok = err_set(e, "request", _("TLS key and signing key must not be the same"));
    return ok || err_prefix(e, "%s", p->file);
}

static bool is(const json_t *o, const char *member, const char *value)
{
    const char *s = app_str(o, member);

    return s && strcmp(s, value) == 0;
}

static bool names_it(const json_t *o, const char *name)
{
    size_t i;
    const json_t *alias;

    if (is(o, "code", name) || is(o, "name", name))
        return true;
    json_array_foreach(json_object_get(o, "aliases"), i, alias)
    {
        if (is(alias, "name", name))
            return true;
    }
    return false;
}

/* Code of the unit or post that the request names. */
static bool find_code(struct approval *p, const json_t *objects, struct err *e)
{
    const char *kind = app_str(p->request, "kind");
    const char *name = app_str(p->request, "for");
    size_t i;
    const json_t *o;

    p->op = strcmp(kind, "operator") == 0;
    if (p->op || strcmp(kind, "post") == 0)
        kind = "post";
    else
        kind = "unit";
    json_array_foreach((json_t *)objects, i, o)
    {
        if (!is(o, "set", kind) || !app_str(o, "code"))
            continue;
        if (p->op ? is(o, "role", "office") : names_it(o, name)) {
            snprintf(p->code, sizeof p->code, "%s", app_str(o, "code"));
            return true;
        }
    }
    return err_set(e, "request",
                   _("the registry has no %s “%s”; add it first: duban registry export, then duban "
                     "registry apply"),
                   strcmp(kind, "unit") == 0 ? _("unit") : _("post"), name);
}

static bool ask(struct approval *p, struct err *e)
{
    char hex[2 * DIGEST_SIZE + 1];

    hex_encode(key_id(p->sign), DIGEST_SIZE, hex);
    char *name = term_clean(app_str(p->request, "for"));
    if (!p->app->json)
        printf(
            _("request of: %s (%s %s)\nsigning key: %s\nfingerprint: %s\ncertificate: %ld days\n"),
            name, p->op ? _("operator, post") : _("code"), p->code,
            key_alg_name(key_algorithm(p->sign)), hex, p->days);
    free(name);
    return app_confirm(p->app,
                       _("Is this the fingerprint that its owner read to you? Register it?"), e);
}

json_t *enrol_client_object(const uint8_t fingerprint[DIGEST_SIZE], const char *name,
                            const char *code, bool op, int64_t until)
{
    char hex[2 * DIGEST_SIZE + 1], instant[INSTANT_SIZE];

    hex_encode(fingerprint, DIGEST_SIZE, hex);
    instant_format_utc(until, instant);
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "set", "client", "certificate", hex, "name",
                          name, "for", code, "until", instant);
    if (op)
        json_object_set_new(j, "operator", json_true());
    return j;
}

static bool issue(struct approval *p, struct pki_issued *out, struct err *e)
{
    const struct home *h = p->app->home;
    const char *kind = p->op ? "operator" : is(p->request, "kind", "post") ? "post" : "unit";
    char *alternative = xasprintf("URI:urn:duban:%s:%s", kind, p->code);
    const struct pki_subject s = {.name = p->code, .alternative = alternative, .days = p->days};
    struct pki_ca *ca = NULL;
    bool ok;

    if (!h->ca_certificate || !h->ca_key)
        ok =
            err_set(e, "config",
                    _("%s/duban.conf names no CA (ca-certificate, ca-key): approve where they are"),
                    h->dir);
    else
        ok = pki_ca_load(h->ca_certificate, h->ca_key, &ca, e) && pki_issue(ca, p->tls, &s, out, e);
    pki_ca_free(&ca);
    free(alternative);
    return ok;
}

/* New string: the vkeys as they stand in a duban.conf. */
static char *vkeys_of(const struct home *h, struct err *e)
{
    struct buf b = {0};

    (void)e;
    for (size_t i = 0; i < h->vkeys_len; i++) {
        buf_add_str(&b, i ? " " : "");
        checkpoint_vkey_format(h->vkeys[i].name, h->vkeys[i].key, &b);
    }
    return b.data ? b.data : xstrdup("");
}

/* FILE.cert: settings, then the certificate, then the CA that the server's certificate is from. */
static bool write_answer(struct approval *p, const struct pki_issued *issued, struct err *e)
{
    const struct home *h = p->app->home;
    const char *url = app_str(p->request, "url");
    char *path = xasprintf("%s.cert", p->file);
    char *vkeys = vkeys_of(h, e);
    bool post = p->op || is(p->request, "kind", "post");
    const struct home_settings s = {.url = url ? url : h->url,
                                    .ca = "ca.pem",
                                    .aud = h->aud,
                                    .vkeys = vkeys,
                                    .unit = post ? NULL : p->code,
                                    .post = post ? p->code : NULL,
                                    .op = p->op};
    struct buf text = {0};

    buf_add_str(&text, "# answer to an enrolment: duban enrol --accept FILE.cert\n");
    home_format(&s, &text);
    buf_add(&text, issued->pem.data, issued->pem.len);
    bool ok = file_read(h->ca, ENROL_REQUEST_MAX, &text, e) &&
              file_write(path, text.data, text.len, 0644, e);
    if (ok && !p->app->json)
        printf(_("%s: give it back; its owner runs: duban enrol --accept %s\n"), path, path);
    buf_free(&text);
    free(vkeys);
    free(path);
    return ok;
}

static int sign(struct approval *p, struct outbox *o)
{
    struct pki_issued issued = {0};
    struct err e;
    int status;

    if (!issue(p, &issued, &e)) {
        status = app_fail(p->app, &e);
    } else {
        json_t *bodies = json_pack(
            "[{s:[o,o]}]", "changes", enrol_key_object(p->sign, p->code, p->op),
            enrol_client_object(issued.fingerprint, p->code, p->code, p->op, issued.until));
        status = send_bodies(p->app, o, STATEMENT_TYPE("registry"), bodies);
        json_decref(bodies);
        if (status == APP_DONE && !write_answer(p, &issued, &e))
            status = app_fail(p->app, &e);
    }
    buf_free(&issued.pem);
    return status;
}

static bool read_days(const char *text, long *days, struct err *e)
{
    char *end = NULL;

    *days = text ? strtol(text, &end, 10) : DAYS;
    if (text && (end == text || *end || *days < 1 || *days > 825))
        return err_set(e, "usage", _("--days is a number from 1 to 825, not %s"), text);
    return true;
}

int approve_command(struct app *a, int argc, char **argv)
{
    struct approval p = {.app = a};
    const char *days = NULL;
    struct options_spec specs[] = {
        {"days", OPTIONS_TEXT, &days}, {"yes", OPTIONS_FLAG, &a->yes}, {0}};
    struct options_list args;
    struct outbox *o = NULL;
    json_t *objects = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 1, 1, SYNOPSIS, &e) && read_days(days, &p.days, &e);

    if (ok)
        p.file = args.items[0];
    ok = ok && read_request(&p, &e) && send_open(a, &o, &e) && registry_fetch(a, &objects, &e) &&
         find_code(&p, objects, &e) && ask(&p, &e);
    int status = ok ? sign(&p, o) : app_fail(a, &e);
    json_decref(objects);
    json_decref(p.request);
    key_free(&p.tls);
    key_free(&p.sign);
    outbox_close(&o);
    options_free(&args);
    return status;
}
