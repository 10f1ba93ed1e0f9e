/* SPDX-License-Identifier: BSD-2-Clause */
/* How an attempt to deliver ended. */
#include "daemon/alert/outcome.h"

#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

void outcome_set(struct outcome *o, enum outcome_kind kind, const char *reason, const char *detail)
{
    o->kind = kind;
    snprintf(o->reason, sizeof o->reason, "%.31s", reason);
    snprintf(o->detail, sizeof o->detail, "%.199s", detail);
    /* what the other side said goes into the database: cut within a character, or never UTF-8 */
    if (!utf8_valid(o->detail, strlen(o->detail)))
        for (char *c = o->detail; *c != '\0'; c++)
            if ((unsigned char)*c >= 0x80)
                *c = '?';
}
