/* SPDX-License-Identifier: BSD-2-Clause */
/* A new chain: the waiting statements signed again at other places. It is built in outbox/resign/
 * and in force once the marker `complete` is there; from then on every step may be repeated. */
#include "client/outbox_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/app.h"
#include "client/disk.h"
#include "common/file.h"
#include "common/i18n.h"

/* Signs item i for this place into outbox/resign/. */
static bool resign_item(struct outbox *o, size_t i, struct compose_place *at, struct err *e)
{
    struct dsse old = {0}, fresh = {0};
    struct buf text = {0};
    uint8_t id[DIGEST_SIZE];
    char name[64];
    bool ok = outbox_read(o, i, &old, e) && compose_again(o->key, &old, at, &fresh, id, e);

    if (ok) {
        dsse_encode(&fresh, &text);
        snprintf(name, sizeof name, "outbox/resign/%lld" OUTBOX_SUFFIX, (long long)at->seq);
        ok = outbox_write(o->home, name, text.data, text.len, e);
        memcpy(at->prev, id, DIGEST_SIZE);
        at->seq++;
    }
    buf_free(&text);
    dsse_clear(&old);
    dsse_clear(&fresh);
    return ok;
}

/* Removes replaced files that the new chain does not have. */
static bool drop_others(struct outbox *o, const struct outbox_state *s, struct err *e)
{
    char *dir = home_path(o->home, "outbox");
    int64_t *numbers;
    size_t n = disk_numbers(dir, OUTBOX_SUFFIX, &numbers);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        char name[64];
        snprintf(name, sizeof name, "outbox/%lld" OUTBOX_SUFFIX, (long long)numbers[i]);
        if (numbers[i] >= s->from && (numbers[i] <= s->seq || numbers[i] > s->last))
            ok = outbox_remove(o->home, name, e);
    }
    free(numbers);
    free(dir);
    return ok;
}

static bool move_fresh(struct outbox *o, struct err *e)
{
    char *dir = home_path(o->home, "outbox/resign");
    int64_t *numbers;
    size_t n = disk_numbers(dir, OUTBOX_SUFFIX, &numbers);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        char *from = home_path(o->home, "outbox/resign/%lld" OUTBOX_SUFFIX, (long long)numbers[i]);
        char *to = home_path(o->home, "outbox/%lld" OUTBOX_SUFFIX, (long long)numbers[i]);
        ok = disk_move(from, to, e);
        free(from);
        free(to);
    }
    free(numbers);
    free(dir);
    return ok;
}

/* Puts a complete new chain in force; may be repeated after a crash at any step. */
static bool resign_apply(struct outbox *o, struct err *e)
{
    char *marker = home_path(o->home, "outbox/resign/complete");
    struct outbox_state s;
    bool ok = outbox_state_read(marker, &s, e) && drop_others(o, &s, e) && move_fresh(o, e) &&
              outbox_set_base(o, s.seq, s.id, e) && disk_remove(marker, e) &&
              outbox_remove(o->home, "outbox/resign", e);

    free(marker);
    return ok;
}

/* Removes a new chain that never was complete. */
static bool resign_drop(struct outbox *o, struct err *e)
{
    char *dir = home_path(o->home, "outbox/resign");
    int64_t *numbers;
    size_t n = disk_numbers(dir, OUTBOX_SUFFIX, &numbers);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        char name[64];
        snprintf(name, sizeof name, "outbox/resign/%lld" OUTBOX_SUFFIX, (long long)numbers[i]);
        ok = outbox_remove(o->home, name, e);
    }
    ok = ok && (access(dir, F_OK) != 0 || disk_remove(dir, e));
    free(numbers);
    free(dir);
    return ok;
}

static bool reload(struct outbox *o, struct err *e)
{
    bool whole;

    return outbox_load(o, &whole, e);
}

/* Signs items first … len-1 anew behind the given place and puts them in force instead of the files
 * from number `from` on. */
bool outbox_resign(struct outbox *o, size_t first, int64_t from, int64_t base,
                   const uint8_t id[DIGEST_SIZE], struct err *e)
{
    struct compose_place at = {.seq = base + 1};
    struct outbox_state s = {.seq = base, .from = from};
    char *dir = home_path(o->home, "outbox/resign");
    char *marker = home_path(o->home, "outbox/resign/complete");
    bool ok = resign_drop(o, e) && file_mkdirs(dir, 0700, e);

    memcpy(at.prev, id, DIGEST_SIZE);
    memcpy(s.id, id, DIGEST_SIZE);
    for (size_t i = first; ok && i < o->len; i++)
        ok = resign_item(o, i, &at, e);
    s.last = at.seq - 1;
    ok = ok && outbox_state_write(marker, &s, true, e) && resign_apply(o, e) && reload(o, e);
    free(marker);
    free(dir);
    return ok;
}

/* Index of the first item behind the base. */
static size_t first_behind(const struct outbox *o)
{
    size_t i = 0;

    while (i < o->len && o->items[i].seq <= o->base_seq)
        i++;
    return i;
}

bool outbox_recover(struct outbox *o, struct err *e)
{
    bool whole;

    if (outbox_exists(o->home, "outbox/resign/complete")) {
        if (!resign_apply(o, e))
            return false;
    } else if (!resign_drop(o, e)) {
        return false;
    }
    if (!outbox_load(o, &whole, e))
        return false;
    if (whole)
        return true;
    app_note(_("the chain in %s/outbox has a gap (a file was removed or restored); the waiting "
               "statements are signed anew"),
             o->home->dir);
    return outbox_resign(o, first_behind(o), o->base_seq + 1, o->base_seq, o->base_id, e);
}
