/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to the reader of settings: what values must look like. */
#ifndef DUBAN_SETTINGS_VALUES_H
#define DUBAN_SETTINGS_VALUES_H

#include <stdbool.h>

#include "common/log.h"

/* A numeric address and a port; loopback: of this machine only. */
bool settings_address_good(const char *text, bool loopback);
/* What a signed note's name and our entries can hold. */
bool settings_origin_good(const char *s);
/* host:port where the host may be a name. */
bool settings_server_good(const char *text);
/* starttls, tls or none. */
bool settings_security_good(const char *s);
bool settings_level_parse(const char *s, enum log_level *out);
const char *settings_level_name(enum log_level level);

#endif
