/* SPDX-License-Identifier: BSD-2-Clause */
/* HOME/duban.conf and the lock of HOME. The file belongs to the user; a wrong one is answered with
 * its name and line. */
#include "client/home.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/conftext.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

#define CONF_MAX 65536

static char *absolute(const char *dir, const char *path)
{
    return path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", dir, path);
}

static char *copy_path(cfg_t *c, const char *dir, const char *name)
{
    const char *s = conftext_str(c, name);

    return s ? absolute(dir, s) : NULL;
}

static char *copy_str(cfg_t *c, const char *name)
{
    const char *s = conftext_str(c, name);

    return s ? xstrdup(s) : NULL;
}

static bool read_vkeys(struct home *h, cfg_t *c, const char *name, struct err *e)
{
    unsigned n = cfg_size(c, "log-vkey");

    if (n == 0 || n > HOME_VKEYS_MAX)
        return err_set(e, "config",
                       _("%s: log-vkey must name between 1 and %d log keys; without one no receipt "
                         "can be checked"),
                       name, HOME_VKEYS_MAX);
    for (unsigned i = 0; i < n; i++) {
        const char *v = cfg_getnstr(c, "log-vkey", i);
        if (!checkpoint_vkey_parse(v, strlen(v), &h->vkeys[i], e))
            return err_prefix(e, "%s", name);
        h->vkeys_len++;
    }
    return true;
}

/* The members that nothing works without. */
static bool check_needed(const struct home *h, const char *name, struct err *e)
{
    const struct {
        const char *key, *value;
    } needed[] = {{"url", h->url}, {"ca", h->ca}, {"aud", h->aud}, {"unit", h->code}};

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!needed[i].value)
            return err_set(e, "config", _("%s: “%s” is missing; enrol again or add it"), name,
                           needed[i].key);
    if (strncmp(h->url, "https://", 8) != 0)
        return err_set(e, "config", _("%s: url must begin with https://, not %s"), name, h->url);
    for (size_t i = 0; i < h->vkeys_len; i++)
        if (strcmp(h->vkeys[i].name, h->aud) != 0)
            return err_set(e, "config", _("%s: the log key is named %s, but aud is %s"), name,
                           h->vkeys[i].name, h->aud);
    return true;
}

static void take_settings(struct home *h, cfg_t *c)
{
    h->url = copy_str(c, "url");
    while (h->url && *h->url && h->url[strlen(h->url) - 1] == '/')
        h->url[strlen(h->url) - 1] = '\0';
    h->ca = copy_path(c, h->dir, "ca");
    h->aud = copy_str(c, "aud");
    h->code = copy_str(c, "post");
    h->post = h->code != NULL;
    if (!h->code)
        h->code = copy_str(c, "unit");
    h->op = cfg_getbool(c, "operator") == cfg_true;
    h->certificate = copy_path(c, h->dir, "certificate");
    h->key = copy_path(c, h->dir, "key");
    h->sign_key = copy_path(c, h->dir, "sign-key");
    h->ca_certificate = copy_path(c, h->dir, "ca-certificate");
    h->ca_key = copy_path(c, h->dir, "ca-key");
}

bool home_parse(const char *dir, const char *name, const char *text, struct home **out,
                struct err *e)
{
    cfg_opt_t opts[] = {CFG_STR("url", NULL, CFGF_NONE),
                        CFG_STR("ca", "ca.pem", CFGF_NONE),
                        CFG_STR("aud", NULL, CFGF_NONE),
                        CFG_STR_LIST("log-vkey", NULL, CFGF_NONE),
                        CFG_STR("unit", NULL, CFGF_NONE),
                        CFG_STR("post", NULL, CFGF_NONE),
                        CFG_BOOL("operator", cfg_false, CFGF_NONE),
                        CFG_STR("certificate", "client.pem", CFGF_NONE),
                        CFG_STR("key", "client.key", CFGF_NONE),
                        CFG_STR("sign-key", "sign.key", CFGF_NONE),
                        CFG_STR("ca-certificate", NULL, CFGF_NONE),
                        CFG_STR("ca-key", NULL, CFGF_NONE),
                        CFG_END()};
    cfg_t *c = conftext_parse(opts, name, text, e);

    if (!c)
        return false;
    struct home *h = xcalloc(1, sizeof *h);
    h->lock_fd = -1;
    h->dir = xstrdup(dir);
    take_settings(h, c);
    bool ok = read_vkeys(h, c, name, e) && check_needed(h, name, e);
    cfg_free(c);
    if (ok)
        *out = h;
    else
        home_close(&h);
    return ok;
}

bool home_open(const char *dir, struct home **out, struct err *e)
{
    char *path = xasprintf("%s/duban.conf", dir);
    struct buf text = {0};
    bool ok;

    if (access(path, F_OK) != 0)
        ok =
            err_set(e, "home",
                    _("%s is not there: %s is not (or not completely) enrolled; run “duban enrol”, "
                      "or name another directory by --home"),
                    path, dir);
    else
        ok = file_read(path, CONF_MAX, &text, e) &&
             home_parse(dir, path, text.data ? text.data : "", out, e);
    buf_free(&text);
    free(path);
    return ok;
}

bool home_lock(struct home *h, int wait_ms, struct err *e)
{
    if (h->lock_fd >= 0)
        return true;
    char *path = home_path(h, ".lock");
    bool ok = file_lock(path, wait_ms, &h->lock_fd, e);
    free(path);
    if (!ok && err_is(e, "locked"))
        err_set(e, "locked", _("another duban is using %s; wait until it has finished"), h->dir);
    return ok;
}

void home_close(struct home **h)
{
    if (!*h)
        return;
    if ((*h)->lock_fd >= 0)
        close((*h)->lock_fd);
    for (size_t i = 0; i < (*h)->vkeys_len; i++)
        checkpoint_vkey_clear(&(*h)->vkeys[i]);
    char *strings[] = {(*h)->dir,         (*h)->url,   (*h)->ca,       (*h)->aud,
                       (*h)->code,        (*h)->key,   (*h)->sign_key, (*h)->ca_certificate,
                       (*h)->certificate, (*h)->ca_key};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        free(strings[i]);
    free(*h);
    *h = NULL;
}

char *home_path(const struct home *h, const char *fmt, ...)
{
    char *name = NULL;
    va_list ap;

    va_start(ap, fmt);
    int n = vasprintf(&name, fmt, ap);
    va_end(ap);
    if (n < 0)
        abort();
    char *path = xasprintf("%s/%s", h->dir, name);
    free(name);
    return path;
}

static void add_setting(struct buf *out, const char *name, const char *value)
{
    if (!value)
        return;
    buf_addf(out, "%s = ", name);
    conftext_quote(value, out);
    buf_add_str(out, "\n");
}

static void add_vkeys(struct buf *out, const char *vkeys)
{
    char *copy = xstrdup(vkeys);
    char *save = NULL;
    const char *separator = "";

    buf_add_str(out, "log-vkey = { ");
    for (char *v = strtok_r(copy, " \n", &save); v; v = strtok_r(NULL, " \n", &save)) {
        buf_add_str(out, separator);
        conftext_quote(v, out);
        separator = ", ";
    }
    buf_add_str(out, " }\n");
    free(copy);
}

void home_format(const struct home_settings *s, struct buf *out)
{
    add_setting(out, "url", s->url);
    add_setting(out, "ca", s->ca);
    add_setting(out, "aud", s->aud);
    add_vkeys(out, s->vkeys);
    add_setting(out, "unit", s->unit);
    add_setting(out, "post", s->post);
    if (s->op)
        buf_add_str(out, "operator = true\n");
    add_setting(out, "ca-certificate", s->ca_certificate);
    add_setting(out, "ca-key", s->ca_key);
}

bool home_write(const char *dir, const struct home_settings *s, struct err *e)
{
    char *path = xasprintf("%s/duban.conf", dir);
    struct buf text = {0};

    buf_add_str(&text, "# duban.conf of one identity; paths are relative to this directory\n");
    home_format(s, &text);
    bool ok = file_write(path, text.data, text.len, 0600, e);
    buf_free(&text);
    free(path);
    return ok;
}
