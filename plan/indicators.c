/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of indicator tables with figures: name (unit), baseline, target, growth, nature. Scans lose
 * empty cells and shift rows, so figures are counted between the name and the nature of the
 * indicator and only then matched with the heads. Declared in tables.h. */
#include <ctype.h>
#include <string.h>

#include "plan/tables.h"
#include "plan/targets.h"

struct figures {
    size_t name;     /* cell of the name */
    size_t from, to; /* cells of figures */
    size_t nature;   /* cell, or PARSE_NONE */
};

static bool is_nature(const struct parse *p, const struct cell *c)
{
    static const char *const words[] = {"预期性",   "约束性",       "指导性",   "binding",
                                        "expected", "anticipatory", "mandatory"};

    for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
        if (text_is(&p->doc, c->a, c->b, words[k]) > 0)
            return true;
    return false;
}

/* A cell of a figure, or of what stands for none. */
static bool is_figure(const struct parse *p, const struct cell *c)
{
    const struct text *t = &p->doc;
    size_t digits = 0;

    if (text_chars(t, c->a, c->b) > 16)
        return false;
    for (size_t i = c->a; i < c->b; i++)
        digits += isdigit((unsigned char)t->f[i]) != 0;
    return c->a == c->b || digits > 0 || strchr("-<>[~/", t->f[c->a]) != NULL;
}

/* (12)城镇居民人均可支配收入(元): a cell that begins with the number of the row. */
static bool is_numbered_name(const struct parse *p, const struct cell *c)
{
    struct mark m;

    return mark_read(&p->doc, c->a, c->b, &m) && !m.weak && m.rank >= MARK_A1 &&
           m.len < c->b - c->a;
}

static bool find_name(const struct table *t, const struct row *r, struct figures *out)
{
    size_t column = columns_find(&t->columns, LABEL_TEXT);
    size_t no = columns_find(&t->columns, LABEL_NO);

    out->name = PARSE_NONE;
    if (no != PARSE_NONE) {
        for (size_t k = 0; k < r->n && k < 4; k++)
            if (columns_is_number(t->p, &r->cells[k]) && k + 1 < r->n) {
                out->name = k + (column > no ? column - no : 1);
                break;
            }
    } else {
        for (size_t k = 0; k < r->n && k <= column + 2; k++)
            if (is_numbered_name(t->p, &r->cells[k])) {
                out->name = k;
                break;
            }
    }
    if (out->name == PARSE_NONE)
        out->name = column;
    return out->name < r->n && r->cells[out->name].a < r->cells[out->name].b;
}

static bool find_figures(const struct table *t, const struct row *r, struct figures *out)
{
    if (!find_name(t, r, out))
        return false;
    out->nature = PARSE_NONE;
    for (size_t k = out->name + 1; k < r->n; k++)
        if (is_nature(t->p, &r->cells[k]))
            out->nature = k;
    out->from = out->name + 1;
    if (columns_find(&t->columns, LABEL_MEASURE) == columns_find(&t->columns, LABEL_TEXT) + 1)
        out->from++;
    out->to = out->nature != PARSE_NONE ? out->nature : r->n;
    /* owners and deadlines may stand behind the figures */
    for (size_t k = out->from; k < out->to; k++)
        if (!is_figure(t->p, &r->cells[k]))
            out->to = k;
    return out->to > out->from;
}

/* Splits "地区生产总值(亿元)" into name and unit. */
static void split_unit(struct parse *p, const struct cell *c, size_t skip, const char **name,
                       const char **unit)
{
    const struct text *t = &p->doc;
    size_t a = c->a + skip, b = c->b, open = b;

    *unit = NULL;
    if (b > a && t->f[b - 1] == ')') {
        for (open = b - 1; open > a && t->f[open] != '('; open--)
            ;
        /* a bracket at the start is no unit: (其中: 出口) */
        if (open > a && open + 2 < b) {
            *unit = text_name(p->pool, t, open + 1, b - 1);
            b = open;
        }
    }
    *name = text_name(p->pool, t, a, b);
}

/* PM _{2.5} as scans print subscripts; blanks inside Latin names. */
static const char *plain_name(struct parse *p, const char *name)
{
    char *out = pool_alloc(p->pool, strlen(name) + 1);
    size_t n = 0;

    for (size_t i = 0; name[i] != '\0'; i++) {
        bool before_digit =
            name[i] == ' ' && (name[i + 1] == '_' || isdigit((unsigned char)name[i + 1]));
        if (name[i] != '_' && name[i] != '{' && name[i] != '}' && !before_digit)
            out[n++] = name[i];
    }
    out[n] = '\0';
    return out;
}

/* Cells left of the name: category, and above several rows a common name. */
static void read_left(struct table *t, const struct row *r, size_t name)
{
    struct parse *p = t->p;
    size_t column = columns_find(&t->columns, LABEL_TEXT);
    size_t category = columns_find(&t->columns, LABEL_CATEGORY);
    bool deeper = column != PARSE_NONE && name > column;

    for (size_t k = 0; k < name; k++) {
        const struct cell *c = &r->cells[k];
        if (c->a == c->b || columns_is_number(p, c))
            continue;
        if (k == category || (k == 0 && category == PARSE_NONE && !deeper)) {
            t->category[0] = text_name(p->pool, &p->doc, c->a, c->b);
            t->subgroup = NULL;
        } else if (deeper) {
            split_unit(p, c, 0, &t->subgroup, &t->subgroup_unit);
        }
    }
    if (!deeper)
        t->subgroup = t->subgroup_unit = NULL;
}

/* Which figure is which: by the heads, in their order. */
static void read_figures(struct table *t, const struct row *r, const struct figures *f,
                         struct plan_item *item)
{
    const struct columns *c = &t->columns;
    size_t cell = f->from, years = 0, year = 0;

    for (size_t k = 0; k < c->n; k++)
        years += c->year[k] != 0 || c->role[k] == LABEL_BASELINE || c->role[k] == LABEL_TARGET;
    for (size_t k = 0; k < c->n && cell < f->to; k++) {
        struct plan_figure *to = NULL;
        if (c->year[k] != 0 || c->role[k] == LABEL_BASELINE || c->role[k] == LABEL_TARGET) {
            bool target =
                c->role[k] == LABEL_TARGET || (c->role[k] != LABEL_BASELINE && year + 1 == years);
            to = target ? &item->target : year == 0 ? &item->baseline : NULL;
            year++;
        } else if (c->role[k] == LABEL_ANNUAL) {
            to = &item->annual;
        } else {
            continue;
        }
        if (to != NULL) {
            targets_figure(t->p->pool, &t->p->doc, r->cells[cell].a, r->cells[cell].b, to);
            to->year = c->year[k];
        }
        cell++;
    }
    item->has_figures = true;
}

static void add_target(struct parse *p, struct plan_item *item)
{
    if (item->target.value == NULL)
        return;
    item->targets = pool_alloc(p->pool, sizeof(*item->targets));
    item->targets[0] =
        (struct plan_target){item->text, item->target.op, item->target.value, item->unit};
    item->targets_len = 1;
}

static void set_deadline(struct table *t, struct plan_item *item)
{
    struct date d = {item->target.year, 12, 31};

    if (d.year == 0 && t->p->to.year != 0 && item->target.value != NULL)
        return; /* the plan's end is inherited, not printed */
    if (d.year == 0)
        return;
    item->deadline_raw = pool_printf(t->p->pool, "%d年", d.year);
    item->deadline_source = "column";
    dates_format(&d, item->deadline);
}

/* Number, name and unit; a row without a number is a part of the one above. */
static void name_item(struct table *t, const struct row *r, const struct figures *f,
                      struct plan_item *item)
{
    struct parse *p = t->p;
    const struct cell *c = &r->cells[f->name];
    size_t no = columns_find(&t->columns, LABEL_NO), skip = 0;
    const char *name;
    struct mark m;

    if (no != PARSE_NONE) {
        for (size_t k = 0; k < f->name && item->no == NULL; k++)
            if (columns_is_number(p, &r->cells[k]))
                item->no = text_printed(p->pool, &p->doc, r->cells[k].a, r->cells[k].b);
    } else if (mark_read(&p->doc, c->a, c->b, &m) && !m.weak && m.rank >= MARK_A1) {
        item->no = text_printed(p->pool, &p->doc, m.no_a, m.no_b);
        skip = m.len;
    }
    split_unit(p, c, skip, &name, &item->unit);
    if (item->no == NULL && p->doc.f[c->a] == '(' && t->last_name != NULL) {
        item->no = text_printed(p->pool, &p->doc, c->a, c->b);
        item->parent = t->last_no;
        name = pool_printf(p->pool, "%s%s", t->last_name, name);
        item->unit = t->last_unit;
    } else if (t->subgroup != NULL) {
        name = pool_printf(p->pool, "%s %s", t->subgroup, name);
        item->unit = item->unit != NULL ? item->unit : t->subgroup_unit;
    }
    item->text = item->title = plain_name(p, name);
}

static void read_measure(struct table *t, const struct row *r, const struct figures *f,
                         struct plan_item *item)
{
    size_t measure = columns_find(&t->columns, LABEL_MEASURE);
    size_t text = columns_find(&t->columns, LABEL_TEXT);

    if (measure == PARSE_NONE || text == PARSE_NONE || measure < text)
        return;
    measure = f->name + (measure - text);
    if (measure < r->n && r->cells[measure].a < r->cells[measure].b)
        item->unit = text_name(t->p->pool, &t->p->doc, r->cells[measure].a, r->cells[measure].b);
}

static void read_owners(struct table *t, const struct row *r, struct plan_item *item)
{
    struct owners o = {.pool = t->p->pool, .first_leads = t->p->first_leads};
    struct text none;

    text_start(t->p->pool, &t->p->doc, 0, &none);
    none.f[0] = '\0';
    for (size_t k = 0; k < t->columns.n && k < r->n; k++) {
        struct text cell = tables_cell(t->p, &r->cells[k]);
        if (label_is_owner(t->columns.role[k]) && cell.n > 0)
            owners_field(&o, t->columns.role[k], &cell, 0, cell.n, "column");
    }
    if (owners_any(&o) || o.deadline != NULL)
        parse_set_owners(t->p, item, &o, &none);
}

void indicators_row(struct table *t, const struct row *r)
{
    struct parse *p = t->p;
    struct figures f;
    struct plan_item *item;

    if (!find_figures(t, r, &f))
        return;
    read_left(t, r, f.name);
    item = parse_item(p);
    item->kind = PLAN_INDICATOR;
    item->line = r->line;
    item->section = tables_section(t);
    item->category = t->category[0] != NULL ? t->category[0] : t->group;
    name_item(t, r, &f, item);
    read_measure(t, r, &f, item);
    read_figures(t, r, &f, item);
    if (f.nature != PARSE_NONE)
        item->nature = text_name(p->pool, &p->doc, r->cells[f.nature].a, r->cells[f.nature].b);
    add_target(p, item);
    read_owners(t, r, item);
    if (item->deadline_raw == NULL)
        set_deadline(t, item);
    if (item->no != NULL && item->parent == NULL) {
        t->last_no = item->no;
        t->last_name = item->title;
        t->last_unit = item->unit;
    }
    t->rows++;
    t->shifted += columns_find(&t->columns, LABEL_NO) == PARSE_NONE &&
                  f.name < columns_find(&t->columns, LABEL_TEXT);
}
