/* SPDX-License-Identifier: BSD-2-Clause */
/* Columns of a table whose heads are lost, by what stands in them. Declared in columns.h. */
#include <string.h>

#include "plan/columns.h"
#include "plan/dates.h"
#include "plan/names.h"

#define ROWS_MAX 60 /* rows looked at */

struct column_facts {
    size_t filled, numbers, dates, units, chars;
};

static void look_at(const struct parse *p, const struct row *r, struct column_facts *facts)
{
    for (size_t k = 0; k < r->n; k++) {
        const struct cell *c = &r->cells[k];
        struct column_facts *f = &facts[k];
        if (c->a == c->b)
            continue;
        f->filled++;
        f->chars += text_chars(&p->doc, c->a, c->b);
        if (columns_is_number(p, c))
            f->numbers++;
        else if (dates_looks_like(&p->doc, c->a, c->b))
            f->dates++;
        else if (c->b - c->a < 600 && names_units(&p->doc, c->a, c->b, true, false))
            f->units++;
    }
}

static bool most(size_t n, size_t of)
{
    return of > 0 && n * 3 >= of * 2;
}

/* Numbers, dates and unit names make their columns; the longest of the others is the text. */
static void give_roles(struct columns *out, const struct column_facts *facts)
{
    size_t text = PARSE_NONE, owners = 0, last = PARSE_NONE;

    for (size_t k = 0; k < out->n; k++) {
        const struct column_facts *f = &facts[k];
        if (most(f->numbers, f->filled) && columns_find(out, LABEL_NO) == PARSE_NONE) {
            out->role[k] = LABEL_NO;
        } else if (most(f->dates, f->filled)) {
            out->role[k] = LABEL_DEADLINE;
        } else if (most(f->units, f->filled)) {
            out->role[k] = owners == 0 ? LABEL_LEAD : LABEL_UNITS;
            last = owners == 0 ? k : last;
            owners++;
        } else if (f->filled > 0 && (text == PARSE_NONE || f->chars * facts[text].filled >
                                                               facts[text].chars * f->filled)) {
            text = k;
        }
    }
    if (owners == 1)
        out->role[last] = LABEL_RESP;
    if (text != PARSE_NONE)
        out->role[text] = LABEL_TEXT;
    out->owners = owners > 0;
    out->known = text != PARSE_NONE && owners > 0;
}

bool columns_guess(const struct parse *p, size_t first, size_t last, struct columns *out)
{
    struct column_facts facts[COLUMNS_MAX];
    struct row r;
    size_t rows = 0;

    memset(out, 0, sizeof(*out));
    memset(facts, 0, sizeof(facts));
    for (size_t k = first; k <= last && rows < ROWS_MAX; k++) {
        if (p->layout.lines[k].kind != LINE_TABLE || !columns_row(p, k, &r) || r.filled < 3)
            continue;
        if (out->n != 0 && r.n != out->n)
            continue;
        out->n = r.n;
        look_at(p, &r, facts);
        rows++;
    }
    if (rows >= 3)
        give_roles(out, facts);
    return out->known;
}
