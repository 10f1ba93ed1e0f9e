/* SPDX-License-Identifier: BSD-2-Clause */
/* duban receipts verify: checks kept receipts without a server. Trusts the log keys in duban.conf.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/disk.h"
#include "client/options.h"
#include "client/receipts.h"
#include "client/when.h"
#include "common/entry.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/tlog_proof.h"

#define RECEIPT_MAX ((size_t)256 * 1024)
#define ENVELOPE_MAX ((size_t)4 * 1024 * 1024)

struct tally {
    size_t right, wrong, unread;
};

static bool read_sent(const char *path, struct dsse *out, struct err *e)
{
    struct buf text = {0};
    bool ok = file_read(path, ENVELOPE_MAX, &text, e);

    while (ok && text.len && text.data[text.len - 1] == '\n')
        text.len--;
    ok = ok && dsse_decode(text.data ? text.data : "", text.len, 2 * 1024 * 1024, out, e);
    buf_free(&text);
    return ok;
}

/* DIR/receipts/7.tlog-proof → DIR/sent/7.dsse.json and 7; NULL for a file of another name. */
static char *sent_beside(const char *path, int64_t *seq)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *end = NULL;
    long long n = strtoll(name, &end, 10);

    if (n <= 0 || strcmp(end, ".tlog-proof") != 0)
        return NULL;
    *seq = n;
    return xasprintf("%.*s../sent/%lld.dsse.json", (int)(name - path), path, n);
}

static void show_right(const char *path, const struct buf *proof, uint64_t entry, bool whole)
{
    struct tlog_proof p = {0};
    struct err ignored;
    const char *value;
    size_t n;
    char received[64] = "", when[WHEN_SIZE];

    if (tlog_proof_parse(proof->data, proof->len, &p, &ignored) &&
        entry_get(p.extra.data, p.extra.len, "received", &value, &n))
        snprintf(received, sizeof received, "%.*s", (int)n, value);
    tlog_proof_clear(&p);
    when_text(*received ? received : NULL, when);
    if (whole)
        printf(_("verifies  entry %" PRIu64 "  received %s  %s\n"), entry, when, path);
    else
        printf(_("verifies  entry %" PRIu64 "  received %s  %s (the log holds this entry; the "
                 "statement is not beside it)\n"),
               entry, when, path);
}

static void check_file(struct app *a, const char *path, struct tally *t)
{
    struct buf proof = {0};
    struct dsse sent = {0};
    struct checkpoint head;
    struct err e;
    int64_t seq = 0;
    uint64_t entry = 0;
    char *beside = sent_beside(path, &seq);
    bool whole = beside && access(beside, F_OK) == 0;
    bool read = file_read(path, RECEIPT_MAX, &proof, &e);
    bool ok = read && (!whole || read_sent(beside, &sent, &e)) &&
              receipts_check_proof(a->home, proof.data, proof.len, whole ? &sent : NULL, seq, &head,
                                   &entry, &e);

    if (!read) {
        t->unread++;
        app_note("%s", e.text);
    } else if (ok) {
        t->right++;
        show_right(path, &proof, entry, whole);
    } else {
        t->wrong++;
        fflush(stdout);
        app_note(_("DOES NOT VERIFY: %s: %s"), path, e.text);
    }
    free(beside);
    dsse_clear(&sent);
    buf_free(&proof);
}

static void check_all(struct app *a, struct tally *t)
{
    char *dir = home_path(a->home, "receipts");
    int64_t *numbers;
    size_t n = disk_numbers(dir, ".tlog-proof", &numbers);

    for (size_t i = 0; i < n; i++) {
        char *path = xasprintf("%s/%" PRId64 ".tlog-proof", dir, numbers[i]);
        check_file(a, path, t);
        free(path);
    }
    free(numbers);
    free(dir);
}

int receipts_command(struct app *a, int argc, char **argv)
{
    struct options_list files;
    struct tally t = {0};
    struct err e;

    if (!options_parse(a, NULL, argc, argv, &files, &e) || !app_home(a, false, &e)) {
        options_free(&files);
        return app_fail(a, &e);
    }
    for (size_t i = 0; i < files.n; i++)
        check_file(a, files.items[i], &t);
    if (files.n == 0)
        check_all(a, &t);
    options_free(&files);
    if (t.wrong) {
        app_note(_("%zu of %zu receipts do not verify; keep the files and tell the auditors"),
                 t.wrong, t.wrong + t.right);
        return APP_EVIDENCE;
    }
    if (t.right || !t.unread)
        printf(_("%zu receipts verify\n"), t.right);
    return t.unread ? APP_LOCAL : APP_DONE;
}
