/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of `duband check` about channels of alerts. */
#include "daemon/check_channels.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/settings.h"

static bool check_there(struct check_run *c, const char *key, const char *path, bool directory,
                        struct stat *st)
{
    if (stat(path, st) != 0)
        check_tell(c, CHECK_WRONG, key, "%s: %s", path, strerror(errno));
    else if (directory != S_ISDIR(st->st_mode))
        check_tell(c, CHECK_WRONG, key,
                   directory ? _("%s: not a directory") : _("%s: not a regular file"), path);
    else
        return true;
    return false;
}

static void check_file(struct check_run *c, const char *key, const char *path, bool secret)
{
    struct stat st;

    if (*path == '\0' || !check_there(c, key, path, false, &st))
        return;
    if (secret && (st.st_mode & 0077) != 0 && getenv("CREDENTIALS_DIRECTORY") == NULL)
        check_tell(c, CHECK_WRONG, key, _("%s can be read by others (mode %04o): chmod 600 %s"),
                   path, (unsigned)st.st_mode & 07777, path);
    else if (access(path, R_OK) != 0)
        check_tell(c, CHECK_WRONG, key, "%s: %s", path, strerror(errno));
    else
        check_tell(c, CHECK_OK, key, _("%s is there"), path);
}

static void check_secrets(struct check_run *c)
{
    const char *dir = c->s->webhook_secrets;
    struct stat st;
    DIR *d =
        *dir != '\0' && check_there(c, "webhook-secrets", dir, true, &st) ? opendir(dir) : NULL;
    const struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL) {
        char *path = xasprintf("%s/%s", dir, entry->d_name);
        if (entry->d_name[0] != '.')
            check_file(c, "webhook-secrets", path, true);
        free(path);
    }
    if (d != NULL)
        closedir(d);
}

/* Whoever can write a hook can run programs as the alerter. */
static void check_hooks(struct check_run *c)
{
    struct stat st;

    if (*c->s->spool_dir != '\0' && check_there(c, "spool-dir", c->s->spool_dir, true, &st) &&
        access(c->s->spool_dir, W_OK) != 0)
        check_tell(c, CHECK_WRONG, "spool-dir", _("%s cannot be written"), c->s->spool_dir);
    if (*c->s->hook_dir == '\0' || !check_there(c, "hook-dir", c->s->hook_dir, true, &st))
        return;
    if ((st.st_mode & 0022) != 0)
        check_tell(c, CHECK_WRONG, "hook-dir", _("%s can be written by others: chmod go-w %s"),
                   c->s->hook_dir, c->s->hook_dir);
    else if (*c->s->spool_dir == '\0')
        check_tell(c, CHECK_NOTE, "hook-dir",
                   _("hooks run for channels of kind spool: spool-dir is not "
                     "set"));
    else
        check_tell(c, CHECK_OK, "hook-dir", _("%s is there"), c->s->hook_dir);
}

size_t check_channels(const struct settings *s, check_report_fn *report, void *ctx)
{
    struct check_run c = {s, report, ctx, 0};

    check_file(&c, "mail-credentials", s->mail_credentials, true);
    check_file(&c, "mail-ca", s->mail_ca, false);
    check_file(&c, "webhook-ca", s->webhook_ca, false);
    check_secrets(&c);
    check_hooks(&c);
    return c.wrong;
}
