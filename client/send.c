/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing and sending. After a statement is in the outbox nothing that goes wrong loses it; every
 * message then says so. */
#include "client/send.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/deliver.h"
#include "client/disk.h"
#include "client/keystore.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/term.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

#define PATIENCE_MS 3000

bool send_open(struct app *a, struct outbox **o, struct err *e)
{
    return app_connect(a, true, e) && outbox_open(a->home, o, e);
}

/* Says that something waits, and why. */
static int report_kept(struct app *a, const struct outbox *o, const struct err *e)
{
    int status = app_fail(a, e);

    if (o->len && status == APP_KEPT)
        app_note(_("%zu statements are kept in %s/outbox and not lost; try again: duban flush"),
                 o->len, o->home->dir);
    else if (o->len && status != APP_EVIDENCE)
        app_note(_("%zu statements are kept in %s/outbox; when the fault is mended: duban flush"),
                 o->len, o->home->dir);
    return status;
}

static int empty_outbox(struct app *a, struct outbox *o, int64_t patience_ms, size_t ours)
{
    struct outcome_seen seen = {.app = a, .outbox = o, .ours = ours};
    struct deliver_peer peer = deliver_curl(a);
    struct deliver_result result;
    struct err e;

    if (!deliver_all(o, &peer, patience_ms, outcome_on_answer, &seen, &result, &e))
        return report_kept(a, o, &e);
    return seen.refused || seen.set_aside ? APP_REFUSED : APP_DONE;
}

/* What would be signed, member by member; the head is added with the signature. */
static int show_bodies(const char *type, const json_t *bodies)
{
    size_t i;
    const json_t *body;

    json_array_foreach((json_t *)bodies, i, body)
    {
        app_print_json(body);
    }
    app_note(_("%s: nothing was signed (--dry-run)"), type);
    return APP_DONE;
}

int send_bodies(struct app *a, struct outbox *o, const char *type, const json_t *bodies)
{
    int64_t seq;
    struct err e;
    size_t i;
    const json_t *body;

    if (a->dry_run)
        return show_bodies(type, bodies);
    json_array_foreach((json_t *)bodies, i, body)
    {
        if (!outbox_add(o, type, body, &seq, &e))
            return app_fail(a, &e);
    }
    return empty_outbox(a, o, PATIENCE_MS, json_array_size(bodies));
}

int send_one(struct app *a, const char *type, json_t *body)
{
    struct outbox *o = NULL;
    struct err e;
    json_t *bodies = json_pack("[o]", body);
    int status = send_open(a, &o, &e) ? send_bodies(a, o, type, bodies) : app_fail(a, &e);

    json_decref(bodies);
    outbox_close(&o);
    return status;
}

int flush_command(struct app *a, int argc, char **argv)
{
    const char *wait = NULL;
    struct options_spec specs[] = {{"wait", OPTIONS_TEXT, &wait}, {0}};
    struct options_list args;
    struct outbox *o = NULL;
    struct err e;
    char *end = NULL;
    int status;

    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 0, "flush [--wait SECONDS]", &e);
    long seconds = wait ? strtol(wait, &end, 10) : PATIENCE_MS / 1000;
    if (ok && wait && (*end || seconds < 0 || seconds > 86400))
        ok = err_set(&e, "usage", _("--wait is a number of seconds up to 86400, not %s"), wait);
    options_free(&args);
    if (!ok || !send_open(a, &o, &e)) {
        outbox_close(&o);
        return app_fail(a, &e);
    }
    bool nothing = o->len == 0;
    status = empty_outbox(a, o, (int64_t)seconds * 1000, SIZE_MAX);
    if (nothing && !a->json)
        printf("%s\n", _("the outbox is empty"));
    outbox_close(&o);
    return status;
}

/* ---- duban outbox --------------------------------------------------------------------------- */

/* "3 reports: p1/1 p1/2 …", or the kind alone. */
static char *summary(const json_t *payload, const char *kind)
{
    const json_t *reports = json_object_get(payload, "reports");
    struct buf b = {0};
    size_t i;
    const json_t *r;

    buf_add_str(&b, outcome_word(kind));
    json_array_foreach((json_t *)reports, i, r)
    {
        const char *task = app_str(r, "task");
        const char *period = app_str(r, "period");
        if (i == 3) {
            buf_addf(&b, _(" … (%zu in all)"), json_array_size(reports));
            break;
        }
        buf_addf(&b, "%s %s%s%s", i ? "," : ":", task ? task : "-", period ? " " : "",
                 period ? period : "");
    }
    return b.data;
}

static bool show_item(const struct outbox *o, size_t i, struct term_table *t, struct err *e)
{
    struct dsse d = {0};
    json_t *payload = NULL;
    char kind[32], number[24], when[WHEN_SIZE];
    bool ok = outbox_read(o, i, &d, e) && compose_read(&d, &payload, e);

    if (ok && t) {
        outcome_kind(d.type, kind, sizeof kind);
        snprintf(number, sizeof number, "%lld", (long long)o->items[i].seq);
        when_text(app_str(payload, "iat"), when);
        char *what = summary(payload, kind);
        term_table_row(t, TERM_PLAIN);
        term_table_cell(t, 0, number);
        term_table_cell(t, 1, when);
        term_table_cell(t, 2, what);
        free(what);
    } else if (ok) {
        app_print_json(payload);
    }
    json_decref(payload);
    dsse_clear(&d);
    return ok;
}

static void show_refused(const struct home *h)
{
    char *dir = home_path(h, "outbox/refused");
    size_t n = disk_count(dir, ".statement.json");

    if (n)
        app_note(_("%zu statements were refused and set aside in %s; read the .problem.json beside "
                   "each, correct and report again, then remove them"),
                 n, dir);
    free(dir);
}

int outbox_command(struct app *a, int argc, char **argv)
{
    struct options_list args;
    struct outbox *o = NULL;
    struct term_table *t = NULL;
    struct err e;
    bool ok = options_parse(a, NULL, argc, argv, &args, &e) &&
              options_count(&args, 0, 0, "outbox", &e) && app_home(a, true, &e) &&
              outbox_open(a->home, &o, &e);

    options_free(&args);
    if (ok && !a->json && o->len) {
        t = term_table_new();
        term_table_column(t, _("NUMBER"), TERM_RIGHT);
        term_table_column(t, _("SIGNED"), TERM_LEFT);
        term_table_column(t, _("WHAT"), TERM_CUT);
    }
    for (size_t i = 0; ok && i < o->len; i++)
        ok = show_item(o, i, t, &e);
    if (ok && t)
        term_table_print(t);
    else if (ok && !a->json)
        printf("%s\n", _("the outbox is empty"));
    if (ok)
        show_refused(a->home);
    term_table_free(&t);
    outbox_close(&o);
    return ok ? APP_DONE : app_fail(a, &e);
}
