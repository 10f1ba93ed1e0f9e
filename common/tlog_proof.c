/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts as C2SP tlog-proof files. The extra data is the entry itself; it counts only because
 * its own leaf hash is what the path proves. */
#include "common/tlog_proof.h"

#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define HASH_LINE 44 /* base64 of 32 bytes */
#define EXTRA_MAX ((size_t)65536)
#define NOTE_MAX ((size_t)65536)

void tlog_proof_format(const void *extra, size_t extra_len, uint64_t index,
                       const uint8_t (*path)[DIGEST_SIZE], size_t n, const char *note,
                       size_t note_len, const char *lf, struct buf *out)
{
    buf_add_str(out, FIRST_LINE);
    buf_add_str(out, lf);
    if (extra_len) {
        buf_add_str(out, "extra ");
        base64_encode(extra, extra_len, out);
        buf_add_str(out, lf);
    }
    buf_add_str(out, "index ");
    buf_add_u64(out, index);
    buf_add_str(out, lf);
    for (size_t i = 0; i < n; i++) {
        base64_encode(path[i], DIGEST_SIZE, out);
        buf_add_str(out, lf);
    }
    buf_add_str(out, lf);
    buf_add(out, note, note_len);
}

struct reader {
    const char *at;
    size_t left;
};

static bool form(struct err *e, const char *what)
{
    return err_set(e, "proof-form", _("not a proof of inclusion (c2sp.org/tlog-proof@v1): %s"),
                   what);
}

/* Takes the next line, without its LF. */
static bool take_line(struct reader *r, const char **line, size_t *n)
{
    const char *lf = memchr(r->at, '\n', r->left);

    if (!lf)
        return false;
    *line = r->at;
    *n = (size_t)(lf - r->at);
    r->at += *n + 1;
    r->left -= *n + 1;
    return true;
}

static bool has_prefix(const struct reader *r, const char *prefix)
{
    size_t n = strlen(prefix);

    return r->left >= n && memcmp(r->at, prefix, n) == 0;
}

static bool read_extra(struct reader *r, struct tlog_proof *out)
{
    const char *line = NULL;
    size_t n = 0;

    buf_clear(&out->extra);
    out->extra.limit = EXTRA_MAX;
    if (!has_prefix(r, "extra "))
        return true;
    if (!take_line(r, &line, &n))
        return false;
    line += 6;
    n -= 6;
    return n > 0 && n % 4 == 0 && !memchr(line, '-', n) && !memchr(line, '_', n) &&
           base64_decode(line, n, &out->extra);
}

static bool read_index(struct reader *r, struct tlog_proof *out)
{
    const char *line = NULL;
    size_t n = 0;

    out->index = 0;
    if (!has_prefix(r, "index ") || !take_line(r, &line, &n))
        return false;
    line += 6;
    n -= 6;
    if (n == 0 || n > 19 || (n > 1 && line[0] == '0'))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (line[i] < '0' || line[i] > '9')
            return false;
        out->index = out->index * 10 + (uint64_t)(line[i] - '0');
    }
    return out->index < INT64_MAX;
}

/* Hash lines up to and with the empty line. */
static bool read_path(struct reader *r, struct tlog_proof *out)
{
    const char *line = NULL;
    size_t n = 0;

    out->path_len = 0;
    while (take_line(r, &line, &n)) {
        if (n == 0)
            return true;
        if (n != HASH_LINE || out->path_len == MERKLE_LEVELS ||
            !base64_exact(line, n, out->path[out->path_len], DIGEST_SIZE))
            return false;
        out->path_len++;
    }
    return false;
}

bool tlog_proof_parse(const char *text, size_t len, struct tlog_proof *out, struct err *e)
{
    struct reader r = {text, len};

    if (!has_prefix(&r, FIRST_LINE "\n"))
        return form(e, _("the first line is another"));
    r.at += sizeof FIRST_LINE;
    r.left -= sizeof FIRST_LINE;
    if (!read_extra(&r, out))
        return form(e, _("the line \"extra\" is wrong"));
    if (!read_index(&r, out))
        return form(e, _("the line \"index\" is wrong"));
    if (!read_path(&r, out))
        return form(e, _("a hash line is wrong"));
    if (r.left == 0 || r.left > NOTE_MAX)
        return form(e, _("the signed log head is missing or too long"));
    buf_clear(&out->note);
    buf_add(&out->note, r.at, r.left);
    return true;
}

bool tlog_proof_verify(const struct tlog_proof *p, const struct checkpoint_vkey *v, size_t n,
                       struct checkpoint *head, struct err *e)
{
    uint8_t leaf[DIGEST_SIZE];

    if (!checkpoint_open(p->note.data ? p->note.data : "", p->note.len, v, n, head, e))
        return false;
    merkle_leaf(p->extra.data, p->extra.len, leaf);
    if (!merkle_verify_inclusion(p->index, head->size, leaf, (const uint8_t(*)[DIGEST_SIZE])p->path,
                                 p->path_len, head->root))
        return err_set(e, "inclusion",
                       _("entry %" PRIu64 " is not in the log \"%s\" of size %" PRIu64
                         ": the proof does not lead to its root"),
                       p->index, head->origin, head->size);
    return true;
}

void tlog_proof_clear(struct tlog_proof *p)
{
    buf_free(&p->extra);
    buf_free(&p->note);
    p->path_len = 0;
}
