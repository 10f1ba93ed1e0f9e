/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of duban.append(): parallel arrays, built in memory that is used again for the
 * next batch. */
#ifndef DUBAN_BATCH_ARRAYS_H
#define DUBAN_BATCH_ARRAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/db/args.h"
#include "daemon/receive/submission.h"

enum batch_array {
    C_KEY,
    C_SEQ,
    C_PREV,
    C_LAST_SEQ,
    C_LAST_ID,
    S_ID,
    S_PAYLOAD,
    S_SIG,
    S_KEY,
    S_SEQ,
    S_TAIL,
    R_STATEMENT,
    R_ORD,
    R_UNIT,
    R_TASK,
    R_PERIOD,
    R_STATUS,
    R_PROGRESS,
    R_REPEAT,
    R_ERRORS,
    M_REPORT,
    M_NAME,
    M_UNIT,
    BATCH_ARRAYS
};

struct batch_arrays;

struct batch_arrays *batch_arrays_new(void);
void batch_arrays_free(struct batch_arrays **a);
/* Fills all arrays for n statements that chain per key. registry and offset_us go into the entries'
 * lines. False when they are too big to be sent. The statements must stay until it was sent. */
bool batch_arrays_fill(struct batch_arrays *a, struct submission *const *s, size_t n,
                       int64_t registry, int64_t offset_us);
/* Adds the arguments behind p_head_note, in order. */
void batch_arrays_args(const struct batch_arrays *a, struct db_args *args);
/* The entry's lines behind `received` and before the outcomes (docs/log.md), appended to out. */
void batch_arrays_tail(const struct submission *s, int64_t registry, int64_t offset_us,
                       struct buf *out);

#endif
