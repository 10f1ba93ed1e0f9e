/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict reading of tile paths: hostile input from URLs. */
#include "daemon/receive/log_path.h"

#include <stddef.h>
#include <string.h>

#define NUMBER_MOST ((int64_t)1 << 53)

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits up to (not including) a character that is none; no leading zeros. */
static bool read_number(const char **p, int64_t most, int64_t *n)
{
    const char *s = *p;

    *n = 0;
    if (!digit(*s) || (*s == '0' && digit(s[1])))
        return false;
    for (; digit(*s); s++) {
        *n = *n * 10 + (*s - '0');
        if (*n > most)
            return false;
    }
    *p = s;
    return true;
}

bool log_path_number(const char *text, int64_t *n)
{
    return read_number(&text, NUMBER_MOST, n) && *text == '\0';
}

static bool read_group(const char **p, int64_t *n)
{
    const char *s = *p;

    if (!digit(s[0]) || !digit(s[1]) || !digit(s[2]))
        return false;
    *n = *n * 1000 + (s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0');
    *p = s + 3;
    return *n <= NUMBER_MOST;
}

/* x001/x234/067: a leading group of zeros would be a second spelling. */
static bool read_index(const char **p, int64_t *n)
{
    bool first = true;

    *n = 0;
    while (**p == 'x') {
        ++*p;
        if (!read_group(p, n) || **p != '/' || (first && *n == 0))
            return false;
        ++*p;
        first = false;
    }
    return read_group(p, n);
}

bool log_path_tile(const char *text, struct log_path *out)
{
    const char *p = text;
    int64_t v = 0;

    *out = (struct log_path){.width = 256};
    if (strncmp(p, "entries/", 8) == 0) {
        out->entries = true;
        p += 8;
    } else {
        if (!read_number(&p, 63, &v) || *p != '/')
            return false;
        out->level = (int)v;
        p++;
    }
    if (!read_index(&p, &out->n))
        return false;
    if (strncmp(p, ".p/", 3) == 0) {
        p += 3;
        if (!read_number(&p, 255, &v) || v < 1)
            return false;
        out->width = (int)v;
    }
    return *p == '\0';
}
