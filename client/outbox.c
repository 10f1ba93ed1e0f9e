/* SPDX-License-Identifier: BSD-2-Clause */
/* The outbox. Nothing that a user typed is lost: each change is a sequence of durable steps
 * (disk.h) whose interruption outbox_open() can tell and finish. */
#include "client/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/app.h"
#include "client/disk.h"
#include "client/keystore.h"
#include "common/bytes.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

#define SUFFIX ".dsse.json"
#define ENVELOPE_MAX ((size_t)4 * 1024 * 1024)
#define STATE_MAX 4096

static bool write_at(const struct home *h, const char *name, const void *bytes, size_t n,
                     struct err *e)
{
    char *path = home_path(h, "%s", name);
    bool ok = disk_write(path, bytes, n, e);

    free(path);
    return ok;
}

static bool remove_at(const struct home *h, const char *name, struct err *e)
{
    char *path = home_path(h, "%s", name);
    bool ok = disk_remove(path, e);

    free(path);
    return ok;
}

static bool exists_at(const struct home *h, const char *name)
{
    char *path = home_path(h, "%s", name);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

/* ---- seq.state {"seq","id"}, and the marker of a new chain, which adds {"from","last"}
 * ----------- */

struct state {
    int64_t seq; /* last acknowledged place */
    uint8_t id[DIGEST_SIZE];
    int64_t from, last; /* marker: first file that is replaced, last file of the new chain */
};

static bool read_state(const char *path, struct state *out, struct err *e)
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

static bool write_state(const char *path, const struct state *s, bool marker, struct err *e)
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
    struct state s = {.seq = seq};

    memcpy(s.id, id, DIGEST_SIZE);
    bool ok = write_state(path, &s, false, e);

    free(path);
    return ok;
}

static bool set_base(struct outbox *o, int64_t seq, const uint8_t id[DIGEST_SIZE], struct err *e)
{
    if (!outbox_start_at(o->home->dir, seq, id, e))
        return false;
    o->base_seq = seq;
    memmove(o->base_id, id, DIGEST_SIZE);
    return true;
}

/* ---- loading -----------------------------------------------------------------------------------
 */

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

    snprintf(name, sizeof name, "outbox/%lld" SUFFIX, (long long)o->items[i].seq);
    return read_envelope(o->home, name, out, e);
}

static void add_item(struct outbox *o, int64_t seq, const uint8_t id[DIGEST_SIZE])
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
    return exists_at(o->home, name);
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

    snprintf(name, sizeof name, "outbox/%lld" SUFFIX, (long long)seq);
    if (seq <= o->base_seq && has_receipt(o, seq))
        return remove_at(o->home, name, e);
    bool ok = read_envelope(o->home, name, &d, e) && compose_place_of(&d, &at, e);
    if (ok) {
        *whole = *whole && at.seq == seq && follows(o, &at);
        dsse_identity(d.type, d.payload.data, d.payload.len, &scratch, id);
        add_item(o, seq, id);
    }
    buf_free(&scratch);
    dsse_clear(&d);
    return ok;
}

static bool load_items(struct outbox *o, bool *whole, struct err *e)
{
    char *dir = home_path(o->home, "outbox");
    int64_t *numbers;
    size_t n = disk_numbers(dir, SUFFIX, &numbers);
    bool ok = true;

    o->len = 0;
    *whole = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = load_item(o, numbers[i], whole, e);
    free(numbers);
    free(dir);
    return ok;
}

/* ---- a new chain -------------------------------------------------------------------------------
 */

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
        snprintf(name, sizeof name, "outbox/resign/%lld" SUFFIX, (long long)at->seq);
        ok = write_at(o->home, name, text.data, text.len, e);
        memcpy(at->prev, id, DIGEST_SIZE);
        at->seq++;
    }
    buf_free(&text);
    dsse_clear(&old);
    dsse_clear(&fresh);
    return ok;
}

/* Removes replaced files that the new chain does not have. */
static bool drop_others(struct outbox *o, const struct state *s, struct err *e)
{
    char *dir = home_path(o->home, "outbox");
    int64_t *numbers;
    size_t n = disk_numbers(dir, SUFFIX, &numbers);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        char name[64];
        snprintf(name, sizeof name, "outbox/%lld" SUFFIX, (long long)numbers[i]);
        if (numbers[i] >= s->from && (numbers[i] <= s->seq || numbers[i] > s->last))
            ok = remove_at(o->home, name, e);
    }
    free(numbers);
    free(dir);
    return ok;
}

static bool move_fresh(struct outbox *o, struct err *e)
{
    char *dir = home_path(o->home, "outbox/resign");
    int64_t *numbers;
    size_t n = disk_numbers(dir, SUFFIX, &numbers);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        char *from = home_path(o->home, "outbox/resign/%lld" SUFFIX, (long long)numbers[i]);
        char *to = home_path(o->home, "outbox/%lld" SUFFIX, (long long)numbers[i]);
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
    struct state s;
    bool ok = read_state(marker, &s, e) && drop_others(o, &s, e) && move_fresh(o, e) &&
              set_base(o, s.seq, s.id, e) && disk_remove(marker, e) &&
              remove_at(o->home, "outbox/resign", e);

    free(marker);
    return ok;
}

/* Removes a new chain that never was complete. */
static bool resign_drop(struct outbox *o, struct err *e)
{
    char *dir = home_path(o->home, "outbox/resign");
    int64_t *numbers;
    size_t n = disk_numbers(dir, SUFFIX, &numbers);
    bool ok = true;

    for (size_t i = 0; ok && i < n; i++) {
        char name[64];
        snprintf(name, sizeof name, "outbox/resign/%lld" SUFFIX, (long long)numbers[i]);
        ok = remove_at(o->home, name, e);
    }
    ok = ok && (access(dir, F_OK) != 0 || disk_remove(dir, e));
    free(numbers);
    free(dir);
    return ok;
}

static bool reload(struct outbox *o, struct err *e)
{
    bool whole;

    return load_items(o, &whole, e);
}

/* Signs items first … len-1 anew behind the given place and puts them in force instead of the files
 * from number `from` on. */
static bool resign(struct outbox *o, size_t first, int64_t from, int64_t base,
                   const uint8_t id[DIGEST_SIZE], struct err *e)
{
    struct compose_place at = {.seq = base + 1};
    struct state s = {.seq = base, .from = from};
    char *dir = home_path(o->home, "outbox/resign");
    char *marker = home_path(o->home, "outbox/resign/complete");
    bool ok = resign_drop(o, e) && file_mkdirs(dir, 0700, e);

    memcpy(at.prev, id, DIGEST_SIZE);
    memcpy(s.id, id, DIGEST_SIZE);
    for (size_t i = first; ok && i < o->len; i++)
        ok = resign_item(o, i, &at, e);
    s.last = at.seq - 1;
    ok = ok && write_state(marker, &s, true, e) && resign_apply(o, e) && reload(o, e);
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

static bool recover(struct outbox *o, struct err *e)
{
    bool whole;

    if (exists_at(o->home, "outbox/resign/complete")) {
        if (!resign_apply(o, e))
            return false;
    } else if (!resign_drop(o, e)) {
        return false;
    }
    if (!load_items(o, &whole, e))
        return false;
    if (whole)
        return true;
    app_note(_("the chain in %s/outbox has a gap (a file was removed or restored); the waiting "
               "statements are signed anew"),
             o->home->dir);
    return resign(o, first_behind(o), o->base_seq + 1, o->base_seq, o->base_id, e);
}

static bool load_base(struct outbox *o, struct err *e)
{
    char *path = home_path(o->home, "seq.state");
    struct state s = {0};
    bool ok = access(path, F_OK) != 0 || read_state(path, &s, e);

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
    if (keystore_sign_key(h, &o->key, e) && make_dirs(h, e) && load_base(o, e) && recover(o, e)) {
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

/* ---- changes -----------------------------------------------------------------------------------
 */

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
        snprintf(name, sizeof name, "outbox/%lld" SUFFIX, (long long)at.seq);
        ok = write_at(o->home, name, text.data, text.len, e);
    }
    if (ok) {
        add_item(o, at.seq, id);
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

    snprintf(waiting, sizeof waiting, "outbox/%lld" SUFFIX, (long long)item.seq);
    snprintf(sent, sizeof sent, "sent/%lld" SUFFIX, (long long)item.seq);
    snprintf(receipt, sizeof receipt, "receipts/%lld.tlog-proof", (long long)item.seq);
    bool ok = outbox_read(o, 0, &d, e);
    if (ok)
        dsse_encode(&d, &text);
    ok = ok && write_at(o->home, receipt, proof, strlen(proof), e) &&
         write_at(o->home, sent, text.data, text.len, e) &&
         (item.seq <= o->base_seq || set_base(o, item.seq, item.id, e)) &&
         remove_at(o->home, waiting, e);
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
    ok = ok && write_at(o->home, why, reason.data, reason.len, e) &&
         write_at(o->home, statement, text.data, text.len, e);
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
        return resign(o, 1, o->items[0].seq, o->base_seq, o->base_id, e);
    snprintf(name, sizeof name, "outbox/%lld" SUFFIX, (long long)o->items[0].seq);
    if (!remove_at(o->home, name, e))
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
    return !lost && resign(o, 0, 1, seq - 1, prev, e);
}
