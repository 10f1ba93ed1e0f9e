/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of `duband check` that looks at the database: version, durability settings, roles and
 * rights, schema, clock. */
#ifndef DUBAN_DB_CHECK_DB_H
#define DUBAN_DB_CHECK_DB_H

#include <stddef.h>

#include "daemon/check_report.h"

struct settings;

/* Connects as the receiver, then as the alerter. Returns the number of CHECK_WRONG findings. */
size_t check_database(const struct settings *s, check_report_fn *report, void *ctx);

#endif
