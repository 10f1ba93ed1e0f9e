/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of `duband check` about channels of alerts. */
#ifndef DUBAN_CHECK_CHANNELS_H
#define DUBAN_CHECK_CHANNELS_H

#include <stddef.h>

#include "daemon/check_report.h"

struct settings;

/* Files and directories that mail, webhooks, spool and hooks need: there, readable, not by others.
 * Nothing is connected to: `duban alert --test` does that. Returns the number of CHECK_WRONG. */
size_t check_channels(const struct settings *s, check_report_fn *report, void *ctx);

#endif
