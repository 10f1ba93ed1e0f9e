/* SPDX-License-Identifier: BSD-2-Clause */
/* The state file is text, so that an operator can read it, and ends in its own digest, so that a
 * damaged one is noticed. It has two places of fixed size that are written in turn and synced
 * before a signature leaves: a crash spoils at most the one being written, whose signature never
 * left, and a write in place needs no journal (measured: 0.14 ms and 44 us of CPU against 4.6 ms
 * and 0.65 ms for a new file moved over the old one). */
#include "daemon/sign/head.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checkpoint.h"
#include "common/cosignature.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"

#define MAGIC "duban-signer-state/v1\n"
#define PLACE ((size_t)8 * 1024) /* the longest text is 5 KiB */
#define PLACES 2
#define LOCK_WAIT_MS 5000 /* the signer of the generation before may be on its way out */

struct head {
    char *path, *origin;
    struct key *key;
    int lock, file;
    int place;                     /* the one that holds the newest text */
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
        return err_set(e, "foreign",
                       _("%s belongs to the log %s, not to %s; each log needs its own"), h->path,
                       origin != NULL ? origin : "?", h->origin);
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

/* One place, filled up with line feeds. */
static bool place_write(struct head *h, int place)
{
    struct buf text = {0};
    char bytes[PLACE];

    state_format(h, &text);
    bool ok = !text.full && text.len <= PLACE;
    if (ok) {
        memset(bytes, '\n', sizeof(bytes));
        memcpy(bytes, text.data, text.len);
        ok = pwrite(h->file, bytes, PLACE, (off_t)(PLACE * (size_t)place)) == (ssize_t)PLACE &&
             fdatasync(h->file) == 0;
    }
    buf_free(&text);
    return ok;
}

/* An operator who moved the file away must not find it written somewhere else. */
static bool file_is_here(const struct head *h)
{
    struct stat here, mine;

    return stat(h->path, &here) == 0 && fstat(h->file, &mine) == 0 && here.st_ino == mine.st_ino &&
           here.st_dev == mine.st_dev;
}

bool head_store(struct head *h, struct err *e)
{
    int place = (h->place + 1) % PLACES;

    if (!file_is_here(h) || !place_write(h, place)) {
        h->tree = h->stored;
        return err_set(e, "state", _("the signer's state cannot be written to %s: %s"), h->path,
                       strerror(errno));
    }
    h->place = place;
    h->stored = h->tree;
    return true;
}

/* The text of a place without its filling. */
static void place_read(const char *bytes, struct buf *text)
{
    size_t n = PLACE;

    while (n > 1 && bytes[n - 1] == '\n' && bytes[n - 2] == '\n')
        n--;
    buf_add(text, bytes, n);
}

/* Both places are read; the larger tree counts. One that is spoiled was being written when power
 * went, or the disk loses bytes: told, and the other holds. */
static bool places_parse(struct head *h, const char *bytes, struct err *e)
{
    struct merkle_frontier best = {0};
    struct err fault = {0};
    int good = 0;

    for (int i = 0; i < PLACES; i++) {
        struct buf text = {0};
        place_read(bytes + PLACE * (size_t)i, &text);
        if (!state_parse(h, &text, &fault)) {
            h->place = good > 0 ? h->place : i;
        } else if (good++ == 0 || h->stored.size >= best.size) {
            best = h->stored;
            h->place = i;
        }
        buf_free(&text);
    }
    if (good == 0 || strcmp(fault.code, "foreign") == 0)
        return err_set(e, "state", "%s", fault.text);
    if (good < PLACES)
        log_warn("%s; the other half of the file is whole and holds %" PRIu64 " entries",
                 fault.text, best.size);
    h->stored = best;
    return true;
}

static bool state_read(struct head *h, struct err *e)
{
    struct err why = {0};
    struct buf bytes = {0};
    bool ok = file_read(h->path, PLACE * PLACES, &bytes, &why);

    if (!ok)
        err_set(e, "state", _("the signer's state cannot be read: %s"), why.text);
    else if (bytes.len != PLACE * PLACES)
        ok = err_set(e, "state", _("%s is damaged; do not delete it, see docs/operations.md"),
                     h->path);
    else
        ok = places_parse(h, bytes.data, e);
    h->tree = h->stored;
    buf_free(&bytes);
    return ok;
}

/* Made aside and moved into place: a file that exists is whole. */
static bool state_make(struct head *h, struct err *e)
{
    struct buf text = {0};
    struct err why = {0};
    char bytes[PLACE * PLACES];

    state_format(h, &text);
    memset(bytes, '\n', sizeof(bytes));
    bool ok = !text.full && text.len <= PLACE;
    for (size_t i = 0; ok && i < PLACES; i++)
        memcpy(bytes + PLACE * i, text.data, text.len);
    ok = ok && file_write(h->path, bytes, sizeof(bytes), 0600, &why);
    buf_free(&text);
    return ok ? true : err_set(e, "state", _("the signer's state cannot be written: %s"), why.text);
}

static bool head_load(struct head *h, bool *fresh, struct err *e)
{
    struct stat st;

    *fresh = stat(h->path, &st) != 0 && errno == ENOENT;
    if (!(*fresh ? state_make(h, e) : state_read(h, e)))
        return false;
    h->file = open(h->path, O_RDWR | O_CLOEXEC);
    if (h->file < 0)
        return err_set(e, "state", _("the signer's state cannot be written to %s: %s"), h->path,
                       strerror(errno));
    return true;
}

/* ---- life ---------------------------------------------------------------------------------- */

bool head_open(const char *path, const char *origin, struct key *log_key, struct head **out,
               bool *fresh, struct err *e)
{
    struct head *h = xcalloc(1, sizeof(*h));
    char *lock = xasprintf("%s.lock", path);

    h->path = xstrdup(path);
    h->origin = xstrdup(origin);
    h->lock = h->file = -1;
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
    if ((*h)->file >= 0)
        close((*h)->file);
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

bool head_alive(const struct head *h, int64_t seconds, struct buf *note, struct err *e)
{
    struct buf line = {0};
    bool ok = head_newest(h, note, e) &&
              cosignature_sign(note->data, note->len, h->origin, h->key, seconds, &line, e);

    ok = ok &&
         (buf_add(note, line.data, line.len) || err_set(e, "crypto", _("no room for a signature")));
    buf_free(&line);
    return ok;
}
