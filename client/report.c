/* SPDX-License-Identifier: BSD-2-Clause */
/* duban report. Everything that the server would refuse and that can be known here is refused
 * before a signature is made; what only the server knows (is this task mine?) is its outcome. */
#include "client/report.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/again.h"
#include "client/connect.h"
#include "client/fall.h"
#include "client/foreign.h"
#include "client/items.h"
#include "client/options.h"
#include "client/send.h"
#include "common/bytes.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

#define JSONL_MAX ((size_t)64 * 1024 * 1024)
#define HEAD_BYTES ((size_t)2048) /* more than any head needs */
#define ELEMENT_DEPTH 4
#define SYNOPSIS "report TASK --status S [--period P] [--progress N] [--text T] …"

/* What the command line said; strings borrowed from argv. */
struct arguments {
    const char *period, *status, *progress, *text, *risk, *next, *next_by, *sheet, *file, *corrects,
        *early_warning, *explain;
    bool good_rows, again, edit;
    struct options_list values, evidence, cites, words;
};

/* ---- parts of a report ---------------------------------------------------------------------- */

/* Length of the decimal number at s: digits, sign, one point; what follows must not go on like one.
 */
static size_t number_length(const char *s)
{
    size_t n = s[0] == '-' || s[0] == '+';
    size_t digits = strspn(s + n, "0123456789");

    n += digits;
    if (digits && s[n] == '.' && strspn(s + n + 1, "0123456789"))
        n += 1 + strspn(s + n + 1, "0123456789");
    return digits ? n : 0;
}

bool report_add_value(json_t *values, const char *text)
{
    const char *equals = strchr(text, '=');
    const char *wide = strstr(text, "＝");
    const char *number = equals ? equals + 1 : NULL;

    if (wide && (!equals || wide < equals)) {
        equals = wide;
        number = wide + strlen("＝");
    }
    if (!equals || equals == text)
        return false;
    number += strspn(number, " ");
    size_t n = number_length(number);
    const char *unit = number + n;
    unit += strspn(unit, " ");
    bool exponent = (*unit == 'e' || *unit == 'E') && strspn(unit + 1, "+-0123456789");
    if (n == 0 || exponent || (*unit && strchr("+-.,0123456789=", *unit)))
        return false;
    json_t *v = json_pack("{s:s%,s:s%}", "name", text, (size_t)(equals - text), "value",
                          number + (*number == '+'), n - (*number == '+'));
    if (!v)
        return false;
    if (*unit)
        json_object_set_new(v, "unit", json_string(unit));
    return json_array_append_new(values, v) == 0;
}

static bool hash_file(int fd, off_t size, uint8_t digest[DIGEST_SIZE])
{
    if (size == 0) {
        sha256("", 0, digest);
        return true;
    }
    void *p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        return false;
    sha256(p, (size_t)size, digest);
    munmap(p, (size_t)size);
    return true;
}

bool report_add_evidence(json_t *evidence, const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    uint8_t digest[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1];
    struct stat st = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;

    if (ok && !S_ISREG(st.st_mode))
        ok = err_set(e, "file", _("%s is not a file"), path);
    else if (!ok || !hash_file(fd, st.st_size, digest))
        ok = err_set(e, "file", _("evidence %s cannot be read: %s"), path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (!ok)
        return false;
    hex_encode(digest, DIGEST_SIZE, hex);
    json_t *item = json_pack("{s:s,s:I,s:s}", "name", slash ? slash + 1 : path, "size",
                             (json_int_t)st.st_size, "sha256", hex);
    return json_array_append_new(evidence, item) == 0 ||
           err_set(e, "file", _("the name of %s is not UTF-8"), path);
}

/* ---- checking as the server will ------------------------------------------------------------ */

static json_t *whole_fault(const struct err *e)
{
    return json_pack("[{s:s,s:s,s:s}]", "field", "", "code", e->code, "detail", e->text);
}

bool report_check(const json_t *report, json_t **faults)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    json_t *j = json_pack("{s:i,s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:[O]}", "v", 1, "aud", "x", "unit",
                          "x", "key", zeros, "seq", 1, "prev", zeros, "id",
                          "00000000-0000-7000-8000-000000000000", "nonce", "AAAAAAAAAAAAAAAAAAAAAA",
                          "iat", "2022-01-01T00:00:00Z", "reports", report);
    struct statement *s = NULL;
    struct buf text = {0};
    struct err e = {0};

    *faults = NULL;
    json_write(j, &text);
    json_decref(j);
    if (!statement_parse(STATEMENT_REPORT, text.data ? text.data : "", text.len, &s, &e))
        *faults = whole_fault(&e);
    else if (s->reports[0].errors)
        *faults = json_loads(s->reports[0].errors, 0, NULL);
    statement_free(&s);
    buf_free(&text);
    return *faults == NULL;
}

/* "progress: …; next_by: …" as one usage error. */
static bool faults_error(const json_t *faults, struct err *e)
{
    struct buf b = {0};
    size_t i;
    const json_t *f;

    json_array_foreach((json_t *)faults, i, f)
    {
        const char *field = app_str(f, "field");
        const char *detail = app_str(f, "detail");
        char *own = foreign_text(detail ? detail : "");
        buf_addf(&b, "%s%s%s%s", i ? "; " : "", field ? field : "", field && *field ? ": " : "",
                 own);
        free(own);
    }
    err_set(e, "usage", "%s", b.data ? b.data : "");
    buf_free(&b);
    return false;
}

/* ---- sending -------------------------------------------------------------------------------- */

static size_t json_size(const json_t *j)
{
    struct buf b = {0};

    json_write(j, &b);
    size_t n = b.len;
    buf_free(&b);
    return n;
}

/* Splits reports into bodies of at most 1,000 reports and one payload's bytes. */
static json_t *split(const json_t *reports)
{
    json_t *bodies = json_array();
    json_t *current = NULL;
    size_t bytes = 0, i;
    const json_t *r;

    json_array_foreach((json_t *)reports, i, r)
    {
        size_t n = json_size(r) + 1;
        if (!current || json_array_size(current) == STATEMENT_REPORTS_MAX ||
            bytes + n > STATEMENT_PAYLOAD_MAX) {
            current = json_array();
            bytes = HEAD_BYTES;
            json_array_append_new(bodies, json_pack("{s:o}", "reports", current));
        }
        json_array_append(current, (json_t *)r);
        bytes += n;
    }
    return bodies;
}

static int send_with(struct app *a, struct outbox *o, const json_t *reports)
{
    json_t *bodies = split(reports);
    int status = send_bodies(a, o, STATEMENT_TYPE("report"), bodies);

    json_decref(bodies);
    return status;
}

int report_send(struct app *a, const json_t *reports)
{
    struct outbox *o = NULL;
    struct err e;
    bool ok = send_open(a, &o, &e) && fall_confirm(a, reports, &e);
    int status = ok ? send_with(a, o, reports) : app_fail(a, &e);

    outbox_close(&o);
    return status;
}

/* ---- one report from options ---------------------------------------------------------------- */

static bool set_numbers(json_t *r, const struct arguments *x, struct err *e)
{
    char *end = NULL;

    if (x->progress) {
        long n = strtol(x->progress, &end, 10);
        if (end == x->progress || (*end && strcmp(end, "%") != 0) || n < 0 || n > 100)
            return err_set(e, "usage", _("--progress is a whole number from 0 to 100, not %s"),
                           x->progress);
        json_object_set_new(r, "progress", json_integer(n));
    }
    if (x->values.n)
        json_object_set_new(r, "values", json_array());
    for (size_t i = 0; i < x->values.n; i++)
        if (!report_add_value(json_object_get(r, "values"), x->values.items[i]))
            return err_set(
                e, "usage",
                _("--value is NAME=NUMBER with a decimal point (or NAME=NUMBER and a unit "
                  "of measure), not %s"),
                x->values.items[i]);
    return true;
}

static void set_text(json_t *r, const char *name, const char *value)
{
    if (value)
        json_object_set_new(r, name, json_string(value));
}

static bool check_status(const struct arguments *x, struct err *e)
{
    enum statement_status s = x->status ? status_parse_any(x->status) : STATUS_INVALID;

    return s != STATUS_INVALID || (!x->status && (x->again || x->edit)) ||
           err_set(e, "usage",
                   _("--status is one of not-started 未开始, on-track 正常推进, at-risk 有风险, "
                     "blocked 受阻, done 已完成%s%s"),
                   x->status ? ": " : "", x->status ? x->status : "");
}

/* Everything but task and period. */
static bool set_body(json_t *r, const struct arguments *x, struct err *e)
{
    if (x->status)
        json_object_set_new(r, "status", json_string(status_name(status_parse_any(x->status))));
    if (!set_numbers(r, x, e))
        return false;
    set_text(r, "text", x->text);
    set_text(r, "risk", x->risk);
    set_text(r, "next", x->next);
    set_text(r, "next_by", x->next_by);
    set_text(r, "early_warning", x->early_warning);
    set_text(r, "explanation", x->explain);
    if (x->cites.n)
        json_object_set_new(r, "cites", json_array());
    for (size_t i = 0; i < x->cites.n; i++)
        json_array_append_new(json_object_get(r, "cites"), json_string(x->cites.items[i]));
    if (x->corrects)
        json_object_set_new(r, "corrects", json_integer(strtoll(x->corrects, NULL, 10)));
    if (x->evidence.n)
        json_object_set_new(r, "evidence", json_array());
    for (size_t i = 0; i < x->evidence.n; i++)
        if (!report_add_evidence(json_object_get(r, "evidence"), x->evidence.items[i], e))
            return false;
    return true;
}

/* 2022q1 is typed more easily than 2022Q1. */
static void set_period(json_t *r, const char *period)
{
    char *p = xstrdup(period);

    for (char *c = p; *c; c++)
        if (strchr("qhw", *c))
            *c = (char)toupper((unsigned char)*c);
    json_object_set_new(r, "period", json_string(p));
    free(p);
}

/* Task and period; asks the server only for what was left out. */
static bool set_place(struct app *a, json_t *r, const struct arguments *x, struct err *e)
{
    const char *typed = x->words.items[0];
    const char *period = x->period;
    json_t *items = NULL;
    char *task = NULL;
    bool ask = !period || !strchr(typed, '/');

    if (ask && !items_due(a, &items, e)) {
        struct err why = *e;
        if (err_is(&why, "away"))
            err_set(e, "away",
                    _("%s. Without the server, name task and period in full: duban report "
                      "PLAN/NUMBER --period P …; it is then kept and sent later"),
                    why.text);
        return false;
    }
    bool ok =
        items_task(items, typed, &task, e) && (period || items_period(items, task, &period, e));
    if (ok) {
        json_object_set_new(r, "task", json_string(task));
        set_period(r, period);
    }
    free(task);
    json_decref(items);
    return ok;
}

/* Something on the command line says what changed: then no editor is needed. */
static bool says_something(const struct arguments *x)
{
    return x->status || x->progress || x->text || x->risk || x->next || x->next_by || x->values.n;
}

/* Place and body of one report; *draft when it went through the editor. */
static bool make_one(struct app *a, const struct arguments *x, json_t *r, char **draft,
                     struct err *e)
{
    char *note = NULL;
    bool ok = set_place(a, r, x, e) && (!x->again || again_fetch(a, r, &note, e)) &&
              set_body(r, x, e) &&
              (!(x->edit || (x->again && !says_something(x))) ||
               again_edit(a, r, x->again, note, draft, e));

    free(note);
    return ok;
}

static int report_one(struct app *a, const struct arguments *x)
{
    json_t *r = json_object();
    char *draft = NULL;
    json_t *faults = NULL;
    struct outbox *o = NULL;
    struct err e;
    int status;

    bool ok = options_count(&x->words, 1, 1, SYNOPSIS, &e) && check_status(x, &e) &&
              send_open(a, &o, &e) && make_one(a, x, r, &draft, &e);
    if (ok && !report_check(r, &faults))
        ok = faults_error(faults, &e);
    json_decref(faults);
    json_t *reports = json_pack("[O]", r);
    ok = ok && fall_confirm(a, reports, &e);
    status = ok ? send_with(a, o, reports) : app_fail(a, &e);
    json_decref(reports);
    if (ok && status != APP_LOCAL && !a->dry_run)
        again_done(draft);
    free(draft);
    json_decref(r);
    outbox_close(&o);
    return status;
}

/* ---- reports from a file of JSON lines ------------------------------------------------------ */

/* One line: its shape must be right, because a wrong one would refuse all others with it; wrong
 * values are the server's to refuse, one by one. */
static bool add_line(json_t *reports, const char *path, size_t line, const char *p, size_t n,
                     struct err *e)
{
    json_t *r = NULL, *faults = NULL;
    struct err why;

    if (!json_read(p, n, ELEMENT_DEPTH, &r, &why))
        return err_set(e, "file", _("%s, line %zu: %s"), path, line, why.text);
    if (!report_check(r, &faults)) {
        const json_t *first = json_array_get(faults, 0);
        const char *code = app_str(first, "code");
        if (code && (strcmp(code, "schema") == 0 || strcmp(code, "malformed") == 0)) {
            err_set(e, "file", _("%s, line %zu: %s"), path, line, app_str(first, "detail"));
            json_decref(faults);
            json_decref(r);
            return false;
        }
    }
    json_decref(faults);
    json_array_append_new(reports, r);
    return true;
}

static bool read_lines(const char *path, json_t *reports, struct err *e)
{
    struct buf text = {.limit = JSONL_MAX};
    bool ok = file_read(path, JSONL_MAX, &text, e);
    const char *p = text.data ? text.data : "";

    for (size_t line = 1; ok && *p; line++) {
        size_t n = strcspn(p, "\n");
        if (strspn(p, " \t\r") < n)
            ok = add_line(reports, path, line, p, n, e);
        p += n + (p[n] == '\n');
    }
    buf_free(&text);
    if (ok && json_array_size(reports) == 0)
        ok = err_set(e, "file", _("%s holds no report"), path);
    return ok;
}

static int report_file(struct app *a, const struct arguments *x)
{
    json_t *reports = json_array();
    struct err e;
    bool ok = options_count(&x->words, 0, 0, "report --file F.jsonl", &e) &&
              read_lines(x->file, reports, &e);
    int status = ok ? report_send(a, reports) : app_fail(a, &e);

    json_decref(reports);
    return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

static bool check_combination(const struct arguments *x, struct err *e)
{
    bool single = x->period || x->status || x->progress || x->text || x->risk || x->next ||
                  x->next_by || x->corrects || x->early_warning || x->explain || x->cites.n ||
                  x->values.n || x->evidence.n || x->words.n || x->again || x->edit;

    if ((x->sheet != NULL) + (x->file != NULL) + single > 1)
        return err_set(
            e, "usage",
            _("a report is given by options, by --sheet or by --file, not by two of them"));
    if (x->good_rows && !x->sheet)
        return err_set(e, "usage", _("--good-rows goes with --sheet"));
    if (x->corrects && (!*x->corrects || strlen(x->corrects) > 15 ||
                        x->corrects[strspn(x->corrects, "0123456789")]))
        return err_set(e, "usage",
                       _("--corrects is the number of an entry (“duban history TASK” lists them), "
                         "not %s"),
                       x->corrects);
    return true;
}

int report_command(struct app *a, int argc, char **argv)
{
    struct arguments x = {0};
    struct options_spec specs[] = {{"period", OPTIONS_TEXT, &x.period},
                                   {"status", OPTIONS_TEXT, &x.status},
                                   {"progress", OPTIONS_TEXT, &x.progress},
                                   {"text", OPTIONS_TEXT, &x.text},
                                   {"value", OPTIONS_LIST, &x.values},
                                   {"risk", OPTIONS_TEXT, &x.risk},
                                   {"next", OPTIONS_TEXT, &x.next},
                                   {"next-by", OPTIONS_TEXT, &x.next_by},
                                   {"evidence", OPTIONS_LIST, &x.evidence},
                                   {"corrects", OPTIONS_TEXT, &x.corrects},
                                   {"early-warning", OPTIONS_TEXT, &x.early_warning},
                                   {"explain", OPTIONS_TEXT, &x.explain},
                                   {"cite", OPTIONS_LIST, &x.cites},
                                   {"again", OPTIONS_FLAG, &x.again},
                                   {"edit", OPTIONS_FLAG, &x.edit},
                                   {"dry-run", OPTIONS_FLAG, &a->dry_run},
                                   {"yes", OPTIONS_FLAG, &a->yes},
                                   {"sheet", OPTIONS_TEXT, &x.sheet},
                                   {"file", OPTIONS_TEXT, &x.file},
                                   {"good-rows", OPTIONS_FLAG, &x.good_rows},
                                   {0}};
    struct err e;
    int status;

    if (!options_parse(a, specs, argc, argv, &x.words, &e) || !check_combination(&x, &e))
        status = app_fail(a, &e);
    else if (x.sheet && x.words.n == 0)
        status = report_sheet(a, x.sheet, x.good_rows);
    else if (x.file)
        status = report_file(a, &x);
    else
        status = report_one(a, &x);
    options_free(&x.words);
    options_free(&x.values);
    options_free(&x.cites);
    options_free(&x.evidence);
    return status;
}
