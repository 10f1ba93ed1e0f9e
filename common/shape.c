/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker behind all payloads. What it reads was signed by a registered key, which makes it
 * attributable, not well-meant: every string and array has a limit. */
#include "common/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "common/bytes.h"
#include "common/digest.h"
#include "common/i18n.h"
#include "common/instant.h"

static size_t place_text(const struct place *at, char *out, size_t size)
{
    if (!at || !at->name) {
        out[0] = '\0';
        return 0;
    }
    size_t n = place_text(at->up, out, size);
    int add;
    if (at->index == SIZE_MAX)
        add = snprintf(out + n, size - n, "%s%s", n ? "." : "", at->name);
    else
        add = snprintf(out + n, size - n, "%s%s[%zu]", n ? "." : "", at->name, at->index);
    return add < 0 || (size_t)add >= size - n ? size - 1 : n + (size_t)add;
}

bool shape_error(const struct place *at, const char *member, const char *what, struct err *e)
{
    char where[160];
    const struct place here = {at, member, SIZE_MAX};

    if (place_text(member ? &here : at, where, sizeof where) == 0)
        return err_set(e, "schema", _("the payload: %s"), what);
    return err_set(e, "schema", "%s: %s", where, what);
}

static bool wrong(const struct place *at, const struct shape *s, const char *what, struct err *e)
{
    return shape_error(at, s->name, what, e);
}

static bool is_control(utf8proc_int32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/* Characters of a string that jansson found to be UTF-8; -1 for a forbidden control character. */
static int64_t count_characters(const char *s, size_t n, bool lines)
{
    int64_t count = 0;

    for (size_t i = 0; i < n; count++) {
        unsigned char b = (unsigned char)s[i];
        utf8proc_int32_t c = b;
        if (b >= 0x80) {
            utf8proc_ssize_t used =
                utf8proc_iterate((const utf8proc_uint8_t *)s + i, (utf8proc_ssize_t)(n - i), &c);
            i += used > 0 ? (size_t)used : 1;
        } else {
            i++;
        }
        if (is_control(c) && !(lines && (c == '\n' || c == '\t')))
            return -1;
    }
    return count;
}

static bool check_string(const json_t *j, const struct shape *s, const struct place *at,
                         struct err *e)
{
    char what[120];

    if (!json_is_string(j))
        return wrong(at, s, _("must be a string"), e);
    int64_t n =
        count_characters(json_string_value(j), json_string_length(j), s->type == SHAPE_TEXT);
    if (n < 0)
        return wrong(at, s, _("holds a control character"), e);
    if (n >= s->min && n <= s->max)
        return true;
    snprintf(what, sizeof what, _("must have %" PRId64 " to %" PRId64 " characters"), s->min,
             s->max);
    return wrong(at, s, what, e);
}

static bool check_integer(const json_t *j, const struct shape *s, const struct place *at,
                          struct err *e)
{
    char what[120];

    if (!json_is_integer(j))
        return wrong(at, s, _("must be a whole number"), e);
    if (json_integer_value(j) >= s->min && json_integer_value(j) <= s->max)
        return true;
    snprintf(what, sizeof what, _("must be from %" PRId64 " to %" PRId64), s->min, s->max);
    return wrong(at, s, what, e);
}

static bool check_word(const json_t *j, const struct shape *s, const struct place *at,
                       struct err *e)
{
    char what[200];
    size_t n = 0;
    const char *value = json_string_value(j);

    for (size_t i = 0; value && s->words[i]; i++)
        if (strcmp(s->words[i], value) == 0)
            return true;
    what[0] = '\0';
    for (size_t i = 0; s->words[i]; i++) {
        int add = snprintf(what + n, sizeof what - n, "%s%s", i ? ", " : _("must be one of: "),
                           s->words[i]);
        if (add < 0 || (size_t)add >= sizeof what - n)
            break;
        n += (size_t)add;
    }
    return wrong(at, s, what, e);
}

static bool check_match(const json_t *j, const struct shape *s, const struct place *at,
                        struct err *e)
{
    char what[160];
    const char *value = json_string_value(j);

    if (value && (s->max == 0 || json_string_length(j) <= (size_t)s->max) && s->match(value))
        return true;
    snprintf(what, sizeof what, _("must be %s"), _(s->wanted));
    return wrong(at, s, what, e);
}

static bool check_measure(const json_t *j, const struct shape *s, const struct place *at,
                          struct err *e)
{
    return json_is_string(j) ? check_match(j, s, at, e) : check_integer(j, s, at, e);
}

static bool check_value(const json_t *j, const struct shape *s, const struct place *at,
                        struct err *e);

static bool check_array(const json_t *j, const struct shape *s, const struct place *at,
                        struct err *e)
{
    char what[120];
    size_t n = json_array_size(j);

    if (!json_is_array(j))
        return wrong(at, s, _("must be an array"), e);
    if ((int64_t)n < s->min || (int64_t)n > s->max) {
        snprintf(what, sizeof what, _("must have %" PRId64 " to %" PRId64 " elements"), s->min,
                 s->max);
        return wrong(at, s, what, e);
    }
    for (size_t i = 0; i < n; i++) {
        const struct place here = {at, s->name, i};
        const json_t *one = json_array_get(j, i);
        if (!(s->type == SHAPE_LIST ? check_value(one, s->members, &here, e)
                                    : shape_check(one, s->members, &here, e)))
            return false;
    }
    return true;
}

static bool check_value(const json_t *j, const struct shape *s, const struct place *at,
                        struct err *e)
{
    const struct place here = {at, s->name, SIZE_MAX};

    switch (s->type) {
    case SHAPE_STRING:
    case SHAPE_TEXT:
        return check_string(j, s, at, e);
    case SHAPE_INTEGER:
        return check_integer(j, s, at, e);
    case SHAPE_BOOLEAN:
        return json_is_boolean(j) || wrong(at, s, _("must be true or false"), e);
    case SHAPE_WORD:
        return check_word(j, s, at, e);
    case SHAPE_MATCH:
        return check_match(j, s, at, e);
    case SHAPE_MEASURE:
        return check_measure(j, s, at, e);
    case SHAPE_LIST:
    case SHAPE_OBJECTS:
        return check_array(j, s, at, e);
    case SHAPE_ANY:
        return true;
    case SHAPE_OBJECT:
        return shape_check(j, s->members, &here, e);
    }
    return false;
}

/* Names the member that the table does not know. */
static bool unknown_member(const json_t *obj, const struct shape *members, const struct place *at,
                           struct err *e)
{
    char what[160];
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)obj, name, value)
    {
        const struct shape *s = members;
        while (s->name && strcmp(s->name, name) != 0)
            s++;
        if (s->name)
            continue;
        snprintf(what, sizeof what, _("unknown member \"%.80s\""), name);
        return shape_error(at, NULL, what, e);
    }
    return true;
}

static bool check_order(const json_t *obj, const struct place *at, struct err *e)
{
    const char *from = json_string_value(json_object_get(obj, "from"));
    const char *to = json_string_value(json_object_get(obj, "to"));

    if (!from || !to || !date_valid(from) || !date_valid(to) || strcmp(from, to) <= 0)
        return true;
    return shape_error(at, "to", _("lies before \"from\""), e);
}

bool shape_check(const json_t *obj, const struct shape *members, const struct place *at,
                 struct err *e)
{
    size_t seen = 0;

    if (!json_is_object(obj))
        return shape_error(at, NULL, _("must be an object"), e);
    for (const struct shape *s = members; s->name; s++) {
        const json_t *j = json_object_get(obj, s->name);
        if (!j && s->optional)
            continue;
        if (!j)
            return wrong(at, s, _("is missing"), e);
        if (!check_value(j, s, at, e))
            return false;
        seen++;
    }
    if (seen != json_object_size(obj))
        return unknown_member(obj, members, at, e);
    return check_order(obj, at, e);
}

static bool only_of(const char *s, const char *set, size_t min, size_t max)
{
    size_t n = strspn(s, set);

    return s[n] == '\0' && n >= min && n <= max;
}

bool shape_is_code(const char *s)
{
    return only_of(s, "abcdefghijklmnopqrstuvwxyz0123456789-", 1, 32);
}

bool shape_is_hex(const char *s)
{
    return only_of(s, "0123456789abcdef", 2 * DIGEST_SIZE, 2 * DIGEST_SIZE);
}

bool shape_is_instant(const char *s)
{
    int64_t us = 0;

    return instant_parse(s, &us);
}

bool shape_is_clock(const char *s)
{
    return strlen(s) == 5 && s[0] >= '0' && s[0] <= '2' && s[1] >= '0' && s[1] <= '9' &&
           (s[0] < '2' || s[1] <= '3') && s[2] == ':' && s[3] >= '0' && s[3] <= '5' &&
           s[4] >= '0' && s[4] <= '9';
}

/* Any version that RFC 9562 defines, and its nil and max values. */
bool shape_is_uuid(const char *s)
{
    bool nil = true;
    bool max = true;

    if (strlen(s) != 36)
        return false;
    for (int i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (s[i] != '-')
                return false;
            continue;
        }
        if (!strchr("0123456789abcdefABCDEF", s[i]))
            return false;
        nil = nil && s[i] == '0';
        max = max && (s[i] == 'f' || s[i] == 'F');
    }
    return nil || max || (strchr("12345678", s[14]) && strchr("89abAB", s[19]));
}

bool shape_is_nonce(const char *s)
{
    return only_of(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 16, 64);
}
