/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent: opens and keeps the sockets, forks the roles, watches their heartbeats, restarts,
 * reloads by a new generation, drains the old. It never touches the network's bytes or SQL; it may
 * be root, its children are not. */
#ifndef DUBAN_PARENT_H
#define DUBAN_PARENT_H

struct settings;

/* Runs until SIGTERM or SIGINT; takes the settings. Returns the exit code: 0 after an orderly stop,
 * 1 when a role died five times in a minute or nothing could be started. */
int parent_run(struct settings *s);
/* All roles in this process and one event base, for debugging. */
int parent_run_single(struct settings *s);

#endif
