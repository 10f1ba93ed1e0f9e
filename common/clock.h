/* SPDX-License-Identifier: BSD-2-Clause */
/* The only places that read a clock, so that tests can set it. */
#ifndef DUBAN_CLOCK_H
#define DUBAN_CLOCK_H

#include <stdint.h>

/* Real time, microseconds since the epoch. */
int64_t clock_real(void);
/* CLOCK_BOOTTIME, microseconds: intervals, deadlines; counts suspend. */
int64_t clock_mono(void);
/* For unit tests: fixes both clocks to these values; negative = real again. */
void clock_set_for_test(int64_t real_us, int64_t mono_us);

#endif
