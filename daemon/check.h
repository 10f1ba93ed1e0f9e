/* SPDX-License-Identifier: BSD-2-Clause */
/* `duband check`: everything that is missing or wrong, not only the first. This file looks at
 * configuration, files and certificates; daemon/db/check_db.h at the database. */
#ifndef DUBAN_CHECK_H
#define DUBAN_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/check_report.h"

struct settings;

/* Certificates (dates, purpose, name, chain to the CA, key belongs to it), modes of key files, log
 * key, signer state, pid file's directory, user. Returns the number of CHECK_WRONG findings. */
size_t check_files(const struct settings *s, check_report_fn *report, void *ctx);
/* The whole command: prints findings to standard output; exit code 0 or 5. */
int check_run(const char *path, bool test_clock);

#endif
