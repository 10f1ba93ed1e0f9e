/* SPDX-License-Identifier: BSD-2-Clause */
/* What is opened and checked here is opened and checked before the running generation is touched: a
 * bad configuration leaves everything as it is. */
#include "daemon/generation.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/mem.h"
#include "daemon/roles.h"
#include "daemon/settings.h"

bool generation_new(struct event_base *base, struct settings *s, const struct generation *before,
                    unsigned *number, void (*on_ready)(struct process *p, void *ctx), void *ctx,
                    struct generation **out, struct err *e)
{
    struct sockets sockets;

    if (!role_prepare_all(s, e) ||
        !sockets_open(s, before != NULL ? &before->sockets : NULL, &sockets, e))
        return false;
    struct generation *g = xcalloc(1, sizeof(*g));
    g->settings = s;
    g->sockets = sockets;
    g->n = sockets.n + 1;
    g->process = xcalloc(g->n, sizeof(*g->process));
    for (size_t i = 0; i < g->n; i++) {
        bool receiver = i < sockets.n;
        g->process[i] = process_new(base, receiver ? CHILD_RECEIVER : CHILD_ALERTER,
                                    receiver ? (unsigned)i : 0, on_ready, ctx);
        g->process[i]->number = ++*number;
    }
    *out = g;
    return true;
}

void generation_free(struct generation **gen)
{
    struct generation *g = *gen;

    if (g == NULL)
        return;
    *gen = NULL;
    for (size_t i = 0; i < g->n; i++)
        process_free(&g->process[i]);
    free(g->process);
    sockets_close(&g->sockets);
    settings_free(&g->settings);
    free(g);
}

bool generation_ready(const struct generation *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (!g->process[i]->ready)
            return false;
    return true;
}

bool generation_running(const struct generation *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->process[i]->pid != 0)
            return true;
    return false;
}

void generation_drain(struct generation *g)
{
    if (g->kill_at != 0)
        return;
    g->kill_at = clock_mono() + (int64_t)g->settings->drain_timeout * 1000000;
    for (size_t i = 0; i < g->n; i++)
        process_drain(g->process[i]);
}

struct process *generation_find(const struct generation *g, pid_t pid)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->process[i]->pid == pid)
            return g->process[i];
    return NULL;
}
