/* SPDX-License-Identifier: BSD-2-Clause */
/* duban plan amend: from a file with all changes, or one task by options. Names become codes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/amend.h"
#include "client/amend_plan.h"
#include "client/items.h"
#include "client/options.h"
#include "client/registry.h"
#include "client/resolve.h"
#include "client/send.h"
#include "client/when.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

#define SYNOPSIS                                                                                   \
    "plan amend FILE | plan amend --task T --set MEMBER=VALUE… [--clear MEMBER]… | --task T "  \
    "--withdraw [--reason R] | --plan H --set MEMBER=VALUE… [--clear MEMBER]…"

struct arguments {
    const char *task, *plan, *basis, *from, *reason;
    bool withdraw;
    struct options_list sets, clears, words;
    char *handle; /* owned */
};

/* Members that --set takes: lists of names, words for yes and no, or text. */
static const struct member {
    const char *typed, *json;
    enum { TEXT, DATE, UNITS, LEADERS, FLAG } type;
} MEMBERS[] = {{"lead", "leads", UNITS},        {"leads", "leads", UNITS},
               {"units", "units", UNITS},       {"leader", "leaders", LEADERS},
               {"leaders", "leaders", LEADERS}, {"title", "title", TEXT},
               {"text", "text", TEXT},          {"no", "no", TEXT},
               {"deadline", "deadline", DATE},  {"continuous", "continuous", FLAG},
               {"baseline", "baseline", TEXT},  {"target", "target", TEXT},
               {"nature", "nature", TEXT}};

static const struct member *member_of(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++)
        if (strlen(MEMBERS[i].typed) == n && strncmp(MEMBERS[i].typed, name, n) == 0)
            return &MEMBERS[i];
    return NULL;
}

/* Codes of names between commas (also 、 and ，). */
static bool set_codes(json_t *change, const struct member *m, const char *value,
                      const struct resolve_map *owners, struct err *e)
{
    json_t *codes = json_array();
    char *list = xstrdup(value);
    bool ok = true;

    for (char *p = list; ok && *p;) {
        size_t n = strcspn(p, ",");
        char *wide = strstr(p, "、"), *comma = strstr(p, "，");
        size_t skip = p[n] == ',';
        if (wide && (size_t)(wide - p) < n)
            n = (size_t)(wide - p), skip = strlen("、");
        if (comma && (size_t)(comma - p) < n)
            n = (size_t)(comma - p), skip = strlen("，");
        char *name = xstrndup(p, n);
        const char *code =
            m->type == UNITS ? resolve_unit(owners, name) : resolve_leader(owners, name);
        ok = code != NULL || err_set(e, "usage", _("the registry knows no %s “%s”"),
                                     m->type == UNITS ? _("unit or group") : _("leader"), name);
        if (ok)
            json_array_append_new(codes, json_string(code));
        free(name);
        p += n + skip;
    }
    if (ok)
        json_object_set(change, m->json, codes);
    json_decref(codes);
    free(list);
    return ok;
}

static bool set_flag(json_t *change, const struct member *m, const char *value, struct err *e)
{
    bool yes = strcmp(value, "yes") == 0 || strcmp(value, "是") == 0;

    if (!yes && strcmp(value, "no") != 0 && strcmp(value, "否") != 0)
        return err_set(e, "usage", _("--set %s is yes or no, not %s"), m->typed, value);
    json_object_set_new(change, m->json, json_boolean(yes));
    return true;
}

static bool set_date(json_t *change, const struct member *m, const char *value, struct err *e)
{
    if (!date_valid(value))
        return err_set(e, "usage", _("--set %s is a date YYYY-MM-DD, not %s"), m->typed, value);
    json_object_set_new(change, m->json, json_string(value));
    json_object_set_new(change, "deadline_raw", json_string(value));
    json_object_set_new(change, "deadline_source", json_string("amendment"));
    return true;
}

static bool set_member(json_t *change, const char *typed, const struct resolve_map *owners,
                       struct err *e)
{
    const char *equals = strchr(typed, '=');
    const struct member *m = equals ? member_of(typed, (size_t)(equals - typed)) : NULL;

    if (!m)
        return err_set(e, "usage",
                       _("--set takes lead, units, leaders, title, text, no, deadline, continuous, "
                         "baseline, target or nature, then = and the value; not %s"),
                       typed);
    if (m->type == UNITS || m->type == LEADERS)
        return set_codes(change, m, equals + 1, owners, e);
    if (m->type == FLAG)
        return set_flag(change, m, equals + 1, e);
    if (m->type == DATE)
        return set_date(change, m, equals + 1, e);
    json_object_set_new(change, m->json, json_string(equals + 1));
    return true;
}

static void clear_members(json_t *change, const struct options_list *clears)
{
    static const char *const deadline[] = {"deadline", "deadline_raw", "deadline_source"};
    json_t *list = json_array();

    for (size_t i = 0; i < clears->n; i++) {
        const struct member *m = member_of(clears->items[i], strlen(clears->items[i]));
        bool date = m && m->type == DATE;
        for (size_t k = 0; k < (date ? 3 : 1); k++)
            json_array_append_new(list, json_string(date ? deadline[k]
                                                    : m  ? m->json
                                                         : clears->items[i]));
    }
    if (json_array_size(list))
        json_object_set(change, "clear", list);
    json_decref(list);
}

/* One change from the options. */
static bool build_one(struct app *a, struct arguments *x, json_t **changes, struct err *e)
{
    const char *slash = strchr(x->task, '/');
    json_t *objects = NULL, *change;
    char *task = NULL;
    char date[11];

    if (!slash)
        return err_set(e, "usage", _("--task is PLAN/NUMBER, not %s"), x->task);
    if (!items_task(NULL, x->task, &task, e) || !registry_fetch(a, &objects, e)) {
        free(task);
        return false;
    }
    when_date(items_now(a), date);
    struct resolve_map *owners = resolve_new(objects, date);
    x->handle = xstrndup(task, (size_t)(strchr(task, '/') - task));
    change = json_pack("{s:s,s:s}", "change", x->withdraw ? "withdraw" : "set", "task",
                       strchr(task, '/') + 1);
    bool ok = true;
    for (size_t i = 0; ok && i < x->sets.n; i++)
        ok = set_member(change, x->sets.items[i], owners, e);
    clear_members(change, &x->clears);
    if (x->reason)
        json_object_set_new(change, "reason", json_string(x->reason));
    *changes = json_pack("[o]", change);
    resolve_free(&owners);
    json_decref(objects);
    free(task);
    return ok;
}

/* The plan itself. */
static bool build_plan(struct app *a, struct arguments *x, json_t **changes, struct err *e)
{
    json_t *objects = NULL, *change = NULL;
    char date[11];

    if (!registry_fetch(a, &objects, e))
        return false;
    when_date(items_now(a), date);
    struct resolve_map *owners = resolve_new(objects, date);
    x->handle = xstrdup(x->plan);
    bool ok = amend_plan_change(&x->sets, &x->clears, owners, &change, e);
    if (ok)
        *changes = json_pack("[o]", change);
    resolve_free(&owners);
    json_decref(objects);
    return ok;
}

/* {"amend", "basis", "from", "changes"}; options go before what the file says. */
static bool read_file(struct arguments *x, json_t **file, json_t **changes, struct err *e)
{
    struct buf text = {.limit = STATEMENT_PLAN_MAX};
    const char *path = x->words.items[0];
    bool ok =
        file_read(path, STATEMENT_PLAN_MAX, &text, e) &&
        (json_read(text.data ? text.data : "", text.len, 8, file, e) || err_prefix(e, "%s", path));

    buf_free(&text);
    if (!ok)
        return false;
    *changes = json_incref(json_object_get(*file, "changes"));
    x->handle = app_str(*file, "amend") ? xstrdup(app_str(*file, "amend")) : NULL;
    x->from = x->from ? x->from : app_str(*file, "from");
    x->basis = x->basis ? x->basis : app_str(*file, "basis");
    if (!x->handle || !json_array_size(*changes))
        return err_set(e, "file",
                       _("%s is not an amendment: {\"amend\": PLAN, \"from\": DATE, \"basis\": "
                         "NUMBER, \"changes\": […]}, see docs/statements.md"),
                       path);
    return true;
}

static bool check_arguments(const struct arguments *x, struct err *e)
{
    bool by_options = x->task || x->plan;

    if (by_options == (x->words.n == 1) || x->words.n > 1 || (x->task && x->plan))
        return err_set(e, "usage", _("call: duban %s"), SYNOPSIS);
    if (!by_options && (x->sets.n || x->clears.n || x->withdraw || x->reason))
        return err_set(e, "usage",
                       _("--set, --clear, --withdraw and --reason go with --task or --plan"));
    if (!x->withdraw && by_options && x->sets.n + x->clears.n == 0)
        return err_set(
            e, "usage",
            _("say what changes in %s: --set MEMBER=VALUE or --clear MEMBER%s; “duban help "
              "plan amend” lists the members"),
            x->plan ? x->plan : x->task, x->task ? _(", or --withdraw") : "");
    if (x->plan && (x->withdraw || x->reason))
        return err_set(e, "usage", _("--plan goes with --set and --clear"));
    if (x->task && x->withdraw == (x->sets.n + x->clears.n > 0))
        return err_set(e, "usage", _("--task goes with --set and --clear, or with --withdraw"));
    if (x->from && !date_valid(x->from))
        return err_set(e, "usage", _("--from is a date YYYY-MM-DD, not %s"), x->from);
    return true;
}

int plan_amend_command(struct app *a, int argc, char **argv)
{
    struct arguments x = {0};
    struct options_spec specs[] = {
        {"task", OPTIONS_TEXT, &x.task},         {"plan", OPTIONS_TEXT, &x.plan},
        {"set", OPTIONS_LIST, &x.sets},          {"clear", OPTIONS_LIST, &x.clears},
        {"withdraw", OPTIONS_FLAG, &x.withdraw}, {"reason", OPTIONS_TEXT, &x.reason},
        {"basis", OPTIONS_TEXT, &x.basis},       {"from", OPTIONS_TEXT, &x.from},
        {"yes", OPTIONS_FLAG, &a->yes},          {0}};
    json_t *file = NULL, *changes = NULL, *now = NULL;
    struct outbox *o = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &x.words, &e) && check_arguments(&x, &e) &&
              send_open(a, &o, &e) &&
              (x.task   ? build_one(a, &x, &changes, &e)
               : x.plan ? build_plan(a, &x, &changes, &e)
                        : read_file(&x, &file, &changes, &e)) &&
              amend_fetch(a, x.handle, &now, &e);
    int status = ok ? amend_sign(a, o, x.handle, x.basis, x.from, now, changes) : app_fail(a, &e);

    outbox_close(&o);
    options_free(&x.sets);
    options_free(&x.clears);
    options_free(&x.words);
    json_decref(file);
    json_decref(changes);
    json_decref(now);
    free(x.handle);
    return status;
}
