/* SPDX-License-Identifier: BSD-2-Clause */
/* POST /v1/statements: hands the envelopes of each request to verify, a few milliseconds at a time
 * so that a long batch does not stop the others, and carries the answers back. */
#ifndef DUBAN_INTAKE_H
#define DUBAN_INTAKE_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/receive/keys.h"
#include "daemon/receive/problem.h"
#include "daemon/receive/submission.h"
#include "daemon/receive/verify.h"

struct event_base;
struct http_request;
struct intake;
struct session;

#define INTAKE_BODY_MAX ((size_t)4 * 1024 * 1024)

struct intake_ops {
    /* NULL, or the code to refuse with. */
    const char *(*closed)(void *arg);
    /* No more can be taken until intake_room(): what came waits, on its connection. */
    bool (*full)(void *arg);
    /* Verified: takes the statement. */
    void (*append)(void *arg, struct submission *s);
    /* To be refused with s->refusal unless stored: takes the statement. */
    void (*lookup)(void *arg, struct submission *s);
};

struct intake_figures {
    uint64_t recorded, duplicates;
    uint64_t micros; /* sum over recorded ones, from the request to the answer */
    struct {
        const char *code;
        uint64_t n;
    } refused[32];
};

struct intake *intake_new(struct event_base *base, const struct keys *keys,
                          const struct intake_ops *ops, void *arg);
/* Free sessions first. */
void intake_free(struct intake **i);
struct submission_pool *intake_pool(struct intake *i);

/* At the headers: may the body come? False: *p. */
bool intake_admit(struct intake *i, const struct http_request *r, struct problem *p);
/* Serves the request; answers the session when all its statements are answered. */
void intake_post(struct intake *i, struct session *s, const struct http_request *r);
/* There is room again after ops.full() was true. */
void intake_room(struct intake *i);
/* Does what verify's second half does, after a change of the registry. */
enum verify_outcome intake_allowed(struct intake *i, struct submission *s, struct problem *p);
/* Answers of one statement; it still belongs to the caller. */
void intake_receipt(struct intake *i, struct submission *s, const char *json, size_t n,
                    bool duplicate);
void intake_refuse(struct intake *i, struct submission *s, struct problem *p);
const struct intake_figures *intake_figures(const struct intake *i);

#endif
