/* SPDX-License-Identifier: BSD-2-Clause */
/* duband's settings as `duband settings` prints them, and running duband's other plumbing. */
#ifndef DUBAN_CLIENT_DAEMON_SETTINGS_H
#define DUBAN_CLIENT_DAEMON_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/* New string: path of duband: beside this program, in ../sbin, else by PATH. */
char *daemon_settings_program(void);
/* Runs `duband -c conf settings`: new object NAME → text. Error "config" with duband's own words.
 */
bool daemon_settings_read(const char *program, const char *conf, json_t **out, struct err *e);
/* Reads NAME='value' lines as a shell would. Error "config". */
bool daemon_settings_parse(const char *text, json_t **out, struct err *e);
/* Runs `duband -c conf genesis` with input on its standard input. Error "config". */
bool daemon_settings_genesis(const char *program, const char *conf, const char *input, size_t n,
                             struct err *e);
/* New string: directory that holds conf/ (standard registry): $DUBAN_DATADIR, beside a build tree,
 * else the installed place. */
char *daemon_settings_datadir(void);

#endif
