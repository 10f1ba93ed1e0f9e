/* SPDX-License-Identifier: BSD-2-Clause */
/* Channel "spool": each message becomes a file in SPOOL/CODE/new/, by rename, so that who reads
 * there never sees half of one; then HOOKS/CODE, when there is such a program, is run with the
 * file's name. Writing and running happen in a child of its own: a slow disk or hook holds nothing.
 * Hooks are the administrator's; the registry only says which channel, never what is run. */
#ifndef DUBAN_SPOOL_H
#define DUBAN_SPOOL_H

#include "daemon/alert/bundle.h"
#include "daemon/alert/outcome.h"

struct event_base;
struct settings;
struct spool;
struct spool_run;

/* The run is freed when this returns. */
typedef void (*spool_done)(void *arg, const struct outcome *o);

struct spool *spool_new(struct event_base *base, const struct settings *s);
/* Hooks under way are killed, without a call. */
void spool_free(struct spool **s);
/* Starts; done is called later, never from here. Hooks end with 0: delivered; 65 or 67: never
 * (message or address refused); anything else: again later. NULL and *o filled when nothing could
 * be started. */
struct spool_run *spool_start(struct spool *s, const struct bundle *b, spool_done done, void *arg,
                              struct outcome *o);

#endif
