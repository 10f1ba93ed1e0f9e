/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables that were copied one cell a line; see vertical.h. */
#include "plan/vertical.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "plan/labels.h"
#include "plan/marks.h"

#define HEADS_MAX 10
#define ROW_LINES 80 /* lines of one row */

struct cell_line {
    size_t a, b;
};

struct reader {
    struct text *t;
    size_t i; /* where the next line begins */
    enum label_role heads[HEADS_MAX];
    size_t heads_len;
};

/* Next line that is not blank; false at the end. */
static bool next_line(const struct text *t, size_t *i, struct cell_line *out)
{
    while (*i < t->n) {
        const char *nl = memchr(t->f + *i, '\n', t->n - *i);
        out->a = *i;
        out->b = nl == NULL ? t->n : (size_t)(nl - t->f);
        *i = out->b + 1;
        text_trim(t, &out->a, &out->b);
        if (out->a < out->b)
            return true;
    }
    return false;
}

static bool is_row_number(const struct text *t, const struct cell_line *l, long expected)
{
    if (l->b - l->a > 4)
        return false;
    for (size_t k = l->a; k < l->b; k++)
        if (!isdigit((unsigned char)t->f[k]))
            return false;
    return strtol(t->f + l->a, NULL, 10) == expected;
}

static bool is_group(const struct text *t, const struct cell_line *l)
{
    struct mark m;

    return l->b - l->a < 120 && mark_read(t, l->a, l->b, &m) &&
           (m.rank == MARK_H1 || m.rank == MARK_H2) && !text_sentence_end(t, l->b);
}

/* A run of heads that begins at the line l, and the number 1 behind it. */
static bool read_heads(struct reader *r, struct cell_line l)
{
    bool text = false, field = false;
    size_t i = r->i;

    r->heads_len = 0;
    for (;;) {
        enum label_role role;
        if (l.b - l.a > 60 || memchr(r->t->f + l.a, '|', l.b - l.a) != NULL)
            return false;
        if (r->heads_len >= 2 && is_row_number(r->t, &l, 1))
            return text && field;
        if (r->heads_len >= 2 && is_group(r->t, &l))
            return text && field && next_line(r->t, &i, &l) && is_row_number(r->t, &l, 1);
        role = label_role(r->t, l.a, l.b);
        if (role == LABEL_NONE || r->heads_len == HEADS_MAX ||
            (r->heads_len == 0 && role != LABEL_NO))
            return false;
        text = text || role == LABEL_TEXT || role == LABEL_DETAIL;
        field = field || label_is_owner(role) || role == LABEL_MEASURE || role == LABEL_TARGET;
        r->heads[r->heads_len++] = role;
        r->i = i;
        if (!next_line(r->t, &i, &l))
            return false;
    }
}

/* Of each run of line ends in f[a..b) the first becomes this separator, the others blanks. */
static void join(struct text *t, size_t a, size_t b, char separator)
{
    char put = separator;

    for (size_t k = a; k < b; k++) {
        if (t->f[k] == '\n') {
            t->f[k] = put;
            put = ' ';
        } else if (t->f[k] != ' ') {
            put = separator;
        }
    }
}

/* Column of the line k of n below the number: what is too much belongs to the first text. */
static void join_row(struct reader *r, const struct cell_line *lines, size_t n)
{
    size_t cells = r->heads_len - 1;
    size_t extra = n - 1 > cells ? n - 1 - cells : 0;

    for (size_t k = 1; k < n; k++)
        join(r->t, lines[k - 1].b, lines[k].a, k >= 2 && k <= 1 + extra ? ' ' : '|');
}

/* One row from its number on; false when the next number does not come. */
static bool read_row(struct reader *r, struct cell_line number, long n)
{
    struct cell_line lines[ROW_LINES], l;
    size_t count = 1, i = r->i, groups = 0;
    bool more = false;

    lines[0] = number;
    while (count < ROW_LINES && next_line(r->t, &i, &l)) {
        if (is_row_number(r->t, &l, n + 1)) {
            more = true;
            break;
        }
        lines[count++] = l;
    }
    if (!more && count > r->heads_len)
        count = r->heads_len; /* the last row ends with its last cell */
    while (count - groups > 2 && is_group(r->t, &lines[count - 1 - groups]))
        groups++;
    r->i = lines[count - 1].b + 1;
    join_row(r, lines, count - groups);
    for (size_t k = count - groups; k < count; k++)
        if (lines[k].b < r->t->n)
            r->t->f[lines[k].b] = '\n';
    return more;
}

static void read_rows(struct reader *r)
{
    struct cell_line l;
    size_t i = r->i;
    long n = 1;

    /* a heading of rows between the heads and the first row */
    if (next_line(r->t, &i, &l) && is_group(r->t, &l))
        r->i = i;
    while (next_line(r->t, &r->i, &l) && is_row_number(r->t, &l, n) && read_row(r, l, n))
        n++;
}

void vertical_join(struct text *t)
{
    struct reader r = {.t = t};
    struct cell_line l;

    while (next_line(t, &r.i, &l)) {
        struct reader try = r; /* a line at a time until heads begin */
        size_t start = l.a;
        if (!read_heads(&try, l))
            continue;
        join(t, start, try.i > 0 ? try.i - 1 : 0, '|');
        r = try;
        read_rows(&r);
    }
}
