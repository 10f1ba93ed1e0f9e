/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing objects as they mean, not as they are written: an absent list equals an empty one, the
 * order of members in a roster or of days in a calendar says nothing. */
#include "client/registry_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/app.h"
#include "client/registry_text.h"
#include "common/json.h"
#include "common/mem.h"

#define NAME_SIZE 160

/* Array of sorted texts: equal sets give equal arrays. */
static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *dump(const json_t *j)
{
    char *s = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

    return s ? s : xstrdup("");
}

static json_t *sorted(const json_t *list)
{
    size_t n = json_array_size(list);
    char **texts = xcalloc(n + 1, sizeof *texts);
    json_t *out = json_array();

    for (size_t i = 0; i < n; i++)
        texts[i] = dump(json_array_get(list, i));
    qsort(texts, n, sizeof *texts, by_text);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(out, json_string(texts[i]));
        free(texts[i]);
    }
    free(texts);
    return out;
}

static bool means_nothing(const char *name, const json_t *v)
{
    return strcmp(name, "entry") == 0 || json_is_null(v) || json_is_false(v) ||
           (json_is_array(v) && json_array_size(v) == 0) ||
           (strcmp(name, "shift") == 0 && json_string_value(v) &&
            strcmp(json_string_value(v), "none") == 0);
}

/* New object in a form in which equal meanings are equal. */
static json_t *canonical(const json_t *o)
{
    json_t *out = json_object();
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)o, name, v)
    {
        if (means_nothing(name, v))
            continue;
        if (json_is_array(v) && strcmp(name, "steps") != 0)
            json_object_set_new(out, name, sorted(v));
        else
            json_object_set(out, name, v);
    }
    return out;
}

/* A value for the difference: texts plain, lists by their size when they are long. */
static void add_value(struct buf *b, const json_t *v)
{
    if (!v)
        buf_add_str(b, "-");
    else if (json_is_string(v))
        buf_add_str(b, json_string_value(v));
    else if (json_is_array(v) && json_array_size(v) > 4)
        buf_addf(b, "[%zu]", json_array_size(v));
    else
        json_write(v, b);
}

static void add_member(struct buf *lines, const char *name, const json_t *was, const json_t *is)
{
    buf_addf(lines, " %s: ", name);
    add_value(lines, was);
    buf_add_str(lines, " → ");
    add_value(lines, is);
    buf_add_str(lines, ";");
}

static void add_changed(struct buf *lines, const char *name, const json_t *was, const json_t *is)
{
    json_t *a = canonical(was), *b = canonical(is);
    const char *member;
    json_t *v;

    buf_addf(lines, "~ %s", name);
    json_object_foreach(b, member, v)
    {
        if (!json_equal(json_object_get(a, member), v))
            add_member(lines, member, json_object_get(was, member), json_object_get(is, member));
    }
    json_object_foreach(a, member, v)
    {
        if (!json_object_get(b, member))
            add_member(lines, member, v, NULL);
    }
    buf_add_str(lines, "\n");
    json_decref(a);
    json_decref(b);
}

static void add_new(struct buf *lines, const char *name, const json_t *o)
{
    const char *text = app_str(o, "name");

    buf_addf(lines, "+ %s%s%s\n", name, text ? " " : "", text ? text : "");
}

static bool same(const json_t *was, const json_t *is)
{
    json_t *a = canonical(was), *b = canonical(is);
    bool equal = json_equal(a, b);

    json_decref(a);
    json_decref(b);
    return equal;
}

static void keep(struct registry_diff *d, const json_t *o)
{
    json_t *copy = json_copy((json_t *)o);
    bool contact = strcmp(app_str(o, "set"), "contact") == 0;

    if (contact)
        json_object_del(copy, "set");
    json_array_append_new(contact ? d->contacts : d->changes, copy);
}

/* Objects by their names. */
static json_t *index_of(const json_t *objects)
{
    json_t *index = json_object();
    char name[NAME_SIZE];
    size_t i;
    json_t *o;

    json_array_foreach((json_t *)objects, i, o)
    {
        if (registry_text_name(o, name, sizeof name))
            json_object_set(index, name, o);
    }
    return index;
}

void registry_diff_make(const json_t *now, const json_t *wanted, struct registry_diff *out,
                        struct buf *lines)
{
    json_t *index = index_of(now);
    char name[NAME_SIZE];
    size_t i;
    json_t *o;

    memset(out, 0, sizeof *out);
    out->changes = json_array();
    out->contacts = json_array();
    json_array_foreach((json_t *)wanted, i, o)
    {
        if (!registry_text_name(o, name, sizeof name))
            continue;
        const json_t *was = json_object_get(index, name);
        if (!was) {
            out->added++;
            add_new(lines, name, o);
        } else if (!same(was, o)) {
            out->changed++;
            add_changed(lines, name, was, o);
        } else {
            out->unchanged++;
            continue;
        }
        keep(out, o);
    }
    size_t named = out->changed + out->unchanged;
    out->others = json_object_size(index) > named ? json_object_size(index) - named : 0;
    json_decref(index);
}

void registry_diff_clear(struct registry_diff *d)
{
    json_decref(d->changes);
    json_decref(d->contacts);
    memset(d, 0, sizeof *d);
}

json_t *registry_diff_split(const json_t *changes, size_t max_count, size_t max_bytes)
{
    json_t *parts = json_array();
    json_t *part = NULL;
    size_t bytes = 0, i;
    json_t *o;

    json_array_foreach((json_t *)changes, i, o)
    {
        char *text = dump(o);
        size_t n = strlen(text) + 1;
        free(text);
        if (!part || json_array_size(part) == max_count || bytes + n > max_bytes) {
            part = json_array();
            json_array_append_new(parts, part);
            bytes = 0;
        }
        json_array_append(part, o);
        bytes += n;
    }
    return parts;
}
