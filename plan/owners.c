/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of owners and sentences with 牵头, 负责, 配合; see owners.h. Rules: the first named lead
 * is accountable; when no lead is named the responsible unit is the lead. */
#include "plan/owners.h"

#include <string.h>

#include "plan/dates.h"

#define FIELD_MAX 8192 /* bytes of a field: longer is not a list of names */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct target_list {
    struct owners *o;
    struct names *plain;
};

static void on_name(void *ctx, const struct text *t, size_t a, size_t b, enum names_role role)
{
    struct target_list *l = ctx;
    struct names *to = l->plain;

    if (role == NAMES_LEAD) {
        to = &l->o->leads;
        l->o->lead_named = true;
    } else if (role == NAMES_SUPPORT) {
        to = &l->o->units;
    }
    names_add(l->o->pool, to, t, a, b);
}

static void add_names(struct owners *o, struct names *to, const struct text *t, size_t a, size_t b)
{
    struct target_list l = {.o = o, .plain = to};

    if (b - a > FIELD_MAX)
        b = a + FIELD_MAX;
    while (b > a && ((unsigned char)t->f[b] & 0xC0) == 0x80)
        b--;
    if (names_split(t, a, b, on_name, &l))
        to->open = true;
}

static void set_deadline(struct owners *o, const struct text *t, size_t a, size_t b,
                         const char *source)
{
    text_trim(t, &a, &b);
    while (b > a && (strchr(".;,-", t->f[b - 1]) != NULL))
        b--;
    if (text_ends(t, a, b, "。"))
        b -= strlen("。");
    if (a >= b || b - a > FIELD_MAX || o->deadline != NULL)
        return;
    o->deadline = text_printed(o->pool, t, a, b);
    o->deadline_source = source;
}

void owners_field(struct owners *o, enum label_role role, const struct text *t, size_t a, size_t b,
                  const char *source)
{
    text_trim(t, &a, &b);
    o->fields++;
    switch (role) {
    case LABEL_LEADER:
        add_names(o, &o->leaders, t, a, b);
        break;
    case LABEL_LEAD:
        o->lead_named = true;
        add_names(o, &o->leads, t, a, b);
        break;
    case LABEL_RESP:
        /* a labelled field may still be a sentence: 责任单位：市教育局牵头，市财政局配合 */
        if (!owners_verbs(o, t, a, b, source))
            add_names(o, &o->resp, t, a, b);
        break;
    case LABEL_UNITS:
        add_names(o, &o->units, t, a, b);
        break;
    case LABEL_DEADLINE:
        set_deadline(o, t, a, b, source);
        break;
    default:
        o->fields--;
        break;
    }
}

struct verb {
    const char *word;
    enum label_role role;
};

static const struct verb verbs[] = {
    {"牵头负责", LABEL_LEAD},
    {"牵头推进", LABEL_LEAD},
    {"牵头组织", LABEL_LEAD},
    {"牵头落实", LABEL_LEAD},
    {"负责牵头", LABEL_LEAD},
    {"牵头", LABEL_LEAD},
    {"主办", LABEL_LEAD},
    {"按职责分工负责", LABEL_RESP},
    {"按照职责分工负责", LABEL_RESP},
    {"按职责分工落实", LABEL_RESP},
    {"按照职责分工落实", LABEL_RESP},
    {"按职责负责", LABEL_RESP},
    {"按分工负责", LABEL_RESP},
    {"分工负责", LABEL_RESP},
    {"分别负责", LABEL_RESP},
    {"共同负责", LABEL_RESP},
    {"具体负责", LABEL_RESP},
    {"负责落实", LABEL_RESP},
    {"负责实施", LABEL_RESP},
    {"负责", LABEL_RESP},
    {"承办", LABEL_RESP},
    {"按职责分工配合", LABEL_UNITS},
    {"密切配合", LABEL_UNITS},
    {"积极配合", LABEL_UNITS},
    {"配合落实", LABEL_UNITS},
    {"配合", LABEL_UNITS},
    {"协助", LABEL_UNITS},
    {"参与", LABEL_UNITS},
    {"参加", LABEL_UNITS},
    {"协办", LABEL_UNITS},
    {"协同", LABEL_UNITS},
    {"按职责分工", LABEL_RESP},
    {"落实", LABEL_RESP},
    {"组织实施", LABEL_RESP},
};

/* Behind a verb comes the end, a mark, another verb or the next unit: 含市教育局牵头建设的项目 is
 * another thing. */
static bool verb_ends(const struct text *t, size_t i, size_t b)
{
    static const char *const next[] = {"。", "、", "负责", "推进", "落实", "实施", "组织",
                                       "市", "县", "区",   "省",   "各",   "由"};

    if (i >= b || strchr(",;.)( \n\v", t->f[i]) != NULL || text_gap(t, i))
        return true;
    for (size_t k = 0; k < COUNT(next); k++)
        if (text_is(t, i, b, next[k]) > 0)
            return true;
    return false;
}

/* A verb at i that ends a clause about owners: its length, 0 when it is another word. */
static size_t verb_at(const struct text *t, size_t i, size_t b, enum label_role *role)
{
    static const char *const nouns[] = {"单位", "部门", "领导", "人", "的", "同志", "制度", "机构"};
    static const char *const clause_only[] = {"落实", "组织实施", "参与", "参加", "协助", "协同"};

    for (size_t k = 0; k < COUNT(verbs); k++) {
        size_t n = text_is(t, i, b, verbs[k].word);
        if (n == 0)
            continue;
        for (size_t m = 0; m < COUNT(nouns); m++)
            if (text_is(t, i + n, b, nouns[m]) > 0)
                return 0;
        for (size_t m = 0; m < COUNT(clause_only); m++)
            if (strcmp(verbs[k].word, clause_only[m]) == 0 && i + n < b &&
                strchr(",;.)\n", t->f[i + n]) == NULL && text_is(t, i + n, b, "。") == 0)
                return 0;
        if (!verb_ends(t, i + n, b))
            return 0;
        *role = verbs[k].role;
        return n;
    }
    return 0;
}

static void add_by_verb(struct owners *o, enum label_role role, const struct text *t, size_t a,
                        size_t b)
{
    size_t with = text_find(t, a, b, "会同");

    o->fields++;
    if (with > a && with < b) {
        /* A会同B、C负责: A leads, the others work with it */
        o->lead_named = true;
        add_names(o, &o->leads, t, a, with);
        add_names(o, &o->units, t, with, b);
        return;
    }
    if (role == LABEL_LEAD)
        o->lead_named = true;
    o->resp_verb = o->resp_verb || role == LABEL_RESP;
    add_names(o,
              role == LABEL_LEAD   ? &o->leads
              : role == LABEL_RESP ? &o->resp
                                   : &o->units,
              t, a, b);
}

/* Clauses about time before the names: 6月底前出台政策，市发改委牵头. */
static size_t skip_dates(struct owners *o, const struct text *t, size_t a, size_t b,
                         const char *source)
{
    int depth = 0;

    for (size_t i = a; i < b; i++) {
        depth += t->f[i] == '(' ? 1 : t->f[i] == ')' ? -1 : 0;
        if (depth > 0 || (t->f[i] != ',' && t->f[i] != ';'))
            continue;
        if (!dates_in(t, a, i) || names_units(t, a, i, false, false))
            return a;
        set_deadline(o, t, a, i, source);
        a = i + 1;
    }
    return a;
}

/* What follows the last verb: a date, or units that take part. */
static void add_rest(struct owners *o, const struct text *t, size_t a, size_t b, const char *source)
{
    text_trim(t, &a, &b);
    while (a < b && (strchr(",;. ", t->f[a]) != NULL || text_is(t, a, b, "。") > 0))
        a += text_char_len(t->f[a]);
    if (a >= b)
        return;
    if (names_units(t, a, b, false, false))
        add_names(o, &o->units, t, a, b);
    else if (dates_in(t, a, b))
        set_deadline(o, t, a, b, source);
}

bool owners_verbs(struct owners *o, const struct text *t, size_t a, size_t b, const char *source)
{
    size_t cut = a, i = a;
    bool found = false;
    int depth = 0;

    b = b - a > FIELD_MAX ? a + FIELD_MAX : b;
    while (i < b) {
        enum label_role role;
        size_t n = 0;
        depth += t->f[i] == '(' ? 1 : t->f[i] == ')' && depth > 0 ? -1 : 0;
        if (depth == 0 && (unsigned char)t->f[i] >= 0x80)
            n = verb_at(t, i, b, &role);
        if (n > 0) {
            cut = skip_dates(o, t, cut, i, source);
            /* a verb first: 牵头：… is a label, 配合市财政局 names what follows */
            if (i > cut && names_units(t, cut, i, false, false)) {
                add_by_verb(o, role, t, cut, i);
                found = true;
                cut = i + n;
                while (cut < b && (strchr(",;. ", t->f[cut]) != NULL))
                    cut++;
            }
            i += n;
            if (i < cut)
                i = cut;
            continue;
        }
        i += text_char_len(t->f[i]);
    }
    if (found)
        add_rest(o, t, cut, b, source);
    return found;
}

static void move_names(struct owners *o, struct names *from, struct names *to)
{
    for (size_t i = 0; i < from->list.n; i++)
        names_add_string(o->pool, to, from->list.v[i]);
    to->open = to->open || from->open;
    from->list.n = 0;
}

void owners_settle(struct owners *o)
{
    struct names units = {.open = false};

    if (o->leads.list.n == 0 && o->resp.list.n > 0) {
        o->resp_as_lead = !o->first_leads && !o->resp_verb;
        if (!o->first_leads) {
            move_names(o, &o->resp, &o->leads);
            return;
        }
        names_add_string(o->pool, &o->leads, o->resp.list.v[0]);
        o->resp.list.v++;
        o->resp.list.n--;
    }
    move_names(o, &o->resp, &units);
    move_names(o, &o->units, &units);
    o->units = units;
}

bool owners_any(const struct owners *o)
{
    return o->leaders.list.n + o->leads.list.n + o->resp.list.n + o->units.list.n > 0;
}
