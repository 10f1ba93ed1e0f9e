/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals by their stable codes. */
#include "daemon/receive/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"

static const struct rule {
    const char *code, *retry;
    int status, retry_after;
} rules[] = {
    {"malformed", "after-fix", 400, 0},   {"schema", "after-fix", 400, 0},
    {"signature", "never", 403, 0},       {"key", "after-fix", 403, 0},
    {"unit", "after-fix", 403, 0},        {"audience", "after-fix", 403, 0},
    {"certificate", "after-fix", 403, 0}, {"forbidden", "never", 403, 0},
    {"not-found", "never", 404, 0},       {"method", "never", 405, 0},
    {"sequence", "after-fix", 409, 0},    {"size", "after-fix", 413, 0},
    {"media-type", "after-fix", 415, 0},  {"rate", "later", 429, 600},
    {"internal", "later", 500, 0},        {"busy", "later", 503, 1},
    {"clock", "later", 503, 30},          {"unknown", "later", 503, 1},
    {"behind", "later", 503, 60},
};

static const struct rule *rule_of(const char *code)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].code, code) == 0)
            return &rules[i];
    return rule_of("internal");
}

void problem_set(struct problem *p, const char *code, const char *fmt, ...)
{
    va_list ap;

    p->code = rule_of(code)->code;
    p->has_expected = false;
    p->allow = NULL;
    va_start(ap, fmt);
    vsnprintf(p->detail, sizeof p->detail, fmt, ap);
    va_end(ap);
}

void problem_sequence(struct problem *p, int64_t seq, const uint8_t prev[DIGEST_SIZE])
{
    problem_set(p, "sequence",
                _("This key's next statement is number %lld and continues the one stored last: "
                  "sign it again with the expected seq and prev."),
                (long long)seq);
    p->has_expected = true;
    p->expected_seq = seq;
    memcpy(p->expected_prev, prev, DIGEST_SIZE);
}

const struct http_problem *problem_http(struct problem *p)
{
    const struct rule *r = rule_of(p->code);
    char prev[2 * DIGEST_SIZE + 1];

    p->http = (struct http_problem){.status = r->status,
                                    .code = r->code,
                                    .retry = r->retry,
                                    .detail = p->detail,
                                    .retry_after = r->retry_after,
                                    .allow = p->allow};
    if (p->has_expected) {
        hex_encode(p->expected_prev, DIGEST_SIZE, prev);
        snprintf(p->extra, sizeof p->extra, "\"expected\":{\"seq\":%lld,\"prev\":\"%s\"}",
                 (long long)p->expected_seq, prev);
        p->http.extra = p->extra;
    }
    return &p->http;
}
