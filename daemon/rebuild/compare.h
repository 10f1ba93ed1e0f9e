/* SPDX-License-Identifier: BSD-2-Clause */
/* Two databases held against each other, table by table, row by row. */
#ifndef DUBAN_COMPARE_H
#define DUBAN_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/db/plain.h"

/* Prints each differing row of each ledger table, at most 20 a table, and counts all of them.
 * *rows counts the rows of the live side. Error "database". */
bool compare_run(PGconn *live, PGconn *rebuilt, uint64_t *rows, uint64_t *differences,
                 struct err *e);

#endif
