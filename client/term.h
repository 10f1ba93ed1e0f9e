/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables on the terminal (libsmartcols): columns line up for CJK text, long cells are cut to the
 * width of the terminal; nothing is cut and nothing is coloured when the output is piped. */
#ifndef DUBAN_CLIENT_TERM_H
#define DUBAN_CLIENT_TERM_H

#include <stdbool.h>
#include <stddef.h>

struct term_table;

enum term_column { TERM_LEFT, TERM_RIGHT, TERM_CUT };
enum term_colour { TERM_PLAIN, TERM_RED, TERM_YELLOW, TERM_GREEN, TERM_DIM, TERM_BOLD };

/* A new table without columns. */
struct term_table *term_table_new(void);
/* The first column is number 0. */
void term_table_column(struct term_table *t, const char *title, enum term_column kind);
/* A new row; term_table_cell then fills it. */
void term_table_row(struct term_table *t, enum term_colour colour);
/* Cell of the newest row; NULL shows "-". Control characters are replaced. */
void term_table_cell(struct term_table *t, size_t column, const char *text);
void term_table_print(struct term_table *t);
void term_table_free(struct term_table **t);

/* Escape sequence to begin this colour, "" without colours. TERM_PLAIN ends one. */
const char *term_colour(enum term_colour c);
/* New string: text without control characters (line breaks become spaces). */
char *term_clean(const char *text);
/* The same, cut to so many columns with an ellipsis. */
char *term_cut(const char *text, size_t columns);
/* The same as term_clean, but line breaks and tabulators stay: for blocks of text. */
char *term_clean_lines(const char *text);

#endif
