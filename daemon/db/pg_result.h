/* SPDX-License-Identifier: BSD-2-Clause */
/* For daemon/db only: makes a db_result of libpq's. */
#ifndef DUBAN_DB_PG_RESULT_H
#define DUBAN_DB_PG_RESULT_H

#include <libpq-fe.h>

struct db_result;

/* Takes over pg; one reference. */
struct db_result *db_result_wrap(PGresult *pg);

#endif
