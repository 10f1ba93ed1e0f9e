/* SPDX-License-Identifier: BSD-2-Clause */
/* duban plan amend --plan H: members of the plan itself, from options to one change. */
#include "client/amend_plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"

enum member_type { TEXT, DATE, CODE, FLAG, LEADER };

static const struct member {
    const char *name;
    enum member_type type;
} MEMBERS[] = {{"title", TEXT},       {"number", TEXT},  {"issuer", TEXT}, {"issued", DATE},
               {"from", DATE},        {"to", DATE},      {"rule", CODE},   {"ladder", CODE},
               {"countersign", FLAG}, {"leader", LEADER}};

/* WAS:NOW, codes or names; the server says which of them is unknown in the plan. */
static bool add_leader(json_t *change, const char *value, const struct resolve_map *owners,
                       struct err *e)
{
    const char *colon = strstr(value, ":"), *wide = strstr(value, "：");
    size_t skip = colon ? 1 : strlen("：");
    const char *at = colon ? colon : wide;

    if (!at)
        return err_set(e, "usage", _("--set leader is WAS:NOW, not %s"), value);
    char *was = xstrndup(value, (size_t)(at - value));
    const char *old = resolve_leader(owners, was), *new = resolve_leader(owners, at + skip);
    bool ok = (old && new) || err_set(e, "usage", _("the registry knows no %s “%s”"), _("leader"),
                                      old ? at + skip : was);
    if (ok) {
        if (!json_object_get(change, "leaders"))
            json_object_set_new(change, "leaders", json_array());
        json_array_append_new(json_object_get(change, "leaders"),
                              json_pack("{s:s,s:s}", "was", old, "now", new));
    }
    free(was);
    return ok;
}

static bool add_member(json_t *change, const struct member *m, const char *value,
                       const struct resolve_map *owners, struct err *e)
{
    bool yes = strcmp(value, "yes") == 0 || strcmp(value, "是") == 0;

    if (m->type == LEADER)
        return add_leader(change, value, owners, e);
    if (m->type == DATE && !date_valid(value))
        return err_set(e, "usage", _("--set %s is a date YYYY-MM-DD, not %s"), m->name, value);
    if (m->type == FLAG && !yes && strcmp(value, "no") != 0 && strcmp(value, "否") != 0)
        return err_set(e, "usage", _("--set %s is yes or no, not %s"), m->name, value);
    json_object_set_new(change, m->name, m->type == FLAG ? json_boolean(yes) : json_string(value));
    return true;
}

static bool add_typed(json_t *change, const char *typed, const struct resolve_map *owners,
                      struct err *e)
{
    const char *equals = strchr(typed, '=');
    size_t n = equals ? (size_t)(equals - typed) : 0;

    for (size_t i = 0; n && i < sizeof MEMBERS / sizeof MEMBERS[0]; i++)
        if (strlen(MEMBERS[i].name) == n && strncmp(MEMBERS[i].name, typed, n) == 0)
            return add_member(change, &MEMBERS[i], equals + 1, owners, e);
    return err_set(e, "usage",
                   _("--set of a plan takes title, number, issuer, issued, from, to, rule, ladder, "
                     "countersign or leader=WAS:NOW, then = and the value; not %s"),
                   typed);
}

bool amend_plan_change(const struct options_list *sets, const struct options_list *clears,
                       const struct resolve_map *owners, json_t **change, struct err *e)
{
    bool ok = true;

    *change = json_pack("{s:s}", "change", "plan");
    for (size_t i = 0; ok && i < sets->n; i++)
        ok = add_typed(*change, sets->items[i], owners, e);
    if (clears->n)
        json_object_set_new(*change, "clear", json_array());
    for (size_t i = 0; i < clears->n; i++)
        json_array_append_new(json_object_get(*change, "clear"), json_string(clears->items[i]));
    if (!ok) {
        json_decref(*change);
        *change = NULL;
    }
    return ok;
}
