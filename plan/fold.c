/* SPDX-License-Identifier: BSD-2-Clause */
/* Folding of a document; see fold.h. */
#include "plan/fold.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "plan/fold_table.h"

void fold_start(struct fold *f, const char *s, size_t n)
{
    memset(f, 0, sizeof(*f));
    f->s = s;
    f->n = n;
    f->last = '\n';
}

static uint32_t decode(const char *s, size_t *len)
{
    const unsigned char *u = (const unsigned char *)s;

    if (u[0] < 0x80) {
        *len = 1;
        return u[0];
    }
    if (u[0] < 0xE0) {
        *len = 2;
        return (uint32_t)(u[0] & 0x1F) << 6 | (u[1] & 0x3F);
    }
    if (u[0] < 0xF0) {
        *len = 3;
        return (uint32_t)(u[0] & 0x0F) << 12 | (uint32_t)(u[1] & 0x3F) << 6 | (u[2] & 0x3F);
    }
    *len = 4;
    return (uint32_t)(u[0] & 0x07) << 18 | (uint32_t)(u[1] & 0x3F) << 12 |
           (uint32_t)(u[2] & 0x3F) << 6 | (u[3] & 0x3F);
}

/* One of the characters that have an ASCII form here; 0 for all others. */
static char to_ascii(uint32_t c)
{
    static const struct {
        uint16_t from;
        char to;
    } table[] = {
        {0x2010, '-'}, {0x2011, '-'}, {0x2012, '-'}, {0x2013, '-'}, {0x2014, '-'}, {0x2015, '-'},
        {0x2212, '-'}, {0x301C, '-'}, {0xFF5E, '-'}, {0x3014, '('}, {0x3015, ')'}, {0x3010, '('},
        {0x3011, ')'}, {0x3016, '('}, {0x3017, ')'}, {0xFE59, '('}, {0xFE5A, ')'}, {0x2502, '|'},
        {0x2503, '|'}, {0x2551, '|'}, {0x2236, ':'}, {0xFE55, ':'}, {0xFE54, ';'}, {0xFE50, ','},
        {0xFE6A, '%'}, {0x2500, '-'}, {0x2501, '-'}, {0x2550, '-'}, {0x253C, '+'}, {0x251C, '+'},
        {0x2524, '+'}, {0x250C, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'}, {0x252C, '+'},
        {0x2534, '+'}, {0x226A, '<'}, {0x00D7, 'x'}, {0x2215, '/'}, {0x2022, '*'}, {0x25CF, '*'},
        {0x25A0, '*'}, {0x25C6, '*'}, {0x2605, '*'}, {0x25AA, '*'},
    };

    if (c >= 0xFF01 && c <= 0xFF5D)
        return (char)(c - 0xFF01 + 0x21);
    if (c >= 0x2080 && c <= 0x2089)
        return (char)('0' + (c - 0x2080));
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].from == c)
            return table[i].to;
    return 0;
}

static uint32_t simplified(uint32_t c)
{
    size_t lo = 0, hi = sizeof(fold_table) / sizeof(fold_table[0]);

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (fold_table[mid].from == c)
            return fold_table[mid].to;
        if (fold_table[mid].from < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return c;
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F ||
           c == 0x205F || c == 0x1680;
}

static bool is_ignored(uint32_t c)
{
    return (c >= 0x200B && c <= 0x200F) || c == 0x2060 || c == 0xFEFF || c == 0xAD ||
           (c < 0x20 && c != '\n' && c != '\t' && c != '\f' && c != '\r') || c == 0x7F ||
           (c >= 0xFE00 && c <= 0xFE0F);
}

/* Length of an HTML tag at s, 0 when it is none; *gives is what it stands for, 0 = nothing. */
static size_t html_tag(struct fold *f, char *gives)
{
    static const char *const lines[] = {"p",     "div", "li", "ul", "ol", "table", "tbody",
                                        "thead", "h1",  "h2", "h3", "h4", "h5",    "tr"};
    static const char *const inline_tags[] = {"span", "b",    "strong", "i",   "em",
                                              "a",    "font", "u",      "sub", "sup",
                                              "html", "body", "td",     "th",  "br"};
    const char *s = f->s + f->i + 1;
    size_t left = f->n - f->i - 1, k = 0, name;
    bool end = left > 0 && *s == '/';

    k = end ? 1 : 0;
    name = k;
    while (k < left && k < name + 8 && isalnum((unsigned char)s[k]))
        k++;
    size_t name_len = k - name;
    while (k < left && k < 300 && s[k] != '>' && s[k] != '<')
        k++;
    if (name_len == 0 || k >= left || s[k] != '>')
        return 0;
    *gives = 0;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (strlen(lines[i]) == name_len && strncasecmp(lines[i], s + name, name_len) == 0) {
            bool row = i == sizeof(lines) / sizeof(lines[0]) - 1;
            *gives = f->html_row && !row ? 0 : '\n';
            if (row)
                f->html_row = !end;
            return k + 2;
        }
    for (size_t i = 0; i < sizeof(inline_tags) / sizeof(inline_tags[0]); i++)
        if (strlen(inline_tags[i]) == name_len &&
            strncasecmp(inline_tags[i], s + name, name_len) == 0) {
            if (strncasecmp(s + name, "br", 2) == 0 && name_len == 2)
                *gives = '\v';
            else if (name_len == 2 && tolower((unsigned char)s[name]) == 't' && !end)
                *gives = '|';
            return k + 2;
        }
    return 0;
}

/* Marks of Markdown and HTML that carry no text; true when something was passed over or taken. */
static bool take_mark(struct fold *f, char *gives)
{
    const char *s = f->s + f->i;
    size_t left = f->n - f->i;

    *gives = 0;
    if (left > 1 && (s[0] == '*' || s[0] == '_') && s[1] == s[0]) {
        f->i += 2;
        return true;
    }
    if (left > 1 && s[0] == '\\' && ispunct((unsigned char)s[1]) && s[1] != '\\') {
        f->i += 1;
        return s[1] != '|' ? true : (f->i += 1, *gives = '/', true);
    }
    if (left > 5 && strncmp(s, "&nbsp;", 6) == 0) {
        f->gap_at = f->gap ? f->gap_at : f->i;
        f->gap = true;
        f->i += 6;
        return true;
    }
    if (s[0] == '<') {
        size_t n = html_tag(f, gives);
        f->i += n;
        return n > 0;
    }
    return false;
}

static void set_out(struct fold *f, uint32_t c, size_t from, size_t len)
{
    char ascii = c < 0x80 ? (char)c : to_ascii(c);

    f->next_from = from;
    f->next_latin = c < 0x80;
    f->next_len = 1;
    f->next[0] = ascii;
    if (ascii != 0)
        return;
    c = c < 0x10000 ? simplified(c) : c;
    f->next_len = len;
    memcpy(f->next, f->s + from, len);
    if (len == 3) {
        f->next[0] = (char)(0xE0 | (c >> 12));
        f->next[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        f->next[2] = (char)(0x80 | (c & 0x3F));
    }
}

/* Finds the next character that is not white space or a mark, into next. */
static bool find_next(struct fold *f)
{
    while (f->i < f->n) {
        size_t at = f->i, len = 1;
        char gives;
        if (take_mark(f, &gives)) {
            if (gives == 0)
                continue;
            set_out(f, (uint32_t)(unsigned char)gives, at, 1);
            return true;
        }
        uint32_t c = decode(f->s + at, &len);
        f->i += len;
        if (c == '\r')
            c = f->i < f->n && f->s[f->i] == '\n' ? 0 : '\n';
        if (c == '\f' || c == 0x2028 || c == 0x2029 || c == 0x85) {
            c = '\n';
            len = 1;
        }
        if (c == 0 || is_ignored(c))
            continue;
        if (is_blank(c) || (f->html_row && (c == '\n' || c == '\t'))) {
            f->gap_at = f->gap ? f->gap_at : at;
            f->gap = true;
            continue;
        }
        set_out(f, c, at, len);
        return true;
    }
    return false;
}

static void give(struct fold *f, const char *s, size_t len, size_t from)
{
    memcpy(f->out, s, len);
    f->out_len = len;
    f->from = from;
    f->last = s[len - 1];
}

bool fold_next(struct fold *f)
{
    if (!f->pending) {
        f->gap = false;
        if (!find_next(f))
            return false;
        /* a blank counts only between ASCII words: Chinese is printed with any spacing */
        if (f->gap && f->last_latin && strchr("\n\t|\v", f->last) == NULL && f->next_latin &&
            strchr("\n\t|\v", f->next[0]) == NULL) {
            f->pending = true;
            give(f, " ", 1, f->gap_at);
            return true;
        }
    }
    f->pending = false;
    give(f, f->next, f->next_len, f->next_from);
    f->last_latin = f->next_latin;
    return true;
}
