/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables and colours. Cell texts come from other departments through the server: control
 * characters never reach the terminal. */
#include "client/term.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/utf8.h"

struct term_table {
    struct libscols_table *table;
    struct libscols_line *line; /* the newest; owned by the table */
};

static bool coloured(void)
{
    const char *no = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (no && *no)
        return false;
    return isatty(STDOUT_FILENO) && (!term || strcmp(term, "dumb") != 0);
}

const char *term_colour(enum term_colour c)
{
    static const char *const codes[] = {"\033[0m",  "\033[31m", "\033[33m",
                                        "\033[32m", "\033[2m",  "\033[1m"};

    return coloured() ? codes[c] : "";
}

static char *clean(const char *text, bool lines)
{
    char *s = xstrdup(text);

    for (unsigned char *p = (unsigned char *)s; *p; p++) {
        /* U+0080–U+009F: C1 controls, two bytes in UTF-8 */
        if (p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
            p[0] = p[1] = '?';
        if ((*p < 0x20 || *p == 0x7F) && !(lines && (*p == '\n' || *p == '\t')))
            *p = ' ';
    }
    return s;
}

char *term_clean(const char *text)
{
    return clean(text, false);
}

char *term_clean_lines(const char *text)
{
    return clean(text, true);
}

char *term_cut(const char *text, size_t columns)
{
    char *s = term_clean(text);
    size_t end = strlen(s);
    bool cut = false;

    while (end > 0 && utf8_width(s) + (cut ? 1 : 0) > columns) {
        while (end > 0 && ((unsigned char)s[end - 1] & 0xC0) == 0x80)
            end--;
        s[--end] = '\0';
        cut = true;
    }
    if (!cut)
        return s;
    char *out = xasprintf("%s…", s);
    free(s);
    return out;
}

struct term_table *term_table_new(void)
{
    struct term_table *t = xcalloc(1, sizeof *t);

    t->table = scols_new_table();
    if (!t->table)
        abort();
    scols_table_enable_colors(t->table, coloured());
    scols_table_set_column_separator(t->table, "  ");
    if (!isatty(STDOUT_FILENO)) {
        scols_table_set_termforce(t->table, SCOLS_TERMFORCE_NEVER);
        scols_table_enable_nowrap(t->table, 1);
    }
    return t;
}

void term_table_column(struct term_table *t, const char *title, enum term_column kind)
{
    int flags = kind == TERM_RIGHT ? SCOLS_FL_RIGHT : 0;

    if (kind == TERM_CUT && isatty(STDOUT_FILENO))
        flags |= SCOLS_FL_TRUNC;
    if (!scols_table_new_column(t->table, title, kind == TERM_CUT ? 0.3 : 1, flags))
        abort();
}

void term_table_row(struct term_table *t, enum term_colour colour)
{
    t->line = scols_table_new_line(t->table, NULL);
    if (!t->line)
        abort();
    if (colour != TERM_PLAIN && *term_colour(colour))
        scols_line_set_color(t->line, term_colour(colour));
}

void term_table_cell(struct term_table *t, size_t column, const char *text)
{
    char *s = term_clean(text && *text ? text : "-");

    scols_line_set_data(t->line, column, s);
    free(s);
}

void term_table_print(struct term_table *t)
{
    scols_print_table(t->table);
}

void term_table_free(struct term_table **t)
{
    if (!*t)
        return;
    scols_unref_table((*t)->table);
    free(*t);
    *t = NULL;
}
