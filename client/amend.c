/* SPDX-License-Identifier: BSD-2-Clause */
/* What an amendment changes is shown with the old value beside the new one before it is signed. */
#include "client/amend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/decide.h"
#include "client/items.h"
#include "client/send.h"
#include "client/term.h"
#include "client/when.h"
#include "common/buf.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

/* Members of a task that a change may set; all but the text may be cleared. */
static const char *const members[] = {"no",           "section",         "title",      "text",
                                      "leaders",      "leads",           "units",      "deadline",
                                      "deadline_raw", "deadline_source", "continuous", "targets",
                                      "baseline",     "target",          "nature",     NULL};

bool amend_fetch(struct app *a, const char *handle, json_t **tasks, struct err *e)
{
    char *path = xasprintf("/v1/plans/%s/tasks", handle);
    bool ok = connect_list(a->connect, path, tasks, e);

    free(path);
    return ok;
}

static const json_t *find(const json_t *tasks, const char *number)
{
    size_t i;
    const json_t *t;

    json_array_foreach((json_t *)tasks, i, t)
    {
        const char *s = app_str(t, "task");
        if (s && number && strcmp(s, number) == 0)
            return t;
    }
    return NULL;
}

static json_t *change_of(const char *word, const char *number)
{
    return json_pack("{s:s,s:s}", "change", word, "task", number);
}

static json_t *difference(const json_t *old, const json_t *wanted)
{
    json_t *change = change_of("set", app_str(wanted, "task"));
    json_t *clear = json_array();

    for (const char *const *m = members; *m; m++) {
        json_t *v = json_object_get(wanted, *m);
        json_t *was = json_object_get(old, *m);
        if (v && !json_equal(v, was))
            json_object_set(change, *m, v);
        else if (!v && was && strcmp(*m, "text") != 0)
            json_array_append_new(clear, json_string(*m));
    }
    if (json_array_size(clear))
        json_object_set(change, "clear", clear);
    json_decref(clear);
    if (json_object_size(change) == 2) {
        json_decref(change);
        return NULL;
    }
    return change;
}

json_t *amend_difference(const json_t *now, const json_t *wanted)
{
    json_t *changes = json_array();
    size_t i;
    const json_t *t;

    json_array_foreach((json_t *)wanted, i, t)
    {
        const json_t *old = find(now, app_str(t, "task"));
        json_t *change = old ? difference(old, t) : json_deep_copy(t);
        if (!old)
            json_object_set_new(change, "change", json_string("new"));
        if (change)
            json_array_append_new(changes, change);
    }
    json_array_foreach((json_t *)now, i, t)
    {
        if (!find(wanted, app_str(t, "task")))
            json_array_append_new(changes, change_of("withdraw", app_str(t, "task")));
    }
    return changes;
}

char *amend_text(const json_t *v)
{
    struct buf b = {0};
    size_t i;
    const json_t *x;

    if (json_is_string(v))
        return term_cut(json_string_value(v), 120);
    if (json_is_array(v) && json_is_string(json_array_get(v, 0))) {
        json_array_foreach((json_t *)v, i, x)
            buf_addf(&b, "%s%s", i ? ", " : "", json_string_value(x) ? json_string_value(x) : "?");
    } else if (v) {
        json_write(v, &b);
    }
    char *s = term_cut(b.data ? b.data : "-", 120);
    buf_free(&b);
    return s;
}

static void show_member(const char *name, const json_t *old, const json_t *new)
{
    char *before = amend_text(old), *after = amend_text(new);

    printf("    %s: %s → %s\n", name, before, after);
    free(before);
    free(after);
}

void amend_show_members(const json_t *old, const json_t *new)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)old, name, v) show_member(name, v, json_object_get(new, name));
    json_object_foreach((json_t *)new, name, v)
    {
        if (!json_object_get(old, name))
            show_member(name, NULL, v);
    }
}

static void show_set(const json_t *old, const json_t *change)
{
    size_t i;
    const json_t *cleared;

    for (const char *const *m = members; *m; m++)
        if (json_object_get(change, *m))
            show_member(*m, json_object_get(old, *m), json_object_get(change, *m));
    json_array_foreach(json_object_get(change, "clear"), i, cleared) show_member(
        json_string_value(cleared), json_object_get(old, json_string_value(cleared)), NULL);
}

/* Members of the plan itself that a change may set; number, issuer and issued may be cleared. */
static const char *const plan_members[] = {"title", "number", "issuer", "issued",      "from",
                                           "to",    "rule",   "ladder", "countersign", NULL};

static void show_plan(const json_t *plan, const json_t *change)
{
    size_t i;
    const json_t *x;

    printf("  %s %s\n", _("changed"), _("the plan itself"));
    for (const char *const *m = plan_members; *m; m++)
        if (json_object_get(change, *m))
            show_member(*m, json_object_get(plan, *m), json_object_get(change, *m));
    json_array_foreach(json_object_get(change, "leaders"), i, x)
        show_member("leader", json_object_get(x, "was"), json_object_get(x, "now"));
    json_array_foreach(json_object_get(change, "clear"), i, x)
        show_member(json_string_value(x), json_object_get(plan, json_string_value(x)), NULL);
}

void amend_show(const json_t *plan, const json_t *now, const json_t *changes)
{
    size_t i;
    const json_t *c;

    json_array_foreach((json_t *)changes, i, c)
    {
        const char *word = app_str(c, "change"), *number = app_str(c, "task");
        const json_t *old = find(now, number);
        if (word && strcmp(word, "plan") == 0) {
            show_plan(plan, c);
            continue;
        }
        bool set = word && strcmp(word, "set") == 0;
        bool new = word &&strcmp(word, "new") == 0;
        char *title = term_cut(app_str(new ? c : old, "title")  ? app_str(new ? c : old, "title")
                               : app_str(new ? c : old, "text") ? app_str(new ? c : old, "text")
                                                                : "",
                               60);
        printf("  %s %s %s\n",
               set   ? _("changed")
               : new ? _("new")
                     : _("withdrawn"),
               number ? number : "?", title);
        free(title);
        if (set)
            show_set(old, c);
    }
}

int amend_sign(struct app *a, struct outbox *o, const char *handle, const char *basis,
               const char *from, const json_t *now, const json_t *changes)
{
    char today[11];
    char *path = xasprintf("/v1/plans/%s", handle);
    json_t *plan = NULL;
    struct err e;
    int status;

    if (!connect_json(a->connect, path, &plan, &e))
        plan = NULL; /* shown without what was before */
    free(path);
    when_date(items_now(a), today);
    json_t *body = json_pack("{s:s,s:s,s:O}", "amend", handle, "from", from ? from : today,
                             "changes", changes);
    if (basis)
        json_object_set_new(body, "basis", json_string(basis));
    if (!a->json) {
        printf(_("amendment of plan %s from %s, by %s:\n"), handle, from ? from : today,
               basis ? basis : "-");
        amend_show(plan, now, changes);
    }
    if (decide_check(STATEMENT_PLAN, body, &e) && app_confirm(a, _("Sign this amendment?"), &e)) {
        json_t *bodies = json_pack("[O]", body);
        status = send_bodies(a, o, STATEMENT_TYPE("plan"), bodies);
        json_decref(bodies);
    } else {
        status = app_fail(a, &e);
    }
    json_decref(plan);
    json_decref(body);
    return status;
}
