/* SPDX-License-Identifier: BSD-2-Clause */
/* duban report --sheet: all bad cells at once and nothing signed, or everything that is good. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/csv.h"
#include "client/report.h"
#include "client/sheet.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

#define EMPTY_SHOWN 20

static void show_faults(const char *path, const struct sheet *s)
{
    for (size_t i = 0; i < s->faults_len; i++)
        app_note(_("%s, row %zu, column %s (%s): %s"), path, s->faults[i].row, s->faults[i].column,
                 s->faults[i].cell, s->faults[i].text);
}

static void show_empty(const struct app *a, const struct sheet *s)
{
    if (a->json || s->empty_len == 0)
        return;
    printf(_("left empty, not reported: %zu rows\n"), s->empty_len);
    for (size_t i = 0; i < s->empty_len && i < EMPTY_SHOWN; i++)
        printf("  %s\n", s->empty[i]);
    if (s->empty_len > EMPTY_SHOWN)
        printf("  …\n");
}

static int send_sheet(struct app *a, const char *path, const struct sheet *s, bool good_rows)
{
    struct err e;

    show_faults(path, s);
    if (s->faults_len && !good_rows) {
        err_set(
            &e, "sheet",
            _("%zu wrong cells in %zu rows: nothing was signed. Correct them and send again, or "
              "send the %zu good rows now: add --good-rows"),
            s->faults_len, s->bad_rows, json_array_size(s->reports));
        return app_fail(a, &e);
    }
    if (json_array_size(s->reports) == 0) {
        show_empty(a, s);
        err_set(&e, "sheet", _("%s: no row can be sent; fill at least the column “%s”"), path,
                sheet_heading(SHEET_STATUS));
        return app_fail(a, &e);
    }
    int status = report_send(a, s->reports);
    show_empty(a, s);
    if (s->bad_rows)
        app_note(_("%zu rows with wrong cells were not sent"), s->bad_rows);
    return status;
}

int report_sheet(struct app *a, const char *path, bool good_rows)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? xstrndup(path, (size_t)(slash - path) + (slash == path)) : xstrdup(".");
    struct buf bytes = {.limit = CSV_BYTES_MAX};
    struct sheet *s = NULL;
    struct err e;
    int status;

    if (!file_read(path, CSV_BYTES_MAX, &bytes, &e)) {
        status = app_fail(a, &e);
    } else if (!sheet_read(bytes.data ? bytes.data : "", bytes.len, dir, &s, &e)) {
        err_prefix(&e, "%s", path);
        status = app_fail(a, &e);
    } else {
        status = send_sheet(a, path, s, good_rows);
    }
    sheet_free(&s);
    buf_free(&bytes);
    free(dir);
    return status;
}
