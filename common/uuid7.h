/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9562 version 7 identifiers and random nonces, from getrandom(2). */
#ifndef DUBAN_UUID7_H
#define DUBAN_UUID7_H

#include <stddef.h>

/* 36 characters and a NUL; monotonic within the process. */
void uuid7(char out[37]);
/* n random bytes as base64url without padding into out (room for 4*(n+2)/3+1). */
void nonce_text(size_t n, char *out);

#endif
