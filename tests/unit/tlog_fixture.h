/* SPDX-License-Identifier: BSD-2-Clause */
/* A log of two entries with its key and its signed head, made outside of duban; for tests of heads
 * and proofs. */
#ifndef DUBAN_TESTS_TLOG_FIXTURE_H
#define DUBAN_TESTS_TLOG_FIXTURE_H

#include "unit.h"

#include <openssl/evp.h>

#include "common/checkpoint.h"

/* RFC 8032 section 7.1, test 1, is the log key; the note below was signed, and its signature
 * checked, with the openssl command line, and put together by a few lines of Python. */
static const uint8_t SECRET[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                   0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                   0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
#define ORIGIN "duban.example/test/log1"
#define VKEY ORIGIN "+ade128d4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define BODY ORIGIN "\n2\n5gn9Be3DPpSPCYoIOVPxgBX1uv2clZ3HJTcgSn96Stk=\n"
#define DASH "\xE2\x80\x94 "
#define SIGNATURE                                                                                  \
    "reEo1NkNKpcZn83rTibywIpX6dRu6M8hCVd4LwYCjadJq1aZJ85TIHm0vmCDex5hlGpTYPUnGFZhZTvS4mf+0P/"      \
    "kPwo="
#define NOTE BODY "\n" DASH ORIGIN " " SIGNATURE "\n"

static struct checkpoint_vkey vkey;
static struct key *log_key;

static inline int set_up(void **state)
{
    struct err e;
    EVP_PKEY *p = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, SECRET, sizeof SECRET);

    (void)state;
    bool ok =
        p && key_from_evp(p, &log_key, &e) && checkpoint_vkey_parse(VKEY, strlen(VKEY), &vkey, &e);
    EVP_PKEY_free(p);
    return ok ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    checkpoint_vkey_clear(&vkey);
    key_free(&log_key);
    return 0;
}

#endif
