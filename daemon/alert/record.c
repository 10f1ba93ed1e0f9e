/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "record". */
#include "daemon/alert/record.h"

static const char *outcome_word(enum outcome_kind kind)
{
    static const char *const words[] = {
        [OUTCOME_SENT] = "sent", [OUTCOME_RETRY] = "retry", [OUTCOME_DEAD] = "dead"};

    return words[kind];
}

bool record_send(struct db *db, const char *by, const char *delivery, int attempt,
                 const struct outcome *o, int64_t took_ms, db_done done, void *arg)
{
    struct db_args a = {0};

    db_args_text(&a, delivery);
    db_args_int4(&a, attempt);
    db_args_text(&a, by);
    db_args_text(&a, outcome_word(o->kind));
    db_args_text(&a, o->reason);
    db_args_text(&a, *o->detail != '\0' ? o->detail : NULL);
    db_args_int4(&a, o->retry_after < 86400 ? (int32_t)o->retry_after : 86400);
    db_args_int4(&a, took_ms < INT32_MAX ? (int32_t)took_ms : INT32_MAX);
    return db != NULL && db_call(db, "delivery_record", &a, done, arg);
}
