/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths of the log as C2SP tlog-tiles writes them: strict, one spelling each. No I/O. */
#ifndef DUBAN_LOG_PATH_H
#define DUBAN_LOG_PATH_H

#include <stdbool.h>
#include <stdint.h>

struct log_path {
    bool entries; /* an entry bundle; else a tile of hashes */
    int level;    /* 0–63 */
    int64_t n;
    int width; /* 1–255 of a partial one, else 256 */
};

/* "<L>/<N>[.p/<W>]" or "entries/<N>[.p/<W>]", behind "/log/tile/". N in groups of three digits, all
 * but the last with "x" in front. False for anything else. */
bool log_path_tile(const char *text, struct log_path *out);
/* Decimal without sign, blanks or leading zeros, up to 2^53; nothing behind it. */
bool log_path_number(const char *text, int64_t *n);

#endif
