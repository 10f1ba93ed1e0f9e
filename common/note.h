/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed notes with Ed25519 keys (C2SP signed-note): key ids and signature lines. What the signed
 * text says, and which line counts, is up to checkpoint.c and cosignature.c. */
#ifndef DUBAN_NOTE_H
#define DUBAN_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "key.h"

#define NOTE_KEY_SIZE 32
#define NOTE_ID_SIZE 4
#define NOTE_SIG_SIZE 64

/* The NOTE_KEY_SIZE bytes of an ed25519 key; they live as long as it. */
const uint8_t *note_public_key(const struct key *k);
/* Id of a key under a name: the first four bytes of SHA-256 over name, LF, type and key. */
uint32_t note_key_id(const char *name, uint8_t type, const struct key *k);
/* An id as it stands in a signature. */
uint32_t note_id_read(const uint8_t in[NOTE_ID_SIZE]);

/* Length of the signed text, with its last LF; the signature lines begin behind the LF that follows
 * it. 0 = there is no empty line. */
size_t note_text_size(const char *note, size_t len);

/* Appends "— name base64(id || extra || signature of text)" and LF. type and extra (n_extra bytes)
 * are the signature's kind and what that kind puts in front. Error: "crypto"; *out may then have
 * grown. */
bool note_sign_line(const char *name, uint8_t type, const struct key *k, const uint8_t *extra,
                    size_t n_extra, const struct buf *text, struct buf *out, struct err *e);

/* A signature line, split: both point into it. */
struct note_line {
    const char *name, *base64;
    size_t name_n, base64_n;
};

/* Splits a line without its LF; false when it is none. The base64 is not looked at. */
bool note_line_split(const char *line, size_t n, struct note_line *out);

#endif
