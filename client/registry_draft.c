/* SPDX-License-Identifier: BSD-2-Clause */
/* registry.draft. What a person must fill in stands in comments, so that the text can be applied as
 * it is: a post without a holder is vacant, a group without members owes nothing. */
#include "client/registry_draft.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/app.h"
#include "client/conftext.h"
#include "common/i18n.h"
#include "common/mem.h"

#define CODE_SIZE 24

struct registry_draft {
    const struct registry_names *names;
    const struct resolve_map *known;
    const json_t *objects;
    struct buf *out;
    char (*unit_codes)[CODE_SIZE]; /* "" for a known name */
    char (*leader_codes)[CODE_SIZE];
};

/* The greatest number behind this prefix among the codes in use. */
static unsigned last_number(const json_t *objects, const char *prefix)
{
    unsigned last = 0;
    size_t i;
    const json_t *o;

    json_array_foreach((json_t *)objects, i, o)
    {
        const char *code = app_str(o, "code");
        char *end = NULL;
        if (!code || strncmp(code, prefix, strlen(prefix)) != 0)
            continue;
        unsigned long n = strtoul(code + strlen(prefix), &end, 10);
        if (end != code + strlen(prefix) && *end == '\0' && n > last && n < 1000000)
            last = (unsigned)n;
    }
    return last;
}

/* Codes for the unknown names, in order of first appearance. */
static void give_codes(struct registry_draft *d, struct registry_draft_counts *counts)
{
    unsigned unit = last_number(d->objects, "u");
    unsigned group = last_number(d->objects, "g");
    unsigned leader = last_number(d->objects, "leader-");

    for (size_t i = 0; i < d->names->units_len; i++) {
        const struct registry_name *n = &d->names->units[i];
        if (resolve_unit(d->known, n->name))
            continue;
        snprintf(d->unit_codes[i], CODE_SIZE, n->group ? "g%02u" : "u%03u",
                 n->group ? ++group : ++unit);
        *(n->group ? &counts->unit_groups : &counts->units) += 1;
    }
    for (size_t i = 0; i < d->names->leaders_len; i++) {
        const struct registry_name *n = &d->names->leaders[i];
        if (resolve_leader(d->known, n->name))
            continue;
        snprintf(d->leader_codes[i], CODE_SIZE, n->group ? "g%02u" : "leader-%02u",
                 n->group ? ++group : ++leader);
        *(n->group ? &counts->leader_groups : &counts->leaders) += 1;
    }
}

static void add_named(struct buf *out, const char *before, const char *name, const char *after)
{
    buf_add_str(out, before);
    conftext_quote(name, out);
    buf_add_str(out, after);
}

static void add_near(struct registry_draft *d, const struct registry_name *list, size_t i,
                     const char *code)
{
    if (list[i].near == REGISTRY_NAMES_NONE)
        return;
    buf_addf(d->out,
             _("# very like %s (%s): if they are one, delete this block and write there: alias "),
             list[list[i].near].name, code ? code : "?");
    add_named(d->out, "", list[i].name, " { }\n");
}

static void add_holder(struct buf *out)
{
    buf_addf(out, "  # holder \"\" { from = \"YYYY-MM-DD\" }   %s\n",
             _("fill in the name and remove the #"));
}

static void add_post(struct registry_draft *d, const char *code, const char *name, const char *role,
                     const char *unit)
{
    buf_addf(d->out, "post \"%s\" {\n", code);
    add_named(d->out, "  name = ", name, "\n");
    buf_addf(d->out, "  role = \"%s\"\n", role);
    if (unit)
        buf_addf(d->out, "  unit = \"%s\"\n", unit);
    add_holder(d->out);
    buf_add_str(d->out, "}\n");
}

static void add_group(struct registry_draft *d, const struct registry_name *n, const char *code,
                      const char *of)
{
    buf_addf(d->out, "# %s\n", _("a group: name its members, or leave it without"));
    buf_addf(d->out, "roster \"%s\" {\n", code);
    add_named(d->out, "  name = ", n->name, "\n");
    buf_addf(d->out, "  of = \"%s\"\n  # member \"CODE\" { from = \"YYYY-MM-DD\" }\n}\n\n", of);
}

static void add_unit(struct registry_draft *d, size_t i)
{
    const struct registry_name *n = &d->names->units[i];
    const char *code = d->unit_codes[i];
    size_t near = n->near;

    buf_addf(d->out, _("# line %zu, named by %zu items%s\n"), n->line, n->count,
             n->leads ? _(", leads") : "");
    add_near(d, d->names->units, i,
             near == REGISTRY_NAMES_NONE ? NULL
             : *d->unit_codes[near]      ? d->unit_codes[near]
                                         : resolve_unit(d->known, d->names->units[near].name));
    if (n->group) {
        add_group(d, n, code, "units");
        return;
    }
    buf_addf(d->out, "unit \"%s\" {\n", code);
    add_named(d->out, "  name = ", n->name, "\n}\n");
    char *contact = xasprintf("%s-contact", code), *head = xasprintf("%s-head", code);
    char *contact_name = xasprintf("%s联络员", n->name),
         *head_name = xasprintf("%s负责人", n->name);
    add_post(d, contact, contact_name, "contact", code);
    add_post(d, head, head_name, "head", code);
    buf_add_str(d->out, "\n");
    free(contact);
    free(head);
    free(contact_name);
    free(head_name);
}

static void add_leader(struct registry_draft *d, size_t i)
{
    const struct registry_name *n = &d->names->leaders[i];
    size_t near = n->near;

    add_near(d, d->names->leaders, i,
             near == REGISTRY_NAMES_NONE ? NULL
             : *d->leader_codes[near]    ? d->leader_codes[near]
                                         : resolve_leader(d->known, d->names->leaders[near].name));
    if (n->group) {
        add_group(d, n, d->leader_codes[i], "posts");
        return;
    }
    add_post(d, d->leader_codes[i], n->name, "leader", NULL);
    buf_add_str(d->out, "\n");
}

/* First name of the chain of near-duplicates that i belongs to, among the unknown ones. */
static size_t root_of(const struct registry_name *list, char (*codes)[CODE_SIZE], size_t i)
{
    while (list[i].near != REGISTRY_NAMES_NONE && *codes[list[i].near])
        i = list[i].near;
    return i;
}

static void add_all(struct registry_draft *d, const struct registry_name *list, size_t n,
                    char (*codes)[CODE_SIZE], void (*add)(struct registry_draft *, size_t))
{
    for (size_t i = 0; i < n; i++) {
        if (!*codes[i] || root_of(list, codes, i) != i)
            continue;
        add(d, i);
        for (size_t j = i + 1; j < n; j++)
            if (*codes[j] && root_of(list, codes, j) == i)
                add(d, j);
    }
}

static const json_t *find_role(const json_t *objects, const char *role)
{
    size_t i;
    const json_t *o;

    json_array_foreach((json_t *)objects, i, o)
    {
        const char *set = app_str(o, "set");
        const char *r = app_str(o, "role");
        if (set && r && strcmp(set, "post") == 0 && strcmp(r, role) == 0)
            return o;
    }
    return NULL;
}

/* Posts that every ladder needs: they are in the draft until somebody holds them. */
static void add_central(struct registry_draft *d, const char *role, const char *name)
{
    const json_t *o = find_role(d->objects, role);

    if (o && json_array_size(json_object_get(o, "holders")))
        return;
    const char *code = o ? app_str(o, "code") : role;
    const char *have = o ? app_str(o, "name") : NULL;
    add_post(d, code ? code : role, have ? have : name, role, NULL);
    buf_add_str(d->out, "\n");
}

static void add_head(struct registry_draft *d, const char *source)
{
    buf_addf(d->out, _("# Owners that %s names and the registry does not know yet.\n"), source);
    buf_addf(d->out, "# %s\n",
             _("Check the names, fill in holders and members, then: duban registry "
               "apply registry.draft"));
    buf_addf(d->out, "# %s\n\n",
             _("Two spellings of one unit: delete one block and add an alias to the "
               "other."));
}

void registry_draft_make(const struct registry_names *names, const struct resolve_map *known,
                         const json_t *objects, const char *source, struct buf *out,
                         struct registry_draft_counts *counts)
{
    struct registry_draft d = {.names = names, .known = known, .objects = objects, .out = out};

    memset(counts, 0, sizeof *counts);
    d.unit_codes = xcalloc(names->units_len + 1, CODE_SIZE);
    d.leader_codes = xcalloc(names->leaders_len + 1, CODE_SIZE);
    give_codes(&d, counts);
    add_head(&d, source);
    add_central(&d, "office", "督查室");
    add_central(&d, "chief", "主要领导");
    add_all(&d, names->leaders, names->leaders_len, d.leader_codes, add_leader);
    add_all(&d, names->units, names->units_len, d.unit_codes, add_unit);
    free(d.unit_codes);
    free(d.leader_codes);
}
