/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry as readable text: one table says how each kind of object looks in both forms, so
 * that what is written is what is read. libconfuse keeps only one section of a title: a name that
 * stands twice in a list (a holder who came back) is written with spaces behind it, which reading
 * takes off. */
#include "client/registry_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/app.h"
#include "client/conftext.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

#define FIELDS_MAX 32

/* FIELD_FLAG: false is the same as nothing; FIELD_CHOICE: it is not */
enum field_type {
    FIELD_TEXT,
    FIELD_MEASURE,
    FIELD_NUMBER,
    FIELD_FLAG,
    FIELD_CHOICE,
    FIELD_LIST,
    FIELD_PARTS
};

struct field {
    const char *conf, *json;
    enum field_type type;
    bool always;             /* an empty list is written into the statement too */
    const char *title;       /* FIELD_PARTS: member that the title of the part becomes, or NULL */
    const struct field *sub; /* FIELD_PARTS */
};

static const struct field from_to[] = {{"from", "from", FIELD_TEXT, false, NULL, NULL},
                                       {"to", "to", FIELD_TEXT, false, NULL, NULL},
                                       {0}};
static const struct field delegate[] = {{"key", "key", FIELD_TEXT, false, NULL, NULL},
                                        {"from", "from", FIELD_TEXT, false, NULL, NULL},
                                        {"to", "to", FIELD_TEXT, false, NULL, NULL},
                                        {0}};
static const struct field step_text[] = {{"say", "text", FIELD_TEXT, false, NULL, NULL}, {0}};
static const struct field step[] = {{"level", "level", FIELD_NUMBER, false, NULL, NULL},
                                    {"before", "before", FIELD_MEASURE, false, NULL, NULL},
                                    {"after", "after", FIELD_MEASURE, false, NULL, NULL},
                                    {"time", "time", FIELD_TEXT, false, NULL, NULL},
                                    {"to", "to", FIELD_LIST, true, NULL, NULL},
                                    {"repeat", "repeat", FIELD_MEASURE, false, NULL, NULL},
                                    {"rounds", "rounds", FIELD_NUMBER, false, NULL, NULL},
                                    {"answer", "answer", FIELD_MEASURE, false, NULL, NULL},
                                    {"channels", "channels", FIELD_LIST, false, NULL, NULL},
                                    {"text", "texts", FIELD_PARTS, false, "kind", step_text},
                                    {0}};
static const struct field unit[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                    {"retired", "retired", FIELD_TEXT, false, NULL, NULL},
                                    {"successor", "successor", FIELD_LIST, false, NULL, NULL},
                                    {"alias", "aliases", FIELD_PARTS, false, "name", from_to},
                                    {0}};
static const struct field roster[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                      {"of", "of", FIELD_TEXT, false, NULL, NULL},
                                      {"member", "members", FIELD_PARTS, true, "code", from_to},
                                      {0}};
static const struct field post[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                    {"role", "role", FIELD_TEXT, false, NULL, NULL},
                                    {"unit", "unit", FIELD_TEXT, false, NULL, NULL},
                                    {"holder", "holders", FIELD_PARTS, false, "name", from_to},
                                    {"delegate", "delegates", FIELD_PARTS, false, "name", delegate},
                                    {"channels", "channels", FIELD_LIST, false, NULL, NULL},
                                    {"lang", "lang", FIELD_TEXT, false, NULL, NULL},
                                    {"quiet-from", "quiet_from", FIELD_TEXT, false, NULL, NULL},
                                    {"quiet-to", "quiet_to", FIELD_TEXT, false, NULL, NULL},
                                    {0}};
static const struct field calendar[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                        {"source", "source", FIELD_TEXT, false, NULL, NULL},
                                        {"from", "from", FIELD_TEXT, false, NULL, NULL},
                                        {"to", "to", FIELD_TEXT, false, NULL, NULL},
                                        {"off", "off", FIELD_LIST, true, NULL, NULL},
                                        {"work", "work", FIELD_LIST, true, NULL, NULL},
                                        {0}};
static const struct field rule_start[] = {{"from", "from", FIELD_TEXT, false, NULL, NULL}, {0}};
static const struct field rule_except[] = {{"due", "due", FIELD_TEXT, false, NULL, NULL},
                                           {"time", "time", FIELD_TEXT, false, NULL, NULL},
                                           {0}};
static const struct field rule[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                    {"cadence", "cadence", FIELD_TEXT, false, NULL, NULL},
                                    {"every", "every", FIELD_NUMBER, false, NULL, NULL},
                                    {"from", "from", FIELD_TEXT, false, NULL, NULL},
                                    {"to", "to", FIELD_TEXT, false, NULL, NULL},
                                    {"of", "of", FIELD_TEXT, false, NULL, NULL},
                                    {"month", "month", FIELD_NUMBER, false, NULL, NULL},
                                    {"day", "day", FIELD_NUMBER, false, NULL, NULL},
                                    {"working-day", "working_day", FIELD_NUMBER, false, NULL, NULL},
                                    {"weekday", "weekday", FIELD_NUMBER, false, NULL, NULL},
                                    {"week", "week", FIELD_NUMBER, false, NULL, NULL},
                                    {"time", "time", FIELD_TEXT, false, NULL, NULL},
                                    {"shift", "shift", FIELD_TEXT, false, NULL, NULL},
                                    {"shift-days", "shift_days", FIELD_NUMBER, false, NULL, NULL},
                                    {"grace", "grace", FIELD_NUMBER, false, NULL, NULL},
                                    {"closes", "closes", FIELD_NUMBER, false, NULL, NULL},
                                    {"resubmit", "resubmit", FIELD_NUMBER, false, NULL, NULL},
                                    {"countersign", "countersign", FIELD_CHOICE, false, NULL, NULL},
                                    {"owes", "owes", FIELD_TEXT, false, NULL, NULL},
                                    {"asked", "asked", FIELD_LIST, false, NULL, NULL},
                                    {"start", "starts", FIELD_PARTS, false, "unit", rule_start},
                                    {"except", "except", FIELD_PARTS, false, "period", rule_except},
                                    {"calendar", "calendar", FIELD_TEXT, false, NULL, NULL},
                                    {"zone", "zone", FIELD_TEXT, false, NULL, NULL},
                                    {0}};
static const struct field ladder[] = {
    {"name", "name", FIELD_TEXT, false, NULL, NULL},
    {"calendar", "calendar", FIELD_TEXT, false, NULL, NULL},
    {"hold", "hold", FIELD_NUMBER, false, NULL, NULL},
    {"hold-max", "hold_max", FIELD_NUMBER, false, NULL, NULL},
    {"opens", "opens", FIELD_TEXT, false, NULL, NULL},
    {"closes", "closes", FIELD_TEXT, false, NULL, NULL},
    {"rehearsal", "rehearsal", FIELD_FLAG, false, NULL, NULL},
    {"kinds", "kinds", FIELD_LIST, false, NULL, NULL},
    {"quiet-from", "quiet_from", FIELD_TEXT, false, NULL, NULL},
    {"quiet-to", "quiet_to", FIELD_TEXT, false, NULL, NULL},
    {"quiet-off", "quiet_off", FIELD_FLAG, false, NULL, NULL},
    {"quiet-except", "quiet_except", FIELD_LIST, false, NULL, NULL},
    {"silence-max", "silence_max", FIELD_NUMBER, false, NULL, NULL},
    {"renew", "renew", FIELD_NUMBER, false, NULL, NULL},
    {"step", "steps", FIELD_PARTS, true, NULL, step},
    {0}};
static const struct field light_step[] = {{"when", "when", FIELD_LIST, false, NULL, NULL},
                                          {"light", "light", FIELD_TEXT, false, NULL, NULL},
                                          {"meaning", "meaning", FIELD_TEXT, false, NULL, NULL},
                                          {"zh", "zh", FIELD_TEXT, false, NULL, NULL},
                                          {"en", "en", FIELD_TEXT, false, NULL, NULL},
                                          {0}};
static const struct field light[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                     {"source", "source", FIELD_TEXT, false, NULL, NULL},
                                     {"standard", "standard", FIELD_FLAG, false, NULL, NULL},
                                     {"step", "steps", FIELD_PARTS, true, NULL, light_step},
                                     {0}};
static const struct field key[] = {{"spki", "spki", FIELD_TEXT, false, NULL, NULL},
                                   {"alg", "alg", FIELD_TEXT, false, NULL, NULL},
                                   {"for", "for", FIELD_TEXT, false, NULL, NULL},
                                   {"operator", "operator", FIELD_FLAG, false, NULL, NULL},
                                   {"from", "from", FIELD_TEXT, false, NULL, NULL},
                                   {"until", "until", FIELD_TEXT, false, NULL, NULL},
                                   {"revoked", "revoked", FIELD_TEXT, false, NULL, NULL},
                                   {0}};
static const struct field client[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                      {"for", "for", FIELD_TEXT, false, NULL, NULL},
                                      {"operator", "operator", FIELD_FLAG, false, NULL, NULL},
                                      {"deliver", "deliver", FIELD_LIST, false, NULL, NULL},
                                      {"until", "until", FIELD_TEXT, false, NULL, NULL},
                                      {"revoked", "revoked", FIELD_TEXT, false, NULL, NULL},
                                      {0}};
static const struct field login[] = {{"for", "for", FIELD_TEXT, false, NULL, NULL}, {0}};
static const struct field channel[] = {
    {"name", "name", FIELD_TEXT, false, NULL, NULL},
    {"kind", "kind", FIELD_TEXT, false, NULL, NULL},
    {"url", "url", FIELD_TEXT, false, NULL, NULL},
    {"detail", "detail", FIELD_TEXT, false, NULL, NULL},
    {"fallback", "fallback", FIELD_TEXT, false, NULL, NULL},
    {"fallback-after", "fallback_after", FIELD_NUMBER, false, NULL, NULL},
    {0}};
static const struct field contact[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                       {"phone", "phone", FIELD_TEXT, false, NULL, NULL},
                                       {"mail", "mail", FIELD_TEXT, false, NULL, NULL},
                                       {0}};

static const struct field same[] = {{"name", "name", FIELD_TEXT, false, NULL, NULL},
                                    {"tasks", "tasks", FIELD_LIST, true, NULL, NULL},
                                    {0}};

/* In an order in which each object stands behind those that it names. */
static const struct kind {
    const char *name, *title;
    const struct field *fields;
} kinds[] = {
    {"unit", "code", unit},     {"channel", "code", channel},      {"post", "code", post},
    {"roster", "code", roster}, {"contact", "post", contact},      {"calendar", "code", calendar},
    {"rule", "code", rule},     {"ladder", "code", ladder},        {"light", "code", light},
    {"key", "key", key},        {"client", "certificate", client}, {"login", "login", login},
    {"same", "code", same}};

#define KINDS (sizeof kinds / sizeof kinds[0])

const char *registry_text_title(const char *kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kind && strcmp(kinds[i].name, kind) == 0)
            return kinds[i].title;
    return NULL;
}

bool registry_text_name(const json_t *object, char *out, size_t size)
{
    const char *kind = app_str(object, "set");
    const char *title = registry_text_title(kind);
    const char *name = title ? app_str(object, title) : NULL;

    snprintf(out, size, "%s/%s", kind ? kind : "?", name ? name : "?");
    return name != NULL;
}

/* ---- reading -------------------------------------------------------------------------------- */

static cfg_opt_t *make_options(const struct field *fields);

/* Sections below one another are copied by cfg_init, so these arrays live only until then. */
static cfg_opt_t option_of(const struct field *f, cfg_opt_t **sub)
{
    *sub = NULL;
    switch (f->type) {
    case FIELD_NUMBER:
        return (cfg_opt_t)CFG_INT(f->conf, 0, CFGF_NODEFAULT);
    case FIELD_FLAG:
    case FIELD_CHOICE:
        return (cfg_opt_t)CFG_BOOL(f->conf, cfg_false, CFGF_NODEFAULT);
    case FIELD_LIST:
        return (cfg_opt_t)CFG_STR_LIST(f->conf, NULL, CFGF_NODEFAULT);
    case FIELD_PARTS:
        *sub = make_options(f->sub);
        return (cfg_opt_t)CFG_SEC(f->conf, *sub,
                                  CFGF_MULTI | (f->title ? CFGF_TITLE | CFGF_NO_TITLE_DUPES : 0));
    case FIELD_TEXT:
    default:
        return (cfg_opt_t)CFG_STR(f->conf, NULL, CFGF_NODEFAULT);
    }
}

static cfg_opt_t *make_options(const struct field *fields)
{
    cfg_opt_t *opts = xcalloc(FIELDS_MAX + 1, sizeof *opts);
    size_t n = 0;
    cfg_opt_t *sub;

    for (; fields[n].conf; n++)
        opts[n] = option_of(&fields[n], &sub);
    opts[n] = (cfg_opt_t)CFG_END();
    return opts;
}

static void free_options(cfg_opt_t *opts)
{
    for (cfg_opt_t *o = opts; o->name; o++)
        if (o->type == CFGT_SEC)
            free_options(o->subopts);
    free(opts);
}

static cfg_t *parse(const char *name, const char *text, struct err *e)
{
    cfg_opt_t *opts = xcalloc(KINDS + 1, sizeof *opts);

    for (size_t i = 0; i < KINDS; i++)
        opts[i] = (cfg_opt_t)CFG_SEC(kinds[i].name, make_options(kinds[i].fields),
                                     CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    opts[KINDS] = (cfg_opt_t)CFG_END();
    cfg_t *c = conftext_parse(opts, name, text, e);
    free_options(opts);
    return c;
}

static json_t *text_of(const char *s)
{
    size_t n = strlen(s);

    while (n && s[n - 1] == ' ')
        n--;
    return json_stringn(s, n);
}

/* A bare number is one, anything else a text. */
static json_t *measure_of(const char *s)
{
    size_t n = strspn(s, "0123456789");

    return n > 0 && n < 10 && s[n] == '\0' ? json_integer(strtol(s, NULL, 10)) : text_of(s);
}

static json_t *read_fields(cfg_t *c, const struct field *fields, json_t *into, size_t *blanks);

static void read_parts(cfg_t *c, const struct field *f, json_t *into, size_t *blanks)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < cfg_size(c, f->conf); i++) {
        cfg_t *part = cfg_getnsec(c, f->conf, i);
        json_t *o = json_object();
        if (f->title && cfg_title(part)[strspn(cfg_title(part), " ")] == '\0') {
            (*blanks)++; /* still to be filled in */
            json_decref(o);
            continue;
        }
        if (f->title)
            json_object_set_new(o, f->title, text_of(cfg_title(part)));
        json_array_append_new(list, read_fields(part, f->sub, o, blanks));
    }
    if (f->always || json_array_size(list))
        json_object_set(into, f->json, list);
    json_decref(list);
}

static void read_list(cfg_t *c, const struct field *f, json_t *into)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < cfg_size(c, f->conf); i++)
        json_array_append_new(list, text_of(cfg_getnstr(c, f->conf, i)));
    if (f->always || json_array_size(list))
        json_object_set(into, f->json, list);
    json_decref(list);
}

static json_t *read_fields(cfg_t *c, const struct field *fields, json_t *into, size_t *blanks)
{
    for (const struct field *f = fields; f->conf; f++) {
        bool there = cfg_size(c, f->conf) > 0;
        if (f->type == FIELD_PARTS)
            read_parts(c, f, into, blanks);
        else if (f->type == FIELD_LIST)
            read_list(c, f, into);
        else if (there && f->type == FIELD_MEASURE && cfg_getstr(c, f->conf))
            json_object_set_new(into, f->json, measure_of(cfg_getstr(c, f->conf)));
        else if (there && f->type == FIELD_NUMBER)
            json_object_set_new(into, f->json, json_integer(cfg_getint(c, f->conf)));
        else if (there && f->type == FIELD_FLAG && cfg_getbool(c, f->conf))
            json_object_set_new(into, f->json, json_true());
        else if (there && f->type == FIELD_CHOICE)
            json_object_set_new(into, f->json, json_boolean(cfg_getbool(c, f->conf)));
        else if (there && f->type == FIELD_TEXT && cfg_getstr(c, f->conf))
            json_object_set_new(into, f->json, text_of(cfg_getstr(c, f->conf)));
    }
    return into;
}

/* The server's own check of one object, by a statement that holds it alone. */
static bool check_object(const json_t *o, struct err *e)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    bool is_contact = strcmp(app_str(o, "set"), "contact") == 0;
    json_t *copy = json_copy((json_t *)o);
    struct statement *s = NULL;
    struct buf text = {0};

    if (is_contact)
        json_object_del(copy, "set");
    json_t *j = json_pack("{s:i,s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:[o]}", "v", 1, "aud", "x", "unit",
                          "x", "key", zeros, "seq", 1, "prev", zeros, "id",
                          "00000000-0000-7000-8000-000000000000", "nonce", "AAAAAAAAAAAAAAAAAAAAAA",
                          "iat", "2022-01-01T00:00:00Z", is_contact ? "contacts" : "changes", copy);
    json_write(j, &text);
    bool ok = statement_parse(is_contact ? STATEMENT_CONTACT : STATEMENT_REGISTRY,
                              text.data ? text.data : "", text.len, &s, e);
    statement_free(&s);
    json_decref(j);
    buf_free(&text);
    return ok;
}

static bool read_kind(cfg_t *c, const struct kind *k, const char *name, json_t *objects,
                      size_t *blanks, struct err *e)
{
    for (unsigned i = 0; i < cfg_size(c, k->name); i++) {
        cfg_t *section = cfg_getnsec(c, k->name, i);
        struct err why;
        json_t *o = json_pack("{s:s,s:s}", "set", k->name, k->title, cfg_title(section));
        if (!o)
            return err_set(e, "config", _("%s, line %d: not UTF-8"), name, section->line);
        json_array_append_new(objects, read_fields(section, k->fields, o, blanks));
        if (!check_object(o, &why))
            return err_set(e, "config", _("%s, at line %d, %s “%s”: %s"), name, section->line,
                           k->name, cfg_title(section), why.text);
    }
    return true;
}

bool registry_text_parse(const char *name, const char *text, json_t **objects, size_t *blanks,
                         struct err *e)
{
    cfg_t *c = parse(name, text, e);
    bool ok = c != NULL;

    *objects = json_array();
    *blanks = 0;
    for (size_t i = 0; ok && i < KINDS; i++)
        ok = read_kind(c, &kinds[i], name, *objects, blanks, e);
    if (c)
        cfg_free(c);
    if (ok)
        return true;
    json_decref(*objects);
    *objects = NULL;
    return false;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void write_fields(const json_t *o, const struct field *fields, const char *before,
                         const char *after, struct buf *out);

static void write_list(const json_t *list, const char *before, struct buf *out)
{
    size_t i;
    const json_t *v;

    buf_add_str(out, "{");
    json_array_foreach((json_t *)list, i, v)
    {
        buf_add_str(out, i ? "," : "");
        buf_add_str(out, i % 6 == 0 && json_array_size(list) > 6 ? "\n    " : " ");
        conftext_quote(json_string_value(v) ? json_string_value(v) : "", out);
    }
    buf_add_str(out, json_array_size(list) > 6 ? "\n" : " ");
    if (json_array_size(list) > 6)
        buf_add_str(out, before);
    buf_add_str(out, "}");
}

/* How often this title stood in the list before. */
static size_t repeats(const json_t *list, size_t n, const char *member)
{
    const json_t *here = json_object_get(json_array_get(list, n), member);
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += json_equal(json_object_get(json_array_get(list, i), member), here) ? 1 : 0;
    return count;
}

static void write_part(const json_t *list, size_t i, const struct field *f, struct buf *out)
{
    const json_t *part = json_array_get(list, i);
    const char *title = f->title ? app_str(part, f->title) : NULL;

    buf_addf(out, "  %s ", f->conf);
    if (title) {
        size_t again = repeats(list, i, f->title);
        char *spaced = xasprintf("%s%*s", title, (int)again, "");
        conftext_quote(spaced, out);
        buf_add_str(out, " ");
        free(spaced);
    }
    buf_add_str(out, "{");
    write_fields(part, f->sub, " ", "", out);
    buf_add_str(out, " }\n");
}

static void write_field(const json_t *v, const struct field *f, const char *before, struct buf *out)
{
    buf_addf(out, "%s%s = ", before, f->conf);
    if (f->type == FIELD_TEXT || (f->type == FIELD_MEASURE && json_is_string(v)))
        conftext_quote(json_string_value(v) ? json_string_value(v) : "", out);
    else if (f->type == FIELD_NUMBER || (f->type == FIELD_MEASURE && json_is_integer(v)))
        buf_addf(out, "%lld", (long long)json_integer_value(v));
    else if (f->type == FIELD_FLAG || f->type == FIELD_CHOICE)
        buf_add_str(out, json_is_true(v) ? "true" : "false");
    else
        write_list(v, before, out);
}

static void write_fields(const json_t *o, const struct field *fields, const char *before,
                         const char *after, struct buf *out)
{
    size_t i;
    const json_t *part;

    for (const struct field *f = fields; f->conf; f++) {
        const json_t *v = json_object_get(o, f->json);
        if (!v || json_is_null(v))
            continue;
        if (f->type == FIELD_PARTS) {
            json_array_foreach((json_t *)v, i, part) write_part(v, i, f, out);
        } else {
            write_field(v, f, before, out);
            buf_add_str(out, after);
        }
    }
}

void registry_text_write(const json_t *objects, struct buf *out)
{
    size_t i;
    const json_t *o;

    for (size_t k = 0; k < KINDS; k++)
        json_array_foreach((json_t *)objects, i, o)
        {
            const char *set = app_str(o, "set");
            const char *title = app_str(o, kinds[k].title);
            if (!set || !title || strcmp(set, kinds[k].name) != 0)
                continue;
            buf_addf(out, "%s ", kinds[k].name);
            conftext_quote(title, out);
            buf_add_str(out, " {\n");
            write_fields(o, kinds[k].fields, "  ", "\n", out);
            buf_add_str(out, "}\n");
        }
}
