/* SPDX-License-Identifier: BSD-2-Clause */
/* The signer's role: answers receivers' requests for signed log heads. No network, no SQL. It holds
 * the log key; receivers are not trusted with it and can only make it sign what extends its tree.
 */
#ifndef DUBAN_SIGNER_H
#define DUBAN_SIGNER_H

#include <stdbool.h>

#include "common/err.h"

struct child;

/* struct child: log_key is taken. Errors as head_open(). */
bool signer_start(struct child *c, struct err *e);
void signer_stop(struct child *c);

#endif
