/* SPDX-License-Identifier: BSD-2-Clause */
/* Signature lines of notes. A line comes from the network: it is only split here, and nothing in it
 * is believed. */
#include "common/note.h"

#include <string.h>

#include "common/bytes.h"
#include "common/digest.h"
#include "common/i18n.h"

static const char DASH[] = "\xE2\x80\x94 "; /* em dash, space */

const uint8_t *note_public_key(const struct key *k)
{
    size_t n = 0;
    const uint8_t *spki = key_spki(k, &n);

    /* the last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410) */
    return spki + n - NOTE_KEY_SIZE;
}

uint32_t note_id_read(const uint8_t in[NOTE_ID_SIZE])
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

uint32_t note_key_id(const char *name, uint8_t type, const struct key *k)
{
    struct buf b = {0};
    uint8_t d[DIGEST_SIZE];

    buf_addf(&b, "%s\n%c", name, type);
    buf_add(&b, note_public_key(k), NOTE_KEY_SIZE);
    sha256(b.data, b.len, d);
    buf_free(&b);
    return note_id_read(d);
}

size_t note_text_size(const char *note, size_t len)
{
    size_t split = len;

    while (split >= 2 && !(note[split - 1] == '\n' && note[split - 2] == '\n'))
        split--;
    return split < 2 ? 0 : split - 1;
}

bool note_sign_line(const char *name, uint8_t type, const struct key *k, const uint8_t *extra,
                    size_t n_extra, const struct buf *text, struct buf *out, struct err *e)
{
    uint32_t id = note_key_id(name, type, k);
    uint8_t id_bytes[NOTE_ID_SIZE] = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
                                      (uint8_t)id};
    struct buf sig = {0};

    buf_add(&sig, id_bytes, sizeof id_bytes);
    buf_add(&sig, extra, n_extra);
    bool ok = key_sign(k, text->data, text->len, &sig, e);
    if (ok) {
        buf_addf(out, "%s%s ", DASH, name);
        base64_encode((const uint8_t *)sig.data, sig.len, out);
        buf_add_str(out, "\n");
        ok = !out->full || err_set(e, "crypto", _("no room for a signature"));
    }
    buf_free(&sig);
    return ok;
}

bool note_line_split(const char *line, size_t n, struct note_line *out)
{
    size_t dash = sizeof DASH - 1;

    if (n <= dash || memcmp(line, DASH, dash) != 0)
        return false;
    const char *name = line + dash;
    const char *space = memchr(name, ' ', n - dash);
    if (!space || space == name)
        return false;
    size_t name_n = (size_t)(space - name);
    *out = (struct note_line){name, space + 1, name_n, n - dash - name_n - 1};
    return true;
}
