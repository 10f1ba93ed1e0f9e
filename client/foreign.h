/* SPDX-License-Identifier: BSD-2-Clause */
/* Sentences of the server in the reader's language. Receipts and problems are in English, because
 * they are kept and compared; what a person reads of them need not be. */
#ifndef DUBAN_CLIENT_FOREIGN_H
#define DUBAN_CLIENT_FOREIGN_H

/* New string: the sentence in the language of the program; a sentence that is not known stays as it
 * is. */
char *foreign_text(const char *english);

#endif
