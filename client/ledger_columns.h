/* SPDX-License-Identifier: BSD-2-Clause */
/* The columns that the ledger can be shown and exported with. */
#ifndef DUBAN_CLIENT_LEDGER_COLUMNS_H
#define DUBAN_CLIENT_LEDGER_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "client/export.h"
#include "client/term.h"
#include "common/err.h"

#define LEDGER_COLUMNS_MAX 40

struct ledger_column {
    const char *member; /* of an item of /v1/ledger; also what people type */
    const char *title;  /* English; shown through _() */
    enum term_column kind;
    enum export_kind exported;
};

/* The column of a member; NULL when there is none. */
const struct ledger_column *ledger_column(const char *member);
/* Error "usage" that names the option and all columns; returns false. */
bool ledger_column_unknown(const char *option, const char *typed, struct err *e);
/* Columns for a list such as "task,unit_name,due", or NULL: the usual ones on the terminal, all of
 * them in a file. Up to LEDGER_COLUMNS_MAX in out. Error "usage". */
bool ledger_columns_read(const char *list, bool file, bool light, const struct ledger_column **out,
                         size_t *n, struct err *e);

#endif
