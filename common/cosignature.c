/* SPDX-License-Identifier: BSD-2-Clause */
/* Timestamped signatures on log heads. The note comes from the network: it is opened as a
 * checkpoint first, so its form is known to be right when the lines are read here. */
#include "common/cosignature.h"

#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"
#include "common/note.h"

#define COSIGNATURE_TYPE 0x04
#define TIME_SIZE 8
#define LINE_SIZE (NOTE_ID_SIZE + TIME_SIZE + NOTE_SIG_SIZE)

static void message(const char *text, size_t n, int64_t seconds, struct buf *out)
{
    buf_addf(out, "cosignature/v1\ntime %" PRId64 "\n", seconds);
    buf_add(out, text, n);
}

bool cosignature_sign(const char *note, size_t len, const char *name, const struct key *log_key,
                      int64_t seconds, struct buf *out, struct err *e)
{
    struct buf text = {0};
    uint8_t at[TIME_SIZE];
    size_t n = note_text_size(note, len);

    if (key_algorithm(log_key) != KEY_ED25519 || n == 0 || seconds < 0)
        return err_set(e, "crypto", _("only a log head can be signed with an instant"));
    for (int i = 0; i < TIME_SIZE; i++)
        at[i] = (uint8_t)((uint64_t)seconds >> (56 - 8 * i));
    message(note, n, seconds, &text);
    bool ok = note_sign_line(name, COSIGNATURE_TYPE, log_key, at, sizeof at, &text, out, e);
    buf_free(&text);
    return ok;
}

/* The instant of a line's signature bytes by this key; -1 = not its, -2 = its and wrong. */
static int64_t line_check(const uint8_t sig[LINE_SIZE], const struct checkpoint_vkey *v,
                          const char *text, size_t n)
{
    struct buf b = {0};
    uint64_t seconds = 0;

    if (note_key_id(v->name, COSIGNATURE_TYPE, v->key) != note_id_read(sig))
        return -1;
    for (int i = 0; i < TIME_SIZE; i++)
        seconds = seconds << 8 | sig[NOTE_ID_SIZE + i];
    if (seconds > INT64_MAX)
        return -2;
    message(text, n, (int64_t)seconds, &b);
    bool ok = key_verify(v->key, b.data, b.len, sig + NOTE_ID_SIZE + TIME_SIZE, NOTE_SIG_SIZE);
    buf_free(&b);
    return ok ? (int64_t)seconds : -2;
}

/* The newest instant that a known key gave; -1 = none, -2 = one that is wrong. */
static int64_t newest(const char *note, size_t len, const struct checkpoint_vkey *v, size_t n,
                      const char *origin, size_t *by)
{
    size_t text = note_text_size(note, len);
    const char *line = note + text + 1, *end;
    struct note_line l;
    int64_t best = -1;
    uint8_t sig[LINE_SIZE];

    for (; (end = memchr(line, '\n', len - (size_t)(line - note))) != NULL; line = end + 1) {
        if (!note_line_split(line, (size_t)(end - line), &l) || l.name_n != strlen(origin) ||
            memcmp(l.name, origin, l.name_n) != 0 ||
            !base64_exact(l.base64, l.base64_n, sig, sizeof sig))
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
