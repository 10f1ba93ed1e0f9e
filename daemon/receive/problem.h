/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals: one table from stable code to status and retry rule (docs/api.md), with room for the
 * sentence, so that a step can hand one on without owning memory. */
#ifndef DUBAN_PROBLEM_H
#define DUBAN_PROBLEM_H

#include <stdint.h>

#include "common/digest.h"
#include "daemon/net/http.h"

struct problem {
    struct http_problem http; /* valid after problem_http() */
    const char *code;         /* static */
    char detail[600];
    bool has_expected; /* code "sequence": what would be taken */
    int64_t expected_seq;
    uint8_t expected_prev[DIGEST_SIZE];
    char extra[144];
    const char *allow; /* of a 405; set after problem_set() */
};

/* code must be in the table of problem.c; anything else becomes "internal". */
void problem_set(struct problem *p, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A wrong place in the key's chain: expected {seq, prev}. */
void problem_sequence(struct problem *p, int64_t seq, const uint8_t prev[DIGEST_SIZE]);
/* As net/http prints it; borrows from *p. */
const struct http_problem *problem_http(struct problem *p);

#endif
