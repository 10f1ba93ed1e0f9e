/* SPDX-License-Identifier: BSD-2-Clause */
/* duban init -c DUBAND.CONF --home HOME [--test-clock TIME] [--server-name NAME]…: once, on the
 * server's machine, before the first start. */
#ifndef DUBAN_CLIENT_INIT_H
#define DUBAN_CLIENT_INIT_H

#include "client/app.h"
#include "client/options.h"

/* duband's settings that init needs, and what it finds out. All strings owned. */
struct init {
    char *conf, *program, *home, *test_clock;
    char *origin, *listen, *log_key, *ca, *server_certificate, *server_key;
    char *url, *alternative; /* of the server: https://…, subjectAltName */
};

/* Makes what is missing: log key, CA, server certificate. */
bool init_server_files(const struct init *x, struct err *e);
/* Makes what is missing of the operator's HOME: keys, certificate, duban.conf. */
bool init_operator_home(const struct init *x, struct err *e);
/* url and subjectAltName for an address "host:port" and further names. Error "usage". */
bool init_names(struct init *x, const struct options_list *names, struct err *e);

int init_command(struct app *a, int argc, char **argv);

#endif
