/* SPDX-License-Identifier: BSD-2-Clause */
/* Printed and folded text side by side; see text.h. Trusts that the document is valid UTF-8 without
 * NUL (plan.c checks) and nothing else. */
#include "plan/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "plan/fold.h"

size_t text_char_len(char first)
{
    unsigned char c = (unsigned char)first;

    return c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static bool is_start(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static bool is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\v';
}

void text_fold(struct plan_pool *p, const char *orig, size_t n, struct text *out)
{
    struct fold fold;

    out->f = pool_alloc(p, n + 2);
    out->at = pool_alloc(p, (n + 2) * sizeof(*out->at));
    out->n = 0;
    out->orig = orig;
    fold_start(&fold, orig, n);
    while (fold_next(&fold)) {
        for (size_t k = 0; k < fold.out_len; k++) {
            out->at[out->n] = (uint32_t)fold.from;
            out->f[out->n++] = fold.out[k];
        }
    }
    out->f[out->n] = '\0';
}

void text_start(struct plan_pool *p, const struct text *from, size_t cap, struct text *out)
{
    out->f = pool_alloc(p, cap + 1);
    out->at = pool_alloc(p, (cap + 1) * sizeof(*out->at));
    out->n = 0;
    out->orig = from->orig;
}

void text_add(struct text *out, const struct text *from, size_t a, size_t b)
{
    for (size_t i = a; i < b; i++) {
        out->at[out->n] = from->at[i];
        out->f[out->n++] = from->f[i];
    }
    out->f[out->n] = '\0';
}

void text_add_char(struct text *out, char c)
{
    out->at[out->n] = TEXT_NOWHERE;
    out->f[out->n++] = c;
    out->f[out->n] = '\0';
}

static bool joins_words(const struct text *t, size_t a, size_t b, size_t i)
{
    size_t l = i, r = i;

    while (l > a && is_space(t->f[l - 1]))
        l--;
    while (r < b && is_space(t->f[r]))
        r++;
    return l > a && r < b && text_latin(t, l - 1) && text_latin(t, r) &&
           (isalnum((unsigned char)t->f[r]) || t->f[r] == '(');
}

/* Copies one character as printed; returns the number of bytes. */
static size_t copy_printed(const struct text *t, size_t i, char *to)
{
    const char *from = t->at[i] == TEXT_NOWHERE ? t->f + i : t->orig + t->at[i];
    size_t len = text_char_len(*from);

    memcpy(to, from, len);
    return len;
}

static size_t put(char *to, const char *s)
{
    size_t n = strlen(s);

    memcpy(to, s, n);
    return n;
}

char *text_printed(struct plan_pool *p, const struct text *t, size_t a, size_t b)
{
    char *out;
    size_t n = 0;

    text_trim(t, &a, &b);
    /* a folded byte can stand for up to four printed ones */
    out = pool_alloc(p, 4 * (b - a) + 1);
    for (size_t i = a; i < b; i++) {
        if (!is_start(t->f[i]))
            continue;
        if (t->f[i] == TEXT_PART)
            n += put(out + n, " ");
        else if (!is_space(t->f[i]))
            n += copy_printed(t, i, out + n);
        else if (n > 0 && out[n - 1] != ' ' && joins_words(t, a, b, i))
            out[n++] = ' ';
    }
    out[n] = '\0';
    return out;
}

char *text_name(struct plan_pool *p, const struct text *t, size_t a, size_t b)
{
    bool wide = false;
    char *out;
    size_t n = 0;

    text_trim(t, &a, &b);
    for (size_t i = a; i < b; i++)
        wide = wide || !is_ascii(t->f[i]);
    out = pool_alloc(p, 4 * (b - a) + 1);
    for (size_t i = a; i < b; i++) {
        char c = t->f[i];
        if (!is_start(c) || c == TEXT_PART || (is_space(c) && !joins_words(t, a, b, i)))
            continue;
        if (is_space(c))
            n += put(out + n, n > 0 && out[n - 1] == ' ' ? "" : " ");
        else if (wide && (c == '(' || c == ')'))
            n += put(out + n, c == '(' ? "（" : "）");
        else if (is_ascii(c))
            out[n++] = c;
        else
            n += copy_printed(t, i, out + n);
    }
    out[n] = '\0';
    return out;
}

bool text_gap(const struct text *t, size_t i)
{
    size_t end, prev;

    if (i == 0 || i >= t->n)
        return true;
    prev = text_prev(t, i);
    if (is_space(t->f[prev]))
        return true;
    if (t->at[prev] == TEXT_NOWHERE || t->at[i] == TEXT_NOWHERE)
        return false;
    end = t->at[prev] + text_char_len(t->orig[t->at[prev]]);
    return end < t->at[i] && (isspace((unsigned char)t->orig[end]) ||
                              strncmp(t->orig + end, "\xE3\x80\x80", 3) == 0 ||
                              strncmp(t->orig + end, "\xC2\xA0", 2) == 0);
}

bool text_gap_inline(const struct text *t, size_t i)
{
    size_t end;

    if (i == 0 || i >= t->n || t->at[i] == TEXT_NOWHERE || t->at[i] == 0 || is_space(t->f[i - 1]) ||
        !text_gap(t, i))
        return false;
    for (end = t->at[i]; end > 0 && end + 8 > t->at[i]; end--) {
        if (t->orig[end - 1] == '\n' || t->orig[end - 1] == '\r')
            return false;
        if (t->orig[end - 1] != ' ' && t->orig[end - 1] != '\t')
            break;
    }
    return true;
}

size_t text_is_word(const struct text *t, size_t i, size_t b, const char *w)
{
    size_t n = strlen(w);

    if (n > b - i || i > b)
        return 0;
    if (is_ascii(w[0]))
        return strncasecmp(t->f + i, w, n) == 0 ? n : 0;
    return memcmp(t->f + i, w, n) == 0 ? n : 0;
}

bool text_ends(const struct text *t, size_t a, size_t b, const char *w)
{
    size_t n = strlen(w);

    return n <= b - a && text_is(t, b - n, b, w) > 0;
}

size_t text_find(const struct text *t, size_t a, size_t b, const char *w)
{
    size_t n = strlen(w);

    while (a < b && b - a >= n) {
        const char *hit = memchr(t->f + a, w[0], b - a - n + 1);
        if (hit == NULL)
            return b;
        a = (size_t)(hit - t->f);
        if (memcmp(hit, w, n) == 0)
            return a;
        a++;
    }
    return b;
}

size_t text_prev(const struct text *t, size_t i)
{
    do {
        i--;
    } while (i > 0 && !is_start(t->f[i]));
    return i;
}

size_t text_chars(const struct text *t, size_t a, size_t b)
{
    size_t n = 0;

    for (size_t i = a; i < b; i++)
        n += is_start(t->f[i]);
    return n;
}

void text_trim(const struct text *t, size_t *a, size_t *b)
{
    while (*a < *b && is_space(t->f[*a]))
        ++*a;
    while (*a < *b && is_space(t->f[*b - 1]))
        --*b;
}

static int cn_digit(const struct text *t, size_t i, size_t b)
{
    static const char *const digits[] = {"〇", "一", "二", "三", "四",
                                         "五", "六", "七", "八", "九"};

    for (int d = 0; d < 10; d++)
        if (text_is(t, i, b, digits[d]) > 0)
            return d;
    if (text_is(t, i, b, "零") > 0)
        return 0;
    return text_is(t, i, b, "两") > 0 ? 2 : -1;
}

size_t text_cn_number(const struct text *t, size_t i, size_t b, int *value)
{
    static const struct {
        const char *word;
        int times;
    } units[] = {{"十", 10}, {"百", 100}, {"千", 1000}};
    size_t start = i;
    int total = 0, digit = -1, run = 0;

    while (i < b && total < 10000) {
        int d = cn_digit(t, i, b);
        if (d >= 0 && run < 4) {
            /* 二〇二五: digits one after another */
            digit = digit < 0 ? d : digit * 10 + d;
            run++;
            i += text_char_len(t->f[i]);
            continue;
        }
        size_t u = 0;
        while (u < 3 && text_is(t, i, b, units[u].word) == 0)
            u++;
        if (d >= 0 || u == 3)
            break;
        total += (digit < 0 ? 1 : digit) * units[u].times;
        digit = -1;
        run = 0;
        i += text_char_len(t->f[i]);
    }
    *value = total + (digit < 0 ? 0 : digit);
    return i - start;
}

bool text_sentence_end(const struct text *t, size_t i)
{
    static const char *const marks[] = {"。", "！", "？", "”", "；", "》"};
    size_t prev;

    if (i == 0)
        return true;
    if (strchr(".;!?)]\n:\v", t->f[i - 1]) != NULL)
        return true;
    prev = text_prev(t, i);
    for (size_t k = 0; k < sizeof(marks) / sizeof(marks[0]); k++)
        if (text_is(t, prev, i, marks[k]) > 0)
            return true;
    return false;
}
