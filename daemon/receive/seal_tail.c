/* SPDX-License-Identifier: BSD-2-Clause */
/* The tail of the log: entries that no head covers, because an alert or a crashed process left
 * them. Any receiver seals them; doing it twice is harmless. The signer is asked first, the
 * database second: in health the database is then never behind. */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/receive/seal_private.h"

#define PROBE_US 5000000 /* an unanswered probe is sent again after this */

enum column { SIZE, ROOT, FRONTIER, SEALED_SIZE };

void seal_state(struct seal *s, const char *code, const char *why)
{
    bool same = code == NULL || s->code == NULL ? code == s->code : strcmp(code, s->code) == 0;

    if (same)
        return;
    if (code != NULL && strcmp(code, "behind") == 0)
        log_error("read-only: %s", why);
    s->code = code;
    s->ops.on_state(s->arg, code, why);
}

static bool tail_job_running(const struct seal *s)
{
    for (const struct seal_job *j = s->jobs; j != NULL; j = j->next)
        if (j->batch == NULL)
            return true;
    return false;
}

static void seal_tail(struct seal *s, const struct db_result *r, uint64_t size, uint64_t upto)
{
    struct seal_job *j = xcalloc(1, sizeof *j);
    size_t n;
    const char *root = db_bytes(r, 0, ROOT, &n);

    j->old_size = s->newest;
    j->new_size = upto;
    if (upto == size && root != NULL && n == DIGEST_SIZE)
        memcpy(j->root, root, DIGEST_SIZE);
    seal_job_add(s, j);
    seal_job_fetch(j, s->newest);
}

static void on_log(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct seal *s = arg;
    uint64_t size, sealed, upto;

    s->looking = false;
    if (outcome != DB_DONE || db_rows(r) != 1)
        return;
    size = (uint64_t)db_int8(r, 0, SIZE);
    sealed = (uint64_t)db_int8(r, 0, SEALED_SIZE);
    if (size < s->newest) {
        seal_state(s, "behind",
                   _("The database lacks entries that were signed already (restored backup or "
                     "lost failover): restore the right database, or open a new log."));
        return;
    }
    if (!s->forked)
        seal_state(s, NULL, "");
    if (sealed > s->sealed)
        s->sealed = sealed;
    if (s->newest > sealed && s->newest_note != NULL) {
        heads_add(&s->heads, s->newest, s->newest_note, s->newest_note_len);
        s->ops.on_heads(s->arg, false);
    }
    /* what was not there at the last look is probably being sealed right now */
    upto = s->seen ? s->tail_seen : size;
    s->seen = true;
    s->tail_seen = size;
    if (s->newest < upto && upto <= size && !tail_job_running(s))
        seal_tail(s, r, size, upto);
    else if (s->newest < size)
        seal_tick_in(s, 200);
}

void seal_tail_newest(struct seal *s, uint64_t size, const char *note, size_t n)
{
    struct db_args none = {0};

    s->probing = false;
    s->newest = size;
    free(s->newest_note);
    s->newest_note = note != NULL ? xstrndup(note, n) : NULL;
    s->newest_note_len = n;
    if (!s->looking && s->db != NULL && db_call(s->db, "head", &none, on_log, s))
        s->looking = true;
}

void seal_tail_tick(struct seal *s)
{
    struct sign_request newest = {0};

    if (s->looking || (s->probing && clock_mono() - s->probed < PROBE_US))
        return;
    if (s->db == NULL || !db_ready(s->db))
        return;
    s->probed = clock_mono();
    s->probing = s->ops.send(s->arg, &newest);
}

void seal_check(struct seal *s)
{
    if (s->forked)
        return;
    seal_state(s, "busy", _("Finding out whether the database agrees with the signer."));
    s->probing = false;
    seal_tail_tick(s);
}
