/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "record": notes how an attempt ended. Recording twice is harmless; what is not recorded is
 * sent again under the same id when the lease has run out. */
#ifndef DUBAN_RECORD_H
#define DUBAN_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/alert/outcome.h"
#include "daemon/db/conn.h"

/* False: not sent, done is not called. */
bool record_send(struct db *db, const char *by, const char *delivery, int attempt,
                 const struct outcome *o, int64_t took_ms, db_done done, void *arg);

#endif
