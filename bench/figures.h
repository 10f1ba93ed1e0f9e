/* SPDX-License-Identifier: BSD-2-Clause */
/* Latencies as a histogram of fixed relative width (1/64), and the process's own CPU time. */
#ifndef DUBAN_BENCH_FIGURES_H
#define DUBAN_BENCH_FIGURES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FIGURES_CELLS 2560

struct figures {
    uint64_t cell[FIGURES_CELLS];
    uint64_t n;
    int64_t sum, max; /* microseconds */
};

void figures_add(struct figures *f, int64_t us);
/* Smallest value, in milliseconds, that at least this part (0–1) of the values do not pass. */
double figures_quantile(const struct figures *f, double part);
/* "name":{"n":…,"mean":…,"p50":…,"p90":…,"p99":…,"p999":…,"max":…} in milliseconds. */
void figures_print(const struct figures *f, const char *name, FILE *out);

struct figures_cpu {
    double user, system; /* seconds */
};
/* Of this process with all its threads. */
void figures_cpu(struct figures_cpu *c);
/* "name":{"user":…,"system":…} of the time between two readings. */
void figures_cpu_print(const struct figures_cpu *from, const struct figures_cpu *to,
                       const char *name, FILE *out);
/* CLOCK_MONOTONIC in microseconds. */
int64_t figures_now(void);

#endif
