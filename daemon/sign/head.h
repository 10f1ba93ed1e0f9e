/* SPDX-License-Identifier: BSD-2-Clause */
/* The signer's memory: the tree that it has signed last, in a file of its own. It only grows: this,
 * and not the database, is what makes a second history impossible. No sockets, no events. */
#ifndef DUBAN_HEAD_H
#define DUBAN_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "common/key.h"
#include "common/merkle.h"
#include "daemon/sign_message.h"

struct head; /* state, its file (locked while open), the log key */

/* Opens the state file, or makes one of size 0 when it does not exist (*fresh then true). origin is
 * the log's name. Takes the key when it succeeds. Errors: "state": damaged, of another origin, or
 * not writable; "locked": another signer uses it. The text names the file and the remedy. */
bool head_open(const char *path, const char *origin, struct key *log_key, struct head **out,
               bool *fresh, struct err *e);
void head_free(struct head **h);
/* Leaves in the tree as written to the file. */
uint64_t head_size(const struct head *h);

enum head_outcome { HEAD_TAKEN, HEAD_KNOWN, HEAD_NEED, HEAD_FORM, HEAD_FORK };

/* Extends the tree in memory by a request; leaves already known are skipped. TAKEN: the tree ends
 * at new_size and *root is its root there (also when it ended there before). KNOWN: new_size is
 * inside the tree. NEED: old_size is beyond it. FORM, FORK: refused, nothing changed. */
enum head_outcome head_extend(struct head *h, const struct sign_request *r,
                              uint8_t root[DIGEST_SIZE]);
/* Writes the tree as it is in memory to the file and syncs it. On failure the memory goes back to
 * what the file holds. Error "state". */
bool head_store(struct head *h, struct err *e);
/* Appends the signed checkpoint of a size and root that head_extend() gave and head_store() wrote.
 */
bool head_sign(const struct head *h, uint64_t size, const uint8_t root[DIGEST_SIZE],
               struct buf *note, struct err *e);
/* Appends the signed checkpoint of the tree in the file, also of an empty one. Error "crypto". */
bool head_newest(const struct head *h, struct buf *note, struct err *e);
/* Appends the same with a cosignature that says when (seconds since the epoch). Error "crypto". */
bool head_alive(const struct head *h, int64_t seconds, struct buf *note, struct err *e);

#endif
