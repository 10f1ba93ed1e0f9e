/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server answered to one call. Results come in binary form; accessors check lengths. */
#ifndef DUBAN_DB_RESULT_H
#define DUBAN_DB_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum db_outcome {
    DB_DONE,   /* committed: the Sync behind it arrived, without an error and, on strict
                * connections, without a warning */
    DB_FAILED, /* refused and rolled back as a whole; see db_sqlstate() */
    DB_LOST    /* the connection went before the answer: nobody knows */
};

struct db_result; /* counted; NULL allowed in every accessor (no rows) */

struct db_result *db_result_ref(struct db_result *r);
void db_result_unref(struct db_result **r);

int db_rows(const struct db_result *r);
/* True also for a row or column that is not there. */
bool db_null(const struct db_result *r, int row, int col);
/* int2, int4 or int8 in binary; 0 for NULL. */
int64_t db_int8(const struct db_result *r, int row, int col);
bool db_bool(const struct db_result *r, int row, int col);
/* Microseconds since 1970; INT64_MIN, INT64_MAX for -infinity and infinity. */
int64_t db_time(const struct db_result *r, int row, int col);
/* Borrowed, with a NUL behind it; NULL for SQL NULL. */
const char *db_bytes(const struct db_result *r, int row, int col, size_t *n);
const char *db_text(const struct db_result *r, int row, int col);
/* Of a failure: five characters, and texts that may be logged; "" when there is none. */
const char *db_sqlstate(const struct db_result *r);
/* The server's own trouble, such as a shutdown, a timeout or a full disk, and not that of what was
 * asked: later may be better. */
static inline bool db_server_trouble(const struct db_result *r)
{
    /* classes of SQLSTATE: resources, operator intervention, system error, rollback, object in use,
     * transaction state */
    static const char classes[][3] = {"53", "57", "58", "40", "55", "25"};
    const char *state = db_sqlstate(r);

    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strncmp(state, classes[i], 2) == 0)
            return true;
    return false;
}
const char *db_message(const struct db_result *r);
const char *db_detail(const struct db_result *r);

#endif
