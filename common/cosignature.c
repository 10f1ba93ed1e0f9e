/* SPDX-License-Identifier: BSD-2-Clause */
/* Timestamped signatures on log heads. The note comes from the network: it is opened as a
 * checkpoint first, so its form is known to be right when the lines are read here. */
#include "common/cosignature.h"

#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/digest.h"
#include "common/i18n.h"

#define COSIGNATURE_TYPE 0x04
#define KEY_SIZE 32
#define SIG_SIZE 64
#define LINE_SIZE (4 + 8 + SIG_SIZE) /* key id, time, signature */

static const char DASH[] = "\xE2\x80\x94 "; /* em dash, space */

/* First four bytes of SHA-256 over name, LF, type, key (C2SP signed-note). */
static void key_hash(const char *name, const struct key *log_key, uint8_t out[4])
{
    struct buf b = {0};
    uint8_t d[DIGEST_SIZE];
    size_t n = 0;
    const uint8_t *spki = key_spki(log_key, &n);

    buf_addf(&b, "%s\n%c", name, COSIGNATURE_TYPE);
    /* the last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410) */
    buf_add(&b, spki + n - KEY_SIZE, KEY_SIZE);
    sha256(b.data, b.len, d);
    memcpy(out, d, 4);
    buf_free(&b);
}

/* Length of a note's signed text, with its last LF; 0 = there is none. */
static size_t text_size(const char *note, size_t len)
{
    size_t split = len;

    while (split >= 2 && !(note[split - 1] == '\n' && note[split - 2] == '\n'))
        split--;
    return split < 2 ? 0 : split - 1;
}

static void message(const char *text, size_t n, int64_t seconds, struct buf *out)
{
    buf_addf(out, "cosignature/v1\ntime %" PRId64 "\n", seconds);
    buf_add(out, text, n);
}

bool cosignature_sign(const char *note, size_t len, const char *name, const struct key *log_key,
                      int64_t seconds, struct buf *out, struct err *e)
{
    struct buf text = {0};
    struct buf sig = {0};
    uint8_t head[12];
    size_t n = text_size(note, len);

    if (key_algorithm(log_key) != KEY_ED25519 || n == 0 || seconds < 0)
        return err_set(e, "crypto", _("only a log head can be signed with an instant"));
    key_hash(name, log_key, head);
    for (int i = 0; i < 8; i++)
        head[4 + i] = (uint8_t)((uint64_t)seconds >> (56 - 8 * i));
    buf_add(&sig, head, sizeof head);
    message(note, n, seconds, &text);
    bool ok = key_sign(log_key, text.data, text.len, &sig, e);
    if (ok) {
        buf_addf(out, "%s%s ", DASH, name);
        base64_encode((const uint8_t *)sig.data, sig.len, out);
        buf_add_str(out, "\n");
        ok = !out->full || err_set(e, "crypto", _("no room for a signature"));
    }
    buf_free(&text);
    buf_free(&sig);
    return ok;
}

/* The instant of a line's signature bytes by this key; -1 = not its, -2 = its and wrong. */
static int64_t line_check(const uint8_t sig[LINE_SIZE], const struct checkpoint_vkey *v,
                          const char *text, size_t n)
{
    struct buf b = {0};
    uint8_t id[4];
    uint64_t seconds = 0;

    key_hash(v->name, v->key, id);
    if (memcmp(id, sig, sizeof id) != 0)
        return -1;
    for (int i = 0; i < 8; i++)
        seconds = seconds << 8 | sig[4 + i];
    if (seconds > INT64_MAX)
        return -2;
    message(text, n, (int64_t)seconds, &b);
    bool ok = key_verify(v->key, b.data, b.len, sig + 12, SIG_SIZE);
    buf_free(&b);
    return ok ? (int64_t)seconds : -2;
}

/* The newest instant that a known key gave; -1 = none, -2 = one that is wrong. */
static int64_t newest(const char *note, size_t len, const struct checkpoint_vkey *v, size_t n,
                      const char *origin, size_t *by)
{
    size_t text = text_size(note, len);
    const char *line = note + text + 1, *end;
    int64_t best = -1;
    uint8_t sig[LINE_SIZE];

    for (; (end = memchr(line, '\n', len - (size_t)(line - note))) != NULL; line = end + 1) {
        size_t head = strlen(DASH) + strlen(origin) + 1;
        if ((size_t)(end - line) < head ||
            memcmp(line + strlen(DASH), origin, strlen(origin)) != 0 ||
            !base64_exact(line + head, (size_t)(end - line) - head, sig, sizeof sig))
            continue;
        for (size_t i = 0; i < n; i++) {
            int64_t at = strcmp(v[i].name, origin) == 0 ? line_check(sig, &v[i], note, text) : -1;
            if (at == -2)
                return -2;
            if (at > best) {
                best = at;
                *by = i;
            }
        }
    }
    return best;
}

bool cosignature_open(const char *note, size_t len, const struct checkpoint_vkey *v, size_t n,
                      struct checkpoint *head, int64_t *seconds, size_t *by, struct err *e)
{
    if (!checkpoint_open(note, len, v, n, head, e))
        return false;
    *seconds = newest(note, len, v, n, head->origin, by);
    if (*seconds == -1)
        return err_set(e, "log-signature",
                       _("no known log key says when the head of \"%s\" was so"), head->origin);
    return *seconds >= 0 ||
           err_set(e, "log-signature",
                   _("the signature on the instant of a head of \"%s\" is wrong"), head->origin);
}
