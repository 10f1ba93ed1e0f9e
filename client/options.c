/* SPDX-License-Identifier: BSD-2-Clause */
/* Command-line options. getopt_long would permute argv and abbreviate names; both surprise scripts
 * when an option is added later. */
#include "client/options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

#define WORD_MAX 64

struct words {
    char *const *argv;
    int argc, at;
};

size_t options_distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t an = strlen(a), bn = strlen(b);

    if (an > WORD_MAX || bn > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= bn; j++)
        row[j] = j;
    for (size_t i = 1; i <= an; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= bn; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[bn];
}

static void list_add(struct options_list *l, const char *s)
{
    l->items = xrealloc(l->items, (l->n + 1) * sizeof *l->items);
    l->items[l->n++] = s;
}

void options_free(struct options_list *l)
{
    free(l->items);
    memset(l, 0, sizeof *l);
}

static bool unknown(const struct options_spec *specs, const char *word, size_t n, struct err *e)
{
    const char *best = NULL;
    size_t distance = 3;
    char *name = xstrndup(word, n);

    for (const struct options_spec *s = specs; s && s->name; s++)
        if (options_distance(s->name, name) < distance) {
            distance = options_distance(s->name, name);
            best = s->name;
        }
    if (best)
        err_set(e, "usage", _("unknown option --%s; did you mean --%s?"), name, best);
    else
        err_set(e, "usage", _("unknown option --%s"), name);
    free(name);
    return false;
}

static bool name_is(const char *name, const char *word, size_t n)
{
    return strlen(name) == n && memcmp(name, word, n) == 0;
}

/* The value behind "=" or the next word. */
static bool take_value(struct words *w, const char *name, const char *equals, const char **value,
                       struct err *e)
{
    if (equals) {
        *value = equals + 1;
        return true;
    }
    if (w->at + 1 >= w->argc || strncmp(w->argv[w->at + 1], "--", 2) == 0)
        return err_set(
            e, "usage",
            _("option %s%s needs a value (one that begins with -- is written %s%s=VALUE)"),
            name[1] ? "--" : "-", name, name[1] ? "--" : "-", name);
    *value = w->argv[++w->at];
    return true;
}

static bool store(struct words *w, const struct options_spec *s, const char *equals, struct err *e)
{
    const char *value;

    if (s->kind == OPTIONS_FLAG) {
        if (equals)
            return err_set(e, "usage", _("option --%s takes no value"), s->name);
        *(bool *)s->out = true;
        return true;
    }
    if (!take_value(w, s->name, equals, &value, e))
        return false;
    if (s->kind == OPTIONS_LIST) {
        list_add(s->out, value);
        return true;
    }
    if (*(const char **)s->out)
        return err_set(e, "usage", _("option --%s is given twice"), s->name);
    *(const char **)s->out = value;
    return true;
}

/* 1 taken, 0 not a global option, -1 error. */
static int try_global(struct app *a, struct words *w, const char *word, size_t n,
                      const char *equals, struct err *e)
{
    const char *value;

    if (name_is("json", word, n) && !equals) {
        a->json = true;
        return 1;
    }
    if (!name_is("home", word, n) && !name_is("lang", word, n))
        return 0;
    bool lang = word[0] == 'l';
    if (!take_value(w, lang ? "lang" : "home", equals, &value, e))
        return -1;
    if (lang && strcmp(value, "en") != 0 && strcmp(value, "zh_CN") != 0) {
        err_set(e, "usage", _("--lang is en or zh_CN, not %s"), value);
        return -1;
    }
    if (lang) {
        i18n_init(value);
    } else {
        free(a->home_dir);
        a->home_dir = xstrdup(value);
    }
    return 1;
}

static bool parse_word(struct app *a, const struct options_spec *specs, struct words *w,
                       struct err *e)
{
    const char *word = w->argv[w->at];
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    const char *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);

    for (const struct options_spec *s = specs; s && s->name; s++)
        if (name_is(s->name, name, n) && is_long == (s->name[1] != '\0'))
            return store(w, s, equals, e);
    int global = is_long ? try_global(a, w, name, n, equals, e) : 0;
    if (global != 0)
        return global > 0;
    if (!is_long)
        return err_set(e, "usage", _("unknown option %s"), word);
    return unknown(specs, name, n, e);
}

bool options_parse(struct app *a, const struct options_spec *specs, int argc, char *const *argv,
                   struct options_list *args, struct err *e)
{
    struct words w = {.argv = argv, .argc = argc};
    bool options = true;

    memset(args, 0, sizeof *args);
    for (; w.at < argc; w.at++) {
        const char *word = argv[w.at];
        if (options && strcmp(word, "--") == 0)
            options = false;
        else if (!options || word[0] != '-' || word[1] == '\0')
            list_add(args, word);
        else if (!parse_word(a, specs, &w, e))
            return false;
    }
    return true;
}

bool options_global(struct app *a, int argc, char *const *argv, int *used, struct err *e)
{
    struct words w = {.argv = argv, .argc = argc};

    for (; w.at < argc && strncmp(argv[w.at], "--", 2) == 0; w.at++) {
        const char *name = argv[w.at] + 2;
        const char *equals = strchr(name, '=');
        size_t n = equals ? (size_t)(equals - name) : strlen(name);
        int taken = try_global(a, &w, name, n, equals, e);
        if (taken < 0)
            return false;
        if (taken == 0)
            break;
    }
    *used = w.at;
    return true;
}

bool options_count(const struct options_list *args, size_t min, size_t max, const char *what,
                   struct err *e)
{
    if (args->n >= min && args->n <= max)
        return true;
    if (args->n > max && max > 0)
        return err_set(e, "usage", _("too many arguments at “%s”; call: duban %s"),
                       args->items[max], what);
    if (args->n > max)
        return err_set(e, "usage", _("unexpected argument “%s”; call: duban %s"), args->items[0],
                       what);
    return err_set(e, "usage", _("something is missing; call: duban %s"), what);
}
