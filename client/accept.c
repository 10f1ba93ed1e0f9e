/* SPDX-License-Identifier: BSD-2-Clause */
/* duban enrol --accept FILE.cert: completes HOME. The certificate must be for the key that is here;
 * url, aud and log key are what the office gave. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/enrol.h"
#include "client/home.h"
#include "client/pki.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";

struct answer {
    char *settings; /* text before the first certificate */
    char *certificate, *ca;
};

static bool split(const struct buf *text, struct answer *out)
{
    const char *first = text->data ? strstr(text->data, BEGIN) : NULL;
    const char *second = first ? strstr(first + 1, BEGIN) : NULL;

    if (!second)
        return false;
    out->settings = xstrndup(text->data, (size_t)(first - text->data));
    out->certificate = xstrndup(first, (size_t)(second - first));
    out->ca = xstrdup(second);
    return true;
}

static void answer_clear(struct answer *x)
{
    free(x->settings);
    free(x->certificate);
    free(x->ca);
}

static bool check_key(const char *dir, const char *pem, struct err *e)
{
    char *path = xasprintf("%s/client.key", dir);
    struct key *mine = NULL, *theirs = NULL;
    bool ok = key_load(path, &mine, e) && pki_certificate_key(pem, &theirs, e);

    if (ok && memcmp(key_id(mine), key_id(theirs), DIGEST_SIZE) != 0)
        ok = err_set(e, "certificate",
                     _("the certificate is for another key than %s: is this the answer to this "
                       "request, and is --home right?"),
                     path);
    key_free(&mine);
    key_free(&theirs);
    free(path);
    return ok;
}

static bool check_sign_key(const char *dir, struct err *e)
{
    char *path = xasprintf("%s/sign.key", dir);
    struct key *k = NULL;
    bool ok = key_load(path, &k, e);

    key_free(&k);
    free(path);
    return ok;
}

static bool write_file(const char *dir, const char *name, const char *text, mode_t mode,
                       struct err *e)
{
    char *path = xasprintf("%s/%s", dir, name);
    bool ok = file_write(path, text, strlen(text), mode, e);

    free(path);
    return ok;
}

/* duban.conf comes last: HOME counts as enrolled only when everything else is there. */
static bool complete(const char *dir, const struct answer *x, const char *name, struct err *e)
{
    struct home *h = NULL;
    bool ok = home_parse(dir, name, x->settings, &h, e) && check_key(dir, x->certificate, e) &&
              check_sign_key(dir, e) && write_file(dir, "client.pem", x->certificate, 0644, e) &&
              write_file(dir, "ca.pem", x->ca, 0644, e) &&
              write_file(dir, "duban.conf", x->settings, 0600, e);

    if (ok)
        printf(_("%s is ready: it speaks for %s at %s; try: duban due\n"), dir, h->code, h->url);
    home_close(&h);
    return ok;
}

int enrol_accept(struct app *a, const char *file)
{
    struct buf text = {.limit = ENROL_REQUEST_MAX};
    struct answer x = {0};
    struct err e;
    bool ok = file_read(file, ENROL_REQUEST_MAX, &text, &e);

    if (ok && !split(&text, &x))
        ok = err_set(&e, "request", _("%s is not an answer of “duban approve”"), file);
    ok = ok && complete(a->home_dir, &x, file, &e);
    answer_clear(&x);
    buf_free(&text);
    return ok ? APP_DONE : app_fail(a, &e);
}
