/* SPDX-License-Identifier: BSD-2-Clause */
/* A parsed plan as JSON lines; see json.h. */
#include "plan/json.h"

#include <stdlib.h>
#include <string.h>

static json_t *text_or_null(const char *s)
{
    return s == NULL || *s == '\0' ? json_null() : json_string(s);
}

static json_t *names(const struct plan_names *n)
{
    json_t *out = json_array();

    for (size_t k = 0; k < n->n; k++)
        json_array_append_new(out, json_string(n->v[k]));
    return out;
}

static json_t *targets(const struct plan_item *item)
{
    json_t *out = json_array();

    for (size_t k = 0; k < item->targets_len; k++) {
        const struct plan_target *t = &item->targets[k];
        json_t *one = json_object();
        json_object_set_new(one, "name", json_string(t->name));
        json_object_set_new(one, "op", json_string(t->op));
        json_object_set_new(one, "value", json_string(t->value));
        json_object_set_new(one, "unit", text_or_null(t->unit));
        json_array_append_new(out, one);
    }
    return out;
}

static json_t *year_figure(const struct plan_figure *f)
{
    json_t *out = json_object();

    json_object_set_new(out, "year", f->year == 0 ? json_null() : json_integer(f->year));
    json_object_set_new(out, "raw", text_or_null(f->raw));
    json_object_set_new(out, "value", text_or_null(f->value));
    return out;
}

static void set_figures(json_t *out, const struct plan_item *item)
{
    json_t *target = year_figure(&item->target), *annual = json_object();

    json_object_set_new(target, "op", text_or_null(item->target.op));
    json_object_set_new(annual, "raw", text_or_null(item->annual.raw));
    json_object_set_new(annual, "value", text_or_null(item->annual.value));
    json_object_set_new(annual, "cumulative", json_boolean(item->annual.cumulative));
    json_object_set_new(annual, "approx", json_boolean(item->annual.approx));
    json_object_set_new(out, "baseline", year_figure(&item->baseline));
    json_object_set_new(out, "target", target);
    json_object_set_new(out, "annual", annual);
    json_object_set_new(out, "nature", text_or_null(item->nature));
    json_object_set_new(out, "category", text_or_null(item->category));
    json_object_set_new(out, "unit", text_or_null(item->unit));
}

json_t *plan_json_item(const struct plan_item *item)
{
    json_t *out = json_object();

    json_object_set_new(out, "kind", json_string(item->kind == PLAN_TASK ? "task" : "indicator"));
    json_object_set_new(out, "no", text_or_null(item->no));
    json_object_set_new(out, "number", json_string(item->number));
    if (item->parent != NULL)
        json_object_set_new(out, "parent", json_string(item->parent));
    json_object_set_new(out, "section", names(&item->section));
    json_object_set_new(out, "title", text_or_null(item->title));
    json_object_set_new(out, "text", json_string(item->text));
    json_object_set_new(out, "leaders", names(&item->leaders));
    json_object_set_new(out, "lead_units", names(&item->lead_units));
    json_object_set_new(out, "units", names(&item->units));
    json_object_set_new(out, "deadline_raw", text_or_null(item->deadline_raw));
    json_object_set_new(out, "deadline", text_or_null(item->deadline));
    json_object_set_new(out, "deadline_source", text_or_null(item->deadline_source));
    json_object_set_new(out, "continuous", json_boolean(item->continuous));
    json_object_set_new(out, "targets", targets(item));
    if (item->has_figures)
        set_figures(out, item);
    json_object_set_new(out, "line", json_integer((json_int_t)item->line));
    return out;
}

json_t *plan_json_head(const struct plan *p)
{
    json_t *out = json_object();

    json_object_set_new(out, "kind", json_string("plan"));
    json_object_set_new(out, "title", text_or_null(p->title));
    json_object_set_new(out, "number", text_or_null(p->number));
    json_object_set_new(out, "issuer", text_or_null(p->issuer));
    json_object_set_new(out, "issued", text_or_null(p->issued));
    json_object_set_new(out, "from", text_or_null(p->from));
    json_object_set_new(out, "to", text_or_null(p->to));
    return out;
}

static int on_bytes(const char *bytes, size_t n, void *out)
{
    return buf_add(out, bytes, n) ? 0 : -1;
}

static bool write_line(json_t *j, struct buf *out)
{
    bool ok = json_dump_callback(j, on_bytes, out, JSON_COMPACT) == 0 && buf_add(out, "\n", 1);

    json_decref(j);
    return ok;
}

static json_t *warning(const struct plan_warning *w)
{
    json_t *out = json_object();

    json_object_set_new(out, "kind", json_string("warning"));
    json_object_set_new(out, "line",
                        w->line == 0 ? json_null() : json_integer((json_int_t)w->line));
    json_object_set_new(out, "code", json_string(w->code));
    json_object_set_new(out, "message", json_string(w->message));
    return out;
}

bool plan_json_write(const struct plan *p, struct buf *out)
{
    bool ok = write_line(plan_json_head(p), out);

    for (size_t k = 0; ok && k < p->items_len; k++)
        ok = write_line(plan_json_item(&p->items[k]), out);
    for (size_t k = 0; ok && k < p->warnings_len; k++)
        ok = write_line(warning(&p->warnings[k]), out);
    return ok;
}
