/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "materialise". */
#include "daemon/alert/materialise.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/conn.h"

/* Tasks of one slice, each with up to four obligations: some tenths of a second. A registry change
 * of the same plan waits for the slice that is under way. */
#define SLICE 5000

struct materialise {
    materialise_done done;
    void *arg;
    struct db *db;
};

static void on_made(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct materialise *m = arg;
    bool ok = outcome == DB_DONE && db_rows(r) == 1;

    if (outcome == DB_FAILED)
        log_limited(LOG_LEVEL_ERROR, "materialise", "obligations cannot be made: %s %s",
                    db_sqlstate(r), db_message(r));
    if (ok && db_text(r, 0, 2) != NULL)
        log_warn("%s", db_text(r, 0, 2));
    m->done(m->arg, ok, ok ? db_int8(r, 0, 0) : 0, ok ? db_int8(r, 0, 1) : 0);
}

void materialise_slice(struct materialise *m)
{
    struct db_args args = {0};

    db_args_int4(&args, SLICE);
    if (m->db == NULL || !db_call(m->db, "materialise", &args, on_made, m))
        m->done(m->arg, false, 0, 0);
}

struct materialise *materialise_new(materialise_done done, void *arg)
{
    struct materialise *m = xcalloc(1, sizeof *m);

    m->done = done;
    m->arg = arg;
    return m;
}

void materialise_set_db(struct materialise *m, struct db *d)
{
    m->db = d;
}

void materialise_free(struct materialise **m)
{
    free(*m);
    *m = NULL;
}
