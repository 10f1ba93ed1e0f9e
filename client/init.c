/* SPDX-License-Identifier: BSD-2-Clause */
/* duban init: the first statement of a log. It registers the very key that signs it; from then on
 * every change of the registry is signed by a registered key. */
#include "client/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/compose.h"
#include "client/daemon_settings.h"
#include "client/enrol.h"
#include "client/home.h"
#include "client/keystore.h"
#include "client/outbox.h"
#include "client/registry_text.h"
#include "client/test_clock.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"

#define SYNOPSIS "init -c DUBAND.CONF --home HOME [--server-name NAME]… [--test-clock TIME]"
#define OFFICE "office"

/* ---- duband's settings ---------------------------------------------------------------------- */

static bool take(const json_t *settings, const char *name, char **out, struct err *e)
{
    const char *s = app_str(settings, name);

    if (!s || !*s)
        return err_set(e, "config", _("duband's settings have no %s; set it in duband.conf"), name);
    *out = xstrdup(s);
    return true;
}

static bool read_settings(struct init *x, struct err *e)
{
    json_t *s = NULL;
    bool ok = daemon_settings_read(x->program, x->conf, &s, e) &&
              take(s, "ORIGIN", &x->origin, e) && take(s, "LISTEN", &x->listen, e) &&
              take(s, "LOG_KEY", &x->log_key, e) && take(s, "TLS_CA", &x->ca, e) &&
              take(s, "TLS_CERTIFICATE", &x->server_certificate, e) &&
              take(s, "TLS_KEY", &x->server_key, e);

    json_decref(s);
    return ok;
}

static bool ends_in_test(const char *origin)
{
    size_t n = strlen(origin);

    return n >= 5 && strcmp(origin + n - 5, "/test") == 0;
}

static bool check_test_clock(const struct init *x, struct err *e)
{
    if (x->test_clock && !ends_in_test(x->origin))
        return err_set(e, "config",
                       _("a test clock needs an origin that ends in /test; “origin” in %s is %s"),
                       x->conf, x->origin);
    return true;
}

/* ---- genesis -------------------------------------------------------------------------------- */

static bool add_standard(json_t *changes, struct err *e)
{
    char *dir = daemon_settings_datadir();
    char *path = xasprintf("%s/conf/registry/standard.conf", dir);
    struct buf text = {0};
    json_t *objects = NULL;
    size_t blanks;
    bool ok = file_read(path, REGISTRY_TEXT_MAX, &text, e) &&
              registry_text_parse(path, text.data ? text.data : "", &objects, &blanks, e);

    if (ok)
        json_array_extend(changes, objects);
    json_decref(objects);
    buf_free(&text);
    free(path);
    free(dir);
    return ok;
}

static bool add_operator(const struct init *x, json_t *changes, const struct key *sign,
                         struct err *e)
{
    char *pem = xasprintf("%s/client.pem", x->home);
    struct keystore_certificate c;
    bool ok = keystore_certificate(pem, &c, e);

    free(pem);
    if (!ok)
        return false;
    json_array_append_new(changes, json_pack("{s:s,s:s,s:s,s:s}", "set", "post", "code", OFFICE,
                                             "name", "督查室", "role", "office"));
    json_array_append_new(changes, enrol_key_object(sign, OFFICE, true));
    json_array_append_new(changes,
                          enrol_client_object(c.fingerprint, "operator", OFFICE, true, c.until));
    return true;
}

static bool build(const struct init *x, const struct key *sign, json_t **body, struct err *e)
{
    json_t *changes = json_array();

    *body = json_pack("{s:o}", "changes", changes);
    if (!add_operator(x, changes, sign, e) || !add_standard(changes, e))
        return false;
    if (x->test_clock)
        json_array_append_new(changes, json_pack("{s:s,s:s}", "set", "clock", "to", x->test_clock));
    return true;
}

/* HOME/genesis.dsse.json is written before it is handed over: a second try sends the same bytes. */
static bool load_or_sign(const struct init *x, const struct key *sign, const char *path,
                         struct buf *text, struct dsse *d, uint8_t id[DIGEST_SIZE], struct err *e)
{
    const struct compose_place first = {.seq = 1};
    struct buf scratch = {0};
    json_t *body = NULL;
    bool ok;

    if (access(path, F_OK) == 0) {
        ok = file_read(path, STATEMENT_PLAN_MAX * 2, text, e) &&
             dsse_decode(text->data ? text->data : "", text->len, STATEMENT_PLAN_MAX, d, e);
        if (ok)
            dsse_identity(d->type, d->payload.data, d->payload.len, &scratch, id);
    } else {
        ok = build(x, sign, &body, e) &&
             compose_sign(x->origin, OFFICE, sign, STATEMENT_TYPE("registry"), &first, body, d, id,
                          e);
        if (ok)
            dsse_encode(d, text);
        ok = ok && file_write(path, text->data, text->len, 0600, e);
    }
    json_decref(body);
    buf_free(&scratch);
    return ok;
}

/* The chain of the operator's key goes on behind the genesis statement. */
static bool keep_sent(const struct init *x, const struct buf *text, const uint8_t id[DIGEST_SIZE],
                      struct err *e)
{
    char *dir = xasprintf("%s/sent", x->home), *path = xasprintf("%s/sent/1.dsse.json", x->home);
    bool ok = file_mkdirs(dir, 0700, e) && outbox_start_at(x->home, 1, id, e) &&
              file_write(path, text->data, text->len, 0600, e);

    free(dir);
    free(path);
    return ok;
}

static bool genesis(const struct init *x, struct err *e)
{
    char *done = xasprintf("%s/sent/1.dsse.json", x->home);
    char *path = xasprintf("%s/genesis.dsse.json", x->home);
    char *key_path = xasprintf("%s/sign.key", x->home);
    struct key *sign = NULL;
    struct dsse d = {0};
    struct buf text = {0};
    uint8_t id[DIGEST_SIZE];
    bool ok = true;

    if (access(done, F_OK) == 0) {
        printf("%s\n", _("the first statement was handed over before"));
    } else {
        ok = key_load(key_path, &sign, e) && load_or_sign(x, sign, path, &text, &d, id, e) &&
             daemon_settings_genesis(x->program, x->conf, text.data, text.len, e) &&
             keep_sent(x, &text, id, e);
        if (ok)
            printf(_("entry 0 of the log %s is written; start duband now\n"), x->origin);
    }
    dsse_clear(&d);
    buf_free(&text);
    key_free(&sign);
    free(key_path);
    free(path);
    free(done);
    return ok;
}

/* ---- the command ---------------------------------------------------------------------------- */

static void clear(struct init *x)
{
    char *strings[] = {x->conf,   x->program,    x->home, x->test_clock,         x->origin,
                       x->listen, x->log_key,    x->ca,   x->server_certificate, x->server_key,
                       x->url,    x->alternative};

    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        free(strings[i]);
}

/* Absolute, because duban.conf and duband may be used from anywhere. */
static char *absolute(const char *path)
{
    char *cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
    char *out = cwd ? xasprintf("%s/%s", cwd, path) : xstrdup(path);

    free(cwd);
    return out;
}

static bool prepare(struct app *a, struct init *x, const char *conf, const char *clock,
                    const struct options_list *names, struct err *e)
{
    int64_t us;
    char instant[INSTANT_SIZE];

    if (!conf)
        return err_set(e, "usage", _("-c DUBAND.CONF is missing; call: duban %s"), SYNOPSIS);
    if (clock && !test_clock_parse(clock, &us))
        return err_set(e, "usage",
                       _("--test-clock is an instant such as 2022-04-02T09:00:00+08:00, "
                         "not %s"),
                       clock);
    if (clock) {
        instant_format_utc(us, instant);
        x->test_clock = xstrdup(instant);
    }
    x->conf = absolute(conf);
    x->home = absolute(a->home_dir);
    x->program = daemon_settings_program();
    return read_settings(x, e) && check_test_clock(x, e) && init_names(x, names, e);
}

int init_command(struct app *a, int argc, char **argv)
{
    struct init x = {0};
    const char *conf = NULL, *clock = NULL;
    struct options_list args, names = {0};
    struct options_spec specs[] = {{"c", OPTIONS_TEXT, &conf},
                                   {"config", OPTIONS_TEXT, &conf},
                                   {"test-clock", OPTIONS_TEXT, &clock},
                                   {"server-name", OPTIONS_LIST, &names},
                                   {0}};
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 0, SYNOPSIS, &e) && prepare(a, &x, conf, clock, &names, &e) &&
              init_server_files(&x, &e) && init_operator_home(&x, &e) && genesis(&x, &e);

    clear(&x);
    options_free(&names);
    options_free(&args);
    return ok ? APP_DONE : app_fail(a, &e);
}
