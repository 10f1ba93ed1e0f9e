/* SPDX-License-Identifier: BSD-2-Clause */
/* duban plan register: what a document says becomes obligations only after a person has seen the
 * summary and signed it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/amend.h"
#include "client/connect.h"
#include "client/items.h"
#include "client/options.h"
#include "client/plan_command.h"
#include "client/plan_payload.h"
#include "client/registry.h"
#include "client/registry_draft.h"
#include "client/send.h"
#include "client/term.h"
#include "client/when.h"
#include "common/bytes.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"
#include "plan/registry_names.h"

#define DRAFT "registry.draft"
#define SAME_DRAFT "same.draft"
#define SYNOPSIS                                                                                   \
    "plan register --handle H [--from DATE --to DATE] [--rule R] [--ladder L] [--basis B] "        \
    "[--countersign] "                                                                             \
    "[--yes] FILE"

struct job {
    struct app *app;
    const char *file;
    const char *handle, *from, *to, *rule, *ladder, *basis;
    struct plan *plan;
    struct registry_names *names;
    struct plan_payload with;
};

static bool check_handle(const char *handle, struct err *e)
{
    size_t n = handle ? strspn(handle, "abcdefghijklmnopqrstuvwxyz0123456789-") : 0;

    if (!handle)
        return err_set(e, "usage",
                       _("--handle is missing: the short name of the plan in all tasks, "
                         "such as p1"));
    if (n < 1 || n > 16 || handle[n])
        return err_set(e, "usage", _("--handle is 1 to 16 of a-z, 0-9 and -, not %s"), handle);
    return true;
}

static bool load(struct job *j, struct err *e)
{
    struct buf text = {.limit = PLAN_TEXT_MAX};
    bool ok = file_read(j->file, PLAN_TEXT_MAX, &text, e);

    if (ok) {
        sha256(text.data ? text.data : "", text.len, j->with.source);
        j->plan = plan_parse(text.data ? text.data : "", text.len, e);
        ok = j->plan != NULL || err_prefix(e, "%s", j->file);
    }
    buf_free(&text);
    if (ok && j->plan->items_len == 0)
        return err_set(e, "plan", _("%s: no task was found; look at: duban plan parse %s"), j->file,
                       j->file);
    if (ok)
        j->names = registry_names_new(j->plan);
    return ok;
}

/* From and to: given, or by title or text. */
static bool set_period(struct job *j, struct err *e)
{
    j->with.from = j->from ? j->from : j->plan->from;
    j->with.to = j->to ? j->to : j->plan->to;
    if (!*j->with.from || !*j->with.to)
        return err_set(e, "plan",
                       _("%s does not say which period it is for; name it: duban plan register "
                         "--handle %s --from YYYY-MM-DD --to YYYY-MM-DD %s"),
                       j->file, j->handle, j->file);
    if (!date_valid(j->with.from) || !date_valid(j->with.to) ||
        strcmp(j->with.from, j->with.to) > 0)
        return err_set(e, "usage", _("--from %s --to %s: not two dates YYYY-MM-DD in order"),
                       j->with.from, j->with.to);
    return true;
}

/* A corrected document of the plan that has the handle: the same number or the same title. */
static bool same_document(const struct job *j, const json_t *plan)
{
    const char *number = app_str(plan, "number"), *title = app_str(plan, "title");
    const char *ours = j->plan->title && *j->plan->title ? j->plan->title : j->with.title;

    if (number && j->plan->number)
        return strcmp(number, j->plan->number) == 0;
    return title && ours && strcmp(title, ours) == 0;
}

/* 2: registered with other contents of the same document, 1: with these very contents, 0: free,
 * -1: error. */
static int already(struct job *j, struct err *e)
{
    char *path = xasprintf("/v1/plans/%s", j->handle);
    char hex[2 * DIGEST_SIZE + 1];
    json_t *plan = NULL;
    int result = 0;
    bool ok = connect_json(j->app->connect, path, &plan, e);
    const json_t *problem = connect_problem(j->app->connect);

    free(path);
    if (!ok) {
        bool absent =
            app_int(problem, "status", 0) == 404 ||
            (app_str(problem, "code") && strcmp(app_str(problem, "code"), "not-found") == 0);
        return absent ? 0 : -1;
    }
    hex_encode(j->with.source, DIGEST_SIZE, hex);
    const char *source = app_str(plan, "source_sha256");
    const char *from = app_str(plan, "from"), *to = app_str(plan, "to");
    if (source && strcmp(source, hex) == 0 && from && strcmp(from, j->with.from) == 0 && to &&
        strcmp(to, j->with.to) == 0) {
        result = 1;
    } else if (same_document(j, plan)) {
        result = 2;
    } else {
        err_set(e, "plan",
                _("the handle %s belongs to another plan or period (%s, entry %lld); choose "
                  "another --handle"),
                j->handle, app_str(plan, "title") ? app_str(plan, "title") : "-",
                app_int(plan, "entry", -1));
        result = -1;
    }
    json_decref(plan);
    return result;
}

/* Writes registry.draft when the plan names somebody whom the registry does not know. */
static bool check_owners(struct job *j, const struct resolve_map *owners, const json_t *objects,
                         struct err *e)
{
    struct registry_draft_counts n;
    struct buf text = {0};

    registry_draft_make(j->names, owners, objects, j->file, &text, &n);
    size_t unknown = n.units + n.unit_groups + n.leaders + n.leader_groups;
    bool ok = unknown == 0;
    if (!ok && file_write(DRAFT, text.data, text.len, 0644, e))
        err_set(
            e, "plan",
            _("the registry does not know %zu units, %zu groups of units, %zu leaders and %zu "
              "groups of leaders of this plan: they are in ./%s. Fill it in, then: duban registry "
              "apply %s, and register again"),
            n.units, n.unit_groups, n.leaders, n.leader_groups, DRAFT, DRAFT);
    buf_free(&text);
    return ok;
}

static void show_summary(const struct job *j)
{
    const struct plan *p = j->plan;
    size_t indicators = 0, unled = 0, dated = 0;

    for (size_t i = 0; i < p->items_len; i++) {
        indicators += p->items[i].kind == PLAN_INDICATOR;
        unled += p->items[i].lead_units.n == 0;
        dated += *p->items[i].deadline != '\0';
    }
    printf(_("plan %s: %s\n"), j->handle, p->title ? p->title : j->with.title);
    printf(_("  number %s, issuer %s, period %s to %s\n"), p->number ? p->number : "-",
           p->issuer ? p->issuer : "-", j->with.from, j->with.to);
    printf(
        _("  %zu tasks and %zu indicators; %zu with a printed deadline; %zu without a lead (they "
          "owe nothing)\n"),
        p->items_len - indicators, indicators, dated, unled);
    printf(_("  %zu units and %zu leaders are named\n"), j->names->units_len,
           j->names->leaders_len);
    char *warnings = plan_warnings_grouped(p);
    if (*warnings)
        printf(_("warnings of the importer:\n%s"), warnings);
    if (*warnings && warnings[strlen(warnings) - 1] != '\n')
        putchar('\n');
    free(warnings);
}

/* The server's own check of shape, before anything is signed. */
static bool check_payload(const json_t *body, struct err *e)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    json_t *j =
        json_pack("{s:i,s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:s}", "v", 1, "aud", "x", "unit", "x", "key",
                  zeros, "seq", 1, "prev", zeros, "id", "00000000-0000-7000-8000-000000000000",
                  "nonce", "AAAAAAAAAAAAAAAAAAAAAA", "iat", "2022-01-01T00:00:00Z");
    struct statement *s = NULL;
    char *text;

    json_object_update(j, (json_t *)body);
    text = json_dumps(j, JSON_COMPACT);
    bool ok = text && statement_parse(STATEMENT_PLAN, text, strlen(text), &s, e);
    statement_free(&s);
    free(text);
    json_decref(j);
    return ok;
}

static bool build(struct job *j, json_t **body, struct err *e)
{
    json_t *objects = NULL;
    char date[11];

    if (!registry_fetch(j->app, &objects, e))
        return false;
    when_date(items_now(j->app), date);
    struct resolve_map *owners = resolve_new(objects, date);
    bool ok = check_owners(j, owners, objects, e);
    if (ok) {
        *body = plan_payload_make(j->plan, owners, &j->with);
        ok = check_payload(*body, e);
    }
    resolve_free(&owners);
    json_decref(objects);
    return ok;
}

static int sign(struct job *j, struct outbox *o, const json_t *body)
{
    json_t *bodies;
    struct err e;

    if (!j->app->json)
        show_summary(j);
    if (!app_confirm(j->app, _("Sign and register this plan?"), &e))
        return app_fail(j->app, &e);
    bodies = json_pack("[O]", body);
    int status = send_bodies(j->app, o, STATEMENT_TYPE("plan"), bodies);
    json_decref(bodies);
    return status;
}

/* The difference to what is registered, offered as an amendment: nothing is registered twice. */
static int amend(struct job *j, struct outbox *o, const json_t *body)
{
    const json_t *wanted = json_object_get(json_object_get(body, "plan"), "tasks");
    json_t *now = NULL, *changes = NULL;
    struct err e;
    int status;

    if (!amend_fetch(j->app, j->handle, &now, &e))
        return app_fail(j->app, &e);
    changes = amend_difference(now, wanted);
    if (json_array_size(changes)) {
        status = amend_sign(j->app, o, j->handle, j->basis ? j->basis : j->plan->number, NULL, now,
                            changes);
    } else {
        if (!j->app->json)
            printf(_("nothing to do: plan %s is registered with these contents\n"), j->handle);
        status = APP_DONE;
    }
    json_decref(changes);
    json_decref(now);
    return status;
}

static void add_same(struct buf *out, size_t n, const json_t *item, const char *handle)
{
    const char *title = app_str(item, "title");
    char *clean = term_clean(title ? title : "");

    buf_addf(out, "# %s: %s\n", app_str(item, "why"), clean);
    buf_addf(out, "same \"%s-%zu\" {\n  tasks = { \"%s\", \"%s\" }\n}\n\n", handle, n,
             app_str(item, "task"), app_str(item, "other"));
    free(clean);
}

/* Tasks that look like those of another plan: listed, to be declared knowingly. */
static void offer_same(struct job *j)
{
    char *path = xasprintf("/v1/same?plan=%s", j->handle);
    struct buf text = {0};
    json_t *items = NULL;
    struct err e;
    size_t i;
    const json_t *item;

    if (connect_list(j->app->connect, path, &items, &e) && json_array_size(items)) {
        buf_addf(&text, "# %s\n# %s\n\n",
                 _("Tasks of two plans that look the same: one report would settle both."),
                 _("Delete what is not the same, then: duban registry apply same.draft"));
        json_array_foreach(items, i, item) add_same(&text, i + 1, item, j->handle);
        if (file_write(SAME_DRAFT, text.data, text.len, 0644, &e))
            app_note(_("%zu tasks look like tasks of other plans: see ./%s"),
                     json_array_size(items), SAME_DRAFT);
    }
    buf_free(&text);
    json_decref(items);
    free(path);
}

static int run(struct job *j, struct outbox *o)
{
    json_t *body = NULL;
    struct err e;
    int status;
    int known = already(j, &e);

    if (known == 1) {
        if (!j->app->json)
            printf(_("nothing to do: plan %s is registered with these contents\n"), j->handle);
        status = APP_DONE;
    } else if (known < 0 || !build(j, &body, &e)) {
        status = app_fail(j->app, &e);
    } else if (known == 2) {
        status = amend(j, o, body);
    } else {
        status = sign(j, o, body);
        if (status == APP_DONE)
            offer_same(j);
    }
    json_decref(body);
    return status;
}

int plan_register_command(struct app *a, int argc, char **argv)
{
    struct job j = {.app = a};
    struct options_spec specs[] = {{"handle", OPTIONS_TEXT, &j.handle},
                                   {"from", OPTIONS_TEXT, &j.from},
                                   {"to", OPTIONS_TEXT, &j.to},
                                   {"rule", OPTIONS_TEXT, &j.rule},
                                   {"ladder", OPTIONS_TEXT, &j.ladder},
                                   {"basis", OPTIONS_TEXT, &j.basis},
                                   {"countersign", OPTIONS_FLAG, &j.with.countersign},
                                   {"yes", OPTIONS_FLAG, &a->yes},
                                   {0}};
    struct options_list args;
    struct outbox *o = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 1, 1, SYNOPSIS, &e) && check_handle(j.handle, &e);

    if (ok) {
        const char *slash = strrchr(args.items[0], '/');
        j.file = args.items[0];
        j.with.handle = j.handle;
        j.with.title = slash ? slash + 1 : j.file;
        j.with.rule = j.rule;
        j.with.ladder = j.ladder;
    }
    ok = ok && load(&j, &e) && set_period(&j, &e) && send_open(a, &o, &e);
    int status = ok ? run(&j, o) : app_fail(a, &e);
    outbox_close(&o);
    registry_names_free(&j.names);
    plan_free(&j.plan);
    options_free(&args);
    return status;
}
