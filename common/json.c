/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict JSON. A quick scan looks at what jansson would let pass or only refuse deep in recursion
 * (depth, numbers that other readers round); jansson then decides everything else. Two programs
 * must never read two meanings out of one signed text. */
#include "common/json.h"

#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "common/utf8.h"

/* 2^53: the largest integer below which every reader's double is exact */
static const char INTEGER_MAX[] = "9007199254740992";

struct scan {
    const char *at, *end;
    const char *line_start;
    int line;
    int depth, max_depth;
};

static bool refuse(const struct scan *s, const char *why, struct err *e)
{
    return err_set(e, "malformed", _("not the JSON that duban reads: line %d, column %d: %s"),
                   s->line, (int)(s->at - s->line_start) + 1, why);
}

/* Behind the closing quote, or at the end of an unclosed string (jansson will complain). */
static void skip_string(struct scan *s)
{
    for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
        if (*s->at == '\\' && s->at + 1 < s->end)
            s->at++;
    if (s->at < s->end)
        s->at++;
}

static bool scan_number(struct scan *s, struct err *e)
{
    const char *p = s->at;
    const size_t max = sizeof INTEGER_MAX - 1;

    if (*p == '-')
        p++;
    const char *digits = p;
    while (p < s->end && *p >= '0' && *p <= '9')
        p++;
    size_t n = (size_t)(p - digits);
    if (p < s->end && (*p == '.' || *p == 'e' || *p == 'E'))
        return refuse(s, _("numbers are integers; write a decimal as a string"), e);
    if (n > max || (n == max && memcmp(digits, INTEGER_MAX, max) > 0))
        return refuse(s, _("an integer beyond 2^53"), e);
    s->at = p > s->at ? p : s->at + 1;
    return true;
}

static bool scan_token(struct scan *s, struct err *e)
{
    char c = *s->at;

    if (c == '"') {
        skip_string(s);
        return true;
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s, e);
    if (c == '[' || c == '{') {
        if (++s->depth > s->max_depth)
            return refuse(s, _("nested too deep"), e);
    } else if (c == ']' || c == '}') {
        s->depth--;
    } else if (c == '\0') {
        /* jansson 2.14 silently drops a NUL behind a number */
        return refuse(s, _("a NUL byte"), e);
    } else if (c == '\n') {
        s->line++;
        s->line_start = s->at + 1;
    }
    s->at++;
    return true;
}

bool json_read(const char *text, size_t n, int max_depth, json_t **out, struct err *e)
{
    struct scan s = {
        .at = text, .end = text + n, .line_start = text, .line = 1, .max_depth = max_depth};
    json_error_t error;

    *out = NULL;
    while (s.at < s.end)
        if (!scan_token(&s, e))
            return false;
    *out = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (*out)
        return true;
    return err_set(e, "malformed", _("not the JSON that duban reads: line %d, column %d: %s"),
                   error.line, error.column, error.text);
}

static int on_dump(const char *bytes, size_t n, void *data)
{
    return buf_add(data, bytes, n) ? 0 : -1;
}

void json_write(const json_t *j, struct buf *out)
{
    /* jansson fails only for strings that are not UTF-8, which it never let in, or a full buffer */
    if (json_dump_callback(j, on_dump, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        out->full = true;
}

/* The bytes of s up to the next one that JSON must not hold as it is. */
static size_t plain_run(const char *s)
{
    size_t n = 0;

    while ((unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

static void write_escaped(const char *s, struct buf *out)
{
    buf_add_str(out, "\"");
    while (*s) {
        size_t n = plain_run(s);
        buf_add(out, s, n);
        s += n;
        if (*s == '"' || *s == '\\')
            buf_addf(out, "\\%c", *s++);
        else if (*s == '\n')
            s++, buf_add_str(out, "\\n");
        else if (*s)
            buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*s++);
    }
    buf_add_str(out, "\"");
}

void json_write_string(const char *s, struct buf *out)
{
    size_t n = strlen(s);
    struct buf repaired = {0};

    if (utf8_valid(s, n)) {
        write_escaped(s, out);
        return;
    }
    /* names of files may hold any bytes: what is not UTF-8 becomes "?" and the JSON stays JSON */
    for (size_t i = 0; i < n; i++)
        buf_add(&repaired, (unsigned char)s[i] < 0x80 ? s + i : "?", 1);
    write_escaped(repaired.data ? repaired.data : "", out);
    buf_free(&repaired);
}

bool json_only(const json_t *obj, const char *where, const char *const *members, struct err *e)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)obj, name, value)
    {
        size_t i = 0;
        while (members[i] && strcmp(members[i], name) != 0)
            i++;
        if (!members[i])
            return err_set(e, "schema", _("%s: unknown member \"%.80s\""), where, name);
    }
    return true;
}
