/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants as people read them: local date, weekday, hour, and how far away that is. */
#ifndef DUBAN_CLIENT_WHEN_H
#define DUBAN_CLIENT_WHEN_H

#include <stddef.h>
#include <stdint.h>

#define WHEN_SIZE 96

/* "2022-04-08 Fri 17:30", in the process's zone and language. */
void when_format(int64_t us, char out[WHEN_SIZE]);
/* The same from an RFC 3339 text; "-" for NULL, the text itself when it is not an instant. */
void when_text(const char *instant, char out[WHEN_SIZE]);
/* "in 3 days", "2 hours ago", "now". */
void when_relative(int64_t us, int64_t now, char out[WHEN_SIZE]);
/* when_text and, when now > 0, when_relative in brackets. */
void when_both(const char *instant, int64_t now, char out[2 * WHEN_SIZE]);
/* Local date YYYY-MM-DD of an instant. */
void when_date(int64_t us, char out[11]);

#endif
