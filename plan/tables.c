/* SPDX-License-Identifier: BSD-2-Clause */
/* From tables to items; see tables.h. Cells are found by the heads of their columns; a row whose
 * number stands elsewhere than in the column of numbers is shifted by as much. */
#include "plan/tables.h"

#include <string.h>

#include "common/i18n.h"
#include "plan/segments.h"
#include "plan/targets.h"

#define CAPTION_LINES 4

struct text tables_cell(struct parse *p, const struct cell *c)
{
    struct text out;

    text_start(p->pool, &p->doc, c->b - c->a, &out);
    text_add(&out, &p->doc, c->a, c->b);
    return out;
}

struct plan_names tables_section(const struct table *t)
{
    struct plan_names out = {0};
    const char *more[] = {t->caption, t->group, t->category[0], t->category[1]};

    out.v = pool_alloc(t->p->pool, (t->path.n + 4) * sizeof(char *));
    for (size_t k = 0; k < t->path.n; k++)
        out.v[out.n++] = t->path.v[k];
    for (size_t k = 0; k < 4; k++)
        if (more[k] != NULL)
            out.v[out.n++] = (char *)(uintptr_t)more[k];
    return out;
}

/* How far the row's cells stand to the right of their columns. */
static int row_shift(const struct table *t, const struct row *r)
{
    size_t no = columns_find(&t->columns, LABEL_NO);

    if (no == PARSE_NONE ||
        (no < r->n && (columns_is_number(t->p, &r->cells[no]) || r->n >= t->columns.n)))
        return 0;
    for (size_t k = 0; k < r->n && k < 4; k++)
        if (columns_is_number(t->p, &r->cells[k]))
            return (int)k - (int)no;
    return 0;
}

static struct cell cell_at(const struct row *r, size_t column, int shift)
{
    long k = (long)column + shift;

    return k >= 0 && (size_t)k < r->n ? r->cells[k] : (struct cell){0, 0};
}

static struct cell cell_of(const struct table *t, const struct row *r, enum label_role role,
                           int shift)
{
    size_t k = columns_find(&t->columns, role);

    return k == PARSE_NONE ? (struct cell){0, 0} : cell_at(r, k, shift);
}

/* Merged cells are printed once, for the rows below too. */
static void carry_categories(struct table *t, const struct row *r, int shift)
{
    size_t n = 0;

    for (size_t k = 0; k < t->columns.n && n < 2; k++) {
        struct cell c;
        if (t->columns.role[k] != LABEL_CATEGORY)
            continue;
        c = cell_at(r, k, shift);
        if (c.a < c.b && !columns_is_number(t->p, &c)) {
            t->category[n] = text_printed(t->p->pool, &t->p->doc, c.a, c.b);
            if (n == 0)
                t->category[1] = NULL;
        }
        n++;
    }
}

/* A cell of owners: 市教育局、市财政局, or with labels of its own: 牵头：… 配合：… */
static void read_owner_cell(struct table *t, struct owners *o, enum label_role role,
                            const struct cell *c)
{
    struct text text = tables_cell(t->p, c);
    struct owners_cuts cuts = {0};
    enum label_role inner;

    if (label_at(&text, 0, text.n, true, &inner) > 0 && label_is_owner(inner))
        owners_read(o, &text, &cuts);
    else
        owners_field(o, role, &text, 0, text.n, "column");
}

static void read_owners(struct table *t, const struct row *r, int shift, struct owners *o)
{
    for (size_t k = 0; k < t->columns.n; k++) {
        struct cell c = cell_at(r, k, shift);
        if (label_is_owner(t->columns.role[k]) && c.a < c.b)
            read_owner_cell(t, o, t->columns.role[k], &c);
    }
    if (columns_find(&t->columns, LABEL_LEAD) != PARSE_NONE)
        o->lead_named = true;
}

static const char *read_no(struct table *t, const struct row *r, int shift, struct cell *text)
{
    struct parse *p = t->p;
    struct cell no = cell_of(t, r, LABEL_NO, shift);
    struct mark m;

    if (no.a < no.b && columns_is_number(p, &no)) {
        while (no.b > no.a + 1 && p->doc.f[no.b - 1] == '.')
            no.b--;
        if (text_ends(&p->doc, no.a, no.b, "、"))
            no.b -= strlen("、");
        return text_printed(p->pool, &p->doc, no.a, no.b);
    }
    if (columns_find(&t->columns, LABEL_NO) == PARSE_NONE &&
        mark_read(&p->doc, text->a, text->b, &m) && !m.weak && m.rank >= MARK_H2) {
        text->a += m.len;
        return text_printed(p->pool, &p->doc, m.no_a, m.no_b);
    }
    return NULL;
}

/* 15-1 is a part of 15 when that row was there. */
static const char *parent_no(struct parse *p, const char *no)
{
    size_t cut = strcspn(no, "-");

    if (no[cut] == '\0' || cut == 0)
        return NULL;
    for (size_t k = p->plan->items_len; k > 0; k--) {
        const char *other = p->plan->items[k - 1].no;
        if (other != NULL && strlen(other) == cut && strncmp(other, no, cut) == 0)
            return other;
    }
    return NULL;
}

/* A column of targets beside the text: 6.5%左右, named by the item. */
static void add_targets(struct table *t, const struct cell *c, struct plan_item *item)
{
    struct plan_pool *pool = t->p->pool;
    struct text cell = tables_cell(t->p, c);
    struct plan_target *more, *all;
    size_t n;

    more = targets_find(pool, &cell, 0, cell.n, &n);
    if (n == 0)
        return;
    all = pool_alloc(pool, (item->targets_len + n) * sizeof(*all));
    for (size_t k = 0; k < item->targets_len; k++)
        all[k] = item->targets[k];
    for (size_t k = 0; k < n; k++) {
        all[item->targets_len + k] = more[k];
        if (n == 1 && strlen(item->text) <= 90)
            all[item->targets_len + k].name = item->text;
    }
    item->targets = all;
    item->targets_len += n;
}

static void task_row(struct table *t, const struct row *r)
{
    struct parse *p = t->p;
    int shift = row_shift(t, r);
    struct owners o = {.pool = p->pool, .first_leads = p->first_leads};
    struct owners_cuts cuts = {0};
    struct cell text = cell_of(t, r, LABEL_TEXT, shift);
    struct cell detail = cell_of(t, r, LABEL_DETAIL, shift), title = {0, 0}, target;
    struct plan_item *item;
    struct text body, clean;
    const char *no;

    carry_categories(t, r, shift);
    no = read_no(t, r, shift, &text);
    if (detail.a < detail.b) {
        title = text;
        text = detail;
    }
    if (text.a >= text.b || (no == NULL && r->filled < 2))
        return;
    read_owners(t, r, shift, &o);
    body = tables_cell(p, &text);
    if (!owners_any(&o))
        owners_read(&o, &body, &cuts);
    clean = parse_clean(p, &body, &cuts);
    item = parse_item(p);
    item->kind = t->columns.indicator ? PLAN_INDICATOR : PLAN_TASK;
    item->line = r->line;
    item->no = no;
    item->parent = no != NULL ? parent_no(p, no) : t->last_no;
    item->section = tables_section(t);
    if (title.a < title.b)
        item->title = text_printed(p->pool, &p->doc, title.a, title.b);
    parse_set_text(p, item, &clean);
    target = cell_of(t, r, LABEL_TARGET, shift);
    add_targets(t, &target, item);
    if (item->title == NULL && item->kind == PLAN_INDICATOR)
        item->title = item->text;
    parse_set_owners(p, item, &o, &clean);
    t->last_no = no != NULL ? no : t->last_no;
    t->rows++;
    t->shifted += shift != 0;
}

static bool all_cells_same(const struct parse *p, const struct row *r)
{
    size_t n = r->cells[0].b - r->cells[0].a;

    for (size_t k = 1; k < r->n; k++)
        if (r->cells[k].b - r->cells[k].a != n ||
            memcmp(p->doc.f + r->cells[k].a, p->doc.f + r->cells[0].a, n) != 0)
            return false;
    return r->n > 1 && n > 0;
}

/* A row with one filled cell heads the rows below it, or goes on with the text above. */
static bool single_row(struct table *t, const struct row *r)
{
    struct parse *p = t->p;
    size_t k = 0;

    if (r->filled != 1 && !all_cells_same(p, r))
        return false;
    while (r->cells[k].a == r->cells[k].b)
        k++;
    if (columns_is_number(p, &r->cells[k]))
        return true;
    if (k > 0 && k == columns_find(&t->columns, LABEL_TEXT) && t->rows > 0 &&
        text_sentence_end(&p->doc, r->cells[k].b)) {
        struct plan_item *item = &p->plan->items[p->plan->items_len - 1];
        struct text more = tables_cell(p, &r->cells[k]);
        item->text =
            pool_printf(p->pool, "%s%s", item->text, text_printed(p->pool, &more, 0, more.n));
        return true;
    }
    if (text_chars(&p->doc, r->cells[k].a, r->cells[k].b) <= 60) {
        t->group = text_printed(p->pool, &p->doc, r->cells[k].a, r->cells[k].b);
        t->category[0] = t->category[1] = t->subgroup = NULL;
    }
    return true;
}

static bool is_sum(const struct parse *p, const struct row *r)
{
    for (size_t k = 0; k < r->n && k < 2; k++) {
        size_t a = r->cells[k].a, b = r->cells[k].b;
        if (text_is(&p->doc, a, b, "合计") > 0 || text_is(&p->doc, a, b, "总计") > 0 ||
            (b - a == 5 && text_is(&p->doc, a, b, "total") > 0))
            return true;
    }
    return false;
}

/* The lines right above a table that are no sentences; without the plan's title. */
static const char *find_caption(struct parse *p, const struct table_place *place)
{
    size_t first = place->first, seen = 0, from = PARSE_NONE;
    struct text out;
    struct mark m;

    while (first > 0 && seen < CAPTION_LINES) {
        const struct line *l = &p->layout.lines[first - 1];
        if (l->kind == LINE_TABLE ||
            (l->kind == LINE_TEXT && text_sentence_end(&p->doc, l->b) && p->doc.f[l->b - 1] != ')'))
            break;
        first--;
        if (l->kind != LINE_TEXT)
            continue;
        bool marked = mark_read(&p->doc, l->a, l->b, &m);
        if ((marked && m.rank != MARK_ANNEX) || text_chars(&p->doc, l->a, l->b) > 60)
            break;
        seen++;
        from = first;
        if (marked)
            break;
    }
    if (from == PARSE_NONE)
        return NULL;
    text_start(p->pool, &p->doc, 2000, &out);
    for (size_t k = from; k < place->first; k++) {
        const struct line *l = &p->layout.lines[k];
        if (l->kind == LINE_TEXT && out.n + (l->b - l->a) < 1990)
            text_add(&out, &p->doc, l->a, l->b);
        /* the number of the annex stands apart from its title */
        if (k == from && l->kind == LINE_TEXT && mark_read(&p->doc, l->a, l->b, &m) &&
            m.len == l->b - l->a)
            text_add_char(&out, TEXT_PART);
    }
    return text_printed(p->pool, &out, 0, out.n);
}

/* Takes the plan's title out of a caption: 附件1 某市三年行动计划（2023—2025年）责任清单. */
static const char *short_caption(struct parse *p, const char *caption)
{
    struct text c, title;
    size_t at, words = 0;

    if (caption == NULL || p->plan->title == NULL)
        return caption;
    text_fold(p->pool, caption, strlen(caption), &c);
    text_fold(p->pool, p->plan->title, strlen(p->plan->title), &title);
    for (at = 0; at < c.n && words == 0; at++) {
        size_t i = at, k = 0;
        /* blanks and repeated dashes do not count */
        while (i < c.n && k < title.n) {
            if (strchr(" -", c.f[i]) != NULL)
                i++;
            else if (strchr(" -", title.f[k]) != NULL)
                k++;
            else if (c.f[i] == title.f[k]) {
                i++;
                k++;
            } else
                break;
        }
        if (k >= title.n && title.n > 12) {
            words = i;
            break;
        }
        if (at > 60)
            break;
    }
    if (words == 0 || words >= c.n)
        return caption;
    return pool_printf(p->pool, "%s%s%s", text_printed(p->pool, &c, 0, at), at > 0 ? " " : "",
                       text_printed(p->pool, &c, words, c.n));
}

static void start_table(struct table *t, const struct table_place *place)
{
    struct parse *p = t->p;

    t->path =
        place->section == PARSE_NONE ? (struct plan_names){0} : segments_path(p, place->section);
    t->caption = short_caption(p, find_caption(p, place));
    if (t->caption != NULL && segments_repeats_title(p, t->caption))
        t->caption = NULL;
    /* a caption that is already the heading above is not said twice */
    if (t->caption != NULL && t->path.n > 0 && strcmp(t->caption, t->path.v[t->path.n - 1]) == 0)
        t->caption = NULL;
}

static void take_row(struct table *t, const struct row *r)
{
    if (single_row(t, r) || is_sum(t->p, r))
        return;
    if (t->columns.figures)
        indicators_row(t, r);
    else
        task_row(t, r);
}

/* A title that is left empty or said again in many rows is the name of a group of rows. */
static void settle_groups(struct table *t, const struct table_place *place, size_t from)
{
    struct parse *p = t->p;
    size_t title = columns_find(&t->columns, LABEL_TEXT), rows = 0, again = 0;
    size_t detail = columns_find(&t->columns, LABEL_DETAIL);
    struct row r;
    struct cell last = {0, 0};

    if (title == PARSE_NONE || detail == PARSE_NONE)
        return;
    for (size_t k = from; k <= place->last; k++) {
        if (p->layout.lines[k].kind != LINE_TABLE || !columns_row(p, k, &r) || r.filled < 2 ||
            title >= r.n)
            continue;
        struct cell c = r.cells[title];
        rows++;
        again += c.a == c.b || (last.b - last.a == c.b - c.a &&
                                memcmp(p->doc.f + last.a, p->doc.f + c.a, c.b - c.a) == 0);
        if (c.a < c.b)
            last = c;
    }
    if (again * 4 < rows || again == 0)
        return;
    t->columns.role[title] = LABEL_CATEGORY;
    t->columns.role[detail] = LABEL_TEXT;
}

static bool same_head(const struct columns *a, const struct columns *b)
{
    size_t known = 0;

    for (size_t k = 0; k < a->n && k < b->n; k++)
        known += a->role[k] == b->role[k] && (a->role[k] != LABEL_NONE || a->year[k] != 0);
    return known >= 2;
}

static struct columns read_table(struct parse *p, const struct table_place *place,
                                 const struct columns *before)
{
    struct table t = {.p = p};
    struct columns head;
    struct row r, first;

    start_table(&t, place);
    t.columns = *before;
    for (size_t k = place->first; k <= place->last; k++) {
        if (p->layout.lines[k].kind != LINE_TABLE || !columns_row(p, k, &r))
            continue;
        if (columns_head(p, &r, &head)) {
            if (t.columns.known && same_head(&t.columns, &head) && t.rows > 0)
                continue; /* printed again on the next page */
            t.columns = head;
            first = r;
            while (k < place->last && p->layout.lines[k + 1].kind == LINE_TABLE &&
                   columns_row(p, k + 1, &r) && columns_second(p, &r, &t.columns))
                k++;
            columns_settle(&t.columns, p, &first);
            settle_groups(&t, place, k + 1);
            continue;
        }
        if (t.columns.known && !t.columns.results)
            take_row(&t, &r);
    }
    if (!t.columns.known && columns_guess(p, place->first, place->last, &t.columns)) {
        parse_warn(p, p->layout.lines[place->first].no, "columns-guessed",
                   _("the table has no column heads; its columns were told by their contents"));
        for (size_t k = place->first; k <= place->last; k++)
            if (p->layout.lines[k].kind == LINE_TABLE && columns_row(p, k, &r))
                take_row(&t, &r);
    }
    if (!t.columns.known)
        parse_warn(p, p->layout.lines[place->first].no, "table-skipped",
                   _("a table whose column heads are not understood was passed over"));
    if (t.shifted > 0)
        parse_warn(
            p, p->layout.lines[place->first].no, "row-shifted",
            pool_printf(p->pool, _("%zu rows of the table stand beside their columns"), t.shifted));
    return t.columns;
}

/* The rest of a table behind a page break: the same number of cells, a number in its column. */
static bool goes_on(const struct parse *p, const struct table_place *place,
                    const struct columns *before)
{
    size_t no = columns_find(before, LABEL_NO);
    struct row r;

    return before->known && columns_row(p, place->first, &r) && r.n == before->n &&
           no != PARSE_NONE && columns_is_number(p, &r.cells[no]);
}

void tables_read(struct parse *p)
{
    struct columns none = {.known = false}, last = none;

    for (size_t k = 0; k < p->tables_len; k++)
        last = read_table(p, &p->tables[k], goes_on(p, &p->tables[k], &last) ? &last : &none);
}
