/* SPDX-License-Identifier: BSD-2-Clause */
/* A HOME in a temporary directory and a server in memory: chains, log, receipts, and the faults
 * that tests ask for. */
#ifndef DUBAN_TESTS_CLIENT_WORLD_H
#define DUBAN_TESTS_CLIENT_WORLD_H

#include <jansson.h>
#include <stdbool.h>

#include "client/deliver.h"
#include "client/home.h"
#include "common/key.h"
#include "common/merkle.h"

#define WORLD_ORIGIN "duban.example/test/log1"
#define WORLD_LEAVES 4096

struct world {
    char dir[64];
    struct home *home;
    struct key *log_key;
    /* the server */
    uint8_t leaves[WORLD_LEAVES][DIGEST_SIZE];
    size_t size;
    int64_t last_seq;
    uint8_t last_id[DIGEST_SIZE];
    json_t *stored;  /* identity → receipt without proof, and the entry */
    int away;        /* so many requests find nobody */
    int lose_answer; /* so many requests are carried out but not answered */
    int busy;        /* so many requests are answered 503 */
    int refuse_task; /* reports whose task ends in "bad" take no place */
    int certificate; /* so many statements are refused for the certificate they came with */
    int tamper; /* receipts: 1 received, 2 outcomes, 3 proof path, 4 other digest, 5 signature */
    unsigned requests, sleeps;
    int64_t slept_ms;
};

struct world *world_new(void);
void world_free(struct world **w);
struct deliver_peer world_peer(struct world *w);
/* A report body {"reports":[{"task","period","status"}]}. */
json_t *world_body(const char *task);
/* Appends an entry of somebody else to the log. */
void world_stranger(struct world *w);
/* Root of the first n leaves. */
void world_root(const struct world *w, size_t from, size_t n, uint8_t out[DIGEST_SIZE]);
/* A receipt for this statement (it is stored when new), or a problem; new reference. */
json_t *world_answer(struct world *w, const struct dsse *d);
/* Whole text of HOME/name; new string, NULL when absent. */
char *world_file(const struct world *w, const char *name);

#endif
