/* SPDX-License-Identifier: BSD-2-Clause */
/* duban registry: an operator reads what would change before it is signed. */
#include "client/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/options.h"
#include "client/registry_diff.h"
#include "client/registry_text.h"
#include "client/send.h"
#include "client/term.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/statement.h"

#define CHANGES_MAX 20000
#define HEAD_BYTES ((size_t)4096)

bool registry_fetch(struct app *a, json_t **objects, struct err *e)
{
    return connect_list(a->connect, "/v1/registry", objects, e);
}

static bool read_text(const char *path, json_t **objects, size_t *blanks, struct err *e)
{
    struct buf text = {.limit = REGISTRY_TEXT_MAX};
    bool ok = file_read(path, REGISTRY_TEXT_MAX, &text, e) &&
              registry_text_parse(path, text.data ? text.data : "", objects, blanks, e);

    buf_free(&text);
    return ok;
}

static void show_difference(const struct app *a, const struct registry_diff *d,
                            const struct buf *lines, size_t blanks)
{
    if (a->json)
        return;
    char *clean = term_clean_lines(lines->data ? lines->data : "");
    fputs(clean, stdout);
    free(clean);
    printf(_("%zu new, %zu changed, %zu as they are; %zu others in the registry stay\n"), d->added,
           d->changed, d->unchanged, d->others);
    if (blanks)
        app_note(_("%zu holders or members have no name yet: the posts are vacant until they are "
                   "filled in"),
                 blanks);
}

/* One body per statement: {member: [objects]}. */
static json_t *bodies_of(const json_t *objects, const char *member, size_t max_bytes)
{
    json_t *parts = registry_diff_split(objects, CHANGES_MAX, max_bytes - HEAD_BYTES);
    json_t *bodies = json_array();
    size_t i;
    json_t *part;

    json_array_foreach(parts, i, part)
        json_array_append_new(bodies, json_pack("{s:O}", member, part));
    json_decref(parts);
    return bodies;
}

static int sign_difference(struct app *a, struct outbox *o, const struct registry_diff *d)
{
    json_t *changes = bodies_of(d->changes, "changes", statement_payload_max(STATEMENT_REGISTRY));
    json_t *contacts = bodies_of(d->contacts, "contacts", statement_payload_max(STATEMENT_CONTACT));
    int status = APP_DONE;

    if (json_array_size(changes))
        status = send_bodies(a, o, STATEMENT_TYPE("registry"), changes);
    /* contacts belong to posts: without the posts they would only be refused */
    if (status == APP_DONE && json_array_size(contacts))
        status = send_bodies(a, o, STATEMENT_TYPE("contact"), contacts);
    json_decref(changes);
    json_decref(contacts);
    return status;
}

static int apply(struct app *a, struct outbox *o, const json_t *wanted, size_t blanks)
{
    struct registry_diff d = {0};
    struct buf lines = {0};
    json_t *now = NULL;
    struct err e;
    int status;

    if (!registry_fetch(a, &now, &e))
        return app_fail(a, &e);
    registry_diff_make(now, wanted, &d, &lines);
    show_difference(a, &d, &lines, blanks);
    if (d.added + d.changed == 0) {
        if (!a->json)
            printf("%s\n", _("nothing to do: the registry is already so"));
        status = APP_DONE;
    } else if (!app_confirm(a, _("Sign and apply these changes?"), &e)) {
        status = app_fail(a, &e);
    } else {
        status = sign_difference(a, o, &d);
    }
    registry_diff_clear(&d);
    buf_free(&lines);
    json_decref(now);
    return status;
}

int registry_apply_command(struct app *a, int argc, char **argv)
{
    struct options_spec specs[] = {{"yes", OPTIONS_FLAG, &a->yes}, {0}};
    struct options_list args;
    struct outbox *o = NULL;
    json_t *wanted = NULL;
    size_t blanks = 0;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 1, 1, "registry apply FILE [--yes]", &e) &&
              read_text(args.items[0], &wanted, &blanks, &e) && send_open(a, &o, &e);
    int status = ok ? apply(a, o, wanted, blanks) : app_fail(a, &e);

    options_free(&args);
    json_decref(wanted);
    outbox_close(&o);
    return status;
}

int registry_export_command(struct app *a, int argc, char **argv)
{
    struct options_list args;
    json_t *objects = NULL;
    struct buf text = {.limit = REGISTRY_TEXT_MAX};
    struct err e;
    size_t i;
    const json_t *o;
    bool ok = options_parse(a, NULL, argc, argv, &args, &e) &&
              options_count(&args, 0, 0, "registry export", &e) && app_connect(a, false, &e) &&
              registry_fetch(a, &objects, &e);

    options_free(&args);
    if (ok && a->json) {
        json_array_foreach(objects, i, o) app_print_json(o);
    } else if (ok) {
        registry_text_write(objects, &text);
        fwrite(text.data ? text.data : "", 1, text.len, stdout);
    }
    buf_free(&text);
    json_decref(objects);
    return ok ? APP_DONE : app_fail(a, &e);
}
