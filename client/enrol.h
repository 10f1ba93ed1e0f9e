/* SPDX-License-Identifier: BSD-2-Clause */
/* duban enrol (on the user's machine) and duban approve (by an operator). */
#ifndef DUBAN_CLIENT_ENROL_H
#define DUBAN_CLIENT_ENROL_H

#include "client/app.h"
#include "common/key.h"

#define ENROL_REQUEST_MAX ((size_t)65536)

int enrol_command(struct app *a, int argc, char **argv);
int enrol_accept(struct app *a, const char *file);
int approve_command(struct app *a, int argc, char **argv);

/* {"set":"key",…} of a public key for a unit or post. */
json_t *enrol_key_object(const struct key *k, const char *code, bool op);
/* {"set":"client",…} of a certificate. */
json_t *enrol_client_object(const uint8_t fingerprint[DIGEST_SIZE], const char *name,
                            const char *code, bool op, int64_t until);

#endif
