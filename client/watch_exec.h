/* SPDX-License-Identifier: BSD-2-Clause */
/* The command of duban watch --exec. */
#ifndef DUBAN_CLIENT_WATCH_EXEC_H
#define DUBAN_CLIENT_WATCH_EXEC_H

#include <jansson.h>

/* Runs it by the shell with the event's JSON (text, a line) on its standard input and the members
 * of j in its environment, and waits, at most so many seconds, for meanwhile nobody listens; then
 * it and what it started is killed. What went wrong is told on standard error, with id. */
void watch_exec(const char *command, unsigned seconds, const char *event, const char *id,
                const json_t *j, const char *text);

#endif
