/* SPDX-License-Identifier: BSD-2-Clause */
/* Verification of receipts. Only the log keys in duban.conf are trusted; the server, its
 * certificate and its words are not. */
#include "client/receipts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "common/entry.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/merkle.h"
#include "common/tlog_proof.h"

#define STATE_MAX 4096

/* ---- the digest over the outcomes ----------------------------------------------------------- */

static const char *or_dash(const char *s)
{
    return s && *s ? s : "-";
}

/* An instant as the canonical lines have it: UTC seconds. */
static void due_text(const char *due, char out[INSTANT_SIZE])
{
    int64_t us;

    snprintf(out, INSTANT_SIZE, "-");
    if (due && instant_parse(due, &us)) {
        instant_format_utc(us, out);
        snprintf(strchr(out, 'T') + 9, 2, "Z");
    }
}

/* A refused report repeats what its sender wrote; what is not printable ASCII stands as "-". */
static const char *word(const char *s, bool refused)
{
    for (const char *p = s; refused && p && *p; p++)
        if (*p < '!' || *p > '~')
            return "-";
    return or_dash(s);
}

static void add_line(struct buf *b, const char *object, const char *period, const json_t *from)
{
    const char *outcome = app_str(from, "outcome");
    bool refused = outcome && strcmp(outcome, "refused") == 0;
    char due[INSTANT_SIZE];

    due_text(app_str(from, "due"), due);
    buf_addf(b, "%s %s %s %s %s %s\n", word(object, refused), word(period, refused),
             or_dash(outcome), due, or_dash(app_str(from, "rule")),
             or_dash(app_str(from, "calendar")));
}

/* The verdict on the task itself, when this report said "done": a second line without a period. A
 * wrong due only gives a wrong digest, so it may be asked for. */
static bool add_completion(struct buf *b, const json_t *o, const struct receipts_ask *ask,
                           struct err *e)
{
    const json_t *completion = json_object_get(o, "completion");
    const char *due = app_str(o, "completion_due");
    const char *task = app_str(o, "task");
    char asked[INSTANT_SIZE] = "", text[INSTANT_SIZE];

    if (!json_is_string(completion))
        return true;
    if (!due && task && ask && ask->task_due) {
        if (!ask->task_due(ask->data, task, asked, e))
            return false;
        due = asked;
    }
    due_text(due, text);
    /* a completion that was owed again has a name of its own */
    buf_addf(b, "%s %s %s %s - -\n", or_dash(task), or_dash(app_str(o, "completion_period")),
             json_string_value(completion), text);
    return true;
}

/* A period that was returned and is sent again: a line of its own. */
static void add_resubmission(struct buf *b, const json_t *o)
{
    const char *verdict = app_str(o, "resubmission");
    char due[INSTANT_SIZE];

    if (!verdict)
        return;
    due_text(app_str(o, "resubmission_due"), due);
    buf_addf(b, "%s %s %s %s - -\n", or_dash(app_str(o, "task")),
             or_dash(app_str(o, "resubmission_period")), verdict, due);
}

static bool add_outcome(struct buf *b, const json_t *o, const struct receipts_ask *ask,
                        struct err *e);

/* What the report came to for tasks of other plans that are declared the same. */
static bool add_same(struct buf *b, const json_t *o, const struct receipts_ask *ask, struct err *e)
{
    size_t i;
    const json_t *x;
    bool ok = true;

    json_array_foreach(json_object_get(o, "same"), i, x) ok =
        ok && !json_object_get(x, "same") && add_outcome(b, x, ask, e);
    return ok;
}

static bool add_outcome(struct buf *b, const json_t *o, const struct receipts_ask *ask,
                        struct err *e)
{
    const json_t *alert = json_object_get(o, "alert");
    char number[24];

    if (json_is_integer(alert)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(alert));
        add_line(b, number, NULL, o);
    } else if (app_str(o, "object")) {
        add_line(b, app_str(o, "object"), app_str(o, "period"), o);
    } else {
        add_line(b, app_str(o, "task"), app_str(o, "period"), o);
    }
    bool slot = app_str(o, "completion_period") != NULL;
    if (slot) /* the order in which they were settled */
        add_resubmission(b, o);
    bool ok = add_completion(b, o, ask, e);
    if (!slot)
        add_resubmission(b, o);
    return ok && add_same(b, o, ask, e);
}

bool receipts_outcomes_digest(const json_t *outcomes, const struct receipts_ask *ask,
                              uint8_t out[DIGEST_SIZE], struct err *e)
{
    struct buf lines = {0};
    bool ok = true;

    for (size_t i = 0; ok && i < json_array_size(outcomes); i++)
        ok = add_outcome(&lines, json_array_get(outcomes, i), ask, e);
    sha256(lines.data ? lines.data : "", lines.len, out);
    buf_free(&lines);
    return ok;
}

/* ---- one proof ------------------------------------------------------------------------------ */

static bool evidence(struct err *e, const char *what)
{
    return err_set(e, "evidence", "%s", what);
}

static bool line_is(const struct tlog_proof *p, const char *name, const char *wanted)
{
    const char *value;
    size_t n;

    return entry_get(p->extra.data, p->extra.len, name, &value, &n) && strlen(wanted) == n &&
           memcmp(value, wanted, n) == 0;
}

/* The entry must speak of this very statement. */
static bool check_statement(const struct tlog_proof *p, const struct dsse *sent, int64_t seq,
                            struct err *e)
{
    struct buf scratch = {0};
    uint8_t id[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1], key[2 * DIGEST_SIZE + 1], place[24];

    dsse_identity(sent->type, sent->payload.data, sent->payload.len, &scratch, id);
    buf_free(&scratch);
    hex_encode(id, DIGEST_SIZE, hex);
    hex_encode(sent->keyid, DIGEST_SIZE, key);
    snprintf(place, sizeof place, "%lld", (long long)seq);
    if (!line_is(p, "pae-sha256", hex))
        return evidence(e, _("the log entry is about another statement (pae-sha256)"));
    if (!line_is(p, "key", key))
        return evidence(e, _("the log entry names another signing key"));
    if (!line_is(p, "seq", place))
        return evidence(e, _("the log entry names another place in the chain (seq)"));
    if (!line_is(p, "type", sent->type))
        return evidence(e, _("the log entry names another type of statement"));
    return true;
}

static bool open_proof(const struct home *h, const char *text, size_t n, struct tlog_proof *p,
                       struct checkpoint *head, struct err *e)
{
    struct err why;

    if (!tlog_proof_parse(text, n, p, &why) ||
        !entry_check(p->extra.data ? p->extra.data : "", p->extra.len, &why) ||
        !tlog_proof_verify(p, h->vkeys, h->vkeys_len, head, &why))
        return evidence(e, why.text);
    if (strcmp(head->origin, h->aud) != 0)
        return evidence(e, _("the proof is of another log than “aud” in duban.conf"));
    return true;
}

bool receipts_check_proof(const struct home *h, const char *proof, size_t n,
                          const struct dsse *sent, int64_t seq, struct checkpoint *head,
                          uint64_t *entry, struct err *e)
{
    struct tlog_proof p = {0};
    bool ok = open_proof(h, proof, n, &p, head, e) && (!sent || check_statement(&p, sent, seq, e));

    *entry = p.index;
    tlog_proof_clear(&p);
    return ok;
}

static bool check_words(const struct tlog_proof *p, const json_t *receipt,
                        const struct receipts_ask *ask, struct err *e)
{
    const char *received = app_str(receipt, "received");
    uint8_t digest[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1];

    if (app_int(receipt, "entry", -1) != (long long)p->index)
        return evidence(e, _("the receipt names another entry than its proof"));
    if (!received || !line_is(p, "received", received))
        return evidence(e, _("the receipt names another time than the log entry (received)"));
    if (!receipts_outcomes_digest(json_object_get(receipt, "outcomes"), ask, digest, e))
        return false;
    hex_encode(digest, DIGEST_SIZE, hex);
    if (!line_is(p, "outcomes-sha256", hex))
        return evidence(e, _("the outcomes in the receipt are not those in the log entry "
                             "(outcomes-sha256)"));
    return true;
}

bool receipts_check(const struct home *h, const struct dsse *sent, int64_t seq,
                    const json_t *receipt, const struct receipts_ask *ask, struct checkpoint *head,
                    struct err *e)
{
    const char *proof = app_str(receipt, "proof");
    struct tlog_proof p = {0};

    if (!proof)
        return evidence(e, _("the receipt holds no proof"));
    bool ok = open_proof(h, proof, strlen(proof), &p, head, e) &&
              check_statement(&p, sent, seq, e) && check_words(&p, receipt, ask, e);
    tlog_proof_clear(&p);
    return ok;
}

void receipts_keep_evidence(const struct home *h, int64_t seq, const json_t *receipt, char **path)
{
    char *dir = home_path(h, "evidence");
    struct buf text = {0};
    struct err ignored;

    *path = home_path(h, "evidence/%lld-%lld.json", (long long)seq, (long long)clock_real());
    json_write(receipt, &text);
    if (!file_mkdirs(dir, 0700, &ignored) ||
        !file_write(*path, text.data, text.len, 0600, &ignored)) {
        free(*path);
        *path = NULL;
    }
    buf_free(&text);
    free(dir);
}

/* ---- the last head seen: HOME/log.state, the three lines of a checkpoint -------------------- */

static bool load_state(const char *path, struct checkpoint *out, struct err *e)
{
    struct buf text = {0}, root = {0};
    char origin[128], root_text[64];
    bool ok = file_read(path, STATE_MAX, &text, e) &&
              sscanf(text.data, "%127[^\n]\n%" SCNu64 "\n%63[^\n]\n", origin, &out->size,
                     root_text) == 3 &&
              base64_decode(root_text, strlen(root_text), &root) && root.len == DIGEST_SIZE;

    if (ok) {
        snprintf(out->origin, sizeof out->origin, "%s", origin);
        memcpy(out->root, root.data, DIGEST_SIZE);
    }
    buf_free(&text);
    buf_free(&root);
    return ok || err_set(e, "evidence",
                         _("%s is damaged; it holds the last head of the log that this HOME has "
                           "seen: restore it from a copy"),
                         path);
}

static bool save_state(const char *path, const struct checkpoint *head, struct err *e)
{
    struct buf text = {0};

    buf_addf(&text, "%s\n%" PRIu64 "\n", head->origin, head->size);
    base64_encode(head->root, DIGEST_SIZE, &text);
    buf_add_str(&text, "\n");
    bool ok = file_write(path, text.data, text.len, 0600, e);
    buf_free(&text);
    return ok;
}

/* One base64 hash a line. */
static bool parse_hashes(const struct buf *text, uint8_t (*out)[DIGEST_SIZE], size_t max, size_t *n)
{
    const char *p = text->data ? text->data : "";
    struct buf hash = {0};
    bool ok = true;

    *n = 0;
    while (ok && *p) {
        size_t len = strcspn(p, "\r\n");
        buf_clear(&hash);
        ok = *n < max && base64_decode(p, len, &hash) && hash.len == DIGEST_SIZE;
        if (ok)
            memcpy(out[(*n)++], hash.data, DIGEST_SIZE);
        p += len + strspn(p + len, "\r\n");
    }
    buf_free(&hash);
    return ok;
}

/* small and large are heads of one log: the one must be a prefix of the other. */
static bool check_growth(const struct checkpoint *small, const struct checkpoint *large,
                         const struct receipts_ask *ask, struct err *e)
{
    uint8_t path[2 * MERKLE_LEVELS][DIGEST_SIZE];
    struct buf text = {.limit = 65536};
    size_t n;

    if (small->size == large->size)
        return memcmp(small->root, large->root, DIGEST_SIZE) == 0 ||
               evidence(e, _("the log shows two different roots for one size: it is forked"));
    if (small->size == 0)
        return true;
    if (!ask->consistency(ask->data, small->size, large->size, &text, e)) {
        buf_free(&text);
        return false;
    }
    bool ok = parse_hashes(&text, path, 2 * MERKLE_LEVELS, &n) &&
              merkle_verify_consistency(small->size, large->size, small->root, large->root,
                                        (const uint8_t(*)[DIGEST_SIZE])path, n);
    buf_free(&text);
    return ok || evidence(e, _("the log is not an extension of the log that this HOME has seen "
                               "(log.state): entries were changed or removed"));
}

bool receipts_remember(const struct home *h, const struct checkpoint *head,
                       const struct receipts_ask *ask, struct err *e)
{
    char *path = home_path(h, "log.state");
    struct checkpoint seen = {0};
    bool first = access(path, F_OK) != 0;
    bool ok = first || load_state(path, &seen, e);

    if (ok && !first && strcmp(seen.origin, head->origin) != 0)
        ok = err_set(e, "evidence", _("%s is about another log (%s, not %s)"), path, seen.origin,
                     head->origin);
    if (ok && !first) {
        bool grown = head->size >= seen.size;
        ok = check_growth(grown ? &seen : head, grown ? head : &seen, ask, e);
    }
    if (ok && (first || head->size > seen.size))
        ok = save_state(path, head, e);
    free(path);
    return ok;
}
