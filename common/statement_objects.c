/* SPDX-License-Identifier: BSD-2-Clause */
/* The members of each object that a registry statement can set. */
#include <string.h>

#include "common/i18n.h"
#include "common/instant.h"
#include "common/statement_kinds.h"

#define MEMBERS_MAX 5000
#define DAYS_MAX 5000
#define SUCCESSORS_MAX 50

static bool is_any_code(const char *s)
{
    return strcmp(s, "*") == 0 || shape_is_code(s);
}

static bool is_login(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return n >= 1 && n <= 63 && s[n] == '\0';
}

/* IANA names; whether the database knows it, the database says. */
static bool is_zone(const char *s)
{
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");

    return n >= 1 && n <= 64 && s[n] == '\0' && s[0] != '/';
}

#define NAME(member)                                                                               \
    {                                                                                              \
        .name = (member), .type = SHAPE_STRING, .min = 1, .max = 200                               \
    }
#define INSTANT(member)                                                                            \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = true, .match = shape_is_instant,        \
        .wanted = N_("an instant of RFC 3339")                                                     \
    }
#define HEX(member)                                                                                \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .match = shape_is_hex,                              \
        .wanted = N_("64 lower-case hexadecimal digits")                                           \
    }
#define CLOCK(member, may)                                                                         \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = (may), .match = shape_is_clock,         \
        .wanted = N_("a time HH:MM")                                                               \
    }
#define REASON(member)                                                                             \
    {                                                                                              \
        .name = (member), .type = SHAPE_STRING, .optional = true, .min = 1, .max = 500             \
    }
#define OBJECTS(member, may, table)                                                                \
    {                                                                                              \
        .name = (member), .type = SHAPE_OBJECTS, .optional = (may), .max = MEMBERS_MAX,            \
        .members = (table)                                                                         \
    }
#define SET                                                                                        \
    {                                                                                              \
        .name = "set", .type = SHAPE_STRING, .min = 1, .max = 32                                   \
    }

/* A wait of a ladder: 90m, 36h, 2d of clock time, 30wm, 6wh within office hours. */
static bool is_wait(const char *s)
{
    static const char *const units[] = {"m", "h", "d", "wm", "wh", NULL};
    size_t n = strspn(s, "0123456789");

    for (size_t i = 0; n >= 1 && n <= 5 && s[0] != '0' && units[i]; i++)
        if (strcmp(s + n, units[i]) == 0)
            return true;
    return false;
}

#define DELAY(member)                                                                              \
    {                                                                                              \
        .name = (member), .type = SHAPE_MEASURE, .optional = true, .min = 0, .max = 250,           \
        .match = is_wait,                                                                          \
        .wanted = N_("working days as a number, or a wait such as 90m, 36h, 2d, 30wm, 6wh")        \
    }
#define REPEATS(member)                                                                            \
    {                                                                                              \
        .name = (member), .type = SHAPE_MEASURE, .optional = true, .min = 1, .max = 250,           \
        .match = is_wait,                                                                          \
        .wanted = N_("working days as a number, or a wait such as 90m, 36h, 2d, 30wm, 6wh")        \
    }

static const struct shape ALIAS[] = {NAME("name"), STATEMENT_DATE("from", true),
                                     STATEMENT_DATE("to", true), SHAPE_END};
static const struct shape SUCCESSOR = STATEMENT_CODE(NULL, false);
static const struct shape UNIT[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    OBJECTS("aliases", true, ALIAS),
    STATEMENT_DATE("retired", true),
    {.name = "successor",
     .type = SHAPE_LIST,
     .optional = true,
     .min = 1,
     .max = SUCCESSORS_MAX,
     .members = &SUCCESSOR},
    SHAPE_END,
};

static const char *const ROSTER_OF[] = {"units", "posts", NULL};
static const struct shape MEMBER[] = {STATEMENT_CODE("code", false), STATEMENT_DATE("from", true),
                                      STATEMENT_DATE("to", true), SHAPE_END};
static const struct shape ROSTER[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    {.name = "of", .type = SHAPE_WORD, .words = ROSTER_OF},
    OBJECTS("members", false, MEMBER),
    SHAPE_END,
};

static const char *const ROLES[] = {"contact", "head", "leader", "office", "chief", NULL};
static const struct shape HOLDER[] = {NAME("name"), STATEMENT_DATE("from", true),
                                      STATEMENT_DATE("to", true), SHAPE_END};
static const struct shape DELEGATE[] = {NAME("name"), HEX("key"), STATEMENT_DATE("from", true),
                                        STATEMENT_DATE("to", true), SHAPE_END};
static const struct shape CHANNEL_CODE = STATEMENT_CODE(NULL, false);
static const char *const LANGUAGES[] = {"zh_CN", "en", NULL};
static const struct shape POST[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    {.name = "role", .type = SHAPE_WORD, .words = ROLES},
    STATEMENT_CODE("unit", true),
    OBJECTS("holders", true, HOLDER),
    OBJECTS("delegates", true, DELEGATE),
    {.name = "channels", .type = SHAPE_LIST, .optional = true, .max = 8, .members = &CHANNEL_CODE},
    {.name = "lang", .type = SHAPE_WORD, .optional = true, .words = LANGUAGES},
    CLOCK("quiet_from", true),
    CLOCK("quiet_to", true),
    SHAPE_END,
};

/* What libcurl is given: a host, no user, no blanks. */
static bool is_https_url(const char *s)
{
    size_t n = strncmp(s, "https://", 8) == 0 ? strlen(s) : 0;

    for (size_t i = 8; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~' || strchr("@\"<>\\^`{|}#", s[i]) != NULL)
            return false;
    return n > 8 && n <= 500 && strchr("/:?", s[8]) == NULL;
}

static const char *const CHANNEL_KINDS[] = {"mail", "webhook", "spool", NULL};
static const char *const DETAILS[] = {"count", "titles", "full", NULL};
static const struct shape CHANNEL[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    {.name = "kind", .type = SHAPE_WORD, .words = CHANNEL_KINDS},
    {.name = "url",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = is_https_url,
     .wanted = N_("an address https://host/… without a user, at most 500 long")},
    {.name = "detail", .type = SHAPE_WORD, .optional = true, .words = DETAILS},
    STATEMENT_CODE("fallback", true),
    {.name = "fallback_after", .type = SHAPE_INTEGER, .optional = true, .min = 1, .max = 10080},
    SHAPE_END,
};

static const struct shape DAY = STATEMENT_DATE(NULL, false);
static const struct shape CALENDAR[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    {.name = "source", .type = SHAPE_STRING, .optional = true, .max = 2000},
    STATEMENT_DATE("from", false),
    STATEMENT_DATE("to", false),
    {.name = "off", .type = SHAPE_LIST, .optional = true, .max = DAYS_MAX, .members = &DAY},
    {.name = "work", .type = SHAPE_LIST, .optional = true, .max = DAYS_MAX, .members = &DAY},
    SHAPE_END,
};

static const char *const CADENCES[] = {"daily",        "weekly",  "ten-day",
                                       "half-monthly", "monthly", "quarterly",
                                       "half-yearly",  "yearly",  NULL};
static const char *const RULE_OF[] = {"this", "next", NULL};
static const char *const SHIFTS[] = {"none", "next", "previous", "after", "skip", NULL};
static const char *const OWES[] = {"lead", "leads", "all", "asked", NULL};
static const struct shape START[] = {STATEMENT_CODE("unit", false), STATEMENT_DATE("from", false),
                                     SHAPE_END};
static const struct shape EXCEPTION[] = {
    {.name = "period",
     .type = SHAPE_MATCH,
     .match = period_valid,
     .wanted = N_("a period such as 2022-03 or 2022Q1")},
    STATEMENT_DATE("due", true),
    CLOCK("time", true),
    SHAPE_END,
};
static const struct shape ASKED = STATEMENT_CODE(NULL, false);
#define COUNT(member, low, high)                                                                   \
    {                                                                                              \
        .name = (member), .type = SHAPE_INTEGER, .optional = true, .min = (low), .max = (high)     \
    }
static const struct shape RULE[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    {.name = "cadence", .type = SHAPE_WORD, .words = CADENCES},
    COUNT("every", 1, 366),
    STATEMENT_DATE("from", true),
    STATEMENT_DATE("to", true),
    {.name = "of", .type = SHAPE_WORD, .words = RULE_OF},
    COUNT("month", -12, 12),
    COUNT("day", -366, 366),
    COUNT("working_day", -250, 250),
    COUNT("weekday", 1, 7),
    COUNT("week", -53, 53),
    CLOCK("time", false),
    {.name = "shift", .type = SHAPE_WORD, .optional = true, .words = SHIFTS},
    COUNT("shift_days", 1, 60),
    COUNT("grace", 0, 44640),
    COUNT("closes", 1, 250),
    {.name = "owes", .type = SHAPE_WORD, .optional = true, .words = OWES},
    {.name = "asked", .type = SHAPE_LIST, .optional = true, .max = MEMBERS_MAX, .members = &ASKED},
    OBJECTS("starts", true, START),
    OBJECTS("except", true, EXCEPTION),
    STATEMENT_CODE("calendar", false),
    {.name = "zone",
     .type = SHAPE_MATCH,
     .match = is_zone,
     .wanted = N_("a time zone such as Asia/Shanghai")},
    {.name = "resubmit", .type = SHAPE_INTEGER, .optional = true, .min = 1, .max = 60},
    {.name = "countersign", .type = SHAPE_BOOLEAN, .optional = true},
    SHAPE_END,
};

static const char *const RECIPIENTS[] = {"owner",  "contact", "head", "leader",
                                         "office", "chief",   NULL};
static const struct shape RECIPIENT = {.type = SHAPE_WORD, .words = RECIPIENTS};
static const struct shape STEP_TEXT[] = {
    STATEMENT_CODE("kind", false),
    {.name = "text", .type = SHAPE_TEXT, .min = 1, .max = 1000},
    SHAPE_END,
};
static const struct shape STEP[] = {
    {.name = "level", .type = SHAPE_INTEGER, .min = 0, .max = 9},
    DELAY("before"),
    DELAY("after"),
    CLOCK("time", true),
    {.name = "to", .type = SHAPE_LIST, .min = 1, .max = 5, .members = &RECIPIENT},
    REPEATS("repeat"),
    {.name = "rounds", .type = SHAPE_INTEGER, .optional = true, .min = 2, .max = 100},
    REPEATS("answer"),
    {.name = "channels", .type = SHAPE_LIST, .optional = true, .max = 8, .members = &CHANNEL_CODE},
    {.name = "texts", .type = SHAPE_OBJECTS, .optional = true, .max = 20, .members = STEP_TEXT},
    SHAPE_END,
};
static const struct shape CHASED = {
    .type = SHAPE_MATCH,
    .match = shape_is_code,
    .wanted = N_("a kind of obligation, such as report or promise"),
};
static const struct shape LOUD = {
    .type = SHAPE_MATCH,
    .match = shape_is_code,
    .wanted = N_("a post or a role"),
};
static const struct shape LADDER[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    STATEMENT_CODE("calendar", false),
    {.name = "hold", .type = SHAPE_INTEGER, .min = 0, .max = 250},
    {.name = "hold_max", .type = SHAPE_INTEGER, .optional = true, .min = 0, .max = 250},
    CLOCK("opens", true),
    CLOCK("closes", true),
    {.name = "rehearsal", .type = SHAPE_BOOLEAN, .optional = true},
    {.name = "kinds", .type = SHAPE_LIST, .optional = true, .max = 20, .members = &CHASED},
    CLOCK("quiet_from", true),
    CLOCK("quiet_to", true),
    {.name = "quiet_off", .type = SHAPE_BOOLEAN, .optional = true},
    {.name = "quiet_except", .type = SHAPE_LIST, .optional = true, .max = 100, .members = &LOUD},
    {.name = "silence_max", .type = SHAPE_INTEGER, .optional = true, .min = 1, .max = 366},
    {.name = "renew", .type = SHAPE_INTEGER, .optional = true, .min = 1, .max = 366},
    {.name = "steps", .type = SHAPE_OBJECTS, .min = 1, .max = 50, .members = STEP},
    SHAPE_END,
};

static const char *const ALGORITHMS[] = {"ecdsa-p256", "ed25519", "sm2", NULL};
static const struct shape KEY[] = {
    SET,
    HEX("key"),
    {.name = "spki", .type = SHAPE_STRING, .min = 1, .max = 200},
    {.name = "alg", .type = SHAPE_WORD, .words = ALGORITHMS},
    STATEMENT_CODE("for", false),
    {.name = "operator", .type = SHAPE_BOOLEAN, .optional = true},
    INSTANT("from"),
    INSTANT("until"),
    REASON("revoked"),
    SHAPE_END,
};

static const struct shape DELIVER = STATEMENT_CODE(NULL, false);
static const struct shape CLIENT[] = {
    SET,
    HEX("certificate"),
    NAME("name"),
    STATEMENT_CODE("for", false),
    {.name = "operator", .type = SHAPE_BOOLEAN, .optional = true},
    {.name = "deliver",
     .type = SHAPE_LIST,
     .optional = true,
     .max = MEMBERS_MAX,
     .members = &DELIVER},
    INSTANT("until"),
    REASON("revoked"),
    SHAPE_END,
};

static const struct shape LOGIN[] = {
    SET,
    {.name = "login",
     .type = SHAPE_MATCH,
     .match = is_login,
     .wanted = N_("a database login of [a-z0-9_-], at most 63 long")},
    {.name = "for",
     .type = SHAPE_MATCH,
     .match = is_any_code,
     .wanted = N_("a code of [a-z0-9-], at most 32 long, or *")},
    SHAPE_END,
};

static const char *const COLOURS[] = {"green", "blue", "yellow", "orange", "red", "white", NULL};
static const struct shape WHEN = {.type = SHAPE_STRING, .min = 1, .max = 100};
static const struct shape LIGHT_STEP[] = {
    {.name = "when", .type = SHAPE_LIST, .optional = true, .max = 20, .members = &WHEN},
    {.name = "light", .type = SHAPE_WORD, .words = COLOURS},
    {.name = "meaning", .type = SHAPE_STRING, .optional = true, .min = 1, .max = 200},
    {.name = "zh", .type = SHAPE_STRING, .min = 1, .max = 200},
    {.name = "en", .type = SHAPE_STRING, .optional = true, .min = 1, .max = 200},
    SHAPE_END,
};
static const struct shape LIGHT[] = {
    SET,
    STATEMENT_CODE("code", false),
    NAME("name"),
    {.name = "source", .type = SHAPE_STRING, .optional = true, .max = 2000},
    {.name = "standard", .type = SHAPE_BOOLEAN, .optional = true},
    {.name = "steps", .type = SHAPE_OBJECTS, .min = 1, .max = 50, .members = LIGHT_STEP},
    SHAPE_END,
};

static const struct shape SAME_TASK = {
    .type = SHAPE_MATCH,
    .match = task_valid,
    .wanted = N_("a task such as p1/6.1: the plan's handle, a slash and the number"),
};
static const struct shape SAME[] = {
    SET,
    STATEMENT_CODE("code", false),
    {.name = "name", .type = SHAPE_STRING, .optional = true, .min = 1, .max = 200},
    {.name = "tasks", .type = SHAPE_LIST, .min = 2, .max = 100, .members = &SAME_TASK},
    SHAPE_END,
};

static const struct shape TEST_CLOCK[] = {
    SET,
    INSTANT("to"),
    {.name = "by", .type = SHAPE_INTEGER, .optional = true, .min = 1, .max = STATEMENT_INTEGER_MAX},
    SHAPE_END,
};

const struct statement_object statement_objects[] = {
    {"unit", UNIT, "code"},      {"roster", ROSTER, "code"},
    {"post", POST, "code"},      {"calendar", CALENDAR, "code"},
    {"rule", RULE, "code"},      {"ladder", LADDER, "code"},
    {"key", KEY, "key"},         {"client", CLIENT, "certificate"},
    {"login", LOGIN, "login"},   {"channel", CHANNEL, "code"},
    {"light", LIGHT, "code"},    {"same", SAME, "code"},
    {"clock", TEST_CLOCK, NULL}, {NULL, NULL, NULL},
};
