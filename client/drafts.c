/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/drafts.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/disk.h"
#include "client/home.h"
#include "client/options.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

#define TAIL ".txt"
#define DRAFT_MAX ((size_t)1024 * 1024)

static int is_draft(const struct dirent *d)
{
    size_t n = strlen(d->d_name);

    return n > strlen(TAIL) && strcmp(d->d_name + n - strlen(TAIL), TAIL) == 0;
}

static void list(const struct app *a)
{
    char *dir = home_path(a->home, "drafts");
    struct dirent **found = NULL;
    int n = scandir(dir, &found, is_draft, alphasort);

    if (n <= 0 && !a->json)
        printf("%s\n", _("no drafts"));
    for (int i = 0; i < n; i++) {
        found[i]->d_name[strlen(found[i]->d_name) - strlen(TAIL)] = '\0';
        if (a->json)
            printf("\"%s\"\n", found[i]->d_name);
        else
            printf("%s\n", found[i]->d_name);
        free(found[i]);
    }
    free(found);
    free(dir);
}

/* The name as listed; with a slash it would be another file. */
static bool draft_path(const struct app *a, const char *name, char **path, struct err *e)
{
    *path = home_path(a->home, "drafts/%s" TAIL, name);
    if (!strchr(name, '/') && access(*path, F_OK) == 0)
        return true;
    return err_set(e, "usage", _("there is no draft %s; see: duban draft list"), name);
}

static bool show(const struct app *a, const char *name, struct err *e)
{
    struct buf text = {0};
    char *path = NULL;
    bool ok = draft_path(a, name, &path, e) && file_read(path, DRAFT_MAX, &text, e);

    if (ok)
        fwrite(text.data, 1, text.len, stdout);
    buf_free(&text);
    free(path);
    return ok;
}

static bool forget(const struct app *a, const char *name, struct err *e)
{
    char *path = NULL;
    bool ok = draft_path(a, name, &path, e) && disk_remove(path, e);

    free(path);
    return ok;
}

int draft_command(struct app *a, int argc, char **argv)
{
    struct options_spec specs[] = {{0}};
    struct options_list args;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 2, "draft [list | show NAME | delete NAME]", &e) &&
              app_home(a, false, &e);
    const char *what = ok && args.n ? args.items[0] : "list";

    if (ok && strcmp(what, "list") == 0 && args.n < 2)
        list(a);
    else if (ok && strcmp(what, "show") == 0 && args.n == 2)
        ok = show(a, args.items[1], &e);
    else if (ok && strcmp(what, "delete") == 0 && args.n == 2)
        ok = forget(a, args.items[1], &e);
    else if (ok && args.n == 1 && (strcmp(what, "show") == 0 || strcmp(what, "delete") == 0))
        ok = err_set(&e, "usage", _("which draft? duban draft %s NAME; names: duban draft list"),
                     what);
    else if (ok)
        ok = err_set(&e, "usage", _("draft [list | show NAME | delete NAME], not %s"), what);
    options_free(&args);
    return ok ? APP_DONE : app_fail(a, &e);
}
