/* SPDX-License-Identifier: BSD-2-Clause */
/* Registry statements: units, rosters, posts, calendars, rules, ladders, lights, keys, clients,
 * logins and the test clock. What one object means is checked here; what it refers to, by the
 * database. */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"
#include "common/key.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#define CHANGES_MAX 20000

/* The elements are checked by statement_registry_read, each against the table that it names. */
static const struct shape CHANGE = {.type = SHAPE_ANY};
const struct shape statement_registry_shape[] = {
    STATEMENT_HEAD,
    {.name = "changes", .type = SHAPE_LIST, .min = 1, .max = CHANGES_MAX, .members = &CHANGE},
    SHAPE_END,
};

static bool has(const json_t *change, const char *member)
{
    return json_object_get(change, member) != NULL;
}

static const char *text_of(const json_t *change, const char *member)
{
    return json_string_value(json_object_get(change, member));
}

/* Whether the successors are registered, the database says. */
static bool check_unit(const json_t *change, const struct place *at, struct err *e)
{
    if (has(change, "successor") && !has(change, "retired"))
        return shape_error(at, "successor",
                           _("goes with \"retired\", the day on which the unit ends"), e);
    return true;
}

static bool check_post(const json_t *change, const struct place *at, struct err *e)
{
    const char *role = text_of(change, "role");
    bool of_unit = strcmp(role, "contact") == 0 || strcmp(role, "head") == 0;

    if (of_unit && !has(change, "unit"))
        return shape_error(at, "unit", _("is missing: a contact or head belongs to a unit"), e);
    return true;
}

/* Every day of the list lies in the calendar's range and stands in the lists once. */
static bool check_days(const json_t *change, const char *list, json_t *seen, const struct place *at,
                       struct err *e)
{
    const char *from = text_of(change, "from");
    const char *to = text_of(change, "to");
    size_t i;
    json_t *one;

    json_array_foreach(json_object_get(change, list), i, one)
    {
        const struct place here = {at, list, i};
        const char *day = json_string_value(one);
        if (strcmp(day, from) < 0 || strcmp(day, to) > 0)
            return shape_error(&here, NULL, _("lies outside the calendar's \"from\" and \"to\""),
                               e);
        if (json_object_get(seen, day))
            return shape_error(&here, NULL, _("is listed a second time"), e);
        json_object_set_new(seen, day, json_true());
    }
    return true;
}

static bool check_calendar(const json_t *change, const struct place *at, struct err *e)
{
    json_t *seen = json_object();
    bool ok = check_days(change, "off", seen, at, e) && check_days(change, "work", seen, at, e);

    json_decref(seen);
    return ok;
}

static long long number_of(const json_t *change, const char *name)
{
    return (long long)json_integer_value(json_object_get(change, name));
}

/* The day: which of the three it is, and what goes with it. */
static bool check_rule_day(const json_t *change, const struct place *at, struct err *e)
{
    static const char *const counted[] = {"day", "working_day", "month", "week", NULL};
    bool by_working_day = has(change, "working_day");
    const char *shift = text_of(change, "shift");

    if (has(change, "day") + by_working_day + has(change, "weekday") != 1)
        return shape_error(at, "day",
                           _("a rule has either \"day\", \"working_day\" or \"weekday\""), e);
    for (size_t i = 0; counted[i]; i++)
        if (has(change, counted[i]) && number_of(change, counted[i]) == 0)
            return shape_error(at, counted[i], _("must not be 0"), e);
    if (llabs(number_of(change, "day")) > 31 && strcmp(text_of(change, "cadence"), "daily") != 0)
        return shape_error(at, "day", _("a month has no such day"), e);
    if (!by_working_day && !shift)
        return shape_error(at, "shift",
                           _("is missing: a rule with \"day\" or \"weekday\" needs it"), e);
    if (by_working_day && shift && strcmp(shift, "none") != 0)
        return shape_error(at, "shift", _("a working day is never shifted"), e);
    if (has(change, "week") && !has(change, "weekday"))
        return shape_error(at, "week", _("goes with \"weekday\": the n-th such day"), e);
    return true;
}

static bool check_rule(const json_t *change, const struct place *at, struct err *e)
{
    const char *shift = text_of(change, "shift"), *cadence = text_of(change, "cadence");
    const char *owes = text_of(change, "owes");
    bool counts = strcmp(cadence, "daily") == 0 || strcmp(cadence, "weekly") == 0 ||
                  strcmp(cadence, "monthly") == 0;

    if (!check_rule_day(change, at, e))
        return false;
    if ((shift && strcmp(shift, "after") == 0) != has(change, "shift_days"))
        return shape_error(at, "shift_days",
                           _("goes with shift \"after\": the n-th working day after the day"), e);
    if (number_of(change, "every") > 1 && (!counts || !has(change, "from")))
        return shape_error(at, "every",
                           _("counts days, weeks or months from the day that \"from\" names"), e);
    if (has(change, "asked") && (!owes || strcmp(owes, "asked") != 0))
        return shape_error(at, "asked", _("goes with owes \"asked\""), e);
    return true;
}

static bool check_step(const json_t *step, const struct place *at, struct err *e)
{
    bool reminder = json_integer_value(json_object_get(step, "level")) == 0;
    const json_t *delay = json_object_get(step, reminder ? "before" : "after");

    if (has(step, "before") != reminder || has(step, "after") == reminder)
        return shape_error(
            at, "level", _("level 0 has \"before\" (a reminder), every other level \"after\""), e);
    if (json_is_string(delay) && has(step, "time"))
        return shape_error(at, "time", _("a time of day goes with whole working days only"), e);
    if (reminder && json_is_integer(delay) && !has(step, "time"))
        return shape_error(at, "time", _("a reminder needs its time of day"), e);
    if (has(step, "repeat") != has(step, "rounds"))
        return shape_error(at, "rounds", _("\"repeat\" and \"rounds\" go together"), e);
    if (reminder && (has(step, "repeat") || has(step, "answer")))
        return shape_error(at, "level", _("a reminder is neither repeated nor answered"), e);
    return true;
}

static bool check_ladder(const json_t *change, const struct place *at, struct err *e)
{
    json_t *steps = json_object_get(change, "steps");
    size_t i;
    json_t *step;

    json_array_foreach(steps, i, step)
    {
        const struct place here = {at, "steps", i};
        if (!check_step(step, &here, e))
            return false;
        for (size_t j = 0; j < i; j++) {
            const json_t *other = json_array_get(steps, j);
            if (json_equal(json_object_get(other, "level"), json_object_get(step, "level")) &&
                (has(step, "after") ||
                 json_equal(json_object_get(other, "before"), json_object_get(step, "before"))))
                return shape_error(&here, "level", _("the ladder has this step already"), e);
        }
    }
    return true;
}

/* The key's name must be the digest of its one canonical encoding, or a key could be registered
 * under another's name. */
static bool check_key(const json_t *change, const struct place *at, struct err *e)
{
    const json_t *text = json_object_get(change, "spki");
    struct buf der = {.limit = 256};
    struct key *k = NULL;
    uint8_t id[DIGEST_SIZE];
    enum key_alg alg;
    bool ok = true;

    if (!base64_decode(json_string_value(text), json_string_length(text), &der) ||
        !key_from_spki((const uint8_t *)der.data, der.len, &k, NULL))
        ok = shape_error(at, "spki",
                         _("is not a public key of ecdsa-p256, ed25519 or sm2 (DER, named curve, "
                           "uncompressed, in base64)"),
                         e);
    else if (!key_alg_parse(text_of(change, "alg"), &alg) || alg != key_algorithm(k))
        ok = shape_error(at, "alg", _("is not the algorithm of \"spki\""), e);
    else if (!hex_decode(text_of(change, "key"), id, sizeof id) ||
             memcmp(id, key_id(k), sizeof id) != 0)
        ok = shape_error(at, "key", _("is not the SHA-256 of \"spki\""), e);
    key_free(&k);
    buf_free(&der);
    return ok;
}

static bool check_clock(const json_t *change, const struct place *at, struct err *e)
{
    if (has(change, "to") == has(change, "by"))
        return shape_error(at, "to", _("the clock moves either \"to\" or \"by\""), e);
    return true;
}

static bool check_channel(const json_t *change, const struct place *at, struct err *e)
{
    bool webhook = strcmp(text_of(change, "kind"), "webhook") == 0;

    if (webhook != has(change, "url"))
        return shape_error(at, "url", _("a webhook has \"url\", no other channel does"), e);
    if (has(change, "fallback_after") && !has(change, "fallback"))
        return shape_error(at, "fallback", _("is missing: \"fallback_after\" needs it"), e);
    return true;
}

static const struct {
    const char *set;
    bool (*check)(const json_t *change, const struct place *at, struct err *e);
} CHECKS[] = {
    {"unit", check_unit},   {"post", check_post},       {"calendar", check_calendar},
    {"rule", check_rule},   {"ladder", check_ladder},   {"key", check_key},
    {"clock", check_clock}, {"channel", check_channel},
};

static bool check_object(const char *set, const json_t *change, const struct place *at,
                         struct err *e)
{
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0]; i++)
        if (strcmp(CHECKS[i].set, set) == 0)
            return CHECKS[i].check(change, at, e);
    return true;
}

static const struct statement_object *find_object(const char *set)
{
    for (const struct statement_object *o = statement_objects; set && o->set; o++)
        if (strcmp(o->set, set) == 0)
            return o;
    return NULL;
}

/* An object set twice in one statement would have two meanings. */
static bool check_once(const struct statement_object *o, const json_t *change, json_t *seen,
                       const struct place *at, struct err *e)
{
    struct buf name = {.limit = 256};

    buf_addf(&name, "%s/%s", o->set, o->name ? text_of(change, o->name) : "");
    bool ok = !json_object_get(seen, name.data) ||
              shape_error(at, o->name, _("is set a second time in this statement"), e);
    if (ok)
        json_object_set_new(seen, name.data, json_true());
    buf_free(&name);
    return ok;
}

static bool check_change(const json_t *change, size_t index, json_t *seen, struct err *e)
{
    const struct place at = {NULL, "changes", index};
    const struct statement_object *o = find_object(text_of(change, "set"));

    if (!o)
        return shape_error(&at, "set",
                           _("must be one of: unit, roster, post, calendar, rule, ladder, key, "
                             "client, login, channel, light, same, clock"),
                           e);
    return shape_check(change, o->shape, &at, e) && check_object(o->set, change, &at, e) &&
           check_once(o, change, seen, &at, e);
}

bool statement_registry_read(struct statement *s, struct err *e)
{
    const json_t *changes = json_object_get(s->json, "changes");
    json_t *seen = json_object();
    bool ok = true;

    for (size_t i = 0; ok && i < json_array_size(changes); i++)
        ok = check_change(json_array_get(changes, i), i, seen, e);
    /* seq 1 of a key that registers itself is the genesis, which also says where the clock begins
     */
    if (ok && json_object_get(seen, "clock/") && json_array_size(changes) != 1 && s->seq != 1)
        ok =
            shape_error(NULL, "changes", _("a move of the clock stands alone in its statement"), e);
    json_decref(seen);
    return ok;
}
