/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 by utf8proc, for text that people or peers wrote. */
#include "common/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/mem.h"

bool utf8_valid(const char *s, size_t n)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;

    while (n > 0) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t used = 1;
        if (*p < 0x80)
            c = *p;
        else
            used = utf8proc_iterate(p, (utf8proc_ssize_t)n, &c);
        if (used < 1 || c < 1)
            return false;
        p += used;
        n -= (size_t)used;
    }
    return true;
}

size_t utf8_width(const char *s)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
    size_t left = strlen(s);
    size_t width = 0;

    while (left > 0) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t used = utf8proc_iterate(p, (utf8proc_ssize_t)left, &c);
        if (used < 1) {
            /* terminals show one replacement character per bad byte */
            used = 1;
            width++;
        } else {
            int w = utf8proc_charwidth(c);
            width += w > 0 ? (size_t)w : 0;
        }
        p += used;
        left -= (size_t)used;
    }
    return width;
}

static bool is_space(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    return (c >= 0x09 && c <= 0x0D) || c == 0x85 || category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/* Takes white space out of valid UTF-8, in place. */
static void remove_space(char *s)
{
    size_t left = strlen(s);
    char *to = s;

    while (left > 0) {
        utf8proc_int32_t c = -1;
        utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)left, &c);
        if (used < 1)
            used = 1;
        if (!is_space(c)) {
            memmove(to, s, (size_t)used);
            to += used;
        }
        s += used;
        left -= (size_t)used;
    }
    *to = '\0';
}

char *utf8_fold(const char *s)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)s, 0, &folded,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);

    if (n < 0)
        return NULL;
    char *out = xstrdup((const char *)folded);
    free(folded);
    remove_space(out);
    return out;
}
