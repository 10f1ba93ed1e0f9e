/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of every kind; the first byte chooses the kind ('0' report, '1' acknowledge, '2' plan,
 * '3' registry, '4' contact). The faults of a report must themselves be JSON. What the reader of
 * plain reports lets through, the whole reader must read as the same. */
#include <string.h>

#include "common/json.h"
#include "common/statement.h"
#include "common/statement_kinds.h"
#include "fuzz.h"

static void check_report(const struct statement_report *r)
{
    json_t *faults = NULL;
    struct err e;

    FUZZ_CHECK(r->task && r->status_text);
    FUZZ_CHECK(r->progress >= -1 && r->progress <= 100);
    for (size_t i = 0; i < r->values_len; i++)
        FUZZ_CHECK(r->values[i].name && r->values[i].value);
    if (!r->errors) {
        FUZZ_CHECK(r->period && r->status != STATUS_INVALID && task_valid(r->task));
        return;
    }
    FUZZ_CHECK(json_read(r->errors, strlen(r->errors), 2, &faults, &e));
    FUZZ_CHECK(json_array_size(faults) > 0);
    json_decref(faults);
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void compare_report(const struct statement_report *a, const struct statement_report *b)
{
    FUZZ_CHECK(same(a->task, b->task) && same(a->period, b->period) && same(a->errors, b->errors));
    FUZZ_CHECK(same(a->status_text, b->status_text) && a->status == b->status);
    FUZZ_CHECK(a->progress == b->progress && a->more == b->more);
    FUZZ_CHECK(a->values_len == b->values_len);
    for (size_t i = 0; i < a->values_len; i++)
        FUZZ_CHECK(same(a->values[i].name, b->values[i].name) &&
                   same(a->values[i].value, b->values[i].value) &&
                   same(a->values[i].unit, b->values[i].unit));
}

static void compare(const struct statement *a, const struct statement *b)
{
    FUZZ_CHECK(same(a->aud, b->aud) && same(a->unit, b->unit) && same(a->id, b->id));
    FUZZ_CHECK(same(a->nonce, b->nonce) && same(a->iat, b->iat) && a->seq == b->seq);
    FUZZ_CHECK(memcmp(a->key, b->key, DIGEST_SIZE) == 0);
    FUZZ_CHECK(memcmp(a->prev, b->prev, DIGEST_SIZE) == 0);
    FUZZ_CHECK(a->reports_len == b->reports_len);
    for (size_t i = 0; i < a->reports_len; i++)
        compare_report(&a->reports[i], &b->reports[i]);
}

/* Only what was plain has no tree. */
static void check_plain(const struct statement *plain, const char *payload, size_t n)
{
    struct statement *whole = NULL;
    struct err e = {0};

    FUZZ_CHECK(statement_parse_whole(STATEMENT_REPORT, payload, n, &whole, &e));
    compare(plain, whole);
    statement_free(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct statement *s = NULL;
    struct err e = {0};

    if (size == 0)
        return 0;
    enum statement_kind kind = (enum statement_kind)((uint8_t)(data[0] - '0') % STATEMENT_KINDS);
    const char *payload = (const char *)data + 1;
    if (statement_parse(kind, payload, size - 1, &s, &e)) {
        FUZZ_CHECK(s->kind == kind && s->seq >= 1 && s->aud && s->unit && s->nonce && s->iat);
        FUZZ_CHECK(kind != STATEMENT_REPORT || s->reports_len > 0);
        for (size_t i = 0; i < s->reports_len; i++)
            check_report(&s->reports[i]);
        if (s->json == NULL)
            check_plain(s, payload, size - 1);
    } else {
        FUZZ_CHECK(!s && e.code[0] && e.text[0]);
    }
    statement_free(&s);
    return 0;
}
