/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants and dates. An instant is microseconds since 1970-01-01T00:00:00Z. */
#ifndef DUBAN_INSTANT_H
#define DUBAN_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INSTANT_SIZE 40

/* RFC 3339 with offset; years 1970–9999; fraction up to 6 digits; false otherwise. */
bool instant_parse(const char *s, int64_t *us);
/* "2026-11-21T10:00:00.123456Z". */
void instant_format_utc(int64_t us, char out[INSTANT_SIZE]);
/* "2026-11-21T18:00:00+08:00", in the process's time zone, seconds. */
void instant_format_local(int64_t us, char out[INSTANT_SIZE]);
/* Strict YYYY-MM-DD of a real day (Gregorian); false otherwise. */
bool date_valid(const char *s);
/* "+90s", "+15m", "+2h", "+3d", "+1w", sums such as "+1d12h": microseconds; false otherwise. */
bool duration_parse(const char *s, int64_t *us);

#endif
