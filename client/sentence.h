/* SPDX-License-Identifier: BSD-2-Clause */
/* Why an alert exists, in one sentence in the reader's language. */
#ifndef DUBAN_CLIENT_SENTENCE_H
#define DUBAN_CLIENT_SENTENCE_H

#include <jansson.h>

/* New string for an alert event (docs/api.md): the server's sentence ("why") in the language of the
 * program, with the due instant as `due` shows it (NULL: there is none). A sentence that is not
 * known here is given back as the server wrote it; NULL when it wrote none. */
char *sentence_why(const json_t *alert, const char *due);
/* The period of an alert or item as people know it; NULL when it has none of that kind (the
 * completion, an early warning). Borrowed. */
const char *sentence_period(const json_t *item);

#endif
