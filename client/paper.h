/* SPDX-License-Identifier: BSD-2-Clause */
/* A paper made once and given out twice: as text on standard output, and as one HTML file that
 * needs nothing else and prints well on A4. Texts come from other people: they are escaped here. */
#ifndef DUBAN_CLIENT_PAPER_H
#define DUBAN_CLIENT_PAPER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/app.h"
#include "common/buf.h"
#include "common/err.h"

/* Between the cells of a row; no text from the server has it. */
#define PAPER_CELL "\x1f"

struct paper;

/* title: of the document and its first line. */
struct paper *paper_new(const char *title);
void paper_free(struct paper **p);

/* A line under the title (number, instant), a heading, a paragraph, a list item. */
void paper_line(struct paper *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void paper_heading(struct paper *p, const char *text);
void paper_text(struct paper *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void paper_item(struct paper *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A table: its titles, then its rows, as cells with PAPER_CELL between them. */
void paper_table(struct paper *p, const char *titles);
void paper_row(struct paper *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Right-aligned last lines: who, when. */
void paper_foot(struct paper *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Text on standard output. */
void paper_print(const struct paper *p);
/* Appends the HTML file, in the language of the process. */
void paper_html(const struct paper *p, struct buf *out);

/* What the paper commands share. GETs path, to which as_of is added; as_of NULL: the newest entry.
 * *as_of_used: new string, what was asked for. Errors: connect_json. */
bool paper_fetch(struct app *a, const char *path, const char *as_of, json_t **j, char **as_of_used,
                 struct err *e);
/* Prints the JSON (--json), or the text; and writes the HTML to file when it is not NULL. Error
 * "file". */
bool paper_give_out(struct app *a, const struct paper *p, const json_t *j, const char *file,
                    struct err *e);
/* "12/15 (80.0 %)"; "0/0" without a denominator. */
void paper_share(long long n, long long of, char out[64]);
/* String member, "" when there is none. */
const char *paper_str(const json_t *j, const char *name);

#endif
