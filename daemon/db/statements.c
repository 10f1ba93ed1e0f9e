/* SPDX-License-Identifier: BSD-2-Clause */
/* The table that tools/sql_to_c.sh makes of sql/query/: no SQL is ever put together at run time. */
#include "daemon/db/statements.h"

#include <string.h>

struct statements {
    const char *name, *sql;
};

static const struct statements table[] = {
#include "statements_table.h"
};

_Static_assert(sizeof table / sizeof table[0] <= STATEMENTS_MAX, "raise STATEMENTS_MAX");

int statements_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return (int)i;
    return -1;
}

const char *statements_sql(int n)
{
    return table[n].sql;
}

const char *statements_name(int n)
{
    return table[n].name;
}
