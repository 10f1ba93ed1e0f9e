/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of every kind; the first byte chooses the kind ('0' report, '1' acknowledge, '2' plan,
 * '3' registry, '4' contact). The faults of a report must themselves be JSON. */
#include <string.h>

#include "common/json.h"
#include "common/statement.h"
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
    } else {
        FUZZ_CHECK(!s && e.code[0] && e.text[0]);
    }
    statement_free(&s);
    return 0;
}
