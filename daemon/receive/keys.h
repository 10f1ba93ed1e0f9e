/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiver's copy of the registry's keys and client certificates, also revoked and expired
 * ones (a retry after revocation still gets its receipt). Replaced as a whole; found by 32-byte
 * fingerprint. The database is trusted; a key that does not parse is as good as absent. */
#ifndef DUBAN_KEYS_H
#define DUBAN_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/key.h"

struct db;
struct keys;

struct keys_key {
    int64_t row; /* the database's number */
    uint8_t id[DIGEST_SIZE];
    char *code; /* unit or post that it speaks for */
    char *unit; /* unit for whom it reports; NULL: none */
    char **names;
    size_t names_len;
    bool is_operator, revoked;
    int64_t valid_from, valid_until; /* real clock, microseconds; INT64_MIN/MAX = open */
    const char *alg;
    struct key *key; /* parsed at first use */
    uint8_t *spki;
    size_t spki_len;
};

struct keys_client {
    uint8_t certificate[DIGEST_SIZE];
    char *name, *code;
    bool is_operator, revoked;
    char **deliver, **posts;
    size_t deliver_len, posts_len;
    int64_t valid_until;
};

/* on_loaded: a new copy is in force (ok), or loading failed and the old one stays. */
struct keys *keys_new(void (*on_loaded)(void *arg, bool ok), void *arg);
void keys_free(struct keys **k);
/* Starts reading on d; while one is under way, another follows it. False: d is not ready. */
bool keys_load(struct keys *k, struct db *d);
/* False until the first copy. */
bool keys_loaded(const struct keys *k);

/* Borrowed until the next load; NULL when not registered. */
struct keys_key *keys_find(const struct keys *k, const uint8_t id[DIGEST_SIZE]);
const struct keys_client *keys_client(const struct keys *k, const uint8_t fpr[DIGEST_SIZE]);
/* The public key, parsed when first wanted; NULL when it does not parse. */
const struct key *keys_public(struct keys_key *key);
/* May this client be served at all at this real time. */
bool keys_client_valid(const struct keys_client *c, int64_t real_us);

/* Registry entry in force, the test clock's offset (0 without), the log's origin. */
int64_t keys_registry(const struct keys *k);
int64_t keys_offset(const struct keys *k);
const char *keys_origin(const struct keys *k);
bool keys_test(const struct keys *k);
size_t keys_count(const struct keys *k);

#endif
