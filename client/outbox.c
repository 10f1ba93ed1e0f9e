/* SPDX-License-Identifier: BSD-2-Clause */
/* The outbox. Nothing that a user typed is lost: each change is a sequence of durable steps
 * (disk.h) whose interruption outbox_open() can tell and finish. */
#include "client/outbox_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/keystore.h"
#include "common/bytes.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

static bool load_base(struct outbox *o, struct err *e)
{
    char *path = home_path(o->home, "seq.state");
    struct outbox_state s = {0};
    bool ok = access(path, F_OK) != 0 || outbox_state_read(path, &s, e);

    o->base_seq = s.seq;
    memcpy(o->base_id, s.id, DIGEST_SIZE);
    free(path);
    return ok;
}

static bool make_dirs(const struct home *h, struct err *e)
{
    static const char *const names[] = {"outbox", "sent", "receipts"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *dir = home_path(h, "%s", names[i]);
        bool ok = file_mkdirs(dir, 0700, e);
        free(dir);
        if (!ok)
            return false;
    }
    return true;
}

bool outbox_open(const struct home *h, struct outbox **out, struct err *e)
{
    struct outbox *o = xcalloc(1, sizeof *o);

    o->home = h;
    if (keystore_sign_key(h, &o->key, e) && make_dirs(h, e) && load_base(o, e) &&
        outbox_recover(o, e)) {
        *out = o;
        return true;
    }
    outbox_close(&o);
    return false;
}

void outbox_close(struct outbox **o)
{
    if (!*o)
        return;
    key_free(&(*o)->key);
    free((*o)->items);
    free(*o);
    *o = NULL;
}

/* ---- changes -------------------------------------------------------------------------------- */

bool outbox_add(struct outbox *o, const char *type, const json_t *body, int64_t *seq, struct err *e)
{
    const struct outbox_item *last = o->len ? &o->items[o->len - 1] : NULL;
    bool behind_base = !last || last->seq <= o->base_seq;
    struct compose_place at = {.seq = (behind_base ? o->base_seq : last->seq) + 1};
    struct dsse d = {0};
    struct buf text = {0};
    uint8_t id[DIGEST_SIZE];
    char name[64];

    memcpy(at.prev, behind_base ? o->base_id : last->id, DIGEST_SIZE);
    bool ok = compose_sign(o->home->aud, o->home->code, o->key, type, &at, body, &d, id, e);
    if (ok) {
        dsse_encode(&d, &text);
        snprintf(name, sizeof name, "outbox/%lld" OUTBOX_SUFFIX, (long long)at.seq);
        ok = outbox_write(o->home, name, text.data, text.len, e);
    }
    if (ok) {
        outbox_add_item(o, at.seq, id);
        *seq = at.seq;
    }
    buf_free(&text);
    dsse_clear(&d);
    return ok;
}

static void drop_first(struct outbox *o)
{
    o->len--;
    memmove(o->items, o->items + 1, o->len * sizeof *o->items);
}

bool outbox_delivered(struct outbox *o, const char *proof, struct err *e)
{
    struct outbox_item item = o->items[0];
    char waiting[64], sent[64], receipt[64];
    struct dsse d = {0};
    struct buf text = {0};

    snprintf(waiting, sizeof waiting, "outbox/%lld" OUTBOX_SUFFIX, (long long)item.seq);
    snprintf(sent, sizeof sent, "sent/%lld" OUTBOX_SUFFIX, (long long)item.seq);
    snprintf(receipt, sizeof receipt, "receipts/%lld.tlog-proof", (long long)item.seq);
    bool ok = outbox_read(o, 0, &d, e);
    if (ok)
        dsse_encode(&d, &text);
    ok = ok && outbox_write(o->home, receipt, proof, strlen(proof), e) &&
         outbox_write(o->home, sent, text.data, text.len, e) &&
         (item.seq <= o->base_seq || outbox_set_base(o, item.seq, item.id, e)) &&
         outbox_remove(o->home, waiting, e);
    if (ok)
        drop_first(o);
    buf_free(&text);
    dsse_clear(&d);
    return ok;
}

/* outbox/refused/<seq>-<8 digits of its identity><suffix> */
static void refused_name(const struct outbox_item *item, const char *suffix, char out[96])
{
    char hex[2 * DIGEST_SIZE + 1];

    hex_encode(item->id, DIGEST_SIZE, hex);
    snprintf(out, 96, "outbox/refused/%lld-%.8s%s", (long long)item->seq, hex, suffix);
}

static bool keep_refused(struct outbox *o, const json_t *problem, char **kept, struct err *e)
{
    char statement[96], why[96];
    char *dir = home_path(o->home, "outbox/refused");
    struct dsse d = {0};
    struct buf text = {0}, reason = {0};

    refused_name(&o->items[0], ".statement.json", statement);
    refused_name(&o->items[0], ".problem.json", why);
    json_write(problem, &reason);
    bool ok = file_mkdirs(dir, 0700, e) && outbox_read(o, 0, &d, e);
    if (ok)
        dsse_encode(&d, &text);
    ok = ok && outbox_write(o->home, why, reason.data, reason.len, e) &&
         outbox_write(o->home, statement, text.data, text.len, e);
    if (ok)
        *kept = home_path(o->home, "%s", statement);
    buf_free(&text);
    buf_free(&reason);
    dsse_clear(&d);
    free(dir);
    return ok;
}

/* An item behind the base takes its place from the next one; one below it only goes. */
static bool close_gap(struct outbox *o, struct err *e)
{
    char name[64];

    if (o->items[0].seq > o->base_seq)
        return outbox_resign(o, 1, o->items[0].seq, o->base_seq, o->base_id, e);
    snprintf(name, sizeof name, "outbox/%lld" OUTBOX_SUFFIX, (long long)o->items[0].seq);
    if (!outbox_remove(o->home, name, e))
        return false;
    drop_first(o);
    return true;
}

bool outbox_set_aside(struct outbox *o, const json_t *problem, char **kept, struct err *e)
{
    *kept = NULL;
    if (keep_refused(o, problem, kept, e) && close_gap(o, e))
        return true;
    free(*kept);
    *kept = NULL;
    return false;
}

bool outbox_resync(struct outbox *o, int64_t seq, const uint8_t prev[DIGEST_SIZE], struct err *e)
{
    char *receipt = home_path(o->home, "receipts/%lld.tlog-proof", (long long)seq);
    bool lost = seq <= o->base_seq && access(receipt, F_OK) == 0;

    if (lost)
        err_set(
            e, "evidence",
            _("the server expects statement %lld of this key, but it has acknowledged that one: "
              "%s proves it. The server has lost or changed its records; keep this file and "
              "tell the auditors"),
            (long long)seq, receipt);
    free(receipt);
    return !lost && outbox_resign(o, 0, 1, seq - 1, prev, e);
}
