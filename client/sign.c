/* SPDX-License-Identifier: BSD-2-Clause */
/* duban sign: signs exactly the bytes on standard input. They are not looked at: a script that
 * tests the server must be able to send wrong ones. */
#include "client/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/options.h"
#include "common/dsse.h"
#include "common/i18n.h"
#include "common/key.h"
#include "common/mem.h"

#define PAYLOAD_MAX ((size_t)16 * 1024 * 1024)
#define SYNOPSIS "sign --type T < PAYLOAD"

static bool read_input(struct buf *out, struct err *e)
{
    char piece[16384];
    size_t n;

    out->limit = PAYLOAD_MAX;
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
        if (!buf_add(out, piece, n))
            return err_set(e, "usage", _("the payload is larger than 16 MiB"));
    return true;
}

/* "report" stands for application/vnd.duban.report.v1+json. */
static char *full_type(const char *type)
{
    return strchr(type, '/') ? xstrdup(type) : xasprintf("application/vnd.duban.%s.v1+json", type);
}

static bool sign_input(const char *home, const char *type, struct err *e)
{
    char *path = xasprintf("%s/sign.key", home);
    char *full = full_type(type);
    struct key *k = NULL;
    struct buf payload = {0}, text = {0};
    struct dsse d = {0};
    bool ok = key_load(path, &k, e) && read_input(&payload, e) &&
              dsse_sign(k, full, payload.data ? payload.data : "", payload.len, &d, e);

    if (ok) {
        dsse_encode(&d, &text);
        fwrite(text.data, 1, text.len, stdout);
        putchar('\n');
    }
    dsse_clear(&d);
    buf_free(&text);
    buf_free(&payload);
    key_free(&k);
    free(full);
    free(path);
    return ok;
}

int sign_command(struct app *a, int argc, char **argv)
{
    const char *type = NULL;
    struct options_spec specs[] = {{"type", OPTIONS_TEXT, &type}, {0}};
    struct options_list args;
    struct err e;
    bool ok =
        options_parse(a, specs, argc, argv, &args, &e) && options_count(&args, 0, 0, SYNOPSIS, &e);

    options_free(&args);
    if (ok && (!type || strlen(type) > 95))
        ok = err_set(&e, "usage",
                     _("--type is missing: a kind such as report, or a whole payload type"));
    ok = ok && sign_input(a->home_dir, type, &e);
    return ok ? APP_DONE : app_fail(a, &e);
}
