/* SPDX-License-Identifier: BSD-2-Clause */
/* The SQL that the daemon sends: one statement per file of sql/query/, compiled in. */
#ifndef DUBAN_DB_STATEMENTS_H
#define DUBAN_DB_STATEMENTS_H

#include <stddef.h>

#define STATEMENTS_MAX 96

/* Number of the statement that is sql/query/<name>.sql, -1 when there is none. */
int statements_find(const char *name);
/* Its text and its name; n from statements_find(). */
const char *statements_sql(int n);
const char *statements_name(int n);

#endif
