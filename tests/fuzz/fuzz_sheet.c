/* SPDX-License-Identifier: BSD-2-Clause */
/* Sheets: any bytes give rows and named faults, or one error; never both a fault and a report for
 * one row. */
#include <string.h>

#include "client/app.h"
#include "client/report.h"
#include "client/sheet.h"
#include "fuzz.h"

static void check_sheet(const struct sheet *s)
{
    size_t i;
    json_t *r, *faults;

    json_array_foreach(s->reports, i, r)
    {
        FUZZ_CHECK(report_check(r, &faults)); /* what is signed is what the server takes */
        FUZZ_CHECK(app_str(r, "task") && app_str(r, "period") && app_str(r, "status"));
    }
    for (i = 0; i < s->faults_len; i++)
        FUZZ_CHECK(s->faults[i].row >= 2 && s->faults[i].text && s->faults[i].column);
    FUZZ_CHECK((s->bad_rows == 0) == (s->faults_len == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sheet *s = NULL;
    struct err e = {0};

    if (size > 65536)
        return 0;
    if (sheet_read((const char *)data, size, "/nonexistent", &s, &e))
        check_sheet(s);
    else
        FUZZ_CHECK(e.code[0] && e.text[0]);
    sheet_free(&s);
    return 0;
}
