/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of payloads share: a head and a report that are right, and the verdict of
 * statement_parse() on a text. */
#ifndef DUBAN_TESTS_STATEMENT_FIXTURE_H
#define DUBAN_TESTS_STATEMENT_FIXTURE_H

#include "unit.h"

#include "common/mem.h"
#include "common/statement.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD                                                                                       \
    "\"v\":1,\"aud\":\"duban.example/log1\",\"unit\":\"u001\",\"key\":\"" KEY                      \
    "\",\"seq\":1,\"prev\":\"" ZERO                                                                \
    "\",\"id\":\"0190b3c8-0000-7000-8000-000000000000\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","     \
    "\"iat\":\"2026-11-21T10:00:00Z\""
#define REPORT "{\"task\":\"p1/6.1\",\"period\":\"2022Q1\",\"status\":\"on-track\"}"

/* A report that is right, with more members. */
#define R(more) "{\"task\":\"p1/1\",\"period\":\"2022\",\"status\":\"done\"," more "}"

static inline struct statement *parse(enum statement_kind kind, const char *json, struct err *e)
{
    struct statement *s = NULL;

    e->code[0] = '\0';
    if (!statement_parse(kind, json, strlen(json), &s, e))
        assert_null(s);
    return s;
}

static inline void refuse(enum statement_kind kind, const char *json, const char *code,
                          const char *part)
{
    struct err e;
    struct statement *s = parse(kind, json, &e);

    if (s)
        fail_msg("accepted: %s", json);
    if (strcmp(e.code, code) != 0 || !strstr(e.text, part))
        fail_msg("[%s] %s\ndoes not say [%s] %s for\n%s", e.code, e.text, code, part, json);
}

static inline void accept(enum statement_kind kind, const char *payload)
{
    struct err e = {0};
    struct statement *s = parse(kind, payload, &e);

    if (s == NULL)
        fail_msg("%s: %s", payload, e.text);
    statement_free(&s);
}

static inline char *report_text(const char *report)
{
    return xasprintf("{" HEAD ",\"reports\":[%s]}", report);
}

#endif
