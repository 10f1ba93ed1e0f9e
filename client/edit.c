/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/edit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/app.h"
#include "client/disk.h"
#include "client/report.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/statement.h"

#define DRAFT_MAX ((size_t)1024 * 1024)

/* Names as the options have them; those of a section may have lines. */
static const struct part {
    const char *name, *member;
    bool section;
} PARTS[] = {{"status", "status", false}, {"progress", "progress", false},
             {"value", "values", false},  {"next-by", "next_by", false},
             {"text", "text", true},      {"risk", "risk", true},
             {"next", "next", true}};
#define PARTS_LEN (sizeof PARTS / sizeof PARTS[0])

/* ---- writing -------------------------------------------------------------------------------- */

static void comment(struct buf *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        buf_addf(out, "# %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void write_values(const json_t *values, struct buf *out)
{
    size_t i;
    const json_t *v;

    json_array_foreach((json_t *)values, i, v)
    {
        const char *unit = app_str(v, "unit");
        buf_addf(out, "value: %s=%s%s\n", app_str(v, "name"), app_str(v, "value"),
                 unit ? unit : "");
    }
    if (json_array_size(values) == 0)
        buf_add_str(out, "value:\n");
}

void edit_write(const json_t *report, const char *note, struct buf *out)
{
    if (note)
        comment(out, note);
    comment(out, _("Save and leave to sign; empty the file to stop. Lines with # are not read.\n"
                   "status: not-started 未开始, on-track 正常推进, at-risk 有风险, blocked 受阻, "
                   "done 已完成\n"
                   "progress: 0 to 100; value: NAME=NUMBER and its unit, a line each; next-by: "
                   "YYYY-MM-DD\n"
                   "text, risk, next: as many lines as you like, up to the next name"));
    for (const struct part *p = PARTS; p < PARTS + PARTS_LEN; p++) {
        const char *text = app_str(report, p->member);
        if (strcmp(p->name, "value") == 0)
            write_values(json_object_get(report, p->member), out);
        else if (strcmp(p->name, "progress") == 0 && json_object_get(report, "progress"))
            buf_addf(out, "progress: %lld\n", app_int(report, "progress", 0));
        else
            buf_addf(out, "%s:%s%s\n", p->name, text ? p->section ? "\n" : " " : "",
                     text ? text : "");
    }
}

/* ---- reading -------------------------------------------------------------------------------- */

static const struct part *part_of(const char *line, size_t n)
{
    for (const struct part *p = PARTS; p < PARTS + PARTS_LEN; p++) {
        size_t len = strlen(p->name);
        if (n > len && strncmp(line, p->name, len) == 0 && line[len] == ':')
            return p;
    }
    return NULL;
}

/* New string without white space at both ends. */
static char *trimmed(const char *s, size_t n)
{
    while (n && isspace((unsigned char)*s))
        s++, n--;
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    return xstrndup(s, n);
}

static bool set(json_t *report, const struct part *p, const char *value, struct err *e)
{
    char *end = NULL;

    if (*value == '\0')
        return true;
    if (strcmp(p->name, "status") == 0) {
        enum statement_status s = status_parse_any(value);
        if (s == STATUS_INVALID)
            return err_set(e, "usage", _("\"%s\" is not a status"), value);
        json_object_set_new(report, "status", json_string(status_name(s)));
    } else if (strcmp(p->name, "progress") == 0) {
        long v = strtol(value, &end, 10);
        if (end == value || (*end && strcmp(end, "%") != 0) || v < 0 || v > 100)
            return err_set(e, "usage", _("progress is a whole number from 0 to 100, not %s"),
                           value);
        json_object_set_new(report, "progress", json_integer(v));
    } else if (strcmp(p->name, "value") == 0) {
        if (!json_object_get(report, "values"))
            json_object_set_new(report, "values", json_array());
        if (!report_add_value(json_object_get(report, "values"), value))
            return err_set(e, "usage", _("a value is NAME=NUMBER and a unit, not %s"), value);
    } else {
        json_object_set_new(report, p->member, json_string(value));
    }
    return true;
}

/* The end of the part that begins at s: a section goes on to the next name. */
static size_t part_length(const char *s, bool section)
{
    size_t n = strcspn(s, "\n");

    while (section && s[n] == '\n') {
        const char *next = s + n + 1;
        size_t m = strcspn(next, "\n");
        if (*next == '\0' || part_of(next, m))
            break;
        n += 1 + m;
    }
    return n;
}

/* Comments inside a section are not part of it. */
static char *without_comments(const char *s, size_t n)
{
    struct buf b = {0};

    for (size_t i = 0; i < n;) {
        size_t m = strcspn(s + i, "\n");
        if (m > n - i)
            m = n - i;
        if (s[i] != '#')
            buf_add(&b, s + i, m + (i + m < n));
        i += m + 1;
    }
    char *text = trimmed(b.data ? b.data : "", b.len);
    buf_free(&b);
    return text;
}

bool edit_read(const char *text, json_t *report, struct err *e)
{
    size_t line = 1;

    for (const struct part *p = PARTS; p < PARTS + PARTS_LEN; p++)
        json_object_del(report, p->member);
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, "\n");
        const struct part *p = part_of(s, n);
        if (p) {
            size_t name = strlen(p->name) + 1;
            n = part_length(s, p->section);
            char *value = without_comments(s + name, n - name);
            struct err why = {0};
            bool ok = set(report, p, value, &why);
            free(value);
            if (!ok)
                return err_set(e, "usage", _("line %zu: %s"), line, why.text);
        } else if (*s != '#' && strspn(s, " \t\r") < n) {
            return err_set(e, "usage", _("line %zu: it belongs to no name such as \"text:\""),
                           line);
        }
        for (size_t i = 0; i < n; i++)
            line += s[i] == '\n';
        s += n + (s[n] == '\n');
        line++;
    }
    return true;
}

/* ---- the editor ----------------------------------------------------------------------------- */

static const char *chosen_editor(void)
{
    const char *editor = getenv("VISUAL");

    return editor && *editor ? editor : getenv("EDITOR");
}

bool edit_run(const char *path, struct err *e)
{
    const char *editor = chosen_editor();
    int status = -1;

    if (!editor || !*editor)
        return err_set(e, "local", _("no editor is chosen: set EDITOR, such as EDITOR=nano"));
    char *command = xasprintf("%s \"$1\"", editor); /* a command with options, as everywhere */
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    free(command);
    if (pid < 0 || status != 0)
        return err_set(e, "local", _("the editor %s failed; the draft is kept in %s"), editor,
                       path);
    return true;
}

bool edit_draft(const struct home *h, const char *task, const char *period, char **path,
                struct err *e)
{
    char *dir = home_path(h, "drafts");
    char *name = xstrdup(task);

    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '_';
    *path = home_path(h, "drafts/%s~%s.txt", name, period);
    bool ok = mkdir(dir, 0700) == 0 || errno == EEXIST ||
              err_set(e, "file", _("%s cannot be made: %s"), dir, strerror(errno));
    free(name);
    free(dir);
    return ok;
}

static bool begin(const char *draft, const json_t *report, const char *note, struct err *e)
{
    struct buf text = {0};

    if (access(draft, F_OK) == 0) {
        app_note(_("going on from the draft %s"), draft);
        return true;
    }
    if (!chosen_editor())
        return true; /* edit_run says so; nothing is left behind */
    edit_write(report, note, &text);
    bool ok = disk_write(draft, text.data, text.len, e);
    buf_free(&text);
    return ok;
}

bool edit_report(const char *draft, json_t *report, const char *note, bool *changed, struct err *e)
{
    json_t *before = json_deep_copy(report);
    struct buf text = {0};
    struct err why = {0};
    bool ok = begin(draft, report, note, e) && edit_run(draft, e) &&
              file_read(draft, DRAFT_MAX, &text, e);

    if (ok && !edit_read(text.data ? text.data : "", report, &why))
        ok = err_set(e, "usage", _("%s, %s; the draft is kept: call again to go on"), draft,
                     why.text);
    if (ok && !json_object_get(report, "status") && !json_object_get(report, "text")) {
        disk_remove(draft, &why);
        ok = err_set(e, "declined", _("the text was emptied: nothing is signed"));
    }
    *changed = !json_equal(before, report);
    json_decref(before);
    buf_free(&text);
    return ok;
}
