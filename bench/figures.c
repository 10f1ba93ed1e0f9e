/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of a measurement. */
#include "bench/figures.h"

#include <sys/resource.h>
#include <time.h>

#define FINE 64 /* cells per doubling */

static size_t cell_of(int64_t us)
{
    unsigned shift = 0;
    size_t cell;

    if (us < 0)
        us = 0;
    while ((us >> shift) >= 2 * FINE)
        shift++;
    cell = shift * FINE + (size_t)(us >> shift);
    return cell < FIGURES_CELLS ? cell : FIGURES_CELLS - 1;
}

/* Upper end of a cell. */
static int64_t value_of(size_t cell)
{
    size_t shift = cell < (size_t)2 * FINE ? 0 : cell / FINE - 1;

    return ((int64_t)(cell - shift * FINE + 1) << shift) - 1;
}

void figures_add(struct figures *f, int64_t us)
{
    f->cell[cell_of(us)]++;
    f->n++;
    f->sum += us;
    if (us > f->max)
        f->max = us;
}

double figures_quantile(const struct figures *f, double part)
{
    double want = part * (double)f->n;
    uint64_t seen = 0;

    for (size_t i = 0; i < FIGURES_CELLS; i++) {
        seen += f->cell[i];
        if (seen > 0 && (double)seen >= want)
            return (double)(value_of(i) < f->max ? value_of(i) : f->max) / 1000.0;
    }
    return 0.0;
}

void figures_print(const struct figures *f, const char *name, FILE *out)
{
    fprintf(out,
            "\"%s\":{\"n\":%llu,\"mean\":%.3f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,"
            "\"p999\":%.3f,\"max\":%.3f}",
            name, (unsigned long long)f->n, f->n > 0 ? (double)f->sum / (double)f->n / 1000.0 : 0.0,
            figures_quantile(f, 0.5), figures_quantile(f, 0.9), figures_quantile(f, 0.99),
            figures_quantile(f, 0.999), (double)f->max / 1000.0);
}

void figures_cpu(struct figures_cpu *c)
{
    struct rusage r;

    getrusage(RUSAGE_SELF, &r);
    c->user = (double)r.ru_utime.tv_sec + (double)r.ru_utime.tv_usec / 1e6;
    c->system = (double)r.ru_stime.tv_sec + (double)r.ru_stime.tv_usec / 1e6;
}

void figures_cpu_print(const struct figures_cpu *from, const struct figures_cpu *to,
                       const char *name, FILE *out)
{
    fprintf(out, "\"%s\":{\"user\":%.3f,\"system\":%.3f}", name, to->user - from->user,
            to->system - from->system);
}

int64_t figures_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
