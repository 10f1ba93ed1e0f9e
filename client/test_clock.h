/* SPDX-License-Identifier: BSD-2-Clause */
/* duban clock TIME|+DURATION: moves the clock of a test instance forward. */
#ifndef DUBAN_CLIENT_TEST_CLOCK_H
#define DUBAN_CLIENT_TEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "client/app.h"

/* RFC 3339; without an offset, the time of the local zone ("2022-04-08T17:31", seconds optional).
 */
bool test_clock_parse(const char *s, int64_t *us);
int clock_command(struct app *a, int argc, char **argv);

#endif
