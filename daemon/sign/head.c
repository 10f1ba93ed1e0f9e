/* SPDX-License-Identifier: BSD-2-Clause */
/* The state file is text, so that an operator can read it, and ends in its own digest, so that a
 * damaged one is noticed. It is replaced as a whole and synced before a signature leaves. */
#include "daemon/sign/head.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checkpoint.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

#define MAGIC "duban-signer-state/v1\n"
#define STATE_MAX ((size_t)16 * 1024)
#define LOCK_WAIT_MS 5000 /* the signer of the generation before may be on its way out */

struct head {
    char *path, *origin;
    struct key *key;
    int lock;
    struct merkle_frontier stored; /* what the file holds */
    struct merkle_frontier tree;   /* with what is not written yet */
};

/* ---- the file ------------------------------------------------------------------------------ */

static void state_format(const struct head *h, struct buf *out)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1];

    merkle_frontier_root(&h->tree, digest);
    hex_encode(digest, DIGEST_SIZE, hex);
    buf_addf(out, MAGIC "origin %s\nsize %" PRIu64 "\nroot %s\n", h->origin, h->tree.size, hex);
    for (int l = 0; l < MERKLE_LEVELS; l++) {
        if ((h->tree.size >> l & 1) == 0)
            continue;
        hex_encode(h->tree.node[l], DIGEST_SIZE, hex);
        buf_addf(out, "node %d %s\n", l, hex);
    }
    sha256(out->data, out->len, digest);
    hex_encode(digest, DIGEST_SIZE, hex);
    buf_addf(out, "sum %s\n", hex);
}

/* Takes the value of the next line, which must have this name; NULL otherwise. */
static char *state_line(char **rest, const char *name)
{
    size_t n = strlen(name);
    char *line = *rest;
    char *end = strchr(line, '\n');

    if (end == NULL || strncmp(line, name, n) != 0 || line[n] != ' ')
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line + n + 1;
}

static bool state_sum(const struct buf *text)
{
    uint8_t sum[DIGEST_SIZE];
    uint8_t real[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1];
    const size_t tail = 4 + 2 * DIGEST_SIZE + 1; /* "sum " hex LF */

    if (text->len < tail || strlen(text->data) != text->len)
        return false;
    const char *last = text->data + text->len - tail;
    memcpy(hex, last + 4, sizeof(hex) - 1);
    hex[sizeof(hex) - 1] = '\0';
    sha256(text->data, text->len - tail, real);
    return strncmp(last, "sum ", 4) == 0 && text->data[text->len - 1] == '\n' &&
           hex_decode(hex, sum, DIGEST_SIZE) && memcmp(sum, real, DIGEST_SIZE) == 0;
}

static bool state_nodes(char **rest, struct merkle_frontier *f)
{
    for (int l = 0; l < MERKLE_LEVELS; l++) {
        char level[8];
        if ((f->size >> l & 1) == 0)
            continue;
        char *value = state_line(rest, "node");
        int n = snprintf(level, sizeof(level), "%d ", l);
        if (value == NULL || strncmp(value, level, (size_t)n) != 0 ||
            !hex_decode(value + n, f->node[l], DIGEST_SIZE))
            return false;
    }
    return true;
}

static bool state_parse(struct head *h, const struct buf *text, struct err *e)
{
    struct merkle_frontier *f = &h->stored;
    uint8_t root[DIGEST_SIZE];
    uint8_t real[DIGEST_SIZE];
    char *end;

    if (text->len < strlen(MAGIC) || strncmp(text->data, MAGIC, strlen(MAGIC)) != 0 ||
        !state_sum(text))
        return err_set(e, "state", _("%s is damaged; do not delete it, see docs/operations.md"),
                       h->path);
    char *rest = text->data + strlen(MAGIC);
    const char *origin = state_line(&rest, "origin");
    if (origin == NULL || strcmp(origin, h->origin) != 0)
        return err_set(e, "state", _("%s belongs to the log %s, not to %s; each log needs its own"),
                       h->path, origin != NULL ? origin : "?", h->origin);
    const char *size = state_line(&rest, "size");
    const char *root_hex = state_line(&rest, "root");
    f->size = size != NULL ? strtoull(size, &end, 10) : 0;
    bool ok = size != NULL && *end == '\0' && f->size <= INT64_MAX && root_hex != NULL &&
              hex_decode(root_hex, root, DIGEST_SIZE) && state_nodes(&rest, f);
    if (ok)
        merkle_frontier_root(f, real);
    if (!ok || memcmp(root, real, DIGEST_SIZE) != 0)
        return err_set(e, "state",
                       _("%s contradicts itself; do not delete it, see "
                         "docs/operations.md"),
                       h->path);
    return true;
}

bool head_store(struct head *h, struct err *e)
{
    struct buf text = {0};
    struct err why = {0};

    state_format(h, &text);
    bool ok = !text.full && file_write(h->path, text.data, text.len, 0600, &why);
    buf_free(&text);
    if (!ok) {
        h->tree = h->stored;
        return err_set(e, "state", _("the signer's state cannot be written: %s"), why.text);
    }
    h->stored = h->tree;
    return true;
}

static bool head_load(struct head *h, bool *fresh, struct err *e)
{
    struct buf text = {0};
    struct err why = {0};
    struct stat st;

    *fresh = stat(h->path, &st) != 0 && errno == ENOENT;
    if (*fresh)
        return head_store(h, e);
    if (!file_read(h->path, STATE_MAX, &text, &why)) {
        buf_free(&text);
        return err_set(e, "state", _("the signer's state cannot be read: %s"), why.text);
    }
    bool ok = state_parse(h, &text, e);
    h->tree = h->stored;
    buf_free(&text);
    return ok;
}

/* ---- life ---------------------------------------------------------------------------------- */

bool head_open(const char *path, const char *origin, struct key *log_key, struct head **out,
               bool *fresh, struct err *e)
{
    struct head *h = xcalloc(1, sizeof(*h));
    char *lock = xasprintf("%s.lock", path);

    h->path = xstrdup(path);
    h->origin = xstrdup(origin);
    h->lock = -1;
    bool ok = file_lock(lock, LOCK_WAIT_MS, &h->lock, e) && head_load(h, fresh, e);
    free(lock);
    if (!ok) {
        head_free(&h);
        return false;
    }
    h->key = log_key;
    *out = h;
    return true;
}

void head_free(struct head **h)
{
    if (*h == NULL)
        return;
    if ((*h)->lock >= 0)
        close((*h)->lock);
    key_free(&(*h)->key);
    free((*h)->path);
    free((*h)->origin);
    free(*h);
    *h = NULL;
}

uint64_t head_size(const struct head *h)
{
    return h->stored.size;
}

/* ---- growing and signing ------------------------------------------------------------------- */

static bool is_zero(const uint8_t d[DIGEST_SIZE])
{
    static const uint8_t zero[DIGEST_SIZE];

    return memcmp(d, zero, DIGEST_SIZE) == 0;
}

enum head_outcome head_extend(struct head *h, const struct sign_request *r,
                              uint8_t root[DIGEST_SIZE])
{
    if (r->new_size < r->old_size || r->new_size > INT64_MAX)
        return HEAD_FORM;
    if (r->old_size > h->tree.size)
        return HEAD_NEED;
    if (r->new_size < h->tree.size)
        return HEAD_KNOWN;
    struct merkle_frontier grown = h->tree;
    for (uint64_t i = grown.size; i < r->new_size; i++)
        merkle_frontier_add(&grown, r->leaves[i - r->old_size]);
    merkle_frontier_root(&grown, root);
    if (!is_zero(r->root) && memcmp(r->root, root, DIGEST_SIZE) != 0)
        return HEAD_FORK;
    h->tree = grown;
    return HEAD_TAKEN;
}

bool head_sign(const struct head *h, uint64_t size, const uint8_t root[DIGEST_SIZE],
               struct buf *note, struct err *e)
{
    struct checkpoint c = {.size = size};

    if (strlen(h->origin) >= sizeof(c.origin))
        return err_set(e, "crypto", _("the log's name is too long"));
    memcpy(c.origin, h->origin, strlen(h->origin) + 1);
    memcpy(c.root, root, DIGEST_SIZE);
    return checkpoint_sign(&c, h->key, note, e);
}

bool head_newest(const struct head *h, struct buf *note, struct err *e)
{
    uint8_t root[DIGEST_SIZE];

    merkle_frontier_root(&h->stored, root);
    return head_sign(h, h->stored.size, root, note, e);
}
