/* SPDX-License-Identifier: BSD-2-Clause */
/* What the outbox has on disk: names, seq.state, the waiting files. The files belong to the user,
 * who may remove or restore some; each is checked when it is read. */
#include "client/outbox_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/app.h"
#include "client/disk.h"
#include "common/bytes.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

#define ENVELOPE_MAX ((size_t)4 * 1024 * 1024)
#define STATE_MAX 4096

bool outbox_write(const struct home *h, const char *name, const void *bytes, size_t n,
                  struct err *e)
{
    char *path = home_path(h, "%s", name);
    bool ok = disk_write(path, bytes, n, e);

    free(path);
    return ok;
}

bool outbox_remove(const struct home *h, const char *name, struct err *e)
{
    char *path = home_path(h, "%s", name);
    bool ok = disk_remove(path, e);

    free(path);
    return ok;
}

bool outbox_exists(const struct home *h, const char *name)
{
    char *path = home_path(h, "%s", name);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

/* ---- seq.state {"seq","id"}, and the marker of a new chain, which adds {"from","last"} ------ */

bool outbox_state_read(const char *path, struct outbox_state *out, struct err *e)
{
    struct buf text = {0};
    json_t *j = NULL;
    bool ok = file_read(path, STATE_MAX, &text, e) && json_read(text.data, text.len, 2, &j, e);
    const char *hex = app_str(j, "id");

    ok = ok && hex && hex_decode(hex, out->id, DIGEST_SIZE) && app_int(j, "seq", -1) >= 0;
    out->seq = app_int(j, "seq", 0);
    out->from = app_int(j, "from", 0);
    out->last = app_int(j, "last", 0);
    json_decref(j);
    buf_free(&text);
    if (ok)
        return true;
    return err_set(e, "outbox",
                   _("%s is damaged; remove it and run “duban flush”: the server then says where "
                     "the chain of this key ends"),
                   path);
}

bool outbox_state_write(const char *path, const struct outbox_state *s, bool marker, struct err *e)
{
    char hex[2 * DIGEST_SIZE + 1], text[200];

    hex_encode(s->id, DIGEST_SIZE, hex);
    if (marker)
        snprintf(text, sizeof text, "{\"seq\":%lld,\"id\":\"%s\",\"from\":%lld,\"last\":%lld}\n",
                 (long long)s->seq, hex, (long long)s->from, (long long)s->last);
    else
        snprintf(text, sizeof text, "{\"seq\":%lld,\"id\":\"%s\"}\n", (long long)s->seq, hex);
    return disk_write(path, text, strlen(text), e);
}

bool outbox_start_at(const char *dir, int64_t seq, const uint8_t id[DIGEST_SIZE], struct err *e)
{
    char *path = xasprintf("%s/seq.state", dir);
    struct outbox_state s = {.seq = seq};

    memcpy(s.id, id, DIGEST_SIZE);
    bool ok = outbox_state_write(path, &s, false, e);

    free(path);
    return ok;
}

bool outbox_set_base(struct outbox *o, int64_t seq, const uint8_t id[DIGEST_SIZE], struct err *e)
{
    if (!outbox_start_at(o->home->dir, seq, id, e))
        return false;
    o->base_seq = seq;
    memmove(o->base_id, id, DIGEST_SIZE);
    return true;
}

/* ---- loading -------------------------------------------------------------------------------- */

static bool read_envelope(const struct home *h, const char *name, struct dsse *out, struct err *e)
{
    char *path = home_path(h, "%s", name);
    struct buf text = {0};
    struct err why;
    bool ok = file_read(path, ENVELOPE_MAX, &text, e);

    while (ok && text.len && text.data[text.len - 1] == '\n')
        text.len--;
    if (ok && !dsse_decode(text.data ? text.data : "", text.len, STATEMENT_PLAN_MAX, out, &why))
        ok = err_set(e, "outbox", _("%s is not a signed statement (%s); move it out of the outbox"),
                     path, why.text);
    buf_free(&text);
    free(path);
    return ok;
}

bool outbox_read(const struct outbox *o, size_t i, struct dsse *out, struct err *e)
{
    char name[64];

    snprintf(name, sizeof name, "outbox/%lld" OUTBOX_SUFFIX, (long long)o->items[i].seq);
    return read_envelope(o->home, name, out, e);
}

void outbox_add_item(struct outbox *o, int64_t seq, const uint8_t id[DIGEST_SIZE])
{
    o->items = xrealloc(o->items, (o->len + 1) * sizeof *o->items);
    o->items[o->len].seq = seq;
    memcpy(o->items[o->len++].id, id, DIGEST_SIZE);
}

/* An acknowledged place whose file is still there: the crash was before its removal. */
static bool has_receipt(const struct outbox *o, int64_t seq)
{
    char name[64];

    snprintf(name, sizeof name, "receipts/%lld.tlog-proof", (long long)seq);
    return outbox_exists(o->home, name);
}

/* Does this place follow what is known? One at or below the base is sent again for its receipt. */
static bool follows(const struct outbox *o, const struct compose_place *at)
{
    const struct outbox_item *before = o->len ? &o->items[o->len - 1] : NULL;
    bool behind_base = !before || before->seq <= o->base_seq;

    if (at->seq <= o->base_seq)
        return true;
    return at->seq == (behind_base ? o->base_seq : before->seq) + 1 &&
           memcmp(at->prev, behind_base ? o->base_id : before->id, DIGEST_SIZE) == 0;
}

/* Reads the identity of one waiting file; clears *whole when the chain has a gap before it. */
static bool load_item(struct outbox *o, int64_t seq, bool *whole, struct err *e)
{
    struct dsse d = {0};
    struct buf scratch = {0};
    struct compose_place at;
    uint8_t id[DIGEST_SIZE];
    char name[64];

    snprintf(name, sizeof name, "outbox/%lld" OUTBOX_SUFFIX, (long long)seq);
    if (seq <= o->base_seq && has_receipt(o, seq))
        return outbox_remove(o->home, name, e);
    bool ok = read_envelope(o->home, name, &d, e) && compose_place_of(&d, &at, e);
    if (ok) {
        *whole = *whole && at.seq == seq && follows(o, &at);
        dsse_identity(d.type, d.payload.data, d.payload.len, &scratch, id);
        outbox_add_item(o, seq, id);
    }
    buf_free(&scratch);
    dsse_clear(&d);
    return ok;
}

bool outbox_load(struct outbox *o, bool *whole, struct err *e)
{
    char *dir = home_path(o->home, "outbox");
    int64_t *numbers;
    size_t n = disk_numbers(dir, OUTBOX_SUFFIX, &numbers);
    bool ok = true;

    o->len = 0;
    *whole = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = load_item(o, numbers[i], whole, e);
    free(numbers);
    free(dir);
    return ok;
}
