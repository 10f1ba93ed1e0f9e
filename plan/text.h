/* SPDX-License-Identifier: BSD-2-Clause */
/* Text in two forms at once: folded for matching (half-width punctuation, all brackets round or
 * square, no white space beside Chinese, no Markdown marks) and, for every folded byte, the place
 * of its character in the printed original. Rules are written against the folded form only. */
#ifndef DUBAN_PLAN_TEXT_H
#define DUBAN_PLAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/pool.h"

#define TEXT_NOWHERE UINT32_MAX
#define TEXT_PART '\x1f' /* between a title line and what stands below it */

struct text {
    char *f;      /* folded UTF-8, followed by a NUL */
    uint32_t *at; /* offset in orig of the character of each byte; TEXT_NOWHERE = added */
    size_t n;
    const char *orig; /* borrowed */
};

/* Folds a whole document of valid UTF-8. Lines end in '\n', table cells in '|' or '\t', an HTML
 * break inside a cell becomes '\v'. */
void text_fold(struct plan_pool *p, const char *orig, size_t n, struct text *out);
/* Starts an empty text with room for cap folded bytes. */
void text_start(struct plan_pool *p, const struct text *from, size_t cap, struct text *out);
/* Appends from->f[a..b); a '\n' between two pieces is the caller's. */
void text_add(struct text *out, const struct text *from, size_t a, size_t b);
void text_add_char(struct text *out, char c);

/* The printed text of f[a..b), line breaks taken out, outer white space trimmed. */
char *text_printed(struct plan_pool *p, const struct text *t, size_t a, size_t b);
/* The same for a name: width of letters and brackets made uniform, so that it compares. */
char *text_name(struct plan_pool *p, const struct text *t, size_t a, size_t b);
/* True when white space stood before byte i in the original. */
bool text_gap(const struct text *t, size_t i);
/* True when the character at i is an ASCII one in print, not only folded to one. */
static inline bool text_latin(const struct text *t, size_t i)
{
    return t->at[i] != TEXT_NOWHERE && (unsigned char)t->orig[t->at[i]] < 0x80;
}
/* True when only blanks, no line break, stood there. */
bool text_gap_inline(const struct text *t, size_t i);

/* The same as text_is(), whose first byte is known to fit. */
size_t text_is_word(const struct text *t, size_t i, size_t b, const char *w);
/* Length of word w at f[i..b), or 0. ASCII letters match in either case. Inline, because nearly
 * every call fails at the first byte. */
static inline size_t text_is(const struct text *t, size_t i, size_t b, const char *w)
{
    if (i >= b || ((t->f[i] ^ w[0]) & ((unsigned char)w[0] < 0x80 ? 0xDF : 0xFF)) != 0)
        return 0;
    return text_is_word(t, i, b, w);
}

/* True when f[a..b) ends in w. */
bool text_ends(const struct text *t, size_t a, size_t b, const char *w);
/* First place of w in f[a..b), or b. */
size_t text_find(const struct text *t, size_t a, size_t b, const char *w);
/* Number of bytes of the UTF-8 character that begins with this byte. */
size_t text_char_len(char first);
/* Start of the character before i (i > 0). */
size_t text_prev(const struct text *t, size_t i);
/* Characters in f[a..b). */
size_t text_chars(const struct text *t, size_t a, size_t b);
/* Moves a and b inwards over blanks and line breaks. */
void text_trim(const struct text *t, size_t *a, size_t *b);
/* Reads a Chinese numeral up to 9999 (三, 十一, 一百零二, 二〇二五) at f[i..b): length and value.
 */
size_t text_cn_number(const struct text *t, size_t i, size_t b, int *value);
/* True when the character before i ends a sentence or a bracket, or a line, or nothing is there. */
bool text_sentence_end(const struct text *t, size_t i);

#endif
