/* SPDX-License-Identifier: BSD-2-Clause */
/* sd_notify(3) without libsystemd. */
#ifndef DUBAN_NOTIFY_H
#define DUBAN_NOTIFY_H

/* Sends a state such as "READY=1" to the service manager; nothing happens without one. */
void notify_send(const char *state);

#endif
