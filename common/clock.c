/* SPDX-License-Identifier: BSD-2-Clause */
/* The only reader of the system's clocks. */
#include "common/clock.h"

#include <time.h>

/* negative: not fixed by a test */
static int64_t test_real = -1;
static int64_t test_mono = -1;

static int64_t read_clock(clockid_t id)
{
    struct timespec t = {0};

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_real(void)
{
    return test_real >= 0 ? test_real : read_clock(CLOCK_REALTIME);
}

int64_t clock_mono(void)
{
    return test_mono >= 0 ? test_mono : read_clock(CLOCK_BOOTTIME);
}

void clock_set_for_test(int64_t real_us, int64_t mono_us)
{
    test_real = real_us;
    test_mono = mono_us;
}
