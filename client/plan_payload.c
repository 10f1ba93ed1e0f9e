/* SPDX-License-Identifier: BSD-2-Clause */
/* A parsed plan as the body of a plan statement: names become codes, absent things are left out. */
#include "client/plan_payload.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/mem.h"
#include "common/statement.h"

static void set(json_t *o, const char *name, const char *value)
{
    if (value && *value)
        json_object_set_new(o, name, json_string(value));
}

typedef const char *resolve_find(const struct resolve_map *m, const char *name);

/* Each code once: two spellings of one unit are one owner. */
static void set_codes(json_t *o, const char *member, const struct plan_names *names,
                      const struct resolve_map *m, resolve_find *find)
{
    json_t *codes = json_array();

    for (size_t i = 0; i < names->n; i++) {
        const char *code = find(m, names->v[i]);
        bool twice = code == NULL;
        for (size_t k = 0; !twice && k < json_array_size(codes); k++)
            twice = strcmp(json_string_value(json_array_get(codes, k)), code) == 0;
        if (!twice)
            json_array_append_new(codes, json_string(code));
    }
    if (json_array_size(codes))
        json_object_set(o, member, codes);
    json_decref(codes);
}

/* Whether a figure is counted up, so that a fall is worth a question: it says so, or it counts what
 * is built, done or spent. The office reads it in the preview; an amendment puts it right. */
static bool is_cumulative(const struct plan_item *item, const struct plan_target *t)
{
    static const char *const counted[] = {"个",   "项",     "家",   "户",     "套",       "公里",
                                          "千米", "亩",     "万亩", "座",     "台",       "辆",
                                          "条",   "处",     "万元", "亿元",   "万户",     "万套",
                                          "人次", "万人次", "吨",   "平方米", "万平方米", NULL};

    if ((t->name && strstr(t->name, "累计")) || (item->title && strstr(item->title, "累计")))
        return true;
    if (item->kind != PLAN_TASK || (t->op && strchr(t->op, '<')))
        return false;
    for (size_t i = 0; t->unit && counted[i]; i++)
        if (strcmp(t->unit, counted[i]) == 0)
            return true;
    return false;
}

static void add_target(json_t *list, const struct plan_item *item, const struct plan_target *t,
                       const char *op, const char *value)
{
    json_t *o = json_object();

    json_object_set_new(o, "name", json_string(t->name ? t->name : ""));
    set(o, "op", op);
    if (value && decimal_valid(value))
        set(o, "value", value);
    set(o, "unit", t->unit);
    if (is_cumulative(item, t))
        json_object_set_new(o, "cumulative", json_true());
    json_array_append_new(list, o);
}

static void set_targets(json_t *o, const struct plan_item *item)
{
    json_t *list = json_array();

    for (size_t i = 0; i < item->targets_len; i++) {
        const struct plan_target *t = &item->targets[i];
        const char *dash = t->value && *t->value ? strchr(t->value + 1, '-') : NULL;
        if (t->op && strcmp(t->op, "range") == 0 && dash) {
            char *low = xstrndup(t->value, (size_t)(dash - t->value));
            add_target(list, item, t, ">=", low);
            add_target(list, item, t, "<=", dash + 1);
            free(low);
        } else {
            add_target(list, item, t, t->op, t->value);
        }
    }
    if (json_array_size(list))
        json_object_set(o, "targets", list);
    json_decref(list);
}

static json_t *make_task(const struct plan_item *item, const struct resolve_map *m)
{
    json_t *o = json_object();

    set(o, "task", item->number);
    set(o, "no", item->no);
    set(o, "kind", item->kind == PLAN_INDICATOR ? "indicator" : "task");
    if (item->section.n) {
        json_t *section = json_array();
        for (size_t i = 0; i < item->section.n; i++)
            json_array_append_new(section, json_string(item->section.v[i]));
        json_object_set_new(o, "section", section);
    }
    set(o, "title", item->title);
    json_object_set_new(o, "text", json_string(item->text ? item->text : ""));
    set_codes(o, "leaders", &item->leaders, m, resolve_leader);
    set_codes(o, "leads", &item->lead_units, m, resolve_unit);
    set_codes(o, "units", &item->units, m, resolve_unit);
    set(o, "deadline", item->deadline);
    set(o, "deadline_raw", item->deadline_raw);
    set(o, "deadline_source", item->deadline_source);
    if (item->continuous)
        json_object_set_new(o, "continuous", json_true());
    set_targets(o, item);
    if (item->has_figures) {
        set(o, "baseline", item->baseline.raw);
        set(o, "target", item->target.raw);
        set(o, "nature", item->nature);
    }
    return o;
}

json_t *plan_payload_make(const struct plan *p, const struct resolve_map *owners,
                          const struct plan_payload *with)
{
    json_t *plan = json_object();
    json_t *tasks = json_array();
    char hex[2 * DIGEST_SIZE + 1];

    hex_encode(with->source, DIGEST_SIZE, hex);
    set(plan, "handle", with->handle);
    set(plan, "title", p->title && *p->title ? p->title : with->title);
    set(plan, "number", p->number);
    set(plan, "issuer", p->issuer);
    set(plan, "issued", p->issued);
    set(plan, "from", with->from);
    set(plan, "to", with->to);
    set(plan, "rule", with->rule);
    set(plan, "ladder", with->ladder);
    if (with->countersign)
        json_object_set_new(plan, "countersign", json_true());
    set(plan, "source_sha256", hex);
    for (size_t i = 0; i < p->items_len; i++)
        json_array_append_new(tasks, make_task(&p->items[i], owners));
    json_object_set_new(plan, "tasks", tasks);
    return json_pack("{s:o}", "plan", plan);
}
