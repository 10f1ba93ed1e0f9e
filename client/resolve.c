/* SPDX-License-Identifier: BSD-2-Clause */
/* Names to codes. The first object that has a name keeps it: two units of one name are told apart
 * in a plan by their codes only. */
#include "client/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "client/app.h"
#include "common/mem.h"
#include "common/utf8.h"

struct resolve_map {
    json_t *units, *leaders; /* folded name → code */
};

static void put(json_t *map, const char *name, const char *code)
{
    char *folded = name ? utf8_fold(name) : NULL;

    if (folded && *folded && !json_object_get(map, folded))
        json_object_set_new(map, folded, json_string(code));
    free(folded);
}

static bool on_day(const json_t *dated, const char *date)
{
    const char *from = app_str(dated, "from");
    const char *to = app_str(dated, "to");

    return (!from || strcmp(from, date) <= 0) && (!to || strcmp(date, to) <= 0);
}

static void put_dated(json_t *map, const json_t *list, const char *code, const char *date)
{
    size_t i;
    const json_t *v;

    json_array_foreach((json_t *)list, i, v)
    {
        if (on_day(v, date))
            put(map, app_str(v, "name"), code);
    }
}

static bool is(const json_t *o, const char *member, const char *value)
{
    const char *s = app_str(o, member);

    return s && strcmp(s, value) == 0;
}

/* pass 0: codes and names; pass 1: aliases and holders, which never take a name from another. */
static void add_object(struct resolve_map *m, const json_t *o, const char *date, int pass)
{
    const char *code = app_str(o, "code");
    json_t *map = NULL;

    if (!code)
        return;
    if (is(o, "set", "unit") || (is(o, "set", "roster") && is(o, "of", "units")))
        map = m->units;
    else if ((is(o, "set", "post") && !is(o, "role", "contact") && !is(o, "role", "head")) ||
             (is(o, "set", "roster") && is(o, "of", "posts")))
        map = m->leaders;
    if (!map)
        return;
    if (pass == 0) {
        put(map, code, code);
        put(map, app_str(o, "name"), code);
    } else {
        put_dated(map, json_object_get(o, "aliases"), code, date);
        put_dated(map, json_object_get(o, "holders"), code, date);
    }
}

struct resolve_map *resolve_new(const json_t *objects, const char *date)
{
    struct resolve_map *m = xcalloc(1, sizeof *m);
    size_t i;
    const json_t *o;

    m->units = json_object();
    m->leaders = json_object();
    for (int pass = 0; pass < 2; pass++)
        json_array_foreach((json_t *)objects, i, o) add_object(m, o, date, pass);
    return m;
}

void resolve_free(struct resolve_map **m)
{
    if (!*m)
        return;
    json_decref((*m)->units);
    json_decref((*m)->leaders);
    free(*m);
    *m = NULL;
}

static const char *find(const json_t *map, const char *name)
{
    char *folded = utf8_fold(name);
    const char *code = folded ? app_str(map, folded) : NULL;

    free(folded);
    return code;
}

const char *resolve_unit(const struct resolve_map *m, const char *name)
{
    return find(m->units, name);
}

const char *resolve_leader(const struct resolve_map *m, const char *name)
{
    return find(m->leaders, name);
}
