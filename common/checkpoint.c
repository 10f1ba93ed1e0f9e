/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed log heads. A note comes from the network: nothing in it counts before one of the known
 * keys has signed it (C2SP signed-note, tlog-checkpoint). */
#include "common/checkpoint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"
#include "common/note.h"
#include "common/utf8.h"

#define ED25519_TYPE 0x01
#define NOTE_MAX 65536
#define NOTE_SIGNATURES_MAX 100

struct line {
    const char *s;
    size_t n;
};

/* Takes the next line, without its LF, off the text; false when there is no LF any more. */
static bool next_line(struct line *text, struct line *out)
{
    const char *lf = memchr(text->s, '\n', text->n);

    if (!lf)
        return false;
    *out = (struct line){text->s, (size_t)(lf - text->s)};
    text->s += out->n + 1;
    text->n -= out->n + 1;
    return true;
}

/* Signed-note key names hold no space and no plus; ours are ASCII besides. */
static bool name_valid(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~' || s[i] == '+')
            return false;
    return n > 0;
}

/* Reads "hex(id)" and the key bytes of a vkey whose name is already known. */
static bool vkey_read_key(const char *id, const char *b64, size_t b64_n,
                          struct checkpoint_vkey *out)
{
    static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                   0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    uint8_t raw[1 + NOTE_KEY_SIZE];
    uint8_t spki[sizeof head + NOTE_KEY_SIZE];
    uint8_t wanted[NOTE_ID_SIZE];
    char hex[9] = "";

    memcpy(hex, id, 8);
    if (!hex_decode(hex, wanted, sizeof wanted) || !base64_exact(b64, b64_n, raw, sizeof raw) ||
        raw[0] != ED25519_TYPE)
        return false;
    memcpy(spki, head, sizeof head);
    memcpy(spki + sizeof head, raw + 1, NOTE_KEY_SIZE);
    if (!key_from_spki(spki, sizeof spki, &out->key, NULL))
        return false;
    out->id = note_key_id(out->name, ED25519_TYPE, out->key);
    return out->id == note_id_read(wanted);
}

bool checkpoint_vkey_parse(const char *text, size_t n, struct checkpoint_vkey *out, struct err *e)
{
    const char *plus = memchr(text, '+', n);
    size_t name_n = plus ? (size_t)(plus - text) : 0;

    memset(out, 0, sizeof *out);
    /* name + 8 digits + 44 base64 characters */
    if (plus && name_n < sizeof out->name && name_valid(text, name_n) &&
        n == name_n + 1 + 8 + 1 + 44 && plus[9] == '+') {
        memcpy(out->name, text, name_n);
        if (vkey_read_key(plus + 1, plus + 10, 44, out))
            return true;
    }
    checkpoint_vkey_clear(out);
    return err_set(e, "vkey",
                   _("not a log key of the form name+id+key (Ed25519): \"%.*s\"; copy it whole"),
                   n < 200 ? (int)n : 200, text);
}

void checkpoint_vkey_clear(struct checkpoint_vkey *v)
{
    key_free(&v->key);
    memset(v, 0, sizeof *v);
}

void checkpoint_vkey_format(const char *name, const struct key *log_key, struct buf *out)
{
    uint8_t raw[1 + NOTE_KEY_SIZE] = {ED25519_TYPE};

    memcpy(raw + 1, note_public_key(log_key), NOTE_KEY_SIZE);
    buf_addf(out, "%s+%08" PRIx32 "+", name, note_key_id(name, ED25519_TYPE, log_key));
    base64_encode(raw, sizeof raw, out);
}

bool checkpoint_sign(const struct checkpoint *c, const struct key *log_key, struct buf *out,
                     struct err *e)
{
    struct buf text = {0};
    struct buf line = {0};
    bool ok = key_algorithm(log_key) == KEY_ED25519 ||
              err_set(e, "crypto", _("a log key must be an ed25519 key"));

    buf_addf(&text, "%s\n%" PRIu64 "\n", c->origin, c->size);
    base64_encode(c->root, DIGEST_SIZE, &text);
    buf_add_str(&text, "\n");
    ok = ok && note_sign_line(c->origin, ED25519_TYPE, log_key, NULL, 0, &text, &line, e);
    if (ok) {
        buf_add(out, text.data, text.len);
        buf_add_str(out, "\n");
        buf_add(out, line.data, line.len);
        ok = !out->full || err_set(e, "crypto", _("no room for a signature"));
    }
    buf_free(&text);
    buf_free(&line);
    return ok;
}

static bool form(struct err *e, const char *what)
{
    return err_set(e, "checkpoint", _("not a signed log head: %s"), what);
}

/* Decimal without leading zeros, below 2^63. */
static bool read_size(struct line l, uint64_t *size)
{
    *size = 0;
    if (l.n == 0 || l.n > 19 || (l.n > 1 && l.s[0] == '0'))
        return false;
    for (size_t i = 0; i < l.n; i++) {
        if (l.s[i] < '0' || l.s[i] > '9')
            return false;
        *size = *size * 10 + (uint64_t)(l.s[i] - '0');
    }
    return *size <= INT64_MAX;
}

/* The three lines that are signed. */
static bool read_body(struct line text, struct checkpoint *out, struct err *e)
{
    struct line origin;
    struct line size;
    struct line root;

    if (!next_line(&text, &origin) || !next_line(&text, &size) || !next_line(&text, &root) ||
        text.n != 0)
        return form(e, _("it must have the three lines origin, size and root"));
    if (origin.n >= sizeof out->origin || !name_valid(origin.s, origin.n))
        return form(e, _("the origin is not a log's name"));
    if (!read_size(size, &out->size))
        return form(e, _("the size is not a number"));
    if (!base64_exact(root.s, root.n, out->root, DIGEST_SIZE))
        return form(e, _("the root is not a digest in base64"));
    memcpy(out->origin, origin.s, origin.n);
    out->origin[origin.n] = '\0';
    return true;
}

/* Splits a signature line and decodes the key id and signature. */
static bool read_signature(struct line l, struct note_line *out, struct buf *sig)
{
    buf_clear(sig);
    return note_line_split(l.s, l.n, out) && out->base64_n % 4 == 0 &&
           base64_decode(out->base64, out->base64_n, sig) && sig->len > NOTE_ID_SIZE &&
           !memchr(out->name, '+', out->name_n);
}

/* The key that this signature line names, if it is one of ours. */
static const struct checkpoint_vkey *find_vkey(const struct checkpoint_vkey *v, size_t n,
                                               const struct note_line *l, const struct buf *sig)
{
    uint32_t id = note_id_read((const uint8_t *)sig->data);

    for (size_t i = 0; i < n; i++)
        if (v[i].id == id && strlen(v[i].name) == l->name_n &&
            memcmp(v[i].name, l->name, l->name_n) == 0)
            return &v[i];
    return NULL;
}

/* Verifies every signature by a key that we know: one at least, none of them wrong. */
static bool check_signatures(struct line text, struct line lines, const struct checkpoint_vkey *v,
                             size_t n, const char *origin, struct err *e)
{
    struct buf sig = {0};
    struct line l;
    struct note_line split;
    size_t good = 0;
    bool ok = true;

    for (int i = 0; ok && lines.n > 0; i++) {
        if (i >= NOTE_SIGNATURES_MAX || !next_line(&lines, &l) ||
            !read_signature(l, &split, &sig)) {
            ok = form(e, _("a signature line is wrong"));
            break;
        }
        const struct checkpoint_vkey *key = find_vkey(v, n, &split, &sig);
        if (!key || strcmp(key->name, origin) != 0)
            continue;
        ok = sig.len == NOTE_ID_SIZE + NOTE_SIG_SIZE &&
             key_verify(key->key, text.s, text.n, sig.data + NOTE_ID_SIZE, NOTE_SIG_SIZE);
        if (!ok)
            err_set(e, "log-signature", _("the log's signature on its head of \"%s\" is wrong"),
                    origin);
        good++;
    }
    buf_free(&sig);
    if (ok && good == 0)
        return err_set(e, "log-signature",
                       _("the log head of \"%s\" is not signed by a log key that is known here"),
                       origin);
    return ok;
}

bool checkpoint_open(const char *note, size_t len, const struct checkpoint_vkey *v, size_t n,
                     struct checkpoint *out, struct err *e)
{
    if (len > NOTE_MAX || !utf8_valid(note, len))
        return form(e, _("it is not a short UTF-8 text"));
    size_t n_text = note_text_size(note, len);
    if (n_text == 0)
        return form(e, _("there is no empty line before the signatures"));
    struct line text = {note, n_text};
    struct line lines = {note + n_text + 1, len - n_text - 1};
    return read_body(text, out, e) && check_signatures(text, lines, v, n, out->origin, e);
}
