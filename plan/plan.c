/* SPDX-License-Identifier: BSD-2-Clause */
/* The importer's door: bytes in, a plan out; see plan.h. Decides the encoding, runs the steps in
 * order and owns everything they make. The input is untrusted. */
#include "plan/plan.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/utf8.h"
#include "plan/checks.h"
#include "plan/heading.h"
#include "plan/items.h"
#include "plan/numbers.h"
#include "plan/parse.h"
#include "plan/registry_names.h"
#include "plan/segments.h"
#include "plan/tables.h"
#include "plan/targets.h"
#include "plan/vertical.h"

#define LEAD_IN_CHARS 40

void parse_warn(struct parse *p, size_t line, const char *code, const char *message)
{
    struct plan *plan = p->plan;

    plan->warnings = pool_grow(p->pool, plan->warnings, plan->warnings_len, &p->warnings_cap,
                               sizeof(*plan->warnings));
    plan->warnings[plan->warnings_len++] = (struct plan_warning){line, code, message};
}

struct plan_item *parse_item(struct parse *p)
{
    struct plan *plan = p->plan;
    struct plan_item *item;

    plan->items =
        pool_grow(p->pool, plan->items, plan->items_len, &p->items_cap, sizeof(*plan->items));
    item = &plan->items[plan->items_len++];
    memset(item, 0, sizeof(*item));
    return item;
}

/* After a cut, what stood before and behind it meets: 。。 or a comma before 。 */
static size_t skip_doubled(const struct text *out, const struct text *t, size_t i)
{
    size_t stop = text_is(t, i, t->n, "。");

    if (stop > 0 && out->n > 0 && text_ends(out, 0, out->n, "。"))
        return stop;
    return 0;
}

/* A first line that is no sentence heads what stands below it. */
static bool is_title_line(const struct text *out)
{
    return out->n > 0 && out->n <= 4 * LEAD_IN_CHARS &&
           text_chars(out, 0, out->n) <= LEAD_IN_CHARS && !text_sentence_end(out, out->n) &&
           memchr(out->f, TEXT_PART, out->n) == NULL && out->f[out->n - 1] != ',';
}

/* Adds one character of the text; a line break is dropped, or parts a title line from the rest. */
static void add_clean(struct text *out, const struct text *t, size_t i, size_t step, bool *part)
{
    char c = t->f[i];

    if (c == '\n' || c == '\v') {
        bool words =
            out->n > 0 && text_latin(out, out->n - 1) && i + 1 < t->n && text_latin(t, i + 1);
        *part = *part || (c == '\n' && is_title_line(out));
        if (words && strchr(" \n\v", out->f[out->n - 1]) == NULL)
            text_add_char(out, ' ');
        return;
    }
    if (*part)
        text_add_char(out, TEXT_PART);
    *part = false;
    text_add(out, t, i, i + step);
}

struct text parse_clean(struct parse *p, const struct text *t, const struct owners_cuts *cuts)
{
    struct text out;
    size_t k = 0, i = 0;
    bool part = false;

    text_start(p->pool, t, t->n + 2, &out);
    while (i < t->n) {
        size_t step = text_char_len(t->f[i]);
        if (k < cuts->n && i >= cuts->v[k].a) {
            i = cuts->v[k].b > i ? cuts->v[k].b : i;
            k++;
            i += i < t->n ? skip_doubled(&out, t, i) : 0;
            continue;
        }
        add_clean(&out, t, i, step, &part);
        i += step;
    }
    while (out.n > 0 && strchr(" ,;:", out.f[out.n - 1]) != NULL)
        out.f[--out.n] = '\0';
    return out;
}

/* The lead-in of "完善实验室体系。按照…": a short first sentence with more behind it. */
static const char *lead_in(struct parse *p, const struct text *t)
{
    size_t stop = text_find(t, 0, t->n, "。");
    const char *part = memchr(t->f, TEXT_PART, t->n);

    if (part != NULL)
        return text_printed(p->pool, t, 0, (size_t)(part - t->f));
    if (stop == t->n || t->n - stop < 10 || text_chars(t, 0, stop) > LEAD_IN_CHARS ||
        text_find(t, 0, stop, ";") < stop)
        return NULL;
    return text_printed(p->pool, t, 0, stop);
}

void parse_set_text(struct parse *p, struct plan_item *item, const struct text *clean)
{
    item->text = text_printed(p->pool, clean, 0, clean->n);
    if (item->title == NULL)
        item->title = lead_in(p, clean);
    item->targets = targets_find(p->pool, clean, 0, clean->n, &item->targets_len);
}

static void warn_deadline(struct parse *p, const struct plan_item *item, const char *raw)
{
    parse_warn(p, item->line, "deadline-unclear",
               pool_printf(p->pool, _("no day follows from the deadline “%s”"), raw));
}

static void set_deadline(struct parse *p, struct plan_item *item, const struct owners *o,
                         const struct text *clean)
{
    struct dates_found found;

    if (o->deadline != NULL) {
        struct text raw;
        text_fold(p->pool, o->deadline, strlen(o->deadline), &raw);
        dates_field(&raw, 0, raw.n, p->year, &found);
        item->deadline_raw = o->deadline;
        item->deadline_source = o->deadline_source;
        item->continuous = found.continuous;
        dates_format(&found.last, item->deadline);
        if (found.last.year == 0 && !found.continuous)
            warn_deadline(p, item, o->deadline);
        return;
    }
    dates_text(clean, 0, clean->n, p->year, &p->from, &p->to, &found);
    if (found.last.year == 0 && !found.no_year)
        return;
    size_t end = found.b + text_is(clean, found.b, clean->n, "前");
    item->deadline_raw = text_printed(p->pool, clean, found.a, end);
    if (found.last.year == 0) {
        warn_deadline(p, item, item->deadline_raw);
        return;
    }
    dates_format(&found.last, item->deadline);
    item->deadline_source = found.plan_year ? "text+plan year" : "text";
}

void parse_set_owners(struct parse *p, struct plan_item *item, struct owners *o,
                      const struct text *clean)
{
    bool open = o->leads.open || o->units.open || o->resp.open;

    p->leads_named = p->leads_named || o->lead_named;
    p->owned = p->owned || owners_any(o);
    owners_settle(o);
    item->leaders = o->leaders.list;
    item->lead_units = o->leads.list;
    item->units = o->units.list;
    item->lead_assumed = o->resp_as_lead;
    if (open)
        parse_warn(p, item->line, "list-open",
                   _("the list of units ends in 等 (and others): only those named are imported"));
    set_deadline(p, item, o, clean);
}

static bool bad_char(const char *s, size_t n)
{
    return memchr(s, '\0', n) != NULL;
}

/* GB18030, as older offices save plain text. */
static bool from_gb18030(const char *s, size_t n, struct buf *out)
{
    iconv_t cd = iconv_open("UTF-8", "GB18030");
    char *in = (char *)(uintptr_t)s, *to;
    size_t left = n, room = 2 * n + 4, before;

    if (cd == (iconv_t)-1)
        return false;
    to = buf_reserve(out, room);
    before = room;
    bool ok = to != NULL && iconv(cd, &in, &left, &to, &room) != (size_t)-1 && left == 0;
    if (ok)
        out->len += before - room;
    iconv_close(cd);
    return ok && utf8_valid(out->data, out->len);
}

static bool decode(const char *text, size_t len, struct buf *out, struct err *e)
{
    out->limit = 3 * PLAN_TEXT_MAX;
    if (len > PLAN_TEXT_MAX)
        return err_set(
            e, "plan-size",
            _("the plan has %zu bytes, more than the %zu that are read; cut it into parts"), len,
            PLAN_TEXT_MAX);
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (!bad_char(text, len) && utf8_valid(text, len))
        return len == 0 || buf_add(out, text, len);
    if (!bad_char(text, len) && from_gb18030(text, len, out))
        return true;
    return err_set(e, "plan-encoding",
                   _("the plan is neither UTF-8 nor GB18030 text; save it as plain text (UTF-8)"));
}

static void run(struct parse *p, const char *text, size_t len)
{
    text_fold(p->pool, pool_strndup(p->pool, text, len), len, &p->doc);
    vertical_join(&p->doc);
    layout_read(p->pool, &p->doc, &p->layout);
    heading_read(p);
    segments_build(p);
    tables_read(p);
    items_from_text(p, p->plan->items_len > 0);
    numbers_assign(p);
    checks_run(p);
}

struct plan *plan_parse(const char *text, size_t len, struct err *e)
{
    struct buf utf8 = {0};
    struct parse p = {0};

    if (!decode(text, len, &utf8, e)) {
        buf_free(&utf8);
        return NULL;
    }
    p.pool = pool_new();
    p.plan = pool_alloc(p.pool, sizeof(*p.plan));
    p.plan->pool = p.pool;
    run(&p, utf8.data == NULL ? "" : utf8.data, utf8.len);
    buf_free(&utf8);
    return p.plan;
}

void plan_free(struct plan **p)
{
    struct plan_pool *pool;

    if (*p == NULL)
        return;
    pool = (*p)->pool;
    *p = NULL;
    pool_free(&pool);
}
