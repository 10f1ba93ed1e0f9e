/* SPDX-License-Identifier: BSD-2-Clause */
/* duband retry: messages that failed for good are tried again, by whoever runs the service. */
#ifndef DUBAN_DB_RETRY_H
#define DUBAN_DB_RETRY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct settings;

/* Without ids: prints the messages of duban.stuck_deliveries, one a line. Else tries each of them
 * again at once: duban.delivery_retry. Logs in as conninfo and environment say (the owner). Errors:
 * "database"; "refused" when an id names no message that is dead or waits; the others are tried
 * all the same. */
bool retry_run(const struct settings *s, char *const *ids, size_t n, struct err *e);

#endif
