/* SPDX-License-Identifier: BSD-2-Clause */
/* duban ack ALERT… [--bundle B] [--comment T]: a signed acknowledgement. */
#ifndef DUBAN_CLIENT_ACK_H
#define DUBAN_CLIENT_ACK_H

#include "client/app.h"

int ack_command(struct app *a, int argc, char **argv);

#endif
