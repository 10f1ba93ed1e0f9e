/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks in order, and two ways to write them. The HTML loads nothing: one style sheet inside, no
 * script. */
#include "client/paper.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/term.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

enum block_kind {
    BLOCK_LINE,
    BLOCK_HEADING,
    BLOCK_TEXT,
    BLOCK_ITEM,
    BLOCK_TABLE,
    BLOCK_ROW,
    BLOCK_FOOT
};

struct block {
    enum block_kind kind;
    char *text; /* owned */
};

struct paper {
    char *title; /* owned */
    struct block *blocks;
    size_t n, room;
};

static const char style[] =
    "@page{size:A4;margin:22mm 20mm}"
    "body{font:11pt/1.6 \"Noto Serif CJK SC\",\"Source Han Serif SC\",SimSun,serif;color:#000;"
    "background:#fff;max-width:170mm;margin:0 auto}"
    "h1{font-size:17pt;text-align:center;margin:0 0 4mm}"
    "h2{font-size:12.5pt;margin:6mm 0 2mm;break-after:avoid}"
    "p{margin:1mm 0}p.line{text-align:center}p.foot{text-align:right}"
    "table{border-collapse:collapse;width:100%;font-size:9.5pt;margin:1mm 0}"
    "thead{display:table-header-group}tr{break-inside:avoid}"
    "th,td{border:.3mm solid #555;padding:.6mm 1.5mm;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}"
    "th{background:#eee}ul{margin:1mm 0;padding-left:6mm}";

struct paper *paper_new(const char *title)
{
    struct paper *p = xcalloc(1, sizeof *p);

    p->title = xstrdup(title);
    return p;
}

void paper_free(struct paper **p)
{
    if (!*p)
        return;
    for (size_t i = 0; i < (*p)->n; i++)
        free((*p)->blocks[i].text);
    free((*p)->blocks);
    free((*p)->title);
    free(*p);
    *p = NULL;
}

/* Takes text. */
static void add(struct paper *p, enum block_kind kind, char *text)
{
    if (p->n == p->room) {
        p->room = p->room ? 2 * p->room : 64;
        p->blocks = xrealloc(p->blocks, p->room * sizeof *p->blocks);
    }
    p->blocks[p->n++] = (struct block){kind, text};
}

static char *format(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

static char *format(const char *fmt, va_list ap)
{
    char *text = NULL;

    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    return text;
}

#define PAPER_ADD(name, kind)                                                                      \
    void name(struct paper *p, const char *fmt, ...)                                               \
    {                                                                                              \
        va_list ap;                                                                                \
                                                                                                   \
        va_start(ap, fmt);                                                                         \
        add(p, kind, format(fmt, ap));                                                             \
        va_end(ap);                                                                                \
    }

PAPER_ADD(paper_line, BLOCK_LINE)
PAPER_ADD(paper_text, BLOCK_TEXT)
PAPER_ADD(paper_item, BLOCK_ITEM)
PAPER_ADD(paper_row, BLOCK_ROW)
PAPER_ADD(paper_foot, BLOCK_FOOT)

void paper_heading(struct paper *p, const char *text)
{
    add(p, BLOCK_HEADING, xstrdup(text));
}

void paper_table(struct paper *p, const char *titles)
{
    add(p, BLOCK_TABLE, xstrdup(titles));
}

/* ---- text ----------------------------------------------------------------------------------- */

/* The cell that begins at *at; moves *at behind it, to NULL at the end. New string. */
static char *cell(const char **at)
{
    const char *end = strchr(*at, PAPER_CELL[0]);
    char *text = end ? xstrndup(*at, (size_t)(end - *at)) : xstrdup(*at);

    *at = end ? end + 1 : NULL;
    return text;
}

static void print_cells(struct term_table *t, const char *cells)
{
    const char *at = cells;

    for (size_t i = 0; at; i++) {
        char *text = cell(&at);
        term_table_cell(t, i, text);
        free(text);
    }
}

/* The table at block i; returns the first block behind it. */
static size_t print_table(const struct paper *p, size_t i)
{
    struct term_table *t = term_table_new();
    const char *at = p->blocks[i++].text;

    while (at) {
        char *text = cell(&at);
        term_table_column(t, text, at ? TERM_LEFT : TERM_CUT);
        free(text);
    }
    for (; i < p->n && p->blocks[i].kind == BLOCK_ROW; i++) {
        term_table_row(t, TERM_PLAIN);
        print_cells(t, p->blocks[i].text);
    }
    fflush(stdout);
    term_table_print(t);
    term_table_free(&t);
    return i;
}

void paper_print(const struct paper *p)
{
    printf("%s%s%s\n", term_colour(TERM_BOLD), p->title, term_colour(TERM_PLAIN));
    for (size_t i = 0; i < p->n;) {
        const struct block *b = &p->blocks[i];
        if (b->kind == BLOCK_TABLE) {
            i = print_table(p, i);
            continue;
        }
        char *text = term_clean_lines(b->text);
        if (b->kind == BLOCK_HEADING)
            printf("\n%s%s%s\n", term_colour(TERM_BOLD), text, term_colour(TERM_PLAIN));
        else
            printf("%s%s\n", b->kind == BLOCK_ITEM ? "  · " : "", text);
        free(text);
        i++;
    }
}

/* ---- HTML ----------------------------------------------------------------------------------- */

static void escape(const char *text, struct buf *out)
{
    char *clean = term_clean_lines(text);

    for (const char *s = clean; *s; s++) {
        const char *as = *s == '&'    ? "&amp;"
                         : *s == '<'  ? "&lt;"
                         : *s == '>'  ? "&gt;"
                         : *s == '"'  ? "&quot;"
                         : *s == '\n' ? "<br>"
                                      : NULL;
        if (as)
            buf_add_str(out, as);
        else
            buf_add(out, s, 1);
    }
    free(clean);
}

static void element(const char *open, const char *text, const char *close, struct buf *out)
{
    buf_add_str(out, open);
    escape(text, out);
    buf_add_str(out, close);
}

static void html_cells(const char *cells, const char *tag, struct buf *out)
{
    const char *at = cells;

    buf_add_str(out, "<tr>");
    while (at) {
        char *text = cell(&at);
        buf_addf(out, "<%s>", tag);
        escape(*text ? text : "-", out);
        buf_addf(out, "</%s>", tag);
        free(text);
    }
    buf_add_str(out, "</tr>\n");
}

static size_t html_table(const struct paper *p, size_t i, struct buf *out)
{
    buf_add_str(out, "<table>\n<thead>");
    html_cells(p->blocks[i++].text, "th", out);
    buf_add_str(out, "</thead>\n<tbody>\n");
    for (; i < p->n && p->blocks[i].kind == BLOCK_ROW; i++)
        html_cells(p->blocks[i].text, "td", out);
    buf_add_str(out, "</tbody>\n</table>\n");
    return i;
}

static size_t html_list(const struct paper *p, size_t i, struct buf *out)
{
    buf_add_str(out, "<ul>\n");
    for (; i < p->n && p->blocks[i].kind == BLOCK_ITEM; i++)
        element("<li>", p->blocks[i].text, "</li>\n", out);
    buf_add_str(out, "</ul>\n");
    return i;
}

void paper_html(const struct paper *p, struct buf *out)
{
    buf_addf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
             strcmp(i18n_lang(), "zh_CN") == 0 ? "zh-CN" : "en");
    element("<title>", p->title, "</title>\n", out);
    buf_addf(out, "<style>%s</style>\n</head>\n<body>\n", style);
    element("<h1>", p->title, "</h1>\n", out);
    for (size_t i = 0; i < p->n;) {
        const struct block *b = &p->blocks[i];
        if (b->kind == BLOCK_TABLE)
            i = html_table(p, i, out);
        else if (b->kind == BLOCK_ITEM)
            i = html_list(p, i, out);
        else {
            element(b->kind == BLOCK_HEADING ? "<h2>"
                    : b->kind == BLOCK_LINE  ? "<p class=\"line\">"
                    : b->kind == BLOCK_FOOT  ? "<p class=\"foot\">"
                                             : "<p>",
                    b->text, b->kind == BLOCK_HEADING ? "</h2>\n" : "</p>\n", out);
            i++;
        }
    }
    buf_add_str(out, "</body>\n</html>\n");
}

/* ---- shared by the commands ----------------------------------------------------------------- */

/* New string: number of the newest entry. */
static bool newest(struct app *a, char **as_of, struct err *e)
{
    json_t *me = NULL;

    if (!connect_json(a->connect, "/v1/me", &me, e))
        return false;
    *as_of = xasprintf("%lld", app_int(me, "log_size", 1) - 1);
    json_decref(me);
    return true;
}

bool paper_fetch(struct app *a, const char *path, const char *as_of, json_t **j, char **as_of_used,
                 struct err *e)
{
    *as_of_used = NULL;
    if (as_of)
        *as_of_used = xstrdup(as_of);
    else if (!newest(a, as_of_used, e))
        return false;
    char *escaped = connect_escape(*as_of_used);
    char *whole = xasprintf("%s%cas_of=%s", path, strchr(path, '?') ? '&' : '?', escaped);
    bool ok = connect_json(a->connect, whole, j, e);
    free(escaped);
    free(whole);
    return ok;
}

bool paper_give_out(struct app *a, const struct paper *p, const json_t *j, const char *file,
                    struct err *e)
{
    struct buf out = {0};
    bool ok = true;

    if (file) {
        paper_html(p, &out);
        ok = file_write(file, out.data, out.len, 0644, e);
        buf_free(&out);
    }
    if (ok && a->json)
        app_print_json(j);
    else if (ok && file)
        printf(_("%s: written; open it in a browser to print it\n"), file);
    else if (ok)
        paper_print(p);
    return ok;
}

void paper_share(long long n, long long of, char out[64])
{
    if (of > 0)
        snprintf(out, 64, "%lld/%lld (%.1f %%)", n, of, 100.0 * (double)n / (double)of);
    else
        snprintf(out, 64, "%lld/%lld", n, of);
}

const char *paper_str(const json_t *j, const char *name)
{
    const char *s = app_str(j, name);

    return s ? s : "";
}
