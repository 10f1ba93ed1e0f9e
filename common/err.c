/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors as values. Parts of a text may come from a peer: control characters are replaced here, so
 * that no text can forge a second log line or move a terminal's cursor. */
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Cuts a text that vsnprintf truncated so that it ends with a whole UTF-8 character. */
static void trim_to_character(char *s, size_t len)
{
    size_t start = len;

    while (start > 0 && ((unsigned char)s[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)s[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (start - 1) < want)
        s[start - 1] = '\0';
}

static void clean(char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == 0x7F)
            *s = ' ';
    }
}

static void put_text(char *out, size_t size, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

static void put_text(char *out, size_t size, const char *fmt, va_list ap)
{
    int n = vsnprintf(out, size, fmt, ap);

    if (n < 0)
        out[0] = '\0';
    else if ((size_t)n >= size)
        trim_to_character(out, size - 1);
    clean(out);
}

bool err_set(struct err *e, const char *code, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return false;
    snprintf(e->code, sizeof e->code, "%s", code);
    va_start(ap, fmt);
    put_text(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return false;
}

bool err_prefix(struct err *e, const char *fmt, ...)
{
    struct err old;
    char prefix[sizeof e->text];
    va_list ap;

    if (!e)
        return false;
    old = *e;
    va_start(ap, fmt);
    put_text(prefix, sizeof prefix, fmt, ap);
    va_end(ap);
    return err_set(e, old.code, "%s: %s", prefix, old.text);
}

bool err_is(const struct err *e, const char *code)
{
    return strcmp(e->code, code) == 0;
}
