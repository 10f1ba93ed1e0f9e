/* SPDX-License-Identifier: BSD-2-Clause */
/* The plain report, read without building a tree: one pass over a copy whose strings are ended in
 * place. It knows less than the whole reader and never decides against a statement: whatever is not
 * plain (an escape, an unusual member, any fault) is left to jansson and the tables, which name the
 * fault. What it lets through, they let through with the same values; a fuzz target holds the two
 * against each other. Measured: a quarter of the receiver's work beside the signature. */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"
#include "common/statement_kinds.h"
#include "common/text_scan.h"
#include "common/utf8.h"

#define TEXT_MAX 20000
#define VALUES_MAX 100
#define INTEGER_DIGITS 15

struct quick {
    char *at; /* the copy ends with NUL, which no rule below goes past */
    char *end;
};

static char peek(struct quick *q)
{
    while (*q->at == ' ' || *q->at == '\n' || *q->at == '\t' || *q->at == '\r')
        q->at++;
    return *q->at;
}

static bool take(struct quick *q, char c)
{
    if (peek(q) != c)
        return false;
    q->at++;
    return true;
}

/* Behind an element: true with *more when a comma follows, true without when the list ends. */
static bool goes_on(struct quick *q, char close, bool *more)
{
    *more = take(q, ',');
    return *more || take(q, close);
}

/* Neither C1 controls nor anything that is not UTF-8. */
static bool wide_valid(const char *s, size_t n)
{
    for (const char *p = s; (p = memchr(p, 0xC2, n - (size_t)(p - s))) != NULL; p++)
        if ((unsigned char)p[1] < 0xA0)
            return false;
    return utf8_valid(s, n);
}

/* A string without escapes or control characters, ended in place, of min to max bytes. */
static bool take_string(struct quick *q, size_t min, size_t max, const char **out)
{
    char *start, *close;
    unsigned kinds;
    size_t n;

    if (!take(q, '"'))
        return false;
    start = q->at;
    close = memchr(start, '"', (size_t)(q->end - start));
    if (close == NULL)
        return false;
    n = (size_t)(close - start);
    kinds = text_scan_kinds(start, n);
    *close = '\0';
    q->at = close + 1;
    *out = start;
    return n >= min && n <= max && (kinds == 0 || (kinds == TEXT_WIDE && wide_valid(start, n)));
}

static bool take_integer(struct quick *q, int64_t *out)
{
    size_t digits;

    peek(q);
    digits = strspn(q->at, "0123456789");
    if (digits == 0 || digits > INTEGER_DIGITS || (digits > 1 && *q->at == '0'))
        return false;
    *out = strtoll(q->at, &q->at, 10);
    return *q->at != '.' && *q->at != 'e' && *q->at != 'E';
}

/* The next member's place in a table of names, each at most once; -1 for any other. They nearly
 * always come in the order of the table. */
static int take_name(struct quick *q, const char *const *names, unsigned *seen)
{
    const char *name;
    int next = 0;

    if (!take_string(q, 1, 16, &name) || !take(q, ':'))
        return -1;
    while (*seen >> next)
        next++;
    if (names[next] == NULL || strcmp(names[next], name) != 0)
        for (next = 0; names[next] != NULL && strcmp(names[next], name) != 0; next++)
            ;
    if (names[next] == NULL || (*seen >> next & 1))
        return -1;
    *seen |= 1U << next;
    return next;
}

/* ---- values --------------------------------------------------------------------------------- */

static bool take_value(struct quick *q, struct statement_value *v)
{
    static const char *const NAMES[] = {"name", "value", "unit", NULL};
    unsigned seen = 0;
    bool more = true, ok = take(q, '{');

    while (ok && more) {
        switch (take_name(q, NAMES, &seen)) {
        case 0:
            ok = take_string(q, 1, 200, &v->name);
            break;
        case 1:
            ok = take_string(q, 0, 200, &v->value) && decimal_valid(v->value);
            break;
        case 2:
            ok = take_string(q, 0, 64, &v->unit);
            break;
        default:
            ok = false;
        }
        ok = ok && goes_on(q, '}', &more);
    }
    return ok && (seen & 3) == 3;
}

static bool take_values(struct quick *q, struct statement_report *r)
{
    bool more = true;

    if (!take(q, '['))
        return false;
    if (take(q, ']'))
        return true;
    r->values = xcalloc(VALUES_MAX, sizeof *r->values);
    while (more) {
        if (r->values_len == VALUES_MAX || !take_value(q, &r->values[r->values_len++]) ||
            !goes_on(q, ']', &more))
            return false;
    }
    r->values = xrealloc(r->values, r->values_len * sizeof *r->values);
    r->more = true;
    return true;
}

/* ---- reports -------------------------------------------------------------------------------- */

static bool take_status(struct quick *q, struct statement_report *r)
{
    if (!take_string(q, 1, 64, &r->status_text))
        return false;
    r->status = status_parse_any(r->status_text);
    return r->status != STATUS_INVALID && strcmp(status_name(r->status), r->status_text) == 0;
}

static bool take_progress(struct quick *q, struct statement_report *r)
{
    int64_t v = 0;
    bool ok = take_integer(q, &v) && v <= 100;

    r->progress = (int)v;
    return ok;
}

static bool take_member(struct quick *q, int which, struct statement_report *r)
{
    const char *text;

    switch (which) {
    case 0:
        return take_string(q, 1, 200, &r->task) && task_valid(r->task);
    case 1:
        return take_string(q, 1, 64, &r->period) && period_valid(r->period);
    case 2:
        return take_status(q, r);
    case 3:
        return take_progress(q, r);
    case 4: /* text */
    case 5: /* risk */
    case 6: /* next */
        return take_string(q, 0, TEXT_MAX, &text);
    case 7:
        r->more = true;
        return take_string(q, 1, 64, &text) && date_valid(text);
    case 8:
        return take_values(q, r);
    default:
        return false;
    }
}

static bool take_report(struct quick *q, struct statement_report *r)
{
    static const char *const NAMES[] = {"task", "period", "status",  "progress", "text",
                                        "risk", "next",   "next_by", "values",   NULL};
    unsigned seen = 0;
    bool more = true;

    *r = (struct statement_report){.progress = -1};
    if (!take(q, '{'))
        return false;
    while (more)
        if (!take_member(q, take_name(q, NAMES, &seen), r) || !goes_on(q, '}', &more))
            return false;
    return (seen & 7) == 7;
}

static bool take_reports(struct quick *q, struct statement *s)
{
    size_t room = 0;
    bool more = true;

    if (!take(q, '['))
        return false;
    while (more) {
        if (s->reports_len == STATEMENT_REPORTS_MAX)
            return false;
        if (s->reports_len == room) {
            room = room ? 4 * room : 1;
            s->reports = xrealloc(s->reports, room * sizeof *s->reports);
        }
        if (!take_report(q, &s->reports[s->reports_len++]) || !goes_on(q, ']', &more))
            return false;
    }
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static bool take_digest(struct quick *q, uint8_t digest[DIGEST_SIZE])
{
    const char *hex;

    return take_string(q, 2 * DIGEST_SIZE, 2 * DIGEST_SIZE, &hex) &&
           hex_decode(hex, digest, DIGEST_SIZE);
}

static bool take_head(struct quick *q, int which, struct statement *s)
{
    int64_t v;

    switch (which) {
    case 0:
        return take_integer(q, &v) && v == 1;
    case 1:
        return take_string(q, 1, 127, &s->aud);
    case 2:
        return take_string(q, 1, 200, &s->unit);
    case 3:
        return take_digest(q, s->key);
    case 4:
        return take_integer(q, &s->seq) && s->seq >= 1;
    case 5:
        return take_digest(q, s->prev);
    case 6:
        return take_string(q, 1, 64, &s->id) && shape_is_uuid(s->id);
    case 7:
        return take_string(q, 1, 64, &s->nonce) && shape_is_nonce(s->nonce);
    case 8:
        return take_string(q, 1, 64, &s->iat) && shape_is_instant(s->iat);
    case 9:
        return take_reports(q, s);
    default:
        return false;
    }
}

bool statement_quick(const char *payload, size_t n, struct statement *s)
{
    static const char *const NAMES[] = {"v",  "aud",   "unit", "key",     "seq", "prev",
                                        "id", "nonce", "iat",  "reports", NULL};
    struct quick q;
    unsigned seen = 0;
    bool more = true;

    s->text = xmalloc(n + 1); /* a NUL inside ends no rule below well */
    memcpy(s->text, payload, n);
    s->text[n] = '\0';
    q.at = s->text;
    q.end = s->text + n;
    if (!take(&q, '{'))
        return false;
    while (more)
        if (!take_head(&q, take_name(&q, NAMES, &seen), s) || !goes_on(&q, '}', &more))
            return false;
    return seen == 0x3FF && peek(&q) == '\0' && q.at == q.end;
}
